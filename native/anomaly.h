// Anomaly detection: which backward function failed, and where its forward call was.
#pragma once

#include <napi.h>

#include <exception>
#include <string>

namespace nodetorch {

struct Environment;

// What a backward function threw, with a note on the forward call that made it.
struct AnomalyError : std::exception {
  AnomalyError(std::exception_ptr original, std::string note)
      : original(std::move(original)), note(std::move(note)) {}
  const char* what() const noexcept override { return note.c_str(); }
  std::exception_ptr original;
  std::string note;
};

// The environment ends: it no longer asks for detection.
void closeAnomaly(Environment& environment, napi_env env);

}  // namespace nodetorch
