#include "types.h"

#include <array>
#include <cstdlib>
#include <utility>

#include "cuda_status.h"
#include "errors.h"

namespace nodetorch {

namespace {

using Row = std::pair<const char*, c10::ScalarType>;
constexpr std::array<Row, 12> dtypes{{
    {"float32", c10::ScalarType::Float},
    {"float64", c10::ScalarType::Double},
    {"float16", c10::ScalarType::Half},
    {"bfloat16", c10::ScalarType::BFloat16},
    {"int64", c10::ScalarType::Long},
    {"int32", c10::ScalarType::Int},
    {"int16", c10::ScalarType::Short},
    {"int8", c10::ScalarType::Char},
    {"uint8", c10::ScalarType::Byte},
    {"bool", c10::ScalarType::Bool},
    {"complex64", c10::ScalarType::ComplexFloat},
    {"complex128", c10::ScalarType::ComplexDouble},
}};

}  // namespace

const char* dtypeName(c10::ScalarType dtype) {
  for (const auto& [name, type] : dtypes) {
    if (type == dtype) return name;
  }
  return c10::toString(dtype);
}

bool parseDtype(const std::string& name, c10::ScalarType& dtype) {
  for (const auto& [known, type] : dtypes) {
    if (name == known) {
      dtype = type;
      return true;
    }
  }
  return false;
}

const std::string& dtypeNames() {
  static const std::string names = [] {
    std::string list;
    for (const auto& row : dtypes)
      list += (list.empty() ? "'" : ", '") + std::string(row.first) + "'";
    return list;
  }();
  return names;
}

c10::Device parseDevice(const std::string& name, const std::string& role) {
  if (name == "cpu") return c10::Device(c10::kCPU);
  if (name == "auto") return CudaStatus::get().usable() ? c10::Device(c10::kCUDA, 0) : c10::kCPU;
  int index = 0;
  const bool bare = name == "cuda";
  if (!bare) {
    const bool prefixed = name.rfind("cuda:", 0) == 0 && name.size() > 5 && name.size() < 9 &&
                          name.find_first_not_of("0123456789", 5) == std::string::npos;
    if (!prefixed) {
      typeError(role + ": expected 'cpu', 'cuda', 'cuda:N' or 'auto', got '" + name + "'");
    }
    index = std::atoi(name.c_str() + 5);
  }
  CudaStatus::get().require(index, role);
  return c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(index));
}

std::string deviceName(c10::Device device) { return device.is_cpu() ? "cpu" : device.str(); }

}  // namespace nodetorch
