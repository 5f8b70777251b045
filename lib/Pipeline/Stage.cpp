//===- Stage.cpp - The stages of the compiler -*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Pipeline/Stage.h"

using namespace mlir::octet;

static constexpr StageInfo kStages[] = {
    {Stage::Import, "import", "ONNX nodes become octet operators"},
    {Stage::Observe, "observe",
     "observers are inserted, and see the samples where there are any"},
    {Stage::Quantize, "quantize", "quantize-dequantize pairs are inserted"},
    {Stage::Propagate, "propagate", "scales move through the graph and join"},
    {Stage::Fold, "fold", "operators between pairs compute in integers"},
    {Stage::Lower, "lower", "operators become linalg on storage types"},
    {Stage::Codegen, "codegen", "linalg becomes kernels, then LLVM's dialect"},
    {Stage::Emit, "emit", "LLVM's dialect becomes machine code"},
};

llvm::ArrayRef<StageInfo> mlir::octet::getStages() { return kStages; }

std::optional<Stage> mlir::octet::parseStage(llvm::StringRef name) {
  for (const StageInfo &info : kStages)
    if (info.name == name)
      return info.stage;
  return std::nullopt;
}

llvm::StringRef mlir::octet::getStageName(Stage stage) {
  return kStages[static_cast<int>(stage)].name;
}
