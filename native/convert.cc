#include "convert.h"

#include <ATen/ScalarOps.h>

#include <algorithm>
#include <cmath>

#include "environment.h"
#include "errors.h"
#include "types.h"

namespace nodetorch {

namespace {

constexpr double maxSafeInteger = 9007199254740991.0;

// What the conversion of one argument needs to know at every depth.
struct Converter {
  napi_env env;
  Environment& environment;
  const char* role;
  bool numberAsTensor;

  bool scalar(napi_value value, napi_valuetype kind, c10::Scalar& result) {
    if (kind == napi_number) {
      double number;
      check(env, napi_get_value_double(env, value, &number));
      // JavaScript has one number type: integral values are Python's int, others its float.
      const bool integral = std::trunc(number) == number && std::abs(number) <= maxSafeInteger &&
                            !(number == 0 && std::signbit(number));
      result = integral ? c10::Scalar(static_cast<int64_t>(number)) : c10::Scalar(number);
      return true;
    }
    if (kind == napi_boolean) {
      bool flag;
      check(env, napi_get_value_bool(env, value, &flag));
      result = c10::Scalar(flag);
      return true;
    }
    int64_t integer;
    if (!bigint(value, kind, integer)) return false;
    result = c10::Scalar(integer);
    return true;
  }

  bool bigint(napi_value value, napi_valuetype kind, int64_t& result) {
    if (kind != napi_bigint) return false;
    bool lossless = false;
    check(env, napi_get_value_bigint_int64(env, value, &result, &lossless));
    return lossless;
  }

  bool integer(napi_value value, napi_valuetype kind, int64_t& result) {
    if (kind != napi_number) return bigint(value, kind, result);
    double number;
    check(env, napi_get_value_double(env, value, &number));
    if (std::trunc(number) != number || std::abs(number) > maxSafeInteger) return false;
    result = static_cast<int64_t>(number);
    return true;
  }

  bool tensor(const Argument& argument, c10::IValue& result) {
    if (argument.tensor.defined()) {
      result = argument.tensor;
      return true;
    }
    if (argument.isDisposed) throwDisposed(role);
    c10::Scalar number;
    if (!numberAsTensor || !scalar(argument.value, argument.kind, number)) return false;
    at::Tensor wrapped = c10::scalar_to_tensor(number);
    wrapped.unsafeGetTensorImpl()->set_wrapped_number(true);
    result = std::move(wrapped);
    return true;
  }

  bool list(const Argument& argument, const c10::TypePtr& element, int repeat,
            c10::IValue& result) {
    const napi_value value = argument.value;
    if (!argument.isArray) {
      c10::IValue one;
      if (repeat <= 0 || !convert(argument, *element, 0, one)) return false;
      c10::impl::GenericList items(elementType(element));
      for (int i = 0; i < repeat; i++) items.push_back(one);
      result = std::move(items);
      return true;
    }
    uint32_t length;
    check(env, napi_get_array_length(env, value, &length));
    c10::impl::GenericList items(elementType(element));
    items.reserve(std::min(length, 64u));  // a sparse array's length can be anything
    for (uint32_t i = 0; i < length; i++) {
      napi_value item;
      c10::IValue converted;
      check(env, napi_get_element(env, value, i, &item));
      if (!convert(argumentOf(env, environment, item), *element, 0, converted)) return false;
      items.push_back(std::move(converted));
    }
    result = std::move(items);
    return true;
  }

  // Kernels are unboxed from lists of plain ints, whatever the schema calls them.
  static c10::TypePtr elementType(const c10::TypePtr& element) {
    switch (element->kind()) {
      case c10::TypeKind::SymIntType:
      case c10::TypeKind::ScalarTypeType: return c10::IntType::get();
      case c10::TypeKind::SymFloatType: return c10::FloatType::get();
      default: return element;
    }
  }

