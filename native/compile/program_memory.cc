// A program's memory: what is planned, and gradients, which the caller sees.
#include <c10/core/DeviceGuard.h>

#include "program.h"

namespace nodetorch {

namespace {

using Kind = RecordedStorage::Kind;

c10::Storage storageOver(c10::DataPtr data, int64_t bytes) {
  return c10::Storage(c10::Storage::use_byte_size_t(), static_cast<size_t>(bytes), std::move(data),
                      nullptr, false);
}

c10::DataPtr allocate(int64_t bytes, c10::Device device) {
  const c10::DeviceGuard guard(device);
  return c10::GetAllocator(device.type())->allocate(static_cast<size_t>(bytes));
}

}  // namespace

bool Program::isPlanned(int reg) const {
  const int storage = shapes_[reg].storage;
  const int64_t place = plan_.storages[storage];
  return memory_[storage].kind == Kind::Made && (place >= 0 || place == Plan::own);
}

at::Tensor Program::privateTensor(int reg, const c10::Storage& storage) const {
  const Register& shape = shapes_[reg];
  const auto key = shape.device.is_cuda() ? c10::DispatchKey::CUDA : c10::DispatchKey::CPU;
  auto tensor = at::detail::make_tensor<c10::TensorImpl>(
      c10::Storage(storage), c10::DispatchKeySet(key), c10::scalarTypeToTypeMeta(shape.dtype));
  auto* impl = tensor.unsafeGetTensorImpl();
  impl->set_storage_offset(shape.offset);
  impl->set_sizes_and_strides(shape.sizes, shape.strides);
  return tensor;
}

// Makes storages and the registers on them. What is planned gets its memory by layOut().
void Program::materialize() {
  const Recording& step = *recording_;
  for (size_t i = 0; i < step.captured.size(); i++) {
    const int after = step.captured[i].gradientAfter;
    if (after < 0) continue;
    if (isPlanned(after)) gradients_.push_back({i, after, at::Tensor(), 0});
    if (!isFixed(after) && step.captured[i].gradientBefore < 0) remade_.push_back(i);
  }
  std::vector<bool> isGradient(memory_.size());
  for (const auto& gradient : gradients_) isGradient[shapes_[gradient.reg].storage] = true;
  std::vector<int> registerOf(memory_.size(), -1);
  for (size_t reg = 0; reg < shapes_.size(); reg++) {
    registerOf[shapes_[reg].storage] = static_cast<int>(reg);
    if (!shapes_[reg].device.is_cpu()) device_ = shapes_[reg].device;
  }
  storages_.resize(memory_.size());
  for (size_t i = 0; i < memory_.size(); i++) {
    const auto& [kind, bytes, owner] = memory_[i];
    const int64_t place = plan_.storages[i];
    if (place == Plan::dynamic || place == Plan::kept || registerOf[i] < 0) continue;
    const c10::Device where = shapes_[registerOf[i]].device;
    if (kind == Kind::Captured) {
      storages_[i] = step.captured[owner].tensor.storage();
    } else if (kind == Kind::Argument) {
      storages_[i] = where.is_cpu() ? storageOver(c10::DataPtr(nullptr, where), bytes)
                                    : storageOver(allocate(bytes, where), bytes);
    } else if (place == Plan::own && !isGradient[i]) {
      storages_[i] = storageOver(allocate(bytes, where), bytes);
    } else {
      storages_[i] = storageOver(c10::DataPtr(nullptr, where), bytes);
    }
  }
  registers_.resize(shapes_.size());
  for (size_t reg = 0; reg < shapes_.size(); reg++) {
    const int storage = shapes_[reg].storage;
    if (storages_[storage]) {
      registers_[reg] = privateTensor(static_cast<int>(reg), storages_[storage]);
    }
  }
  for (const auto& captured : step.captured) {
    registers_[captured.reg] = captured.tensor;
    data_.push_back(captured.tensor.has_storage() ? captured.tensor.data_ptr() : nullptr);
  }
}

// What a run leaves in place of its gradients is none, where it does not come to its end. The first
// run frees those of the recorded step so, before it takes memory.
void Program::clearGradients() {
  for (const auto& gradient : gradients_) {
    const CapturedTensor& captured = recording_->captured[gradient.captured];
    if (captured.gradientBefore < 0 && captured.tensor.grad().defined()) {
      captured.tensor.mutable_grad() = at::Tensor();
    }
  }
}

void Program::layOut() {
  if (plan_.block > 0) layOutBlock(std::make_shared<Block>(plan_.block, device_));
  for (const auto& gradient : gradients_) {
    const int index = shapes_[gradient.reg].storage;
    if (plan_.storages[index] != Plan::own) continue;
    storages_[index].set_data_ptr_noswap(
        allocate(memory_[index].bytes, shapes_[gradient.reg].device));
  }
  isLaidOut_ = true;
}

// Puts all that is planned in `block`.
void Program::layOutBlock(std::shared_ptr<Block> block) {
  block_ = std::move(block);
  for (size_t i = 0; i < memory_.size(); i++) {
    const int64_t place = plan_.storages[i];
    if (memory_[i].kind != Kind::Made || place < 0 || !storages_[i]) continue;
    storages_[i].set_data_ptr_noswap(c10::DataPtr(block_->at(place), storages_[i].device()));
  }
  for (const auto& gradient : gradients_) {
    const int index = shapes_[gradient.reg].storage;
    const int64_t place = plan_.storages[index];
    if (place >= 0) storages_[index].set_data_ptr_noswap(Block::keeping(block_, place));
  }
}

// Whether the caller has the gradient of the run before in more places than in `grad`.
bool Program::isHeld(const Gradient& gradient) const {
  const at::Tensor& current = recording_->captured[gradient.captured].tensor.grad();
  const size_t uses = 1 + (current.is_same(gradient.shown) ? 1 : 0);
  const auto inUse = static_cast<int>(gradient.shown.storage().use_count());
  return gradient.shown.use_count() > uses || inUse > gradient.storageUses;
}

// The caller keeps what lies in the block: gradients get memory of their own, all else a new block.
void Program::moveOut() {
  for (auto& gradient : gradients_) {
    int64_t& place = plan_.storages[shapes_[gradient.reg].storage];
    if (place < 0) continue;
    place = Plan::own;
    renew(gradient);
  }
  layOutBlock(std::make_shared<Block>(plan_.block, device_));
}

void Program::renew(Gradient& gradient) {
  const int index = shapes_[gradient.reg].storage;
  const int64_t bytes = memory_[index].bytes;
  storages_[index] = storageOver(allocate(bytes, shapes_[gradient.reg].device), bytes);
  for (size_t reg = 0; reg < registers_.size(); reg++) {
    if (shapes_[reg].storage == index) {
      registers_[reg].unsafeGetTensorImpl()->set_storage_keep_dtype(storages_[index]);
    }
  }
  show(gradient);
  graph_.reset();
}

void Program::show(Gradient& gradient) {
  const int index = shapes_[gradient.reg].storage;
  gradient.shown = privateTensor(gradient.reg, storages_[index]);
}

}  // namespace nodetorch
