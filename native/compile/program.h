// A recorded step that can be run again: calls over registers, below autograd, without JavaScript.
//
// Registers on memory that stays (captured tensors, planned storages, arguments) are made once, as
// private tensors, so their views cost nothing. An argument's private storage is pointed at the
// caller's memory for the length of a run. What is planned lies in one block, gradients that the
// caller can see too: other things lie in their place until they are written. Who keeps one beyond
// the next step has that block for himself, and gradients have storages of their own from then on.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "block.h"
#include "device_graph.h"
#include "offering.h"
#include "recording.h"

namespace nodetorch {

// A call as lib/compile/passes left it.
struct PlannedArgument {
  enum class Kind { Value, Register, Registers, Slot };
  Kind kind = Kind::Value;
  c10::IValue value;
  std::vector<int> registers;
  bool hasOptional = false;
  uint32_t slot = 0;
};

struct PlannedCall {
  c10::OperatorHandle handle;
  std::vector<PlannedArgument> arguments;
  std::vector<int> results;  // registers to be filled; -1: not needed
  Span scratch{0, 0};        // of the block, where nothing lies during the call
  bool gradMode = false;
  size_t origin = 0;
};

struct Plan {
  static constexpr int64_t dynamic = -1, own = -2, kept = -3;
  // Offset in the block; made by each step; memory of its own; made by a call of `once`.
  std::vector<int64_t> storages;
  // Where one may lie that is made by each step: an offset in the block, or -1.
  std::vector<int64_t> offers;
  int64_t block = 0;  // its bytes
  struct Added {
    Register shape;
    int64_t bytes;
  };
  std::vector<Added> added;  // registers behind those of the recording, each with a storage
  std::vector<PlannedCall> once, each;
  std::vector<std::vector<int>> released;  // registers not needed after a call of `each`
  std::vector<int> changed;                // numbers of captured tensors that calls write to
  size_t slots = 0;
};

class Program {
 public:
  Program(std::shared_ptr<Recording> recording, Plan plan);
  Program(const Program&) = delete;

  // Why this program does not fit; nullptr where it does.
  const char* mismatch(const at::Tensor* arguments, size_t count) const;

  // One step. `mismatch` was asked before. Leaves the results in `results`.
  void run(const at::Tensor* arguments, std::vector<at::Tensor>& results);

  // The same, with seconds added to those of each call.
  void runTimed(const at::Tensor* arguments, std::vector<at::Tensor>& results,
                std::vector<double>& seconds);

  // As run(). The number of the first recorded call behind which a register holds something else
  // than `contents` says; -1 for none.
  int64_t runChecked(const at::Tensor* arguments, std::vector<at::Tensor>& results,
                     const std::unordered_map<int64_t, uint64_t>& contents);

  std::vector<double>& slots() { return slots_; }
  const Recording& recording() const { return *recording_; }
  const Plan& plan() const { return plan_; }

 private:
  struct Patch {
    size_t argument;
    std::vector<int> registers;
    bool isList, hasOptional;
  };
  struct SlotPatch {
    size_t argument;
    uint32_t slot;
  };
  struct Instruction {
    c10::OperatorHandle handle;
    c10::DispatchKeySet keys;  // empty: to be found at each run
    std::vector<c10::IValue> arguments;
    std::vector<Patch> patches;
    std::vector<SlotPatch> slots;
    Offers offers;
    std::vector<int> results, released;
    std::vector<int> touched;  // registers with something new in them
    size_t origin;             // the recorded call
    bool gradMode;
  };
  // A gradient's memory, which the caller sees through `shown`.
  struct Gradient {
    size_t captured;
    int reg;
    at::Tensor shown;
    int storageUses;  // while nobody else has it
  };

  bool isFixed(int reg) const;
  bool isPlanned(int reg) const;
  void takeOffers(const PlannedCall& call, Instruction& instruction);
  void materialize();
  void clearGradients();
  void layOut();
  void layOutBlock(std::shared_ptr<Block> block);
  void moveOut();
  bool isHeld(const Gradient& gradient) const;
  at::Tensor privateTensor(int reg, const c10::Storage& storage) const;
  Instruction bind(const PlannedCall& call, std::vector<int> released);
  void execute(Instruction& instruction);
  void callOffering(Instruction& instruction);
  void keepResults(const Instruction& instruction);
  void begin(const at::Tensor* arguments);
  void finish(const at::Tensor* arguments, std::vector<at::Tensor>& results);
  void renew(Gradient& gradient);
  void show(Gradient& gradient);
  void runOnDevice(const at::Tensor* arguments, std::vector<at::Tensor>& results);
  bool capture();
  template <class Step>
  void runWith(const at::Tensor* arguments, std::vector<at::Tensor>& results, Step step);

  std::shared_ptr<Recording> recording_;
  Plan plan_;
  // Those of the recording, and what passes have added.
  std::vector<Register> shapes_;
  std::vector<RecordedStorage> memory_;
  std::shared_ptr<Block> block_;  // made by the first run, when old gradients are gone
  bool isLaidOut_ = false;
  std::vector<c10::Storage> storages_;  // by storage; empty where dynamic
  std::vector<at::Tensor> registers_;
  std::vector<Instruction> instructions_;
  std::vector<Gradient> gradients_;
  std::vector<size_t> remade_;     // captured tensors whose gradients calls allocate
  std::vector<const void*> data_;  // of captured tensors
  std::vector<c10::IValue> stack_;
  std::vector<double> slots_;
  std::vector<int> dynamic_;  // registers to be let go of behind a run

  // On a device that is no CPU: the calls as one graph. Numbers are baked into it, so it serves as
  // long as `slots_` stays as it was when it was made.
  c10::Device device_ = c10::kCPU;
  std::unique_ptr<DeviceGraph> graph_;
  bool hasGraphs_ = true;
  std::vector<double> graphSlots_, lastSlots_;
  std::vector<at::Tensor> graphRegisters_;  // those of `dynamic_`
  int sameSlots_ = 0;                       // runs in a row with the same numbers
};

}  // namespace nodetorch
