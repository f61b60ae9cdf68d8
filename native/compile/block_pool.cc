#include "block_pool.h"

#include <malloc.h>

#include <unordered_map>

namespace nodetorch {

namespace {

thread_local BlockPool* currentPool = nullptr;

// What is known of a block that is in use. A DataPtr's context has to be the block itself.
struct Used {
  std::shared_ptr<BlockPool> pool;
  size_t bytes;
  c10::DeleterFnPtr free;
};

struct Registry {
  std::mutex mutex;
  std::unordered_map<void*, Used> used;
};

// Never destroyed: libtorch frees its last tensors when the process ends.
Registry& registry() {
  static auto* instance = new Registry;
  return *instance;
}

// A block may be this much larger than what is wanted.
size_t largestFor(size_t bytes) { return bytes + bytes / 4; }

}  // namespace

BlockPool* BlockPool::current() { return currentPool; }

BlockPool::Use::Use(BlockPool* pool) : before_(currentPool) { currentPool = pool; }
BlockPool::Use::~Use() { currentPool = before_; }

c10::DataPtr BlockPool::allocate(size_t bytes, c10::Allocator& inner) {
  void* block = nullptr;
  Used used{shared_from_this(), bytes, inner.raw_deleter()};
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = free_.lower_bound(bytes);
    if (found != free_.end() && found->first <= largestFor(bytes)) {
      used.bytes = found->first;
      used.free = found->second.free;
      block = found->second.block;
      free_.erase(found);
    }
  }
  if (!block) {
    c10::DataPtr fresh = inner.allocate(bytes);
    // One whose owner is something else cannot be told from others when it comes back.
    if (fresh.get() != fresh.get_context() || !used.free) return fresh;
    block = fresh.release_context();
  }
  {
    const std::lock_guard<std::mutex> lock(registry().mutex);
    registry().used[block] = std::move(used);
  }
  return c10::DataPtr(block, block, giveBack, c10::Device(c10::kCPU));
}

void BlockPool::giveBack(void* block) {
  Used used;
  {
    const std::lock_guard<std::mutex> lock(registry().mutex);
    const auto found = registry().used.find(block);
    used = std::move(found->second);
    registry().used.erase(found);
  }
  used.pool->keep(block, used.bytes, used.free);
}

void BlockPool::keep(void* block, size_t bytes, c10::DeleterFnPtr free) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (isClosed_) {
    free(block);
  } else {
    free_.emplace(bytes, Free{block, free});
  }
}

void BlockPool::close() {
  const std::lock_guard<std::mutex> lock(mutex_);
  isClosed_ = true;
  for (const auto& [bytes, kept] : free_) kept.free(kept.block);
  free_.clear();
}

BlockPool::~BlockPool() { close(); }

void keepScratchMemory() {
#ifdef __GLIBC__
  static std::once_flag once;
  // Both: with the first alone, blocks above 128 KB would be mapped and unmapped each time.
  std::call_once(once, [] {
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
  });
#endif
}

}  // namespace nodetorch
