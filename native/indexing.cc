// t[...] as PyTorch has it, by libtorch's own rules: integers, slices, '...', null, booleans, masks
// and index tensors, mixed. The facade (lib/indexing.ts) has read the indices.
#include <ATen/ScalarOps.h>
#include <ATen/TensorIndexing.h>

#include "compat.h"
#include "convert.h"
#include "environment.h"
#include "errors.h"

namespace nodetorch {

namespace {

namespace indexing = at::indexing;

// [start, stop, step], each a number; the facade has filled in what was left out.
indexing::Slice sliceOf(napi_env env, napi_value triple) {
  int64_t parts[3];
  for (uint32_t i = 0; i < 3; i++) {
    napi_value part;
    check(env, napi_get_element(env, triple, i, &part));
    check(env, napi_get_value_int64(env, part, &parts[i]));
  }
  return indexing::Slice(parts[0], parts[1], parts[2]);
}

indexing::TensorIndex indexOf(napi_env env, Environment& environment, napi_value value) {
  const Argument argument = argumentOf(env, environment, value);
  if (argument.isDisposed) throwDisposed("index");
  if (argument.tensor.defined()) return argument.tensor;
  switch (argument.kind) {
    case napi_null: return indexing::None;
    case napi_string: return indexing::Ellipsis;  // the only string that the facade lets through
    case napi_boolean: return indexing::TensorIndex(bool(Napi::Value(env, value).ToBoolean()));
    case napi_object: return sliceOf(env, value);
    default: return static_cast<int64_t>(argument.number);
  }
}

std::vector<indexing::TensorIndex> indicesOf(napi_env env, Environment& environment,
                                             napi_value list) {
  std::vector<indexing::TensorIndex> indices;
  uint32_t length;
  check(env, napi_get_array_length(env, list, &length));
  for (uint32_t i = 0; i < length; i++) {
    napi_value item;
    check(env, napi_get_element(env, list, i, &item));
    indices.push_back(indexOf(env, environment, item));
  }
  return indices;
}

// The part that the basic indices select, and the tensors that index that part.
std::pair<at::Tensor, std::vector<at::Tensor>> slicedBy(
    const at::Tensor& tensor, const std::vector<indexing::TensorIndex>& indices) {
  std::vector<at::Tensor> tensors;
  at::Tensor part = indexing::impl::applySlicing(tensor, indices, tensors, false, tensor.device(),
                                                 sizesForIndexing(tensor));
  return {part, tensors};
}

void addAt(const at::Tensor& tensor, const std::vector<indexing::TensorIndex>& indices,
           const at::Tensor& value) {
  auto [part, tensors] = slicedBy(tensor, indices);
  if (tensors.empty()) {
    part.add_(value);
  } else {
    part.index_put_(indexing::impl::typeConvertIndices(part, std::move(tensors)), value, true);
  }
}

// index(tensor, indices): Tensor
napi_value index(Environment& environment, const Napi::CallbackInfo& info) {
  napi_env env = info.Env();
  const at::Tensor tensor = tensorArgument(env, environment, info[0], "tensor");
  const auto indices = indicesOf(env, environment, info[1]);
  at::Tensor result = inContext(
      env, [&] { return "index(" + describeTensor(tensor) + ")"; },
      [&] { return tensor.index(indices); });
  return environment.tensors.wrap(env, std::move(result));
}

// indexPut(tensor, indices, value: Tensor | number | boolean, accumulate): tensor[indices] = value
napi_value indexPut(Environment& environment, const Napi::CallbackInfo& info) {
  napi_env env = info.Env();
  at::Tensor tensor = tensorArgument(env, environment, info[0], "tensor");
  const auto indices = indicesOf(env, environment, info[1]);
  const Argument given = argumentOf(env, environment, info[2]);
  c10::IValue value;
  const bool isTensor = given.tensor.defined();
  if (!isTensor && !toIValue(env, environment, given, Wanted{*c10::NumberType::get()}, value)) {
    typeError("value: expected a Tensor or a number, got " + describe(env, environment, info[2]) +
              "; make one with tensor(data)");
  }
  const bool accumulate = info[3].ToBoolean();
  inContext(
      env, [&] { return "indexPut(" + describeTensor(tensor) + ")"; },
      [&] {
        if (accumulate) {
          addAt(tensor, indices,
                isTensor ? given.tensor
                         : c10::scalar_to_tensor(value.toScalar(), tensor.device())
                               .to(tensor.scalar_type()));
        } else if (isTensor) {
          tensor.index_put_(indices, given.tensor);
        } else {
          tensor.index_put_(indices, value.toScalar());
        }
      });
  return nullptr;
}

}  // namespace

void initIndexing(napi_env env, napi_value exports) {
  exportFunction<index>(env, exports, "index");
  exportFunction<indexPut>(env, exports, "indexPut");
}

}  // namespace nodetorch
