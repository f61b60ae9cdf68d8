// What a recorded operator allocates, from which its memory is planned (offering.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nodetorch {

// Notes this thread's large allocations while it lives: which of them are a call's results, and how
// much memory the others take.
class AllocationLog {
 public:
  AllocationLog();
  ~AllocationLog();
  AllocationLog(const AllocationLog&) = delete;

  static bool isOn();
  static void note(const void* memory, size_t bytes);
  static void noteFree(const void* memory);
  // The number of the last one that gave this memory; -1 for none.
  int ordinalOf(const void* memory) const;
  // The most bytes that those without the given numbers take at once.
  int64_t peakWithout(const std::vector<int>& ordinals) const;

 private:
  struct Event {
    const void* memory;
    int64_t bytes;  // 0: freed
  };
  std::vector<Event> events_;
  AllocationLog* before_;
};

}  // namespace nodetorch
