// The one template through which libtorch's own optimizers reach JavaScript. A class is a row of
// the table in optimizer_table.cc: its name, its options, the tensors it keeps for a parameter.
#pragma once

#include <torch/optim/optimizer.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "compat.h"

namespace nodetorch {

using torch::optim::OptimizerParamGroup;

// One libtorch optimizer behind one interface. Options are numbers or flags, by their camelCase
// name, group by group.
struct NativeOptimizer {
  virtual ~NativeOptimizer() = default;
  virtual torch::optim::Optimizer& optimizer() = 0;
  virtual std::unique_ptr<torch::optim::OptimizerOptions> newOptions() = 0;
  virtual double* number(torch::optim::OptimizerOptions& options, const std::string& name) = 0;
  virtual bool* flag(torch::optim::OptimizerOptions& options, const std::string& name) = 0;
  // The state tensor `name` of a parameter; undefined where there is none yet.
  virtual at::Tensor state(const at::Tensor& parameter, const std::string& name) = 0;
  virtual void setState(const at::Tensor& parameter, const std::string& name,
                        const at::Tensor& value) = 0;
  std::vector<bool> maximize;  // a group; libtorch's C++ classes do not know it
};

template <class Options, class State>
struct OptimizerFields {
  std::vector<std::pair<const char*, double& (*)(Options&)>> numbers;
  std::vector<std::pair<const char*, bool& (*)(Options&)>> flags;
  std::vector<std::pair<const char*, at::Tensor& (*)(State&)>> tensors;
};

template <class Optimizer, class Options, class State>
struct NativeOptimizerOf : NativeOptimizer {
  using Fields = OptimizerFields<Options, State>;

  NativeOptimizerOf(const Fields& table, const Options& byDefault)
      : instance(std::vector<OptimizerParamGroup>{}, byDefault),
        fields(table),
        defaults(byDefault) {}

  torch::optim::Optimizer& optimizer() override { return instance; }

  std::unique_ptr<torch::optim::OptimizerOptions> newOptions() override {
    return std::make_unique<Options>(defaults);
  }

  double* number(torch::optim::OptimizerOptions& options, const std::string& name) override {
    for (const auto& [known, field] : fields.numbers) {
      if (name == known) return &field(static_cast<Options&>(options));
    }
    return nullptr;
  }

  bool* flag(torch::optim::OptimizerOptions& options, const std::string& name) override {
    for (const auto& [known, field] : fields.flags) {
      if (name == known) return &field(static_cast<Options&>(options));
    }
    return nullptr;
  }

  at::Tensor state(const at::Tensor& parameter, const std::string& name) override {
    const auto found = instance.state().find(stateKey(instance, parameter.unsafeGetTensorImpl()));
    if (found == instance.state().end()) return at::Tensor();
    return tensorField(static_cast<State&>(*found->second), name);
  }

  void setState(const at::Tensor& parameter, const std::string& name,
                const at::Tensor& value) override {
    auto& kept = instance.state()[stateKey(instance, parameter.unsafeGetTensorImpl())];
    if (!kept) kept = std::make_unique<State>();
    tensorField(static_cast<State&>(*kept), name) = value;
  }

 private:
  at::Tensor& tensorField(State& state, const std::string& name) {
    for (const auto& [known, field] : fields.tensors) {
      if (name == known) return field(state);
    }
    throw std::out_of_range("no optimizer state named " + name);
  }

  Optimizer instance;
  const Fields& fields;
  Options defaults;
};

struct OptimizerRow {
  std::string name;
  std::function<std::unique_ptr<NativeOptimizer>()> create;
};

const std::vector<OptimizerRow>& optimizerTable();

}  // namespace nodetorch
