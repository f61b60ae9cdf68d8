// The nn classes that are libtorch's own, a row a class; larger families have a file each.
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/loss.h>

#include "module_template.h"

namespace nodetorch {

namespace nn = torch::nn;

namespace {

nn::MSELossOptions::reduction_t reduction(const std::string& name) {
  if (name == "none") return torch::kNone;
  if (name == "sum") return torch::kSum;
  return torch::kMean;
}

std::vector<ModuleRow> plainRows() {
  return {
      moduleRow<nn::LinearImpl, 1>(
          "Linear",
          [](const ModuleArguments& a) {
            return nn::LinearOptions(a.integer(0), a.integer(1)).bias(a.flag("bias", true));
          },
          {{"weight", &nn::LinearImpl::weight}, {"bias", &nn::LinearImpl::bias}}),
      moduleRow<nn::FlattenImpl, 1>(
          "Flatten",
          [](const ModuleArguments& a) {
            return nn::FlattenOptions().start_dim(a.integer(0)).end_dim(a.integer(1));
          }),
      moduleRow<nn::MSELossImpl, 2>("MSELoss",
                                    [](const ModuleArguments& a) {
                                      return nn::MSELossOptions().reduction(
                                          reduction(a.text("reduction", "mean")));
                                    }),
  };
}

}  // namespace

const std::vector<ModuleRow>& moduleTable() {
  static const std::vector<ModuleRow> table = [] {
    std::vector<ModuleRow> rows;
    for (auto part : {plainRows, activationRows, convolutionRows, normalizationRows}) {
      for (auto& row : part()) rows.push_back(std::move(row));
    }
    return rows;
  }();
  return table;
}

}  // namespace nodetorch
