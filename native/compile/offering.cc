#include "offering.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <mutex>
#include <unordered_map>

namespace nodetorch {

namespace {

thread_local Offering* currentOffering = nullptr;

// What was taken and is in use. `offering` is nullptr for results, and when the call is over.
struct InUse {
  std::shared_ptr<Block> block;
  Offering* offering;
};

struct Registry {
  std::mutex mutex;
  std::unordered_map<void*, InUse> inUse;
  std::atomic<size_t> count{0};
};

// Never destroyed: libtorch frees its last tensors when the process ends.
Registry& registry() {
  static auto* instance = new Registry;
  return *instance;
}

}  // namespace

Offering::Offering(std::shared_ptr<Block> block, const Offers& offers)
    : block_(std::move(block)), offers_(offers), before_(currentOffering) {
  currentOffering = this;
}

Offering::~Offering() {
  currentOffering = before_;
  if (used_.empty()) return;
  const std::lock_guard<std::mutex> lock(registry().mutex);
  for (auto& [memory, use] : registry().inUse) {
    if (use.offering == this) use.offering = nullptr;
  }
}

bool Offering::isScratchInUse() const {
  const std::lock_guard<std::mutex> lock(registry().mutex);
  return !used_.empty();
}

c10::DataPtr Offering::take(size_t bytes) {
  Offering* const offering = currentOffering;
  if (!offering) return {};
  offering->count_++;
  const std::lock_guard<std::mutex> lock(registry().mutex);
  const auto size = static_cast<int64_t>(bytes);
  const OwnResult* const result = offering->resultAtHand();
  int64_t offset = -1;
  if (!result) {
    offering->takeScratch(size, offset);
  } else if (result->span.bytes == size) {
    offset = result->span.offset;
  }
  if (offset < 0) return {};
  void* const memory = offering->block_->at(offset);
  // Something that a call before has kept may lie there.
  if (!registry()
           .inUse.emplace(memory, InUse{offering->block_, result ? nullptr : offering})
           .second)
    return {};
  registry().count++;
  return {memory, memory, [](void* taken) { giveBack(taken); }, c10::Device(c10::kCPU)};
}

const OwnResult* Offering::resultAtHand() const {
  for (const OwnResult& result : offers_.results) {
    if (result.ordinal == count_) return &result;
  }
  return nullptr;
}

// The smallest gap that is large enough; `offset` stays as it is where there is none.
void Offering::takeScratch(int64_t bytes, int64_t& offset) {
  int64_t smallest = std::numeric_limits<int64_t>::max();
  const auto consider = [&](int64_t start, int64_t end) {
    const int64_t size = end - start;
    if (size < bytes || size >= smallest) return;
    smallest = size;
    offset = start;
  };
  int64_t start = offers_.scratch.offset;
  for (const Span& used : used_) {
    consider(start, used.offset);
    start = aligned(used.offset + used.bytes);
  }
  consider(start, offers_.scratch.offset + offers_.scratch.bytes);
  if (offset < 0) return;
  const Span span{offset, bytes};
  const auto isBefore = [](const Span& a, const Span& b) { return a.offset < b.offset; };
  used_.insert(std::upper_bound(used_.begin(), used_.end(), span, isBefore), span);
}

bool Offering::giveBack(void* memory) {
  if (registry().count == 0) return false;
  InUse use{};  // let go of behind the lock
  const std::lock_guard<std::mutex> lock(registry().mutex);
  const auto found = registry().inUse.find(memory);
  if (found == registry().inUse.end()) return false;
  use = std::move(found->second);
  registry().inUse.erase(found);
  registry().count--;
  if (use.offering) {
    auto& used = use.offering->used_;
    used.erase(std::find_if(used.begin(), used.end(), [&](const Span& span) {
      return use.block->at(span.offset) == memory;
    }));
  }
  return true;
}

}  // namespace nodetorch
