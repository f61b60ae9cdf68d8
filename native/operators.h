// The operator path: every operator of the loaded libtorch, by its schema, through the dispatcher.
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>
#include <napi.h>

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "argument_limits.h"

namespace nodetorch {

// One overload with what a call needs to know about its schema, worked out once.
struct Overload {
  explicit Overload(c10::OperatorHandle handle);

  // TypeErrors and RangeErrors for what libtorch would not notice.
  void requireLimits(const std::vector<c10::IValue>& arguments) const;

  struct Parameter {
    std::string name;  // camelCase
    std::string libtorchName;
    c10::TypePtr type;  // the real type: dtype, layout and SymInt, not int
    int repeat;         // N of int[N], else 0
    bool keywordOnly;
    bool isOut;
    bool isReduction;     // an int that has names: 'none', 'mean', 'sum'
    bool numberAsTensor;  // Python takes a number for a tensor here
    bool hasDefault;
    c10::IValue byDefault;
    std::vector<Limit> limits;
  };

  c10::OperatorHandle handle;
  std::vector<Parameter> parameters;
  size_t positional = 0;  // how many are not keyword-only
  size_t outs = 0;        // how many are out tensors
  bool isLimited = false;
  bool variadic = false;  // x.reshape(2, 3) is x.reshape([2, 3]), meshgrid(a, b) meshgrid([a, b])
};

// An overload, and whether it takes arguments one by one for a list.
struct Choice {
  const Overload* overload;
  bool gather;
};

// All overloads of one base name, in the order in which they are tried.
struct Operator {
  std::string name;  // "aten::add"
  std::vector<Overload> overloads;
  // Which overload a call took, by what its arguments were (native/overload_choice.cc).
  struct Chosen {
    uint64_t signature;
    Choice choice;
    bool isPlain;  // tensors alone, with dimensions, and no limits
  };
  std::vector<Chosen> chosen;
};

class OperatorTable {
 public:
  // nullptr where the loaded libtorch has no such operator. `name` may end in ".overload".
  Operator* find(const std::string& name);

  // Limits a parameter of every overload of a name, for calls looked up from now on.
  void limit(const std::string& name, const std::string& parameter, Limit limit);

  // The base names of all operators, sorted; named tensors' overloads do not count.
  std::vector<std::string> names();

 private:
  std::unordered_map<std::string, std::unique_ptr<Operator>> operators_;
  std::unordered_map<std::string, std::vector<c10::OperatorName>> index_;
  std::unordered_map<std::string, std::vector<std::pair<std::string, Limit>>> limits_;
  void buildIndex();
};

}  // namespace nodetorch
