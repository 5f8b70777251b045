//===- MatMul.cpp - Matrix products to linalg -------------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loops: batch axes, m, n, k. A constant right operand is laid out K x N;
// others keep their order, and the maps say which axis is which.
//
//===----------------------------------------------------------------------===//

#include "Contraction.h"
#include "Patterns.h"

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet::lower;

/// A matrix without those batch axes that are repeated, and the map of loops to
/// its axes; `row` and `column` are the loops of its last two axes.
static std::pair<Value, AffineMap> arrangeMatrix(OpBuilder &b, Location loc,
                                                 Value matrix,
                                                 ArrayRef<int64_t> result,
                                                 int64_t row, int64_t column) {
  ArrayRef<int64_t> shape = getShape(matrix);
  int64_t offset = int64_t(result.size()) - int64_t(shape.size());
  SmallVector<int64_t> extents;
  SmallVector<AffineExpr> exprs;
  for (int64_t i = 0, e = shape.size() - 2; i < e; ++i) {
    if (shape[i] == 1 && result[offset + i] != 1)
      continue;
    extents.push_back(shape[i]);
    exprs.push_back(b.getAffineDimExpr(offset + i));
  }
  llvm::append_range(extents, shape.take_back(2));
  exprs.append({b.getAffineDimExpr(row), b.getAffineDimExpr(column)});
  return {createReshape(b, loc, matrix, extents),
          AffineMap::get(result.size() + 1, 0, exprs, b.getContext())};
}

static Value transposeLastTwo(OpBuilder &b, Location loc, Value matrix) {
  int64_t rank = getShape(matrix).size();
  SmallVector<int64_t> permutation = llvm::to_vector(llvm::seq<int64_t>(rank));
  std::swap(permutation[rank - 2], permutation[rank - 1]);
  return createTranspose(b, loc, matrix, permutation);
}

namespace {
struct LowerMatMul : OpConversionPattern<MatMulOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(MatMulOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    WeightedOperands operands =
        collectOperands(op, adaptor, Typed(op.getLhs(), adaptor.getLhs()),
                        Typed(op.getRhs(), adaptor.getRhs()));
    bool isTransposed = op.getTransposeRhs();
    if (isTransposed && readTensor(operands.weight.value)) {
      operands.weight.value =
          transposeLastTwo(rewriter, loc, operands.weight.value);
      isTransposed = false;
    }
    ArrayRef<int64_t> rhs = getShape(operands.weight.value);
    operands.weightChannelAxis = rhs.size() - (isTransposed ? 2 : 1);
    operands.hasBatchedWeight = countElements(rhs.drop_back(2)) != 1;
    FailureOr<Accumulation> plan = planAccumulation(rewriter, op, operands);
    if (failed(plan))
      return failure();

    ArrayRef<int64_t> shape = getShape(op.getResult());
    int64_t m = shape.size() - 2, n = m + 1, k = m + 2;
    bool flip = op.getTransposeLhs();
    auto [input, inputMap] = arrangeMatrix(rewriter, loc, adaptor.getLhs(),
                                           shape, flip ? k : m, flip ? m : k);
    auto [weight, weightMap] =
        arrangeMatrix(rewriter, loc, plan->weight, shape, isTransposed ? n : k,
                      isTransposed ? k : n);
    ContractionLoops loops{inputMap, weightMap, SmallVector<int64_t>(shape), 1};
    Value accumulators =
        buildContraction(rewriter, loc, *plan, input, weight, loops);
    rewriter.replaceOp(op, buildEpilogue(rewriter, loc, *plan, operands,
                                         accumulators, operands.residual, {n}));
    return success();
  }
};
} // namespace

void lower::populateMatMulPatterns(const TypeConverter &converter,
                                   RewritePatternSet &patterns) {
  patterns.add<LowerMatMul>(converter, patterns.getContext());
}
