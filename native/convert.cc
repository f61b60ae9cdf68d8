#include "convert.h"

#include <ATen/ScalarOps.h>

#include <algorithm>

#include "environment.h"
#include "errors.h"
#include "opaque.h"
#include "types.h"

namespace nodetorch {

namespace {

// Nesting of lists and dicts; an array that holds itself has no end.
constexpr int maxDepth = 32;

using c10::TypeKind;

// Kernels are unboxed from lists of plain ints, whatever the schema calls them.
c10::TypePtr elementType(const c10::TypePtr& element) {
  if (namedInts(element->kind()) || element->kind() == TypeKind::SymIntType) {
    return c10::IntType::get();
  }
  return element->kind() == TypeKind::SymFloatType ? c10::TypePtr(c10::FloatType::get()) : element;
}

// What the conversion of one argument needs to know at every depth.
struct Converter {
  napi_env env;
  Environment& environment;
  const char* role;
  bool numberAsTensor;
  bool mayBeEmpty;
  int depth = 0;

  bool tensor(const Argument& argument, c10::IValue& result) {
    if (argument.tensor.defined()) {
      result = argument.tensor;
      return true;
    }
    if (argument.isDisposed) throwDisposed(role);
    c10::Scalar number;
    if (!numberAsTensor || !toScalar(env, argument, number)) return false;
    at::Tensor wrapped = c10::scalar_to_tensor(number);
    wrapped.unsafeGetTensorImpl()->set_wrapped_number(true);
    result = std::move(wrapped);
    return true;
  }

  bool element(napi_value list, uint32_t index, const c10::Type& type, c10::IValue& result) {
    napi_value item;
    check(env, napi_get_element(env, list, index, &item));
    return convert(argumentOf(env, environment, item), type, 0, result);
  }

  bool list(const Argument& argument, const c10::TypePtr& type, int repeat, c10::IValue& result) {
    c10::impl::GenericList items(elementType(type));
    c10::IValue item;
    if (!argument.isArray) {
      if (repeat <= 0 || !convert(argument, *type, 0, item)) return false;
      for (int i = 0; i < repeat; i++) items.push_back(item);
    } else {
      uint32_t length;
      check(env, napi_get_array_length(env, argument.value, &length));
      items.reserve(std::min(length, 64u));  // a sparse array's length can be anything
      for (uint32_t i = 0; i < length; i++) {
        if (!element(argument.value, i, *type, item)) return false;
        items.push_back(item);
      }
      // Kernels read N elements without looking how many there are.
      if (repeat > 1 && length == 1) {
        while (static_cast<int>(items.size()) < repeat) items.push_back(item);
      }
      const bool any = repeat <= 1 || (length == 0 && mayBeEmpty);
      if (!any && static_cast<int>(items.size()) != repeat) return false;
    }
    result = std::move(items);
    return true;
  }

  bool gathered(const Argument* arguments, size_t count, const c10::TypePtr& type,
                c10::IValue& result) {
    c10::impl::GenericList items(elementType(type));
    c10::IValue item;
    for (size_t i = 0; i < count; i++) {
      if (!convert(arguments[i], *type, 0, item)) return false;
      items.push_back(item);
    }
    result = std::move(items);
    return true;
  }

  bool tuple(const Argument& argument, const c10::Type& type, c10::IValue& result) {
    const auto types = type.containedTypes();
    uint32_t length = 0;
    if (!argument.isArray) return false;
    check(env, napi_get_array_length(env, argument.value, &length));
    if (length != types.size()) return false;
    std::vector<c10::IValue> items(length);
    for (uint32_t i = 0; i < length; i++) {
      if (!element(argument.value, i, *types[i], items[i])) return false;
    }
    result = c10::ivalue::Tuple::create(std::move(items));
    return true;
  }

  // A dict from a plain object, whose keys are strings.
  bool dict(const Argument& argument, const c10::Type& type, c10::IValue& result) {
    const auto types = type.containedTypes();
    if (argument.kind != napi_object || argument.isArray || argument.tensor.defined()) return false;
    if (types[0]->kind() != TypeKind::StringType) return false;
    c10::impl::GenericDict items(types[0], types[1]);
    napi_value names, name, value;
    uint32_t length;
    check(env, napi_get_property_names(env, argument.value, &names));
    check(env, napi_get_array_length(env, names, &length));
    for (uint32_t i = 0; i < length; i++) {
      c10::IValue item;
      check(env, napi_get_element(env, names, i, &name));
      check(env, napi_get_property(env, argument.value, name, &value));
      if (!convert(argumentOf(env, environment, value), *types[1], 0, item)) return false;
      items.insert(toText(env, name), item);
    }
    result = std::move(items);
    return true;
  }

  // A parameter of no type of its own takes what the value itself says.
  bool anything(const Argument& argument, c10::IValue& result) {
    if (argument.kind == napi_null) {
      result = c10::IValue();
      return true;
    }
    if (argument.tensor.defined()) return tensor(argument, result);
    if (argument.kind == napi_string) {
      result = toText(env, argument.value);
      return true;
    }
    if (argument.isArray) return list(argument, c10::AnyType::get(), 0, result);
    c10::Scalar number;
    if (!toScalar(env, argument, number)) return opaque(argument, *c10::AnyType::get(), result);
    result = number;
    return true;
  }

