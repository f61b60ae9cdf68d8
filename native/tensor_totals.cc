// What the table of tensors holds, counted for those who ask.
#include <algorithm>
#include <unordered_set>

#include "errors.h"
#include "tensor_table.h"

namespace nodetorch {

std::vector<std::pair<napi_value, size_t>> TensorTable::living(napi_env env) {
  std::vector<std::pair<napi_value, size_t>> living;
  std::unordered_set<const void*> seen;
  // Views come last: memory counts for the tensor that it was made for, while that lives.
  for (const bool views : {false, true}) {
    for (const Slot& slot : slots_) {
      if (!slot.wrapper || !slot.tensor.defined() || slot.tensor.is_view() != views) continue;
      napi_value object = nullptr;
      napi_get_reference_value(env, slot.wrapper, &object);
      if (!object) continue;
      const bool counts = slot.tensor.has_storage() &&
                          seen.insert(slot.tensor.storage().unsafeGetStorageImpl()).second;
      living.emplace_back(object, counts ? slot.tensor.storage().nbytes() : 0);
    }
  }
  return living;
}

TensorTable::Totals TensorTable::totals(napi_env env) {
  Totals totals;
  std::unordered_set<const void*> seen;
  for (const Slot& slot : slots_) {
    if (!slot.wrapper || !slot.tensor.defined()) continue;
    napi_value object = nullptr;
    napi_get_reference_value(env, slot.wrapper, &object);
    (object ? totals.live : totals.waiting)++;
    if (!slot.tensor.has_storage()) continue;
    const auto& storage = slot.tensor.storage();
    if (!seen.insert(storage.unsafeGetStorageImpl()).second) continue;
    (slot.tensor.is_cuda() ? totals.cudaBytes : totals.cpuBytes) += storage.nbytes();
  }
  totals.peakLive = std::max(peakLive_, totals.live + totals.waiting);
  totals.peakBytes = static_cast<size_t>(peakHeld_);
  totals.sweeps = sweeps_;
  return totals;
}

}  // namespace nodetorch
