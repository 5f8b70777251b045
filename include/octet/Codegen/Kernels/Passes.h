//===- octet/Codegen/Kernels/Passes.h - Lowering of kernels ----*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From octet_kernel ops on buffers to vectors and instructions: pack weights,
// then lower kernels, then dots.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_CODEGEN_KERNELS_PASSES_H
#define OCTET_CODEGEN_KERNELS_PASSES_H

#include "mlir/Pass/Pass.h"

namespace mlir::octet {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "octet/Codegen/Kernels/Passes.h.inc"

} // namespace mlir::octet

#endif // OCTET_CODEGEN_KERNELS_PASSES_H
