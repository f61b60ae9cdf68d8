// Random number generators as JavaScript objects: opaque values with a seed and a state.
#include <ATen/Context.h>
#include <ATen/core/Generator.h>

#include "convert.h"
#include "environment.h"
#include "errors.h"
#include "opaque.h"
#include "types.h"

namespace nodetorch {

namespace {

at::Generator generatorOf(const Napi::CallbackInfo& info) {
  const c10::IValue* value = opaqueOf(info.Env(), info[0]);
  if (!value || !value->isGenerator())
    typeError("generator: expected a Generator; make one with new Generator()");
  return value->toGenerator();
}

// attachGenerator(object, device, isDefault): makes `object` stand for a new generator of a device,
// or for that device's default one
napi_value attachGenerator(Environment&, const Napi::CallbackInfo& info) {
  const c10::Device device = parseDevice(info[1].ToString(), "device");
  at::Generator generator = at::globalContext().defaultGenerator(device);
  if (!info[2].ToBoolean()) {
    generator = generator.clone();
    generator.set_current_seed(c10::default_rng_seed_val);
  }
  makeOpaque(info.Env(), info[0], generator);
  return nullptr;
}

// generatorSeed(generator, seed: bigint | null): bigint, a drawn one for null
napi_value generatorSeed(Environment&, const Napi::CallbackInfo& info) {
  at::Generator generator = generatorOf(info);
  const std::lock_guard<std::mutex> lock(generator.mutex());
  if (info[1].IsNull()) return Napi::BigInt::New(info.Env(), generator.seed());
  bool lossless;
  generator.set_current_seed(info[1].As<Napi::BigInt>().Uint64Value(&lossless));
  return info[1];
}

// generatorInitialSeed(generator): bigint
napi_value generatorInitialSeed(Environment&, const Napi::CallbackInfo& info) {
  return Napi::BigInt::New(info.Env(), generatorOf(info).current_seed());
}

// generatorDevice(generator): string
napi_value generatorDevice(Environment&, const Napi::CallbackInfo& info) {
  return toJsText(info.Env(), deviceName(generatorOf(info).device()));
}

// generatorGetState(generator): Tensor, uint8
napi_value generatorGetState(Environment& environment, const Napi::CallbackInfo& info) {
  at::Generator generator = generatorOf(info);
  const std::lock_guard<std::mutex> lock(generator.mutex());
  return environment.tensors.wrap(info.Env(), generator.get_state());
}

// generatorSetState(generator, state)
napi_value generatorSetState(Environment& environment, const Napi::CallbackInfo& info) {
  at::Generator generator = generatorOf(info);
  const at::Tensor state = tensorArgument(info.Env(), environment, info[1], "state");
  inContext(
      info.Env(), [&] { return "setState(" + describeTensor(state) + ")"; },
      [&] {
        const std::lock_guard<std::mutex> lock(generator.mutex());
        generator.set_state(state);
      });
  return nullptr;
}

}  // namespace

void initGenerators(napi_env env, napi_value exports) {
  exportFunction<attachGenerator>(env, exports, "attachGenerator");
  exportFunction<generatorSeed>(env, exports, "generatorSeed");
  exportFunction<generatorInitialSeed>(env, exports, "generatorInitialSeed");
  exportFunction<generatorDevice>(env, exports, "generatorDevice");
  exportFunction<generatorGetState>(env, exports, "generatorGetState");
  exportFunction<generatorSetState>(env, exports, "generatorSetState");
}

}  // namespace nodetorch
