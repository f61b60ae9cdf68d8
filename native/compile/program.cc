#include "program.h"

#include <ATen/core/LegacyTypeDispatch.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/GradMode.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include <chrono>

namespace nodetorch {

namespace {

using Kind = RecordedStorage::Kind;

c10::Storage storageOver(c10::DataPtr data, int64_t bytes) {
  return c10::Storage(c10::Storage::use_byte_size_t(), static_cast<size_t>(bytes), std::move(data),
                      nullptr, false);
}

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

template <class Number>
void writeNumber(const at::Tensor& tensor, double value) {
  *static_cast<Number*>(tensor.data_ptr()) = static_cast<Number>(value);
}

c10::DispatchKeySet autocastKeys() {
  return c10::DispatchKeySet(c10::DispatchKey::AutocastCPU) |
         c10::DispatchKeySet(c10::DispatchKey::AutocastCUDA);
}

}  // namespace

Program::Program(std::shared_ptr<Recording> recording, Plan plan)
    : recording_(std::move(recording)), plan_(std::move(plan)) {
  slots_.resize(plan_.slots);
  materialize();
  const at::AutoDispatchBelowADInplaceOrView below;
  for (const auto& call : plan_.once) {
    const c10::AutoGradMode mode(call.gradMode);
    execute(bind(call, {}));
  }
  for (size_t i = 0; i < plan_.each.size(); i++) {
    instructions_.push_back(bind(plan_.each[i], plan_.released[i]));
  }
  for (size_t reg = 0; reg < recording_->registers.size(); reg++) {
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
  return plan_.storages[recording_->registers[reg].storage] != Plan::dynamic;
}

at::Tensor Program::privateTensor(int reg, const c10::Storage& storage) const {
  const Register& shape = recording_->registers[reg];
  auto tensor = at::detail::make_tensor<c10::TensorImpl>(
      c10::Storage(storage), keysOf(shape.device), c10::scalarTypeToTypeMeta(shape.dtype));
  auto* impl = tensor.unsafeGetTensorImpl();
  impl->set_storage_offset(shape.offset);
  impl->set_sizes_and_strides(shape.sizes, shape.strides);
  return tensor;
}

void Program::materialize() {
  const Recording& step = *recording_;
  storages_.resize(step.storages.size());
  std::vector<int> device(step.storages.size(), -1);
  for (size_t reg = 0; reg < step.registers.size(); reg++) {
    device[step.registers[reg].storage] = static_cast<int>(reg);
  }
  const auto allocate = [&](int64_t bytes, c10::Device where) {
    const c10::DeviceGuard guard(where);
    return c10::GetAllocator(where.type())->allocate(static_cast<size_t>(bytes));
  };
  c10::Device blockDevice(c10::kCPU);
  for (size_t i = 0; i < step.storages.size(); i++) {
    if (plan_.storages[i] >= 0 && step.storages[i].kind == Kind::Made && device[i] >= 0) {
      blockDevice = step.registers[device[i]].device;
    }
  }
  if (plan_.block > 0) block_ = allocate(plan_.block, blockDevice);
  for (size_t i = 0; i < step.storages.size(); i++) {
    const auto& storage = step.storages[i];
    const int64_t place = plan_.storages[i];
    if (place == Plan::dynamic || place == Plan::kept || device[i] < 0) continue;
    const c10::Device where = step.registers[device[i]].device;
    if (storage.kind == Kind::Captured) {
      storages_[i] = step.captured[storage.owner].tensor.storage();
    } else if (storage.kind == Kind::Argument) {
      storages_[i] = storageOver(c10::DataPtr(nullptr, where), storage.bytes);
    } else if (place == Plan::own) {
      storages_[i] = storageOver(allocate(storage.bytes, where), storage.bytes);
    } else {
      void* start = static_cast<char*>(block_.get()) + place;
      storages_[i] = storageOver(c10::DataPtr(start, where), storage.bytes);
    }
  }
  registers_.resize(step.registers.size());
  for (size_t reg = 0; reg < step.registers.size(); reg++) {
    const int storage = step.registers[reg].storage;
    if (storages_[storage]) {
      registers_[reg] = privateTensor(static_cast<int>(reg), storages_[storage]);
    }
  }
  for (const auto& captured : step.captured) {
    registers_[captured.reg] = captured.tensor;
    data_.push_back(captured.tensor.has_storage() ? captured.tensor.data_ptr() : nullptr);
  }
  for (size_t i = 0; i < step.captured.size(); i++) {
    const int after = step.captured[i].gradientAfter;
    if (after < 0) continue;
    if (plan_.storages[step.registers[after].storage] == Plan::own) {
      gradients_.push_back({i, after, at::Tensor(), 0});
    }
  }
}

Program::Instruction Program::bind(const PlannedCall& call, std::vector<int> released) {
  Instruction instruction{call.handle};
  instruction.results = call.results;
  instruction.released = std::move(released);
  instruction.gradMode = call.gradMode;
  bool plain = true, cuda = false;
  const auto lookAt = [&](int reg) {
    if (reg < 0) return;
    const Register& shape = recording_->registers[reg];
    cuda = cuda || shape.device.is_cuda();
    plain = plain && (shape.device.is_cpu() || shape.device.is_cuda()) &&
            !c10::isQIntType(shape.dtype);
  };
  for (size_t i = 0; i < call.arguments.size(); i++) {
    const PlannedArgument& argument = call.arguments[i];
    instruction.arguments.push_back(argument.value);
    if (argument.kind == PlannedArgument::Kind::Slot) instruction.slots.push_back({i, argument.slot});
    if (argument.kind == PlannedArgument::Kind::Value) {
      if (argument.value.isTensor()) addKeys(argument.value.toTensor(), plain, cuda);
      if (argument.value.isDevice()) cuda = cuda || argument.value.toDevice().is_cuda();
      continue;
    }
    for (int reg : argument.registers) lookAt(reg);
    if (argument.kind == PlannedArgument::Kind::Slot) continue;
    instruction.patches.push_back({i, argument.registers,
                                   argument.kind == PlannedArgument::Kind::Registers,
                                   argument.hasOptional});
  }
  for (int reg : call.results) lookAt(reg);
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

void Program::execute(const Instruction& instruction) {
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
  if (instruction.keys.empty()) {
    instruction.handle.callBoxed(&stack_);
  } else {
    instruction.handle.redispatchBoxed(instruction.keys, &stack_);
  }
  size_t next = 0;
  const auto keep = [&](const at::Tensor& tensor) {
    const int reg = instruction.results[next++];
    if (reg >= 0) registers_[reg] = tensor;
  };
  if (!instruction.results.empty()) {
    for (const auto& value : stack_) {
      if (value.isTensor()) {
        keep(value.toTensor());
      } else if (value.isTensorList()) {
        for (const at::Tensor& tensor : value.toTensorVector()) keep(tensor);
      }
    }
  }
  for (int reg : instruction.released) registers_[reg].reset();
}

const char* Program::mismatch(const at::Tensor* arguments, size_t count) const {
  const Recording& step = *recording_;
  if (count != step.arguments.size()) return "another number of arguments";
  if (!(step.modes == Modes::now())) return "another mode of autograd or autocast";
  for (size_t i = 0; i < count; i++) {
    const Register& shape = step.registers[step.arguments[i].reg];
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
    const Register& shape = step.registers[captured.gradientBefore];
    if (gradient.strides() != shape.strides || gradient.scalar_type() != shape.dtype ||
        gradient.storage_offset() != shape.offset) {
      return "a gradient of another layout";
    }
  }
  return nullptr;
}

void Program::renew(Gradient& gradient) {
  const int index = recording_->registers[gradient.reg].storage;
  const Register& shape = recording_->registers[gradient.reg];
  const c10::Storage old = storages_[index];
  const int64_t bytes = recording_->storages[index].bytes;
  storages_[index] = storageOver(
      c10::GetAllocator(shape.device.type())->allocate(static_cast<size_t>(bytes)), bytes);
  for (size_t reg = 0; reg < registers_.size(); reg++) {
    if (recording_->registers[reg].storage == index) {
      registers_[reg].unsafeGetTensorImpl()->set_storage_keep_dtype(storages_[index]);
    }
  }
  show(gradient);
}

void Program::show(Gradient& gradient) {
  const int index = recording_->registers[gradient.reg].storage;
  gradient.shown = privateTensor(gradient.reg, storages_[index]);
}

void Program::begin(const at::Tensor* arguments) {
  const Recording& step = *recording_;
  for (size_t i = 0; i < step.arguments.size(); i++) {
    const int reg = step.arguments[i].reg;
    const int storage = step.registers[reg].storage;
    if (!storages_[storage]) {
      registers_[reg] = arguments[i];
      continue;
    }
    const auto itemsize = static_cast<int64_t>(arguments[i].itemsize());
    char* start = static_cast<char*>(arguments[i].data_ptr()) -
                  step.registers[reg].offset * itemsize;
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
    const at::Tensor& current = step.captured[gradient.captured].tensor.grad();
    const size_t uses = 1 + (current.is_same(gradient.shown) ? 1 : 0);
    const auto inUse = static_cast<int>(gradient.shown.storage().use_count());
    if (gradient.shown.use_count() > uses || inUse > gradient.storageUses) renew(gradient);
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
      const int64_t place = plan_.storages[step.registers[captured.gradientAfter].storage];
      if (place != Plan::own && !captured.tensor.grad().is_same(gradient)) {
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

template <class Step>
void Program::runWith(const at::Tensor* arguments, std::vector<at::Tensor>& results, Step step) {
  const at::AutoDispatchBelowADInplaceOrView below;
  const c10::impl::ExcludeDispatchKeyGuard autocast(autocastKeys());
  const c10::AutoGradMode restore(c10::GradMode::is_enabled());
  try {
    begin(arguments);
    bool mode = c10::GradMode::is_enabled();
    for (size_t i = 0; i < instructions_.size(); i++) {
      const Instruction& instruction = instructions_[i];
      if (instruction.gradMode != mode) {
        mode = instruction.gradMode;
        c10::GradMode::set_enabled(mode);
      }
      step(i, instruction);
    }
    finish(arguments, results);
  } catch (...) {
    for (int reg : dynamic_) registers_[reg].reset();
    throw;
  }
}

void Program::run(const at::Tensor* arguments, std::vector<at::Tensor>& results) {
  runWith(arguments, results,
          [this](size_t, const Instruction& instruction) { execute(instruction); });
}

void Program::runTimed(const at::Tensor* arguments, std::vector<at::Tensor>& results,
                       std::vector<double>& seconds) {
  seconds.resize(instructions_.size());
  runWith(arguments, results, [&](size_t i, const Instruction& instruction) {
    const auto start = std::chrono::steady_clock::now();
    execute(instruction);
    seconds[i] += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  });
}

void Program::runWatched(const at::Tensor* arguments, std::vector<at::Tensor>& results,
                         const std::function<void(size_t)>& after) {
  runWith(arguments, results, [&](size_t i, const Instruction& instruction) {
    execute(instruction);
    after(i);
  });
}

}  // namespace nodetorch
