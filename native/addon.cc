// The addon's table of contents: one environment, and each concept's functions.
#include "anomaly.h"
#include "environment.h"
#include "errors.h"

namespace nodetorch {

Environment& environmentOf(napi_env env) {
  void* data = nullptr;
  check(env, napi_get_instance_data(env, &data));
  return *static_cast<Environment*>(data);
}

namespace {

void freeEnvironment(napi_env env, void* data, void*) {
  auto* environment = static_cast<Environment*>(data);
  closeAnomaly(*environment, env);
  environment->tensors.close(env);
  environment->references->close();
  delete environment;
}

napi_value init(napi_env env, napi_value exports) {
  try {
    check(env, napi_set_instance_data(env, new Environment(env), freeEnvironment, nullptr));
    initCuda(env, exports);
    initRuntime(env, exports);
    initTensors(env, exports);
    initData(env, exports);
    initBuffers(env, exports);
    initStorage(env, exports);
    initOperators(env, exports);
    initIndexing(env, exports);
    initGenerators(env, exports);
    initSchemas(env, exports);
    initAutograd(env, exports);
    initHooks(env, exports);
    initCustomFunctions(env, exports);
    initAnomaly(env, exports);
    initModules(env, exports);
    initOptimizers(env, exports);
    initScriptModules(env, exports);
    initTracing(env, exports);
    initAutocast(env, exports);
    initCompile(env, exports);
  } catch (...) {
    throwToJs(env);
  }
  return exports;
}

}  // namespace

}  // namespace nodetorch

NAPI_MODULE_INIT() { return nodetorch::init(env, exports); }
