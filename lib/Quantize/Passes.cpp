//===- Passes.cpp - The pipeline of the Quantize stage -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Quantize/Passes.h"

#include "mlir/Pass/PassManager.h"

using namespace mlir;
using namespace mlir::octet;

void mlir::octet::buildNarrowPipeline(OpPassManager &pm,
                                      const QuantizeOptions &options,
                                      StringRef precision) {
  NarrowWeightsOptions narrow;
  narrow.recipe = options.recipe;
  narrow.precision = precision.str();
  pm.addNestedPass<func::FuncOp>(createNarrowWeights(narrow));
}

void mlir::octet::buildObservePipeline(OpPassManager &pm,
                                       const QuantizeOptions &options) {
  AssignSchemesOptions assign;
  assign.recipe = options.recipe;
  pm.addNestedPass<func::FuncOp>(createPreferFloat());
  pm.addNestedPass<func::FuncOp>(createAssignSchemes(assign));
  // What stays float may have shorter weights; calibration sees them so.
  buildNarrowPipeline(pm, options, "");
  pm.addNestedPass<func::FuncOp>(createInsertObservers());
}

void mlir::octet::buildQuantizePipeline(OpPassManager &pm) {
  pm.addNestedPass<func::FuncOp>(createKeepResolution());
  pm.addNestedPass<func::FuncOp>(createChooseScales());
  pm.addNestedPass<func::FuncOp>(createVerifyQuantize());
}
