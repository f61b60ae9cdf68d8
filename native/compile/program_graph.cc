// Programs on a GPU: the same calls, as one graph of the device's where that is possible.
#include "program_run.h"

namespace nodetorch {

namespace {

// A graph is captured when the kernels have been loaded, and the numbers seem to stay.
constexpr int runsBeforeCapture = 2;

}  // namespace

// Whether `graph_` was made of the calls. Nothing is computed by that.
bool Program::capture() {
  try {
    graph_ = DeviceGraph::capture(device_, [this] {
      for (Instruction& instruction : instructions_) {
        const c10::AutoGradMode mode(instruction.gradMode);
        execute(instruction);
      }
    });
  } catch (const std::exception&) {
    // A call that a graph cannot hold, such as one that waits for the device.
    graph_.reset();
  }
  hasGraphs_ = graph_ != nullptr;
  if (!graph_) return false;
  graphSlots_ = slots_;
  graphRegisters_.clear();
  // The graph writes to these again and again: they live as long as it does.
  for (int reg : dynamic_) graphRegisters_.push_back(registers_[reg]);
  return true;
}

void Program::runOnDevice(const at::Tensor* arguments, std::vector<at::Tensor>& results) {
  sameSlots_ = slots_ == lastSlots_ ? sameSlots_ + 1 : 0;
  lastSlots_ = slots_;
  const auto runCalls = [&] {
    runWith(arguments, results, [this](size_t, Instruction& instruction) { execute(instruction); });
  };
  const bool isDue = hasGraphs_ && sameSlots_ >= runsBeforeCapture;
  if (!isLaidOut_ || !(graph_ || isDue)) return runCalls();
  const at::AutoDispatchBelowADInplaceOrView below;
  // May take the graph away, where gradients move.
  begin(arguments);
  const bool isReady = graph_ && graphSlots_ == slots_;
  if (!isReady && !(isDue && capture())) return runCalls();
  for (size_t i = 0; i < dynamic_.size(); i++) registers_[dynamic_[i]] = graphRegisters_[i];
  graph_->replay();
  finish(arguments, results);
  // What the caller keeps must not change with the next step.
  for (auto& result : results) result = result.clone();
}

}  // namespace nodetorch
