// The few places where supported libtorch versions (1.13 to 2.15) really differ.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>
#include <torch/version.h>

#include <cstdlib>
#include <sstream>
#include <string>
#include <type_traits>

#if TORCH_VERSION_MAJOR < 1 || (TORCH_VERSION_MAJOR == 1 && TORCH_VERSION_MINOR < 13)
#error "node-libtorch needs libtorch 1.13 or newer; run: npx node-libtorch setup"
#endif

// c10::Allocator::allocate() changes its allocator in later libtorchs.
#if TORCH_VERSION_MAJOR >= 2
#define NODETORCH_ALLOCATE_CONST
#else
#define NODETORCH_ALLOCATE_CONST const
#endif

namespace nodetorch {

// What at::indexing::impl::applySlicing wants to know of a tensor's sizes.
inline auto sizesForIndexing(const at::Tensor& tensor) {
#if TORCH_VERSION_MAJOR >= 2
  return tensor.sym_sizes();
#else
  return tensor.sizes();
#endif
}

// The optimizer's state is keyed by text in 1.13 and by address in later versions.
template <class OptimizerT>
auto stateKey(OptimizerT& optimizer, void* parameter) {
  using Key = typename std::decay_t<decltype(optimizer.state())>::key_type;
  if constexpr (std::is_same_v<Key, std::string>) {
    std::ostringstream text;
    text << parameter;
    return text.str();
  } else {
    return static_cast<Key>(parameter);
  }
}

// libtorch's warnings are written for Python users: they are shown to those who ask for them.
struct QuietWarnings : c10::WarningHandler {
  using Base = c10::WarningHandler;
#if TORCH_VERSION_MAJOR >= 2
  void process(const c10::Warning& warning) override {
    if (std::getenv("NODE_LIBTORCH_DEBUG")) Base::process(warning);
  }
#else
  void process(const c10::SourceLocation& place, const std::string& text,
               const bool verbatim) override {
    if (std::getenv("NODE_LIBTORCH_DEBUG")) Base::process(place, text, verbatim);
  }
#endif
};

// For this thread: libtorch keeps a handler a thread, and each environment has its own.
inline void silenceWarnings() {
  static QuietWarnings quiet;
#if TORCH_VERSION_MAJOR >= 2
  c10::WarningUtils::set_warning_handler(&quiet);
#else
  c10::Warning::set_warning_handler(&quiet);
#endif
}

}  // namespace nodetorch
