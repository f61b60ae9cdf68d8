// The one converter between JavaScript values and libtorch's IValues, guided by schema types.
#pragma once

#include <ATen/core/function_schema.h>
#include <ATen/core/ivalue.h>
#include <napi.h>

#include <string>
#include <vector>

namespace nodetorch {

struct Environment;

// A JavaScript value and what it is, found out once for all overloads.
struct Argument {
  napi_value value = nullptr;
  napi_valuetype kind = napi_undefined;
  bool isArray = false;
  bool isDisposed = false;
  at::Tensor tensor;  // undefined where the value is no tensor
};

Argument argumentOf(napi_env env, Environment& environment, napi_value value);

// JS -> IValue as `type` demands, strictly: false where `value` does not fit. `repeat` is the N of
// `int[N]`, where one number stands for a list of N; `numberAsTensor` says whether Python takes a
// number for a tensor here.
bool toIValue(napi_env env, Environment& environment, const Argument& argument,
              const c10::Type& type, int repeat, bool numberAsTensor, const char* role,
              c10::IValue& result);

// IValue -> JS. Lists and tuples become arrays, None and undefined tensors null, integers beyond
// 2^53 BigInt.
napi_value toJs(napi_env env, Environment& environment, const c10::IValue& value);

// What `value` is, in a few words, for error messages: "string 'abc'", "Array(3)".
std::string describe(napi_env env, Environment& environment, napi_value value);

// "float32[2, 3]"
std::string describeTensor(const at::Tensor& tensor);

std::string toText(napi_env env, napi_value string);
napi_value toJsText(napi_env env, const std::string& text);
napi_value toJsInt(napi_env env, int64_t value);

// The tensor in argument `role`; a TypeError that names it for anything else. By value: converting
// a later argument can run JavaScript (a Proxy's trap), which may grow the table or dispose.
at::Tensor tensorArgument(napi_env env, Environment& environment, napi_value value,
                          const char* role);

// The tensors of an array, undefined ones for null.
std::vector<at::Tensor> tensorsArgument(napi_env env, Environment& environment, napi_value array,
                                        const char* role);

}  // namespace nodetorch
