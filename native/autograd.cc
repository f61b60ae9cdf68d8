// Gradients: what autograd keeps for a tensor, and running it backward.
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/accumulate_grad.h>

#include <unordered_set>

#include "compile/recorder.h"
#include "convert.h"
#include "environment.h"
#include "errors.h"

namespace nodetorch {

namespace {

napi_value toJsBool(napi_env env, bool value) {
  napi_value result;
  check(env, napi_get_boolean(env, value, &result));
  return result;
}

std::string describeTensors(const torch::autograd::variable_list& tensors) {
  std::string text;
  for (const auto& tensor : tensors) {
    if (!text.empty()) text += ", ";
    text += describeTensor(tensor);
  }
  return "[" + text + "]";
}

// requiresGrad(tensor): boolean
napi_value requiresGrad(Environment& environment, const Napi::CallbackInfo& info) {
  const at::Tensor& tensor = tensorArgument(info.Env(), environment, info[0], "tensor");
  return toJsBool(info.Env(), tensor.requires_grad());
}

// setRequiresGrad(tensor, flag)
napi_value setRequiresGrad(Environment& environment, const Napi::CallbackInfo& info) {
  const at::Tensor& tensor = tensorArgument(info.Env(), environment, info[0], "tensor");
  const bool flag = info[1].ToBoolean();
  if (flag && !c10::isFloatingType(tensor.scalar_type()) && !tensor.is_complex()) {
    typeError("requiresGrad: expected a tensor of a floating-point dtype, got " +
              describeTensor(tensor) + "; convert it first, for example with to('float32')");
  }
  if (!flag && !tensor.is_leaf()) {
    typeError(
        "requiresGrad: expected a leaf tensor to switch off, got the result of an operator; "
        "use detach()");
  }
  tensor.set_requires_grad(flag);
  return nullptr;
}

// isLeaf(tensor): boolean
napi_value isLeaf(Environment& environment, const Napi::CallbackInfo& info) {
  const at::Tensor& tensor = tensorArgument(info.Env(), environment, info[0], "tensor");
  return toJsBool(info.Env(), tensor.is_leaf());
}

// gradFn(tensor): string | null, for example 'AddBackward0'
napi_value gradFn(Environment& environment, const Napi::CallbackInfo& info) {
  const at::Tensor& tensor = tensorArgument(info.Env(), environment, info[0], "tensor");
  const auto& node = tensor.grad_fn();
  return node ? toJsText(info.Env(), node->name()) : info.Env().Null();
}

// grad(tensor): Tensor | null
napi_value grad(Environment& environment, const Napi::CallbackInfo& info) {
  const at::Tensor& tensor = tensorArgument(info.Env(), environment, info[0], "tensor");
  if (Recorder* recorder = Recorder::active()) recorder->gradientRead(tensor);
  return environment.tensors.wrap(info.Env(), tensor.grad());
}

// setGrad(tensor, grad | null)
napi_value setGrad(Environment& environment, const Napi::CallbackInfo& info) {
  const at::Tensor& tensor = tensorArgument(info.Env(), environment, info[0], "tensor");
  if (info[1].IsNull() || info[1].IsUndefined()) {
    if (Recorder* recorder = Recorder::active()) recorder->gradientSet(tensor);
    tensor.mutable_grad() = at::Tensor();
    return nullptr;
  }
  const at::Tensor& value = tensorArgument(info.Env(), environment, info[1], "grad");
  if (value.is_same(tensor)) {
    typeError("grad: expected a tensor other than its own owner, got the same one; use clone()");
  }
  const bool fits = value.sizes() == tensor.sizes() && value.dtype() == tensor.dtype() &&
                    value.device() == tensor.device();
  if (!fits) {
    typeError("grad: expected " + describeTensor(tensor) + " on the tensor's device, got " +
              describeTensor(value));
  }
  if (Recorder* recorder = Recorder::active()) recorder->gradientSet(tensor);
  tensor.mutable_grad() = value;
  return nullptr;
}

// setData(tensor, value): the tensor takes over the value's storage, dtype and device
napi_value setData(Environment& environment, const Napi::CallbackInfo& info) {
  const at::Tensor& tensor = tensorArgument(info.Env(), environment, info[0], "tensor");
  tensor.set_data(tensorArgument(info.Env(), environment, info[1], "data"));
  return nullptr;
}

// A graph reaches parameters without the table.
void requireIdleLeaves(Environment& environment, const std::vector<at::Tensor>& roots) {
  if (!environment.tensors.hasBusy()) return;
  std::vector<torch::autograd::Node*> open;
  std::unordered_set<torch::autograd::Node*> seen;
  const auto visit = [&](torch::autograd::Node* node) {
    if (node && seen.insert(node).second) open.push_back(node);
  };
  for (const auto& root : roots) {
    if (root.defined()) visit(root.grad_fn().get());
  }
  while (!open.empty()) {
    torch::autograd::Node* node = open.back();
    open.pop_back();
    if (auto* leaf = dynamic_cast<torch::autograd::AccumulateGrad*>(node)) {
      environment.tensors.requireIdle(leaf->variable);
    }
    for (const auto& edge : node->next_edges()) visit(edge.function.get());
  }
}

// backward(tensor, gradient | null, retainGraph | null, createGraph)
napi_value backward(Environment& environment, const Napi::CallbackInfo& info) {
  const at::Tensor& tensor = tensorArgument(info.Env(), environment, info[0], "tensor");
  at::Tensor gradient;
  if (info.Length() > 1 && !info[1].IsNull()) {
    gradient = tensorArgument(info.Env(), environment, info[1], "gradient");
  }
  const bool createGraph = info.Length() > 3 && info[3].ToBoolean();
  const bool retainGraph =
      info.Length() > 2 && !info[2].IsNull() ? info[2].ToBoolean().Value() : createGraph;
  requireIdleLeaves(environment, {tensor});
  inContext(
      info.Env(), [&] { return "backward(" + describeTensor(tensor) + ")"; },
      [&] { tensor.backward(gradient, retainGraph, createGraph); });
  return nullptr;
}

// The lists of tensors that the two calls below take; null is an empty one.
torch::autograd::variable_list listArgument(Environment& environment,
                                            const Napi::CallbackInfo& info, size_t index,
                                            const char* role) {
  if (info[index].IsNull()) return {};
  return tensorsArgument(info.Env(), environment, info[index], role);
}

// backwardOf(tensors, gradients, retainGraph, createGraph, inputs | null): `inputs` alone, or all
// leaves, get gradients
napi_value backwardOf(Environment& environment, const Napi::CallbackInfo& info) {
  const auto tensors = listArgument(environment, info, 0, "tensors");
  const auto gradients = listArgument(environment, info, 1, "gradTensors");
  const bool retainGraph = info[2].ToBoolean(), createGraph = info[3].ToBoolean();
  const auto inputs = listArgument(environment, info, 4, "inputs");
  requireIdleLeaves(environment, tensors);
  inContext(
      info.Env(), [&] { return "backward(" + describeTensors(tensors) + ")"; },
      [&] { torch::autograd::backward(tensors, gradients, retainGraph, createGraph, inputs); });
  return nullptr;
}

// gradOf(outputs, inputs, gradients, retainGraph, createGraph, allowUnused): (Tensor | null)[]
napi_value gradOf(Environment& environment, const Napi::CallbackInfo& info) {
  const auto outputs = listArgument(environment, info, 0, "outputs");
  const auto inputs = listArgument(environment, info, 1, "inputs");
  const auto gradients = listArgument(environment, info, 2, "gradOutputs");
  const bool retainGraph = info[3].ToBoolean(), createGraph = info[4].ToBoolean(),
             allowUnused = info[5].ToBoolean();
  requireIdleLeaves(environment, outputs);
  const auto results = inContext(
      info.Env(),
      [&] { return "grad(" + describeTensors(outputs) + ", " + describeTensors(inputs) + ")"; },
      [&] {
        return torch::autograd::grad(outputs, inputs, gradients, retainGraph, createGraph,
                                     allowUnused);
      });
  auto array = Napi::Array::New(info.Env(), results.size());
  for (size_t i = 0; i < results.size(); i++) {
    const napi_value result = environment.tensors.wrap(info.Env(), results[i]);
    check(info.Env(), napi_set_element(info.Env(), array, i, result));
  }
  return array;
}

// setGradEnabled(enabled): boolean, what it was before
napi_value setGradEnabled(Environment&, const Napi::CallbackInfo& info) {
  const bool before = c10::GradMode::is_enabled();
  c10::GradMode::set_enabled(info[0].ToBoolean());
  return toJsBool(info.Env(), before);
}

// isGradEnabled(): boolean
napi_value isGradEnabled(Environment&, const Napi::CallbackInfo& info) {
  return toJsBool(info.Env(), c10::GradMode::is_enabled());
}

// enterInferenceMode(enabled): until leaveInferenceMode(), last in first out
napi_value enterInferenceMode(Environment& environment, const Napi::CallbackInfo& info) {
  environment.inferenceModes.push_back(std::make_unique<c10::InferenceMode>(info[0].ToBoolean()));
  return nullptr;
}

// leaveInferenceMode()
napi_value leaveInferenceMode(Environment& environment, const Napi::CallbackInfo&) {
  environment.inferenceModes.pop_back();
  return nullptr;
}

// isInferenceModeEnabled(): boolean
napi_value isInferenceModeEnabled(Environment&, const Napi::CallbackInfo& info) {
  return toJsBool(info.Env(), c10::InferenceMode::is_enabled());
}

}  // namespace

void initAutograd(napi_env env, napi_value exports) {
  exportFunction<requiresGrad>(env, exports, "requiresGrad");
  exportFunction<setRequiresGrad>(env, exports, "setRequiresGrad");
  exportFunction<isLeaf>(env, exports, "isLeaf");
  exportFunction<gradFn>(env, exports, "gradFn");
  exportFunction<grad>(env, exports, "grad");
  exportFunction<setGrad>(env, exports, "setGrad");
  exportFunction<setData>(env, exports, "setData");
  exportFunction<backward>(env, exports, "backward");
  exportFunction<backwardOf>(env, exports, "backwardOf");
  exportFunction<gradOf>(env, exports, "gradOf");
  exportFunction<setGradEnabled>(env, exports, "setGradEnabled");
  exportFunction<isGradEnabled>(env, exports, "isGradEnabled");
  exportFunction<enterInferenceMode>(env, exports, "enterInferenceMode");
  exportFunction<leaveInferenceMode>(env, exports, "leaveInferenceMode");
  exportFunction<isInferenceModeEnabled>(env, exports, "isInferenceModeEnabled");
}

}  // namespace nodetorch
