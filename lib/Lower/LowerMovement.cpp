//===- LowerMovement.cpp - Operators that move elements ---------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Gather.h"
#include "Patterns.h"
#include "octet/Lower/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace mlir::octet {
#define GEN_PASS_DEF_LOWERMOVEMENT
#include "octet/Lower/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet::lower;

/// Repeats a tensor to a shape; each axis of it is one of the shape's.
static Value createBroadcast(OpBuilder &b, Location loc, Value input,
                             ArrayRef<int64_t> shape, ArrayRef<int64_t> axes) {
  Elementwise work(b, loc, shape);
  unsigned x = work.addAlong(input, axes);
  return work.build(getElementTypeOrSelf(input.getType()),
                    [&](Body &, ArrayRef<Value> args) { return args[x]; });
}

//===----------------------------------------------------------------------===//
// One function an operator
//===----------------------------------------------------------------------===//

static Value lowerOp(OpBuilder &b, ConstantOp op, ConstantOp::Adaptor) {
  return arith::ConstantOp::create(b, op.getLoc(),
                                   cast<TypedAttr>(op.getValue()));
}

static Value lowerOp(OpBuilder &b, ReshapeOp op, ReshapeOp::Adaptor adaptor) {
  return createReshape(b, op.getLoc(), adaptor.getInput(), op.getShape());
}

static Value lowerOp(OpBuilder &b, TransposeOp op,
                     TransposeOp::Adaptor adaptor) {
  return createTranspose(b, op.getLoc(), adaptor.getInput(),
                         op.getPermutation());
}

static Value lowerOp(OpBuilder &b, ExpandOp op, ExpandOp::Adaptor adaptor) {
  Elementwise work(b, op.getLoc(), op.getShape());
  unsigned x = work.add(adaptor.getInput());
  return work.build(getElementTypeOrSelf(op.getType()),
                    [&](Body &, ArrayRef<Value> args) { return args[x]; });
}

/// Repetitions are axes of their own until the last step.
static Value lowerOp(OpBuilder &b, TileOp op, TileOp::Adaptor adaptor) {
  SmallVector<int64_t> shape, axes;
  for (auto [extent, repeat] :
       llvm::zip(getShape(op.getInput()), op.getRepeats())) {
    if (repeat != 1)
      shape.push_back(repeat);
    axes.push_back(shape.size());
    shape.push_back(extent);
  }
  Value tiled =
      createBroadcast(b, op.getLoc(), adaptor.getInput(), shape, axes);
  return createReshape(b, op.getLoc(), tiled, getShape(op.getResult()));
}

static Value lowerOp(OpBuilder &b, ConcatOp op, ConcatOp::Adaptor adaptor) {
  ArrayRef<int64_t> shape = getShape(op.getResult());
  SmallVector<int64_t> offsets(shape.size(), 0), strides(shape.size(), 1);
  Value result =
      createEmpty(b, op.getLoc(), shape, getElementTypeOrSelf(op.getType()));
  for (Value input : adaptor.getInputs()) {
    int64_t extent = getShape(input)[op.getAxis()];
    if (extent)
      result =
          createInsertSlice(b, op.getLoc(), input, result, offsets, strides);
    offsets[op.getAxis()] += extent;
  }
  return result;
}

static Value lowerOp(OpBuilder &b, SliceOp op, SliceOp::Adaptor adaptor) {
  if (llvm::all_of(op.getSteps(), [](int64_t step) { return step > 0; }) &&
      llvm::all_of(op.getSizes(), [](int64_t size) { return size > 0; }))
    return createExtractSlice(b, op.getLoc(), adaptor.getInput(),
                              op.getStarts(), op.getSizes(), op.getSteps());
  SmallVector<IndexTable> tables;
  for (auto [start, size, step] :
       llvm::zip(op.getStarts(), op.getSizes(), op.getSteps())) {
    SmallVector<int64_t> table;
    for (int64_t i = 0; i < size; ++i)
      table.push_back(start + i * step);
    tables.push_back(table);
  }
  return createGather(b, op.getLoc(), adaptor.getInput(), op.getSizes(),
                      tables);
}

/// Index of the input that index `i`, counted from the input's first, shows.
static int64_t extendIndex(int64_t i, int64_t extent, PadMode mode) {
  auto modulo = [](int64_t x, int64_t y) { return (x % y + y) % y; };
  switch (mode) {
  case PadMode::Wrap:
    return modulo(i, extent);
  case PadMode::Reflect: {
    if (extent == 1)
      return 0;
    int64_t at = modulo(i, 2 * (extent - 1));
    return std::min(at, 2 * (extent - 1) - at);
  }
  default:
    return std::min(std::max<int64_t>(i, 0), extent - 1);
  }
}

