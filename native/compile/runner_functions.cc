// Runs on a native thread, from JavaScript's side.
#include "../convert.h"
#include "../environment.h"
#include "../errors.h"
#include "bindings.h"
#include "runner.h"

namespace nodetorch {

namespace {

// The thread, the way back from it, and what it works on. Lives until close(), or until its
// environment ends: then the thread is waited for before anything else is taken down.
struct HeldRunner {
  napi_env env;
  napi_threadsafe_function back = nullptr;
  std::unique_ptr<Runner> runner;
  std::shared_ptr<Reference> memory;  // of the job's tables
  bool isClosed = false;

  void close() {
    if (isClosed) return;
    isClosed = true;
    runner->close();
    napi_release_threadsafe_function(back, napi_tsfn_abort);
  }
};

HeldRunner& runnerIn(const Napi::CallbackInfo& info) {
  return *static_cast<HeldRunner*>(info.Data());
}

void closeAtExit(void* data) { static_cast<HeldRunner*>(data)->close(); }

void freeRunner(napi_env env, void* data, void*) {
  auto* held = static_cast<HeldRunner*>(data);
  napi_remove_env_cleanup_hook(env, closeAtExit, held);
  held->close();
  delete held;
}

// The error that JavaScript would have been thrown, or null.
napi_value errorOf(napi_env env, const std::exception_ptr& error) {
  if (!error) return Napi::Env(env).Null();
  try {
    std::rethrow_exception(error);
  } catch (...) {
    throwToJs(env, "compile");
  }
  napi_value result;
  check(env, napi_get_and_clear_last_exception(env, &result));
  return result;
}

// On JavaScript's thread: onEnd(done, error | null)
void deliver(napi_env env, napi_value function, void* context, void* data) {
  const std::unique_ptr<RunOutcome> outcome(static_cast<RunOutcome*>(data));
  if (!env || !function) return;
  auto* held = static_cast<HeldRunner*>(context);
  const Napi::HandleScope handles(env);
  held->memory.reset();
  const napi_value values[] = {Napi::Number::New(env, static_cast<double>(outcome->done)),
                               errorOf(env, outcome->error)};
  napi_value receiver, result;
  napi_get_undefined(env, &receiver);
  napi_call_function(env, receiver, function, 3, values, &result);
}

double* numbersOf(const Napi::Value& value) {
  void* memory = nullptr;
  check(value.Env(),
        napi_get_typedarray_info(value.Env(), value, nullptr, nullptr, &memory, nullptr, nullptr));
  return static_cast<double*>(memory);
}

// start({ parts: { program, batch, steps }[], data, order, samples, first, count, numbers, width,
// losses })
napi_value start(Environment& environment, const Napi::CallbackInfo& info) {
  const napi_env env = info.Env();
  HeldRunner& held = runnerIn(info);
  const auto given = info[0].As<Napi::Object>();
  RunJob job;
  const auto parts = given.Get("parts").As<Napi::Array>();
  for (uint32_t i = 0; i < parts.Length(); i++) {
    const auto part = Napi::Value(parts.Get(i)).As<Napi::Object>();
    job.parts.push_back({programOf(part.Get("program")), part.Get("batch").ToNumber().Int64Value(),
                         part.Get("steps").ToNumber().Int64Value()});
  }
  job.data = tensorsArgument(env, environment, given.Get("data"), "data");
  if (!given.Get("order").IsNull()) {
    job.order = tensorArgument(env, environment, given.Get("order"), "order");
  }
  job.samples = given.Get("samples").ToNumber().Int64Value();
  job.first = given.Get("first").ToNumber().Int64Value();
  job.count = given.Get("count").ToNumber().Int64Value();
  job.width = given.Get("width").ToNumber().Uint32Value();
  job.numbers = numbersOf(given.Get("numbers"));
  job.losses = numbersOf(given.Get("losses"));
  held.memory = environment.references->hold(info[0]);
  held.runner->start(std::move(job));
  return nullptr;
}

// cancel()
napi_value cancel(Environment&, const Napi::CallbackInfo& info) {
  runnerIn(info).runner->cancel();
  return nullptr;
}

// done(): steps of the job so far
napi_value done(Environment&, const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(runnerIn(info).runner->done()));
}

// close()
napi_value close(Environment&, const Napi::CallbackInfo& info) {
  runnerIn(info).close();
  return nullptr;
}

}  // namespace

// createRunner(threads, onEnd: (done, error) => void): { start, cancel, done, close }
napi_value createRunner(Environment&, const Napi::CallbackInfo& info) {
  const napi_env env = info.Env();
  auto held = std::make_unique<HeldRunner>();
  HeldRunner* data = held.get();
  data->env = env;
  check(env, napi_create_threadsafe_function(env, info[1], nullptr, toJsText(env, "step.run"), 0, 1,
                                             nullptr, nullptr, data, deliver, &data->back));
  data->runner = std::make_unique<Runner>(info[0].ToNumber(), [data](const RunOutcome& outcome) {
    auto* copy = new RunOutcome(outcome);
    if (napi_call_threadsafe_function(data->back, copy, napi_tsfn_nonblocking) != napi_ok) {
      delete copy;
    }
  });
  auto result = Napi::Object::New(env);
  check(env, napi_wrap(env, result, data, freeRunner, nullptr, nullptr));
  held.release();
  // Registered behind the function above, so run before that one's own.
  check(env, napi_add_env_cleanup_hook(env, closeAtExit, data));
  exportFunction<start>(env, result, "start", data);
  exportFunction<cancel>(env, result, "cancel", data);
  exportFunction<done>(env, result, "done", data);
  exportFunction<close>(env, result, "close", data);
  return result;
}

}  // namespace nodetorch
