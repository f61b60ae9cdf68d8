// Which overload a call means, and its arguments as libtorch takes them.
//
// The written rule: the overloads of a name are tried in a fixed order (native/operators.cc), and
// the first one into which all arguments convert is called, once. Where none fits, they are tried
// again with lists spread: x.reshape(2, 3).
#pragma once

#include <c10/util/SmallVector.h>

#include <string>
#include <utility>
#include <vector>

#include "convert.h"
#include "operators.h"

namespace nodetorch {

// A call as JavaScript made it: positional arguments, then perhaps keyword arguments.
struct Call {
  c10::SmallVector<Argument, 6> arguments;
  size_t count = 0;               // how many are positional
  napi_value keywords = nullptr;  // the trailing plain object
  std::vector<std::pair<std::string, Argument>> keywordArguments;

  // The argument `out`, which reaches the overloads that write their results into given tensors.
  const Argument* out() const;
};

// Whether `object` is written as {...}.
bool isPlainObject(napi_env env, napi_value object);

// Takes a trailing plain object for keyword arguments.
void takeKeywords(napi_env env, Environment& environment, Call& call);

// A tensor with dimensions, in the signatures by which an operator remembers its calls; a signature
// begins with the number of arguments + 1 and has five bits for each.
constexpr uint64_t tensorCode = 6;

// Why an overload does not fit; asked for only where the error message is written.
using Reason = std::string;

// The arguments of `call` on `stack`, in the order of the schema; false where they do not fit.
// `gather`: arguments one by one may stand for a list.
bool fill(napi_env env, Environment& environment, const Call& call, const Overload& overload,
          bool gather, std::vector<c10::IValue>& stack, Reason* reason);

// The overload that `call` means, its arguments on `stack`. A TypeError that lists every candidate
// with the argument that did not fit where there is none.
Choice choose(napi_env env, Environment& environment, const Call& call, Operator& op,
              std::vector<c10::IValue>& stack);

std::string schemaOf(const Overload& overload);

}  // namespace nodetorch