static Value lowerOp(OpBuilder &b, PadOp op, PadOp::Adaptor adaptor) {
  Type element = getElementTypeOrSelf(op.getType());
  if (op.getMode() == PadMode::Constant)
    return createPad(b, op.getLoc(), adaptor.getInput(), op.getLow(),
                     op.getHigh(),
                     getScalarAttr(element, op.getValue().convertToDouble()));
  SmallVector<IndexTable> tables;
  ArrayRef<int64_t> in = getShape(op.getInput()),
                    out = getShape(op.getResult());
  for (size_t axis = 0; axis < in.size(); ++axis) {
    SmallVector<int64_t> table;
    for (int64_t i = 0; i < out[axis]; ++i)
      table.push_back(
          extendIndex(i - op.getLow()[axis], in[axis], op.getMode()));
    tables.push_back(table);
  }
  return createGather(b, op.getLoc(), adaptor.getInput(), out, tables);
}

/// Constant indices that follow on each other are a slice; null if they do not.
static Value gatherSlice(OpBuilder &b, GatherOp op, Value data) {
  std::optional<SmallVector<int64_t>> indices = readIntegers(op.getIndices());
  if (!indices || indices->empty())
    return nullptr;
  int64_t axis = op.getAxis();
  SmallVector<int64_t> sizes(getShape(data)), offsets(sizes.size(), 0),
      strides(sizes.size(), 1);
  int64_t first = indices->front() + (indices->front() < 0 ? sizes[axis] : 0);
  for (auto [i, index] : llvm::enumerate(*indices))
    if (index + (index < 0 ? sizes[axis] : 0) != first + int64_t(i))
      return nullptr;
  int64_t count = indices->size();
  if (first < 0 || first + count > sizes[axis])
    return nullptr;
  offsets[axis] = first;
  sizes[axis] = count;
  Value slice =
      createExtractSlice(b, op.getLoc(), data, offsets, sizes, strides);
  return createReshape(b, op.getLoc(), slice, getShape(op.getResult()));
}

/// Out-of-bounds indices are undefined in the dialect; cutting them keeps every
/// read inside of the tensor.
static Value buildSafeIndex(Body &body, Value index, int64_t extent) {
  Value wide = body.resizeInteger(index, /*isSigned=*/true, body.getI64Type());
  Value zero = body.integer(body.getI64Type(), 0);
  Value fromEnd = body.add(wide, body.integer(body.getI64Type(), extent));
  Value isNegative = body.compare(arith::CmpIPredicate::slt, wide, zero);
  wide = body.select(isNegative, fromEnd, wide);
  wide = body.min(body.max(wide, zero),
                  body.integer(body.getI64Type(), extent - 1));
  return body.resizeInteger(wide, /*isSigned=*/true, body.getIndexType());
}

static Value lowerOp(OpBuilder &b, GatherOp op, GatherOp::Adaptor adaptor) {
  Value data = adaptor.getData();
  if (Value slice = gatherSlice(b, op, data))
    return slice;
  int64_t axis = op.getAxis(), rank = getShape(data).size();
  int64_t indexRank = getShape(op.getIndices()).size();
  Elementwise work(b, op.getLoc(), getShape(op.getResult()));
  unsigned picked = work.addAlong(
      adaptor.getIndices(),
      llvm::to_vector(llvm::seq<int64_t>(axis, axis + indexRank)));
  return work.build(getElementTypeOrSelf(data.getType()),
                    [&](Body &body, ArrayRef<Value> args) {
                      SmallVector<Value> at;
                      for (int64_t i = 0; i < rank; ++i) {
                        if (i == axis)
                          at.push_back(buildSafeIndex(body, args[picked],
                                                      getShape(data)[axis]));
                        else
                          at.push_back(body.make<linalg::IndexOp>(
                              i < axis ? i : i + indexRank - 1));
                      }
                      return body.make<tensor::ExtractOp>(data, at);
                    });
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

namespace {
template <typename OpT> struct MovementPattern : OpConversionPattern<OpT> {
  using OpConversionPattern<OpT>::OpConversionPattern;
  LogicalResult
  matchAndRewrite(OpT op, typename OpT::Adaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    // Without elements there is nothing to move.
    ArrayRef<int64_t> shape = getShape(op.getResult());
    bool isEmpty = countElements(shape) == 0 && !isa<ConstantOp>(op);
    rewriter.replaceOp(op, isEmpty
                               ? createEmpty(rewriter, op.getLoc(), shape,
                                             getElementTypeOrSelf(op.getType()))
                               : lowerOp(rewriter, op, adaptor));
    return success();
  }
};

struct LowerMovementPass : octet::impl::LowerMovementBase<LowerMovementPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateMovementPatterns(patterns);
    ConversionTarget target(getContext());
    target.addIllegalDialect<OctetDialect>();
    target.markUnknownOpDynamicallyLegal([](Operation *) { return true; });
    if (failed(applyPartialConversion(getOperation(), target,
                                      std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace

void lower::populateMovementPatterns(RewritePatternSet &patterns) {
  patterns.add<MovementPattern<ConstantOp>, MovementPattern<ReshapeOp>,
               MovementPattern<TransposeOp>, MovementPattern<ExpandOp>,
               MovementPattern<TileOp>, MovementPattern<ConcatOp>,
               MovementPattern<SliceOp>, MovementPattern<PadOp>,
               MovementPattern<GatherOp>>(patterns.getContext());
}
