// JavaScript that libtorch calls: hooks and backward functions. What is thrown there goes through
// libtorch as a C++ exception and leaves it as the very same JavaScript value.
#pragma once

#include <napi.h>

#include <exception>
#include <memory>
#include <string>

#include "environment.h"
#include "errors.h"
#include "references.h"

namespace nodetorch {

class JavaScriptError : public std::exception {
 public:
  // `thrown` holds an array with the value; null where the environment is being terminated.
  explicit JavaScriptError(std::shared_ptr<Reference> thrown) : thrown_(std::move(thrown)) {}
  const char* what() const noexcept override { return "an exception of JavaScript"; }

  // Makes it pending again, if it is this thread's.
  void rethrow(napi_env env) const;

 private:
  std::shared_ptr<Reference> thrown_;
};

// Throws the pending exception, which is no longer pending then, as a JavaScriptError.
[[noreturn]] void throwTaken(napi_env env);

// The error for a callback that libtorch runs on a thread without JavaScript.
[[noreturn]] void throwElsewhere(const std::string& name);

napi_value call(napi_env env, napi_value function, std::initializer_list<napi_value> arguments);

// Runs `run(env, environment, function)` for a callback that errors call `name`.
template <class Run>
auto callBack(const Reference& function, const std::string& name, Run run) {
  if (!function.isHere()) throwElsewhere(name);
  napi_env env = function.environment();
  const Napi::HandleScope handles(env);
  try {
    return run(env, environmentOf(env), function.value());
  } catch (const PendingException&) {
    throwTaken(env);
  } catch (const Napi::Error& error) {
    error.ThrowAsJavaScriptException();
    throwTaken(env);
  }
}

}  // namespace nodetorch
