// The schemas of the loaded libtorch as data, for the generator of types and for tests.
#include <algorithm>
#include <sstream>

#include "convert.h"
#include "environment.h"
#include "errors.h"
#include "operators.h"

namespace nodetorch {

namespace {

template <class Value>
std::string printed(const Value& value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

// { name, type, size, keywordOnly, out, byDefault }: `type` as schemas write it, without sizes and
// aliases; `size` the N of int[N], else 0; `byDefault` the default's text, null where there is none
Napi::Object parameterToJs(napi_env env, const c10::Argument& argument,
                           const Overload::Parameter& parameter) {
  auto result = Napi::Object::New(env);
  result.Set("name", parameter.name);
  result.Set("type", parameter.type->str());
  result.Set("size", parameter.repeat);
  result.Set("keywordOnly", parameter.keywordOnly);
  result.Set("out", parameter.isOut);
  const auto& byDefault = argument.default_value();
  result.Set("byDefault", byDefault ? Napi::Value(Napi::String::New(env, printed(*byDefault)))
                                    : Napi::Env(env).Null());
  return result;
}

// { name, overload, text, parameters, returns: string[], writes: whether it changes its first
// argument }
Napi::Object schemaToJs(napi_env env, const Overload& overload) {
  const auto& schema = overload.handle.schema();
  auto result = Napi::Object::New(env);
  result.Set("name", schema.name());
  result.Set("overload", schema.overload_name());
  result.Set("text", printed(schema));
  auto parameters = Napi::Array::New(env);
  for (size_t i = 0; i < overload.parameters.size(); i++) {
    parameters.Set(i, parameterToJs(env, schema.arguments()[i], overload.parameters[i]));
  }
  result.Set("parameters", parameters);
  auto returns = Napi::Array::New(env);
  for (const auto& value : schema.returns()) {
    returns.Set(returns.Length(), value.real_type()->str());
  }
  result.Set("returns", returns);
  const auto* alias = schema.arguments().empty() ? nullptr : schema.arguments()[0].alias_info();
  result.Set("variadic", overload.variadic);
  result.Set("numbersAsTensors",
             std::any_of(overload.parameters.begin(), overload.parameters.end(),
                         [](const auto& parameter) { return parameter.numberAsTensor; }));
  result.Set("writes", alias != nullptr && alias->isWrite());
  return result;
}

// schemas(): every operator of the loaded libtorch, by name and overload
napi_value schemas(Environment& environment, const Napi::CallbackInfo& info) {
  auto result = Napi::Array::New(info.Env());
  for (const auto& name : environment.operators.names()) {
    for (const auto& overload : environment.operators.find(name)->overloads) {
      Napi::HandleScope handles(info.Env());
      result.Set(result.Length(), schemaToJs(info.Env(), overload));
    }
  }
  return result;
}

}  // namespace

void initSchemas(napi_env env, napi_value exports) {
  exportFunction<schemas>(env, exports, "schemas");
}

}  // namespace nodetorch
