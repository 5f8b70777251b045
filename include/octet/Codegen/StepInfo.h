//===- octet/Codegen/StepInfo.h - What is known of a step ------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The record that a step's call carries from outlining to the node table of the
// library.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_CODEGEN_STEPINFO_H
#define OCTET_CODEGEN_STEPINFO_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinAttributes.h"
#include <string>

namespace mlir::octet {

/// In IR, on a func.call: octet.step = {name = "conv1+relu1", op = "Conv+Relu",
/// precision = "int8", macs = 1000 : i64, read = 100 : i64, written = 100 :
/// i64}, for a step that only moves data also moves = "transpose", and after
/// octet-clone-steps kernels = [@k0_avx2, @k0_avx512vnni].
struct StepInfo {
  std::string name;
  std::string op;
  std::string precision;
  int64_t macs = 0;
  int64_t bytesRead = 0;
  int64_t bytesWritten = 0;
  /// What it does to data if it computes nothing: "copy", "quantize+transpose",
  /// "slice+insert+pad", ...
  std::string moves;
  SmallVector<StringAttr> kernels;

  static constexpr llvm::StringLiteral kAttrName = "octet.step";

  /// The record of a call, or nothing if it is no step.
  static std::optional<StepInfo> get(func::CallOp call);
  void attach(func::CallOp call) const;
  int64_t getBytes() const { return bytesRead + bytesWritten; }
};

/// Names of the ONNX nodes in a location, in order, each once; the type of each
/// where the location has one (a NameLoc in a NameLoc).
struct NodeNames {
  SmallVector<std::string> names;
  SmallVector<std::string> types;

  void add(Location loc);
};

} // namespace mlir::octet

#endif // OCTET_CODEGEN_STEPINFO_H
