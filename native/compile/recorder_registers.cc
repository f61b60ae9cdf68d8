// Which registers a recording has: places in memory, those that were there before the step, and
// gradients.
#include <algorithm>

#include "recorder.h"

namespace nodetorch {

namespace {

bool samePlace(const Register& known, const at::Tensor& tensor) {
  return known.offset == tensor.storage_offset() && known.dtype == tensor.scalar_type() &&
         tensor.sizes() == known.sizes && tensor.strides() == known.strides;
}

}  // namespace

RecordedArgument Recorder::argumentFrom(const std::string& name, const c10::IValue& value) {
  RecordedArgument argument;
  const auto add = [&](const at::Tensor& tensor) {
    argument.registers.push_back(tensor.defined() ? inputRegister(name, tensor) : -1);
  };
  if (value.isTensor()) {
    const at::Tensor& tensor = value.toTensor();
    const bool isNumber = tensor.defined() && tensor.unsafeGetTensorImpl()->is_wrapped_number();
    if (tensor.defined() && !isNumber) {
      argument.kind = RecordedArgument::Kind::Tensor;
      add(tensor);
    } else {
      argument.constant = value;
    }
  } else if (value.isTensorList()) {
    argument.kind = RecordedArgument::Kind::Tensors;
    for (const at::Tensor& tensor : value.toTensorVector()) add(tensor);
  } else if (value.isList() && !value.toListRef().empty() &&
             std::any_of(value.toListRef().begin(), value.toListRef().end(),
                         [](const c10::IValue& item) { return item.isTensor(); })) {
    argument.kind = RecordedArgument::Kind::Tensors;
    argument.hasOptional = true;
    for (const auto& item : value.toListRef()) {
      const at::Tensor tensor = item.isTensor() ? item.toTensor() : at::Tensor();
      const bool isMask = tensor.defined() && (tensor.scalar_type() == c10::kBool ||
                                               tensor.scalar_type() == c10::kByte);
      if (isMask && rules_.masked.count(name)) {
        refuse(name, "with a mask gives a result whose shape depends on the data");
      }
      add(tensor);
    }
  } else {
    argument.constant = value;
  }
  return argument;
}

int Recorder::inputRegister(const std::string& name, const at::Tensor& tensor) {
  if (!tensor.has_storage() || tensor.layout() != c10::kStrided) {
    refuse(name, "works on a tensor that is not dense");
    return -1;
  }
  if (tensor.is_conj() || tensor.is_neg()) {
    refuse(name, "works on a lazily conjugated tensor");
    return -1;
  }
  const int known = find(tensor);
  if (known >= 0) return known;
  const auto storage = storages_.find(tensor.storage().unsafeGetStorageImpl());
  if (storage != storages_.end() &&
      recording_->storages[storage->second].kind != RecordedStorage::Kind::Captured) {
    refuse(name, "works on a view that was not made by an operator");
    return -1;
  }
  const bool hasGraph = tensor.requires_grad() && !tensor.is_leaf() && c10::GradMode::is_enabled();
  const bool isSaved = backward_ > 0 && storage == storages_.end() && !rules_.constants.count(name);
  if (hasGraph || isSaved) {
    refuse(name, "works on what an operator before the step left for backward");
  }
  return capture(tensor);
}

int Recorder::find(const at::Tensor& tensor) const {
  if (!tensor.has_storage()) return -1;
  const auto storage = storages_.find(tensor.storage().unsafeGetStorageImpl());
  if (storage == storages_.end()) return -1;
  for (int reg : registersOf_[storage->second]) {
    if (samePlace(recording_->registers[reg], tensor)) return reg;
  }
  return -1;
}

int Recorder::define(const at::Tensor& tensor, RecordedStorage::Kind kind, int owner) {
  const auto& storage = tensor.storage();
  const auto added = storages_.emplace(storage.unsafeGetStorageImpl(),
                                       static_cast<int>(recording_->storages.size()));
  if (added.second) {
    RecordedStorage record;
    record.kind = kind;
    record.bytes = static_cast<int64_t>(storage.nbytes());
    record.owner = owner;
    recording_->storages.push_back(record);
    registersOf_.emplace_back();
    known_.push_back(storage.getWeakStorageImpl());
  }
  const int reg = static_cast<int>(recording_->registers.size());
  recording_->registers.push_back({added.first->second, tensor.sizes().vec(),
                                   tensor.strides().vec(), tensor.storage_offset(),
                                   tensor.scalar_type(), tensor.device()});
  registersOf_[added.first->second].push_back(reg);
  return reg;
}

int Recorder::capture(const at::Tensor& tensor) {
  const int index = static_cast<int>(recording_->captured.size());
  const int reg = define(tensor, RecordedStorage::Kind::Captured, index);
  CapturedTensor captured{tensor, reg};
  captured.isLeaf = tensor.is_leaf() && tensor.requires_grad();
  recording_->captured.push_back(captured);
  const bool wasSet = std::any_of(set_.begin(), set_.end(),
                                  [&](const at::Tensor& other) { return other.is_same(tensor); });
  if (!captured.isLeaf || wasSet) return reg;
  const at::Tensor& gradient = tensor.grad();
  CapturedTensor& record = recording_->captured[index];
  record.entry = gradient.defined() ? CapturedTensor::Entry::Some : CapturedTensor::Entry::None;
  if (gradient.defined() && gradient.has_storage()) {
    const int known = find(gradient);
    record.gradientBefore =
        known >= 0 ? known : define(gradient, RecordedStorage::Kind::Gradient, index);
  }
  return reg;
}

void Recorder::gradientRead(const at::Tensor& tensor) {
  if (tensor.has_storage() && tensor.requires_grad() && find(tensor) < 0) capture(tensor);
}

void Recorder::gradientSet(const at::Tensor& tensor) { set_.push_back(tensor); }

bool Recorder::bindArgument(const std::string& name, uint32_t slot) {
  if (recording_->calls.empty()) return false;
  const auto& arguments = recording_->calls.back().handle.schema().arguments();
  for (size_t i = 0; i < arguments.size(); i++) {
    if (arguments[i].name() != name) continue;
    recording_->boundArguments.push_back({recording_->calls.size() - 1, i, slot});
    return true;
  }
  return false;
}

void Recorder::bindTensor(const at::Tensor& tensor, uint32_t slot) {
  recording_->boundTensors.push_back({tensor, slot});
}

void Recorder::noteGradients() {
  for (const at::Tensor& tensor : set_) {
    if (tensor.has_storage() && find(tensor) < 0) capture(tensor);
  }
  std::vector<std::pair<size_t, at::Tensor>> unseen;
  for (size_t i = 0; i < recording_->captured.size(); i++) {
    CapturedTensor& captured = recording_->captured[i];
    if (!captured.isLeaf) continue;
    const at::Tensor& gradient = captured.tensor.grad();
    captured.clearsGradient = !gradient.defined();
    if (!gradient.defined()) continue;
    captured.gradientAfter = find(gradient);
    if (captured.gradientAfter < 0) unseen.emplace_back(i, gradient);
  }
  for (const auto& [index, gradient] : unseen) {
    const int known = find(gradient);
    recording_->captured[index].gradientAfter = known >= 0 ? known : capture(gradient);
  }
  for (size_t i = 0; i < arguments_.size(); i++) {
    if (!arguments_[i].requires_grad() || !arguments_[i].is_leaf()) continue;
    const at::Tensor& gradient = arguments_[i].grad();
    if (gradient.defined()) recording_->arguments[i].gradientAfter = find(gradient);
  }
}

std::shared_ptr<Recording> Recorder::finish(const std::vector<at::Tensor>& results) {
  stop();
  for (const at::Tensor& result : results) {
    const int known = find(result);
    recording_->results.push_back(known >= 0 ? known : capture(result));
  }
  noteGradients();
  return recording_;
}

}  // namespace nodetorch
