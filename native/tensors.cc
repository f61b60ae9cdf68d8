// What JavaScript asks of a tensor that is no operator: its properties, its life, its totals.
#include "convert.h"
#include "environment.h"
#include "errors.h"
#include "types.h"

namespace nodetorch {

namespace {

// install(tensorClass, slotSymbol, collectYoung | null, key)
napi_value install(Environment& environment, const Napi::CallbackInfo& info) {
  environment.tensors.install(info.Env(), info[0], info[1], info[2], info[3]);
  return nullptr;
}

// isTensor(value): boolean
napi_value isTensor(Environment& environment, const Napi::CallbackInfo& info) {
  napi_value result;
  bool found = true;
  try {
    found = environment.tensors.find(info.Env(), info[0], "tensor") != nullptr;
  } catch (const ArgumentError&) {
    // A disposed tensor is one all the same.
  } catch (const CodedError&) {
    // So is a busy one.
  }
  check(info.Env(), napi_get_boolean(info.Env(), found, &result));
  return result;
}

// shape(tensor): number[]
napi_value shape(Environment& environment, const Napi::CallbackInfo& info) {
  const at::Tensor& tensor = tensorArgument(info.Env(), environment, info[0], "tensor");
  const auto sizes = tensor.sizes();
  napi_value list, number;
  check(info.Env(), napi_create_array_with_length(info.Env(), sizes.size(), &list));
  for (size_t i = 0; i < sizes.size(); i++) {
    check(info.Env(), napi_create_int64(info.Env(), sizes[i], &number));
    check(info.Env(), napi_set_element(info.Env(), list, i, number));
  }
  return list;
}

// dtype(tensor): string
napi_value dtype(Environment& environment, const Napi::CallbackInfo& info) {
  const at::Tensor& tensor = tensorArgument(info.Env(), environment, info[0], "tensor");
  return toJsText(info.Env(), dtypeName(tensor.scalar_type()));
}

// device(tensor): string
napi_value device(Environment& environment, const Napi::CallbackInfo& info) {
  const at::Tensor& tensor = tensorArgument(info.Env(), environment, info[0], "tensor");
  return toJsText(info.Env(), deviceName(tensor.device()));
}

// isSparse(tensor): boolean, of PyTorch's coordinate layout
napi_value isSparse(Environment& environment, const Napi::CallbackInfo& info) {
  const at::Tensor& tensor = tensorArgument(info.Env(), environment, info[0], "tensor");
  return Napi::Boolean::New(info.Env(), tensor.is_sparse());
}

// resolveDevice(name): string, 'auto' decided and CUDA's presence checked
napi_value resolveDevice(Environment& environment, const Napi::CallbackInfo& info) {
  if (!info[0].IsString()) {
    typeError("device: expected 'cpu', 'cuda', 'cuda:N' or 'auto', got " +
              describe(info.Env(), environment, info[0]));
  }
  return toJsText(info.Env(), deviceName(parseDevice(info[0].ToString(), "device")));
}

// dispose(tensor)
napi_value dispose(Environment& environment, const Napi::CallbackInfo& info) {
  environment.tensors.dispose(info.Env(), info[0]);
  return nullptr;
}

// openScope(): number
napi_value openScope(Environment& environment, const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(environment.tensors.openScope()));
}

// outliveScopes(tensor): no scope that is open disposes of it
napi_value outliveScopes(Environment& environment, const Napi::CallbackInfo& info) {
  environment.tensors.outliveScopes(info.Env(), info[0]);
  return nullptr;
}

// closeScope(start, kept: Tensor[])
napi_value closeScope(Environment& environment, const Napi::CallbackInfo& info) {
  std::vector<napi_value> kept;
  const auto list = info[1].As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); i++) kept.push_back(list.Get(i));
  environment.tensors.closeScope(info.Env(), info[0].As<Napi::Number>().Int64Value(), kept);
  return nullptr;
}

// sweep(): number of tensors freed
napi_value sweep(Environment& environment, const Napi::CallbackInfo& info) {
  const size_t freed = environment.tensors.sweep(info.Env());
  environment.references->drain();
  return Napi::Number::New(info.Env(), static_cast<double>(freed));
}

// living(): [tensor, bytes, tensor, bytes, ...] of the tensors whose objects are alive
napi_value living(Environment& environment, const Napi::CallbackInfo& info) {
  auto result = Napi::Array::New(info.Env());
  for (const auto& [tensor, bytes] : environment.tensors.living(info.Env())) {
    result.Set(result.Length(), tensor);
    result.Set(result.Length(), static_cast<double>(bytes));
  }
  return result;
}

// memory(): { live, waiting, peakLive, peakBytes, sweeps, cpuBytes, cudaBytes }
napi_value memory(Environment& environment, const Napi::CallbackInfo& info) {
  const auto totals = environment.tensors.totals(info.Env());
  auto result = Napi::Object::New(info.Env());
  result.Set("live", static_cast<double>(totals.live));
  result.Set("waiting", static_cast<double>(totals.waiting));
  result.Set("peakLive", static_cast<double>(totals.peakLive));
  result.Set("peakBytes", static_cast<double>(totals.peakBytes));
  result.Set("sweeps", static_cast<double>(totals.sweeps));
  result.Set("cpuBytes", static_cast<double>(totals.cpuBytes));
  result.Set("cudaBytes", static_cast<double>(totals.cudaBytes));
  return result;
}

}  // namespace

void initTensors(napi_env env, napi_value exports) {
  exportFunction<install>(env, exports, "install");
  exportFunction<isTensor>(env, exports, "isTensor");
  exportFunction<shape>(env, exports, "shape");
  exportFunction<dtype>(env, exports, "dtype");
  exportFunction<device>(env, exports, "device");
  exportFunction<isSparse>(env, exports, "isSparse");
  exportFunction<resolveDevice>(env, exports, "resolveDevice");
  exportFunction<dispose>(env, exports, "dispose");
  exportFunction<openScope>(env, exports, "openScope");
  exportFunction<closeScope>(env, exports, "closeScope");
  exportFunction<outliveScopes>(env, exports, "outliveScopes");
  exportFunction<sweep>(env, exports, "sweep");
  exportFunction<living>(env, exports, "living");
  exportFunction<memory>(env, exports, "memory");
}

}  // namespace nodetorch
