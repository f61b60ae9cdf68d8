#include "allocation.h"

#include <c10/core/CPUAllocator.h>

#include <atomic>
#include <cstring>
#include <mutex>

#include "compat.h"
#include "compile/allocation_log.h"
#include "compile/offering.h"

namespace nodetorch {

namespace {

std::atomic<uint64_t> allocated{0};
c10::DeleterFnPtr freeOther = nullptr;  // libtorch's own allocator's

void freeRaw(void* memory) {
  AllocationLog::noteFree(memory);
  if (!Offering::giveBack(memory)) freeOther(memory);
}

// libtorch's own allocator, which does the work, and a count.
class CountingAllocator final : public c10::Allocator {
 public:
  explicit CountingAllocator(c10::Allocator* inner) : inner_(inner) {}

  c10::DataPtr allocate(size_t bytes) NODETORCH_ALLOCATE_CONST override {
    const bool isLarge = bytes >= largeAllocation;
    if (isLarge) {
      if (c10::DataPtr planned = Offering::take(bytes)) return planned;
    }
    allocated.fetch_add(bytes, std::memory_order_relaxed);
    c10::DataPtr memory = inner_->allocate(bytes);
    if (isLarge && AllocationLog::isOn()) {
      AllocationLog::note(memory.get(), bytes);
      // So that its end is noted as well.
      (void)memory.compare_exchange_deleter(freeOther, freeRaw);
    }
    return memory;
  }
  c10::DeleterFnPtr raw_deleter() const override { return freeRaw; }
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
    freeOther = c10::GetCPUAllocator()->raw_deleter();
    c10::SetCPUAllocator(new CountingAllocator(c10::GetCPUAllocator()));
  });
}

uint64_t allocatedBytes() { return allocated.load(std::memory_order_relaxed); }

}  // namespace nodetorch
