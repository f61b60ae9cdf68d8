#include "cuda_status.h"

#include <ATen/Context.h>
#include <dlfcn.h>
#include <torch/cuda.h>

#include "errors.h"

namespace nodetorch {

namespace {

// The folder of the libtorch_cpu that this process runs on.
std::string libtorchFolder() {
  Dl_info info;
  if (!dladdr(reinterpret_cast<void*>(&at::globalContext), &info) || !info.dli_fname) return "";
  const std::string path = info.dli_fname;
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

// The addon links only the CPU half, so that it also loads where the NVIDIA libraries are not
// there. The CUDA half is brought in when a driver is: its static initialisers register it.
CudaStatus look() {
  CudaStatus status;
  const std::string library = libtorchFolder() + "/libtorch_cuda.so";
  void* cuda = dlopen(library.c_str(), RTLD_NOW | RTLD_NOLOAD);
  if (!cuda) {
    FILE* file = std::fopen(library.c_str(), "rb");
    if (!file) return status;
    std::fclose(file);
    void* driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_GLOBAL);
    if (!driver) {
      status.state = CudaStatus::State::NoDriver;
      return status;
    }
    cuda = dlopen(library.c_str(), RTLD_NOW | RTLD_GLOBAL);
    if (!cuda) {
      status.state = CudaStatus::State::LoadFailed;
      status.detail = dlerror();
      return status;
    }
  }
  status.state = CudaStatus::State::Ready;
  status.deviceCount = static_cast<int>(torch::cuda::device_count());
  return status;
}

}  // namespace

const CudaStatus& CudaStatus::get() {
  static const CudaStatus status = look();
  return status;
}

void CudaStatus::require(int index, const std::string& role) const {
  const std::string asked = role + ": 'cuda:" + std::to_string(index) + "' was asked for, but ";
  switch (state) {
    case State::CpuOnly:
      throw CodedError("ERR_TORCH_CUDA_NOT_BUILT",
                       asked +
                           "this libtorch is built for the CPU only; run "
                           "'npx node-libtorch setup --from pip' for one with CUDA, or use "
                           "device 'cpu' or 'auto'");
    case State::NoDriver:
      throw CodedError("ERR_TORCH_CUDA_NO_DRIVER",
                       asked +
                           "no NVIDIA driver is installed (libcuda.so.1 not found); install "
                           "the driver, or use device 'cpu' or 'auto'");
    case State::LoadFailed:
      throw CodedError("ERR_TORCH_CUDA_LOAD",
                       asked + "libtorch's CUDA half did not load: " + detail +
                           "; run 'npx node-libtorch setup --from pip' to get its libraries");
    case State::Ready: break;
  }
  if (deviceCount == 0) {
    throw CodedError("ERR_TORCH_CUDA_NO_DEVICE",
                     asked +
                         "the driver shows no device (check nvidia-smi and "
                         "CUDA_VISIBLE_DEVICES), or use device 'cpu' or 'auto'");
  }
  if (index >= deviceCount) {
    throw CodedError("ERR_TORCH_CUDA_NO_DEVICE",
                     asked + "there are only " + std::to_string(deviceCount) +
                         " devices: expected cuda:0 to cuda:" + std::to_string(deviceCount - 1));
  }
}

}  // namespace nodetorch
