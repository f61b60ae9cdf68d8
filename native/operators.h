// The operator path: every operator of the loaded libtorch, by its schema, through the dispatcher.
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>
#include <napi.h>

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace nodetorch {

// One overload with what a call needs to know about its schema, worked out once.
struct Overload {
  explicit Overload(c10::OperatorHandle handle);

  struct Parameter {
    std::string name;   // camelCase
    c10::TypePtr type;  // the real type: dtype, layout and SymInt, not int
    int repeat;         // N of int[N], else 0
    bool keywordOnly;
    bool isOut;
  };

  c10::OperatorHandle handle;
  std::vector<Parameter> parameters;
  size_t positional;  // how many are not keyword-only
  bool hasOut;
  bool variadic;          // one list of ints besides self: x.reshape(2, 3) is x.reshape([2, 3])
  bool numbersAsTensors;  // Python takes a number for a tensor here
};

// All overloads of one base name, in the order in which they are tried.
struct Operator {
  std::string name;  // "aten::add"
  std::vector<Overload> overloads;
};

class OperatorTable {
 public:
  // nullptr where the loaded libtorch has no such operator. `name` may end in ".overload".
  const Operator* find(const std::string& name);

  // The base names of all operators, sorted; named tensors' overloads do not count.
  std::vector<std::string> names();

 private:
  std::unordered_map<std::string, std::unique_ptr<Operator>> operators_;
  std::unordered_map<std::string, std::vector<c10::OperatorName>> index_;
  void buildIndex();
};

}  // namespace nodetorch
