// Records what the dispatcher runs while a step runs eagerly, by at::RecordFunction. Operators that
// are made of others (CompositeImplicitAutograd) are seen by these; of all others the inside is
// not.
#pragma once

#include <ATen/record_function.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "recording.h"

namespace nodetorch {

class Recorder {
 public:
  // `onRefusal(operator, reason)` is called once, where the first call that cannot be replayed is
  // made.
  using OnRefusal = std::function<void(const std::string&, const std::string&)>;
  Recorder(const RecordingRules& rules, const std::vector<at::Tensor>& arguments,
           bool keepsContents, OnRefusal onRefusal);
  ~Recorder();
  Recorder(const Recorder&) = delete;

  // The one that this thread started; nullptr for none.
  static Recorder* active();
  bool isRefused() const { return isRefused_; }

  // `tensor.grad` is about to be looked at.
  void gradientRead(const at::Tensor& tensor);
  // `tensor.grad` is about to be set, to nothing or to another tensor.
  void gradientSet(const at::Tensor& tensor);
  // The last call's argument takes the number in `slot` in each replay.
  bool bindArgument(const std::string& name, uint32_t slot);
  void bindTensor(const at::Tensor& tensor, uint32_t slot);

  // Ends it. `results`: what the step returned.
  std::shared_ptr<Recording> finish(const std::vector<at::Tensor>& results);
  void stop();

 private:
  struct Frame;
  friend struct Frame;
  static std::unique_ptr<at::ObserverContext> enter(const at::RecordFunction& function);
  static void leave(const at::RecordFunction& function, at::ObserverContext* context);

  void begin(const at::RecordFunction& function, Frame& frame);
  void end(const at::RecordFunction& function, Frame& frame);
  bool isTransparent(const c10::OperatorHandle& handle) const;
  bool savesChanged(const at::RecordFunction& function, const std::string& name) const;
  void refuse(const std::string& name, const std::string& reason);

  RecordedArgument argumentFrom(const std::string& name, const c10::IValue& value);
  int inputRegister(const std::string& name, const at::Tensor& tensor);
  int find(const at::Tensor& tensor) const;
  int define(const at::Tensor& tensor, RecordedStorage::Kind kind, int owner);
  int capture(const at::Tensor& tensor);
  void noteGradients();
  void noteContents(const c10::IValue& value);

  const RecordingRules& rules_;
  OnRefusal onRefusal_;
  std::shared_ptr<Recording> recording_ = std::make_shared<Recording>();
  std::unordered_map<const c10::StorageImpl*, int> storages_;
  std::vector<std::vector<int>> registersOf_;  // by storage
  // Keep the addresses of storages from being used again; not their memory.
  std::vector<c10::weak_intrusive_ptr<c10::StorageImpl>> known_;
  std::vector<at::Tensor> arguments_, set_;
  const std::thread::id thread_ = std::this_thread::get_id();
  std::unique_lock<std::mutex> turn_;  // one records at a time
  at::CallbackHandle operators_ = 0, functions_ = 0;
  const bool keepsContents_;
  int depth_ = 0;                       // of calls whose inside is not looked at
  const RecordedCall* open_ = nullptr;  // the outermost of them
  int backward_ = 0;                    // functions of backward that are running
  bool isRefused_ = false;
};

}  // namespace nodetorch
