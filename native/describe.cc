// Text in and out, and what a value is in a few words.
#include "convert.h"
#include "environment.h"
#include "errors.h"
#include "types.h"

namespace nodetorch {

std::string toText(napi_env env, napi_value string) {
  size_t length;
  check(env, napi_get_value_string_utf8(env, string, nullptr, 0, &length));
  std::string text(length, '\0');
  check(env, napi_get_value_string_utf8(env, string, text.data(), length + 1, &length));
  return text;
}

napi_value toJsText(napi_env env, const std::string& text) {
  napi_value result;
  check(env, napi_create_string_utf8(env, text.data(), text.size(), &result));
  return result;
}

std::string describeTensor(const at::Tensor& tensor) {
  std::string text = std::string(dtypeName(tensor.scalar_type())) + "[";
  for (int64_t i = 0; i < tensor.dim(); i++) {
    text += (i ? ", " : "") + std::to_string(tensor.size(i));
  }
  return text + "]";
}

std::string describe(napi_env env, Environment& environment, napi_value value) {
  napi_valuetype kind;
  check(env, napi_typeof(env, value, &kind));
  napi_value coerced;
  switch (kind) {
    case napi_undefined: return "undefined";
    case napi_null: return "null";
    case napi_function: return "a function";
    case napi_symbol: return "a symbol";
    case napi_string: {
      std::string text = toText(env, value);
      if (text.size() > 40) text = text.substr(0, 37) + "...";
      return "string '" + text + "'";
    }
    case napi_object: {
      at::Tensor* tensor = environment.tensors.find(env, value, "tensor");
      if (tensor) return "Tensor " + describeTensor(*tensor);
      bool isArray = false;
      check(env, napi_is_array(env, value, &isArray));
      if (!isArray) return "an object that is not a Tensor";
      uint32_t length;
      check(env, napi_get_array_length(env, value, &length));
      return "Array(" + std::to_string(length) + ")";
    }
    default: {
      check(env, napi_coerce_to_string(env, value, &coerced));
      const char* name = kind == napi_bigint    ? "BigInt "
                         : kind == napi_boolean ? "boolean "
                                                : "number ";
      return name + toText(env, coerced);
    }
  }
}

}  // namespace nodetorch
