// Memory of a program's block for calls that allocate: their results where they are planned, and
// what they need on the way where nothing lies at that time.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "block.h"

namespace nodetorch {

struct Span {
  int64_t offset, bytes;
};

// A result that a call allocates itself.
struct OwnResult {
  int ordinal;  // among the call's large allocations
  Span span;    // offset -1: it has no place in the block
};

struct Offers {
  std::vector<OwnResult> results;
  Span scratch{0, 0};  // free until the call's end
  bool empty() const { return results.empty() && scratch.bytes == 0; }
};

// Serves this thread's allocations for the length of a call. Whoever does not ask for memory of the
// block gets other memory, and all is the same but for that.
class Offering {
 public:
  Offering(std::shared_ptr<Block> block, const Offers& offers);
  ~Offering();
  Offering(const Offering&) = delete;

  // Whether something of the scratch memory is in use still: nothing else may be put there then.
  bool isScratchInUse() const;

  // For a large allocation: nullptr in it where there is no call, or nothing that fits. The memory
  // is its own context, as those who allocate by raw_allocate() want it.
  static c10::DataPtr take(size_t bytes);
  // Whether `memory` was taken; it is given back then.
  static bool giveBack(void* memory);

 private:
  const OwnResult* resultAtHand() const;
  void takeScratch(int64_t bytes, int64_t& offset);

  const std::shared_ptr<Block> block_;
  const Offers& offers_;
  int count_ = -1;          // of large allocations, the one at hand
  std::vector<Span> used_;  // of the scratch memory, by offset
  Offering* before_;
};

}  // namespace nodetorch
