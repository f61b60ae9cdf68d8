// Numbers in and out: typed arrays to tensors and back.
#include <ATen/ATen.h>
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
  AT_DISPATCH_ALL_TYPES_AND_COMPLEX_AND3(
      c10::kHalf, c10::kBFloat16, c10::kBool, dtype, "tensor",
      [&] { copyChecked(from, static_cast<scalar_t*>(tensor.data_ptr()), tensor.numel(), dtype); });
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

// How a dtype's elements look to JavaScript.
struct ArrayKind {
  napi_typedarray_type type;
  c10::ScalarType dtype;  // what they are copied as
  int64_t width;          // entries an element: 2 for complex numbers
};

ArrayKind arrayKindOf(c10::ScalarType dtype) {
  switch (dtype) {
    // float32 holds each value of the halves exactly.
    case c10::ScalarType::Half:
    case c10::ScalarType::BFloat16:
    case c10::ScalarType::Float: return {napi_float32_array, c10::kFloat, 1};
    case c10::ScalarType::Double: return {napi_float64_array, dtype, 1};
    case c10::ScalarType::ComplexFloat: return {napi_float32_array, dtype, 2};
    case c10::ScalarType::ComplexDouble: return {napi_float64_array, dtype, 2};
    case c10::ScalarType::Long: return {napi_bigint64_array, dtype, 1};
    case c10::ScalarType::Int: return {napi_int32_array, dtype, 1};
    case c10::ScalarType::Short: return {napi_int16_array, dtype, 1};
    case c10::ScalarType::Char: return {napi_int8_array, dtype, 1};
    case c10::ScalarType::Byte:
    case c10::ScalarType::Bool: return {napi_uint8_array, dtype, 1};
    default:
      typeError(std::string("tensor: ") + dtypeName(dtype) +
                " has no typed array; convert it first, for example with to('float32')");
  }
}

// V8 ends the process where Node-API asks it for a buffer that it cannot have; its own constructor
// throws. That one costs more, so it serves the large ones only.
template <class Context>
napi_value newBuffer(napi_env env, Context context, size_t bytes, void** data) {
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
  const napi_status status = napi_new_instance(env, constructor, 1, &length, &buffer);
  if (status == napi_pending_exception) {
    napi_value error;
    check(env, napi_get_and_clear_last_exception(env, &error));
    throw CodedError("ERR_TORCH_OUT_OF_MEMORY",
                     context() + ": not enough memory for an ArrayBuffer of " +
                         std::to_string(bytes) + " bytes; read the tensor in parts");
  }
  check(env, status);
  size_t allocated = 0;
  check(env, napi_get_arraybuffer_info(env, buffer, data, &allocated));
  if (allocated < bytes) rangeError(context() + ": expected an ArrayBuffer of the tensor's size");
  return buffer;
}

// The elements in row-major order as `dtype`, copied once: from wherever and however they lie
// straight into JavaScript's buffer.
napi_value copyOut(napi_env env, const char* name, const at::Tensor& tensor,
                   c10::ScalarType dtype) {
  const size_t bytes = tensor.numel() * c10::elementSize(dtype);
  const auto context = [&] { return std::string(name) + "(" + describeTensor(tensor) + ")"; };
  void* data;
  napi_value buffer = newBuffer(env, context, bytes, &data);
  if (bytes == 0) return buffer;
  // A ZeroTensor, which autograd makes, has no memory at all.
  const bool plain = !tensor._is_zerotensor() && tensor.device().is_cpu() &&
                     tensor.layout() == c10::kStrided && tensor.scalar_type() == dtype &&
                     !tensor.is_conj() && !tensor.is_neg() && tensor.is_contiguous();
  if (plain) {
    std::memcpy(data, tensor.data_ptr(), bytes);
    return buffer;
  }
  inContext(env, context, [&] {
    const at::NoGradGuard noGrad;
    at::from_blob(data, tensor.sizes(), at::TensorOptions(dtype)).copy_(tensor);
  });
  return buffer;
}

// toTypedArray(tensor): a copy of the elements; complex numbers as re, im, re, im, ...
napi_value toTypedArray(Environment& environment, const Napi::CallbackInfo& info) {
  napi_env env = info.Env();
  const at::Tensor tensor = tensorArgument(env, environment, info[0], "tensor");
  if (tensor.is_nested()) {
    typeError("toTypedArray: expected a tensor of one shape, got a nested one; use unbind()");
  }
  const ArrayKind kind = arrayKindOf(tensor.scalar_type());
  napi_value buffer = copyOut(env, "toTypedArray", tensor, kind.dtype), result;
  check(env,
        napi_create_typedarray(env, kind.type, tensor.numel() * kind.width, buffer, 0, &result));
  return result;
}

// toArrayBuffer(tensor): a copy of the elements, bit for bit in their own dtype
napi_value toArrayBuffer(Environment& environment, const Napi::CallbackInfo& info) {
  napi_env env = info.Env();
  const at::Tensor tensor = tensorArgument(env, environment, info[0], "tensor");
  return copyOut(env, "toMessage", tensor, tensor.scalar_type());
}

// item(tensor): number | bigint | boolean
napi_value item(Environment& environment, const Napi::CallbackInfo& info) {
  napi_env env = info.Env();
  const at::Tensor& tensor = tensorArgument(env, environment, info[0], "tensor");
  if (tensor.numel() != 1) {
    typeError("item: expected a tensor with one element, got " + describeTensor(tensor) +
              "; use tolist() for more");
  }
  const auto filled = tensor._is_zerotensor() ? at::zeros({}, tensor.options()) : tensor;
  return toJs(env, environment, c10::IValue(filled.item()));
}

}  // namespace

void initData(napi_env env, napi_value exports) {
  exportFunction<fromTypedArray>(env, exports, "fromTypedArray");
  exportFunction<toTypedArray>(env, exports, "toTypedArray");
  exportFunction<toArrayBuffer>(env, exports, "toArrayBuffer");
  exportFunction<item>(env, exports, "item");
}

}  // namespace nodetorch
