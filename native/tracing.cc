// A run of JavaScript as a TorchScript method: libtorch's tracer sees what the dispatcher does.
#include <torch/csrc/jit/frontend/tracer.h>

#include <algorithm>

#include "callbacks.h"
#include "convert.h"
#include "environment.h"
#include "errors.h"
#include "overload_choice.h"
#include "script_modules.h"

namespace nodetorch {

namespace {

constexpr size_t maxArrayDepth = 32;

// What goes into a trace and comes out of it: tensors, arrays of them as tuples, and plain objects
// as dicts.
struct Traceable {
  napi_env env;
  Environment& environment;
  std::vector<Napi::Value> within;  // arrays, outermost first: one that holds itself has no end

  c10::IValue convert(const Napi::Value& value, const std::string& role) {
    const Argument argument = argumentOf(env, environment, value);
    if (argument.isDisposed) throwDisposed(role.c_str());
    if (argument.tensor.defined()) return argument.tensor;
    if (argument.isArray && within.size() < maxArrayDepth && !isWithin(value)) {
      return tuple(value.As<Napi::Array>(), role);
    }
    const bool isObject = argument.kind == napi_object && within.empty() && !argument.isArray;
    if (isObject && isPlainObject(env, value)) return dict(value.As<Napi::Object>(), role);
    typeError(role + ": expected a Tensor, an array of tensors or an object of them, got " +
              describe(env, environment, value));
  }

  bool isWithin(const Napi::Value& value) const {
    return std::any_of(within.begin(), within.end(),
                       [&](const Napi::Value& outer) { return outer.StrictEquals(value); });
  }

  c10::IValue tuple(const Napi::Array& array, const std::string& role) {
    std::vector<c10::IValue> items;
    within.push_back(array);
    for (uint32_t i = 0; i < array.Length(); i++) {
      items.push_back(convert(array.Get(i), role + "[" + std::to_string(i) + "]"));
    }
    within.pop_back();
    return c10::ivalue::Tuple::create(std::move(items));
  }

  c10::IValue dict(const Napi::Object& object, const std::string& role) {
    c10::Dict<std::string, at::Tensor> items;
    const auto names = object.GetPropertyNames();
    for (uint32_t i = 0; i < names.Length(); i++) {
      const std::string name = Napi::Value(names.Get(i)).ToString();
      const std::string place = role + "." + name;
      items.insert(name, tensorArgument(env, environment, object.Get(name), place.c_str()));
    }
    return items;
  }
};

c10::IValue traced(napi_env env, Environment& environment, napi_value value,
                   const std::string& role) {
  return Traceable{env, environment, {}}.convert(Napi::Value(env, value), role);
}

// traceMethod(module, name, inputs: unknown[], strict, fn: (...inputs) => unknown): adds the method
napi_value traceMethod(Environment& environment, const Napi::CallbackInfo& info) {
  const napi_env env = info.Env();
  // libtorch's tracer would forget the outer trace.
  if (torch::jit::tracer::isTracing()) {
    throw CodedError("ERR_TORCH_TRACE",
                     "jit.trace: expected a call outside of any other, got one inside of another; "
                     "trace the inner part first, and call what that gave");
  }
  torch::jit::Module module = moduleArgument(env, info[0]);
  const std::string name = info[1].ToString();
  const auto list = info[2].As<Napi::Array>();
  const bool strict = info[3].ToBoolean();
  torch::jit::Stack inputs;
  for (uint32_t i = 0; i < list.Length(); i++) {
    inputs.push_back(
        traced(env, environment, list.Get(i), "exampleInputs[" + std::to_string(i) + "]"));
  }
  const auto function = environment.references->hold(info[4]);
  const auto run = [&](torch::jit::Stack stack) -> torch::jit::Stack {
    return callBack(*function, name, [&](napi_env, Environment&, napi_value callable) {
      std::vector<napi_value> values;
      for (const auto& value : stack) values.push_back(toJs(env, environment, value));
      napi_value receiver, result;
      check(env, napi_get_undefined(env, &receiver));
      check(env,
            napi_call_function(env, receiver, callable, values.size(), values.data(), &result));
      // An error of its own, thrown as JavaScript's: what passes through libtorch is one of those.
      try {
        return torch::jit::Stack{traced(env, environment, result, "output")};
      } catch (const ArgumentError&) {
        throwToJs(env);
        throw PendingException{};
      }
    });
  };
  inContext(
      env, [] { return std::string("jit.trace"); },
      [&] {
        const auto state = torch::jit::tracer::trace(
                               std::move(inputs), run, [](const at::Tensor&) { return ""; }, strict,
                               false, &module)
                               .first;
        const c10::QualifiedName method(*module.type()->name(), name);
        module.type()->addMethod(
            module._ivalue()->compilation_unit()->create_function(method, state->graph));
      });
  return nullptr;
}

}  // namespace

void initTracing(napi_env env, napi_value exports) {
  exportFunction<traceMethod>(env, exports, "traceMethod");
}

}  // namespace nodetorch
