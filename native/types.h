// Names that JavaScript uses for dtypes and devices.
#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <string>

namespace nodetorch {

const char* dtypeName(c10::ScalarType dtype);

// False where `name` is no dtype.
bool parseDtype(const std::string& name, c10::ScalarType& dtype);

// "float32, float64, ..." for error messages.
const std::string& dtypeNames();

// 'cpu', 'cuda', 'cuda:1' or 'auto' (CUDA where it works, else the CPU). A TypeError for anything
// else; an Error that says what is missing where CUDA is asked for and not there.
c10::Device parseDevice(const std::string& name, const std::string& role);

std::string deviceName(c10::Device device);

}  // namespace nodetorch
