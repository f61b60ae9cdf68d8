// The one error guard: whatever native code throws leaves it as a JavaScript error.
#pragma once

#include <napi.h>

#include <stdexcept>
#include <string>

namespace nodetorch {

struct Environment;

// Bad input, found before libtorch is called. Becomes a TypeError or a RangeError.
class ArgumentError : public std::runtime_error {
 public:
  enum class Kind { Type, Range };
  ArgumentError(Kind kind, const std::string& message) : std::runtime_error(message), kind(kind) {}
  Kind kind;
};

[[noreturn]] void typeError(const std::string& message);
[[noreturn]] void rangeError(const std::string& message);

// Something that is not the caller's mistake, such as CUDA that is not there.
class CodedError : public std::runtime_error {
 public:
  CodedError(const std::string& code, const std::string& message)
      : std::runtime_error(message), code(code) {}
  std::string code;
};

// A JavaScript exception is already pending, or the environment is being torn down.
struct PendingException {};

[[noreturn]] void throwFailed(napi_env env);

// Throws PendingException unless `status` is napi_ok.
inline void check(napi_env env, napi_status status) {
  if (status != napi_ok) throwFailed(env);
}

// Turns the exception being handled into a pending JavaScript error; `context` names the operator
// and its arguments' shapes where that is known, `note` follows the message.
void throwToJs(napi_env env, const std::string& context = "", const std::string& note = "");

// Runs `run`; what libtorch throws in it reaches JavaScript with `context()` before its message.
template <class Context, class Run>
auto inContext(napi_env env, Context context, Run run) {
  try {
    return run();
  } catch (const std::exception&) {
    throwToJs(env, context());
    throw PendingException{};
  }
}

using Callback = napi_value (*)(Environment&, const Napi::CallbackInfo&);
Environment& environmentOf(napi_env env);

// Every function that JavaScript can call goes through here.
template <Callback callback>
napi_value guarded(napi_env env, napi_callback_info raw) {
  try {
    Napi::CallbackInfo info(env, raw);
    return callback(environmentOf(env), info);
  } catch (...) {
    throwToJs(env);
    return nullptr;
  }
}

template <Callback callback>
void exportFunction(napi_env env, napi_value object, const char* name, void* data = nullptr) {
  napi_value function;
  check(env, napi_create_function(env, name, NAPI_AUTO_LENGTH, guarded<callback>, data, &function));
  check(env, napi_set_named_property(env, object, name, function));
}

}  // namespace nodetorch
