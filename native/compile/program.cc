#include <chrono>

#include "program_run.h"

namespace nodetorch {

namespace {

template <class Number>
void writeNumber(const at::Tensor& tensor, double value) {
  *static_cast<Number*>(tensor.data_ptr()) = static_cast<Number>(value);
}

void call(const c10::OperatorHandle& handle, c10::DispatchKeySet keys, torch::jit::Stack& stack) {
  if (keys.empty()) {
    handle.callBoxed(&stack);
  } else {
    handle.redispatchBoxed(keys, &stack);
  }
}

}  // namespace

void Program::execute(Instruction& instruction) {
  stack_.clear();
  for (const auto& argument : instruction.arguments) stack_.push_back(argument);
  for (const auto& patch : instruction.patches) {
    auto& place = stack_[patch.argument];
    const auto at = [&](int reg) { return reg < 0 ? at::Tensor() : registers_[reg]; };
    if (!patch.isList) {
      place = c10::IValue(at(patch.registers[0]));
    } else if (patch.hasOptional) {
      auto list = c10::impl::GenericList(c10::OptionalType::create(c10::TensorType::get()));
      for (int reg : patch.registers) {
        list.push_back(reg < 0 ? c10::IValue() : c10::IValue(at(reg)));
      }
      place = std::move(list);
    } else {
      std::vector<at::Tensor> list;
      for (int reg : patch.registers) list.push_back(at(reg));
      place = c10::IValue(std::move(list));
    }
  }
  for (const auto& patch : instruction.slots) stack_[patch.argument] = slots_[patch.slot];
  if (instruction.offers.empty()) {
    call(instruction.handle, instruction.keys, stack_);
    keepResults(instruction);
  } else {
    callOffering(instruction);
  }
  for (int reg : instruction.released) registers_[reg].reset();
}

// With memory of the block for what the call allocates.
void Program::callOffering(Instruction& instruction) {
  const Offering offering(block_, instruction.offers);
  call(instruction.handle, instruction.keys, stack_);
  keepResults(instruction);
  stack_.clear();
  if (!offering.isScratchInUse()) return;
  // It kept more than is planned: that may have the old block, and is given no such memory again.
  instruction.offers.scratch = {0, 0};
  layOutBlock(block_->duplicate());
}

void Program::keepResults(const Instruction& instruction) {
  if (instruction.results.empty()) return;
  size_t next = 0;
  const auto keep = [&](const at::Tensor& tensor) {
    const int reg = instruction.results[next++];
    if (reg >= 0) registers_[reg] = tensor;
  };
  for (const auto& value : stack_) {
    if (value.isTensor()) {
      keep(value.toTensor());
    } else if (value.isTensorList()) {
      for (const at::Tensor& tensor : value.toTensorVector()) keep(tensor);
    }
  }
}

const char* Program::mismatch(const at::Tensor* arguments, size_t count) const {
  const Recording& step = *recording_;
  if (count != step.arguments.size()) return "another number of arguments";
  if (!(step.modes == Modes::now())) return "another mode of autograd or autocast";
  for (size_t i = 0; i < count; i++) {
    const Register& shape = shapes_[step.arguments[i].reg];
    const at::Tensor& tensor = arguments[i];
    if (!tensor.defined() || tensor.layout() != c10::kStrided || tensor.is_conj() ||
        tensor.is_neg()) {
      return "an argument that is not dense";
    }
    const bool same = tensor.scalar_type() == shape.dtype && tensor.sizes() == shape.sizes &&
                      tensor.strides() == shape.strides && tensor.device() == shape.device &&
                      tensor.requires_grad() == step.arguments[i].requiresGrad;
    if (!same) return "an argument of another shape, dtype or device";
    if (!tensor.is_leaf() && tensor.requires_grad()) return "an argument with a graph";
    for (size_t j = 0; j < i; j++) {
      const bool wereOne = step.arguments[j].reg == step.arguments[i].reg;
      if (wereOne && arguments[j].data_ptr() != tensor.data_ptr()) return "arguments that were one";
    }
    if (step.arguments[i].requiresGrad && tensor.grad().defined()) {
      return "an argument that has a gradient";
    }
  }
  for (size_t i = 0; i < step.captured.size(); i++) {
    const CapturedTensor& captured = step.captured[i];
    const bool isLeaf = captured.tensor.requires_grad() && captured.tensor.is_leaf();
    const void* data = captured.tensor.has_storage() ? captured.tensor.data_ptr() : nullptr;
    if (data != data_[i]) return "a tensor whose memory is another one";
    if (isLeaf != captured.isLeaf) return "a tensor whose requiresGrad is another one";
    if (captured.entry == CapturedTensor::Entry::Any) continue;
    const at::Tensor& gradient = captured.tensor.grad();
    if (gradient.defined() != (captured.entry == CapturedTensor::Entry::Some)) {
      return gradient.defined() ? "a gradient that was not there" : "a gradient that is missing";
    }
    if (captured.gradientBefore < 0) continue;
    const Register& shape = shapes_[captured.gradientBefore];
    if (gradient.strides() != shape.strides || gradient.scalar_type() != shape.dtype ||
        gradient.storage_offset() != shape.offset) {
      return "a gradient of another layout";
    }
  }
  return nullptr;
}

void Program::begin(const at::Tensor* arguments) {
  const Recording& step = *recording_;
  if (!isLaidOut_) {
    clearGradients();
    layOut();
  }
  for (size_t i : remade_) step.captured[i].tensor.mutable_grad() = at::Tensor();
  for (size_t i = 0; i < step.arguments.size(); i++) {
    const int reg = step.arguments[i].reg;
    const int storage = shapes_[reg].storage;
    if (!storages_[storage]) {
      registers_[reg] = arguments[i];
      continue;
    }
    if (!arguments[i].is_cpu()) {
      // A graph reads where it was captured.
      registers_[reg].copy_(arguments[i]);
      continue;
    }
    const auto itemsize = static_cast<int64_t>(arguments[i].itemsize());
    char* start = static_cast<char*>(arguments[i].data_ptr()) - shapes_[reg].offset * itemsize;
    storages_[storage].set_data_ptr_noswap(c10::DataPtr(start, arguments[i].device()));
  }
  for (const auto& bound : step.boundTensors) {
    if (bound.tensor.scalar_type() == c10::kFloat) {
      writeNumber<float>(bound.tensor, slots_[bound.slot]);
    } else {
      writeNumber<double>(bound.tensor, slots_[bound.slot]);
    }
  }
  for (auto& gradient : gradients_) {
    if (!isHeld(gradient)) continue;
    if (plan_.storages[shapes_[gradient.reg].storage] == Plan::own) {
      renew(gradient);
    } else {
      moveOut();
    }
  }
  for (const auto& captured : step.captured) {
    if (captured.gradientBefore >= 0 && !isFixed(captured.gradientBefore)) {
      registers_[captured.gradientBefore] = captured.tensor.grad();
    }
  }
}

void Program::finish(const at::Tensor* arguments, std::vector<at::Tensor>& results) {
  const Recording& step = *recording_;
  for (const auto& gradient : gradients_) {
    const at::Tensor& tensor = step.captured[gradient.captured].tensor;
    if (!tensor.grad().is_same(gradient.shown)) tensor.mutable_grad() = gradient.shown;
  }
  for (const auto& captured : step.captured) {
    if (!captured.isLeaf) continue;
    if (captured.clearsGradient) {
      if (captured.tensor.grad().defined()) captured.tensor.mutable_grad() = at::Tensor();
    } else if (captured.gradientAfter >= 0) {
      const at::Tensor& gradient = registers_[captured.gradientAfter];
      if (!isPlanned(captured.gradientAfter) && !captured.tensor.grad().is_same(gradient)) {
        captured.tensor.mutable_grad() = gradient;
      }
    }
  }
  for (size_t i = 0; i < step.arguments.size(); i++) {
    if (step.arguments[i].gradientAfter >= 0) {
      arguments[i].mutable_grad() = registers_[step.arguments[i].gradientAfter];
    }
  }
  for (int index : plan_.changed) step.captured[index].tensor.unsafeGetTensorImpl()->bump_version();
  results.clear();
  for (int reg : step.results) results.push_back(registers_[reg]);
  for (int reg : dynamic_) registers_[reg].reset();
  stack_.clear();
}

void Program::run(const at::Tensor* arguments, std::vector<at::Tensor>& results) {
  if (!device_.is_cpu()) return runOnDevice(arguments, results);
  runWith(arguments, results, [this](size_t, Instruction& instruction) { execute(instruction); });
}

void Program::runTimed(const at::Tensor* arguments, std::vector<at::Tensor>& results,
                       std::vector<double>& seconds) {
  seconds.resize(instructions_.size());
  runWith(arguments, results, [&](size_t i, Instruction& instruction) {
    const auto start = std::chrono::steady_clock::now();
    execute(instruction);
    seconds[i] += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  });
}

int64_t Program::runChecked(const at::Tensor* arguments, std::vector<at::Tensor>& results,
                            const std::unordered_map<int64_t, uint64_t>& contents) {
  int64_t differing = -1;
  runWith(arguments, results, [&](size_t, Instruction& instruction) {
    execute(instruction);
    for (int reg : instruction.touched) {
      const auto wanted = contents.find(Recording::contentsKey(instruction.origin, reg));
      if (differing >= 0 || wanted == contents.end() || !registers_[reg].defined()) continue;
      if (contentsOf(registers_[reg]) != wanted->second) {
        differing = static_cast<int64_t>(instruction.origin);
      }
    }
  });
  return differing;
}

}  // namespace nodetorch
