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

// forward(...inputs): Tensor
napi_value forward(Environment& environment, const Napi::CallbackInfo& info) {
  auto& native = *static_cast<NativeModule*>(info.Data());
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
  try {
    return environment.tensors.wrap(info.Env(), native.forward(inputs));
  } catch (const std::exception&) {
    std::string shapes = native.module().name() + "(";
    for (const auto& input : inputs) {
      shapes += (shapes.back() == '(' ? "" : ", ") + describeTensor(input);
    }
    throwToJs(info.Env(), shapes + ")");
    throw PendingException{};
  }
}

// get(name): Tensor | null
napi_value getMember(Environment& environment, const Napi::CallbackInfo& info) {
  auto& native = *static_cast<NativeModule*>(info.Data());
  const std::string wanted = info[0].ToString();
  for (const auto& [name, tensor] : native.members()) {
    if (name == wanted) return environment.tensors.wrap(info.Env(), *tensor);
  }
  return info.Env().Null();
}

// set(name, tensor | null)
napi_value setMember(Environment& environment, const Napi::CallbackInfo& info) {
  auto& native = *static_cast<NativeModule*>(info.Data());
  const std::string wanted = info[0].ToString();
  for (const auto& [name, tensor] : native.members()) {
    if (name != wanted) continue;
    *tensor = info[1].IsNull() ? at::Tensor()
                               : tensorArgument(info.Env(), environment, info[1], name.c_str());
  }
  return nullptr;
}

// train(mode)
napi_value train(Environment&, const Napi::CallbackInfo& info) {
  static_cast<NativeModule*>(info.Data())->module().train(info[0].ToBoolean());
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
    native->module().to(type);
    native->resetParameters();
  }
  if (!device.empty()) native->module().to(parseDevice(device, "device"));
  return native;
}

void freeModule(napi_env, void* data, void*) { delete static_cast<NativeModule*>(data); }

// createModule(name, positional: unknown[], options): { members, forward, get, set, train }
// The functions live no longer than the object that holds them.
napi_value createModule(Environment&, const Napi::CallbackInfo& info) {
  const std::string name = info[0].ToString();
  const ModuleArguments arguments{info[1].As<Napi::Array>(), info[2].As<Napi::Object>()};
  for (const auto& row : moduleTable()) {
    if (row.name != name) continue;
    auto native = inContext(info.Env(), name, [&] { return create(row, arguments); });
    auto result = Napi::Object::New(info.Env());
    auto members = Napi::Array::New(info.Env());
    for (const auto& member : native->members()) members.Set(members.Length(), member.first);
    result.Set("members", members);
    NativeModule* data = native.release();
    check(info.Env(), napi_wrap(info.Env(), result, data, freeModule, nullptr, nullptr));
    exportFunction<forward>(info.Env(), result, "forward", data);
    exportFunction<getMember>(info.Env(), result, "get", data);
    exportFunction<setMember>(info.Env(), result, "set", data);
    exportFunction<train>(info.Env(), result, "train", data);
    return result;
  }
  typeError("nn: this addon has no module named '" + name + "'");
}

}  // namespace

void initModules(napi_env env, napi_value exports) {
  exportFunction<createModule>(env, exports, "createModule");
}

}  // namespace nodetorch
