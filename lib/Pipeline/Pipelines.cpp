//===- Pipelines.cpp - A pipeline for each stage ----------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The registered form, `--octet-STAGE`, of what octet-compile runs: a list of
// passes, so that dumps and timings show each.
//
//===----------------------------------------------------------------------===//

#include "octet/Codegen/Passes.h"
#include "octet/Fold/Passes.h"
#include "octet/Import/Passes.h"
#include "octet/Lower/Passes.h"
#include "octet/Pipeline/Register.h"
#include "octet/Pipeline/Stage.h"
#include "octet/Propagate/Passes.h"
#include "octet/Quantize/Passes.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;
using namespace mlir::octet;

namespace {
struct ObserveFlags : PassPipelineOptions<ObserveFlags> {
  Option<std::string> recipe{*this, "recipe",
                             llvm::cl::desc("The recipe's JSON text"),
                             llvm::cl::init("")};
};

struct FoldFlags : PassPipelineOptions<FoldFlags> {
  Option<bool> toSigned{*this, "signed",
                        llvm::cl::desc("Store activations as i8"),
                        llvm::cl::init(false)};
};
} // namespace

/// Registers `--octet-NAME` with the stage's own summary.
template <typename Flags>
static void add(Stage stage,
                std::function<void(OpPassManager &, const Flags &)> build) {
  const StageInfo &info = getStages()[static_cast<int>(stage)];
  PassPipelineRegistration<Flags>("octet-" + info.name.str(), info.summary,
                                  std::move(build));
}

static void add(Stage stage, std::function<void(OpPassManager &)> build) {
  const StageInfo &info = getStages()[static_cast<int>(stage)];
  PassPipelineRegistration<>("octet-" + info.name.str(), info.summary,
                             std::move(build));
}

void mlir::octet::registerAllPipelines() {
  add(Stage::Import, [](OpPassManager &pm) {
    buildImportPipeline(pm);
    buildEpiloguePipeline(pm);
  });
  add<ObserveFlags>(Stage::Observe,
                    [](OpPassManager &pm, const ObserveFlags &flags) {
                      buildObservePipeline(pm, {flags.recipe});
                    });
  add(Stage::Quantize, buildQuantizePipeline);
  add(Stage::Propagate, buildPropagatePipeline);
  add<FoldFlags>(Stage::Fold, [](OpPassManager &pm, const FoldFlags &flags) {
    buildFoldPipeline(pm, {flags.toSigned});
  });
  add(Stage::Lower, buildLowerPipeline);
  registerCodegenPipeline();
}
