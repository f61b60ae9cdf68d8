// JavaScript values that C++ objects keep alive: hooks, backward functions, the buffers under
// tensors. libtorch may let go of them on any thread and at any time, JavaScript's references may
// be deleted on their own thread only, while their environment lives.
#pragma once

#include <napi.h>

#include <memory>
#include <mutex>
#include <thread>
#include <unordered_set>
#include <vector>

namespace nodetorch {

class ReferenceTable;

// One value kept alive for as long as this object, which any thread may destroy.
class Reference {
 public:
  Reference(std::shared_ptr<ReferenceTable> table, napi_ref reference)
      : table_(std::move(table)), reference_(reference) {}
  Reference(const Reference&) = delete;
  ~Reference();

  // Whether this is the thread of the value's environment, and that still lives: only then may
  // value() and environment() be called.
  bool isHere() const;
  napi_value value() const;
  napi_env environment() const;

 private:
  std::shared_ptr<ReferenceTable> table_;
  napi_ref reference_;
};

// One an environment, outliving it where references do.
class ReferenceTable : public std::enable_shared_from_this<ReferenceTable> {
 public:
  explicit ReferenceTable(napi_env env) : env_(env), owner_(std::this_thread::get_id()) {}

  // On the environment's thread only, as are the other two that take no part in a release.
  std::shared_ptr<Reference> hold(napi_value value);
  // Deletes what other threads have let go of.
  void drain();
  // The environment ends: nothing of it may be touched from now on.
  void close();

 private:
  friend class Reference;
  void release(napi_ref reference);

  napi_env env_;  // nullptr: closed
  const std::thread::id owner_;
  std::mutex mutex_;
  std::unordered_set<napi_ref> live_;
  std::vector<napi_ref> released_;  // by other threads
};

}  // namespace nodetorch
