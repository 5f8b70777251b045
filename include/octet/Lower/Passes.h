//===- Passes.h - Passes of the Lower stage ---------------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The stage turns the octet dialect into linalg, tensor, arith, math and scf on
// storage types. Lowered plainly to loops, its result is the oracle.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LOWER_PASSES_H
#define OCTET_LOWER_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

namespace mlir::octet {

#define GEN_PASS_DECL
#include "octet/Lower/Passes.h.inc"

/// Attribute of an argument or result of a function: its element type before
/// lowering, where that was quantized or an integer with a sign.
inline constexpr llvm::StringLiteral kOriginalTypeAttr = "octet.type";

/// The whole stage, on a module.
void buildLowerPipeline(OpPassManager &pm);

/// From the stage's result to the LLVM dialect by plain loops: the oracle. The
/// function `main` becomes `_mlir_ciface_main`, which takes a memref descriptor
/// of each argument, then of each result.
void buildOraclePipeline(OpPassManager &pm);

/// `--octet-oracle`: the pipeline above, for tools.
void registerOraclePipeline();

#define GEN_PASS_REGISTRATION
#include "octet/Lower/Passes.h.inc"

} // namespace mlir::octet

#endif // OCTET_LOWER_PASSES_H
