// The frame around a program's calls: below autograd, in the modes that they were recorded in.
#pragma once

#include <ATen/core/LegacyTypeDispatch.h>
#include <c10/core/GradMode.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include "program.h"

namespace nodetorch {

inline c10::DispatchKeySet autocastKeys() {
  return c10::DispatchKeySet(c10::DispatchKey::AutocastCPU) |
         c10::DispatchKeySet(c10::DispatchKey::AutocastCUDA);
}

template <class Step>
void Program::runWith(const at::Tensor* arguments, std::vector<at::Tensor>& results, Step step) {
  const at::AutoDispatchBelowADInplaceOrView below;
  const c10::impl::ExcludeDispatchKeyGuard autocast(autocastKeys());
  const c10::AutoGradMode restore(c10::GradMode::is_enabled());
  try {
    begin(arguments);
    bool mode = c10::GradMode::is_enabled();
    for (size_t i = 0; i < instructions_.size(); i++) {
      Instruction& instruction = instructions_[i];
      if (instruction.gradMode != mode) {
        mode = instruction.gradMode;
        c10::GradMode::set_enabled(mode);
      }
      step(i, instruction);
    }
    finish(arguments, results);
  } catch (...) {
    for (int reg : dynamic_) registers_[reg].reset();
    stack_.clear();
    clearGradients();
    throw;
  }
}

}  // namespace nodetorch
