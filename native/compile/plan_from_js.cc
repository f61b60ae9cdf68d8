// The plan that JavaScript's passes made of a recording.
#include <ATen/EmptyTensor.h>

#include "../convert.h"
#include "../environment.h"
#include "../errors.h"
#include "../types.h"
#include "bindings.h"

namespace nodetorch {

namespace {

std::vector<int> ints(const Napi::Value& value) {
  const auto list = value.As<Napi::Array>();
  std::vector<int> result;
  for (uint32_t i = 0; i < list.Length(); i++) {
    result.push_back(Napi::Value(list.Get(i)).ToNumber().Int32Value());
  }
  return result;
}

// A number as the parameter of this type takes it: int, float, Scalar, or a tensor without
// dimensions that stands for a number.
c10::IValue literal(const c10::TypePtr& type, double number, bool isInt, bool isDouble) {
  if (type->kind() == c10::TypeKind::TensorType) {
    // In the dtype of the calculation: any other would be converted at each call.
    at::Tensor tensor = at::detail::empty_cpu({}, isDouble ? c10::kDouble : c10::kFloat);
    if (isDouble) {
      *static_cast<double*>(tensor.data_ptr()) = number;
    } else {
      *static_cast<float*>(tensor.data_ptr()) = static_cast<float>(number);
    }
    tensor.unsafeGetTensorImpl()->set_wrapped_number(true);
    return tensor;
  }
  if (type->kind() == c10::TypeKind::BoolType) return number != 0;
  if (type->kind() == c10::TypeKind::IntType || isInt) return static_cast<int64_t>(number);
  return number;
}

PlannedArgument plannedArgument(const Recording& recording, const c10::TypePtr& type,
                                const Napi::Value& value) {
  PlannedArgument argument;
  if (value.IsNull()) return argument;
  if (value.IsNumber()) {
    argument.kind = PlannedArgument::Kind::Register;
    argument.registers = {value.ToNumber().Int32Value()};
    return argument;
  }
  const auto object = value.As<Napi::Object>();
  if (object.Has("list")) {
    argument.kind = PlannedArgument::Kind::Registers;
    argument.registers = ints(object.Get("list"));
    argument.hasOptional = object.Get("optional").ToBoolean();
  } else if (object.Has("slot")) {
    argument.kind = PlannedArgument::Kind::Slot;
    argument.slot = object.Get("slot").ToNumber().Uint32Value();
    argument.value = 0.0;
  } else if (object.Has("ints")) {
    const auto values = ints(object.Get("ints"));
    argument.value = c10::IValue(std::vector<int64_t>(values.begin(), values.end()));
  } else if (object.Has("literal")) {
    argument.value = literal(type, object.Get("literal").ToNumber().DoubleValue(),
                             object.Get("isInt").ToBoolean(), object.Get("isDouble").ToBoolean());
  } else {
    const auto& call = recording.calls.at(object.Get("call").ToNumber().Uint32Value());
    const auto& source = call.arguments.at(object.Get("argument").ToNumber().Uint32Value());
    argument.value = source.constant;
  }
  return argument;
}

std::vector<PlannedCall> plannedCalls(const Recording& recording, const Napi::Value& value) {
  const auto list = value.As<Napi::Array>();
  std::vector<PlannedCall> calls;
  for (uint32_t i = 0; i < list.Length(); i++) {
    const auto object = Napi::Value(list.Get(i)).As<Napi::Object>();
    const std::string name = object.Get("operator").ToString();
    const std::string overload = object.Get("overload").ToString();
    PlannedCall call{
        c10::Dispatcher::singleton().findSchemaOrThrow(name.c_str(), overload.c_str())};
    const auto& parameters = call.handle.schema().arguments();
    const auto arguments = object.Get("arguments").As<Napi::Array>();
    for (uint32_t j = 0; j < arguments.Length(); j++) {
      call.arguments.push_back(
          plannedArgument(recording, parameters.at(j).type(), arguments.Get(j)));
    }
    for (size_t j = call.arguments.size(); j < parameters.size(); j++) {
      PlannedArgument argument;
      argument.value =
          parameters[j].default_value() ? *parameters[j].default_value() : c10::IValue();
      call.arguments.push_back(std::move(argument));
    }
    const auto scratch = object.Get("scratch");
    if (scratch.IsObject()) {
      const auto span = scratch.As<Napi::Object>();
      call.scratch = {span.Get("offset").ToNumber().Int64Value(),
                      span.Get("bytes").ToNumber().Int64Value()};
    }
    call.results = ints(object.Get("results"));
    call.gradMode = object.Get("gradMode").ToBoolean();
    call.origin = object.Get("origin").ToNumber().Uint32Value();
    calls.push_back(std::move(call));
  }
  return calls;
}

}  // namespace

Plan planFromJs(const Recording& recording, const Napi::Object& object) {
  Plan plan;
  const auto storages = object.Get("storages").As<Napi::Array>();
  for (uint32_t i = 0; i < storages.Length(); i++) {
    plan.storages.push_back(Napi::Value(storages.Get(i)).ToNumber().Int64Value());
  }
  const auto offers = object.Get("offers").As<Napi::Array>();
  for (uint32_t i = 0; i < offers.Length(); i++) {
    plan.offers.push_back(Napi::Value(offers.Get(i)).ToNumber().Int64Value());
  }
  plan.block = object.Get("block").ToNumber().Int64Value();
  const auto added = object.Get("added").As<Napi::Array>();
  for (uint32_t i = 0; i < added.Length(); i++) {
    const auto given = Napi::Value(added.Get(i)).As<Napi::Object>();
    c10::ScalarType dtype;
    if (!parseDtype(given.Get("dtype").ToString(), dtype)) typeError("dtype: expected a dtype");
    const auto shape = ints(given.Get("shape")), strides = ints(given.Get("strides"));
    Register reg{given.Get("storage").ToNumber().Int32Value(),
                 std::vector<int64_t>(shape.begin(), shape.end()),
                 std::vector<int64_t>(strides.begin(), strides.end()),
                 0,
                 dtype,
                 parseDevice(given.Get("device").ToString(), "device")};
    plan.added.push_back({std::move(reg), given.Get("bytes").ToNumber().Int64Value()});
  }
  plan.once = plannedCalls(recording, object.Get("once"));
  plan.each = plannedCalls(recording, object.Get("each"));
  const auto released = object.Get("released").As<Napi::Array>();
  for (uint32_t i = 0; i < released.Length(); i++) plan.released.push_back(ints(released.Get(i)));
  plan.changed = ints(object.Get("changed"));
  plan.slots = object.Get("slots").ToNumber().Uint32Value();
  return plan;
}

}  // namespace nodetorch
