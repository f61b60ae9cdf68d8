// The few places where supported libtorch versions (1.13 to 2.15) really differ.
#pragma once

#include <torch/version.h>

#include <string>
#include <type_traits>

#if TORCH_VERSION_MAJOR < 1 || (TORCH_VERSION_MAJOR == 1 && TORCH_VERSION_MINOR < 13)
#error "node-libtorch needs libtorch 1.13 or newer; run: npx node-libtorch setup"
#endif

namespace nodetorch {

// The optimizer's state is keyed by text in 1.13 and by address in later versions.
template <class OptimizerT>
auto stateKey(OptimizerT& optimizer, void* parameter) {
  using Key = typename std::decay_t<decltype(optimizer.state())>::key_type;
  if constexpr (std::is_same_v<Key, std::string>) {
    return std::to_string(reinterpret_cast<size_t>(parameter));
  } else {
    return static_cast<Key>(parameter);
  }
}

}  // namespace nodetorch
