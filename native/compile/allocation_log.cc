#include "allocation_log.h"

#include <algorithm>
#include <unordered_map>

#include "block.h"

namespace nodetorch {

namespace {

thread_local AllocationLog* currentLog = nullptr;

}  // namespace

AllocationLog::AllocationLog() : before_(currentLog) { currentLog = this; }
AllocationLog::~AllocationLog() { currentLog = before_; }

bool AllocationLog::isOn() { return currentLog != nullptr; }

void AllocationLog::note(const void* memory, size_t bytes) {
  currentLog->events_.push_back({memory, static_cast<int64_t>(bytes)});
}

void AllocationLog::noteFree(const void* memory) {
  if (currentLog) currentLog->events_.push_back({memory, 0});
}

int AllocationLog::ordinalOf(const void* memory) const {
  int found = -1, ordinal = 0;
  for (const Event& event : events_) {
    if (event.bytes > 0 && event.memory == memory) found = ordinal;
    ordinal += event.bytes > 0;
  }
  return found;
}

int64_t AllocationLog::peakWithout(const std::vector<int>& ordinals) const {
  std::unordered_map<const void*, int64_t> living;
  int64_t bytes = 0, peak = 0;
  int ordinal = 0;
  for (const Event& event : events_) {
    if (event.bytes == 0) {
      const auto freed = living.find(event.memory);
      if (freed == living.end()) continue;
      bytes -= freed->second;
      living.erase(freed);
    } else if (std::count(ordinals.begin(), ordinals.end(), ordinal++) == 0) {
      const int64_t taken = aligned(event.bytes);
      living[event.memory] = taken;
      bytes += taken;
      peak = std::max(peak, bytes);
    }
  }
  return peak;
}

}  // namespace nodetorch
