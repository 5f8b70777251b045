//===- Passes.cpp - The Import stage -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Import/Passes.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void mlir::octet::buildImportPipeline(OpPassManager &passes) {
  passes.addPass(createImportNodes());
  passes.addNestedPass<func::FuncOp>(createWidenFloats());
  // Equal constants become one before patterns look at their uses.
  passes.addNestedPass<func::FuncOp>(createCSEPass());
  passes.addNestedPass<func::FuncOp>(createSimplify());
  passes.addNestedPass<func::FuncOp>(createCSEPass());
  passes.addPass(createVerifyImport());
}
