// The benchmark's rows in plain C++ on libtorch: what any binding is measured against.
// Protocol: a line "time ROW COUNT" in, the nanoseconds of COUNT steps out; "losses ROW COUNT" in,
// the losses of the next COUNT steps out.
#include <torch/torch.h>

#include <chrono>
#include <functional>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace nn = torch::nn;
using torch::Tensor;
using Step = std::function<Tensor()>;

struct ModelImpl : nn::Module {
  ModelImpl() { linear = register_module("linear", nn::Linear(1, 1)); }
  Tensor forward(const Tensor& x) { return linear(x); }
  nn::Linear linear{nullptr};
};
TORCH_MODULE(Model);

const std::map<std::string, std::vector<int64_t>> sizesOf = {
    {"8-32-1", {8, 32, 1}},
    {"64-128-10", {64, 128, 10}},
    {"784-256-128-10", {784, 256, 128, 10}},
    {"784-1024-1024-10", {784, 1024, 1024, 10}},
};
const std::map<std::string, int64_t> batchOf = {
    {"8-32-1", 32}, {"784-1024-1024-10", 256}, {"cnn", 64}};

nn::Sequential perceptron(const std::vector<int64_t>& sizes) {
  nn::Sequential model;
  for (size_t i = 0; i + 1 < sizes.size(); ++i) {
    if (i > 0) model->push_back(nn::ReLU());
    model->push_back(nn::Linear(sizes[i], sizes[i + 1]));
  }
  return model;
}

// One by one: C++ may evaluate the arguments of a call, and so draw parameters, in any order.
nn::Sequential convolutional() {
  nn::Sequential model;
  model->push_back(nn::Conv2d(1, 16, 3));
  model->push_back(nn::ReLU());
  model->push_back(nn::MaxPool2d(2));
  model->push_back(nn::Conv2d(16, 32, 3));
  model->push_back(nn::ReLU());
  model->push_back(nn::MaxPool2d(2));
  model->push_back(nn::Flatten());
  model->push_back(nn::Linear(800, 10));
  return model;
}

std::pair<Tensor, Tensor> makeData(const std::string& name) {
  const auto found = batchOf.find(name);
  const int64_t batch = found == batchOf.end() ? 128 : found->second;
  auto x =
      name == "cnn" ? torch::randn({batch, 1, 28, 28}) : torch::randn({batch, sizesOf.at(name)[0]});
  auto y =
      name == "8-32-1" ? torch::randn({batch, 1}) : torch::randint(0, 10, {batch}, torch::kLong);
  return {x, y};
}

using Update = std::function<void()>;

template <class Optimizer, class Options>
Update updateOf(const std::vector<Tensor>& parameters, Options options) {
  auto optimizer = std::make_shared<Optimizer>(parameters, options);
  return [=] { optimizer->step(); };
}

Update makeUpdate(const std::string& kind, const std::vector<Tensor>& parameters) {
  using namespace torch::optim;
  if (kind == "adam") return updateOf<Adam>(parameters, AdamOptions(1e-5));
  return updateOf<SGD>(parameters, SGDOptions(0.01));
}

// What zero_grad(set_to_none=True) does in Python; in 1.13 the C++ optimizer only fills with zeros.
void zeroGrad(std::vector<Tensor>& parameters) {
  for (auto& parameter : parameters) parameter.mutable_grad().reset();
}

template <class Net, class Criterion, class Data>
Step stepOf(const std::string& kind, Net model, Criterion criterion, Data data) {
  auto parameters = model->parameters();
  auto update = makeUpdate(kind, parameters);
  return [=]() mutable {
    zeroGrad(parameters);
    auto [x, y] = data();
    Tensor loss = criterion(model->forward(x), y);
    loss.backward();
    update();
    return loss;
  };
}

Step training(const std::string& row) {
  const auto colon = row.find(':');
  const auto name = row.substr(0, colon);
  const auto kind = colon == std::string::npos ? "sgd" : row.substr(colon + 1);
  torch::manual_seed(0);
  if (name == "document") {
    return stepOf(kind, Model(), nn::MSELoss(),
                  [] { return std::make_pair(torch::tensor({1.0f}), torch::tensor({0.0f})); });
  }
  auto model = name == "cnn" ? convolutional() : perceptron(sizesOf.at(name));
  auto data = [batch = makeData(name)] { return batch; };
  if (name == "8-32-1") return stepOf(kind, model, nn::MSELoss(), data);
  return stepOf(kind, model, nn::CrossEntropyLoss(), data);
}

// volatile: the call must not be optimised away.
Step emptyCall() {
  return [] {
    volatile int threads = at::get_num_threads();
    (void)threads;
    return Tensor();
  };
}

Step detach() {
  auto x = torch::ones({4});
  return [=] { return x.detach(); };
}

Step add() {
  auto a = torch::ones({4}), b = torch::ones({4});
  return [=] { return a.add(b); };
}

const std::map<std::string, std::function<Step()>> calls = {
    {"empty-call", emptyCall},
    {"detach", detach},
    {"add-4", add},
};

int64_t nanoseconds(const Step& step, int64_t count) {
  const auto start = std::chrono::steady_clock::now();
  for (int64_t i = 0; i < count; ++i) step();
  return std::chrono::nanoseconds(std::chrono::steady_clock::now() - start).count();
}

void printLosses(const Step& step, int64_t count) {
  std::cout << std::setprecision(17);
  for (int64_t i = 0; i < count; ++i) std::cout << double{step().item<float>()} << ' ';
  std::cout << std::endl;
}

int main() {
  torch::set_num_threads(1);
  std::map<std::string, Step> steps;
  std::cout << "C++, libtorch " << TORCH_VERSION << std::endl;
  std::string command, row;
  int64_t count = 0;
  while (std::cin >> command >> row >> count) {
    Step& step = steps[row];
    if (!step) step = calls.count(row) ? calls.at(row)() : training(row);
    if (command == "losses")
      printLosses(step, count);
    else
      std::cout << nanoseconds(step, count) << std::endl;
  }
}
