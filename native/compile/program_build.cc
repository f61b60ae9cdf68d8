// Makes a program of a recording and a plan: what stays of each call is put in its place.
#include <ATen/core/LegacyTypeDispatch.h>
#include <c10/core/GradMode.h>

#include <algorithm>

#include "program.h"

namespace nodetorch {

namespace {

c10::DispatchKeySet keysOf(c10::Device device) {
  return c10::DispatchKeySet(device.is_cuda() ? c10::DispatchKey::CUDA : c10::DispatchKey::CPU);
}

// Plain dense tensors of one kind of device: the kernel can be looked up without looking at them.
void addKeys(const at::Tensor& tensor, bool& plain, bool& cuda) {
  if (!tensor.defined()) return;
  const bool isPlain = tensor.layout() == c10::kStrided && !tensor.is_quantized() &&
                       (tensor.is_cpu() || tensor.is_cuda()) && !tensor.is_mkldnn();
  plain = plain && isPlain;
  cuda = cuda || tensor.is_cuda();
}

}  // namespace

Program::Program(std::shared_ptr<Recording> recording, Plan plan)
    : recording_(std::move(recording)),
      plan_(std::move(plan)),
      shapes_(recording_->registers),
      memory_(recording_->storages) {
  for (const auto& reg : plan_.added) {
    shapes_.push_back(reg.shape);
    memory_.push_back({RecordedStorage::Kind::Made, reg.bytes, -1});
  }
  slots_.resize(plan_.slots);
  materialize();
  const at::AutoDispatchBelowADInplaceOrView below;
  for (const auto& call : plan_.once) {
    const c10::AutoGradMode mode(call.gradMode);
    Instruction instruction = bind(call, {});
    execute(instruction);
  }
  for (size_t i = 0; i < plan_.each.size(); i++) {
    instructions_.push_back(bind(plan_.each[i], plan_.released[i]));
  }
  for (size_t reg = 0; reg < shapes_.size(); reg++) {
    if (!isFixed(static_cast<int>(reg))) dynamic_.push_back(static_cast<int>(reg));
  }
  for (auto& gradient : gradients_) {
    show(gradient);
    gradient.storageUses = static_cast<int>(gradient.shown.storage().use_count());
  }
  // What the recording kept for its constants alone is not needed any more.
  plan_.once.clear();
}

bool Program::isFixed(int reg) const {
  return plan_.storages[shapes_[reg].storage] != Plan::dynamic;
}

// A storage is offered to the first call that gives it, which makes it.
void Program::takeOffers(const PlannedCall& call, Instruction& instruction) {
  const RecordedCall& recorded = recording_->calls[call.origin];
  const bool isSame = recorded.handle.operator_name() == call.handle.operator_name() &&
                      recorded.results.size() == call.results.size();
  for (size_t i = 0; i < call.results.size(); i++) {
    if (call.results[i] < 0) continue;
    const int storage = shapes_[call.results[i]].storage;
    int64_t& offset = plan_.offers[storage];
    if (isSame && recorded.allocations[i] >= 0) {
      instruction.offers.results.push_back(
          {recorded.allocations[i], {offset, memory_[storage].bytes}});
    }
    offset = -1;
  }
  if (isSame) instruction.offers.scratch = call.scratch;
}

Program::Instruction Program::bind(const PlannedCall& call, std::vector<int> released) {
  Instruction instruction{call.handle};
  instruction.results = call.results;
  instruction.released = std::move(released);
  instruction.gradMode = call.gradMode;
  instruction.origin = call.origin;
  instruction.touched = call.results;
  bool plain = true, cuda = false;
  const auto lookAt = [&](int reg) {
    if (reg < 0) return;
    const Register& shape = shapes_[reg];
    cuda = cuda || shape.device.is_cuda();
    plain =
        plain && (shape.device.is_cpu() || shape.device.is_cuda()) && !c10::isQIntType(shape.dtype);
  };
  for (size_t i = 0; i < call.arguments.size(); i++) {
    const PlannedArgument& argument = call.arguments[i];
    instruction.arguments.push_back(argument.value);
    if (argument.kind == PlannedArgument::Kind::Slot)
      instruction.slots.push_back({i, argument.slot});
    if (argument.kind == PlannedArgument::Kind::Value) {
      if (argument.value.isTensor()) addKeys(argument.value.toTensor(), plain, cuda);
      if (argument.value.isDevice()) cuda = cuda || argument.value.toDevice().is_cuda();
      continue;
    }
    for (int reg : argument.registers) lookAt(reg);
    if (argument.kind == PlannedArgument::Kind::Slot) continue;
    const auto* alias = call.handle.schema().arguments()[i].alias_info();
    if (alias && alias->isWrite()) {
      instruction.touched.insert(instruction.touched.end(), argument.registers.begin(),
                                 argument.registers.end());
    }
    instruction.patches.push_back({i, argument.registers,
                                   argument.kind == PlannedArgument::Kind::Registers,
                                   argument.hasOptional});
  }
  for (int reg : call.results) lookAt(reg);
  takeOffers(call, instruction);
  instruction.touched.erase(std::remove(instruction.touched.begin(), instruction.touched.end(), -1),
                            instruction.touched.end());
  if (plain) instruction.keys = keysOf(cuda ? c10::Device(c10::kCUDA, 0) : c10::Device(c10::kCPU));
  // What stays is put in its place now.
  std::vector<Patch> left;
  for (auto& patch : instruction.patches) {
    bool fixed = true;
    for (int reg : patch.registers) fixed = fixed && (reg < 0 || registers_[reg].defined());
    for (int reg : patch.registers) fixed = fixed && (reg < 0 || isFixed(reg));
    left.push_back(patch);
    if (!fixed) continue;
    auto& place = instruction.arguments[patch.argument];
    if (patch.isList) {
      if (patch.hasOptional) {
        // A list of optional tensors is typed by its elements; it is made at each run.
        continue;
      }
      std::vector<at::Tensor> list;
      for (int reg : patch.registers) list.push_back(reg < 0 ? at::Tensor() : registers_[reg]);
      place = c10::IValue(list);
    } else {
      place = patch.registers[0] < 0 ? c10::IValue(at::Tensor())
                                     : c10::IValue(registers_[patch.registers[0]]);
    }
    left.pop_back();
  }
  instruction.patches = std::move(left);
  return instruction;
}

}  // namespace nodetorch
