// Memory that JavaScript and libtorch share: tensors over the bytes of JavaScript's buffers, which
// buffer lies under a tensor, and moving a tensor into one.
#include <ATen/ATen.h>
#include <c10/util/safe_numerics.h>

#include <cstring>

#include "convert.h"
#include "environment.h"
#include "errors.h"
#include "types.h"

namespace nodetorch {

namespace {

// The context of a storage's c10::DataPtr: whose bytes these are. It keeps them alive; the storage
// may be let go of on any thread.
struct Borrowed {
  std::shared_ptr<Reference> buffer;
  size_t byteOffset;  // where in the buffer the storage begins
  bool isShared;      // a SharedArrayBuffer
};

void giveBack(void* context) { delete static_cast<Borrowed*>(context); }

// nullptr where libtorch itself owns the tensor's memory.
const Borrowed* borrowedBy(const at::Tensor& tensor) {
  if (!tensor.has_storage()) return nullptr;
  return tensor.storage().data_ptr().cast_context<Borrowed>(&giveBack);
}

// A Uint8Array of the facade's making, so that its fields are the engine's own.
struct Bytes {
  napi_value buffer;
  void* data;
  size_t length;
  size_t byteOffset;
};

Bytes bytesOf(napi_env env, napi_value array) {
  Bytes bytes;
  napi_typedarray_type type;
  check(env, napi_get_typedarray_info(env, array, &type, &bytes.length, &bytes.data, &bytes.buffer,
                                      &bytes.byteOffset));
  return bytes;
}

std::unique_ptr<Borrowed> borrow(Environment& environment, const Bytes& bytes, bool isShared) {
  auto buffer = environment.references->hold(bytes.buffer);
  return std::unique_ptr<Borrowed>(new Borrowed{std::move(buffer), bytes.byteOffset, isShared});
}

std::vector<int64_t> integers(napi_env env, napi_value list) {
  uint32_t length;
  check(env, napi_get_array_length(env, list, &length));
  std::vector<int64_t> result(length);
  for (uint32_t i = 0; i < length; i++) {
    napi_value item;
    check(env, napi_get_element(env, list, i, &item));
    check(env, napi_get_value_int64(env, item, &result[i]));
  }
  return result;
}

napi_value toJsIntegers(napi_env env, at::IntArrayRef list) {
  napi_value result, item;
  check(env, napi_create_array_with_length(env, list.size(), &result));
  for (size_t i = 0; i < list.size(); i++) {
    check(env, napi_create_int64(env, list[i], &item));
    check(env, napi_set_element(env, result, i, item));
  }
  return result;
}

std::vector<int64_t> rowMajor(const std::vector<int64_t>& shape) {
  std::vector<int64_t> strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;) {
    // Where it overflows the tensor is too large or empty: found by bytesNeeded or of no account.
    strides[i - 1] = static_cast<int64_t>(static_cast<uint64_t>(strides[i]) *
                                          static_cast<uint64_t>(std::max<int64_t>(shape[i], 1)));
  }
  return strides;
}

// From the first element to the end of the last one; false where that is beyond counting.
bool bytesNeeded(const std::vector<int64_t>& shape, const std::vector<int64_t>& strides,
                 size_t itemsize, uint64_t& bytes) {
  for (int64_t size : shape) {
    if (size == 0) {
      bytes = 0;
      return true;
    }
  }
  uint64_t elements = 1;
  for (size_t i = 0; i < shape.size(); i++) {
    uint64_t span;
    if (shape[i] == 1) continue;
    if (strides[i] < 0 ||
        c10::mul_overflows(static_cast<uint64_t>(shape[i] - 1), static_cast<uint64_t>(strides[i]),
                           &span) ||
        c10::add_overflows(elements, span, &elements)) {
      return false;
    }
  }
  return !c10::mul_overflows(elements, static_cast<uint64_t>(itemsize), &bytes);
}

// fromBuffer(bytes: Uint8Array, shape, strides | null, dtype, isShared, requiresGrad): Tensor
napi_value fromBuffer(Environment& environment, const Napi::CallbackInfo& info) {
  napi_env env = info.Env();
  const Bytes bytes = bytesOf(env, info[0]);
  const auto shape = integers(env, info[1]);
  const auto strides = info[2].IsNull() ? rowMajor(shape) : integers(env, info[2]);
  const auto dtype = static_cast<c10::ScalarType>(info[3].As<Napi::Number>().Int32Value());
  const bool isShared = info[4].ToBoolean(), requiresGrad = info[5].ToBoolean();
  const size_t itemsize = c10::elementSize(dtype);
  uint64_t needed;
  if (strides.size() != shape.size()) rangeError("strides: expected one a dimension");
  if (!bytesNeeded(shape, strides, itemsize, needed) || needed > bytes.length) {
    std::string sizes;
    for (int64_t size : shape) sizes += (sizes.empty() ? "" : ", ") + std::to_string(size);
    rangeError("shape: expected sizes that fit into the buffer's " + std::to_string(bytes.length) +
               " bytes, got [" + sizes + "] of " + dtypeName(dtype));
  }
  if (reinterpret_cast<uintptr_t>(bytes.data) % itemsize != 0) {
    rangeError(std::string("byteOffset: expected a place in memory that is a multiple of ") +
               std::to_string(itemsize) + ", the size of " + dtypeName(dtype) +
               ", got another one; copy the bytes first, as Uint8Array.from(bytes) does");
  }
  at::Tensor tensor = at::for_blob(bytes.data, shape)
                          .strides(strides)
                          .context(borrow(environment, bytes, isShared).release(), &giveBack)
                          .options(at::TensorOptions(dtype))
                          .make_tensor();
  if (requiresGrad) tensor.requires_grad_(true);
  return environment.tensors.wrap(env, std::move(tensor));
}

// borrowed(tensor): { buffer, isShared, byteOffset, strides } | null, where its first element lies
// in the JavaScript buffer under it. null too where strides cannot tell (a lazy conjugate).
napi_value borrowed(Environment& environment, const Napi::CallbackInfo& info) {
  napi_env env = info.Env();
  const at::Tensor tensor = tensorArgument(env, environment, info[0], "tensor");
  const Borrowed* owner = borrowedBy(tensor);
  if (!owner || tensor.is_conj() || tensor.is_neg() || !owner->buffer->isHere()) {
    return info.Env().Null();
  }
  const size_t start = tensor.storage_offset() * tensor.itemsize();
  auto result = Napi::Object::New(info.Env());
  result.Set("buffer", Napi::Value(env, owner->buffer->value()));
  result.Set("isShared", owner->isShared);
  result.Set("byteOffset", static_cast<double>(owner->byteOffset + start));
  result.Set("strides", Napi::Value(env, toJsIntegers(env, tensor.strides())));
  return result;
}

// isShared(tensor): boolean, whether its memory is a SharedArrayBuffer
napi_value isShared(Environment& environment, const Napi::CallbackInfo& info) {
  const at::Tensor tensor = tensorArgument(info.Env(), environment, info[0], "tensor");
  const Borrowed* owner = borrowedBy(tensor);
  return Napi::Boolean::New(info.Env(), owner && owner->isShared);
}

// storageBytes(tensor): number, the bytes of the whole memory that it is a view of
napi_value storageBytes(Environment& environment, const Napi::CallbackInfo& info) {
  const at::Tensor tensor = tensorArgument(info.Env(), environment, info[0], "tensor");
  if (!tensor.has_storage() || !tensor.device().is_cpu() || tensor._is_zerotensor()) {
    typeError("shareMemory_: expected a dense tensor on the CPU, got " + describeTensor(tensor) +
              " without memory there; use to('cpu'), toDense() or clone() first");
  }
  return Napi::Number::New(info.Env(), static_cast<double>(tensor.storage().nbytes()));
}

// moveStorage(tensor, bytes: Uint8Array on a SharedArrayBuffer): all tensors that share the
// tensor's memory move with it, parameters and what autograd has saved stay what they are.
napi_value moveStorage(Environment& environment, const Napi::CallbackInfo& info) {
  napi_env env = info.Env();
  const at::Tensor tensor = tensorArgument(env, environment, info[0], "tensor");
  const Bytes bytes = bytesOf(env, info[1]);
  c10::StorageImpl* storage = tensor.storage().unsafeGetStorageImpl();
  if (storage->nbytes() > bytes.length) rangeError("shareMemory_: the buffer is too small");
  tensor.data_ptr();  // a copy on write is made now
  const auto* from = static_cast<const void*>(tensor.storage().data_ptr().get());
  if (storage->nbytes() > 0) std::memcpy(bytes.data, from, storage->nbytes());
  auto owner = borrow(environment, bytes, true);
  storage->set_data_ptr(
      c10::DataPtr(bytes.data, owner.release(), &giveBack, c10::Device(c10::kCPU)));
  storage->set_resizable(false);  // as PyTorch's: the other side would not see it grow
  return nullptr;
}

}  // namespace

void initBuffers(napi_env env, napi_value exports) {
  exportFunction<fromBuffer>(env, exports, "fromBuffer");
  exportFunction<borrowed>(env, exports, "borrowed");
  exportFunction<isShared>(env, exports, "isShared");
  exportFunction<storageBytes>(env, exports, "storageBytes");
  exportFunction<moveStorage>(env, exports, "moveStorage");
}

}  // namespace nodetorch
