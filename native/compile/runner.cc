#include "runner.h"

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "../compat.h"

namespace nodetorch {

namespace {

// One batch of a tensor: rows where they lie, or copied together.
class Batch {
 public:
  Batch(const at::Tensor& source, int64_t rows, bool isGathered)
      : source_(source), rows_(rows), rowBytes_(rowBytes(source)) {
    std::vector<int64_t> shape = source.sizes().vec();
    shape[0] = rows;
    const int64_t bytes = rows * rowBytes_;
    c10::DataPtr memory = isGathered ? c10::GetAllocator(c10::kCPU)->allocate(bytes)
                                     : c10::DataPtr(nullptr, c10::Device(c10::kCPU));
    storage_ =
        c10::Storage(c10::Storage::use_byte_size_t(), bytes, std::move(memory), nullptr, false);
    tensor_ = at::detail::make_tensor<c10::TensorImpl>(
        c10::Storage(storage_), c10::DispatchKeySet(c10::DispatchKey::CPU), source.dtype());
    tensor_.unsafeGetTensorImpl()->set_sizes_contiguous(shape);
  }

  const at::Tensor& at(int64_t start) {
    char* begin = static_cast<char*>(source_.data_ptr()) + start * rowBytes_;
    storage_.set_data_ptr_noswap(c10::DataPtr(begin, c10::Device(c10::kCPU)));
    return tensor_;
  }

  const at::Tensor& gathered(const int64_t* order) {
    const char* from = static_cast<const char*>(source_.data_ptr());
    char* to = static_cast<char*>(tensor_.data_ptr());
    for (int64_t i = 0; i < rows_; i++) {
      std::memcpy(to + i * rowBytes_, from + order[i] * rowBytes_, rowBytes_);
    }
    return tensor_;
  }

 private:
  static int64_t rowBytes(const at::Tensor& source) {
    const int64_t count = source.size(0);
    return count == 0 ? 0 : source.numel() / count * static_cast<int64_t>(source.itemsize());
  }

  at::Tensor source_, tensor_;
  c10::Storage storage_;
  int64_t rows_, rowBytes_;
};

double numberIn(const std::vector<at::Tensor>& results) {
  if (results.empty() || results[0].numel() != 1) return std::numeric_limits<double>::quiet_NaN();
  const at::Tensor& tensor = results[0];
  if (tensor.is_cpu() && tensor.scalar_type() == c10::kFloat) {
    return *static_cast<const float*>(tensor.data_ptr());
  }
  if (tensor.is_cpu() && tensor.scalar_type() == c10::kDouble) {
    return *static_cast<const double*>(tensor.data_ptr());
  }
  return tensor.item().toDouble();
}

}  // namespace

Runner::Runner(int threads, std::function<void(const RunOutcome&)> onEnd)
    : threads_(threads), onEnd_(std::move(onEnd)), thread_([this] { loop(); }) {}

Runner::~Runner() { close(); }

void Runner::close() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    isClosing_ = true;
    isCancelled_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Runner::start(RunJob job) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    isCancelled_ = false;
    done_ = 0;
    job_ = std::make_unique<RunJob>(std::move(job));
  }
  wake_.notify_one();
}

void Runner::loop() {
  silenceWarnings();
  at::set_num_threads(threads_);
  while (true) {
    std::unique_ptr<RunJob> job;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      wake_.wait(lock, [this] { return isClosing_ || job_; });
      if (isClosing_) return;
      job = std::move(job_);
    }
    const RunOutcome outcome = work(*job);
    job.reset();
    onEnd_(outcome);
  }
}

RunOutcome Runner::work(RunJob& job) {
  RunOutcome outcome;
  try {
    std::vector<std::vector<Batch>> batches(job.parts.size());
    int64_t passSteps = 0;
    for (size_t i = 0; i < job.parts.size(); i++) {
      for (const auto& tensor : job.data) {
        batches[i].emplace_back(tensor, job.parts[i].batch, job.order.defined());
      }
      passSteps += job.parts[i].steps;
    }
    const int64_t* order =
        job.order.defined() ? static_cast<const int64_t*>(job.order.data_ptr()) : nullptr;
    std::vector<at::Tensor> arguments(job.data.size()), results;
    for (int64_t step = 0; step < job.count && !isCancelled_; step++) {
      const int64_t pass = (job.first + step) / passSteps;
      int64_t within = (job.first + step) % passSteps, start = 0;
      size_t part = 0;
      while (within >= job.parts[part].steps) {
        within -= job.parts[part].steps;
        start += job.parts[part].steps * job.parts[part].batch;
        part++;
      }
      start += within * job.parts[part].batch;
      for (size_t i = 0; i < arguments.size(); i++) {
        Batch& batch = batches[part][i];
        arguments[i] = order ? batch.gathered(order + pass * job.samples + start) : batch.at(start);
      }
      Program& program = *job.parts[part].program;
      const c10::AutoGradMode mode(program.recording().modes.grad);
      // Then JavaScript makes the step, and records it.
      if (program.mismatch(arguments.data(), arguments.size())) break;
      auto& slots = program.slots();
      std::memcpy(slots.data(), job.numbers + step * job.width, slots.size() * sizeof(double));
      program.run(arguments.data(), results);
      job.losses[step] = numberIn(results);
      results.clear();
      outcome.done = step + 1;
      done_.store(outcome.done, std::memory_order_release);
    }
  } catch (...) {
    outcome.error = std::current_exception();
  }
  return outcome;
}

}  // namespace nodetorch
