// Replays steps on a thread of its own: batches are gathered, numbers that change from step to step
// are read from a table, losses are written to one. No JavaScript runs in between.
#pragma once

#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "program.h"

namespace nodetorch {

// A pass over the data is `steps` of each part, in turn.
struct RunPart {
  std::shared_ptr<Program> program;
  int64_t batch;  // samples a step
  int64_t steps;  // of a pass
};

struct RunJob {
  std::vector<RunPart> parts;
  std::vector<at::Tensor> data;  // contiguous; samples are the first dimension
  at::Tensor order;     // int64: the samples of the passes, one after the other; or undefined
  int64_t samples = 0;  // that a pass takes from `order`
  int64_t first = 0;    // step of the first pass to begin with
  int64_t count = 0;
  const double* numbers = nullptr;  // a row of `width` a step
  size_t width = 0;
  double* losses = nullptr;  // one a step; NaN where the first result is no single number
};

struct RunOutcome {
  int64_t done = 0;
  std::exception_ptr error;  // of the step behind those
};

class Runner {
 public:
  // `onEnd` is called on the thread, behind each job.
  Runner(int threads, std::function<void(const RunOutcome&)> onEnd);
  ~Runner();

  // One job at a time.
  void start(RunJob job);
  // Ends the job behind the step that is being made.
  void cancel() { isCancelled_ = true; }
  int64_t done() const { return done_.load(std::memory_order_acquire); }
  // Cancels, and waits for the thread's end.
  void close();

 private:
  void loop();
  RunOutcome work(RunJob& job);

  const int threads_;
  std::function<void(const RunOutcome&)> onEnd_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::unique_ptr<RunJob> job_;
  bool isClosing_ = false;
  std::atomic<bool> isCancelled_{false};
  std::atomic<int64_t> done_{0};
  std::thread thread_;
};

}  // namespace nodetorch
