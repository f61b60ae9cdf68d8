// Activations and dropout: libtorch's own classes, a row a class.
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/dropout.h>

#include <limits>

#include "module_template.h"

namespace nodetorch {

namespace nn = torch::nn;

namespace {

constexpr int64_t implicitDim = std::numeric_limits<int64_t>::min();

// libtorch wants a dimension; where none is given, Python goes by the number of the input's.
template <class Impl>
struct WithImplicitDim : Impl {
  using Impl::Impl;

  at::Tensor forward(const at::Tensor& input) {
    if (this->options.dim() != implicitDim) return Impl::forward(input);
    const auto count = input.dim();
    return Impl(count == 0 || count == 1 || count == 3 ? 0 : 1).forward(input);
  }
};

int64_t dim(const ModuleArguments& a) {
  return a.has("dim") ? static_cast<int64_t>(a.real("dim")) : implicitDim;
}

}  // namespace

std::vector<ModuleRow> activationRows() {
  return {
      moduleRow<nn::ReLUImpl, 1>(
          "ReLU",
          [](const ModuleArguments& a) { return nn::ReLUOptions(a.flag("inplace", false)); }),
      moduleRow<nn::LeakyReLUImpl, 1>("LeakyReLU",
                                      [](const ModuleArguments& a) {
                                        return nn::LeakyReLUOptions()
                                            .negative_slope(a.real("negativeSlope"))
                                            .inplace(a.flag("inplace", false));
                                      }),
      moduleRow<nn::ELUImpl, 1>(
          "ELU",
          [](const ModuleArguments& a) {
            return nn::ELUOptions().alpha(a.real("alpha")).inplace(a.flag("inplace", false));
          }),
      moduleRow<nn::GELUImpl, 1>("GELU",
                                 [](const ModuleArguments& a) {
                                   return nn::GELUOptions().approximate(
                                       a.text("approximate", "none"));
                                 }),
      moduleRow<nn::TanhImpl, 1>("Tanh"),
      moduleRow<nn::SigmoidImpl, 1>("Sigmoid"),
      moduleRow<nn::SiLUImpl, 1>("SiLU"),
      moduleRow<WithImplicitDim<nn::SoftmaxImpl>, 1>(
          "Softmax", [](const ModuleArguments& a) { return nn::SoftmaxOptions(dim(a)); }),
      moduleRow<WithImplicitDim<nn::LogSoftmaxImpl>, 1>(
          "LogSoftmax", [](const ModuleArguments& a) { return nn::LogSoftmaxOptions(dim(a)); }),
      moduleRow<nn::DropoutImpl, 1>(
          "Dropout",
          [](const ModuleArguments& a) {
            return nn::DropoutOptions(a.real("p")).inplace(a.flag("inplace", false));
          }),
  };
}

}  // namespace nodetorch
