// The process-wide switches and facts of libtorch: seed, threads, versions.
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <c10/util/Logging.h>
#include <dlfcn.h>

#include <atomic>
#include <cstdlib>
#include <mutex>

#include "allocation.h"
#include "compat.h"
#include "convert.h"
#include "environment.h"
#include "errors.h"

namespace nodetorch {

namespace {

// manualSeed(seed: bigint)
napi_value manualSeed(Environment&, const Napi::CallbackInfo& info) {
  bool lossless;
  uint64_t seed = info[0].As<Napi::BigInt>().Uint64Value(&lossless);
  at::manual_seed(seed);
  return nullptr;
}

// OpenBLAS, where libtorch computes matrix products with it, has threads of its own, which
// libtorch's setting does not reach: two of them make a product of 128 x 64 by 64 x 128 take five
// times as long on two busy processors.
void setBlasThreads(int count) {
  using Set = void (*)(int);
  static const Set set = reinterpret_cast<Set>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
  if (set) set(count);
}

// setNumThreads(n)
napi_value setNumThreads(Environment&, const Napi::CallbackInfo& info) {
  const int count = info[0].As<Napi::Number>().Int32Value();
  at::set_num_threads(count);
  setBlasThreads(count);
  return nullptr;
}

// getNumThreads(): number
napi_value getNumThreads(Environment&, const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), at::get_num_threads());
}

// setNumInteropThreads(n)
napi_value setNumInteropThreads(Environment&, const Napi::CallbackInfo& info) {
  try {
    at::set_num_interop_threads(info[0].As<Napi::Number>().Int32Value());
  } catch (const c10::Error&) {
    throw CodedError("ERR_TORCH_THREADS",
                     "setNumInteropThreads: expected to be called once a process and before any "
                     "work between operators runs in parallel, got a call after that; call it "
                     "first, in the main thread, before workers start");
  }
  return nullptr;
}

// getNumInteropThreads(): number
napi_value getNumInteropThreads(Environment&, const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), at::get_num_interop_threads());
}

// isFirstLoad(): boolean, true for one call a process, whichever thread makes it. Static on
// purpose: it is about libtorch's own process-wide settings.
napi_value isFirstLoad(Environment&, const Napi::CallbackInfo& info) {
  static std::atomic<bool> loaded{false};
  return Napi::Boolean::New(info.Env(), !loaded.exchange(true));
}

// The version of the libtorch that was loaded, which need not be the one compiled against.
std::string loadedVersion() {
  const std::string config = at::show_config();
  const std::string key = "TORCH_VERSION=";
  const auto at = config.find(key);
  if (at == std::string::npos) return TORCH_VERSION;
  const auto start = at + key.size();
  return config.substr(start, config.find_first_of(",+ \n", start) - start);
}

// buildInfo(): { compiledFor, libtorch, config, parallel }
napi_value buildInfo(Environment&, const Napi::CallbackInfo& info) {
  auto result = Napi::Object::New(info.Env());
  result.Set("compiledFor", NODE_LIBTORCH_TORCH_VERSION);
  result.Set("libtorch", loadedVersion());
  result.Set("config", at::show_config());
  result.Set("parallel", at::get_parallel_info());
  return result;
}

// A libtorch of another minor version would fail later and stranger.
void refuseOtherVersion() {
  const auto minor = [](const std::string& version) {
    return version.substr(0, version.find('.', version.find('.') + 1));
  };
  if (minor(loadedVersion()) == minor(TORCH_VERSION)) return;
  throw CodedError("ERR_TORCH_VERSION",
                   "this addon was compiled for libtorch " TORCH_VERSION ", but libtorch " +
                       loadedVersion() + " was loaded; run: npx node-libtorch setup");
}

// Reading the stack takes milliseconds an error in some builds, and is only shown to those who ask.
void skipBacktraces() {
  if (std::getenv("NODE_LIBTORCH_DEBUG")) return;
  static std::once_flag once;
  std::call_once(once, [] { c10::SetStackTraceFetcher([]() -> std::string { return ""; }); });
}

}  // namespace

void initRuntime(napi_env env, napi_value exports) {
  silenceWarnings();
  skipBacktraces();
  countAllocations();
  refuseOtherVersion();
  exportFunction<manualSeed>(env, exports, "manualSeed");
  exportFunction<setNumThreads>(env, exports, "setNumThreads");
  exportFunction<getNumThreads>(env, exports, "getNumThreads");
  exportFunction<setNumInteropThreads>(env, exports, "setNumInteropThreads");
  exportFunction<getNumInteropThreads>(env, exports, "getNumInteropThreads");
  exportFunction<isFirstLoad>(env, exports, "isFirstLoad");
  exportFunction<buildInfo>(env, exports, "buildInfo");
}

}  // namespace nodetorch
