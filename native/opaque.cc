#include "opaque.h"

#include <memory>

#include "convert.h"
#include "errors.h"

namespace nodetorch {

namespace {

// Any number will do, as long as no other addon has it.
constexpr napi_type_tag opaqueTag{0x6e6f64652d6c6962, 0x746f7263682d6976};

void freeValue(napi_env, void* data, void*) { delete static_cast<c10::IValue*>(data); }

}  // namespace

void makeOpaque(napi_env env, napi_value object, c10::IValue value) {
  auto held = std::make_unique<c10::IValue>(std::move(value));
  check(env, napi_type_tag_object(env, object, &opaqueTag));
  check(env, napi_wrap(env, object, held.get(), freeValue, nullptr, nullptr));
  held.release();
}

napi_value opaqueToJs(napi_env env, c10::IValue value) {
  napi_value object;
  check(env, napi_create_object(env, &object));
  const napi_value kind = toJsText(env, value.type()->str());
  makeOpaque(env, object, std::move(value));
  check(env, napi_set_named_property(env, object, "kind", kind));
  return object;
}

const c10::IValue* opaqueOf(napi_env env, napi_value object) {
  bool isOurs = false;
  void* data = nullptr;
  check(env, napi_check_object_type_tag(env, object, &opaqueTag, &isOurs));
  if (isOurs) check(env, napi_unwrap(env, object, &data));
  return static_cast<const c10::IValue*>(data);
}

}  // namespace nodetorch
