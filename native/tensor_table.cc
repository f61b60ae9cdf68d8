#include "tensor_table.h"

#include <algorithm>
#include <unordered_set>

#include "allocation.h"
#include "errors.h"

namespace nodetorch {

namespace {

constexpr uint32_t noSlot = UINT32_MAX;
// What a tensor costs besides its elements: TensorImpl, storage header, slot, JS object.
constexpr int64_t bytesPerTensor = 768;
// When the young generation is collected. Measured on the document's step, of whose tensors half
// bring nodes of a graph: 41 us where that is every 128 steps, 44 at 256, 45 at 512, as what is
// dead waits longer; a small a.add(b), with no graph, takes 1.17 us at 256 tensors, 1.09 at
// 512, 1.06 at 1,024, as collections show. 16 MB instead of 2 cost a step of a 64-128-10 network
// 5%, as its memory then left the cache.
constexpr size_t youngCount = 1024;
constexpr size_t countWithGraph = 3;
constexpr int64_t youngBytes = 2 << 20;
// The same for all that libtorch has taken since, what only dead graphs hold included. A dead loss
// of a network of large layers looks small and pins much: glibc cuts its few bytes from the large
// blocks that were freed before it, which then fit no more. Measured on 784-1024-1024-10 with batch
// 256: resident memory grew by 6 MB a step up to the next collection, 200 steps later.
constexpr uint64_t youngVolume = 32 << 20;
// A full collection comes when what is held has doubled since the last one, but has grown by no
// less than the first and no more than the sum of both.
constexpr int64_t fullSlack = 64 << 20;
constexpr int64_t fullGrowth = 512 << 20;
// More than half of any V8 heap limit: charging it makes V8 collect before it returns.
constexpr int64_t collectNow = int64_t{1} << 40;

}  // namespace

void throwDisposed(const char* role) {
  typeError(std::string(role) +
            ": expected a live Tensor, got one that was disposed (by dispose(), using or "
            "scope()); use it before, or return it from the scope");
}

TensorTable::TensorTable() : heldLimit_(fullSlack) {}

void TensorTable::install(napi_env env, napi_value tensorClass, napi_value slotSymbol,
                          napi_value collectYoung, napi_value key) {
  for (napi_ref old : {tensorClass_, key_, slotSymbol_, collectYoung_}) {
    if (old) napi_delete_reference(env, old);
  }
  collectYoung_ = nullptr;
  napi_valuetype kind;
  check(env, napi_create_reference(env, tensorClass, 1, &tensorClass_));
  check(env, napi_typeof(env, key, &kind));
  check(env, napi_create_reference(env, kind == napi_symbol ? key : slotSymbol, 1, &key_));
  check(env, napi_create_reference(env, slotSymbol, 1, &slotSymbol_));
  check(env, napi_typeof(env, collectYoung, &kind));
  if (kind == napi_function) {
    check(env, napi_create_reference(env, collectYoung, 1, &collectYoung_));
  }
}

void TensorTable::close(napi_env env) {
  for (napi_ref reference : {tensorClass_, key_, slotSymbol_, collectYoung_}) {
    if (reference) napi_delete_reference(env, reference);
  }
  for (const Slot& slot : slots_) {
    if (slot.wrapper) napi_delete_reference(env, slot.wrapper);
  }
}

napi_value TensorTable::known(napi_env env, const at::Tensor& tensor) {
  napi_value object = nullptr;
  if (!tensor.defined()) {
    check(env, napi_get_null(env, &object));
    return object;
  }
  if (tensor.use_count() == 1) return nullptr;  // no slot has it
  indexAll();
  const auto found = byImpl_.find(tensor.unsafeGetTensorImpl());
  if (found == byImpl_.end()) return nullptr;
  check(env, napi_get_reference_value(env, slots_[found->second].wrapper, &object));
  // Its object may be gone, and the sweep has not come by yet.
  if (!object) release(env, found->second);
  return object;
}

napi_value TensorTable::wrap(napi_env env, at::Tensor tensor) {
  napi_value object = known(env, tensor);
  if (object) return object;
  const uint32_t index = reserve(env);
  napi_value tensorClass, arguments[2];
  check(env, napi_get_reference_value(env, tensorClass_, &tensorClass));
  check(env, napi_create_uint32(env, index, &arguments[0]));
  check(env, napi_get_reference_value(env, key_, &arguments[1]));
  check(env, napi_new_instance(env, tensorClass, 2, arguments, &object));
  fill(env, index, std::move(tensor), object);
  return object;
}

uint32_t TensorTable::adopt(napi_env env, at::Tensor tensor, napi_value object) {
  const uint32_t index = reserve(env);
  fill(env, index, std::move(tensor), object);
  return index;
}

// Most tensors die before anyone asks for their objects: they never get into the index.
void TensorTable::indexAll() {
  if (!areSuspectsIndexed_) {
    for (const Suspect& suspect : suspects_) indexSlot(suspect.index);
    areSuspectsIndexed_ = true;
  }
  for (; indexedYoung_ < young_.size(); indexedYoung_++) indexSlot(young_[indexedYoung_]);
}

void TensorTable::indexSlot(uint32_t index) {
  Slot& slot = slots_[index];
  if (slot.isIndexed || !slot.tensor.defined()) return;
  byImpl_.emplace(slot.tensor.unsafeGetTensorImpl(), index);
  slot.isIndexed = true;
}

// The slot that is filled next.
uint32_t TensorTable::reserve(napi_env env) {
  const bool isMuch =
      youngBytes_ >= youngBytes || allocatedBytes() - allocatedBefore_ >= youngVolume;
  if (isMuch || youngCount_ >= youngCount) collect(env);
  sweepSome(env, isMuch ? suspects_.size() : 2, isMuch ? suspects_.size() : 1);
  if (free_.empty()) {
    free_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  return free_.back();
}

void TensorTable::fill(napi_env env, uint32_t index, at::Tensor tensor, napi_value object) {
  Slot& slot = slots_[index];
  check(env, napi_create_reference(env, object, 0, &slot.wrapper));
  free_.pop_back();
  // A view counts as if its elements were its own: that only makes a collection come sooner.
  slot.bytes = bytesPerTensor + tensor.numel() * static_cast<int64_t>(tensor.itemsize());
  held_ += slot.bytes;
  peakHeld_ = std::max(peakHeld_, held_);
  youngBytes_ += slot.bytes;
  youngCount_ += tensor.requires_grad() ? countWithGraph : 1;
  young_.push_back(index);
  slot.tensor = std::move(tensor);
  if (scopeDepth_ > 0) scopeLog_.push_back(index);
}

void TensorTable::holdBusy(const c10::Storage& storage) { busy_[storage.unsafeGetStorageImpl()]++; }

void TensorTable::releaseBusy(const c10::Storage& storage) {
  const auto found = busy_.find(storage.unsafeGetStorageImpl());
  if (found != busy_.end() && --found->second == 0) busy_.erase(found);
}

void TensorTable::refuseBusy(const at::Tensor& tensor) const {
  if (!tensor.defined() || !tensor.has_storage()) return;
  if (!busy_.count(tensor.storage().unsafeGetStorageImpl())) return;
  throw CodedError("ERR_TORCH_BUSY",
                   "tensor: expected one that nothing else works on, got one that a running "
                   "step.run() or train() changes; await that, or end it by its signal, first");
}

const at::Tensor& TensorTable::at(uint32_t index) const {
  static const at::Tensor none;
  if (index >= slots_.size()) return none;
  requireIdle(slots_[index].tensor);
  return slots_[index].tensor;
}

uint32_t TensorTable::slotOf(napi_env env, napi_value object) {
  napi_value symbol, number, known = nullptr;
  uint32_t index;
  check(env, napi_get_reference_value(env, slotSymbol_, &symbol));
  check(env, napi_get_property(env, object, symbol, &number));
  if (napi_get_value_uint32(env, number, &index) != napi_ok) return noSlot;
  if (index >= slots_.size() || !slots_[index].wrapper) return noSlot;
  check(env, napi_get_reference_value(env, slots_[index].wrapper, &known));
  bool same = false;
  if (known) check(env, napi_strict_equals(env, known, object, &same));
  return same ? index : noSlot;
}

TensorTable::Found TensorTable::look(napi_env env, napi_value object, at::Tensor*& tensor) {
  const uint32_t index = slotOf(env, object);
  if (index == noSlot) return Found::NoTensor;
  tensor = &slots_[index].tensor;
  requireIdle(*tensor);
  return tensor->defined() ? Found::Tensor : Found::Disposed;
}

at::Tensor* TensorTable::find(napi_env env, napi_value value, const char* role) {
  napi_valuetype kind;
  at::Tensor* tensor = nullptr;
  check(env, napi_typeof(env, value, &kind));
  if (kind != napi_object) return nullptr;
  const Found found = look(env, value, tensor);
  if (found == Found::Disposed) throwDisposed(role);
  return found == Found::Tensor ? tensor : nullptr;
}

// The slot itself stays taken while its object lives, so that the object is still recognised.
void TensorTable::dispose(napi_env env, napi_value value) {
  napi_valuetype kind;
  check(env, napi_typeof(env, value, &kind));
  if (kind != napi_object) return;
  const uint32_t index = slotOf(env, value);
  if (index != noSlot) drop(slots_[index]);
}

void TensorTable::drop(Slot& slot) {
  if (!slot.tensor.defined()) return;
  if (slot.isIndexed) byImpl_.erase(slot.tensor.unsafeGetTensorImpl());
  slot.isIndexed = false;
  slot.tensor.reset();
  held_ -= slot.bytes;
}

void TensorTable::release(napi_env env, uint32_t index) {
  Slot& slot = slots_[index];
  napi_delete_reference(env, slot.wrapper);
  slot.wrapper = nullptr;
  drop(slot);
  free_.push_back(index);
}

size_t TensorTable::openScope() {
  scopeDepth_++;
  return scopeLog_.size();
}

void TensorTable::closeScope(napi_env env, size_t start, const std::vector<napi_value>& kept) {
  std::unordered_set<uint32_t> keep;
  for (napi_value tensor : kept) keep.insert(slotOf(env, tensor));
  std::vector<uint32_t> survivors;
  for (size_t i = start; i < scopeLog_.size(); i++) {
    const uint32_t index = scopeLog_[i];
    if (index == noSlot) continue;
    Slot& slot = slots_[index];
    if (keep.count(index)) {
      survivors.push_back(index);
    } else {
      drop(slot);
    }
  }
  // What the inner scope returned belongs to the outer one.
  scopeLog_.resize(start);
  if (--scopeDepth_ > 0) scopeLog_.insert(scopeLog_.end(), survivors.begin(), survivors.end());
}

void TensorTable::outliveScopes(napi_env env, napi_value tensor) {
  // Its place stays: the inner scopes' begins are counted from the first one.
  std::replace(scopeLog_.begin(), scopeLog_.end(), slotOf(env, tensor), noSlot);
}

bool TensorTable::isDead(napi_env env, uint32_t index) {
  if (!slots_[index].wrapper) return false;
  napi_value object = nullptr;
  napi_get_reference_value(env, slots_[index].wrapper, &object);
  return object == nullptr;
}

size_t TensorTable::sweep(napi_env env) {
  size_t freed = 0;
  const size_t taken = slots_.size() - free_.size();
  peakLive_ = std::max(peakLive_, taken);
  for (uint32_t index = 0; index < slots_.size(); index++) {
    const Napi::HandleScope handles(env);
    if (!isDead(env, index)) continue;
    release(env, index);
    freed++;
  }
  indexAll();
  young_.clear();
  aging_.clear();
  suspects_.clear();
  indexedYoung_ = 0;
  youngBytes_ = 0;
  youngCount_ = 0;
  sweeps_++;
  return freed;
}

void TensorTable::sweepSome(napi_env env, size_t count, size_t most) {
  size_t freed = 0;
  for (; count > 0 && !suspects_.empty(); count--) {
    const Suspect suspect = suspects_.back();
    suspects_.pop_back();
    if (isDead(env, suspect.index)) {
      release(env, suspect.index);
      if (++freed == most) return;
    } else if (!suspect.isAging && slots_[suspect.index].wrapper) {
      indexSlot(suspect.index);
      aging_.push_back(suspect.index);
    }
  }
}

void TensorTable::collect(napi_env env) {
  allocatedBefore_ = allocatedBytes();
  sweepSome(env, suspects_.size(), suspects_.size());
  if (held_ >= heldLimit_) {
    int64_t adjusted;
    napi_adjust_external_memory(env, collectNow, &adjusted);
    napi_adjust_external_memory(env, -collectNow, &adjusted);
    sweep(env);
    heldLimit_ = held_ + std::min(held_, fullGrowth) + fullSlack;
  } else if (collectYoung_) {
    napi_value collectYoung, receiver;
    check(env, napi_get_reference_value(env, collectYoung_, &collectYoung));
    check(env, napi_get_undefined(env, &receiver));
    check(env, napi_call_function(env, receiver, collectYoung, 0, nullptr, nullptr));
    peakLive_ = std::max(peakLive_, slots_.size() - free_.size());
    areSuspectsIndexed_ = indexedYoung_ == young_.size();
    indexedYoung_ = 0;
    for (uint32_t index : young_) suspects_.push_back({index, false});
    for (uint32_t index : aging_) suspects_.push_back({index, true});
    young_.clear();
    aging_.clear();
    youngBytes_ = 0;
    youngCount_ = 0;
    sweeps_++;
  }
}

}  // namespace nodetorch
