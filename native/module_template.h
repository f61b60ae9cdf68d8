// The one template through which libtorch's own nn classes reach JavaScript. A class is a row of
// the tables in module_table*.cc: its name, how its options are read, which tensors it owns.
#pragma once

#include <napi.h>
#include <torch/nn/module.h>

#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "errors.h"

namespace nodetorch {

// The constructor's arguments: positional ones first, keyword ones in the options object. The
// facade has checked types and ranges, so that messages name arguments as users wrote them.
struct ModuleArguments {
  Napi::Array positional;
  Napi::Object options;

  int64_t integer(int index) const { return whole(positional.Get(index)); }
  int64_t integer(const char* name) const { return whole(options.Get(name)); }
  // A size for each dimension; -1 where there is none.
  std::vector<int64_t> integers(int index) const { return list(positional.Get(index)); }
  std::vector<int64_t> integers(const char* name) const { return list(options.Get(name)); }
  bool flag(const char* name, bool byDefault) const {
    const auto value = options.Get(name);
    return value.IsUndefined() ? byDefault : value.ToBoolean().Value();
  }
  std::string text(const char* name, const std::string& byDefault) const {
    const auto value = options.Get(name);
    return value.IsUndefined() ? byDefault : value.ToString().Utf8Value();
  }
  bool has(const char* name) const { return options.Get(name).IsNumber(); }
  double real(const char* name) const { return options.Get(name).As<Napi::Number>(); }

 private:
  static int64_t whole(const Napi::Value& value) { return value.As<Napi::Number>().Int64Value(); }
  static std::vector<int64_t> list(const Napi::Value& value) {
    const auto array = value.As<Napi::Array>();
    std::vector<int64_t> result;
    for (uint32_t i = 0; i < array.Length(); i++) result.push_back(whole(array.Get(i)));
    return result;
  }
};

// One libtorch module behind one interface.
struct NativeModule {
  virtual ~NativeModule() = default;
  virtual at::Tensor forward(const std::vector<at::Tensor>& inputs) = 0;
  virtual torch::nn::Module& module() = 0;
  // Takes other options from now on; tensors stay as they are.
  virtual void configure(const ModuleArguments& arguments) = 0;
  // Draws the parameters again, where there are any.
  virtual void resetParameters() = 0;
  // The tensor members by name, in definition order; undefined ones included.
  virtual std::vector<std::pair<std::string, at::Tensor*>> members() = 0;
  size_t inputs = 1;
  std::string name;  // its row's
};

template <class Impl>
using MemberList = std::vector<std::pair<const char*, at::Tensor Impl::*>>;

// A class without options.
struct NoOptions {};

template <class Impl, class Read>
struct RowOf {
  Read read;  // turns the arguments into the class's options, or NoOptions
  MemberList<Impl> members;
};

template <class Impl, size_t arity, class Read>
struct NativeModuleOf : NativeModule {
  using Options = std::invoke_result_t<Read, const ModuleArguments&>;
  static constexpr bool hasOptions = !std::is_same_v<Options, NoOptions>;

  NativeModuleOf(const RowOf<Impl, Read>& row, const ModuleArguments& arguments) : row(row) {
    inputs = arity;
    if constexpr (hasOptions) {
      impl = std::make_shared<Impl>(row.read(arguments));
    } else {
      impl = std::make_shared<Impl>();
    }
  }

  at::Tensor forward(const std::vector<at::Tensor>& in) override {
    if constexpr (arity == 1) return impl->forward(in[0]);
    if constexpr (arity == 2) return impl->forward(in[0], in[1]);
  }

  torch::nn::Module& module() override { return *impl; }

  void configure(const ModuleArguments& arguments) override {
    // A convolution keeps its options as another type, made once.
    if constexpr (hasOptions) {
      if constexpr (std::is_assignable_v<decltype(impl->options)&, Options>) {
        impl->options = row.read(arguments);
      }
    }
  }

  void resetParameters() override { reset(*impl, 0); }

  std::vector<std::pair<std::string, at::Tensor*>> members() override {
    std::vector<std::pair<std::string, at::Tensor*>> result;
    for (const auto& [name, pointer] : row.members) result.emplace_back(name, &((*impl).*pointer));
    return result;
  }

  std::shared_ptr<Impl> impl;
  const RowOf<Impl, Read>& row;

 private:
  template <class Module>
  static auto reset(Module& module, int) -> decltype(module.reset_parameters(), void()) {
    module.reset_parameters();
  }
  template <class Module>
  static void reset(Module&, long) {}
};

struct ModuleRow {
  std::string name;
  std::function<std::unique_ptr<NativeModule>(const ModuleArguments&)> create;
};

// `read` turns the arguments into the class's options.
template <class Impl, size_t arity, class Read>
ModuleRow moduleRow(const char* name, Read read, MemberList<Impl> members = {}) {
  using Row = RowOf<Impl, Read>;
  auto row = std::make_shared<Row>(Row{std::move(read), std::move(members)});
  return {name, [row](const ModuleArguments& arguments) -> std::unique_ptr<NativeModule> {
            return std::make_unique<NativeModuleOf<Impl, arity, Read>>(*row, arguments);
          }};
}

// A class without options and tensors.
template <class Impl, size_t arity>
ModuleRow moduleRow(const char* name) {
  return moduleRow<Impl, arity>(name, [](const ModuleArguments&) { return NoOptions{}; });
}

const std::vector<ModuleRow>& moduleTable();

// Its parts, a file a family.
std::vector<ModuleRow> activationRows();
std::vector<ModuleRow> convolutionRows();
std::vector<ModuleRow> normalizationRows();

}  // namespace nodetorch
