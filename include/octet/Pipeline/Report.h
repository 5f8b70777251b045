//===- Report.h - What became of a model -----------------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_PIPELINE_REPORT_H
#define OCTET_PIPELINE_REPORT_H

#include "mlir/IR/BuiltinOps.h"
#include "octet/Emit/ModelInfo.h"
#include "llvm/Support/JSON.h"

#include <optional>
#include <string>
#include <vector>

namespace mlir::octet {

/// One operator of the model as Fold leaves it.
struct ReportRow {
  std::string name; ///< of the node, or of several joined by '+'
  std::string op;
  std::string precision; ///< int8, fp16, bf16 or float
  std::string reason;    ///< why it stays float, if it does
  int64_t macs;
  Location loc;

  bool isInteger() const { return precision == "int8"; }
};

/// Which operators compute in integers, and why others do not; the steps of the
/// program, the bytes that each moves, and the memory that a call takes.
struct Report {
  std::vector<ReportRow> rows;
  /// Known once there is code.
  std::optional<ModelInfo> program;

  /// Reads the module as Fold leaves it.
  void addOperators(ModuleOp module);
  /// Reads the module as Codegen leaves it.
  LogicalResult addProgram(ModuleOp module);

  int64_t countIntegers() const;
  /// With weights in 16 bits.
  int64_t countShort() const;
  /// Share of multiply-accumulates done in integers, from 0 to 1; 1 if there
  /// are none.
  double getIntegerShare() const;
  const ReportRow *findFloat() const;

  llvm::json::Value toJSON() const;
  /// A line, or with `verbose` a table with a line for each operator.
  void print(llvm::raw_ostream &os, bool verbose) const;
};

} // namespace mlir::octet

#endif // OCTET_PIPELINE_REPORT_H
