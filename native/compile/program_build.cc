// Makes a program of a recording and a plan: memory, private tensors, what stays of each call.
#include <ATen/core/LegacyTypeDispatch.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/GradMode.h>

#include <algorithm>

#include "program.h"

namespace nodetorch {

namespace {

using Kind = RecordedStorage::Kind;

constexpr int64_t largeBlock = 1 << 20;

c10::Storage storageOver(c10::DataPtr data, int64_t bytes) {
  return c10::Storage(c10::Storage::use_byte_size_t(), static_cast<size_t>(bytes), std::move(data),
                      nullptr, false);
}

c10::DataPtr allocate(int64_t bytes, c10::Device device) {
  const c10::DeviceGuard guard(device);
  return c10::GetAllocator(device.type())->allocate(static_cast<size_t>(bytes));
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
    execute(bind(call, {}));
  }
  for (size_t i = 0; i < plan_.each.size(); i++) {
    instructions_.push_back(bind(plan_.each[i], plan_.released[i]));
  }
  for (size_t reg = 0; reg < shapes_.size(); reg++) {
    if (!isFixed(static_cast<int>(reg))) dynamic_.push_back(static_cast<int>(reg));
  }
  for (auto& gradient : gradients_) {
    show(gradient);
    const at::Tensor& tensor = recording_->captured[gradient.captured].tensor;
    const c10::Storage& storage = storages_[shapes_[gradient.reg].storage];
    if (tensor.grad().defined() && tensor.grad().has_storage() &&
        tensor.grad().storage().unsafeGetStorageImpl() == storage.unsafeGetStorageImpl()) {
      tensor.mutable_grad() = gradient.shown;
    }
    gradient.storageUses = static_cast<int>(gradient.shown.storage().use_count());
  }
  // What the recording kept for its constants alone is not needed any more.
  plan_.once.clear();
}

Program::~Program() { pool_->close(); }

bool Program::isFixed(int reg) const {
  return plan_.storages[shapes_[reg].storage] != Plan::dynamic;
}

at::Tensor Program::privateTensor(int reg, const c10::Storage& storage) const {
  const Register& shape = shapes_[reg];
  auto tensor = at::detail::make_tensor<c10::TensorImpl>(
      c10::Storage(storage), keysOf(shape.device), c10::scalarTypeToTypeMeta(shape.dtype));
  auto* impl = tensor.unsafeGetTensorImpl();
  impl->set_storage_offset(shape.offset);
  impl->set_sizes_and_strides(shape.sizes, shape.strides);
  return tensor;
}

void Program::materialize() {
  const Recording& step = *recording_;
  for (const Register& reg : shapes_) {
    if (!reg.device.is_cpu()) device_ = reg.device;
  }
  storages_.resize(memory_.size());
  adoptGradients();
  std::vector<int> device(memory_.size(), -1);
  for (size_t reg = 0; reg < shapes_.size(); reg++) {
    device[shapes_[reg].storage] = static_cast<int>(reg);
  }
  c10::Device blockDevice(c10::kCPU);
  for (size_t i = 0; i < memory_.size(); i++) {
    if (plan_.storages[i] >= 0 && memory_[i].kind == Kind::Made && device[i] >= 0) {
      blockDevice = shapes_[device[i]].device;
    }
  }
  if (plan_.block >= largeBlock) keepScratchMemory();
  if (plan_.block > 0) block_ = allocate(plan_.block, blockDevice);
  for (size_t i = 0; i < memory_.size(); i++) {
    const auto& storage = memory_[i];
    const int64_t place = plan_.storages[i];
    if (place == Plan::dynamic || place == Plan::kept || device[i] < 0 || storages_[i]) continue;
    const c10::Device where = shapes_[device[i]].device;
    if (storage.kind == Kind::Captured) {
      storages_[i] = step.captured[storage.owner].tensor.storage();
    } else if (storage.kind == Kind::Argument) {
      storages_[i] = where.is_cpu() ? storageOver(c10::DataPtr(nullptr, where), storage.bytes)
                                    : storageOver(allocate(storage.bytes, where), storage.bytes);
    } else if (place == Plan::own) {
      storages_[i] = storageOver(allocate(storage.bytes, where), storage.bytes);
    } else {
      void* start = static_cast<char*>(block_.get()) + place;
      storages_[i] = storageOver(c10::DataPtr(start, where), storage.bytes);
    }
  }
  registers_.resize(shapes_.size());
  for (size_t reg = 0; reg < shapes_.size(); reg++) {
    const int storage = shapes_[reg].storage;
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
    if (plan_.storages[shapes_[after].storage] == Plan::own) {
      gradients_.push_back({i, after, at::Tensor(), 0});
    }
  }
}

// The memory of the gradients that the recording left serves for those of the replays, where nobody
// else has it: two sets of gradients would be the peak of all the memory that a step takes.
void Program::adoptGradients() {
  for (const auto& captured : recording_->captured) {
    if (captured.gradientAfter < 0 || captured.gradientBefore >= 0) continue;
    const Register& shape = shapes_[captured.gradientAfter];
    if (plan_.storages[shape.storage] != Plan::own || shape.offset != 0) continue;
    const at::Tensor& gradient = captured.tensor.grad();
    const bool isFree = gradient.defined() && gradient.has_storage() && gradient.use_count() == 1 &&
                        gradient.storage().use_count() == 1;
    if (!isFree || gradient.sizes() != shape.sizes || gradient.strides() != shape.strides) continue;
    const bool fits =
        gradient.scalar_type() == shape.dtype && gradient.storage_offset() == 0 &&
        gradient.device() == shape.device &&
        static_cast<int64_t>(gradient.storage().nbytes()) >= memory_[shape.storage].bytes;
    if (fits) storages_[shape.storage] = gradient.storage();
  }
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

void Program::renew(Gradient& gradient) {
  const int index = shapes_[gradient.reg].storage;
  const int64_t bytes = memory_[index].bytes;
  const c10::Device device = shapes_[gradient.reg].device;
  storages_[index] = storageOver(allocate(bytes, device), bytes);
  for (size_t reg = 0; reg < registers_.size(); reg++) {
    if (shapes_[reg].storage == index) {
      registers_[reg].unsafeGetTensorImpl()->set_storage_keep_dtype(storages_[index]);
    }
  }
  show(gradient);
}

void Program::show(Gradient& gradient) {
  const int index = shapes_[gradient.reg].storage;
  gradient.shown = privateTensor(gradient.reg, storages_[index]);
}

}  // namespace nodetorch
