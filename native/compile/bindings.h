// What the files of this folder share: a recording, a plan and a program between C++ and
// JavaScript.
#pragma once

#include <napi.h>

#include <memory>

#include "program.h"
#include "recording.h"

namespace nodetorch {

struct Environment;

Napi::Object describeRecording(napi_env env, Environment& environment, const Recording& recording);
Plan planFromJs(const Recording& recording, const Napi::Object& object);
napi_value outVariant(Environment& environment, const Napi::CallbackInfo& info);
napi_value createProgram(Environment& environment, const Napi::CallbackInfo& info);
napi_value createRunner(Environment& environment, const Napi::CallbackInfo& info);

// The recording that a handle of finishRecording() stands for.
std::shared_ptr<Recording> recordingOf(const Napi::Value& handle);

// The program that an object of createProgram() stands for.
std::shared_ptr<Program> programOf(const Napi::Value& handle);

}  // namespace nodetorch
