#include "block.h"

#include <c10/core/DeviceGuard.h>
#include <malloc.h>

#include <cstring>
#include <mutex>

namespace nodetorch {

namespace {

constexpr int64_t largeBlock = 1 << 20;

void letGo(void* context) { delete static_cast<std::shared_ptr<Block>*>(context); }

// For programs whose steps take megabytes: has malloc keep what kernels take and give back in each
// step (scratch memory of convolutions), up to 64 MB, instead of returning it to the system and
// faulting it in anew. Once a process; nothing where the C library is not glibc.
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

}  // namespace

Block::Block(int64_t bytes, c10::Device device) : bytes_(bytes) {
  if (bytes >= largeBlock) keepScratchMemory();
  const c10::DeviceGuard guard(device);
  memory_ = c10::GetAllocator(device.type())->allocate(static_cast<size_t>(bytes));
}

std::shared_ptr<Block> Block::duplicate() const {
  auto other = std::make_shared<Block>(bytes_, memory_.device());
  std::memcpy(other->at(0), at(0), static_cast<size_t>(bytes_));
  return other;
}

c10::DataPtr Block::keeping(const std::shared_ptr<Block>& block, int64_t offset) {
  const auto device = block->memory_.device();
  return {block->at(offset), new std::shared_ptr<Block>(block), letGo, device};
}

}  // namespace nodetorch
