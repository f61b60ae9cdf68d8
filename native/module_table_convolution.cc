// Convolutions and the pools that stand between them.
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/pooling.h>

#include "module_template.h"

namespace nodetorch {

namespace nn = torch::nn;

namespace {

// Padding modes other than zeros are the facade's: libtorch's class mixes up the dimensions of
// 'same'.
template <size_t D>
nn::ConvOptions<D> convolutionOptions(const ModuleArguments& a) {
  auto options = nn::ConvOptions<D>(a.integer(0), a.integer(1), a.integers(2))
                     .stride(a.integers("stride"))
                     .dilation(a.integers("dilation"))
                     .groups(a.integer("groups"))
                     .bias(a.flag("bias", true));
  if (!a.options.Get("padding").IsString()) return options.padding(a.integers("padding"));
  if (a.text("padding", "") == "same") return options.padding(torch::kSame);
  return options.padding(torch::kValid);
}

template <size_t D, class Impl>
ModuleRow convolutionRow(const char* name) {
  return moduleRow<Impl, 1>(name, convolutionOptions<D>,
                            {{"weight", &Impl::weight}, {"bias", &Impl::bias}});
}

template <size_t D, class Impl>
ModuleRow maxPoolRow(const char* name) {
  return moduleRow<Impl, 1>(name, [](const ModuleArguments& a) {
    return nn::MaxPoolOptions<D>(a.integers(0))
        .stride(a.integers("stride"))
        .padding(a.integers("padding"))
        .dilation(a.integers("dilation"))
        .ceil_mode(a.flag("ceilMode", false));
  });
}

template <size_t D, class Impl>
ModuleRow averagePoolRow(const char* name) {
  return moduleRow<Impl, 1>(name, [](const ModuleArguments& a) {
    auto options = nn::AvgPoolOptions<D>(a.integers(0))
                       .stride(a.integers("stride"))
                       .padding(a.integers("padding"))
                       .ceil_mode(a.flag("ceilMode", false))
                       .count_include_pad(a.flag("countIncludePad", true));
    if (a.options.Has("divisorOverride")) options.divisor_override(a.integer("divisorOverride"));
    return options;
  });
}

template <class Impl, class Sizes>
ModuleRow adaptivePoolRow(const char* name) {
  return moduleRow<Impl, 1>(name, [](const ModuleArguments& a) {
    Sizes sizes(0);
    const auto wanted = a.integers(0);
    for (size_t i = 0; i < sizes.size(); i++) {
      auto& size = sizes->at(i);
      if (wanted.at(i) < 0) {
        size = std::decay_t<decltype(size)>();
      } else {
        size = wanted.at(i);
      }
    }
    return nn::AdaptiveAvgPoolOptions<Sizes>(sizes);
  });
}

}  // namespace

std::vector<ModuleRow> convolutionRows() {
  return {
      convolutionRow<1, nn::Conv1dImpl>("Conv1d"),
      convolutionRow<2, nn::Conv2dImpl>("Conv2d"),
      convolutionRow<3, nn::Conv3dImpl>("Conv3d"),
      maxPoolRow<1, nn::MaxPool1dImpl>("MaxPool1d"),
      maxPoolRow<2, nn::MaxPool2dImpl>("MaxPool2d"),
      maxPoolRow<3, nn::MaxPool3dImpl>("MaxPool3d"),
      averagePoolRow<1, nn::AvgPool1dImpl>("AvgPool1d"),
      averagePoolRow<2, nn::AvgPool2dImpl>("AvgPool2d"),
      averagePoolRow<3, nn::AvgPool3dImpl>("AvgPool3d"),
      adaptivePoolRow<nn::AdaptiveAvgPool1dImpl, torch::ExpandingArray<1>>("AdaptiveAvgPool1d"),
      adaptivePoolRow<nn::AdaptiveAvgPool2dImpl, torch::ExpandingArrayWithOptionalElem<2>>(
          "AdaptiveAvgPool2d"),
      adaptivePoolRow<nn::AdaptiveAvgPool3dImpl, torch::ExpandingArrayWithOptionalElem<3>>(
          "AdaptiveAvgPool3d"),
  };
}

}  // namespace nodetorch
