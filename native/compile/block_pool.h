// Large blocks of memory that a program's calls use again from step to step, where they make
// results of their own: given back to the system, each would be faulted in anew by the next step.
// Holds no more than a step needs, and frees it with the program.
#pragma once

#include <c10/core/Allocator.h>

#include <map>
#include <memory>
#include <mutex>

namespace nodetorch {

class BlockPool : public std::enable_shared_from_this<BlockPool> {
 public:
  ~BlockPool();

  // Smaller ones are malloc's.
  static constexpr size_t smallest = 64 << 10;

  // A block that is there, or one of `inner`'s.
  c10::DataPtr allocate(size_t bytes, c10::Allocator& inner);
  // From now on blocks that are let go of are freed.
  void close();

  // The one that this thread takes blocks from; nullptr for none.
  static BlockPool* current();

  class Use {
   public:
    explicit Use(BlockPool* pool);
    ~Use();
    Use(const Use&) = delete;

   private:
    BlockPool* before_;
  };

 private:
  static void giveBack(void* block);
  void keep(void* block, size_t bytes, c10::DeleterFnPtr free);

  struct Free {
    void* block;
    c10::DeleterFnPtr free;
  };
  std::mutex mutex_;
  std::multimap<size_t, Free> free_;  // by size
  bool isClosed_ = false;
};

// For programs whose steps take megabytes: has malloc keep what kernels take and give back in each
// step (scratch memory of convolutions, which no pool sees), up to 64 MB, instead of returning it
// to the system and faulting it in anew. Once a process; nothing where the C library is not glibc.
void keepScratchMemory();

}  // namespace nodetorch
