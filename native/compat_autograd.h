// Where the graph of supported libtorch versions (1.13 to 2.15) differs.
#pragma once

#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/engine.h>
#include <torch/csrc/autograd/function.h>

#include <functional>
#include <memory>
#include <stdexcept>
#include <type_traits>
#include <unordered_set>
#include <utility>

namespace nodetorch {

// A node is held by std::shared_ptr in early versions, by c10::intrusive_ptr in late ones.
using NodePtr = std::decay_t<decltype(torch::autograd::Edge::function)>;

template <class NodeT>
constexpr bool isSharedNode =
    std::is_same_v<NodePtr, std::shared_ptr<torch::autograd::Node>> && sizeof(NodeT) != 0;

template <class NodeT, class... Args>
auto makeNode(Args&&... args) {
  if constexpr (isSharedNode<NodeT>) {
    // libtorch's deleter takes a long graph apart without a long recursion.
    return std::shared_ptr<NodeT>(new NodeT(std::forward<Args>(args)...),
                                  [](NodeT* node) { deleteNode(node); });
  } else {
    return c10::make_intrusive<NodeT>(std::forward<Args>(args)...);
  }
}

template <class NodeT>
NodePtr pointerTo(NodeT& node) {
  if constexpr (isSharedNode<NodeT>) {
    return node.shared_from_this();
  } else {
    return node.getptr();
  }
}

// What Engine::thread_on_exception takes first: by value in early versions.
template <class>
struct FirstParameter;
template <class Result, class Class, class First, class... Rest>
struct FirstParameter<Result (Class::*)(First, Rest...)> {
  using type = First;
};
using TaskParameter = FirstParameter<decltype(&torch::autograd::Engine::thread_on_exception)>::type;

using TensorSet = std::unordered_set<at::TensorImpl*>;

// Whether _wrap_outputs takes `More` after its first six arguments.
template <class, class... More>
struct WrapsWith : std::false_type {};
template <class... More>
struct WrapsWith<std::void_t<decltype(torch::autograd::_wrap_outputs(
                     std::declval<const torch::autograd::variable_list&>(),
                     std::declval<const TensorSet&>(), std::declval<const TensorSet&>(),
                     std::declval<const torch::autograd::optional_variable_list&>(),
                     std::declval<const NodePtr&>(),
                     std::declval<const torch::autograd::_jvp_fn_t&>(), std::declval<More>()...))>,
                 More...> : std::true_type {};

// Makes `outputs` the results of `node`, or of nothing where that is null, as Python does for its
// autograd.Function. The later a version, the more it takes: all for what is not offered here.
template <class Ptr = NodePtr>
auto wrapOutputs(const torch::autograd::variable_list& inputs, const TensorSet& nonDifferentiable,
                 const TensorSet& dirty, const torch::autograd::optional_variable_list& outputs,
                 const Ptr& node) {
  using torch::autograd::variable_list;
  using View = std::function<at::Tensor(at::Tensor)>;
  const torch::autograd::_jvp_fn_t jvp = [](variable_list, variable_list) -> variable_list {
    throw std::runtime_error("autograd.Function: forward-mode derivatives are not supported");
  };
  const View view = [](at::Tensor tensor) { return tensor.view_as(tensor); };
  const TensorSet none;
  Ptr attached;
  const auto wrap = [&](auto&&... more) {
    return torch::autograd::_wrap_outputs(inputs, nonDifferentiable, dirty, outputs, node, jvp,
                                          more...);
  };
  if constexpr (WrapsWith<void, const TensorSet&, const View&, bool, Ptr&>::value) {
    return wrap(none, view, false, attached);
  } else if constexpr (WrapsWith<void, const TensorSet&, const View&, bool>::value) {
    return wrap(none, view, false);
  } else if constexpr (WrapsWith<void, const TensorSet&, const View&>::value) {
    return wrap(none, view);
  } else if constexpr (WrapsWith<void, const TensorSet&>::value) {
    return wrap(none);
  } else {
    return wrap();
  }
}

}  // namespace nodetorch
