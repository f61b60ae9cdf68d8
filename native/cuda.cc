// torch.cuda: what is there, waiting for it, and its memory.
#include <torch/cuda.h>

#include "compat.h"
#include "convert.h"
#include "cuda_status.h"
#include "environment.h"
#include "errors.h"

#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 10)
#define NODE_LIBTORCH_DEVICE_STATS
#include <c10/core/CachingDeviceAllocator.h>
#endif

namespace nodetorch {

namespace {

// cudaStatus(): { state, detail, deviceCount }
napi_value cudaStatus(Environment&, const Napi::CallbackInfo& info) {
  const auto& status = CudaStatus::get();
  static const char* const names[] = {"cpu-only", "no-driver", "load-failed", "ready"};
  auto result = Napi::Object::New(info.Env());
  result.Set("state", names[static_cast<int>(status.state)]);
  result.Set("detail", status.detail);
  result.Set("deviceCount", status.deviceCount);
  return result;
}

// cudaSynchronize(index): waits for all kernels on that device
napi_value cudaSynchronize(Environment&, const Napi::CallbackInfo& info) {
  const int index = info[0].As<Napi::Number>().Int32Value();
  CudaStatus::get().require(index, "device");
  torch::cuda::synchronize(index);
  return nullptr;
}

// cudaMemoryAllocated(index): bytes that tensors hold on that device, by libtorch's own count
napi_value cudaMemoryAllocated(Environment&, const Napi::CallbackInfo& info) {
  const int index = info[0].As<Napi::Number>().Int32Value();
  CudaStatus::get().require(index, "device");
#ifdef NODE_LIBTORCH_DEVICE_STATS
  const auto stats =
      c10::getDeviceAllocator(c10::kCUDA)->getDeviceStats(static_cast<c10::DeviceIndex>(index));
  return Napi::Number::New(info.Env(), static_cast<double>(stats.allocated_bytes[0].current));
#else
  throw CodedError("ERR_TORCH_NOT_IMPLEMENTED",
                   "memoryAllocated: libtorch " TORCH_VERSION
                   " shows no device statistics without "
                   "the CUDA toolkit; use memory().bytes.cuda, or libtorch 2.10 or newer");
#endif
}

}  // namespace

void initCuda(napi_env env, napi_value exports) {
  CudaStatus::get();
  exportFunction<cudaStatus>(env, exports, "cudaStatus");
  exportFunction<cudaSynchronize>(env, exports, "cudaSynchronize");
  exportFunction<cudaMemoryAllocated>(env, exports, "cudaMemoryAllocated");
}

}  // namespace nodetorch
