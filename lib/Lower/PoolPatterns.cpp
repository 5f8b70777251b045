//===- PoolPatterns.cpp - Pools to linalg -----------------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A pool is a pad and one reduction over the window, channels last, with loops
// n, output positions, c, kernel positions. A mean is a sum, then rule P1.
//
//===----------------------------------------------------------------------===//

#include "Numerics.h"
#include "Patterns.h"

#include <limits>

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet::lower;

namespace {
/// The window of a pool; one entry a spatial axis.
struct PoolWindow {
  SmallVector<int64_t> kernel, strides, dilations, low, high;

  template <typename OpT>
  explicit PoolWindow(OpT op)
      : kernel(op.getKernel()), strides(op.getStrides()),
        dilations(op.getDilations()),
        low(op.getPads().take_front(kernel.size())),
        high(op.getPads().drop_front(kernel.size())) {}

  int64_t getRank() const { return kernel.size(); }
  int64_t getOutputExtent(int64_t axis, int64_t extent) const {
    int64_t reach = dilations[axis] * (kernel[axis] - 1) + 1;
    return (extent + low[axis] + high[axis] - reach) / strides[axis] + 1;
  }
};
} // namespace

/// Reduces each window of a channels-last input: `combine` gets the element
/// and the accumulator, whose first value is `init`.
static Value
buildWindowReduction(OpBuilder &b, Location loc, Value input,
                     const PoolWindow &window, TypedAttr padding,
                     TypedAttr init,
                     function_ref<Value(Body &, Value, Value)> combine) {
  int64_t rank = window.getRank(), outer = rank + 2;
  ArrayRef<int64_t> in = getShape(input);
  SmallVector<int64_t> low{0}, high{0}, shape{in.front()};
  SmallVector<AffineExpr> inputExprs{b.getAffineDimExpr(0)}, windowExprs;
  for (int64_t i = 0; i < rank; ++i) {
    low.push_back(window.low[i]);
    high.push_back(window.high[i]);
    shape.push_back(window.getOutputExtent(i, in[1 + i]));
    windowExprs.push_back(b.getAffineDimExpr(outer + i));
    inputExprs.push_back(b.getAffineDimExpr(1 + i) * window.strides[i] +
                         windowExprs.back() * window.dilations[i]);
  }
  low.push_back(0);
  high.push_back(0);
  shape.push_back(in.back());
  inputExprs.push_back(b.getAffineDimExpr(outer - 1));
  Value padded = createPad(b, loc, input, low, high, padding);
  Value start = createFill(b, loc, shape, init);
  // Says how far the loops over the window go; its elements are not read.
  Value extents = createEmpty(b, loc, window.kernel, padding.getType());
  int64_t loops = outer + rank;
  auto map = [&](ArrayRef<AffineExpr> exprs) {
    return AffineMap::get(loops, 0, exprs, b.getContext());
  };
  AffineMap result = b.getMultiDimIdentityMap(loops).getMajorSubMap(outer);
  auto buildBody = [&](OpBuilder &inner, Location loc, ValueRange args) {
    Body body(loc, inner);
    linalg::YieldOp::create(inner, loc, combine(body, args[0], args[2]));
  };
  return linalg::GenericOp::create(b, loc, start.getType(),
                                   ValueRange{padded, extents}, start,
                                   {map(inputExprs), map(windowExprs), result},
                                   getIterators(outer, rank), buildBody)
      .getResult(0);
}

//===----------------------------------------------------------------------===//
// Maximum
//===----------------------------------------------------------------------===//

/// The value that never wins.
static TypedAttr getLowest(Type original, Type lowered) {
  if (auto type = dyn_cast<FloatType>(lowered))
    return getScalarAttr(type, -std::numeric_limits<double>::infinity());
  if (auto quantized = dyn_cast<quant::QuantizedType>(original))
    return getIntegerAttr(lowered, quantized.getStorageTypeMin());
  if (original.isUnsignedInteger())
    return getIntegerAttr(lowered, 0);
  return getIntegerAttr(lowered,
                        llvm::minIntN(lowered.getIntOrFloatBitWidth()));
}

namespace {
struct LowerMaxPool : OpConversionPattern<MaxPoolOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(MaxPoolOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Type original = getElementTypeOrSelf(op.getType());
    TypedAttr lowest =
        getLowest(original, getElementTypeOrSelf(adaptor.getInput().getType()));
    Value input =
        toChannelsLast(rewriter, loc, adaptor.getInput(), op.getLayout());
    bool isSigned = isSignedElement(original);
    Value result =
        buildWindowReduction(rewriter, loc, input, PoolWindow(op), lowest,
                             lowest, [&](Body &body, Value x, Value best) {
                               return body.max(x, best, isSigned);
                             });
    rewriter.replaceOp(op,
                       fromChannelsLast(rewriter, loc, result, op.getLayout()));
    return success();
  }
};
} // namespace

//===----------------------------------------------------------------------===//
// Mean
//===----------------------------------------------------------------------===//

