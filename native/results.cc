// What libtorch returns, as JavaScript sees it.
#include <cmath>

#include "convert.h"
#include "environment.h"
#include "errors.h"
#include "opaque.h"
#include "types.h"

namespace nodetorch {

namespace {

template <class List>
napi_value listToJs(napi_env env, Environment& environment, const List& items,
                    const c10::Type* type) {
  const c10::Type* element =
      type && type->kind() == c10::TypeKind::ListType ? type->containedTypes()[0].get() : nullptr;
  napi_value array;
  check(env, napi_create_array_with_length(env, items.size(), &array));
  for (size_t i = 0; i < items.size(); i++) {
    check(env, napi_set_element(env, array, i, toJs(env, environment, items[i], element)));
  }
  return array;
}

napi_value dictToJs(napi_env env, Environment& environment, const c10::impl::GenericDict& items) {
  const auto constructor = Napi::Env(env).Global().Get("Map").As<Napi::Function>();
  const auto map = constructor.New({});
  const auto set = map.Get("set").As<Napi::Function>();
  for (const auto& item : items) {
    set.Call(map, {toJs(env, environment, item.key()), toJs(env, environment, item.value())});
  }
  return map;
}

napi_value complexToJs(napi_env env, c10::complex<double> number) {
  auto result = Napi::Object::New(env);
  result.Set("re", number.real());
  result.Set("im", number.imag());
  return result;
}

}  // namespace

napi_value toJs(napi_env env, Environment& environment, const c10::IValue& value,
                const c10::Type* type) {
  napi_value result;
  if (value.isTensor()) return environment.tensors.wrap(env, value.toTensor());
  if (value.isNone()) {
    check(env, napi_get_null(env, &result));
    return result;
  }
  if (value.isBool()) {
    check(env, napi_get_boolean(env, value.toBool(), &result));
    return result;
  }
  if (value.isInt()) {
    const NamedInts* names = type ? namedInts(type->kind()) : nullptr;
    const char* name = names ? names->nameOf(value.toInt()) : nullptr;
    return name ? toJsText(env, name) : toJsInt(env, value.toInt());
  }
  if (value.isDouble()) {
    check(env, napi_create_double(env, value.toDouble(), &result));
    return result;
  }
  if (value.isComplexDouble()) return complexToJs(env, value.toComplexDouble());
  if (value.isString()) return toJsText(env, value.toStringRef());
  if (value.isDevice()) return toJsText(env, deviceName(value.toDevice()));
  if (value.isList()) return listToJs(env, environment, value.toListRef(), type);
  if (value.isTuple()) {
    return listToJs(env, environment, value.toTupleRef().elements().vec(), nullptr);
  }
  if (value.isGenericDict()) return dictToJs(env, environment, value.toGenericDict());
  return opaqueToJs(env, value);
}

napi_value resultsToJs(napi_env env, Environment& environment, const c10::FunctionSchema& schema,
                       const std::vector<c10::IValue>& stack) {
  const auto& returns = schema.returns();
  const auto typeOf = [&](size_t i) {
    return i < returns.size() ? returns[i].real_type().get() : nullptr;
  };
  napi_value result;
  if (stack.size() == 1) return toJs(env, environment, stack[0], typeOf(0));
  if (stack.empty()) {
    check(env, napi_get_undefined(env, &result));
    return result;
  }
  check(env, napi_create_array_with_length(env, stack.size(), &result));
  for (size_t i = 0; i < stack.size(); i++) {
    check(env, napi_set_element(env, result, i, toJs(env, environment, stack[i], typeOf(i))));
  }
  return result;
}

napi_value toJsInt(napi_env env, int64_t value) {
  napi_value result;
  const bool safe = std::abs(static_cast<double>(value)) <= maxSafeInteger;
  check(env, safe ? napi_create_int64(env, value, &result)
                  : napi_create_bigint_int64(env, value, &result));
  return result;
}

}  // namespace nodetorch
