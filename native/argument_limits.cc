#include "argument_limits.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <sstream>

#include "errors.h"

namespace nodetorch {

namespace {

// Whether `test` holds for the value, or for every one of a list.
template <class Test>
bool all(const c10::IValue& value, Test test) {
  if (!value.isList()) return test(value);
  for (const c10::IValue& item : value.toListRef()) {
    if (!test(item)) return false;
  }
  return true;
}

double numberOf(const c10::IValue& value) {
  if (value.isInt()) return static_cast<double>(value.toInt());
  if (value.isDouble()) return value.toDouble();
  return 0;
}

bool atMost(const c10::IValue& value, double bound) {
  if (value.isTensor() && value.toTensor().defined()) {
    const at::Tensor& tensor = value.toTensor();
    if (tensor.is_complex() || tensor.is_quantized()) return true;
    const at::Tensor numbers = tensor.cpu().to(c10::kDouble).clone(c10::MemoryFormat::Contiguous);
    const auto* first = static_cast<const double*>(numbers.data_ptr());
    return std::all_of(first, first + numbers.numel(),
                       [&](double number) { return !(number > bound); });
  }
  return numberOf(value) <= bound;
}

bool keeps(const Limit& limit, const c10::IValue& value, const c10::IValue& first) {
  switch (limit.kind) {
    case Limit::Kind::AtLeast:
      return all(value, [&](const c10::IValue& item) { return numberOf(item) >= limit.bound; });
    case Limit::Kind::AtMost:
      return all(value, [&](const c10::IValue& item) { return atMost(item, limit.bound); });
    case Limit::Kind::Length:
      return !value.isList() || static_cast<double>(value.toListRef().size()) == limit.bound;
    case Limit::Kind::Nonempty:
      if (value.isList() && value.toListRef().empty()) return false;
      return all(value, [](const c10::IValue& item) {
        return !item.isTensor() || !item.toTensor().defined() || item.toTensor().numel() > 0;
      });
    case Limit::Kind::Strided:
      return all(value, [](const c10::IValue& item) {
        return !item.isTensor() || !item.toTensor().defined() ||
               (item.toTensor().layout() == c10::kStrided && !item.toTensor().is_quantized());
      });
    case Limit::Kind::Floating:
      return all(value, [](const c10::IValue& item) {
        return !item.isTensor() || !item.toTensor().defined() ||
               item.toTensor().is_floating_point() || item.toTensor().is_complex();
      });
    case Limit::Kind::Within: {
      const double dims = first.isTensor() && first.toTensor().defined()
                              ? static_cast<double>(first.toTensor().dim())
                              : 0;
      return all(value, [&](const c10::IValue& item) {
        return item.isNone() || (numberOf(item) >= -dims && numberOf(item) < dims);
      });
    }
  }
  return true;
}

std::string expectedBy(const Limit& limit) {
  std::ostringstream text;
  switch (limit.kind) {
    case Limit::Kind::AtLeast: text << "at least " << limit.bound; break;
    case Limit::Kind::AtMost: text << "at most " << limit.bound; break;
    case Limit::Kind::Length: text << limit.bound << " elements"; break;
    case Limit::Kind::Nonempty: text << "at least one element"; break;
    case Limit::Kind::Strided: text << "a dense tensor without quantization"; break;
    case Limit::Kind::Floating: text << "a floating-point dtype"; break;
    case Limit::Kind::Within: text << "a dimension of the first tensor"; break;
  }
  return text.str();
}

}  // namespace

bool parseLimit(const std::string& name, Limit::Kind& kind) {
  static const std::pair<const char*, Limit::Kind> kinds[] = {
      {"atLeast", Limit::Kind::AtLeast}, {"atMost", Limit::Kind::AtMost},
      {"length", Limit::Kind::Length},   {"nonempty", Limit::Kind::Nonempty},
      {"strided", Limit::Kind::Strided}, {"floating", Limit::Kind::Floating},
      {"within", Limit::Kind::Within},
  };
  for (const auto& [known, value] : kinds) {
    if (name != known) continue;
    kind = value;
    return true;
  }
  return false;
}

void requireLimit(const Limit& limit, const c10::IValue& value, const c10::IValue& first,
                  const std::string& operatorName, const std::string& parameter) {
  if (keeps(limit, value, first)) return;
  std::ostringstream got;
  if (value.isTensorList()) {
    got << "Tensor[" << value.toListRef().size() << "]";
  } else if (value.isTensor()) {
    got << "a tensor beyond it";
  } else {
    got << value;
  }
  rangeError(operatorName + ": argument '" + parameter + "': expected " + expectedBy(limit) +
             ", got " + got.str() + "; libtorch itself would not notice");
}

}  // namespace nodetorch
