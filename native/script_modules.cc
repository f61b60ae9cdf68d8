#include "script_modules.h"

#include <torch/csrc/jit/serialization/import.h>

#include <fstream>
#include <sstream>

#include "convert.h"
#include "environment.h"
#include "errors.h"
#include "opaque.h"
#include "overload_choice.h"
#include "types.h"

namespace nodetorch {

using torch::jit::Module;

Module moduleArgument(napi_env env, napi_value value) {
  napi_valuetype kind;
  check(env, napi_typeof(env, value, &kind));
  const c10::IValue* held = kind == napi_object ? opaqueOf(env, value) : nullptr;
  if (!held || !held->isModule()) {
    typeError("module: expected a TorchScript module; make one with jit.load or jit.trace");
  }
  return held->toModule();
}

namespace {

Module scriptModule(const Napi::CallbackInfo& info) { return moduleArgument(info.Env(), info[0]); }

// loadScriptModule(path, device | null): Opaque
napi_value loadScriptModule(Environment&, const Napi::CallbackInfo& info) {
  const std::string path = info[0].ToString();
  const bool moves = !info[1].IsNull();
  const c10::Device device =
      moves ? parseDevice(info[1].ToString(), "mapLocation") : c10::Device(c10::kCPU);
  const Module module = inContext(
      info.Env(), [&] { return "jit.load('" + path + "')"; },
      [&] { return moves ? torch::jit::load(path, device) : torch::jit::load(path); });
  return opaqueToJs(info.Env(), module._ivalue());
}

// saveScriptModule(module, path)
napi_value saveScriptModule(Environment&, const Napi::CallbackInfo& info) {
  const std::string path = info[1].ToString();
  inContext(
      info.Env(), [&] { return "save('" + path + "')"; },
      [&] {
        std::ofstream file(path, std::ios::binary);
        scriptModule(info).save(file);
        file.close();
        TORCH_CHECK(!file.fail(), "the file could not be written to its end");
      });
  return nullptr;
}

// createScriptModule(className, root: Opaque | null): Opaque, without parts yet; a module and what
// is below it have one root, by which their classes find each other
napi_value createScriptModule(Environment&, const Napi::CallbackInfo& info) {
  const auto unit = info[1].IsNull()
                        ? std::make_shared<torch::jit::CompilationUnit>()
                        : moduleArgument(info.Env(), info[1])._ivalue()->compilation_unit();
  const Module module(c10::QualifiedName("__torch__." + info[0].ToString().Utf8Value()), unit,
                      true);
  return opaqueToJs(info.Env(), module._ivalue());
}

// addToScriptModule(module, kind, name, value)
napi_value addToScriptModule(Environment& environment, const Napi::CallbackInfo& info) {
  Module module = scriptModule(info);
  const std::string kind = info[1].ToString(), name = info[2].ToString();
  inContext(
      info.Env(), [&] { return "'" + name + "'"; },
      [&] {
        if (kind == "module") {
          module.register_module(name, moduleArgument(info.Env(), info[3]));
        } else if (kind == "flag") {
          module.register_attribute(name, c10::BoolType::get(), info[3].ToBoolean().Value());
        } else {
          module.register_parameter(name,
                                    tensorArgument(info.Env(), environment, info[3], name.c_str()),
                                    kind == "buffer");
        }
      });
  return nullptr;
}

template <class List>
Napi::Array namesOf(napi_env env, const List& list) {
  auto names = Napi::Array::New(env);
  for (const auto& entry : list) names.Set(names.Length(), entry.name);
  return names;
}

// scriptModuleParts(module): { className, parameters, buffers, children, methods }, names but for
// the children, which are [name, Opaque]
napi_value scriptModuleParts(Environment&, const Napi::CallbackInfo& info) {
  const Module module = scriptModule(info);
  auto parts = Napi::Object::New(info.Env());
  auto children = Napi::Array::New(info.Env()), methods = Napi::Array::New(info.Env());
  for (const auto& child : module.named_children()) {
    auto pair = Napi::Array::New(info.Env(), 2);
    pair.Set(0u, child.name);
    pair.Set(1u, Napi::Value(info.Env(), opaqueToJs(info.Env(), child.value._ivalue())));
    children.Set(children.Length(), pair);
  }
  for (const auto& method : module.get_methods()) methods.Set(methods.Length(), method.name());
  parts.Set("className", module.type()->name()->name());
  parts.Set("parameters", namesOf(info.Env(), module.named_parameters(false)));
  parts.Set("buffers", namesOf(info.Env(), module.named_buffers(false)));
  parts.Set("children", children);
  parts.Set("methods", methods);
  return parts;
}

// scriptModuleGet(module, name): unknown, undefined where it has no such attribute
napi_value scriptModuleGet(Environment& environment, const Napi::CallbackInfo& info) {
  const Module module = scriptModule(info);
  const std::string name = info[1].ToString();
  if (!module.hasattr(name)) return info.Env().Undefined();
  return toJs(info.Env(), environment, module.attr(name), module.type()->getAttribute(name).get());
}

// scriptModuleSet(module, name, value), for an attribute that it has
napi_value scriptModuleSet(Environment& environment, const Napi::CallbackInfo& info) {
  const Module module = scriptModule(info);
  const std::string name = info[1].ToString();
  const auto type = module.type()->getAttribute(name);
  c10::IValue value;
  Wanted wanted{*type};
  wanted.role = name.c_str();
  if (!toIValue(info.Env(), environment, argumentOf(info.Env(), environment, info[2]), wanted,
                value)) {
    typeError(name + ": expected " + type->str() + ", got " +
              describe(info.Env(), environment, info[2]));
  }
  inContext(
      info.Env(), [&] { return name; }, [&] { module._ivalue()->setAttr(name, value); });
  return nullptr;
}

std::string textOf(const c10::FunctionSchema& schema) {
  std::ostringstream text;
  text << schema;
  return text.str();
}

bool takesObject(const c10::Type& type) {
  const auto kind = type.kind();
  return kind == c10::TypeKind::OptionalType ? takesObject(*type.containedTypes()[0])
                                             : kind == c10::TypeKind::DictType;
}

// A call's values: the last is a plain object of keyword arguments where the parameter in its place
// takes none. The first parameter is `self`.
Call readCall(napi_env env, Environment& environment, const Napi::Array& values,
              const std::vector<c10::Argument>& parameters) {
  Call call;
  call.count = values.Length();
  for (uint32_t i = 0; i < values.Length(); i++) {
    call.arguments.push_back(argumentOf(env, environment, values.Get(i)));
  }
  const bool isTaken =
      call.count < parameters.size() && takesObject(*parameters[call.count].type());
  if (!isTaken) takeKeywords(env, environment, call);
  return call;
}

const Argument* namedArgument(const Call& call, const std::string& name) {
  for (const auto& [key, argument] : call.keywordArguments) {
    if (key == name) return &argument;
  }
  return nullptr;
}

// What a method wants besides `self`.
std::vector<c10::IValue> argumentsOf(napi_env env, Environment& environment,
                                     const std::string& name, const c10::FunctionSchema& schema,
                                     const Napi::Array& values) {
  const auto& parameters = schema.arguments();
  const Call call = readCall(env, environment, values, parameters);
  const auto refuse = [&](const std::string& what) {
    typeError(name + ": " + what + "; the call is " + textOf(schema));
  };
  if (call.count >= parameters.size()) {
    refuse("expected at most " + std::to_string(parameters.size() - 1) + " arguments, got " +
           std::to_string(call.count));
  }
  std::vector<c10::IValue> result(parameters.size() - 1);
  size_t used = 0;
  for (size_t i = 0; i < result.size(); i++) {
    const c10::Argument& parameter = parameters[i + 1];
    const Argument* named = namedArgument(call, parameter.name());
    const Argument* given = i < call.count ? &call.arguments[i] : named;
    used += named != nullptr;
    if (named && named != given) refuse("argument '" + parameter.name() + "' came twice");
    if (!given && !parameter.default_value())
      refuse("argument '" + parameter.name() + "' is missing");
    if (!given) {
      result[i] = *parameter.default_value();
      continue;
    }
    Wanted wanted{*parameter.type()};
    wanted.role = parameter.name().c_str();
    if (!toIValue(env, environment, *given, wanted, result[i])) {
      refuse("argument '" + parameter.name() + "': expected " + parameter.type()->str() + ", got " +
             describe(env, environment, given->value));
    }
  }
  if (used != call.keywordArguments.size())
    refuse("does not take all of the keyword arguments given");
  return result;
}

// runScriptMethod(module, method, values: unknown[]): unknown
napi_value runScriptMethod(Environment& environment, const Napi::CallbackInfo& info) {
  const Module module = scriptModule(info);
  const std::string method = info[1].ToString();
  const std::string name = module.type()->name()->name() + "." + method;
  auto found = module.find_method(method);
  if (!found) typeError(name + ": the module has no such method");
  const auto& schema = found->function().getSchema();
  std::vector<c10::IValue> arguments =
      argumentsOf(info.Env(), environment, name, schema, info[2].As<Napi::Array>());
  const c10::IValue result = inContext(
      info.Env(), [&] { return name; }, [&] { return (*found)(std::move(arguments)); });
  return toJs(info.Env(), environment, result, schema.returns()[0].type().get());
}

}  // namespace

void initScriptModules(napi_env env, napi_value exports) {
  exportFunction<loadScriptModule>(env, exports, "loadScriptModule");
  exportFunction<saveScriptModule>(env, exports, "saveScriptModule");
  exportFunction<createScriptModule>(env, exports, "createScriptModule");
  exportFunction<addToScriptModule>(env, exports, "addToScriptModule");
  exportFunction<scriptModuleParts>(env, exports, "scriptModuleParts");
  exportFunction<scriptModuleGet>(env, exports, "scriptModuleGet");
  exportFunction<scriptModuleSet>(env, exports, "scriptModuleSet");
  exportFunction<runScriptMethod>(env, exports, "runScriptMethod");
}

}  // namespace nodetorch
