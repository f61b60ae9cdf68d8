// Gradients: what autograd keeps for a tensor, and running it backward.
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/function.h>

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
  return environment.tensors.wrap(info.Env(), tensor.grad());
}

// setGrad(tensor, grad | null)
napi_value setGrad(Environment& environment, const Napi::CallbackInfo& info) {
  const at::Tensor& tensor = tensorArgument(info.Env(), environment, info[0], "tensor");
  if (info[1].IsNull() || info[1].IsUndefined()) {
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
  tensor.mutable_grad() = value;
  return nullptr;
}

// setData(tensor, value): the tensor takes over the value's storage, dtype and device
napi_value setData(Environment& environment, const Napi::CallbackInfo& info) {
  const at::Tensor& tensor = tensorArgument(info.Env(), environment, info[0], "tensor");
  tensor.set_data(tensorArgument(info.Env(), environment, info[1], "data"));
  return nullptr;
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
  inContext(
      info.Env(), [&] { return "backward(" + describeTensor(tensor) + ")"; },
      [&] { tensor.backward(gradient, retainGraph, createGraph); });
  return nullptr;
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
  exportFunction<setGradEnabled>(env, exports, "setGradEnabled");
  exportFunction<isGradEnabled>(env, exports, "isGradEnabled");
}

}  // namespace nodetorch
