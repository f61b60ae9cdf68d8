// Every tensor that JavaScript can see, and the one wrap point between the two worlds.
//
// A JS Tensor is a plain object made by the facade's class; all it holds is a slot number under a
// private symbol. The slot holds the at::Tensor and a weak reference to that object, so an object
// is a tensor only if its slot knows that very object: a forged or foreign one is refused.
//
// Memory: Node runs finalizers only when the event loop turns, so a synchronous loop would free
// nothing. The table therefore asks V8 to collect, then sweeps its slots for weak references that
// have gone empty. It works in two generations, like V8: every few hundred wraps a collection of
// the young objects (some 50 us), after which each wrap looks at two of the young slots and frees
// one tensor at most: what it frees is what the next one takes, so malloc answers from its fastest
// lists, and a step's memory is used again while it is in the cache. A full collection comes when
// what is held has doubled.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/flat_hash_map.h>
#include <napi.h>

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace nodetorch {

// The TypeError for a disposed tensor in argument `role`.
[[noreturn]] void throwDisposed(const char* role);

class TensorTable {
 public:
  TensorTable();

  // `tensorClass` is the facade's class, constructed with a slot number and the key that keeps
  // users out; `slotSymbol` is the property under which an instance keeps it; `collectYoung`
  // collects V8's young objects (null where the engine offers no way). A later call replaces them
  // (a facade loaded anew).
  void install(napi_env env, napi_value tensorClass, napi_value slotSymbol, napi_value collectYoung,
               napi_value key);

  // at::Tensor -> JS: null where undefined, the same object for the same tensor.
  napi_value wrap(napi_env env, at::Tensor tensor);

  // The object that `tensor` has already, if it has one.
  napi_value known(napi_env env, const at::Tensor& tensor);

  // Makes `object`, new and empty, the object of `tensor`, which has none. Returns its slot.
  uint32_t adopt(napi_env env, at::Tensor tensor, napi_value object);

  // The tensor in a slot; undefined where there is none, or where it was disposed of.
  const at::Tensor& at(uint32_t index) const;

  // JS -> at::Tensor, for an object. The pointer holds until JavaScript runs again.
  enum class Found { NoTensor, Disposed, Tensor };
  Found look(napi_env env, napi_value object, at::Tensor*& tensor);

  // The same for any value: nullptr where `value` is no tensor of this environment. Throws a
  // TypeError naming `role` for a disposed one.
  at::Tensor* find(napi_env env, napi_value value, const char* role);

  void dispose(napi_env env, napi_value value);

  // Scopes: what was wrapped since `openScope` and is not in `kept` is disposed of.
  size_t openScope();
  void closeScope(napi_env env, size_t start, const std::vector<napi_value>& kept);
  // Takes a tensor out of all open scopes: something that outlives them holds it.
  void outliveScopes(napi_env env, napi_value tensor);

  // Memory that step.run() works on (native/compile/runner.h): whoever reads its tensors meanwhile
  // is told so. Held as often as it is asked for.
  void holdBusy(const c10::Storage& storage);
  void releaseBusy(const c10::Storage& storage);
  bool hasBusy() const { return !busy_.empty(); }
  void requireIdle(const at::Tensor& tensor) const {
    if (C10_UNLIKELY(!busy_.empty())) refuseBusy(tensor);
  }

  // Gives back the references that the environment would leak where it ends.
  void close(napi_env env);

  // Frees the tensors whose JS objects are gone. Returns how many.
  size_t sweep(napi_env env);

  // The living objects, and the bytes of their storages, each of which counts once.
  std::vector<std::pair<napi_value, size_t>> living(napi_env env);

  struct Totals {
    size_t live = 0;      // tensors whose JS object is alive
    size_t waiting = 0;   // tensors whose JS object is gone, not swept yet
    size_t cpuBytes = 0;  // storage, each counted once
    size_t cudaBytes = 0;
    size_t peakLive = 0;
    size_t peakBytes = 0;  // estimated as held_ is
    size_t sweeps = 0;
  };
  Totals totals(napi_env env);

 private:
  struct Slot {
    at::Tensor tensor;
    napi_ref wrapper = nullptr;  // null: the slot is free
    int64_t bytes = 0;           // what it counts for in held_
    bool isIndexed = false;      // whether byImpl_ has it
  };

  struct Suspect {
    uint32_t index;
    bool isAging;
  };

  void indexAll();
  void indexSlot(uint32_t index);
  uint32_t reserve(napi_env env);
  void fill(napi_env env, uint32_t index, at::Tensor tensor, napi_value object);
  uint32_t slotOf(napi_env env, napi_value object);
  void release(napi_env env, uint32_t index);
  void drop(Slot& slot);
  bool isDead(napi_env env, uint32_t index);
  void collect(napi_env env);
  void sweepSome(napi_env env, size_t count, size_t most);

  void refuseBusy(const at::Tensor& tensor) const;

  std::vector<Slot> slots_;
  std::unordered_map<const c10::StorageImpl*, int> busy_;
  std::vector<uint32_t> free_;
  ska::flat_hash_map<const c10::TensorImpl*, uint32_t> byImpl_;
  // Slots filled since the outermost scope opened. One swept and filled again stands here twice;
  // both entries then mean its newest tensor, which was made in the same scope.
  std::vector<uint32_t> scopeLog_;
  size_t scopeDepth_ = 0;
  size_t peakLive_ = 0;
  int64_t peakHeld_ = 0;
  size_t sweeps_ = 0;
  std::vector<uint32_t> young_;    // wrapped since the last collection
  std::vector<uint32_t> aging_;    // survivors of one collection; those of two wait for a full one
  std::vector<Suspect> suspects_;  // young at the last collection, to be looked at
  size_t indexedYoung_ = 0;        // how many of young_ are in byImpl_
  bool areSuspectsIndexed_ = true;
  int64_t youngBytes_ = 0;
  size_t youngCount_ = 0;         // of young_, more for those with a graph
  uint64_t allocatedBefore_ = 0;  // by the last collection
  int64_t held_ = 0;              // estimated bytes of all slots
  int64_t heldLimit_;
  napi_ref tensorClass_ = nullptr;
  napi_ref key_ = nullptr;
  napi_ref slotSymbol_ = nullptr;
  napi_ref collectYoung_ = nullptr;
};

}  // namespace nodetorch
