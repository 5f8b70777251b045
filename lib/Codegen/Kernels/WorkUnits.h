//===- WorkUnits.h - Loops over the units of a kernel ----------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_CODEGEN_KERNELS_WORKUNITS_H
#define OCTET_LIB_CODEGEN_KERNELS_WORKUNITS_H

#include "KernelPlan.h"

namespace mlir::octet {

/// A unit: where it begins in the output, and how much of it there is. The
/// position's channel counts within the group.
struct WorkUnit {
  Position origin;
  Value group;
  int64_t rows, pixels, channels;
};

/// Loops over the op's range and writes `body` for each unit; once for each
/// size that a unit can have.
void forEachUnit(const KernelPlan &plan, KernelBuilder &b,
                 function_ref<void(const WorkUnit &)> body);

} // namespace mlir::octet

#endif // OCTET_LIB_CODEGEN_KERNELS_WORKUNITS_H
