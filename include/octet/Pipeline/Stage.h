//===- Stage.h - The stages of the compiler -*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One list for every tool: the values of --stop-after, the names of the
// pipelines --octet-STAGE, the headings of documentation.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_PIPELINE_STAGE_H
#define OCTET_PIPELINE_STAGE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <optional>

namespace mlir::octet {

/// In the order of the data's way.
enum class Stage {
  Import,
  Observe,
  Quantize,
  Propagate,
  Fold,
  Lower,
  Codegen,
  Emit
};

struct StageInfo {
  Stage stage;
  llvm::StringLiteral name;
  llvm::StringLiteral summary;
};

llvm::ArrayRef<StageInfo> getStages();
std::optional<Stage> parseStage(llvm::StringRef name);
llvm::StringRef getStageName(Stage stage);

} // namespace mlir::octet

#endif // OCTET_PIPELINE_STAGE_H
