// What JavaScript passes, looked at once: what kind of value it is, and the number in it.
#include <cmath>

#include "convert.h"
#include "environment.h"
#include "errors.h"

namespace nodetorch {

namespace {

bool toBigint(napi_env env, const Argument& argument, int64_t& result) {
  bool lossless = false;
  check(env, napi_get_value_bigint_int64(env, argument.value, &result, &lossless));
  return lossless;
}

}  // namespace

bool Argument::isInt() const {
  return std::trunc(number) == number && std::abs(number) <= maxSafeInteger &&
         !(number == 0 && std::signbit(number));
}

bool Argument::isNumberTensor() const {
  return tensor.defined() && tensor.dim() == 0 && !tensor.requires_grad() &&
         !c10::isQIntType(tensor.scalar_type()) && tensor.layout() == c10::kStrided &&
         tensor.device().type() != c10::kMeta;
}

Argument argumentOf(napi_env env, Environment& environment, napi_value value) {
  Argument argument;
  argument.value = value;
  check(env, napi_typeof(env, value, &argument.kind));
  if (argument.kind == napi_number) {
    check(env, napi_get_value_double(env, value, &argument.number));
  }
  if (argument.kind != napi_object) return argument;
  check(env, napi_is_array(env, value, &argument.isArray));
  if (argument.isArray) return argument;
  at::Tensor* tensor = nullptr;
  const auto found = environment.tensors.look(env, value, tensor);
  if (found == TensorTable::Found::Tensor) argument.tensor = *tensor;
  argument.isDisposed = found == TensorTable::Found::Disposed;
  return argument;
}

bool toComplex(napi_env env, napi_value object, c10::complex<double>& result) {
  double parts[2];
  const char* const names[] = {"re", "im"};
  for (int i = 0; i < 2; i++) {
    napi_value part;
    check(env, napi_get_named_property(env, object, names[i], &part));
    if (napi_get_value_double(env, part, &parts[i]) != napi_ok) return false;
  }
  result = {parts[0], parts[1]};
  return true;
}

bool toScalar(napi_env env, const Argument& argument, c10::Scalar& result) {
  switch (argument.kind) {
    case napi_number:
      result = argument.isInt() ? c10::Scalar(static_cast<int64_t>(argument.number))
                                : c10::Scalar(argument.number);
      return true;
    case napi_boolean: {
      bool flag;
      check(env, napi_get_value_bool(env, argument.value, &flag));
      result = c10::Scalar(flag);
      return true;
    }
    case napi_bigint: {
      int64_t integer;
      if (!toBigint(env, argument, integer)) return false;
      result = c10::Scalar(integer);
      return true;
    }
    case napi_object: {
      if (argument.isNumberTensor()) {
        result = argument.tensor.item();
        return true;
      }
      c10::complex<double> number;
      if (argument.isArray || !toComplex(env, argument.value, number)) return false;
      result = c10::Scalar(number);
      return true;
    }
    default: return false;
  }
}

bool toInteger(napi_env env, const Argument& argument, int64_t& result) {
  if (argument.kind == napi_bigint) return toBigint(env, argument, result);
  if (argument.isNumberTensor() && c10::isIntegralType(argument.tensor.scalar_type(), false)) {
    result = argument.tensor.item().toLong();
    return true;
  }
  if (argument.kind != napi_number || !(argument.isInt() || argument.number == 0)) return false;
  result = static_cast<int64_t>(argument.number);
  return true;
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
