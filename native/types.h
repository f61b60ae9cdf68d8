// Names that JavaScript uses for dtypes, devices, layouts and memory formats: PyTorch's own.
#pragma once

#include <ATen/core/jit_type_base.h>
#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <cstdint>
#include <string>

namespace nodetorch {

const char* dtypeName(c10::ScalarType dtype);

// False where `name` is no dtype.
bool parseDtype(const std::string& name, c10::ScalarType& dtype);

// What libtorch keeps as an int and JavaScript writes as a name: ScalarType, Layout, MemoryFormat,
// QScheme, and the reduction of losses. The names of one such kind by their numbers; nullptr where
// `kind` is none.
struct NamedInt {
  const char* name;
  int64_t value;
};
struct NamedInts {
  const NamedInt* begin;
  const NamedInt* end;
  // Whether `name` is one of them.
  bool parse(const std::string& name, int64_t& value) const;
  // nullptr where `value` is none of them.
  const char* nameOf(int64_t value) const;
};
const NamedInts* namedInts(c10::TypeKind kind);
const NamedInts& reductions();

// 'cpu', 'cuda', 'cuda:1' or 'auto' (CUDA where it works, else the CPU). A TypeError for anything
// else; an Error that says what is missing where CUDA is asked for and not there.
c10::Device parseDevice(const std::string& name, const std::string& role);

std::string deviceName(c10::Device device);

}  // namespace nodetorch
