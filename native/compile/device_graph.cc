#include "device_graph.h"

#if __has_include(<ATen/accelerator/Graph.h>)
#include <ATen/accelerator/Graph.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#define NODETORCH_HAS_GRAPHS 1
#endif

namespace nodetorch {

#ifdef NODETORCH_HAS_GRAPHS

struct DeviceGraph::Impl {
  at::accelerator::Graph graph;
};

std::unique_ptr<DeviceGraph> DeviceGraph::capture(c10::Device device,
                                                  const std::function<void()>& calls) {
  const c10::impl::VirtualGuardImpl guard(device.type());
  // The default stream cannot be captured. What was given to it before has to be done: the graph's
  // memory was written there.
  guard.synchronizeDevice(device.index());
  auto impl = std::make_unique<Impl>();
  {
    const c10::StreamGuard stream(guard.getStreamFromGlobalPool(device));
    impl->graph.capture_begin();
    try {
      calls();
    } catch (...) {
      // The capture has to end, whatever it is worth.
      try {
        impl->graph.capture_end();
      } catch (const std::exception&) {
      }
      throw;
    }
    impl->graph.capture_end();
  }
  return std::unique_ptr<DeviceGraph>(new DeviceGraph(std::move(impl)));
}

void DeviceGraph::replay() { impl_->graph.replay(); }

#else

struct DeviceGraph::Impl {};

std::unique_ptr<DeviceGraph> DeviceGraph::capture(c10::Device, const std::function<void()>&) {
  return nullptr;
}

void DeviceGraph::replay() {}

#endif

DeviceGraph::DeviceGraph(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DeviceGraph::~DeviceGraph() = default;

}  // namespace nodetorch
