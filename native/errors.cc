#include "errors.h"

#include <c10/util/Exception.h>

#include <cstdio>
#include <cstdlib>
#include <new>

#include "anomaly.h"
#include "callbacks.h"

namespace nodetorch {

void typeError(const std::string& message) {
  throw ArgumentError(ArgumentError::Kind::Type, message);
}

void rangeError(const std::string& message) {
  throw ArgumentError(ArgumentError::Kind::Range, message);
}

void throwFailed(napi_env env) {
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (!pending) {
    const napi_extended_error_info* info = nullptr;
    napi_get_last_error_info(env, &info);
    const char* message =
        info && info->error_message ? info->error_message : "Node-API call failed";
    napi_throw_error(env, "ERR_TORCH_NAPI", message);
  }
  throw PendingException{};
}

namespace {

// libtorch's texts can end in a backtrace, or in a list of places where kernels are registered, and
// begin with the place in its own source.
std::string firstLines(const std::string& whole) {
  std::string text = whole.substr(0, whole.find("\nException raised from"));
  const auto registered = text.find(" registered at ");
  const auto list = registered == std::string::npos ? registered : text.rfind("\n\n", registered);
  if (list != std::string::npos) text.resize(list);
  if (text.rfind("[enforce fail at ", 0) != 0) return text;
  const auto end = text.find(". ");
  return end == std::string::npos ? text : text.substr(end + 2);
}

void throwLibtorch(napi_env env, const c10::Error& error, const std::string& context,
                   const std::string& note, const char* code) {
  if (std::getenv("NODE_LIBTORCH_DEBUG")) std::fprintf(stderr, "%s\n", error.what());
  std::string message = firstLines(error.what_without_backtrace()) + note;
  if (!context.empty()) message = context + ": " + message;
  if (dynamic_cast<const c10::IndexError*>(&error)) {
    napi_throw_range_error(env, "ERR_TORCH_INDEX", message.c_str());
  } else if (dynamic_cast<const c10::TypeError*>(&error)) {
    napi_throw_type_error(env, "ERR_TORCH_TYPE", message.c_str());
  } else if (dynamic_cast<const c10::ValueError*>(&error)) {
    napi_throw_type_error(env, "ERR_TORCH_VALUE", message.c_str());
  } else {
    napi_throw_error(env, code, message.c_str());
  }
}

}  // namespace

void throwToJs(napi_env env, const std::string& context, const std::string& note) {
  try {
    throw;
  } catch (const PendingException&) {
    // JavaScript sees its own exception.
  } catch (const JavaScriptError& error) {
    error.rethrow(env);
  } catch (const AnomalyError& error) {
    try {
      std::rethrow_exception(error.original);
    } catch (...) {
      throwToJs(env, context, error.note);
    }
  } catch (const Napi::Error& error) {
    error.ThrowAsJavaScriptException();
  } catch (const ArgumentError& error) {
    if (error.kind == ArgumentError::Kind::Type) {
      napi_throw_type_error(env, "ERR_TORCH_ARGUMENT", error.what());
    } else {
      napi_throw_range_error(env, "ERR_TORCH_ARGUMENT", error.what());
    }
  } catch (const CodedError& error) {
    napi_throw_error(env, error.code.c_str(), error.what());
  } catch (const c10::NotImplementedError& error) {
    throwLibtorch(env, error, context, note, "ERR_TORCH_NOT_IMPLEMENTED");
  } catch (const c10::LinAlgError& error) {
    throwLibtorch(env, error, context, note, "ERR_TORCH_LINALG");
  } catch (const c10::OutOfMemoryError& error) {
    throwLibtorch(env, error, context, note, "ERR_TORCH_OUT_OF_MEMORY");
  } catch (const c10::Error& error) {
    const std::string text = error.what_without_backtrace();
    const bool memory = text.find("allocate memory") != std::string::npos ||
                        text.find("not enough memory") != std::string::npos;
    throwLibtorch(env, error, context, note,
                  memory ? "ERR_TORCH_OUT_OF_MEMORY" : "ERR_TORCH_RUNTIME");
  } catch (const std::bad_alloc&) {
    napi_throw_error(env, "ERR_TORCH_OUT_OF_MEMORY", "out of memory");
  } catch (const std::exception& error) {
    const std::string message = firstLines(error.what()) + note;
    napi_throw_error(env, "ERR_TORCH_RUNTIME",
                     (context.empty() ? message : context + ": " + message).c_str());
  } catch (...) {
    napi_throw_error(env, "ERR_TORCH_UNKNOWN", "unknown native exception");
  }
}

}  // namespace nodetorch
