// Values of libtorch that JavaScript cannot look into: generators, packed weights, futures and
// whatever else a schema may name. JavaScript holds them and gives them back.
#pragma once

#include <ATen/core/ivalue.h>
#include <napi.h>

namespace nodetorch {

// Makes `object` stand for `value`, for as long as it lives.
void makeOpaque(napi_env env, napi_value object, c10::IValue value);

// A new object { kind } that stands for `value`.
napi_value opaqueToJs(napi_env env, c10::IValue value);

// What `object` stands for; nullptr where it is no such object.
const c10::IValue* opaqueOf(napi_env env, napi_value object);

}  // namespace nodetorch
