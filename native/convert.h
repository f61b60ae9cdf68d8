// The one converter between JavaScript values and libtorch's IValues, guided by schema types.
#pragma once

#include <ATen/core/function_schema.h>
#include <ATen/core/ivalue.h>
#include <napi.h>

#include <string>
#include <vector>

namespace nodetorch {

struct Environment;

constexpr double maxSafeInteger = 9007199254740991.0;

// A JavaScript value and what it is, found out once for all overloads.
struct Argument {
  napi_value value = nullptr;
  napi_valuetype kind = napi_undefined;
  bool isArray = false;
  bool isDisposed = false;
  double number = 0;  // of kind napi_number
  at::Tensor tensor;  // undefined where the value is no tensor

  // Whether Python would write it as an int: integral, within 2^53, and not -0.
  bool isInt() const;
  // Whether it is a tensor that stands for its number where Python wants one: without dimensions,
  // and not followed by autograd.
  bool isNumberTensor() const;
};

Argument argumentOf(napi_env env, Environment& environment, napi_value value);

// The number that an argument stands for, as Python's int, float, bool or complex; and as an int.
// False where it stands for none. A tensor without dimensions stands for its element.
bool toScalar(napi_env env, const Argument& argument, c10::Scalar& result);
bool toInteger(napi_env env, const Argument& argument, int64_t& result);

// What a parameter takes.
struct Wanted {
  const c10::Type& type;
  int repeat = 0;               // the N of `int[N]`, where one number stands for a list of N
  bool mayBeEmpty = false;      // also where N are wanted
  bool numberAsTensor = false;  // Python takes a number for a tensor here
  bool isReduction = false;     // an int that has names: 'none', 'mean', 'sum'
  const char* role = "";        // for messages
};

// JS -> IValue, strictly: false where the value does not fit.
bool toIValue(napi_env env, Environment& environment, const Argument& argument,
              const Wanted& wanted, c10::IValue& result);

// The same for arguments one by one that stand for a list.
bool toIValueList(napi_env env, Environment& environment, const Argument* arguments, size_t count,
                  const Wanted& wanted, c10::IValue& result);

// IValue -> JS. Lists and tuples become arrays, dicts Maps, None and undefined tensors null,
// integers beyond 2^53 BigInt, complex numbers { re, im }, and what JavaScript cannot look into an
// Opaque. `type`, where the schema is known, tells dtypes and their like from other integers.
napi_value toJs(napi_env env, Environment& environment, const c10::IValue& value,
                const c10::Type* type = nullptr);

// A call's results: the only one, an array of several, undefined for none.
napi_value resultsToJs(napi_env env, Environment& environment, const c10::FunctionSchema& schema,
                       const std::vector<c10::IValue>& stack);

// What `value` is, in a few words, for error messages: "string 'abc'", "Array(3)".
std::string describe(napi_env env, Environment& environment, napi_value value);

// "float32[2, 3]"
std::string describeTensor(const at::Tensor& tensor);

std::string toText(napi_env env, napi_value string);
napi_value toJsText(napi_env env, const std::string& text);
napi_value toJsInt(napi_env env, int64_t value);

// { re, im }: whether `object` has just these two, both numbers.
bool toComplex(napi_env env, napi_value object, c10::complex<double>& result);

// The tensor in argument `role`; a TypeError that names it for anything else. By value: converting
// a later argument can run JavaScript (a Proxy's trap), which may grow the table or dispose.
at::Tensor tensorArgument(napi_env env, Environment& environment, napi_value value,
                          const char* role);

// The tensors of an array, undefined ones for null.
std::vector<at::Tensor> tensorsArgument(napi_env env, Environment& environment, napi_value array,
                                        const char* role);

}  // namespace nodetorch
