#include "callbacks.h"

namespace nodetorch {

void JavaScriptError::rethrow(napi_env env) const {
  if (!thrown_ || !thrown_->isHere()) return;
  napi_value value;
  if (napi_get_element(env, thrown_->value(), 0, &value) == napi_ok) napi_throw(env, value);
}

void throwTaken(napi_env env) {
  bool pending = false;
  napi_value value, box;
  napi_is_exception_pending(env, &pending);
  std::shared_ptr<Reference> thrown;
  // In an array, as only objects can be held; all of it fails where a worker is being terminated.
  if (pending && napi_get_and_clear_last_exception(env, &value) == napi_ok &&
      napi_create_array_with_length(env, 1, &box) == napi_ok &&
      napi_set_element(env, box, 0, value) == napi_ok) {
    try {
      thrown = environmentOf(env).references->hold(box);
    } catch (const PendingException&) {
    }
  }
  throw JavaScriptError(std::move(thrown));
}

void throwElsewhere(const std::string& name) {
  throw CodedError("ERR_TORCH_THREAD",
                   name +
                       ": expected to run on the thread of JavaScript, got one of libtorch's own, "
                       "which runs the backward pass of CUDA tensors and of backward() nested 60 "
                       "deep; compose the derivative of operators, or move the tensor to the CPU");
}

napi_value call(napi_env env, napi_value function, std::initializer_list<napi_value> arguments) {
  napi_value receiver, result;
  check(env, napi_get_undefined(env, &receiver));
  check(env,
        napi_call_function(env, receiver, function, arguments.size(), arguments.begin(), &result));
  return result;
}

}  // namespace nodetorch
