// The node of the graph for a function whose backward pass is written in JavaScript.
#pragma once

#include <string>
#include <vector>

#include "compat_autograd.h"
#include "references.h"

namespace nodetorch {

class FunctionNode : public torch::autograd::Node {
 public:
  // `backward(gradients, running)` returns a gradient or null for each argument of forward;
  // `isTensor` says which of these are tensors.
  FunctionNode(std::string name, std::shared_ptr<Reference> backward, std::vector<bool> isTensor)
      : name_(std::move(name)), backward_(std::move(backward)), isTensor_(std::move(isTensor)) {}

  std::string name() const override { return name_; }
  void release_variables() override;

  // What the forward pass leaves for the backward pass, once its outputs are wrapped.
  void finish(const torch::autograd::optional_variable_list& outputs,
              const torch::autograd::variable_list& saved, bool materializeGrads);

  // Throws where they are freed, or where one was changed in place since.
  torch::autograd::variable_list savedTensors();

 protected:
  torch::autograd::variable_list apply(torch::autograd::variable_list&& gradients) override;

 private:
  const std::string name_;
  const std::shared_ptr<Reference> backward_;
  const std::vector<bool> isTensor_;
  std::vector<torch::autograd::SavedVariable> saved_;
  // Of the outputs: what to make zeros from; of no use for an output that is no tensor.
  std::vector<torch::autograd::VariableInfo> outputs_;
  std::vector<bool> outputIsTensor_;
  bool materializeGrads_ = true;
  bool released_ = false;
};

}  // namespace nodetorch
