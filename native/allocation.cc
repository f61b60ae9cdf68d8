#include "allocation.h"

#include <c10/core/CPUAllocator.h>

#include <atomic>
#include <cstring>
#include <mutex>

#include "compat.h"
#include "compile/block_pool.h"

namespace nodetorch {

namespace {

std::atomic<uint64_t> allocated{0};

// libtorch's own allocator, which does the work, and a count.
class CountingAllocator final : public c10::Allocator {
 public:
  explicit CountingAllocator(c10::Allocator* inner) : inner_(inner) {}

  c10::DataPtr allocate(size_t bytes) NODETORCH_ALLOCATE_CONST override {
    BlockPool* pool = bytes >= BlockPool::smallest ? BlockPool::current() : nullptr;
    if (pool) return pool->allocate(bytes, *inner_);
    allocated.fetch_add(bytes, std::memory_order_relaxed);
    return inner_->allocate(bytes);
  }
  c10::DeleterFnPtr raw_deleter() const override { return inner_->raw_deleter(); }
  // Of later libtorchs; no override, so that 1.13 takes it too.
  void copy_data(void* to, const void* from, std::size_t bytes) const {
    std::memcpy(to, from, bytes);
  }

 private:
  c10::Allocator* inner_;
};

}  // namespace

void countAllocations() {
  static std::once_flag once;
  std::call_once(once, [] {
    // Never freed: libtorch frees its last tensors when the process ends.
    c10::SetCPUAllocator(new CountingAllocator(c10::GetCPUAllocator()));
  });
}

uint64_t allocatedBytes() { return allocated.load(std::memory_order_relaxed); }

}  // namespace nodetorch
