#include "overload_choice.h"

#include <algorithm>
#include <sstream>

#include "environment.h"
#include "errors.h"

namespace nodetorch {

// Its prototype is the end of the chain. (Jest's realm has an Object.prototype of its own, so
// comparing with ours would not do.)
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

namespace {

// What `call` gives for parameter `index`: positional, by keyword, or nullptr.
const Argument* argumentFor(const Call& call, const Overload::Parameter& parameter, size_t index,
                            size_t& keywordsUsed) {
  if (!parameter.keywordOnly && index < call.count) {
    if (call.arguments[index].kind != napi_undefined) return &call.arguments[index];
  }
  for (const auto& [name, argument] : call.keywordArguments) {
    if (name != parameter.name && name != parameter.libtorchName) continue;
    keywordsUsed++;
    return &argument;
  }
  return nullptr;
}

Wanted wantedBy(const Overload::Parameter& parameter) {
  Wanted wanted{*parameter.type};
  wanted.repeat = parameter.repeat;
  wanted.mayBeEmpty = parameter.hasDefault && parameter.byDefault.isList() &&
                      parameter.byDefault.toListRef().empty();
  wanted.numberAsTensor = parameter.numberAsTensor;
  wanted.isReduction = parameter.isReduction;
  wanted.role = parameter.name.c_str();
  return wanted;
}

// Several out tensors come as an array, in the order of the schema.
bool takeOut(napi_env env, Environment& environment, const Argument& out, const Overload& overload,
             size_t number, const Overload::Parameter& parameter, c10::IValue& result) {
  if (overload.outs == 1) return toIValue(env, environment, out, wantedBy(parameter), result);
  uint32_t length;
  napi_value item;
  if (!out.isArray) return false;
  check(env, napi_get_array_length(env, out.value, &length));
  if (length != overload.outs) return false;
  check(env, napi_get_element(env, out.value, number, &item));
  return toIValue(env, environment, argumentOf(env, environment, item), wantedBy(parameter),
                  result);
}

std::string tooMany(const Overload& overload, const Call& call) {
  return "takes at most " + std::to_string(overload.positional) + " positional arguments, got " +
         std::to_string(call.count);
}

std::string missing(const Overload::Parameter& parameter, const Call& call) {
  return "argument '" + parameter.name + "': expected " + parameter.type->str() + ", got nothing" +
         (call.keywords ? " (a trailing plain object holds keyword arguments)" : "");
}

std::string unknownKeywords(const Call& call) {
  std::string names;
  for (const auto& [name, argument] : call.keywordArguments) {
    names += (names.empty() ? "" : ", ") + name;
  }
  return "does not take all of the keyword arguments given (" + names + ")";
}

[[noreturn]] void noOverloadFits(napi_env env, Environment& environment, const Call& call,
                                 const Operator& op) {
  std::vector<const Overload*> candidates;
  for (const auto& overload : op.overloads) {
    if ((overload.outs > 0) == (call.out() != nullptr)) candidates.push_back(&overload);
  }
  if (candidates.empty()) {
    typeError(op.name + (call.out()
                             ? ": expected no { out }, which none of its overloads takes"
                             : ": expected { out }, which every one of its overloads takes"));
  }
  std::vector<c10::IValue> stack;
  Reason reason;
  if (candidates.size() == 1) {
    fill(env, environment, call, *candidates[0], true, stack, &reason);
    typeError(op.name + ": " + reason + "; the call is " + schemaOf(*candidates[0]));
  }
  std::string message = op.name + ": no overload takes these arguments:";
  for (const Overload* overload : candidates) {
    fill(env, environment, call, *overload, true, stack, &reason);
    message += "\n  " + schemaOf(*overload) + "\n    " + reason;
  }
  typeError(message);
}

// An operator is seldom called in more ways than these; they are looked through one by one.
constexpr size_t mostSignatures = 16;

// What an argument is as far as conversion cares, in five bits; 0 where the value itself decides.
uint64_t codeOf(const Argument& argument) {
  switch (argument.kind) {
    case napi_undefined: return 1;
    case napi_null: return 2;
    case napi_boolean: return 3;
    case napi_number:
      if (argument.isInt()) return 4;
      return argument.number == 0 ? 0 : 5;  // -0 is an int here and a float there
    case napi_object: {
      if (!argument.tensor.defined()) return 0;
      if (!argument.isNumberTensor()) return tensorCode;
      const auto dtype = argument.tensor.scalar_type();
      if (c10::isComplexType(dtype)) return 0;
      return dtype == c10::kBool ? 7 : c10::isFloatingType(dtype) ? 8 : 9;
    }
    default: return 0;
  }
}

// The same for all calls whose arguments convert alike; 0 where there is no such number.
uint64_t signatureOf(const Call& call) {
  if (call.keywords || call.count > 12) return 0;
  uint64_t signature = call.count + 1;
  for (size_t i = 0; i < call.count; i++) {
    const uint64_t code = codeOf(call.arguments[i]);
    if (code == 0) return 0;
    signature = signature << 5 | code;
  }
  return signature;
}

// Whether the overload is given tensors alone, and takes the rest by default.
bool isPlain(const Call& call, const Choice& choice) {
  if (choice.gather || choice.overload->isLimited) return false;
  for (size_t i = 0; i < choice.overload->parameters.size(); i++) {
    const auto& parameter = choice.overload->parameters[i];
    const bool isTensor = parameter.type->kind() == c10::TypeKind::TensorType;
    if (i < call.count ? !isTensor : !parameter.hasDefault) return false;
  }
  return true;
}

}  // namespace

const Argument* Call::out() const {
  for (const auto& [name, argument] : keywordArguments) {
    if (name == "out") return &argument;
  }
  return nullptr;
}

void takeKeywords(napi_env env, Environment& environment, Call& call) {
  if (call.count == 0) return;
  const Argument& last = call.arguments.back();
  if (last.kind != napi_object || last.isArray || last.isDisposed || last.tensor.defined()) return;
  if (!isPlainObject(env, last.value)) return;
  c10::complex<double> number;
  napi_value names;
  uint32_t length;
  check(env, napi_get_property_names(env, last.value, &names));
  check(env, napi_get_array_length(env, names, &length));
  if (length == 2 && toComplex(env, last.value, number)) return;
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

bool fill(napi_env env, Environment& environment, const Call& call, const Overload& overload,
          bool gather, std::vector<c10::IValue>& stack, Reason* reason) {
  const auto refuse = [&](const auto& why) {
    if (reason) *reason = why();
    return false;
  };
  const Argument* out = call.keywordArguments.empty() ? nullptr : call.out();
  if ((overload.outs > 0) != (out != nullptr)) {
    return refuse([&] { return std::string(out ? "has no out argument" : "needs { out }"); });
  }
  const size_t last = overload.positional - 1;
  const bool gathers = gather && overload.variadic && call.count > last &&
                       !call.arguments[last].isArray && call.arguments[last].kind != napi_null &&
                       call.arguments[last].kind != napi_undefined;
  if (call.count > overload.positional && !gathers) {
    return refuse([&] { return tooMany(overload, call); });
  }
  size_t keywordsUsed = 0, outsUsed = 0;
  stack.clear();
  stack.reserve(overload.parameters.size());
  for (size_t i = 0; i < overload.parameters.size(); i++) {
    const auto& parameter = overload.parameters[i];
    if (parameter.isOut) keywordsUsed += outsUsed == 0;
    const Argument* argument =
        parameter.isOut ? out : argumentFor(call, parameter, i, keywordsUsed);
    if (!argument) {
      if (!parameter.hasDefault) return refuse([&] { return missing(parameter, call); });
      stack.push_back(parameter.byDefault);
      continue;
    }
    stack.emplace_back();
    const bool fits =
        parameter.isOut
            ? takeOut(env, environment, *argument, overload, outsUsed++, parameter, stack.back())
        : gathers && i == last
            ? toIValueList(env, environment, argument, call.count - last, wantedBy(parameter),
                           stack.back())
            : toIValue(env, environment, *argument, wantedBy(parameter), stack.back());
    if (fits) continue;
    return refuse([&] {
      return "argument '" + parameter.name + "': expected " + parameter.type->str() + ", got " +
             describe(env, environment, argument->value);
    });
  }
  if (keywordsUsed == call.keywordArguments.size()) return true;
  return refuse([&] { return unknownKeywords(call); });
}

Choice choose(napi_env env, Environment& environment, const Call& call, Operator& op,
              std::vector<c10::IValue>& stack) {
  const uint64_t signature = signatureOf(call);
  if (signature != 0) {
    for (const auto& [known, choice, _] : op.chosen) {
      if (known != signature) continue;
      if (fill(env, environment, call, *choice.overload, choice.gather, stack, nullptr)) {
        return choice;
      }
    }
  }
  for (const bool gather : {false, true}) {
    for (const auto& overload : op.overloads) {
      if (gather && !overload.variadic) continue;
      if (!fill(env, environment, call, overload, gather, stack, nullptr)) continue;
      const Choice choice{&overload, gather};
      const bool isNew = signature != 0 && op.chosen.size() < mostSignatures;
      if (isNew) op.chosen.push_back({signature, choice, isPlain(call, choice)});
      return choice;
    }
  }
  noOverloadFits(env, environment, call, op);
}

std::string schemaOf(const Overload& overload) {
  std::ostringstream schema;
  schema << overload.handle.schema();
  return schema.str();
}

}  // namespace nodetorch
