#include "custom_function.h"

#include <c10/core/GradMode.h>

#include "callbacks.h"
#include "convert.h"

namespace nodetorch {

using torch::autograd::optional_variable_list;
using torch::autograd::variable_list;

void FunctionNode::release_variables() {
  saved_.clear();
  released_ = true;
}

void FunctionNode::finish(const optional_variable_list& outputs, const variable_list& saved,
                          bool materializeGrads) {
  materializeGrads_ = materializeGrads;
  for (const auto& output : outputs) {
    outputIsTensor_.push_back(output.has_value());
    outputs_.push_back(output ? torch::autograd::VariableInfo(*output)
                              : torch::autograd::VariableInfo());
  }
  for (const auto& tensor : saved) {
    // An output is saved without its own node, which would hold itself alive.
    const bool isOutput = tensor.defined() && tensor.grad_fn().get() == this;
    saved_.emplace_back(tensor, isOutput);
  }
}

variable_list FunctionNode::savedTensors() {
  TORCH_CHECK(!released_, torch::autograd::ERR_BACKWARD_TWICE);
  variable_list tensors;
  for (const auto& saved : saved_) tensors.push_back(saved.unpack(pointerTo(*this)));
  return tensors;
}

namespace {

// While it lives, JavaScript reaches the node by its place in environment.running: a context that
// held the node itself would keep it alive for ever.
class Running {
 public:
  Running(Environment& environment, FunctionNode* node) : running_(environment.running) {
    running_.push_back(node);
  }
  Running(const Running&) = delete;
  ~Running() { running_.pop_back(); }

 private:
  std::vector<FunctionNode*>& running_;
};

napi_value toJsArray(napi_env env, Environment& environment, const variable_list& tensors) {
  napi_value array;
  check(env, napi_create_array_with_length(env, tensors.size(), &array));
  for (size_t i = 0; i < tensors.size(); i++) {
    check(env, napi_set_element(env, array, i, environment.tensors.wrap(env, tensors[i])));
  }
  return array;
}

napi_value element(napi_env env, napi_value array, uint32_t index) {
  napi_value value;
  check(env, napi_get_element(env, array, index, &value));
  return value;
}

TensorSet implsOf(const variable_list& tensors) {
  TensorSet impls;
  for (const auto& tensor : tensors) impls.insert(tensor.unsafeGetTensorImpl());
  return impls;
}

}  // namespace

variable_list FunctionNode::apply(variable_list&& gradients) {
  at::OptionalDeviceGuard guard;
  for (size_t i = 0; i < gradients.size(); i++) {
    if (gradients[i].defined() || !materializeGrads_ || !outputIsTensor_[i]) continue;
    gradients[i] = outputs_[i].zeros(guard);
  }
  return callBack(
      *backward_, name_, [&](napi_env env, Environment& environment, napi_value backward) {
        const Running running(environment, this);
        napi_value array = toJsArray(env, environment, gradients);
        napi_value place = toJsInt(env, static_cast<int64_t>(environment.running.size() - 1));
        napi_value result = call(env, backward, {array, place});
        const variable_list all = tensorsArgument(env, environment, result, "backward");
        variable_list results;
        for (size_t i = 0; i < isTensor_.size(); i++) {
          if (isTensor_[i]) results.push_back(i < all.size() ? all[i] : at::Tensor());
        }
        return results;
      });
}

namespace {

// savedTensors(running): (Tensor | null)[]
napi_value savedTensors(Environment& environment, const Napi::CallbackInfo& info) {
  const size_t place = info[0].As<Napi::Number>().Uint32Value();
  FunctionNode* node = environment.running.at(place);
  return inContext(
      info.Env(), [&] { return node->name() + ": savedTensors"; },
      [&] { return toJsArray(info.Env(), environment, node->savedTensors()); });
}

// applyFunction(name, args, forward, backward): unknown[], the outputs
//   forward(): [outputs, saved, dirty, nonDifferentiable, materializeGrads], lists of tensors but
//   for the outputs, which may be anything, and the last, a boolean
napi_value applyFunction(Environment& environment, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::string name = info[0].ToString();
  variable_list inputs;
  std::vector<bool> isTensor;
  const auto args = info[1].As<Napi::Array>();
  for (uint32_t i = 0; i < args.Length(); i++) {
    const at::Tensor* tensor = environment.tensors.find(env, element(env, args, i), "apply");
    isTensor.push_back(tensor != nullptr);
    if (tensor) inputs.push_back(*tensor);
  }
  const bool records =
      c10::GradMode::is_enabled() && torch::autograd::any_variable_requires_grad(inputs);
  NodePtr node;
  FunctionNode* function = nullptr;
  if (records) {
    auto made = makeNode<FunctionNode>(name, environment.references->hold(info[3]), isTensor);
    function = made.get();
    node = std::move(made);
    node->set_next_edges(torch::autograd::collect_next_edges(inputs));
    node->clear_input_metadata();
  }

  napi_value done;
  {
    const c10::AutoGradMode off(false);
    done = call(env, info[2], {});
  }
  const auto outputs = Napi::Value(env, element(env, done, 0)).As<Napi::Array>();
  const auto list = [&](uint32_t index, const char* role) {
    return tensorsArgument(env, environment, element(env, done, index), role);
  };
  const variable_list saved = list(1, "saveForBackward");
  const variable_list dirty = list(2, "markDirty");
  const variable_list nonDifferentiable = list(3, "markNonDifferentiable");
  const bool materializeGrads = Napi::Value(env, element(env, done, 4)).ToBoolean();
  optional_variable_list raw(outputs.Length());
  for (uint32_t i = 0; i < outputs.Length(); i++) {
    const at::Tensor* tensor = environment.tensors.find(env, element(env, outputs, i), "forward");
    if (tensor) raw[i] = *tensor;
  }

  optional_variable_list wrapped;
  inContext(
      env, [&] { return name; },
      [&] {
        for (const auto& tensor : dirty) torch::autograd::impl::bump_version(tensor);
        wrapped = wrapOutputs(inputs, implsOf(nonDifferentiable), implsOf(dirty), raw, node);
        if (function) function->finish(wrapped, saved, materializeGrads);
      });
  for (uint32_t i = 0; i < outputs.Length(); i++) {
    if (!wrapped[i]) continue;
    check(env, napi_set_element(env, outputs, i, environment.tensors.wrap(env, *wrapped[i])));
  }
  return outputs;
}

}  // namespace

void initCustomFunctions(napi_env env, napi_value exports) {
  exportFunction<applyFunction>(env, exports, "applyFunction");
  exportFunction<savedTensors>(env, exports, "savedTensors");
}

}  // namespace nodetorch
