// What libtorch does not check itself, and would crash or never end on: bounds of single arguments,
// kept as data by the facade (lib/operators/limits.ts), so that no operator is named here.
#pragma once

#include <ATen/core/ivalue.h>

#include <string>
#include <vector>

namespace nodetorch {

struct Limit {
  enum class Kind {
    AtLeast,   // a number, or every one of a list
    AtMost,    // the same
    Length,    // of a list: just so many
    Nonempty,  // a list has elements; a tensor, and every one of a list of tensors, too
    Strided,   // a tensor has plain memory: neither sparse, mkldnn nor quantized
    Floating,  // a tensor's dtype is floating-point or complex
    Within,    // a dimension, or a list of them: within those of the first argument
  };
  Kind kind;
  double bound = 0;
};

// False where `name` is no kind.
bool parseLimit(const std::string& name, Limit::Kind& kind);

// A RangeError, where `value` breaks the limit; `first` is the call's first argument.
void requireLimit(const Limit& limit, const c10::IValue& value, const c10::IValue& first,
                  const std::string& operatorName, const std::string& parameter);

}  // namespace nodetorch
