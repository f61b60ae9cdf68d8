// The benchmark's rows in plain C++ on libtorch: what any binding is measured against.
// Protocol: a line "ROW STEPS" in, the nanoseconds of that block out.
#include <torch/torch.h>

#include <chrono>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

using Step = std::function<void()>;

struct ModelImpl : torch::nn::Module {
  ModelImpl() { linear = register_module("linear", torch::nn::Linear(1, 1)); }
  torch::Tensor forward(const torch::Tensor& x) { return linear(x); }
  torch::nn::Linear linear{nullptr};
};
TORCH_MODULE(Model);

// What zero_grad(set_to_none=True) does in Python; in 1.13 the C++ optimizer only fills with zeros.
void zeroGrad(std::vector<torch::Tensor>& parameters) {
  for (auto& parameter : parameters) parameter.mutable_grad().reset();
}

Step documentStep() {
  Model model;
  torch::nn::MSELoss criterion;
  auto parameters = model->parameters();
  auto optimizer = std::make_shared<torch::optim::SGD>(parameters, 0.01);
  return [=]() mutable {
    zeroGrad(parameters);
    auto output = model(torch::tensor({1.0f}));
    auto loss = criterion(output, torch::tensor({0.0f}));
    loss.backward();
    optimizer->step();
  };
}

Step mlpStep(const std::vector<int64_t>& sizes, int64_t batch) {
  torch::nn::Sequential model;
  for (size_t i = 0; i + 1 < sizes.size(); ++i) {
    if (i > 0) model->push_back(torch::nn::ReLU());
    model->push_back(torch::nn::Linear(sizes[i], sizes[i + 1]));
  }
  torch::nn::MSELoss criterion;
  auto parameters = model->parameters();
  auto optimizer = std::make_shared<torch::optim::SGD>(parameters, 0.01);
  auto x = torch::randn({batch, sizes.front()});
  auto y = torch::randn({batch, sizes.back()});
  return [=]() mutable {
    zeroGrad(parameters);
    auto loss = criterion(model->forward(x), y);
    loss.backward();
    optimizer->step();
  };
}

// volatile: the call must not be optimised away.
Step callStep() {
  return [] {
    volatile int threads = at::get_num_threads();
    (void)threads;
  };
}

Step detachStep() {
  auto x = torch::ones({4});
  return [=] { x.detach(); };
}

Step addStep() {
  auto a = torch::ones({4}), b = torch::ones({4});
  return [=] { a.add(b); };
}

int main() {
  torch::set_num_threads(1);
  const std::map<std::string, std::function<Step()>> rows = {
      {"document", documentStep},
      {"8-32-1",
       [] {
         return mlpStep({8, 32, 1}, 32);
       }},
      {"64-128-10",
       [] {
         return mlpStep({64, 128, 10}, 128);
       }},
      {"784-256-128-10",
       [] {
         return mlpStep({784, 256, 128, 10}, 128);
       }},
      {"empty-call", callStep},
      {"detach", detachStep},
      {"add-4", addStep},
  };
  std::map<std::string, Step> steps;
  std::cout << "C++, libtorch " << TORCH_VERSION << std::endl;
  std::string row;
  long count = 0;
  while (std::cin >> row >> count) {
    Step& step = steps[row];
    if (!step) step = rows.at(row)();
    const auto start = std::chrono::steady_clock::now();
    for (long i = 0; i < count; ++i) step();
    const std::chrono::nanoseconds spent = std::chrono::steady_clock::now() - start;
    std::cout << spent.count() << std::endl;
  }
}
