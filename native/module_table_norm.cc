// Normalisation: libtorch's own classes, a row a class.
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/normalization.h>

#include "module_template.h"

namespace nodetorch {

namespace nn = torch::nn;

namespace {

template <class Impl>
ModuleRow batchNormRow(const char* name) {
  return moduleRow<Impl, 1>(name,
                            [](const ModuleArguments& a) {
                              auto options =
                                  nn::BatchNormOptions(a.integer(0))
                                      .eps(a.real("eps"))
                                      .affine(a.flag("affine", true))
                                      .track_running_stats(a.flag("trackRunningStats", true));
                              auto momentum = options.momentum();
                              momentum.reset();
                              if (a.has("momentum")) momentum = a.real("momentum");
                              return options.momentum(momentum);
                            },
                            {{"weight", &Impl::weight},
                             {"bias", &Impl::bias},
                             {"running_mean", &Impl::running_mean},
                             {"running_var", &Impl::running_var},
                             {"num_batches_tracked", &Impl::num_batches_tracked}});
}

}  // namespace

std::vector<ModuleRow> normalizationRows() {
  return {
      batchNormRow<nn::BatchNorm1dImpl>("BatchNorm1d"),
      batchNormRow<nn::BatchNorm2dImpl>("BatchNorm2d"),
      batchNormRow<nn::BatchNorm3dImpl>("BatchNorm3d"),
      moduleRow<nn::LayerNormImpl, 1>(
          "LayerNorm",
          [](const ModuleArguments& a) {
            return nn::LayerNormOptions(a.integers(0))
                .eps(a.real("eps"))
                .elementwise_affine(a.flag("elementwiseAffine", true));
          },
          {{"weight", &nn::LayerNormImpl::weight}, {"bias", &nn::LayerNormImpl::bias}}),
  };
}

}  // namespace nodetorch
