// A program's calls as one graph of the device's own, where libtorch knows those for any
// accelerator (2.11 and later): CUDA graphs, for which neither CUDA's headers nor its libraries are
// needed here.
#pragma once

#include <c10/core/Device.h>

#include <functional>
#include <memory>

namespace nodetorch {

class DeviceGraph {
 public:
  // Runs `calls` once on a stream of its own and captures what it gives the device to do; nothing
  // is computed by that. nullptr where this libtorch has no graphs for the device.
  static std::unique_ptr<DeviceGraph> capture(c10::Device device,
                                              const std::function<void()>& calls);
  ~DeviceGraph();
  void replay();

 private:
  struct Impl;
  explicit DeviceGraph(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace nodetorch
