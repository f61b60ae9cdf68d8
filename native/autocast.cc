// Mixed precision: in which dtype the operators of a device run. libtorch keeps it a thread.
#include "compat_autocast.h"
#include "convert.h"
#include "environment.h"
#include "errors.h"
#include "types.h"

namespace nodetorch {

namespace {

c10::DeviceType deviceType(const Napi::Value& name) {
  return name.ToString().Utf8Value() == "cpu" ? c10::kCPU : c10::kCUDA;
}

void set(const Napi::CallbackInfo& info) {
  c10::ScalarType dtype;
  if (!parseDtype(info[2].ToString(), dtype)) typeError("dtype: expected a dtype");
  setAutocast(deviceType(info[0]), info[1].ToBoolean(), dtype);
  at::autocast::set_autocast_cache_enabled(info[3].ToBoolean());
}

// autocastState(device): [enabled, dtype, cacheEnabled]
napi_value autocastState(Environment&, const Napi::CallbackInfo& info) {
  const c10::DeviceType device = deviceType(info[0]);
  auto state = Napi::Array::New(info.Env(), 3);
  state.Set(0u, Napi::Boolean::New(info.Env(), autocastEnabled(device)));
  state.Set(1u, dtypeName(autocastDtype(device)));
  state.Set(2u, Napi::Boolean::New(info.Env(), at::autocast::is_autocast_cache_enabled()));
  return state;
}

// enterAutocast(device, enabled, dtype, cacheEnabled)
napi_value enterAutocast(Environment&, const Napi::CallbackInfo& info) {
  set(info);
  at::autocast::increment_nesting();
  return nullptr;
}

// leaveAutocast(device, enabled, dtype, cacheEnabled), with what was before; at the outermost one
// the cast weights are let go of, as an optimizer may change the weights then
napi_value leaveAutocast(Environment&, const Napi::CallbackInfo& info) {
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  set(info);
  return nullptr;
}

}  // namespace

void initAutocast(napi_env env, napi_value exports) {
  exportFunction<autocastState>(env, exports, "autocastState");
  exportFunction<enterAutocast>(env, exports, "enterAutocast");
  exportFunction<leaveAutocast>(env, exports, "leaveAutocast");
}

}  // namespace nodetorch
