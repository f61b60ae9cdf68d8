// What one Node environment (the main thread or a worker) owns. Nothing of it is static: workers
// load the addon, use it and are terminated independently of each other.
#pragma once

#include <c10/core/InferenceMode.h>
#include <napi.h>

#include "hooks.h"
#include "operators.h"
#include "references.h"
#include "tensor_table.h"

namespace nodetorch {

class FunctionNode;
class Recorder;
struct RecordingRules;

struct Environment {
  explicit Environment(napi_env env) : references(std::make_shared<ReferenceTable>(env)) {}

  TensorTable tensors;
  OperatorTable operators;
  std::vector<c10::IValue> spareStack;  // the operator path's, between two calls
  std::shared_ptr<ReferenceTable> references;
  HookTable hooks;
  std::vector<FunctionNode*> running;  // whose backward functions are being called, outermost first
  std::vector<std::unique_ptr<c10::InferenceMode>> inferenceModes;  // entered, outermost first
  std::shared_ptr<const RecordingRules> recordingRules;
  std::shared_ptr<Recorder> recorder;
};

// Each concept adds its functions to the addon's exports.
void initTensors(napi_env env, napi_value exports);
void initData(napi_env env, napi_value exports);
void initBuffers(napi_env env, napi_value exports);
void initStorage(napi_env env, napi_value exports);
void initAutograd(napi_env env, napi_value exports);
void initHooks(napi_env env, napi_value exports);
void initCustomFunctions(napi_env env, napi_value exports);
void initAnomaly(napi_env env, napi_value exports);
void initOperators(napi_env env, napi_value exports);
void initIndexing(napi_env env, napi_value exports);
void initGenerators(napi_env env, napi_value exports);
void initSchemas(napi_env env, napi_value exports);
void initModules(napi_env env, napi_value exports);
void initOptimizers(napi_env env, napi_value exports);
void initScriptModules(napi_env env, napi_value exports);
void initTracing(napi_env env, napi_value exports);
void initAutocast(napi_env env, napi_value exports);
void initCompile(napi_env env, napi_value exports);
void initRuntime(napi_env env, napi_value exports);
void initCuda(napi_env env, napi_value exports);

}  // namespace nodetorch
