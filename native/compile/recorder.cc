#include "recorder.h"

#include <ATen/core/LegacyTypeDispatch.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>

#include <atomic>
#include <optional>

#include "../compat_autocast.h"
#include "allocation_log.h"

namespace nodetorch {

namespace {

// Backward may run on threads of libtorch's own, which take this thread's callbacks with them.
std::atomic<Recorder*> activeRecorder{nullptr};

std::mutex& turns() {
  static std::mutex mutex;
  return mutex;
}

bool isAutocast(const c10::OperatorHandle& handle, c10::DeviceType device, c10::DispatchKey key) {
  return autocastEnabled(device) && handle.hasKernelForDispatchKey(key);
}

}  // namespace

uint64_t contentsOf(const at::Tensor& tensor) {
  const at::AutoDispatchBelowADInplaceOrView below;
  at::Tensor dense = tensor;
  if (!dense.is_cpu()) dense = dense.to(c10::kCPU);
  if (!dense.is_contiguous()) dense = dense.clone(at::MemoryFormat::Contiguous);
  const auto* bytes = static_cast<const unsigned char*>(dense.data_ptr());
  const size_t count = static_cast<size_t>(dense.numel()) * dense.itemsize();
  uint64_t hash = 1469598103934665603u;  // FNV-1a
  for (size_t i = 0; i < count; i++) hash = (hash ^ bytes[i]) * 1099511628211u;
  return hash;
}

Modes Modes::now() {
  return {c10::GradMode::is_enabled(), c10::InferenceMode::is_enabled(), autocastEnabled(c10::kCPU),
          autocastEnabled(c10::kCUDA), autocastDtype(c10::kCPU),         autocastDtype(c10::kCUDA)};
}

bool Modes::operator==(const Modes& other) const {
  return grad == other.grad && inference == other.inference && autocastCpu == other.autocastCpu &&
         autocastCuda == other.autocastCuda && cpuDtype == other.cpuDtype &&
         cudaDtype == other.cudaDtype;
}

struct Recorder::Frame : at::ObserverContext {
  enum class Kind { None, Inside, Kept, Saved, Backward };
  Kind kind = Kind::None;
  std::unique_ptr<RecordedCall> call;
  std::vector<c10::IValue> written;  // where contents are kept
  std::optional<AllocationLog> allocations;
};

Recorder* Recorder::active() {
  Recorder* recorder = activeRecorder.load();
  return recorder && recorder->thread_ == std::this_thread::get_id() ? recorder : nullptr;
}

Recorder::Recorder(const RecordingRules& rules, const std::vector<at::Tensor>& arguments,
                   bool keepsContents, OnRefusal onRefusal)
    : rules_(rules),
      onRefusal_(std::move(onRefusal)),
      arguments_(arguments),
      turn_(turns()),
      keepsContents_(keepsContents) {
  for (size_t i = 0; i < arguments.size(); i++) {
    int reg = find(arguments[i]);
    if (reg < 0) reg = define(arguments[i], RecordedStorage::Kind::Argument, static_cast<int>(i));
    recording_->arguments.push_back({reg, arguments[i].requires_grad()});
  }
  operators_ = at::addThreadLocalCallback(at::RecordFunctionCallback(enter, leave)
                                              .needsInputs(true)
                                              .needsOutputs(true)
                                              .scopes({at::RecordScope::FUNCTION}));
  // Without what they are given: a gradient that is held here would be copied, not taken over.
  functions_ = at::addThreadLocalCallback(
      at::RecordFunctionCallback(enter, leave).scopes({at::RecordScope::BACKWARD_FUNCTION}));
  activeRecorder = this;
}

Recorder::~Recorder() { stop(); }

void Recorder::stop() {
  if (!turn_.owns_lock()) return;
  activeRecorder = nullptr;
  at::removeCallback(operators_);
  at::removeCallback(functions_);
  turn_.unlock();
}

std::unique_ptr<at::ObserverContext> Recorder::enter(const at::RecordFunction& function) {
  auto frame = std::make_unique<Frame>();
  if (Recorder* recorder = activeRecorder.load()) recorder->begin(function, *frame);
  return frame;
}

void Recorder::leave(const at::RecordFunction& function, at::ObserverContext* context) {
  Recorder* recorder = activeRecorder.load();
  if (recorder && context) recorder->end(function, static_cast<Frame&>(*context));
}

// Autocast casts, then calls the operator again with itself switched off.
bool Recorder::isTransparent(const c10::OperatorHandle& handle) const {
  using c10::DispatchKey;
  if (isAutocast(handle, c10::kCPU, DispatchKey::AutocastCPU)) return true;
  if (isAutocast(handle, c10::kCUDA, DispatchKey::AutocastCUDA)) return true;
  if (rules_.transparent.count(handle.operator_name().name)) return true;
  return handle.hasKernelForDispatchKey(DispatchKey::CompositeImplicitAutograd) &&
         !handle.hasKernelForDispatchKey(DispatchKey::CPU) &&
         !handle.hasKernelForDispatchKey(DispatchKey::CUDA);
}

// What an operator that works in place needs of its argument in backward, it clones before.
bool Recorder::savesChanged(const at::RecordFunction& function, const std::string& name) const {
  if (depth_ != 1 || !open_ || !rules_.saving.count(name) || function.inputs().empty())
    return false;
  const auto* alias = open_->handle.schema().arguments()[0].alias_info();
  const auto& changed = open_->arguments[0].registers;
  return alias && alias->isWrite() && changed.size() == 1 && function.inputs()[0].isTensor() &&
         find(function.inputs()[0].toTensor()) == changed[0];
}

void Recorder::begin(const at::RecordFunction& function, Frame& frame) {
  if (function.scope() == at::RecordScope::BACKWARD_FUNCTION) {
    frame.kind = Frame::Kind::Backward;
    backward_++;
    return;
  }
  const auto name = function.operator_name();
  const auto handle = name ? c10::Dispatcher::singleton().findSchema(*name) : c10::nullopt;
  if (depth_ > 0) {
    const bool isSaved = handle && savesChanged(function, name->name);
    frame.kind = isSaved ? Frame::Kind::Saved : Frame::Kind::Inside;
  } else {
    if (!handle) return;
    auto refused = rules_.refused.find(name->name);
    if (refused == rules_.refused.end()) refused = rules_.refused.find(c10::toString(*name));
    if (refused != rules_.refused.end()) refuse(name->name, refused->second);
    if (isTransparent(*handle)) return;
    frame.kind = rules_.ignored.count(name->name) ? Frame::Kind::Inside : Frame::Kind::Kept;
  }
  depth_++;
  if (frame.kind == Frame::Kind::Inside) return;
  frame.call = std::make_unique<RecordedCall>(RecordedCall{*handle});
  frame.call->gradMode = c10::GradMode::is_enabled();
  const auto& parameters = handle->schema().arguments();
  for (const auto& value : function.inputs()) {
    const auto* alias = parameters[frame.call->arguments.size()].alias_info();
    frame.call->arguments.push_back(argumentFrom(name->name, value));
    if (keepsContents_ && alias && alias->isWrite()) frame.written.push_back(value);
  }
  if (frame.kind != Frame::Kind::Kept) return;
  open_ = frame.call.get();
  frame.allocations.emplace();
}

void Recorder::end(const at::RecordFunction& function, Frame& frame) {
  if (frame.kind == Frame::Kind::None) return;
  if (frame.kind == Frame::Kind::Backward) {
    backward_--;
    return;
  }
  depth_--;
  if (frame.kind == Frame::Kind::Inside) return;
  if (frame.kind == Frame::Kind::Kept) open_ = nullptr;
  const auto ordinalOf = [&](const at::Tensor& tensor) {
    const bool isKnown = frame.allocations && tensor.defined() && tensor.has_storage();
    return isKnown ? frame.allocations->ordinalOf(tensor.storage().data()) : -1;
  };
  const std::string& name = frame.call->handle.operator_name().name;
  const auto add = [&](const at::Tensor& tensor) {
    int reg = -1;
    if (tensor.defined()) {
      if (!tensor.has_storage()) {
        refuse(name, "gives a tensor that is not dense");
      } else {
        reg = find(tensor);
        if (reg < 0) reg = define(tensor, RecordedStorage::Kind::Made, -1);
      }
    }
    frame.call->results.push_back(reg);
    frame.call->allocations.push_back(ordinalOf(tensor));
  };
  for (const auto& value : function.outputs()) {
    if (value.isTensor()) {
      add(value.toTensor());
    } else if (value.isTensorList()) {
      for (const at::Tensor& tensor : value.toTensorVector()) add(tensor);
    } else if (!value.isNone()) {
      refuse(name, "gives JavaScript a value that the next steps would not have");
    }
  }
  if (frame.allocations) {
    frame.call->scratchBytes = frame.allocations->peakWithout(frame.call->allocations);
    frame.allocations.reset();
  }
  recording_->calls.push_back(std::move(*frame.call));
  if (!keepsContents_) return;
  depth_++;  // what reads them is no part of the step
  for (const auto& value : function.outputs()) noteContents(value);
  for (const auto& value : frame.written) noteContents(value);
  depth_--;
}

void Recorder::noteContents(const c10::IValue& value) {
  if (value.isTensorList()) {
    for (const at::Tensor& tensor : value.toTensorVector()) noteContents(tensor);
  }
  if (!value.isTensor() || !value.toTensor().defined()) return;
  const int reg = find(value.toTensor());
  if (reg < 0) return;
  const int64_t key = Recording::contentsKey(recording_->calls.size() - 1, reg);
  recording_->contents[key] = contentsOf(value.toTensor());
}

void Recorder::refuse(const std::string& name, const std::string& reason) {
  if (isRefused_) return;
  isRefused_ = true;
  onRefusal_(name, reason);
}

}  // namespace nodetorch
