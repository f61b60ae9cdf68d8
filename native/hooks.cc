// Hooks on gradients, and keeping the gradients of results.
#include "hooks.h"

#include <ATen/core/Tensor.h>

#include <atomic>

#include "callbacks.h"
#include "convert.h"

namespace nodetorch {

// A JavaScript function that is given a gradient and may return another.
class Hook {
 public:
  explicit Hook(std::shared_ptr<Reference> function) : function_(std::move(function)) {}

  // On whatever thread runs backward. Undefined: the gradient stays as it is.
  at::Tensor run(const at::Tensor& gradient) {
    if (removed_ || !gradient.defined()) return at::Tensor();
    const auto function = function_;  // it may take itself off while it runs
    return callBack(*function, "registerHook",
                    [&](napi_env env, Environment& environment, napi_value hook) {
                      napi_value argument = environment.tensors.wrap(env, gradient);
                      napi_value result = call(env, hook, {argument});
                      at::Tensor* found = environment.tensors.find(env, result, "hook");
                      return found ? *found : at::Tensor();
                    });
  }

  // On JavaScript's thread. Lets go of the function at once.
  void remove() {
    removed_ = true;
    function_.reset();
  }

 private:
  std::atomic<bool> removed_{false};
  std::shared_ptr<Reference> function_;
};

uint32_t HookTable::add(const std::shared_ptr<Hook>& hook) {
  if (hooks_.size() >= pruneAt_) {
    for (auto it = hooks_.begin(); it != hooks_.end();) {
      it = it->second.expired() ? hooks_.erase(it) : std::next(it);
    }
    pruneAt_ = 2 * hooks_.size() + 64;
  }
  hooks_[++next_] = hook;
  return next_;
}

void HookTable::remove(uint32_t number) {
  const auto known = hooks_.find(number);
  if (known == hooks_.end()) return;
  if (const auto hook = known->second.lock()) hook->remove();
  hooks_.erase(known);
}

namespace {

// registerHook(tensor, hook: (gradient) => Tensor | null): number
napi_value registerHook(Environment& environment, const Napi::CallbackInfo& info) {
  const at::Tensor tensor = tensorArgument(info.Env(), environment, info[0], "tensor");
  const auto hook = std::make_shared<Hook>(environment.references->hold(info[1]));
  inContext(
      info.Env(), [&] { return "registerHook(" + describeTensor(tensor) + ")"; },
      [&] {
        tensor.register_hook([hook](const at::Tensor& gradient) -> at::Tensor {
          const auto kept = hook;  // libtorch may drop this function while it runs
          return kept->run(gradient);
        });
      });
  return Napi::Number::New(info.Env(), environment.hooks.add(hook));
}

// removeHook(number)
napi_value removeHook(Environment& environment, const Napi::CallbackInfo& info) {
  environment.hooks.remove(info[0].As<Napi::Number>().Uint32Value());
  return nullptr;
}

// retainGrad(tensor)
napi_value retainGrad(Environment& environment, const Napi::CallbackInfo& info) {
  const at::Tensor tensor = tensorArgument(info.Env(), environment, info[0], "tensor");
  inContext(
      info.Env(), [&] { return "retainGrad(" + describeTensor(tensor) + ")"; },
      [&] { tensor.retain_grad(); });
  return nullptr;
}

// retainsGrad(tensor): boolean
napi_value retainsGrad(Environment& environment, const Napi::CallbackInfo& info) {
  const at::Tensor tensor = tensorArgument(info.Env(), environment, info[0], "tensor");
  return Napi::Boolean::New(info.Env(), tensor.retains_grad());
}

}  // namespace

void initHooks(napi_env env, napi_value exports) {
  exportFunction<registerHook>(env, exports, "registerHook");
  exportFunction<removeHook>(env, exports, "removeHook");
  exportFunction<retainGrad>(env, exports, "retainGrad");
  exportFunction<retainsGrad>(env, exports, "retainsGrad");
}

}  // namespace nodetorch
