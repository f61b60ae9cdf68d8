// One call of an operator: choose the overload by converting the arguments, then call it once.
#include <c10/util/SmallVector.h>

#include <algorithm>
#include <sstream>

#include "convert.h"
#include "environment.h"
#include "errors.h"
#include "operators.h"

namespace nodetorch {

namespace {

constexpr size_t maxArguments = 24;

// A call as JavaScript made it: positional arguments, then perhaps keyword arguments.
struct Call {
  c10::SmallVector<Argument, 6> arguments;
  size_t count = 0;               // how many are positional
  napi_value keywords = nullptr;  // the trailing plain object
  std::vector<std::pair<std::string, Argument>> keywordArguments;
};

// Why an overload did not fit; filled only when the error message is written.
using Reason = std::string;

// Written as {...}: its prototype is the end of the chain. (Jest's realm has an Object.prototype of
// its own, so comparing with ours would not do.)
bool isPlainObject(napi_env env, napi_value object) {
  napi_value prototype, end;
  napi_valuetype kind;
  check(env, napi_get_prototype(env, object, &prototype));
  check(env, napi_typeof(env, prototype, &kind));
  if (kind == napi_null) return true;
  check(env, napi_get_prototype(env, prototype, &end));
  check(env, napi_typeof(env, end, &kind));
  return kind == napi_null;
}

// A trailing plain object holds keyword arguments.
void takeKeywords(napi_env env, Environment& environment, Call& call) {
  if (call.count == 0) return;
  const Argument& last = call.arguments.back();
  if (last.kind != napi_object || last.isArray || last.isDisposed || last.tensor.defined()) return;
  if (!isPlainObject(env, last.value)) return;
  napi_value names;
  uint32_t length;
  check(env, napi_get_property_names(env, last.value, &names));
  check(env, napi_get_array_length(env, names, &length));
  for (uint32_t i = 0; i < length; i++) {
    napi_value name, value;
    check(env, napi_get_element(env, names, i, &name));
    check(env, napi_get_property(env, last.value, name, &value));
    const Argument argument = argumentOf(env, environment, value);
    if (argument.kind == napi_undefined) continue;
    call.keywordArguments.emplace_back(toText(env, name), argument);
  }
  call.keywords = last.value;
  call.count--;
}

// What `call` gives for parameter `index`: positional, by keyword, or nullptr.
const Argument* argumentFor(const Call& call, const Overload& overload, size_t index,
                            size_t& keywordsUsed) {
  const auto& parameter = overload.parameters[index];
  if (!parameter.keywordOnly && index < call.count) {
    if (call.arguments[index].kind != napi_undefined) return &call.arguments[index];
  }
  for (const auto& [name, argument] : call.keywordArguments) {
    const bool named =
        name == parameter.name || name == overload.handle.schema().arguments()[index].name();
    if (!named) continue;
    keywordsUsed++;
    return &argument;
  }
  return nullptr;
}

// Python gathers trailing ints into the one list of ints: x.reshape(2, 3).
Argument gathered(napi_env env, const Call& call, size_t first) {
  Argument list;
  list.kind = napi_object;
  list.isArray = true;
  check(env, napi_create_array_with_length(env, call.count - first, &list.value));
  for (size_t i = first; i < call.count; i++) {
    check(env, napi_set_element(env, list.value, i - first, call.arguments[i].value));
  }
  return list;
}

bool hasKeyword(const Call& call, const char* wanted) {
  return std::any_of(call.keywordArguments.begin(), call.keywordArguments.end(),
                     [&](const auto& keyword) { return keyword.first == wanted; });
}

bool fill(napi_env env, Environment& environment, const Call& call, const Overload& overload,
          std::vector<c10::IValue>& stack, Reason* reason) {
  const bool wantsOut = hasKeyword(call, "out");
  if (overload.hasOut != wantsOut) {
    if (reason) *reason = wantsOut ? "has no out argument" : "needs { out }";
    return false;
  }
  const size_t last = overload.positional - 1;
  const bool gathers = overload.variadic && call.count > last && !call.arguments[last].isArray;
  if (call.count > overload.positional && !gathers) {
    if (reason) {
      *reason = "takes at most " + std::to_string(overload.positional) +
                " positional arguments, got " + std::to_string(call.count);
    }
    return false;
  }
  const Argument sizes = gathers ? gathered(env, call, last) : Argument();
  size_t keywordsUsed = 0;
  const auto& schema = overload.handle.schema().arguments();
  stack.clear();
  stack.reserve(schema.size());
  for (size_t i = 0; i < schema.size(); i++) {
    const auto& parameter = overload.parameters[i];
    const Argument* argument =
        gathers && i == last ? &sizes : argumentFor(call, overload, i, keywordsUsed);
    if (!argument) {
      if (schema[i].default_value()) {
        stack.push_back(*schema[i].default_value());
        continue;
      }
      if (reason) {
        *reason = "argument '" + parameter.name + "': expected " + parameter.type->str() +
                  ", got nothing";
        if (call.keywords) *reason += " (a trailing plain object holds keyword arguments)";
      }
      return false;
    }
    stack.emplace_back();
    if (!toIValue(env, environment, *argument, *parameter.type, parameter.repeat,
                  overload.numbersAsTensors && i > 0, parameter.name.c_str(), stack.back())) {
      if (reason) {
        *reason = "argument '" + parameter.name + "': expected " + parameter.type->str() +
                  ", got " + describe(env, environment, argument->value);
      }
      return false;
    }
  }
  if (keywordsUsed == call.keywordArguments.size()) return true;
  if (reason) {
    *reason = "does not take all of the keyword arguments given (";
    for (const auto& [name, argument] : call.keywordArguments) {
      *reason += (reason->back() == '(' ? "" : ", ") + name;
    }
    *reason += ")";
  }
  return false;
}

std::string schemaOf(const Overload& overload) {
  std::ostringstream schema;
  schema << overload.handle.schema();
  return schema.str();
}

[[noreturn]] void noOverloadFits(napi_env env, Environment& environment, const Call& call,
                                 const Operator& op) {
  const bool wantsOut = hasKeyword(call, "out");
  std::vector<const Overload*> candidates;
  for (const auto& overload : op.overloads) {
    if (overload.hasOut == wantsOut) candidates.push_back(&overload);
  }
  std::vector<c10::IValue> stack;
  Reason reason;
  if (candidates.size() == 1) {
    fill(env, environment, call, *candidates[0], stack, &reason);
    typeError(op.name + ": " + reason + "; the call is " + schemaOf(*candidates[0]));
  }
  std::string message = op.name + ": no overload takes these arguments:";
  for (const Overload* overload : candidates) {
    fill(env, environment, call, *overload, stack, &reason);
    message += "\n  " + schemaOf(*overload) + "\n    " + reason;
  }
  typeError(message);
}

std::string shapesOf(const Operator& op, const std::vector<c10::IValue>& arguments) {
  std::string text = op.name.substr(op.name.find("::") + 2) + "(";
  for (const auto& argument : arguments) {
    if (text.back() != '(') text += ", ";
    if (argument.isTensor()) {
      text += argument.toTensor().defined() ? describeTensor(argument.toTensor()) : "null";
    } else if (argument.isTensorList()) {
      text += "Tensor[" + std::to_string(argument.toListRef().size()) + "]";
    } else {
      std::ostringstream value;
      value << argument;
      text += value.str();
    }
  }
  return text + ")";
}

napi_value run(napi_env env, Environment& environment, Call& call, const Operator& op) {
  takeKeywords(env, environment, call);
  std::vector<c10::IValue> stack;
  const Overload* chosen = nullptr;
  for (const auto& overload : op.overloads) {
    if (!fill(env, environment, call, overload, stack, nullptr)) continue;
    chosen = &overload;
    break;
  }
  if (!chosen) noOverloadFits(env, environment, call, op);
  const auto shapes = [&] {
    // The failed call may have eaten the stack: the arguments are converted once more.
    std::vector<c10::IValue> arguments;
    fill(env, environment, call, *chosen, arguments, nullptr);
    return shapesOf(op, arguments);
  };
  inContext(env, shapes, [&] { chosen->handle.callBoxed(&stack); });
  if (stack.size() == 1) return toJs(env, environment, stack[0]);
  napi_value result;
  check(env, napi_create_array_with_length(env, stack.size(), &result));
  for (size_t i = 0; i < stack.size(); i++) {
    check(env, napi_set_element(env, result, i, toJs(env, environment, stack[i])));
  }
  return result;
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
    call.count = count + (method ? 1 : 0);
    for (size_t i = 0; i < call.count; i++) {
      call.arguments.push_back(argumentOf(env, environment, values[i]));
    }
    return run(env, environment, call, *static_cast<const Operator*>(op));
  } catch (...) {
    throwToJs(env);
    return nullptr;
  }
}

// operator(name: string, method: boolean): Function | null
napi_value getOperator(Environment& environment, const Napi::CallbackInfo& info) {
  const std::string name = info[0].As<Napi::String>().Utf8Value();
  const Operator* op = environment.operators.find(name);
  if (!op) return info.Env().Null();
  napi_value function;
  const bool method = info[1].ToBoolean();
  check(info.Env(), napi_create_function(info.Env(), name.c_str(), name.size(),
                                         method ? callOperator<true> : callOperator<false>,
                                         const_cast<Operator*>(op), &function));
  return function;
}

}  // namespace

void initOperators(napi_env env, napi_value exports) {
  exportFunction<getOperator>(env, exports, "operator");
}

}  // namespace nodetorch
