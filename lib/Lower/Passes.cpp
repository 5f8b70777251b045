//===- Passes.cpp - The pipeline of the Lower stage -------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Lower/Passes.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void octet::buildLowerPipeline(OpPassManager &pm) {
  pm.addPass(createAddQuantizedEntry());
  // Quantized types carry the numbers that their arithmetic needs, so they go
  // first; movements are left for last, when each has one form on any storage.
  pm.addPass(createLowerQuantized());
  pm.addPass(createLowerFloat());
  pm.addPass(createLowerMovement());
  pm.addPass(createReconcileUnrealizedCastsPass());
  // Equal constants and pads become one, dead ones go.
  pm.addPass(createCSEPass());
  pm.addPass(createVerifyLower());
}
