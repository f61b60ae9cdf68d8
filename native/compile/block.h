// The memory that a program's storages lie in. Freed when the program and all gradients that lie
// in it are gone.
#pragma once

#include <c10/core/Allocator.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace nodetorch {

// Smaller allocations of operators are malloc's, whatever is planned.
constexpr size_t largeAllocation = 8 << 10;

// As libtorch's own allocator aligns.
constexpr int64_t aligned(int64_t bytes) { return (bytes + 63) / 64 * 64; }

class Block {
 public:
  Block(int64_t bytes, c10::Device device);

  void* at(int64_t offset) const { return static_cast<char*>(memory_.get()) + offset; }

  // The same in other memory; on a CPU.
  std::shared_ptr<Block> duplicate() const;

  // A gradient's memory, which keeps the block.
  static c10::DataPtr keeping(const std::shared_ptr<Block>& block, int64_t offset);

 private:
  const int64_t bytes_;
  c10::DataPtr memory_;
};

}  // namespace nodetorch
