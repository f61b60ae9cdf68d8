// Recording a step, from JavaScript's side.
#include <ATen/core/Generator.h>

#include <algorithm>
#include <mutex>

#include "../convert.h"
#include "../environment.h"
#include "../errors.h"
#include "bindings.h"
#include "recorder.h"

namespace nodetorch {

namespace {

void freeRecording(napi_env, void* data, void*) {
  delete static_cast<std::shared_ptr<Recording>*>(data);
}

std::vector<std::string> texts(const Napi::Value& value) {
  const auto list = value.As<Napi::Array>();
  std::vector<std::string> result;
  for (uint32_t i = 0; i < list.Length(); i++)
    result.push_back(Napi::Value(list.Get(i)).ToString());
  return result;
}

// setRecordingRules(refused: [name, reason][], transparent: string[], ignored: string[],
// saving: string[], masked: string[], constants: string[])
napi_value setRecordingRules(Environment& environment, const Napi::CallbackInfo& info) {
  auto rules = std::make_shared<RecordingRules>();
  const auto refused = info[0].As<Napi::Array>();
  for (uint32_t i = 0; i < refused.Length(); i++) {
    const auto pair = texts(refused.Get(i));
    rules->refused.emplace("aten::" + pair.at(0), pair.at(1));
  }
  std::unordered_set<std::string>* const lists[] = {
      &rules->transparent, &rules->ignored, &rules->saving, &rules->masked, &rules->constants};
  for (size_t i = 0; i < 5; i++) {
    for (const auto& name : texts(info[i + 1])) lists[i]->insert("aten::" + name);
  }
  environment.recordingRules = rules;
  return nullptr;
}

// The generators that the recorded calls draw from, each once.
std::vector<at::Generator> generatorsOf(const Recording& recording) {
  std::vector<at::Generator> found;
  for (const auto& call : recording.calls) {
    for (const auto& argument : call.arguments) {
      if (!argument.constant.isGenerator()) continue;
      const at::Generator generator = argument.constant.toGenerator();
      if (std::find(found.begin(), found.end(), generator) == found.end())
        found.push_back(generator);
    }
  }
  return found;
}

// generatorStates(recording): Tensor[], of the generators that it draws from beside libtorch's own
napi_value generatorStates(Environment& environment, const Napi::CallbackInfo& info) {
  const napi_env env = info.Env();
  auto states = Napi::Array::New(env);
  for (auto& generator : generatorsOf(*recordingOf(info[0]))) {
    const std::lock_guard<std::mutex> lock(generator.mutex());
    states.Set(states.Length(), environment.tensors.wrap(env, generator.get_state()));
  }
  return states;
}

// setGeneratorStates(recording, states: Tensor[])
napi_value setGeneratorStates(Environment& environment, const Napi::CallbackInfo& info) {
  const auto states = tensorsArgument(info.Env(), environment, info[1], "states");
  auto generators = generatorsOf(*recordingOf(info[0]));
  for (size_t i = 0; i < generators.size(); i++) {
    const std::lock_guard<std::mutex> lock(generators[i].mutex());
    generators[i].set_state(states.at(i));
  }
  return nullptr;
}

// startRecording(arguments: Tensor[], keepsContents, onRefusal: (operator, reason) => void)
napi_value startRecording(Environment& environment, const Napi::CallbackInfo& info) {
  const napi_env env = info.Env();
  const auto arguments = tensorsArgument(env, environment, info[0], "arguments");
  const std::shared_ptr<Reference> listener = environment.references->hold(info[2]);
  environment.recorder = std::make_shared<Recorder>(
      *environment.recordingRules, arguments, info[1].ToBoolean(),
      [listener](const std::string& name, const std::string& reason) {
        // Elsewhere, on a thread of the engine's, there is no place of JavaScript's to name.
        if (!listener->isHere()) return;
        const napi_env env = listener->environment();
        const Napi::HandleScope handles(env);
        napi_value result, receiver;
        const napi_value values[] = {toJsText(env, name), toJsText(env, reason)};
        check(env, napi_get_undefined(env, &receiver));
        check(env, napi_call_function(env, receiver, listener->value(), 2, values, &result));
      });
  return nullptr;
}

// finishRecording(results: Tensor[]): { handle, ...description }
napi_value finishRecording(Environment& environment, const Napi::CallbackInfo& info) {
  const napi_env env = info.Env();
  const auto results = tensorsArgument(env, environment, info[0], "results");
  const auto recording = environment.recorder->finish(results);
  environment.recorder.reset();
  auto described = describeRecording(env, environment, *recording);
  auto handle = Napi::Object::New(env);
  auto* data = new std::shared_ptr<Recording>(recording);
  check(env, napi_wrap(env, handle, data, freeRecording, nullptr, nullptr));
  described.Set("handle", handle);
  return described;
}

// abandonRecording()
napi_value abandonRecording(Environment& environment, const Napi::CallbackInfo&) {
  environment.recorder.reset();
  return nullptr;
}

// bindRecordedArgument(name, slot): whether the last operator has such an argument
napi_value bindRecordedArgument(Environment& environment, const Napi::CallbackInfo& info) {
  const bool found =
      environment.recorder &&
      environment.recorder->bindArgument(info[0].ToString(), info[1].ToNumber().Uint32Value());
  return Napi::Boolean::New(info.Env(), found);
}

// bindRecordedTensor(tensor, slot)
napi_value bindRecordedTensor(Environment& environment, const Napi::CallbackInfo& info) {
  const auto tensor = tensorArgument(info.Env(), environment, info[0], "tensor");
  if (environment.recorder) {
    environment.recorder->bindTensor(tensor, info[1].ToNumber().Uint32Value());
  }
  return nullptr;
}

}  // namespace

std::shared_ptr<Recording> recordingOf(const Napi::Value& handle) {
  void* data = nullptr;
  check(handle.Env(), napi_unwrap(handle.Env(), handle, &data));
  return *static_cast<std::shared_ptr<Recording>*>(data);
}

void initCompile(napi_env env, napi_value exports) {
  exportFunction<setRecordingRules>(env, exports, "setRecordingRules");
  exportFunction<startRecording>(env, exports, "startRecording");
  exportFunction<finishRecording>(env, exports, "finishRecording");
  exportFunction<abandonRecording>(env, exports, "abandonRecording");
  exportFunction<generatorStates>(env, exports, "generatorStates");
  exportFunction<setGeneratorStates>(env, exports, "setGeneratorStates");
  exportFunction<bindRecordedArgument>(env, exports, "bindRecordedArgument");
  exportFunction<bindRecordedTensor>(env, exports, "bindRecordedTensor");
  exportFunction<outVariant>(env, exports, "outVariant");
  exportFunction<createProgram>(env, exports, "createProgram");
  exportFunction<createRunner>(env, exports, "createRunner");
}

}  // namespace nodetorch
