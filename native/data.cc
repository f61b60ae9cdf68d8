// Numbers in and out: typed arrays to tensors and back.
#include <ATen/Dispatch.h>
#include <ATen/EmptyTensor.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <sstream>

#include "convert.h"
#include "environment.h"
#include "errors.h"
#include "types.h"

namespace nodetorch {

namespace {

struct Source {
  napi_typedarray_type type;
  size_t length;
  void* data;
};

// Whether the integer type `To` can hold `value`, once its fraction is cut off as in Python.
template <class To, class From>
bool fits(From value) {
  using Limits = std::numeric_limits<To>;
  if constexpr (std::is_floating_point_v<From>) {
    // 2^digits is exact in a double, the largest int64 is not. NaN fails both comparisons.
    const double whole = std::trunc(value), end = std::ldexp(1.0, Limits::digits);
    return whole >= (Limits::is_signed ? -end : 0.0) && whole < end;
  } else {
    const auto wide = static_cast<int64_t>(value);
    return wide >= static_cast<int64_t>(Limits::min()) &&
           wide <= static_cast<int64_t>(Limits::max());
  }
}

template <class To, class From>
void copyChecked(const From* from, To* to, int64_t count, c10::ScalarType dtype) {
  for (int64_t i = 0; i < count; i++) {
    if constexpr (std::is_integral_v<To> && !std::is_same_v<To, bool>) {
      if (!fits<To>(from[i])) {
        std::ostringstream message;
        message << "data: expected values that fit " << dtypeName(dtype) << ", got " << +from[i]
                << "; choose a wider dtype";
        rangeError(message.str());
      }
    }
    to[i] = static_cast<To>(from[i]);
  }
}

template <class From>
void copyFrom(const void* data, const at::Tensor& tensor) {
  const auto* from = static_cast<const From*>(data);
  const auto dtype = tensor.scalar_type();
  AT_DISPATCH_ALL_TYPES_AND3(c10::kHalf, c10::kBFloat16, c10::kBool, dtype, "tensor", [&] {
    copyChecked(from, static_cast<scalar_t*>(tensor.data_ptr()), tensor.numel(), dtype);
  });
}

void copyInto(const at::Tensor& tensor, const Source& source) {
  switch (source.type) {
    case napi_float32_array: return copyFrom<float>(source.data, tensor);
    case napi_float64_array: return copyFrom<double>(source.data, tensor);
    case napi_int8_array: return copyFrom<int8_t>(source.data, tensor);
    case napi_uint8_array:
    case napi_uint8_clamped_array: return copyFrom<uint8_t>(source.data, tensor);
    case napi_int16_array: return copyFrom<int16_t>(source.data, tensor);
    case napi_int32_array: return copyFrom<int32_t>(source.data, tensor);
    case napi_bigint64_array: return copyFrom<int64_t>(source.data, tensor);
    default:
      typeError("data: this kind of typed array has no dtype; use Int32Array or Float64Array");
  }
}

// fromTypedArray(data, count, shape | null, dtype, device | null, requiresGrad): Tensor
// `shape` null stands for [count]; the facade has checked that shape and count agree.
napi_value fromTypedArray(Environment& environment, const Napi::CallbackInfo& info) {
  napi_env env = info.Env();
  Source source;
  check(env, napi_get_typedarray_info(env, info[0], &source.type, &source.length, &source.data,
                                      nullptr, nullptr));
  int64_t count;
  int32_t dtype;
  napi_valuetype shapeKind, deviceKind;
  bool requiresGrad;
  check(env, napi_get_value_int64(env, info[1], &count));
  check(env, napi_typeof(env, info[2], &shapeKind));
  check(env, napi_get_value_int32(env, info[3], &dtype));
  check(env, napi_typeof(env, info[4], &deviceKind));
  check(env, napi_get_value_bool(env, info[5], &requiresGrad));
  std::vector<int64_t> shape;
  if (shapeKind == napi_object) {
    uint32_t dims;
    check(env, napi_get_array_length(env, info[2], &dims));
    shape.resize(dims);
    for (uint32_t i = 0; i < dims; i++) {
      napi_value size;
      check(env, napi_get_element(env, info[2], i, &size));
      check(env, napi_get_value_int64(env, size, &shape[i]));
    }
  } else {
    shape.push_back(count);
  }
  // Straight to the allocator: an empty CPU tensor needs no dispatch.
  at::Tensor tensor = at::detail::empty_cpu(shape, static_cast<c10::ScalarType>(dtype));
  if (tensor.numel() != count || static_cast<size_t>(count) > source.length) {
    rangeError("data: its length does not match the shape");
  }
  copyInto(tensor, source);
  if (deviceKind == napi_string) {
    tensor = tensor.to(parseDevice(toText(env, info[4]), "device"));
  }
  if (requiresGrad) tensor.requires_grad_(true);
  return environment.tensors.wrap(env, std::move(tensor));
}

napi_typedarray_type arrayTypeOf(c10::ScalarType dtype) {
  switch (dtype) {
    case c10::ScalarType::Float: return napi_float32_array;
    case c10::ScalarType::Double: return napi_float64_array;
    case c10::ScalarType::Long: return napi_bigint64_array;
    case c10::ScalarType::Int: return napi_int32_array;
    case c10::ScalarType::Short: return napi_int16_array;
    case c10::ScalarType::Char: return napi_int8_array;
    case c10::ScalarType::Byte:
    case c10::ScalarType::Bool: return napi_uint8_array;
    default:
      typeError(std::string("tensor: ") + dtypeName(dtype) +
                " has no typed array; convert it first, for example with to('float32')");
  }
}

// V8 ends the process where Node-API asks it for a buffer that it cannot have; its own constructor
// throws. That one costs more, so it serves the large ones only.
napi_value newBuffer(napi_env env, size_t bytes, void** data) {
  constexpr size_t large = size_t{64} << 20;
  napi_value buffer;
  if (bytes < large) {
    check(env, napi_create_arraybuffer(env, bytes, data, &buffer));
    return buffer;
  }
  napi_value global, constructor, length;
  check(env, napi_get_global(env, &global));
  check(env, napi_get_named_property(env, global, "ArrayBuffer", &constructor));
  check(env, napi_create_double(env, static_cast<double>(bytes), &length));
  check(env, napi_new_instance(env, constructor, 1, &length, &buffer));
  size_t allocated = 0;
  check(env, napi_get_arraybuffer_info(env, buffer, data, &allocated));
  if (allocated < bytes) rangeError("toTypedArray: expected an ArrayBuffer of the tensor's size");
  return buffer;
}

// toTypedArray(tensor): a copy of the elements in row-major order; float16 and bfloat16 widen to
// float32, which holds each of their values exactly.
napi_value toTypedArray(Environment& environment, const Napi::CallbackInfo& info) {
  napi_env env = info.Env();
  at::Tensor tensor = tensorArgument(env, environment, info[0], "tensor").detach();
  const auto dtype = tensor.scalar_type();
  const bool widens = dtype == c10::kHalf || dtype == c10::kBFloat16;
  const napi_typedarray_type type = arrayTypeOf(widens ? c10::kFloat : dtype);
  tensor = inContext(
      env, [] { return "toTypedArray"; },
      [&] {
        // Derivatives can be zeros without memory, or negated on reading only.
        if (tensor._is_zerotensor()) tensor = tensor.clone();
        return (widens ? tensor.to(c10::kFloat) : tensor).resolve_neg().cpu().contiguous();
      });
  void* data;
  napi_value buffer, result;
  buffer = newBuffer(env, tensor.nbytes(), &data);
  if (tensor.nbytes() > 0) std::memcpy(data, tensor.data_ptr(), tensor.nbytes());
  check(env, napi_create_typedarray(env, type, tensor.numel(), buffer, 0, &result));
  return result;
}

// item(tensor): number | bigint | boolean
napi_value item(Environment& environment, const Napi::CallbackInfo& info) {
  napi_env env = info.Env();
  const at::Tensor& tensor = tensorArgument(env, environment, info[0], "tensor");
  if (tensor.numel() != 1) {
    typeError("item: expected a tensor with one element, got " + describeTensor(tensor) +
              "; use tolist() for more");
  }
  return toJs(env, environment, c10::IValue(tensor.item()));
}

}  // namespace

void initData(napi_env env, napi_value exports) {
  exportFunction<fromTypedArray>(env, exports, "fromTypedArray");
  exportFunction<toTypedArray>(env, exports, "toTypedArray");
  exportFunction<item>(env, exports, "item");
}

}  // namespace nodetorch
