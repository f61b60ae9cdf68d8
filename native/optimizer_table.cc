// The optimizers that are libtorch's own, a row a class.
#include <torch/optim/sgd.h>

#include "optimizer_template.h"

namespace nodetorch {

namespace {

using torch::optim::SGD;
using torch::optim::SGDOptions;
using torch::optim::SGDParamState;

const OptimizerFields<SGDOptions, SGDParamState> sgd{
    {{"lr", [](SGDOptions& o) -> double& { return o.lr(); }},
     {"momentum", [](SGDOptions& o) -> double& { return o.momentum(); }},
     {"dampening", [](SGDOptions& o) -> double& { return o.dampening(); }},
     {"weightDecay", [](SGDOptions& o) -> double& { return o.weight_decay(); }}},
    {{"nesterov", [](SGDOptions& o) -> bool& { return o.nesterov(); }}},
    {{"momentum_buffer", [](SGDParamState& s) -> at::Tensor& { return s.momentum_buffer(); }}}};

}  // namespace

const std::vector<OptimizerRow>& optimizerTable() {
  static const std::vector<OptimizerRow> table{
      {"SGD", [] {
         return std::make_unique<NativeOptimizerOf<SGD, SGDOptions, SGDParamState>>(
             sgd, SGDOptions(0.001));
       }}};
  return table;
}

}  // namespace nodetorch
