// The one template through which libtorch's own nn classes reach JavaScript. A class is a row of
// the tables in module_table*.cc: its name, how its options are read, which tensors it owns.
#pragma once

#include <napi.h>
#include <torch/nn/module.h>

#include <functional>
#include <memory>
#include <string>
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
  // Draws the parameters again, where there are any.
  virtual void resetParameters() = 0;
  // The tensor members by name, in definition order; undefined ones included.
  virtual std::vector<std::pair<std::string, at::Tensor*>> members() = 0;
  size_t inputs = 1;
  std::string name;  // its row's
};

template <class Impl>
using MemberList = std::vector<std::pair<const char*, at::Tensor Impl::*>>;

template <class Impl, size_t arity>
struct NativeModuleOf : NativeModule {
  NativeModuleOf(std::shared_ptr<Impl> impl, const MemberList<Impl>& members)
      : impl(std::move(impl)), memberList(members) {
    inputs = arity;
  }

  at::Tensor forward(const std::vector<at::Tensor>& in) override {
    if constexpr (arity == 1) return impl->forward(in[0]);
    if constexpr (arity == 2) return impl->forward(in[0], in[1]);
  }

  torch::nn::Module& module() override { return *impl; }

  void resetParameters() override { reset(*impl, 0); }

  std::vector<std::pair<std::string, at::Tensor*>> members() override {
    std::vector<std::pair<std::string, at::Tensor*>> result;
    for (const auto& [name, pointer] : memberList) result.emplace_back(name, &((*impl).*pointer));
    return result;
  }

  std::shared_ptr<Impl> impl;
  const MemberList<Impl>& memberList;

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

// `read` turns the arguments into the class's options (or into nothing, for one without options).
template <class Impl, size_t arity, class Read>
ModuleRow moduleRow(const char* name, Read read, MemberList<Impl> members = {}) {
  auto kept = std::make_shared<MemberList<Impl>>(std::move(members));
  return {name, [read, kept](const ModuleArguments& arguments) -> std::unique_ptr<NativeModule> {
            return std::make_unique<NativeModuleOf<Impl, arity>>(
                std::make_shared<Impl>(read(arguments)), *kept);
          }};
}

const std::vector<ModuleRow>& moduleTable();

// Its parts.
std::vector<ModuleRow> convolutionRows();

}  // namespace nodetorch
