//===- Passes.h - Passes of the Quantize stage -*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_QUANTIZE_PASSES_H
#define OCTET_QUANTIZE_PASSES_H

#include "octet/IR/Octet.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace mlir::octet {

#define GEN_PASS_DECL
#include "octet/Quantize/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "octet/Quantize/Passes.h.inc"

struct QuantizeOptions {
  std::string recipe; ///< JSON text; empty: the default recipe
};

/// Constant weights in 16 bits: all that the recipe does not speak of by
/// `precision`, a name as --precision takes it.
void buildNarrowPipeline(OpPassManager &pm, const QuantizeOptions &options,
                         llvm::StringRef precision);

/// Up to the point where samples are needed: decisions and observers.
void buildObservePipeline(OpPassManager &pm, const QuantizeOptions &options);
/// From statistics to pairs.
void buildQuantizePipeline(OpPassManager &pm);

} // namespace mlir::octet

#endif // OCTET_QUANTIZE_PASSES_H
