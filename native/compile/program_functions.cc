// A program, from JavaScript's side.
#include <cstring>

#include "../convert.h"
#include "../environment.h"
#include "../errors.h"
#include "bindings.h"

namespace nodetorch {

namespace {

constexpr size_t maxArguments = 32;

struct Held {
  std::shared_ptr<Program> program;
  std::shared_ptr<Reference> slots;  // keeps the memory under `values`
  const double* values;
  std::vector<at::Tensor> results;
  std::vector<c10::Storage> busy;  // what hold() holds
};

Held& heldIn(const Napi::CallbackInfo& info) { return *static_cast<Held*>(info.Data()); }

void freeProgram(napi_env, void* data, void*) { delete static_cast<Held*>(data); }

void loadSlots(Held& held) {
  auto& slots = held.program->slots();
  if (!slots.empty()) std::memcpy(slots.data(), held.values, slots.size() * sizeof(double));
}

void requireIdle(Environment& environment, const Held& held) {
  if (!environment.tensors.hasBusy()) return;
  for (const auto& captured : held.program->recording().captured) {
    environment.tensors.requireIdle(captured.tensor);
  }
}

// replay(fresh, ...slots): one step. `fresh` is an empty Tensor for the only result; its slot is
// returned, or the object that the result has already. Without a result undefined, with several an
// array of tensors. -1 where the program does not fit.
napi_value replay(napi_env env, napi_callback_info raw) {
  try {
    napi_value values[maxArguments + 1];
    void* data;
    size_t count = maxArguments + 1;
    check(env, napi_get_cb_info(env, raw, &count, values, nullptr, &data));
    Held& held = *static_cast<Held*>(data);
    Environment& environment = environmentOf(env);
    at::Tensor few[4];
    std::vector<at::Tensor> many;
    const size_t given = count - 1;
    at::Tensor* arguments = few;
    if (given > 4) {
      many.resize(given);
      arguments = many.data();
    }
    for (size_t i = 0; i < given; i++) {
      uint32_t slot;
      check(env, napi_get_value_uint32(env, values[i + 1], &slot));
      arguments[i] = environment.tensors.at(slot);
      if (!arguments[i].defined()) throwDisposed("argument");
    }
    napi_value answer;
    requireIdle(environment, held);
    if (held.program->mismatch(arguments, given)) {
      check(env, napi_create_int32(env, -1, &answer));
      return answer;
    }
    loadSlots(held);
    inContext(
        env, [] { return std::string("compile"); },
        [&] { held.program->run(arguments, held.results); });
    auto& results = held.results;
    if (results.size() == 1) {
      at::Tensor tensor = std::move(results[0]);
      results.clear();
      const napi_value known = environment.tensors.known(env, tensor);
      if (known) return known;
      const uint32_t index = environment.tensors.adopt(env, std::move(tensor), values[0]);
      check(env, napi_create_uint32(env, index, &answer));
      return answer;
    }
    if (results.empty()) {
      check(env, napi_get_undefined(env, &answer));
      return answer;
    }
    check(env, napi_create_array_with_length(env, results.size(), &answer));
    for (size_t i = 0; i < results.size(); i++) {
      check(env, napi_set_element(env, answer, i, environment.tensors.wrap(env, results[i])));
    }
    results.clear();
    return answer;
  } catch (...) {
    throwToJs(env);
    return nullptr;
  }
}

// mismatch(arguments: Tensor[]): string | null
napi_value mismatch(Environment& environment, const Napi::CallbackInfo& info) {
  const auto arguments = tensorsArgument(info.Env(), environment, info[0], "arguments");
  const char* reason = heldIn(info).program->mismatch(arguments.data(), arguments.size());
  return reason ? toJsText(info.Env(), reason) : info.Env().Null();
}

// time(arguments: Tensor[], repeats): seconds of each call, the mean of so many steps in a row
napi_value timeStep(Environment& environment, const Napi::CallbackInfo& info) {
  Held& held = heldIn(info);
  const auto arguments = tensorsArgument(info.Env(), environment, info[0], "arguments");
  const int repeats = info[1].ToNumber();
  std::vector<double> seconds;
  loadSlots(held);
  inContext(
      info.Env(), [] { return std::string("explain"); },
      [&] {
        // The first one finds cold caches.
        held.program->runTimed(arguments.data(), held.results, seconds);
        seconds.clear();
        for (int i = 0; i < repeats; i++) {
          held.results.clear();
          held.program->runTimed(arguments.data(), held.results, seconds);
        }
      });
  held.results.clear();
  auto list = Napi::Array::New(info.Env(), seconds.size());
  for (uint32_t i = 0; i < seconds.size(); i++) list.Set(i, seconds[i] / repeats);
  return list;
}

// check(arguments: Tensor[], recording): the number of the first call of `recording`, of the same
// step with contents kept, behind which this program has something else in its registers; -1
napi_value checkStep(Environment& environment, const Napi::CallbackInfo& info) {
  Held& held = heldIn(info);
  const auto arguments = tensorsArgument(info.Env(), environment, info[0], "arguments");
  const auto recording = recordingOf(info[1]);
  loadSlots(held);
  const int64_t differing = inContext(
      info.Env(), [] { return std::string("verify"); },
      [&] {
        return held.program->runChecked(arguments.data(), held.results, recording->contents);
      });
  held.results.clear();
  return Napi::Number::New(info.Env(), static_cast<double>(differing));
}

// requireIdle(): throws where something else works on what the step reads or changes
napi_value requireIdleNow(Environment& environment, const Napi::CallbackInfo& info) {
  requireIdle(environment, heldIn(info));
  return nullptr;
}

// hold(): until release(), whoever else asks for what the step changes, for parameters and for
// gradients is told that they are busy
napi_value hold(Environment& environment, const Napi::CallbackInfo& info) {
  Held& held = heldIn(info);
  const auto add = [&](const at::Tensor& tensor) {
    if (!tensor.defined() || !tensor.has_storage()) return;
    held.busy.push_back(tensor.storage());
    environment.tensors.holdBusy(held.busy.back());
  };
  const auto& captured = held.program->recording().captured;
  for (int index : held.program->plan().changed) add(captured[index].tensor);
  for (const auto& each : captured) {
    if (!each.isLeaf) continue;
    add(each.tensor);
    // Other gradients are the program's own; whoever has one of before keeps it as it is.
    if (each.gradientBefore >= 0) add(each.tensor.grad());
  }
  return nullptr;
}

// release()
napi_value release(Environment& environment, const Napi::CallbackInfo& info) {
  Held& held = heldIn(info);
  for (const auto& storage : held.busy) environment.tensors.releaseBusy(storage);
  held.busy.clear();
  return nullptr;
}

}  // namespace

std::shared_ptr<Program> programOf(const Napi::Value& handle) {
  void* data = nullptr;
  check(handle.Env(), napi_unwrap(handle.Env(), handle, &data));
  return static_cast<Held*>(data)->program;
}

// createProgram(recording, plan, slots: Float64Array): { replay, mismatch, time, check,
// requireIdle, hold, release }
napi_value createProgram(Environment& environment, const Napi::CallbackInfo& info) {
  const napi_env env = info.Env();
  const auto recording = recordingOf(info[0]);
  auto held = std::make_unique<Held>();
  held->program = inContext(
      env, [] { return std::string("compile"); },
      [&] {
        return std::make_shared<Program>(recording,
                                         planFromJs(*recording, info[1].As<Napi::Object>()));
      });
  void* memory = nullptr;
  check(env, napi_get_typedarray_info(env, info[2], nullptr, nullptr, &memory, nullptr, nullptr));
  held->values = static_cast<const double*>(memory);
  held->slots = environment.references->hold(info[2]);
  auto result = Napi::Object::New(env);
  Held* data = held.get();
  check(env, napi_wrap(env, result, data, freeProgram, nullptr, nullptr));
  held.release();
  napi_value function;
  check(env, napi_create_function(env, "replay", NAPI_AUTO_LENGTH, replay, data, &function));
  result.Set("replay", function);
  exportFunction<mismatch>(env, result, "mismatch", data);
  exportFunction<timeStep>(env, result, "time", data);
  exportFunction<checkStep>(env, result, "check", data);
  exportFunction<requireIdleNow>(env, result, "requireIdle", data);
  exportFunction<hold>(env, result, "hold", data);
  exportFunction<release>(env, result, "release", data);
  return result;
}

}  // namespace nodetorch
