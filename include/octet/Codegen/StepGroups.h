//===- octet/Codegen/StepGroups.h - Which computations are one -*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_CODEGEN_STEPGROUPS_H
#define OCTET_CODEGEN_STEPGROUPS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "octet/Codegen/StepInfo.h"

namespace mlir::octet {

/// On a fill that nothing else of its buffer depends on: the step that follows
/// does it first.
inline constexpr llvm::StringLiteral kBorderAttrName = "octet.border";

/// On a loop over bands: the multiply-accumulates of its computations, without
/// those that are done again.
inline constexpr llvm::StringLiteral kMacsAttrName = "octet.macs";

/// Computations that make one step.
struct StepGroup {
  /// Done first, by the part that has the start of the range.
  SmallVector<Operation *> borders;
  SmallVector<Operation *> ops;
  int64_t extent = 1;
};

/// The number of parts a computation falls into: work units of a kernel, turns
/// of a parallel loop, or of the first loop of a linalg op if that is parallel.
/// Else nothing.
std::optional<int64_t> getSplitExtent(Operation *op);

/// Ops of one step take turns by their first loop. Where a turn is too large
/// for the caches and their second loops may take turns too, the number of
/// those turns. Loops of a multiple of it do as many of theirs in each.
std::optional<int64_t> getRowExtent(ArrayRef<linalg::GenericOp> ops);

/// Multiply-accumulates of a computation.
int64_t getMacs(Operation *op);

/// The steps of a model, in order.
SmallVector<StepGroup> formStepGroups(Block &block);

/// What the node table says of a group.
StepInfo describeStep(const StepGroup &group);

} // namespace mlir::octet

#endif // OCTET_CODEGEN_STEPGROUPS_H
