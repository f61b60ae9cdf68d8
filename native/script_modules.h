// TorchScript modules, which JavaScript holds as opaque values.
#pragma once

#include <napi.h>
#include <torch/csrc/jit/api/module.h>

namespace nodetorch {

torch::jit::Module moduleArgument(napi_env env, napi_value value);

}  // namespace nodetorch
