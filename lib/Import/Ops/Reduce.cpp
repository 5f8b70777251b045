//===- Reduce.cpp - Reductions -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NodeImporter.h"

using namespace mlir;
using namespace mlir::octet;

/// Axes from the attribute or, in later versions, from input 1; all where there
/// are none. Sorted and positive.
static FailureOr<Integers> readAxes(NodeContext &n) {
  Integers axes;
  int64_t rank = n.getRank(0);
  if (n.has(1)) {
    auto given = n.readIntegersAt(1, "axes");
    if (failed(given))
      return failure();
    axes = *given;
  } else {
    axes = n.getInts("axes").value_or(Integers());
  }
  if (axes.empty() && !n.getInt("noop_with_empty_axes", 0))
    for (int64_t axis = 0; axis < rank; ++axis)
      axes.push_back(axis);
  for (int64_t &axis : axes) {
    auto positive = n.getAxis(axis, rank);
    if (failed(positive))
      return failure();
    axis = *positive;
  }
  llvm::sort(axes);
  if (std::unique(axes.begin(), axes.end()) != axes.end())
    return n.error() << "an axis is listed twice";
  return axes;
}

template <ReduceKind kind> static Imported importReduce(NodeContext &n) {
  auto axes = readAxes(n);
  if (failed(axes))
    return failure();
  // Without axes only the functions around the sum are left to apply.
  if (axes->empty() && kind != ReduceKind::L1 && kind != ReduceKind::L2 &&
      kind != ReduceKind::SumSquare && kind != ReduceKind::LogSum &&
      kind != ReduceKind::LogSumExp)
    return n.getRaw(0);
  return n.create<ReduceOp>(n.getElement(0), kind, n.in(0), ArrayRef(*axes),
                            n.getInt("keepdims", 1) != 0);
}

template <bool smallest> static Imported importArgReduce(NodeContext &n) {
  auto axis = n.getAxisAttr(0, n.getRank(0));
  if (failed(axis))
    return failure();
  return n.create<ArgReduceOp>(n.b.getI64Type(), n.in(0), *axis,
                               n.getInt("keepdims", 1) != 0, smallest,
                               n.getInt("select_last_index", 0) != 0);
}

ArrayRef<Importer> mlir::octet::getReduceOps() {
  using K = ReduceKind;
  constexpr StringLiteral axes = "axes must be constant";
  static const Importer table[] = {
      {"ArgMax", 1, kNewestOpset, 1, importArgReduce<false>},
      {"ArgMin", 1, kNewestOpset, 1, importArgReduce<true>},
      {"ReduceL1", 1, kNewestOpset, 1, importReduce<K::L1>, axes},
      {"ReduceL2", 1, kNewestOpset, 1, importReduce<K::L2>, axes},
      {"ReduceLogSum", 1, kNewestOpset, 1, importReduce<K::LogSum>, axes},
      {"ReduceLogSumExp", 1, kNewestOpset, 1, importReduce<K::LogSumExp>, axes},
      {"ReduceMax", 1, kNewestOpset, 1, importReduce<K::Max>, axes},
      {"ReduceMean", 1, kNewestOpset, 1, importReduce<K::Mean>, axes},
      {"ReduceMin", 1, kNewestOpset, 1, importReduce<K::Min>, axes},
      {"ReduceProd", 1, kNewestOpset, 1, importReduce<K::Prod>, axes},
      {"ReduceSum", 1, kNewestOpset, 1, importReduce<K::Sum>, axes},
      {"ReduceSumSquare", 1, kNewestOpset, 1, importReduce<K::SumSquare>, axes},
  };
  return table;
}
