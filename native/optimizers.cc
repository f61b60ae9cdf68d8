// libtorch optimizers as JavaScript sees them: an object of functions closed over the C++ object.
#include <cmath>

#include "compile/recorder.h"
#include "convert.h"
#include "environment.h"
#include "errors.h"
#include "optimizer_template.h"

namespace nodetorch {

namespace {

NativeOptimizer& self(const Napi::CallbackInfo& info) {
  return *static_cast<NativeOptimizer*>(info.Data());
}

// While it lives, the gradients of groups that maximize are negated, as Python's optimizers do.
class NegatedGradients {
 public:
  explicit NegatedGradients(NativeOptimizer& native) {
    const auto& groups = native.optimizer().param_groups();
    std::vector<at::Tensor> negated;
    for (size_t i = 0; i < groups.size(); i++) {
      if (!native.maximize[i]) continue;
      for (const auto& parameter : groups[i].params()) {
        if (!parameter.grad().defined()) continue;
        kept_.emplace_back(parameter, parameter.grad());
        negated.push_back(-parameter.grad().variable_data());
      }
    }
    // Only now: nothing that can throw stands between the first change and the destructor.
    for (size_t i = 0; i < kept_.size(); i++) kept_[i].first.mutable_grad() = negated[i];
  }
  ~NegatedGradients() {
    for (auto& [parameter, grad] : kept_) parameter.mutable_grad() = grad;
  }

 private:
  std::vector<std::pair<at::Tensor, at::Tensor>> kept_;
};

// Its tensors do not come through the table.
void requireIdle(Environment& environment, NativeOptimizer& native) {
  if (!environment.tensors.hasBusy()) return;
  for (auto& group : native.optimizer().param_groups()) {
    for (const auto& parameter : group.params()) environment.tensors.requireIdle(parameter);
  }
}

// step()
napi_value step(Environment& environment, const Napi::CallbackInfo& info) {
  requireIdle(environment, self(info));
  NegatedGradients negated(self(info));
  inContext(
      info.Env(), [] { return "step"; }, [&] { self(info).optimizer().step(); });
  return nullptr;
}

// zeroGrad(setToNone)
napi_value zeroGrad(Environment& environment, const Napi::CallbackInfo& info) {
  requireIdle(environment, self(info));
  const bool setToNone = info[0].ToBoolean();
  Recorder* recorder = Recorder::active();
  for (auto& group : self(info).optimizer().param_groups()) {
    for (auto& parameter : group.params()) {
      if (recorder && setToNone) recorder->gradientSet(parameter);
      if (recorder && !setToNone) recorder->gradientRead(parameter);
      auto& grad = parameter.mutable_grad();
      if (!grad.defined()) continue;
      if (setToNone) {
        grad.reset();
      } else {
        // As Python does: the same tensor, taken out of a graph made with createGraph.
        if (grad.grad_fn()) {
          grad.detach_();
        } else {
          grad.set_requires_grad(false);
        }
        grad.zero_();
      }
    }
  }
  return nullptr;
}

// addGroup(params: Tensor[])
napi_value addGroup(Environment& environment, const Napi::CallbackInfo& info) {
  std::vector<at::Tensor> parameters;
  const auto list = info[0].As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); i++) {
    parameters.push_back(tensorArgument(info.Env(), environment, list.Get(i), "params"));
  }
  OptimizerParamGroup group(std::move(parameters), self(info).newOptions());
  self(info).optimizer().add_param_group(group);
  self(info).maximize.push_back(false);
  return nullptr;
}

// setOption(group, name, value)
napi_value setOption(Environment&, const Napi::CallbackInfo& info) {
  const size_t index = info[0].As<Napi::Number>().Uint32Value();
  const std::string name = info[1].ToString();
  if (name == "maximize") {
    self(info).maximize[index] = info[2].ToBoolean();
    return nullptr;
  }
  auto& options = self(info).optimizer().param_groups()[index].options();
  if (double* number = self(info).number(options, name)) {
    *number = info[2].As<Napi::Number>().DoubleValue();
  } else if (bool* flag = self(info).flag(options, name)) {
    *flag = info[2].ToBoolean();
  }
  return nullptr;
}

// getState(parameter, name): Tensor | null
napi_value getState(Environment& environment, const Napi::CallbackInfo& info) {
  const at::Tensor& parameter = tensorArgument(info.Env(), environment, info[0], "parameter");
  return environment.tensors.wrap(info.Env(), self(info).state(parameter, info[1].ToString()));
}

// setState(parameter, name, value)
napi_value setState(Environment& environment, const Napi::CallbackInfo& info) {
  const at::Tensor& parameter = tensorArgument(info.Env(), environment, info[0], "parameter");
  const at::Tensor& value = tensorArgument(info.Env(), environment, info[2], "state");
  self(info).setState(parameter, info[1].ToString(), value.variable_data().clone());
  return nullptr;
}

// clearState(): forgets what is kept for all parameters
napi_value clearState(Environment&, const Napi::CallbackInfo& info) {
  self(info).optimizer().state().clear();
  return nullptr;
}

void freeOptimizer(napi_env, void* data, void*) { delete static_cast<NativeOptimizer*>(data); }

// createOptimizer(name): the functions above. They live no longer than the object that holds them.
napi_value createOptimizer(Environment&, const Napi::CallbackInfo& info) {
  const std::string name = info[0].ToString();
  for (const auto& row : optimizerTable()) {
    if (row.name != name) continue;
    NativeOptimizer* data = row.create().release();
    auto result = Napi::Object::New(info.Env());
    check(info.Env(), napi_wrap(info.Env(), result, data, freeOptimizer, nullptr, nullptr));
    exportFunction<step>(info.Env(), result, "step", data);
    exportFunction<zeroGrad>(info.Env(), result, "zeroGrad", data);
    exportFunction<addGroup>(info.Env(), result, "addGroup", data);
    exportFunction<setOption>(info.Env(), result, "setOption", data);
    exportFunction<getState>(info.Env(), result, "getState", data);
    exportFunction<setState>(info.Env(), result, "setState", data);
    exportFunction<clearState>(info.Env(), result, "clearState", data);
    return result;
  }
  typeError("optim: this addon has no optimizer named '" + name + "'");
}

// power(base, exponent): number, by the C library's pow() as Python's floats; V8's differs in the
// last bit of some results.
napi_value power(Environment&, const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), std::pow(info[0].As<Napi::Number>().DoubleValue(),
                                                info[1].As<Napi::Number>().DoubleValue()));
}

}  // namespace

void initOptimizers(napi_env env, napi_value exports) {
  exportFunction<power>(env, exports, "power");
  exportFunction<createOptimizer>(env, exports, "createOptimizer");
}

}  // namespace nodetorch
