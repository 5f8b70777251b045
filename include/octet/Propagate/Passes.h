//===- Passes.h - Passes of the Propagate stage -*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_PROPAGATE_PASSES_H
#define OCTET_PROPAGATE_PASSES_H

#include "octet/IR/Octet.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace mlir::octet {

#define GEN_PASS_DECL
#include "octet/Propagate/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "octet/Propagate/Passes.h.inc"

void buildPropagatePipeline(OpPassManager &pm);

} // namespace mlir::octet

#endif // OCTET_PROPAGATE_PASSES_H
