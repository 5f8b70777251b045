//===- Report.h - Which operators compute in integers, and why not -*- C++
//-*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_PIPELINE_REPORT_H
#define OCTET_PIPELINE_REPORT_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/JSON.h"

#include <string>
#include <vector>

namespace mlir::octet {

/// One operator of the model as Fold leaves it.
struct ReportRow {
  std::string name; ///< of the node, or of several joined by '+'
  std::string op;
  bool isInteger;
  std::string reason; ///< why it stays float
  int64_t macs;
  Location loc;
};

struct Report {
  std::vector<ReportRow> rows;

  /// Reads the module as Fold leaves it.
  static Report create(ModuleOp module);

  int64_t countIntegers() const;
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
