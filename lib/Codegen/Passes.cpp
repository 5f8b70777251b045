//===- Passes.cpp - The order of the Codegen stage -------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Codegen/Passes.h"
#include "mlir/Conversion/AffineToStandard/AffineToStandard.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "octet/Codegen/Kernels/Passes.h"

using namespace mlir;
using namespace mlir::octet;

/// Fewer, larger computations; kernels.
static void addTensorPasses(OpPassManager &pm, const CodegenOptions &options) {
  pm.addNestedPass<func::FuncOp>(createFuseElementwise());
  pm.addNestedPass<func::FuncOp>(createCanonicalizerPass());
  pm.addNestedPass<func::FuncOp>(createCSEPass());
  if (!options.oracle)
    pm.addNestedPass<func::FuncOp>(createFormKernels());
}

static void addRelease(OpPassManager &pm, const CodegenOptions &options) {
  if (options.releaseConstants)
    pm.addPass(createReleaseConstants());
}

/// Tensors to buffers; results to arguments.
static void addBufferization(OpPassManager &pm, const CodegenOptions &codegen) {
  pm.addNestedPass<func::FuncOp>(createPrepareBuffers());
  bufferization::OneShotBufferizePassOptions options;
  options.bufferizeFunctionBoundaries = true;
  options.functionBoundaryTypeConversion =
      bufferization::LayoutMapOption::IdentityLayoutMap;
  pm.addPass(bufferization::createOneShotBufferizePass(options));
  pm.addPass(createShareConstants());
  addRelease(pm, codegen);
  pm.addNestedPass<func::FuncOp>(createCSEPass());
  pm.addNestedPass<func::FuncOp>(createCanonicalizerPass());
  pm.addNestedPass<func::FuncOp>(createBindResults());
  pm.addNestedPass<func::FuncOp>(createForwardCopies());
  pm.addNestedPass<func::FuncOp>(createFitOperands());
  pm.addNestedPass<func::FuncOp>(createShrinkFills());
}

/// Buffers to steps in one arena.
static void addSteps(OpPassManager &pm, const CodegenOptions &options) {
  if (!options.oracle && options.bandHeight >= 0)
    pm.addNestedPass<func::FuncOp>(createFormBands({options.bandHeight}));
  pm.addNestedPass<func::FuncOp>(createOrderLoops());
  pm.addPass(createOutlineSteps());
  pm.addPass(createPlanArena());
  pm.addNestedPass<func::FuncOp>(createLowerSteps());
}

/// Steps to the LLVM dialect. All passes but two work on one step at a time.
static void addLowering(OpPassManager &pm, const CodegenOptions &options) {
  pm.addPass(createCloneSteps({options.target}));
  pm.addPass(createOctetChooseTiles({options.tileCandidate}));
  pm.addPass(createOctetFuseRequantization());
  pm.addPass(createOctetPackWeights());
  addRelease(pm, options);
  pm.addPass(createShareSteps());
  OpPassManager &steps = pm.nest<func::FuncOp>();
  steps.addPass(createExpandMath());
  steps.addPass(createExpandFloats());
  steps.addPass(memref::createExpandStridedMetadataPass());
  steps.addPass(createLowerAffinePass());
  steps.addPass(createCanonicalizerPass());
  steps.addPass(createCSEPass());
  // Kernels come last: they are written out in full, and LLVM simplifies them
  // in much less time.
  steps.addPass(createOctetLowerKernels());
  steps.addPass(createSCFToControlFlowPass());
  // Most of what is written out is the same few constants and addresses.
  steps.addPass(createCSEPass());
  pm.addPass(createOctetLowerDots());
  pm.addPass(createLowerToLLVM({options.target}));
  pm.addPass(createVerifyCodegen());
}

void mlir::octet::buildCodegenPipeline(OpPassManager &pm,
                                       const CodegenOptions &options) {
  addTensorPasses(pm, options);
  addRelease(pm, options);
  addBufferization(pm, options);
  addSteps(pm, options);
  addLowering(pm, options);
}

namespace {
/// The command-line form of CodegenOptions.
struct CommandLineOptions : public PassPipelineOptions<CommandLineOptions> {
  PassOptions::Option<std::string> target{
      *this, "target", llvm::cl::desc("as --target of octet-compile"),
      llvm::cl::init("host")};
  PassOptions::Option<bool> oracle{
      *this, "oracle", llvm::cl::desc("plain loops only, no kernels"),
      llvm::cl::init(false)};
};
} // namespace

void mlir::octet::registerCodegenPipeline() {
  PassPipelineRegistration<CommandLineOptions>(
      "octet-codegen",
      "Codegen: linalg on tensors to the LLVM dialect and its description",
      [](OpPassManager &pm, const CommandLineOptions &options) {
        buildCodegenPipeline(pm, {options.target, options.oracle});
      });
}
