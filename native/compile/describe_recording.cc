// A recording as JavaScript's passes see it.
#include <sstream>

#include "../convert.h"
#include "../environment.h"
#include "../errors.h"
#include "../types.h"
#include "bindings.h"

namespace nodetorch {

namespace {

Napi::Array numbers(napi_env env, const std::vector<int64_t>& values) {
  auto list = Napi::Array::New(env, values.size());
  for (size_t i = 0; i < values.size(); i++) {
    list.Set(static_cast<uint32_t>(i), static_cast<double>(values[i]));
  }
  return list;
}

Napi::Array numbers(napi_env env, const std::vector<int>& values) {
  return numbers(env, std::vector<int64_t>(values.begin(), values.end()));
}

Napi::Value describeArgument(napi_env env, const RecordedArgument& argument) {
  if (argument.kind == RecordedArgument::Kind::Tensor) {
    return Napi::Number::New(env, argument.registers[0]);
  }
  auto result = Napi::Object::New(env);
  if (argument.kind == RecordedArgument::Kind::Tensors) {
    result.Set("list", numbers(env, argument.registers));
    result.Set("optional", argument.hasOptional);
    return result;
  }
  const c10::IValue& value = argument.constant;
  std::ostringstream text;
  if (value.isTensor()) {
    const at::Tensor& tensor = value.toTensor();
    // One that stands for a number is shown as that.
    const bool isNumber = tensor.defined() && tensor.dim() == 0 && !tensor.is_complex();
    if (isNumber) {
      const double number = tensor.item().toDouble();
      text << number;
      result.Set("number", number);
    } else {
      text << (tensor.defined() ? describeTensor(tensor) : "null");
    }
  } else if (value.isGenerator()) {
    text << "generator";
  } else {
    text << value;
  }
  result.Set("text", text.str());
  if (value.isDouble()) result.Set("number", value.toDouble());
  if (value.isInt()) result.Set("number", static_cast<double>(value.toInt()));
  result.Set("isInt", value.isInt());
  if (value.isList()) {
    auto list = Napi::Array::New(env);
    for (const c10::IValue& item : value.toList()) {
      if (item.isDouble()) list.Set(list.Length(), item.toDouble());
      if (item.isInt()) list.Set(list.Length(), static_cast<double>(item.toInt()));
    }
    result.Set("numbers", list);
  }
  return result;
}

Napi::Object describeCall(napi_env env, const RecordedCall& call) {
  const auto& schema = call.handle.schema();
  auto result = Napi::Object::New(env);
  result.Set("operator", schema.name());
  result.Set("overload", schema.overload_name());
  auto arguments = Napi::Array::New(env), writes = Napi::Array::New(env);
  bool isRandom = false, givesView = false;
  for (uint32_t i = 0; i < call.arguments.size(); i++) {
    arguments.Set(i, describeArgument(env, call.arguments[i]));
    const auto& parameter = schema.arguments()[i];
    const auto* alias = parameter.alias_info();
    if (alias && alias->isWrite()) writes.Set(writes.Length(), i);
    const std::string type = parameter.type()->str();
    isRandom = isRandom || type.find("Generator") != std::string::npos;
  }
  for (const auto& returned : schema.returns()) {
    givesView = givesView || (returned.alias_info() && !returned.alias_info()->isWrite());
  }
  result.Set("arguments", arguments);
  result.Set("writes", writes);
  result.Set("results", numbers(env, call.results));
  result.Set("isRandom", isRandom);
  result.Set("givesView", givesView);
  result.Set("gradMode", call.gradMode);
  result.Set("scratchBytes", static_cast<double>(call.scratchBytes));
  return result;
}

const char* kindName(RecordedStorage::Kind kind) {
  switch (kind) {
    case RecordedStorage::Kind::Captured: return "captured";
    case RecordedStorage::Kind::Argument: return "argument";
    case RecordedStorage::Kind::Gradient: return "gradient";
    default: return "made";
  }
}

template <class Items, class Describe>
Napi::Array listOf(napi_env env, const Items& items, Describe describe) {
  auto list = Napi::Array::New(env, items.size());
  uint32_t i = 0;
  for (const auto& item : items) {
    const Napi::HandleScope handles(env);
    list.Set(i++, describe(item));
  }
  return list;
}

}  // namespace

Napi::Object describeRecording(napi_env env, Environment& environment, const Recording& recording) {
  auto result = Napi::Object::New(env);
  result.Set("registers", listOf(env, recording.registers, [&](const Register& reg) {
               auto item = Napi::Object::New(env);
               item.Set("storage", reg.storage);
               item.Set("shape", numbers(env, reg.sizes));
               item.Set("strides", numbers(env, reg.strides));
               item.Set("offset", static_cast<double>(reg.offset));
               item.Set("dtype", dtypeName(reg.dtype));
               item.Set("device", deviceName(reg.device));
               return item;
             }));
  result.Set("storages", listOf(env, recording.storages, [&](const RecordedStorage& storage) {
               auto item = Napi::Object::New(env);
               item.Set("kind", kindName(storage.kind));
               item.Set("bytes", static_cast<double>(storage.bytes));
               item.Set("owner", storage.owner);
               return item;
             }));
  result.Set("calls", listOf(env, recording.calls,
                             [&](const RecordedCall& call) { return describeCall(env, call); }));
  result.Set("captured", listOf(env, recording.captured, [&](const CapturedTensor& captured) {
               auto item = Napi::Object::New(env);
               item.Set("tensor", environment.tensors.wrap(env, captured.tensor));
               item.Set("register", captured.reg);
               item.Set("gradientBefore", captured.gradientBefore);
               item.Set("gradientAfter", captured.gradientAfter);
               return item;
             }));
  result.Set("arguments", listOf(env, recording.arguments, [&](const StepArgument& argument) {
               auto item = Napi::Object::New(env);
               item.Set("register", argument.reg);
               item.Set("requiresGrad", argument.requiresGrad);
               item.Set("gradientAfter", argument.gradientAfter);
               return item;
             }));
  result.Set("results", numbers(env, recording.results));
  result.Set("bound", listOf(env, recording.boundArguments, [&](const BoundArgument& bound) {
               auto item = Napi::Object::New(env);
               item.Set("call", static_cast<double>(bound.call));
               item.Set("argument", static_cast<double>(bound.argument));
               item.Set("slot", bound.slot);
               return item;
             }));
  auto changing = Napi::Array::New(env);
  for (const auto& bound : recording.boundTensors) {
    changing.Set(changing.Length(), environment.tensors.wrap(env, bound.tensor));
  }
  result.Set("boundTensors", changing);
  return result;
}

// outVariant(operator, overload, device): the overload that writes its results to tensors given
// behind the same arguments, where the device has a kernel of its own for it; else null.
napi_value outVariant(Environment& environment, const Napi::CallbackInfo& info) {
  Operator* op = environment.operators.find(info[0].ToString());
  const std::string overload = info[1].ToString();
  const auto key =
      info[2].ToString().Utf8Value() == "cpu" ? c10::DispatchKey::CPU : c10::DispatchKey::CUDA;
  if (!op) return info.Env().Null();
  const c10::FunctionSchema* wanted = nullptr;
  for (const auto& other : op->overloads) {
    if (other.handle.schema().overload_name() == overload) wanted = &other.handle.schema();
  }
  if (!wanted) return info.Env().Null();
  const size_t count = wanted->arguments().size(), outs = wanted->returns().size();
  for (const auto& other : op->overloads) {
    const auto& schema = other.handle.schema();
    if (schema.arguments().size() != count + outs || schema.returns().size() != outs) continue;
    bool fits = other.handle.hasKernelForDispatchKey(key);
    for (size_t i = 0; i < count + outs && fits; i++) {
      const auto& argument = schema.arguments()[i];
      if (i < count) {
        fits = argument.name() == wanted->arguments()[i].name() &&
               *argument.type() == *wanted->arguments()[i].type() && !argument.is_out();
      } else {
        fits = argument.is_out();
      }
    }
    if (fits) return toJsText(info.Env(), schema.overload_name());
  }
  return info.Env().Null();
}

}  // namespace nodetorch
