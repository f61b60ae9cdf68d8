// libtorch modules as JavaScript sees them: an object of functions closed over the C++ object.
#include <ATen/CPUGeneratorImpl.h>
#include <c10/util/Exception.h>

#include "convert.h"
#include "environment.h"
#include "errors.h"
#include "module_template.h"
#include "types.h"

namespace nodetorch {

namespace {

// What a JavaScript object holds of a module; a chain shares those of its links.
using Held = std::shared_ptr<NativeModule>;

NativeModule& nativeModule(const Napi::CallbackInfo& info) {
  return **static_cast<Held*>(info.Data());
}

at::Tensor forwardOf(napi_env env, NativeModule& native, const std::vector<at::Tensor>& inputs) {
  const auto shapes = [&] {
    std::string text = native.name + "(";
    for (const auto& input : inputs) {
      text += (text.back() == '(' ? "" : ", ") + describeTensor(input);
    }
    return text + ")";
  };
  return inContext(env, shapes, [&] { return native.forward(inputs); });
}

// Its tensors do not come through the table.
void requireIdle(Environment& environment, NativeModule& native) {
  if (!environment.tensors.hasBusy()) return;
  for (const auto& member : native.members()) environment.tensors.requireIdle(*member.second);
}

// forward(...inputs): Tensor
napi_value forward(Environment& environment, const Napi::CallbackInfo& info) {
  NativeModule& native = nativeModule(info);
  requireIdle(environment, native);
  static const char* const roles[] = {"input", "target"};
  if (info.Length() != native.inputs) {
    typeError("forward: expected " + std::to_string(native.inputs) + " tensor(s), got " +
              std::to_string(info.Length()) + " argument(s)");
  }
  std::vector<at::Tensor> inputs;
  inputs.reserve(native.inputs);
  for (size_t i = 0; i < native.inputs; i++) {
    inputs.push_back(tensorArgument(info.Env(), environment, info[i], roles[i]));
  }
  return environment.tensors.wrap(info.Env(), forwardOf(info.Env(), native, inputs));
}

using Chain = std::vector<Held>;

// chain(input): Tensor. What the links pass on to each other is never seen by JavaScript, so its
// memory is free again at once.
napi_value forwardChain(Environment& environment, const Napi::CallbackInfo& info) {
  std::vector<at::Tensor> carried{tensorArgument(info.Env(), environment, info[0], "input")};
  for (const auto& link : *static_cast<Chain*>(info.Data())) {
    requireIdle(environment, *link);
    carried[0] = forwardOf(info.Env(), *link, carried);
  }
  return environment.tensors.wrap(info.Env(), std::move(carried[0]));
}

void freeChain(napi_env, void* data, void*) { delete static_cast<Chain*>(data); }

// chainModules(modules: NativeModule[]): (input) => Tensor
napi_value chainModules(Environment&, const Napi::CallbackInfo& info) {
  const auto list = info[0].As<Napi::Array>();
  auto chain = std::make_unique<Chain>();
  for (uint32_t i = 0; i < list.Length(); i++) {
    void* held = nullptr;
    check(info.Env(), napi_unwrap(info.Env(), list.Get(i), &held));
    chain->push_back(*static_cast<Held*>(held));
  }
  napi_value function;
  check(info.Env(), napi_create_function(info.Env(), "chain", NAPI_AUTO_LENGTH,
                                         guarded<forwardChain>, chain.get(), &function));
  check(info.Env(),
        napi_add_finalizer(info.Env(), function, chain.get(), freeChain, nullptr, nullptr));
  chain.release();
  return function;
}

// get(name): Tensor | null
napi_value getMember(Environment& environment, const Napi::CallbackInfo& info) {
  NativeModule& native = nativeModule(info);
  const std::string wanted = info[0].ToString();
  for (const auto& [name, tensor] : native.members()) {
    if (name == wanted) return environment.tensors.wrap(info.Env(), *tensor);
  }
  return info.Env().Null();
}

// set(name, tensor | null)
napi_value setMember(Environment& environment, const Napi::CallbackInfo& info) {
  NativeModule& native = nativeModule(info);
  const std::string wanted = info[0].ToString();
  for (const auto& [name, tensor] : native.members()) {
    if (name != wanted) continue;
    *tensor = info[1].IsNull() ? at::Tensor()
                               : tensorArgument(info.Env(), environment, info[1], name.c_str());
  }
  return nullptr;
}

// configure(positional: unknown[], options)
napi_value configure(Environment&, const Napi::CallbackInfo& info) {
  nativeModule(info).configure({info[0].As<Napi::Array>(), info[1].As<Napi::Object>()});
  return nullptr;
}

// train(mode)
napi_value train(Environment&, const Napi::CallbackInfo& info) {
  nativeModule(info).module().train(info[0].ToBoolean());
  return nullptr;
}

// resetParameters()
napi_value resetParameters(Environment&, const Napi::CallbackInfo& info) {
  NativeModule& native = nativeModule(info);
  inContext(
      info.Env(), [&] { return native.name; }, [&] { native.resetParameters(); });
  return nullptr;
}

// libtorch's classes draw their first weights in the default dtype. For another one they are drawn
// again from the same generator state, as Python does by making them in that dtype at once.
std::unique_ptr<NativeModule> create(const ModuleRow& row, const ModuleArguments& arguments) {
  const std::string dtype = arguments.text("dtype", ""), device = arguments.text("device", "");
  c10::ScalarType type = c10::kFloat;
  if (!dtype.empty() && (!parseDtype(dtype, type) || !c10::isFloatingType(type))) {
    typeError("dtype: expected a floating-point dtype, got '" + dtype + "'");
  }
  std::unique_ptr<NativeModule> native;
  if (type == c10::kFloat) {
    native = row.create(arguments);
  } else {
    auto generator = at::detail::getDefaultCPUGenerator();
    const at::Tensor state = generator.get_state();
    native = row.create(arguments);
    generator.set_state(state);
    // Not Module::to(), which would make BatchNorm's counter of batches one of floating point.
    for (auto tensor : native->module().parameters()) tensor.set_data(tensor.to(type));
    for (auto tensor : native->module().buffers()) {
      if (tensor.is_floating_point()) tensor.set_data(tensor.to(type));
    }
    native->resetParameters();
  }
  if (!device.empty()) native->module().to(parseDevice(device, "device"));
  return native;
}

void freeModule(napi_env, void* data, void*) { delete static_cast<Held*>(data); }

// createModule(name, positional: unknown[], options): { members, forward, get, set, configure,
// train, resetParameters }
// The functions live no longer than the object that holds them.
napi_value createModule(Environment&, const Napi::CallbackInfo& info) {
  const std::string name = info[0].ToString();
  const ModuleArguments arguments{info[1].As<Napi::Array>(), info[2].As<Napi::Object>()};
  for (const auto& row : moduleTable()) {
    if (row.name != name) continue;
    auto native = inContext(
        info.Env(), [&] { return name; }, [&] { return create(row, arguments); });
    auto result = Napi::Object::New(info.Env());
    auto members = Napi::Array::New(info.Env());
    for (const auto& member : native->members()) members.Set(members.Length(), member.first);
    result.Set("members", members);
    native->name = name;
    auto* data = new Held(std::move(native));
    check(info.Env(), napi_wrap(info.Env(), result, data, freeModule, nullptr, nullptr));
    exportFunction<forward>(info.Env(), result, "forward", data);
    exportFunction<getMember>(info.Env(), result, "get", data);
    exportFunction<setMember>(info.Env(), result, "set", data);
    exportFunction<configure>(info.Env(), result, "configure", data);
    exportFunction<train>(info.Env(), result, "train", data);
    exportFunction<resetParameters>(info.Env(), result, "resetParameters", data);
    return result;
  }
  typeError("nn: this addon has no module named '" + name + "'");
}

}  // namespace

void initModules(napi_env env, napi_value exports) {
  exportFunction<createModule>(env, exports, "createModule");
  exportFunction<chainModules>(env, exports, "chainModules");
}

}  // namespace nodetorch
