#include "operators.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "environment.h"

namespace nodetorch {

namespace {

// python_arg_parser.cpp (should_allow_numbers_as_tensors): the only names for which Python turns a
// number into a tensor argument.
constexpr std::array<const char*, 8> takesNumbers{"add",      "sub",      "mul",    "div",
                                                  "subtract", "multiply", "divide", "true_divide"};

bool takesNumbersAsTensors(const std::string& qualified) {
  std::string name = qualified.substr(qualified.find("::") + 2);
  if (!name.empty() && name.back() == '_') name.pop_back();
  return name == "floor_divide" ||
         std::find(takesNumbers.begin(), takesNumbers.end(), name) != takesNumbers.end();
}

std::string camelCase(const std::string& name) {
  std::string result;
  for (size_t i = 0; i < name.size(); i++) {
    const bool joint = name[i] == '_' && i > 0 && i + 1 < name.size();
    if (joint) {
      result += static_cast<char>(std::toupper(static_cast<unsigned char>(name[++i])));
    } else {
      result += name[i];
    }
  }
  return result;
}

// Lists that Python's users may write one by one where nothing comes after them.
bool isSpreadable(const c10::Type& type, bool besidesSelf) {
  if (type.kind() == c10::TypeKind::OptionalType) {
    return isSpreadable(*type.castRaw<c10::OptionalType>()->getElementType(), besidesSelf);
  }
  if (type.kind() != c10::TypeKind::ListType) return false;
  const auto kind = type.castRaw<c10::ListType>()->getElementType()->kind();
  if (kind == c10::TypeKind::TensorType) return true;
  return besidesSelf && (kind == c10::TypeKind::IntType || kind == c10::TypeKind::SymIntType);
}

// Tensor before number before everything else, as Python orders its signatures.
int rankOfType(const c10::Type& type) {
  switch (type.kind()) {
    case c10::TypeKind::TensorType: return 0;
    case c10::TypeKind::NumberType: return 1;
    default: return 2;
  }
}

// The written rule of overload choice: overloads are tried in this order and the first one into
// which all arguments convert is called. Where two differ first in a parameter's type, a tensor
// comes before a number and a number before the rest; then fewer parameters; then the name.
bool triedBefore(const Overload& a, const Overload& b) {
  const size_t common = std::min(a.parameters.size(), b.parameters.size());
  for (size_t i = 0; i < common; i++) {
    const int rankA = rankOfType(*a.parameters[i].type), rankB = rankOfType(*b.parameters[i].type);
    if (rankA != rankB) return rankA < rankB;
  }
  if (a.parameters.size() != b.parameters.size()) return a.parameters.size() < b.parameters.size();
  return a.handle.operator_name().overload_name < b.handle.operator_name().overload_name;
}

}  // namespace

Overload::Overload(c10::OperatorHandle operatorHandle) : handle(std::move(operatorHandle)) {
  const auto& schema = handle.schema();
  const bool numbers = takesNumbersAsTensors(schema.name());
  for (const auto& argument : schema.arguments()) {
    Parameter parameter;
    parameter.name = camelCase(argument.name());
    parameter.libtorchName = argument.name();
    parameter.type = argument.real_type();
    parameter.repeat = argument.N() ? static_cast<int>(*argument.N()) : 0;
    parameter.keywordOnly = argument.kwarg_only();
    parameter.isOut = argument.kwarg_only() && argument.alias_info() != nullptr &&
                      argument.alias_info()->isWrite();
    parameter.isReduction =
        parameter.name == "reduction" && parameter.type->kind() == c10::TypeKind::IntType;
    parameter.numberAsTensor = numbers && !parameters.empty() && !parameter.isOut;
    parameter.hasDefault = argument.default_value().has_value();
    if (parameter.hasDefault) parameter.byDefault = *argument.default_value();
    if (parameter.isOut) outs++;
    if (!parameter.keywordOnly) positional++;
    parameters.push_back(std::move(parameter));
  }
  if (positional == 0) return;
  const bool hasSelf = parameters[0].type->kind() == c10::TypeKind::TensorType;
  variadic = isSpreadable(*parameters[positional - 1].type, positional == (hasSelf ? 2u : 1u));
}

void Overload::requireLimits(const std::vector<c10::IValue>& arguments) const {
  for (size_t i = 0; i < parameters.size(); i++) {
    for (const Limit& limit : parameters[i].limits) {
      requireLimit(limit, arguments[i], arguments[0], handle.schema().name(), parameters[i].name);
    }
  }
}

void OperatorTable::limit(const std::string& name, const std::string& parameter, Limit limit) {
  limits_[name].emplace_back(parameter, limit);
}

void OperatorTable::buildIndex() {
  for (const auto& name : c10::Dispatcher::singleton().getAllOpNames()) {
    index_[name.name].push_back(name);
  }
}

std::vector<std::string> OperatorTable::names() {
  if (index_.empty()) buildIndex();
  std::vector<std::string> names;
  for (const auto& [name, overloads] : index_) {
    if (find(name)) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

Operator* OperatorTable::find(const std::string& name) {
  const auto known = operators_.find(name);
  if (known != operators_.end()) return known->second.get();
  if (index_.empty()) buildIndex();

  const auto dot = name.find('.');
  const auto base = index_.find(name.substr(0, dot));
  if (base == index_.end()) return nullptr;
  auto found = std::make_unique<Operator>();
  found->name = name;
  for (const auto& overload : base->second) {
    if (dot != std::string::npos) {
      const std::string wanted = name.substr(dot + 1);
      if (overload.overload_name != (wanted == "default" ? "" : wanted)) continue;
    }
    // Named tensors, which PyTorch never finished: their overloads look like ones that take
    // strings.
    const bool isNamed = overload.overload_name.find("imname") != std::string::npos ||
                         overload.overload_name.find("names") != std::string::npos;
    const auto handle = c10::Dispatcher::singleton().findSchema(overload);
    if (handle && !isNamed) found->overloads.emplace_back(*handle);
  }
  if (found->overloads.empty()) return nullptr;
  for (const auto& [parameterName, limit] : limits_[name.substr(0, dot)]) {
    for (auto& overload : found->overloads) {
      for (auto& parameter : overload.parameters) {
        if (parameter.name != parameterName) continue;
        parameter.limits.push_back(limit);
        overload.isLimited = true;
      }
    }
  }
  std::stable_sort(found->overloads.begin(), found->overloads.end(), triedBefore);
  return (operators_[name] = std::move(found)).get();
}

}  // namespace nodetorch
