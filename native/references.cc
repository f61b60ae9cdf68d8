#include "references.h"

#include "errors.h"

namespace nodetorch {

Reference::~Reference() { table_->release(reference_); }

bool Reference::isHere() const {
  const std::lock_guard<std::mutex> lock(table_->mutex_);
  return table_->env_ != nullptr && std::this_thread::get_id() == table_->owner_;
}

napi_env Reference::environment() const { return table_->env_; }

napi_value Reference::value() const {
  napi_value value;
  check(table_->env_, napi_get_reference_value(table_->env_, reference_, &value));
  return value;
}

std::shared_ptr<Reference> ReferenceTable::hold(napi_value value) {
  drain();
  napi_ref reference;
  check(env_, napi_create_reference(env_, value, 1, &reference));
  const std::lock_guard<std::mutex> lock(mutex_);
  live_.insert(reference);
  return std::make_shared<Reference>(shared_from_this(), reference);
}

void ReferenceTable::drain() {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (napi_ref reference : released_) napi_delete_reference(env_, reference);
  released_.clear();
}

void ReferenceTable::close() {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (napi_ref reference : live_) napi_delete_reference(env_, reference);
  for (napi_ref reference : released_) napi_delete_reference(env_, reference);
  live_.clear();
  released_.clear();
  env_ = nullptr;
}

void ReferenceTable::release(napi_ref reference) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (live_.erase(reference) == 0) return;  // the environment ended before
  if (std::this_thread::get_id() == owner_) {
    napi_delete_reference(env_, reference);
  } else {
    released_.push_back(reference);
  }
}

}  // namespace nodetorch