/// Number of elements that each window counts, row-major over the output
/// positions: those inside of the input and `counted` pads around it.
static SmallVector<float> countWindows(const PoolWindow &window,
                                       ArrayRef<int64_t> extents,
                                       ArrayRef<int64_t> counted) {
  SmallVector<float> counts{1};
  int64_t rank = window.getRank();
  for (int64_t axis = 0; axis < rank; ++axis) {
    int64_t first = counted.empty() ? 0 : -counted[axis];
    int64_t last = extents[axis] + (counted.empty() ? 0 : counted[rank + axis]);
    SmallVector<float> next;
    for (float outer : counts) {
      int64_t end = window.getOutputExtent(axis, extents[axis]);
      for (int64_t o = 0; o < end; ++o) {
        int64_t inside = 0;
        for (int64_t k = 0; k < window.kernel[axis]; ++k) {
          int64_t at = o * window.strides[axis] + k * window.dilations[axis] -
                       window.low[axis];
          inside += at >= first && at < last;
        }
        next.push_back(outer * float(inside));
      }
    }
    counts = std::move(next);
  }
  // A window of nothing but padding: its sum is 0, and so is its mean.
  for (float &count : counts)
    count = std::max(count, 1.0f);
  return counts;
}

namespace {
struct LowerAveragePool : OpConversionPattern<AveragePoolOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(AveragePoolOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    PoolWindow window(op);
    Value input =
        toChannelsLast(rewriter, loc, adaptor.getInput(), op.getLayout());
    SmallVector<int64_t> extents(getShape(input).drop_front().drop_back());
    ArrayRef<int64_t> counted;
    if (op.getCountedPads())
      counted = *op.getCountedPads();
    SmallVector<float> counts = countWindows(window, extents, counted);
    FailureOr<Quantization> from = Quantization::get(op.getInput().getType());
    if (succeeded(from) && from->isPerAxis())
      return rewriter.notifyMatchFailure(op, "input is quantized per axis");
    Value result =
        succeeded(from)
            ? buildQuantized(rewriter, op, input, window, counts, *from)
            : buildFloat(rewriter, op, input, window, counts);
    rewriter.replaceOp(op,
                       fromChannelsLast(rewriter, loc, result, op.getLayout()));
    return success();
  }

  /// The type of the result as if it were channels-last.
  static RankedTensorType getLastType(AveragePoolOp op, Value sums) {
    return withElement(sums.getType(), getElementTypeOrSelf(op.getType()));
  }
  static SmallVector<int64_t> getSpatialAxes(const PoolWindow &window) {
    return llvm::to_vector(llvm::seq<int64_t>(1, window.getRank() + 1));
  }

  static Value buildFloat(OpBuilder &b, AveragePoolOp op, Value input,
                          const PoolWindow &window, ArrayRef<float> counts) {
    Location loc = op.getLoc();
    Type element = getElementTypeOrSelf(input.getType());
    Type wide = element.getIntOrFloatBitWidth() < 32 ? b.getF32Type() : element;
    Value sums = buildWindowReduction(
        b, loc, input, window, getScalarAttr(element, 0),
        getScalarAttr(wide, 0), [&](Body &body, Value x, Value sum) {
          return body.add(sum, body.resizeFloat(x, wide));
        });
    Elementwise work(b, loc, getShape(sums));
    unsigned sum = work.add(sums);
    unsigned count = work.addNumbers(counts, getSpatialAxes(window));
    RealResult result(work, getLastType(op, sums), op.getClampAttr());
    return work.build(
        result.getElement(), [&](Body &body, ArrayRef<Value> args) {
          Value divisor = body.resizeFloat(args[count], wide);
          return result.build(body, args, body.div(args[sum], divisor));
        });
  }

  /// Rule P1: exact sum of q - z, times f32(s_x / f32(s_y * n)).
  static Value buildQuantized(OpBuilder &b, AveragePoolOp op, Value input,
                              const PoolWindow &window, ArrayRef<float> counts,
                              const Quantization &from) {
    Location loc = op.getLoc();
    int64_t zero = from.zeros[0], size = countElements(window.kernel);
    Type wide = getSumType(b.getContext(), from, size);
    // Padding is with the zero point, so a full window of zeros sums up to 0.
    Value sums = buildWindowReduction(
        b, loc, input, window,
        getIntegerAttr(getElementTypeOrSelf(input.getType()), zero),
        getIntegerAttr(wide, -zero * size),
        [&](Body &body, Value x, Value sum) {
          return body.add(sum, body.resizeInteger(x, from.isSigned, wide));
        });
    return buildMean(b, loc, sums, from, getLastType(op, sums), counts,
                     getSpatialAxes(window), op.getClampAttr());
  }
};
} // namespace

void lower::populatePoolPatterns(const TypeConverter &converter,
                                 RewritePatternSet &patterns) {
  patterns.add<LowerMaxPool, LowerAveragePool>(converter,
                                               patterns.getContext());
}
