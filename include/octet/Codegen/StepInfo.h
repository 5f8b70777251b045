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
/// precision = "int8", macs = 1000 : i64, bytes = 200 : i64}, and after
/// octet-clone-steps also kernels = [@k0_avx2, @k0_avx512vnni].
struct StepInfo {
  std::string name;
  std::string op;
  std::string precision;
  int64_t macs = 0;
  int64_t bytes = 0;
  SmallVector<StringAttr> kernels;

  static constexpr llvm::StringLiteral kAttrName = "octet.step";

  /// The record of a call, or nothing if it is no step.
  static std::optional<StepInfo> get(func::CallOp call);
  void attach(func::CallOp call) const;
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
