#include "types.h"

#include <ATen/core/Reduction.h>
#include <c10/core/Layout.h>
#include <c10/core/MemoryFormat.h>
#include <c10/core/QScheme.h>
#include <torch/version.h>

#include <cstdlib>

#include "cuda_status.h"
#include "errors.h"

namespace nodetorch {

namespace {

constexpr int64_t code(c10::ScalarType dtype) { return static_cast<int64_t>(dtype); }

constexpr NamedInt dtypes[] = {
    {"float32", code(c10::ScalarType::Float)},
    {"float64", code(c10::ScalarType::Double)},
    {"float16", code(c10::ScalarType::Half)},
    {"bfloat16", code(c10::ScalarType::BFloat16)},
    {"int64", code(c10::ScalarType::Long)},
    {"int32", code(c10::ScalarType::Int)},
    {"int16", code(c10::ScalarType::Short)},
    {"int8", code(c10::ScalarType::Char)},
    {"uint8", code(c10::ScalarType::Byte)},
    {"bool", code(c10::ScalarType::Bool)},
    {"complex64", code(c10::ScalarType::ComplexFloat)},
    {"complex128", code(c10::ScalarType::ComplexDouble)},
    {"complex32", code(c10::ScalarType::ComplexHalf)},
    {"qint8", code(c10::ScalarType::QInt8)},
    {"quint8", code(c10::ScalarType::QUInt8)},
    {"qint32", code(c10::ScalarType::QInt32)},
    {"quint4x2", code(c10::ScalarType::QUInt4x2)},
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 3)
    {"uint16", code(c10::ScalarType::UInt16)},
    {"uint32", code(c10::ScalarType::UInt32)},
    {"uint64", code(c10::ScalarType::UInt64)},
    {"float8_e5m2", code(c10::ScalarType::Float8_e5m2)},
    {"float8_e4m3fn", code(c10::ScalarType::Float8_e4m3fn)},
#endif
};

constexpr NamedInt layouts[] = {
    {"strided", static_cast<int64_t>(c10::Layout::Strided)},
    {"sparse_coo", static_cast<int64_t>(c10::Layout::Sparse)},
    {"sparse_csr", static_cast<int64_t>(c10::Layout::SparseCsr)},
    {"sparse_csc", static_cast<int64_t>(c10::Layout::SparseCsc)},
    {"sparse_bsr", static_cast<int64_t>(c10::Layout::SparseBsr)},
    {"sparse_bsc", static_cast<int64_t>(c10::Layout::SparseBsc)},
    {"mkldnn", static_cast<int64_t>(c10::Layout::Mkldnn)},
};

constexpr NamedInt memoryFormats[] = {
    {"contiguous_format", static_cast<int64_t>(c10::MemoryFormat::Contiguous)},
    {"preserve_format", static_cast<int64_t>(c10::MemoryFormat::Preserve)},
    {"channels_last", static_cast<int64_t>(c10::MemoryFormat::ChannelsLast)},
    {"channels_last_3d", static_cast<int64_t>(c10::MemoryFormat::ChannelsLast3d)},
};

constexpr NamedInt qschemes[] = {
    {"per_tensor_affine", static_cast<int64_t>(c10::QScheme::PER_TENSOR_AFFINE)},
    {"per_channel_affine", static_cast<int64_t>(c10::QScheme::PER_CHANNEL_AFFINE)},
    {"per_tensor_symmetric", static_cast<int64_t>(c10::QScheme::PER_TENSOR_SYMMETRIC)},
    {"per_channel_symmetric", static_cast<int64_t>(c10::QScheme::PER_CHANNEL_SYMMETRIC)},
    {"per_channel_affine_float_qparams",
     static_cast<int64_t>(c10::QScheme::PER_CHANNEL_AFFINE_FLOAT_QPARAMS)},
};

constexpr NamedInt reductionNames[] = {
    {"none", at::Reduction::None}, {"mean", at::Reduction::Mean}, {"sum", at::Reduction::Sum}};

template <size_t count>
constexpr NamedInts of(const NamedInt (&rows)[count]) {
  return {rows, rows + count};
}

constexpr NamedInts dtypeInts = of(dtypes), layoutInts = of(layouts),
                    memoryFormatInts = of(memoryFormats), qschemeInts = of(qschemes),
                    reductionInts = of(reductionNames);

}  // namespace

bool NamedInts::parse(const std::string& name, int64_t& value) const {
  for (const NamedInt* row = begin; row != end; row++) {
    if (name != row->name) continue;
    value = row->value;
    return true;
  }
  return false;
}

const char* NamedInts::nameOf(int64_t value) const {
  for (const NamedInt* row = begin; row != end; row++) {
    if (value == row->value) return row->name;
  }
  return nullptr;
}

const NamedInts* namedInts(c10::TypeKind kind) {
  switch (kind) {
    case c10::TypeKind::ScalarTypeType: return &dtypeInts;
    case c10::TypeKind::LayoutType: return &layoutInts;
    case c10::TypeKind::MemoryFormatType: return &memoryFormatInts;
    case c10::TypeKind::QSchemeType: return &qschemeInts;
    default: return nullptr;
  }
}

const NamedInts& reductions() { return reductionInts; }

const char* dtypeName(c10::ScalarType dtype) {
  const char* name = dtypeInts.nameOf(code(dtype));
  return name ? name : c10::toString(dtype);
}

bool parseDtype(const std::string& name, c10::ScalarType& dtype) {
  int64_t value;
  if (!dtypeInts.parse(name, value)) return false;
  dtype = static_cast<c10::ScalarType>(value);
  return true;
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
