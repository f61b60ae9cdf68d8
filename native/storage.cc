// Storages, the memory that tensors lie on: which one a tensor is a view of and how, parts of one
// as storages of their own, and files mapped as one.
#include <ATen/ATen.h>
#include <sys/mman.h>

#include <cstring>

#include "convert.h"
#include "environment.h"
#include "errors.h"

namespace nodetorch {

namespace {

struct Mapping {
  void* data;
  size_t bytes;
};

void unmap(void* context) {
  auto* mapping = static_cast<Mapping*>(context);
  munmap(mapping->data, mapping->bytes);
  delete mapping;
}

void letGo(void* storage) { delete static_cast<at::Storage*>(storage); }

at::Tensor bytesAt(void* data, int64_t bytes, at::Device device, void* context,
                   void (*release)(void*)) {
  return at::for_blob(data, {bytes})
      .context(context, release)
      .options(at::TensorOptions(at::kByte).device(device))
      .make_tensor();
}

// mapFile(descriptor, bytes > 0): Tensor, uint8[bytes]; writes to it stay in this process.
napi_value mapFile(Environment& environment, const Napi::CallbackInfo& info) {
  const int descriptor = info[0].As<Napi::Number>().Int32Value();
  const auto bytes = static_cast<size_t>(info[1].As<Napi::Number>().Int64Value());
  // Without MAP_NORESERVE the kernel refuses files larger than its memory, though none is written.
  void* data =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, descriptor, 0);
  if (data == MAP_FAILED) {
    throw CodedError("ERR_TORCH_MAP_FAILED",
                     std::string("load: the file cannot be mapped into memory: ") +
                         std::strerror(errno) + "; use { mmap: false }");
  }
  auto* mapping = new Mapping{data, bytes};
  return environment.tensors.wrap(
      info.Env(), bytesAt(data, static_cast<int64_t>(bytes), at::kCPU, mapping, &unmap));
}

// storageOf(tensor): { id, bytes, offset, strides } | null for a tensor without a plain one. Offset
// and strides in elements. `id` is the storage's while the tensor lives.
napi_value storageOf(Environment& environment, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const at::Tensor tensor = tensorArgument(env, environment, info[0], "tensor");
  const bool plain = tensor.has_storage() && tensor.layout() == at::kStrided &&
                     !tensor.is_nested() && !tensor._is_zerotensor() && !tensor.is_conj() &&
                     !tensor.is_neg() && (tensor.is_cpu() || tensor.is_cuda());
  if (!plain) return env.Null();
  auto strides = Napi::Array::New(env, tensor.dim());
  uint32_t next = 0;
  for (int64_t stride : tensor.strides()) strides.Set(next++, static_cast<double>(stride));
  auto result = Napi::Object::New(env);
  const void* id = tensor.storage().unsafeGetStorageImpl();
  result.Set("id", static_cast<double>(reinterpret_cast<uintptr_t>(id)));
  result.Set("bytes", static_cast<double>(tensor.storage().nbytes()));
  result.Set("offset", static_cast<double>(tensor.storage_offset()));
  result.Set("strides", strides);
  return result;
}

// storagePart(tensor, start, bytes): Tensor, uint8[bytes] on a storage of its own over a part of
// the tensor's, which it keeps alive.
napi_value storagePart(Environment& environment, const Napi::CallbackInfo& info) {
  const at::Tensor tensor = tensorArgument(info.Env(), environment, info[0], "tensor");
  const auto start = info[1].As<Napi::Number>().Int64Value();
  const auto bytes = info[2].As<Napi::Number>().Int64Value();
  const auto whole = static_cast<int64_t>(tensor.storage().nbytes());
  if (start < 0 || bytes < 0 || start > whole || bytes > whole - start) {
    rangeError("storagePart: expected bytes within the tensor's storage");
  }
  tensor.data_ptr();  // a copy on write is made now
  const auto* from = static_cast<const char*>(tensor.storage().data_ptr().get());
  auto* owner = new at::Storage(tensor.storage());
  return environment.tensors.wrap(
      info.Env(), bytesAt(const_cast<char*>(from) + start, bytes, tensor.device(), owner, &letGo));
}

}  // namespace

void initStorage(napi_env env, napi_value exports) {
  exportFunction<mapFile>(env, exports, "mapFile");
  exportFunction<storageOf>(env, exports, "storageOf");
  exportFunction<storagePart>(env, exports, "storagePart");
}

}  // namespace nodetorch
