//===- Passes.h - Passes of the Fold stage -*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_FOLD_PASSES_H
#define OCTET_FOLD_PASSES_H

#include "octet/IR/Octet.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace mlir::octet {

#define GEN_PASS_DECL
#include "octet/Fold/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "octet/Fold/Passes.h.inc"

struct FoldOptions {
  /// Whether activations are stored as i8 rather than u8.
  bool signedActivations = false;
};

/// The fusions on the float graph, at the end of Import.
void buildEpiloguePipeline(OpPassManager &pm);
void buildFoldPipeline(OpPassManager &pm, const FoldOptions &options);

} // namespace mlir::octet

#endif // OCTET_FOLD_PASSES_H
