// Is CUDA there, and if not, which of the reasons is it.
#pragma once

#include <string>

namespace nodetorch {

struct CudaStatus {
  enum class State { CpuOnly, NoDriver, LoadFailed, Ready };
  State state = State::CpuOnly;
  std::string detail;  // what the dynamic linker said, or the driver's version
  int deviceCount = 0;

  // Looked at once a process, when the addon is loaded: libtorch asks for its CUDA half only once,
  // so that must be in place before the first tensor.
  static const CudaStatus& get();

  bool usable() const { return state == State::Ready && deviceCount > 0; }

  // Throws an Error that names what is missing (a CPU-only libtorch, no driver, no such device)
  // and the remedy, unless device `index` can be used.
  void require(int index, const std::string& role) const;
};

}  // namespace nodetorch
