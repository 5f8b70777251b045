//===- ControlFlow.cpp - If -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NodeImporter.h"

using namespace mlir;
using namespace mlir::octet;

/// Moves a subgraph's operators before the node; the values that it yields.
static SmallVector<Value> inlineSubgraph(NodeContext &n, Region &region) {
  Block &block = region.front();
  Operation *yield = &block.back();
  SmallVector<Value> results(yield->getOperands());
  yield->erase();
  Block *target = n.b.getInsertionBlock();
  target->getOperations().splice(n.b.getInsertionPoint(),
                                 block.getOperations());
  return results;
}

static Region *getBranch(NodeContext &n, StringRef name) {
  int64_t index = n.getInt(name, -1);
  if (index < 0 || index >= int64_t(n.getSubgraphs().size()))
    return nullptr;
  return &n.getSubgraphs()[index];
}

/// Gives the nodes of a branch their meaning where they stand.
static LogicalResult importBranch(Region &region) {
  for (auto node : llvm::make_early_inc_range(region.getOps<NodeOp>()))
    if (failed(importNode(node)))
      return failure();
  return success();
}

/// Nothing that a graph computes has an effect, so that a condition known only
/// at run time may choose between results that are both there.
static Imported chooseAtRunTime(NodeContext &n, Region &thenBranch,
                                Region &elseBranch) {
  if (failed(importBranch(thenBranch)) || failed(importBranch(elseBranch)))
    return failure();
  SmallVector<Value> yes = inlineSubgraph(n, thenBranch);
  SmallVector<Value> no = inlineSubgraph(n, elseBranch);
  if (yes.size() != no.size())
    return n.error() << "the branches have " << yes.size() << " and "
                     << no.size() << " outputs";
  SmallVector<Value> results;
  Value condition = n.reshape(n.in(0), {});
  for (auto [a, b] : llvm::zip(yes, no)) {
    Value left = n.toIntegers(a), right = n.toIntegers(b);
    if (left.getType() != right.getType())
      return n.error() << "the condition is computed at run time, and the "
                          "branches give "
                       << left.getType() << " and " << right.getType()
                       << "; bind the input that decides with --bind";
    results.push_back(n.create<WhereOp>(getElementTypeOrSelf(left.getType()),
                                        condition, left, right));
  }
  return results;
}

static Imported importIf(NodeContext &n) {
  Region *thenBranch = getBranch(n, "then_branch");
  Region *elseBranch = getBranch(n, "else_branch");
  auto type = cast<RankedTensorType>(n.getRaw(0).getType());
  if (!thenBranch || !elseBranch || !type.getElementType().isInteger(1) ||
      type.getNumElements() != 1)
    return n.error() << "needs two branches and one boolean condition";
  auto condition = readIntegers(n.in(0));
  if (!condition)
    return chooseAtRunTime(n, *thenBranch, *elseBranch);
  return inlineSubgraph(n, condition->front() ? *thenBranch : *elseBranch);
}

ArrayRef<Importer> mlir::octet::getControlFlowOps() {
  static const Importer table[] = {
      {"If", 1, kNewestOpset, 1, importIf,
       "with a condition of run time both branches are computed and must give "
       "the same shapes"},
  };
  return table;
}
