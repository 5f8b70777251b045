//===- Passes.h - Passes of the Import stage --------------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_IMPORT_PASSES_H
#define OCTET_IMPORT_PASSES_H

#include "octet/IR/Octet.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace mlir::octet {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "octet/Import/Passes.h.inc"

/// The passes that follow `importONNX`, contract included.
void buildImportPipeline(OpPassManager &passes);

} // namespace mlir::octet

#endif // OCTET_IMPORT_PASSES_H
