// The hooks that JavaScript has put on tensors, by number, so that each can be taken off again.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>

namespace nodetorch {

class Hook;

// Used on the environment's thread only. The graph owns the hooks.
class HookTable {
 public:
  uint32_t add(const std::shared_ptr<Hook>& hook);
  void remove(uint32_t number);

 private:
  std::unordered_map<uint32_t, std::weak_ptr<Hook>> hooks_;
  uint32_t next_ = 0;
  size_t pruneAt_ = 64;  // when to forget those whose graph is gone
};

}  // namespace nodetorch
