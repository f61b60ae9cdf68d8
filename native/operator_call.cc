// One call of an operator: choose the overload by converting the arguments, then call it once.
#include <ATen/core/function_schema.h>

#include <algorithm>
#include <sstream>

#include "convert.h"
#include "environment.h"
#include "errors.h"
#include "overload_choice.h"

namespace nodetorch {

namespace {

constexpr size_t maxArguments = 64;

// A stack that keeps its memory from one call to the next. A hook that runs during a call, and
// calls operators itself, finds none there and makes its own.
class Stack {
 public:
  explicit Stack(std::vector<c10::IValue>& spare) : spare_(spare), values(std::move(spare)) {}
  ~Stack() {
    values.clear();
    spare_ = std::move(values);
  }

 private:
  std::vector<c10::IValue>& spare_;

 public:
  std::vector<c10::IValue> values;
};

std::string shapesOf(const Operator& op, const std::vector<c10::IValue>& arguments) {
  std::string text = op.name.substr(op.name.find("::") + 2) + "(";
  for (const auto& argument : arguments) {
    if (text.back() != '(') text += ", ";
    if (argument.isTensor()) {
      text += argument.toTensor().defined() ? describeTensor(argument.toTensor()) : "null";
    } else if (argument.isTensorList()) {
      text += "Tensor[" + std::to_string(argument.toListRef().size()) + "]";
    } else if (argument.isObject() || argument.isStorage() || argument.isGenerator()) {
      text += argument.type()->str();
    } else {
      std::ostringstream value;
      value << argument;
      text += value.str();
    }
  }
  return text + ")";
}

// Leaves the results on `stack`.
const Overload& run(napi_env env, Environment& environment, const Call& call, Operator& op,
                    std::vector<c10::IValue>& stack) {
  const Choice choice = choose(env, environment, call, op, stack);
  const Overload& overload = *choice.overload;
  if (overload.isLimited) overload.requireLimits(stack);
  const auto shapes = [&] {
    // The failed call may have eaten the stack: the arguments are converted once more.
    std::vector<c10::IValue> arguments;
    fill(env, environment, call, overload, choice.gather, arguments, nullptr);
    return shapesOf(op, arguments);
  };
  inContext(env, shapes, [&] { overload.handle.callBoxed(&stack); });
  return overload;
}

void readCall(napi_env env, Environment& environment, const napi_value* values, size_t count,
              Call& call) {
  call.count = count;
  for (size_t i = 0; i < count; i++) {
    call.arguments.push_back(argumentOf(env, environment, values[i]));
  }
  takeKeywords(env, environment, call);
}

// As a method `this` is the first argument, as a function it is not.
template <bool method>
napi_value callOperator(napi_env env, napi_callback_info raw) {
  try {
    napi_value values[maxArguments], self;
    void* op;
    size_t count = maxArguments - 1;
    check(env, napi_get_cb_info(env, raw, &count, values + (method ? 1 : 0), &self, &op));
    if (count > maxArguments - 1) {
      typeError("expected at most " + std::to_string(maxArguments - 1) + " arguments, got " +
                std::to_string(count) + "; give sizes as one array");
    }
    if (method) values[0] = self;
    Environment& environment = environmentOf(env);
    Call call;
    readCall(env, environment, values, count + (method ? 1 : 0), call);
    Stack stack(environment.spareStack);
    const Overload& overload =
        run(env, environment, call, *static_cast<Operator*>(op), stack.values);
    return resultsToJs(env, environment, overload.handle.schema(), stack.values);
  } catch (...) {
    throwToJs(env);
    return nullptr;
  }
}

// Arguments of a short call, as JavaScript gave them.
struct ShortCall {
  napi_value result;
  uint32_t tensors;
  napi_value values[4];
  size_t count;
};

// The most frequent call, tensors only, of a kind that is remembered (native/overload_choice.cc):
// each tensor is looked at once. nullptr where it is another; `stack` is then empty.
const Overload* fillRemembered(napi_env env, Environment& environment, const ShortCall& given,
                               const Operator& op, std::vector<c10::IValue>& stack) {
  if (given.tensors != (1u << given.count) - 1) return nullptr;
  uint64_t signature = given.count + 1;
  for (size_t i = 0; i < given.count; i++) {
    uint32_t slot;
    check(env, napi_get_value_uint32(env, given.values[i], &slot));
    const at::Tensor& tensor = environment.tensors.at(slot);
    const bool isPlain = tensor.defined() && tensor.dim() > 0;
    if (!isPlain) break;
    stack.emplace_back(tensor);
    signature = signature << 5 | tensorCode;
  }
  for (const auto& chosen : op.chosen) {
    if (chosen.signature != signature || !chosen.isPlain || stack.size() != given.count) continue;
    const auto& parameters = chosen.choice.overload->parameters;
    for (size_t i = given.count; i < parameters.size(); i++) {
      stack.push_back(parameters[i].byDefault);
    }
    return chosen.choice.overload;
  }
  stack.clear();
  return nullptr;
}

Call ordinaryCall(napi_env env, Environment& environment, const ShortCall& given) {
  Call call;
  call.count = given.count;
  for (size_t i = 0; i < given.count; i++) {
    call.arguments.emplace_back();
    Argument& argument = call.arguments.back();
    argument.value = given.values[i];
    check(env, napi_get_value_double(env, argument.value, &argument.number));
    argument.kind = napi_number;
    if ((given.tensors >> i & 1) == 0) continue;
    argument.kind = napi_object;
    argument.tensor = environment.tensors.at(static_cast<uint32_t>(argument.number));
    argument.isDisposed = !argument.tensor.defined();
  }
  return call;
}

// call(result, tensors, ...arguments): the short way for a few tensors, given by their slots, and
// numbers: bit i of `tensors` says which argument is a slot. `result` is an empty Tensor; the
// number returned is the slot that it now has. Where the operator's result has an object already,
// that is returned instead. What is faster here than callOperator: no argument is looked at twice,
// and JavaScript makes its objects itself.
napi_value callShort(napi_env env, napi_callback_info raw) {
  try {
    napi_value values[6];
    void* data;
    ShortCall given;
    size_t count = 6;
    check(env, napi_get_cb_info(env, raw, &count, values, nullptr, &data));
    check(env, napi_get_value_uint32(env, values[1], &given.tensors));
    given.result = values[0];
    given.count = count - 2;
    std::copy(values + 2, values + count, given.values);
    Operator& op = *static_cast<Operator*>(data);
    Environment& environment = environmentOf(env);
    Stack stack(environment.spareStack);
    if (const Overload* overload = fillRemembered(env, environment, given, op, stack.values)) {
      const auto shapes = [&] {
        std::vector<c10::IValue> arguments;
        fillRemembered(env, environment, given, op, arguments);
        return shapesOf(op, arguments);
      };
      inContext(env, shapes, [&] { overload->handle.callBoxed(&stack.values); });
    } else {
      run(env, environment, ordinaryCall(env, environment, given), op, stack.values);
    }
    at::Tensor tensor = std::move(stack.values[0]).toTensor();
    const napi_value known = environment.tensors.known(env, tensor);
    if (known) return known;
    napi_value slot;
    const uint32_t index = environment.tensors.adopt(env, std::move(tensor), given.result);
    check(env, napi_create_uint32(env, index, &slot));
    return slot;
  } catch (...) {
    throwToJs(env);
    return nullptr;
  }
}

Operator* operatorNamed(Environment& environment, const Napi::CallbackInfo& info) {
  return environment.operators.find(info[0].As<Napi::String>().Utf8Value());
}

napi_value toFunction(napi_env env, Operator* op, napi_callback callback) {
  napi_value function;
  check(env, napi_create_function(env, op->name.c_str(), op->name.size(), callback, op, &function));
  return function;
}

// operator(name: string, method: boolean): Function | null
napi_value getOperator(Environment& environment, const Napi::CallbackInfo& info) {
  Operator* op = operatorNamed(environment, info);
  if (!op) return info.Env().Null();
  return toFunction(info.Env(), op, info[1].ToBoolean() ? callOperator<true> : callOperator<false>);
}

bool givesOneTensor(const Overload& overload) {
  const auto& returns = overload.handle.schema().returns();
  return returns.size() == 1 && returns[0].type()->kind() == c10::TypeKind::TensorType;
}

// shortOperator(name: string): Function | null, callShort where every overload gives one tensor
napi_value getShortOperator(Environment& environment, const Napi::CallbackInfo& info) {
  Operator* op = operatorNamed(environment, info);
  if (!op) return info.Env().Null();
  for (const auto& overload : op->overloads) {
    if (!givesOneTensor(overload)) return info.Env().Null();
  }
  return toFunction(info.Env(), op, callShort);
}

// limitOperator(name, parameter, kind, bound)
napi_value limitOperator(Environment& environment, const Napi::CallbackInfo& info) {
  Limit limit;
  const std::string kind = info[2].ToString();
  if (!parseLimit(kind, limit.kind))
    typeError("kind: expected a kind of limit, got '" + kind + "'");
  limit.bound = info[3].ToNumber();
  environment.operators.limit(info[0].ToString(), info[1].ToString(), limit);
  return nullptr;
}

// fits(name: string, args: unknown[]): string, the schema of the overload that a call with these
// arguments means; nothing is called. Throws what the call would throw where none fits.
napi_value fits(Environment& environment, const Napi::CallbackInfo& info) {
  Operator* op = operatorNamed(environment, info);
  if (!op) return info.Env().Null();
  const auto list = info[1].As<Napi::Array>();
  std::vector<napi_value> values;
  for (uint32_t i = 0; i < list.Length(); i++) values.push_back(list.Get(i));
  Call call;
  readCall(info.Env(), environment, values.data(), values.size(), call);
  std::vector<c10::IValue> stack;
  return toJsText(info.Env(),
                  schemaOf(*choose(info.Env(), environment, call, *op, stack).overload));
}

}  // namespace

void initOperators(napi_env env, napi_value exports) {
  exportFunction<getOperator>(env, exports, "operator");
  exportFunction<getShortOperator>(env, exports, "shortOperator");
  exportFunction<limitOperator>(env, exports, "limitOperator");
  exportFunction<fits>(env, exports, "fits");
}

}  // namespace nodetorch
