// One step as the dispatcher saw it: a flat list of calls over registers. A register is a place in
// memory with a shape (storage, offset, sizes, strides, dtype), not a TensorImpl: autograd unpacks
// what it saved into new ones, and detach() or an in-place operator gives the same place again.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace nodetorch {

// What replay cannot repeat, and what helps; by operators' base names, from
// lib/compile/operators.ts.
struct RecordingRules {
  std::unordered_map<std::string, std::string> refused;  // why
  std::unordered_set<std::string> transparent;           // seen by the operators that they call
  std::unordered_set<std::string> ignored;               // look at shapes only
  std::unordered_set<std::string> saving;     // copy for backward what others then change in place
  std::unordered_set<std::string> masked;     // whose result has another shape with each mask
  std::unordered_set<std::string> constants;  // are given tensors of libtorch's own
};

struct RecordedArgument {
  enum class Kind { Constant, Tensor, Tensors };
  Kind kind = Kind::Constant;
  c10::IValue constant;
  std::vector<int> registers;  // -1: undefined
  bool hasOptional = false;    // a list of optional tensors
};

struct RecordedCall {
  c10::OperatorHandle handle;
  std::vector<RecordedArgument> arguments;
  std::vector<int> results;  // all tensors of all returns, in order; -1: undefined
  // Which of the call's large allocations each result is; -1: none of them.
  std::vector<int> allocations;
  int64_t scratchBytes = 0;  // that the others take at once
  bool gradMode = false;
};

struct Register {
  int storage;
  std::vector<int64_t> sizes, strides;
  int64_t offset;
  c10::ScalarType dtype;
  c10::Device device;
};

struct RecordedStorage {
  // Made: by a call. Captured: was there before. Argument: of the step's function. Gradient: of a
  // captured tensor when the step begins.
  enum class Kind { Made, Captured, Argument, Gradient };
  Kind kind = Kind::Made;
  int64_t bytes = 0;
  int owner = -1;  // number of the argument, or of the captured tensor whose gradient it is
};

// A tensor that was there before the step.
struct CapturedTensor {
  at::Tensor tensor;
  int reg;
  bool isLeaf = false;  // that requires a gradient
  // What the step found in `grad`, and whether it could see that at all.
  enum class Entry { Any, None, Some };
  Entry entry = Entry::Any;
  int gradientBefore = -1, gradientAfter = -1;
  bool clearsGradient = false;  // the step leaves none
};

struct BoundTensor {
  at::Tensor tensor;
  uint32_t slot;
};

struct BoundArgument {
  size_t call, argument;
  uint32_t slot;
};

// A tensor that the step's function takes.
struct StepArgument {
  int reg;
  bool requiresGrad;
  int gradientAfter = -1;
};

// What of libtorch's modes changes which operators run.
struct Modes {
  bool grad, inference, autocastCpu, autocastCuda;
  c10::ScalarType cpuDtype, cudaDtype;
  static Modes now();
  bool operator==(const Modes& other) const;
};

// What is in a tensor's elements, as a number.
uint64_t contentsOf(const at::Tensor& tensor);

struct Recording {
  // Of the registers that a call wrote to, behind it; only where they were asked for.
  std::unordered_map<int64_t, uint64_t> contents;
  static int64_t contentsKey(size_t call, int reg) {
    return static_cast<int64_t>(call) << 32 | static_cast<int64_t>(reg);
  }
  Modes modes = Modes::now();
  std::vector<Register> registers;
  std::vector<RecordedStorage> storages;
  std::vector<RecordedCall> calls;
  std::vector<CapturedTensor> captured;
  std::vector<StepArgument> arguments;
  std::vector<int> results;  // registers
  std::vector<BoundTensor> boundTensors;
  std::vector<BoundArgument> boundArguments;
};

}  // namespace nodetorch
