//===- Register.cpp - Everything a tool registers ---------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Pipeline/Register.h"

#include "octet/Codegen/Kernels/Passes.h"
#include "octet/Codegen/Passes.h"
#include "octet/Fold/Passes.h"
#include "octet/IR/Kernel/OctetKernel.h"
#include "octet/IR/Octet.h"
#include "octet/Import/Passes.h"
#include "octet/Lower/Passes.h"
#include "octet/Propagate/Passes.h"
#include "octet/Quantize/Passes.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"

using namespace mlir;

void mlir::octet::registerAllDialects(DialectRegistry &registry) {
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  registry.insert<OctetDialect, octet_kernel::OctetKernelDialect>();
  octet_kernel::registerBufferizableOpInterfaceExternalModels(registry);
}

void mlir::octet::registerAllPasses() {
  mlir::registerAllPasses();
  registerOctetImportPasses();
  registerOctetQuantizePasses();
  registerOctetPropagatePasses();
  registerOctetFoldPasses();
  registerOctetLowerPasses();
  registerOctetCodegenPasses();
  registerOctetKernelsPasses();
  registerAllPipelines();
  registerOraclePipeline();
}
