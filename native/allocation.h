// How much memory libtorch takes for tensors on the CPU, JavaScript's and those that only graphs
// hold: when much was taken, dead tensors are looked for sooner (native/tensor_table.h).
#pragma once

#include <cstdint>

namespace nodetorch {

// Has libtorch's allocations counted from now on; once a process, as the allocator is the
// process's.
void countAllocations();

// All bytes taken so far, freed or not.
uint64_t allocatedBytes();

}  // namespace nodetorch
