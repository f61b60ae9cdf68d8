#include "anomaly.h"

#include <torch/csrc/autograd/anomaly_mode.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "callbacks.h"
#include "compat_autograd.h"
#include "convert.h"
#include "environment.h"
#include "errors.h"

namespace nodetorch {

using torch::autograd::AnomalyMode;

namespace {

// libtorch makes a node without saying for whom, so the thread has to know its environment; null on
// a thread without JavaScript. Any of a thread's environments will do.
thread_local napi_env environmentHere = nullptr;

// The stack of the JavaScript that runs now; '' on a thread without, or where it cannot be read.
std::string javaScriptStack() {
  napi_env env = environmentHere;
  bool pending = true;
  if (!env || napi_is_exception_pending(env, &pending) != napi_ok || pending) return "";
  napi_handle_scope handles;
  if (napi_open_handle_scope(env, &handles) != napi_ok) return "";
  std::string stack;
  try {
    napi_value message = toJsText(env, ""), error, text;
    check(env, napi_create_error(env, nullptr, message, &error));
    check(env, napi_get_named_property(env, error, "stack", &text));
    stack = toText(env, text);
    stack = stack.substr(std::min(stack.find('\n'), stack.size()));
  } catch (...) {
    napi_value thrown;
    napi_get_and_clear_last_exception(env, &thrown);
  }
  napi_close_handle_scope(env, handles);
  return stack;
}

// What each node carries while detection is on.
class Metadata : public torch::autograd::AnomalyMetadata {
 public:
  void store_stack() override { stack_ = javaScriptStack(); }
  void print_stack(const std::string&) override {}  // it comes with the error instead
  void assign_parent(const NodePtr& parent) override { parent_ = parent; }

  // `node` and, where a backward pass made it, the nodes that ran then.
  static std::string noteOn(torch::autograd::Node& node) {
    std::string note;
    torch::autograd::Node* next = &node;
    for (int depth = 0; next && depth < 10; depth++) {
      const auto* metadata = dynamic_cast<Metadata*>(next->metadata());
      const bool known = metadata && !metadata->stack_.empty();
      note += depth == 0 ? "\n" + node.name() + " was made by the forward call"
                         : "\nduring the backward of " + next->name() + ", made by the call";
      note += known ? metadata->stack_ : " that is not known; switch detection on before it";
      next = metadata ? metadata->parent_.get() : nullptr;
    }
    return note + "\nand failed in the backward call";
  }

 private:
  std::string stack_;
  NodePtr parent_;
};

class AnomalyEngine : public torch::autograd::Engine {
 public:
  // Deeply nested backwards and devices need the threads. Newer libtorchs start them once in the
  // process, so only for whichever engine came first; older ones once an engine.
  AnomalyEngine() {
    initialize_device_threads_pool();
    if (!thread_pool_shared_) start_device_threads();
  }
  ~AnomalyEngine() override { stop(); }

  static torch::autograd::Engine& get() {
    static AnomalyEngine engine;
    return engine;
  }

  std::unique_ptr<torch::autograd::AnomalyMetadata> make_anomaly_metadata() override {
    return std::make_unique<Metadata>();
  }

  // While what the node threw is being handled.
  void thread_on_exception(TaskParameter task, const NodePtr& node,
                           std::exception& error) override {
    const bool isOurs = dynamic_cast<JavaScriptError*>(&error) || !node;
    if (isOurs || !AnomalyMode::is_enabled()) return Engine::thread_on_exception(task, node, error);
    try {
      throw AnomalyError(std::current_exception(), Metadata::noteOn(*node));
    } catch (AnomalyError& noted) {
      Engine::thread_on_exception(task, node, noted);
    }
  }
};

// libtorch's own engine serves until detection is first asked for.
void useAnomalyEngine() {
  static std::once_flag once;
  std::call_once(once, [] { torch::autograd::set_default_engine_stub(&AnomalyEngine::get); });
}

// Detection is on in the process while any environment asks for it.
struct Wish {
  bool enabled = false;
  bool checkNan = true;
};

class Wishes {
 public:
  static Wishes& get() {
    static auto* wishes = new Wishes;  // environments may end after static objects have
    return *wishes;
  }

  // Returns what the environment asked for before.
  Wish set(Environment* environment, Wish wish) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const Wish before = std::exchange(wishes_[environment], wish);
    apply();
    return before;
  }

  void forget(Environment* environment) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (wishes_.erase(environment) > 0) apply();
  }

 private:
  void apply() {
    bool enabled = false, checkNan = false;
    for (const auto& [_, wish] : wishes_) {
      enabled = enabled || wish.enabled;
      checkNan = checkNan || (wish.enabled && wish.checkNan);
    }
    AnomalyMode::set_enabled(enabled, !enabled || checkNan);
  }

  std::mutex mutex_;
  std::map<Environment*, Wish> wishes_;
};

// setDetectAnomaly(enabled, checkNan): [enabled, checkNan], what this environment asked for before
napi_value setDetectAnomaly(Environment& environment, const Napi::CallbackInfo& info) {
  const Wish wish{info[0].ToBoolean(), info[1].ToBoolean()};
  if (wish.enabled) useAnomalyEngine();
  const Wish before = Wishes::get().set(&environment, wish);
  auto result = Napi::Array::New(info.Env(), 2);
  result.Set(0u, before.enabled);
  result.Set(1u, before.checkNan);
  return result;
}

// isAnomalyEnabled(): boolean, in the process
napi_value isAnomalyEnabled(Environment&, const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), AnomalyMode::is_enabled());
}

}  // namespace

void closeAnomaly(Environment& environment, napi_env env) {
  Wishes::get().forget(&environment);
  if (environmentHere == env) environmentHere = nullptr;
}

void initAnomaly(napi_env env, napi_value exports) {
  environmentHere = env;
  exportFunction<setDetectAnomaly>(env, exports, "setDetectAnomaly");
  exportFunction<isAnomalyEnabled>(env, exports, "isAnomalyEnabled");
}

}  // namespace nodetorch