  bool opaque(const Argument& argument, const c10::Type& type, c10::IValue& result) {
    if (argument.kind != napi_object) return false;
    const c10::IValue* value = opaqueOf(env, argument.value);
    if (!value || !value->type()->isSubtypeOf(type)) return false;
    result = *value;
    return true;
  }

  // The first of the types that takes it.
  bool either(const Argument& argument, const c10::Type& type, c10::IValue& result) {
    const auto types = type.containedTypes();
    return std::any_of(types.begin(), types.end(), [&](const c10::TypePtr& candidate) {
      return convert(argument, *candidate, 0, result);
    });
  }

  bool named(const Argument& argument, const NamedInts& names, c10::IValue& result) {
    int64_t value;
    if (argument.kind != napi_string || !names.parse(toText(env, argument.value), value)) {
      return false;
    }
    result = value;
    return true;
  }

  bool convert(const Argument& argument, const c10::Type& type, int repeat, c10::IValue& result) {
    if (type.kind() == TypeKind::TensorType) return tensor(argument, result);
    if (depth >= maxDepth) return false;
    depth++;
    const bool fits = convertOther(argument, type, repeat, result);
    depth--;
    return fits;
  }

  bool convertOther(const Argument& argument, const c10::Type& type, int repeat,
                    c10::IValue& result) {
    const napi_valuetype kind = argument.kind;
    switch (type.kind()) {
      case TypeKind::NoneType:
      case TypeKind::OptionalType:
        if (kind == napi_null || kind == napi_undefined) {
          result = c10::IValue();
          return true;
        }
        if (type.kind() == TypeKind::NoneType) return false;
        return convert(argument, *type.castRaw<c10::OptionalType>()->getElementType(), repeat,
                       result);
      case TypeKind::ListType:
        return list(argument, type.castRaw<c10::ListType>()->getElementType(), repeat, result);
      case TypeKind::NumberType: {
        c10::Scalar number;
        if (!toScalar(env, argument, number)) return false;
        result = number;
        return true;
      }
      case TypeKind::IntType:
      case TypeKind::SymIntType: {
        int64_t number;
        if (!toInteger(env, argument, number)) return false;
        result = number;
        return true;
      }
      case TypeKind::FloatType:
      case TypeKind::SymFloatType: {
        c10::Scalar number;
        if (kind == napi_boolean || kind == napi_bigint || !toScalar(env, argument, number))
          return false;
        if (number.isComplex()) return false;
        result = number.toDouble();
        return true;
      }
      case TypeKind::ComplexType: {
        c10::Scalar number;
        if (!toScalar(env, argument, number)) return false;
        result = number.toComplexDouble();
        return true;
      }
      case TypeKind::BoolType: {
        bool flag;
        if (kind != napi_boolean) return false;
        check(env, napi_get_value_bool(env, argument.value, &flag));
        result = flag;
        return true;
      }
      case TypeKind::StringType:
        if (kind != napi_string) return false;
        result = toText(env, argument.value);
        return true;
      case TypeKind::ScalarTypeType:
      case TypeKind::LayoutType:
      case TypeKind::MemoryFormatType:
      case TypeKind::QSchemeType: return named(argument, *namedInts(type.kind()), result);
      case TypeKind::DeviceObjType:
        if (kind != napi_string) return false;
        result = parseDevice(toText(env, argument.value), role);
        return true;
      case TypeKind::StreamObjType:  // a device's default stream, by the device's name
        if (kind != napi_string) return opaque(argument, type, result);
        result = c10::Stream(c10::Stream::DEFAULT, parseDevice(toText(env, argument.value), role));
        return true;
      case TypeKind::StorageType:  // a tensor's
        if (!argument.tensor.defined() || !argument.tensor.has_storage()) return false;
        result = argument.tensor.storage();
        return true;
      case TypeKind::TupleType: return tuple(argument, type, result);
      case TypeKind::DictType: return dict(argument, type, result);
      case TypeKind::UnionType: return either(argument, type, result);
      case TypeKind::AnyType:
      case TypeKind::VarType: return anything(argument, result);
      default: return opaque(argument, type, result);
    }
  }
};

}  // namespace

bool toIValue(napi_env env, Environment& environment, const Argument& argument,
              const Wanted& wanted, c10::IValue& result) {
  Converter converter{env, environment, wanted.role, wanted.numberAsTensor, wanted.mayBeEmpty};
  if (wanted.isReduction && argument.kind == napi_string) {
    return converter.named(argument, reductions(), result);
  }
  return converter.convert(argument, wanted.type, wanted.repeat, result);
}

bool toIValueList(napi_env env, Environment& environment, const Argument* arguments, size_t count,
                  const Wanted& wanted, c10::IValue& result) {
  const c10::Type* type = &wanted.type;
  if (type->kind() == c10::TypeKind::OptionalType) type = type->containedTypes()[0].get();
  const bool enough = wanted.repeat <= 1 || static_cast<int>(count) == wanted.repeat;
  return enough && Converter{env, environment, wanted.role, wanted.numberAsTensor, true}.gathered(
                       arguments, count, type->containedTypes()[0], result);
}

}  // namespace nodetorch
