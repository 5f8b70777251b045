//===- Passes.cpp - The pipeline of the Fold stage -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Fold/Passes.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::octet;

void mlir::octet::buildEpiloguePipeline(OpPassManager &pm) {
  pm.addNestedPass<func::FuncOp>(createFuseEpilogues());
}

void mlir::octet::buildFoldPipeline(OpPassManager &pm,
                                    const FoldOptions &options) {
  // Tables first: a product with a scalar constant is one, too.
  pm.addNestedPass<func::FuncOp>(createFoldLookups());
  pm.addNestedPass<func::FuncOp>(createFoldQuantized());
  pm.addPass(createCanonicalizerPass());
  pm.addNestedPass<func::FuncOp>(createChannelsLast());
  RetypeStorageOptions retype;
  retype.toSigned = options.signedActivations;
  pm.addNestedPass<func::FuncOp>(createRetypeStorage(retype));
  pm.addPass(createCSEPass());
  pm.addPass(createCanonicalizerPass());
  pm.addNestedPass<func::FuncOp>(createNestConcats());
  pm.addNestedPass<func::FuncOp>(createChooseMultipliers());
  pm.addNestedPass<func::FuncOp>(createVerifyFold());
}