  bool convert(const Argument& argument, const c10::Type& type, int repeat, c10::IValue& result) {
    const napi_value value = argument.value;
    const napi_valuetype kind = argument.kind;
    const bool none = kind == napi_null || kind == napi_undefined;
    switch (type.kind()) {
      case c10::TypeKind::TensorType: return tensor(argument, result);
      case c10::TypeKind::OptionalType:
        if (none) {
          result = c10::IValue();
          return true;
        }
        return convert(argument, *type.castRaw<c10::OptionalType>()->getElementType(), repeat,
                       result);
      case c10::TypeKind::ListType:
        return list(argument, type.castRaw<c10::ListType>()->getElementType(), repeat, result);
      case c10::TypeKind::NumberType: {
        c10::Scalar number;
        if (!scalar(value, kind, number)) return false;
        result = number;
        return true;
      }
      case c10::TypeKind::IntType:
      case c10::TypeKind::SymIntType: {
        int64_t number;
        if (!integer(value, kind, number)) return false;
        result = number;
        return true;
      }
      case c10::TypeKind::FloatType:
      case c10::TypeKind::SymFloatType: {
        double number;
        if (kind != napi_number) return false;
        check(env, napi_get_value_double(env, value, &number));
        result = number;
        return true;
      }
      case c10::TypeKind::BoolType: {
        bool flag;
        if (kind != napi_boolean) return false;
        check(env, napi_get_value_bool(env, value, &flag));
        result = flag;
        return true;
      }
      case c10::TypeKind::StringType:
        if (kind != napi_string) return false;
        result = toText(env, value);
        return true;
      case c10::TypeKind::ScalarTypeType: {
        c10::ScalarType dtype;
        if (kind != napi_string || !parseDtype(toText(env, value), dtype)) return false;
        result = static_cast<int64_t>(dtype);
        return true;
      }
      case c10::TypeKind::DeviceObjType:
        if (kind != napi_string) return false;
        result = parseDevice(toText(env, value), role);
        return true;
      default: return false;
    }
  }
};

template <class List>
napi_value listToJs(napi_env env, Environment& environment, const List& items) {
  napi_value array;
  check(env, napi_create_array_with_length(env, items.size(), &array));
  for (size_t i = 0; i < items.size(); i++) {
    check(env, napi_set_element(env, array, i, toJs(env, environment, items[i])));
  }
  return array;
}

}  // namespace

Argument argumentOf(napi_env env, Environment& environment, napi_value value) {
  Argument argument;
  argument.value = value;
  check(env, napi_typeof(env, value, &argument.kind));
  if (argument.kind != napi_object) return argument;
  check(env, napi_is_array(env, value, &argument.isArray));
  if (argument.isArray) return argument;
  at::Tensor* tensor = nullptr;
  const auto found = environment.tensors.look(env, value, tensor);
  if (found == TensorTable::Found::Tensor) argument.tensor = *tensor;
  argument.isDisposed = found == TensorTable::Found::Disposed;
  return argument;
}

bool toIValue(napi_env env, Environment& environment, const Argument& argument,
              const c10::Type& type, int repeat, bool numberAsTensor, const char* role,
              c10::IValue& result) {
  return Converter{env, environment, role, numberAsTensor}.convert(argument, type, repeat, result);
}

napi_value toJs(napi_env env, Environment& environment, const c10::IValue& value) {
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
  if (value.isInt()) return toJsInt(env, value.toInt());
  if (value.isDouble()) {
    check(env, napi_create_double(env, value.toDouble(), &result));
    return result;
  }
  if (value.isString()) return toJsText(env, value.toStringRef());
  if (value.isDevice()) return toJsText(env, deviceName(value.toDevice()));
  if (value.isList()) return listToJs(env, environment, value.toListRef());
  if (value.isTuple()) return listToJs(env, environment, value.toTupleRef().elements().vec());
  throw CodedError("ERR_TORCH_RESULT",
                   "a result of kind " + value.tagKind() + " cannot be shown in JavaScript");
}

napi_value toJsInt(napi_env env, int64_t value) {
  napi_value result;
  const bool safe = std::abs(static_cast<double>(value)) <= maxSafeInteger;
  check(env, safe ? napi_create_int64(env, value, &result)
                  : napi_create_bigint_int64(env, value, &result));
  return result;
}

at::Tensor tensorArgument(napi_env env, Environment& environment, napi_value value,
                          const char* role) {
  at::Tensor* found = environment.tensors.find(env, value, role);
  if (!found) {
    typeError(std::string(role) + ": expected a Tensor, got " + describe(env, environment, value) +
              "; make one with tensor(data)");
  }
  return *found;
}

std::vector<at::Tensor> tensorsArgument(napi_env env, Environment& environment, napi_value array,
                                        const char* role) {
  uint32_t length;
  std::vector<at::Tensor> tensors;
  check(env, napi_get_array_length(env, array, &length));
  for (uint32_t i = 0; i < length; i++) {
    napi_value item;
    napi_valuetype kind;
    check(env, napi_get_element(env, array, i, &item));
    check(env, napi_typeof(env, item, &kind));
    tensors.push_back(kind == napi_null ? at::Tensor()
                                        : tensorArgument(env, environment, item, role));
  }
  return tensors;
}

}  // namespace nodetorch
