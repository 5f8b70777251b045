//===- ReducePatterns.cpp - Reductions to linalg ----------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Numerics.h"
#include "Patterns.h"
#include "Reduction.h"

#include <limits>

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet::lower;

//===----------------------------------------------------------------------===//
// Building blocks
//===----------------------------------------------------------------------===//

SmallVector<int64_t> lower::getKeptAxes(int64_t rank,
                                        ArrayRef<int64_t> reduced) {
  SmallVector<int64_t> kept;
  for (int64_t i = 0; i < rank; ++i)
    if (!llvm::is_contained(reduced, i))
      kept.push_back(i);
  return kept;
}

Type lower::getWideFloat(Type type) {
  bool isNarrow = type.getIntOrFloatBitWidth() < 32;
  return isNarrow ? Type(Float32Type::get(type.getContext())) : type;
}

/// The map of the results of a reduction, and its iterators.
static std::pair<AffineMap, SmallVector<utils::IteratorType>>
getReductionLoops(OpBuilder &b, int64_t rank, ArrayRef<int64_t> axes) {
  SmallVector<utils::IteratorType> iterators = getIterators(rank);
  for (int64_t axis : axes)
    iterators[axis] = utils::IteratorType::reduction;
  SmallVector<AffineExpr> exprs;
  for (int64_t axis : getKeptAxes(rank, axes))
    exprs.push_back(b.getAffineDimExpr(axis));
  return {AffineMap::get(rank, 0, exprs, b.getContext()), iterators};
}

Value lower::buildReduction(OpBuilder &b, Location loc, Value input,
                            ArrayRef<int64_t> axes, TypedAttr init,
                            function_ref<Value(Body &, Value, Value)> combine) {
  ArrayRef<int64_t> shape = getShape(input);
  auto [result, iterators] = getReductionLoops(b, shape.size(), axes);
  SmallVector<int64_t> kept;
  for (int64_t axis : getKeptAxes(shape.size(), axes))
    kept.push_back(shape[axis]);
  Value start = createFill(b, loc, kept, init);
  auto buildBody = [&](OpBuilder &inner, Location loc, ValueRange args) {
    Body body(loc, inner);
    linalg::YieldOp::create(inner, loc, combine(body, args[0], args[1]));
  };
  return linalg::GenericOp::create(
             b, loc, start.getType(), input, start,
             {b.getMultiDimIdentityMap(shape.size()), result}, iterators,
             buildBody)
      .getResult(0);
}

//===----------------------------------------------------------------------===//
// In lanes
//===----------------------------------------------------------------------===//

/// Accumulators of one reduction: as many as the longest vector has lanes.
static constexpr int64_t kLanes = 16;

namespace {
/// A reduction along the last axis.
struct LaneReduction {
  using Combine = function_ref<Value(Body &, Value, Value)>;

  OpBuilder &b;
  Location loc;
  Value input;
  SmallVector<int64_t> kept;
  int64_t turns, rest;

  LaneReduction(OpBuilder &b, Location loc, Value input)
      : b(b), loc(loc), input(input), kept(getShape(input).drop_back()),
        turns(getShape(input).back() / kLanes),
        rest(getShape(input).back() % kLanes) {}

  Value accumulate(TypedAttr init, Combine combine);
  Value join(Value lanes, Combine combine);
  Value addRest(Value joined, Combine combine);

private:
  AffineExpr dim(int64_t i) { return b.getAffineDimExpr(i); }
  /// (kept axes..., last) of `loops` loops.
  AffineMap mapKept(int64_t loops, std::optional<AffineExpr> last);
  Value reduce(AffineMap inputMap, int64_t extent, Value init, AffineMap out,
               Combine combine);
};
} // namespace

AffineMap LaneReduction::mapKept(int64_t loops,
                                 std::optional<AffineExpr> last) {
  SmallVector<AffineExpr> exprs;
  for (int64_t i = 0, e = kept.size(); i < e; ++i)
    exprs.push_back(dim(i));
  if (last)
    exprs.push_back(*last);
  return AffineMap::get(loops, 0, exprs, b.getContext());
}

/// The last loop is the reduction, of `extent` turns.
Value LaneReduction::reduce(AffineMap inputMap, int64_t extent, Value init,
                            AffineMap out, Combine combine) {
  int64_t loops = inputMap.getNumDims();
  // Says how many turns there are.
  Value window = createEmpty(b, loc, {extent}, getElementTypeOrSelf(input));
  AffineMap windowMap = AffineMap::get(loops, 0, dim(loops - 1));
  auto buildBody = [&](OpBuilder &inner, Location loc, ValueRange args) {
    Body body(loc, inner);
    linalg::YieldOp::create(inner, loc, combine(body, args[0], args[2]));
  };
  return linalg::GenericOp::create(
             b, loc, init.getType(), ValueRange{input, window}, init,
             ArrayRef<AffineMap>{inputMap, windowMap, out},
             getIterators(loops - 1, 1), buildBody)
      .getResult(0);
}

Value LaneReduction::accumulate(TypedAttr init, Combine combine) {
  int64_t lane = kept.size(), loops = lane + 2;
  SmallVector<int64_t> shape(kept);
  shape.push_back(kLanes);
  AffineExpr element = dim(lane + 1) * kLanes + dim(lane);
  return reduce(mapKept(loops, element), turns, createFill(b, loc, shape, init),
                mapKept(loops, dim(lane)), combine);
}

/// Lane i with lane i + 8, those with i + 4 and so on.
Value LaneReduction::join(Value lanes, Combine combine) {
  int64_t loops = kept.size();
  SmallVector<AffineMap> maps;
  for (int64_t lane = 0; lane < kLanes; ++lane)
    maps.push_back(mapKept(loops, b.getAffineConstantExpr(lane)));
  maps.push_back(mapKept(loops, std::nullopt));
  auto buildBody = [&](OpBuilder &inner, Location loc, ValueRange args) {
    Body body(loc, inner);
    SmallVector<Value> values(args.drop_back());
    for (size_t half = kLanes / 2; half > 0; half /= 2)
      for (size_t i = 0; i < half; ++i)
        values[i] = combine(body, values[i], values[i + half]);
    linalg::YieldOp::create(inner, loc, values.front());
  };
  Value out = createEmpty(b, loc, kept, getElementTypeOrSelf(lanes));
  return linalg::GenericOp::create(b, loc, out.getType(),
                                   SmallVector<Value>(kLanes, lanes), out, maps,
                                   getIterators(loops), buildBody)
      .getResult(0);
}

Value LaneReduction::addRest(Value joined, Combine combine) {
  int64_t loops = kept.size() + 1;
  if (rest == 0)
    return joined;
  return reduce(mapKept(loops, dim(loops - 1) + turns * kLanes), rest, joined,
                mapKept(loops, std::nullopt), combine);
}

Value lower::buildReductionInLanes(
    OpBuilder &b, Location loc, Value input, ArrayRef<int64_t> axes,
    TypedAttr init, function_ref<Value(Body &, Value, Value)> combine,
    function_ref<Value(Body &, Value, Value)> join) {
  ArrayRef<int64_t> shape = getShape(input);
  if (axes != ArrayRef<int64_t>{int64_t(shape.size()) - 1} ||
      shape.back() < 2 * kLanes)
    return buildReduction(b, loc, input, axes, init, combine);
  LaneReduction reduction(b, loc, input);
  Value lanes = reduction.accumulate(init, combine);
  return reduction.addRest(reduction.join(lanes, join), combine);
}

Value lower::buildFloatSum(OpBuilder &b, Location loc, Value input,
                           ArrayRef<int64_t> axes) {
  Type wide = getWideFloat(getElementTypeOrSelf(input.getType()));
  return buildReductionInLanes(
      b, loc, input, axes, getScalarAttr(wide, 0),
      [&](Body &body, Value x, Value sum) {
        return body.add(sum, body.resizeFloat(x, wide));
      },
      [](Body &body, Value x, Value y) { return body.add(x, y); });
}

Value lower::buildFloatMax(OpBuilder &b, Location loc, Value input,
                           ArrayRef<int64_t> axes) {
  Type element = getElementTypeOrSelf(input.getType());
  return buildReduction(
      b, loc, input, axes,
      getScalarAttr(element, -std::numeric_limits<double>::infinity()),
      [](Body &body, Value x, Value best) { return body.max(x, best); });
}

//===----------------------------------------------------------------------===//
// reduce
//===----------------------------------------------------------------------===//

/// The least (or, for a minimum, greatest) value of a lowered type.
static TypedAttr getExtreme(Type type, bool isSigned, bool isMin) {
  if (isa<FloatType>(type)) {
    double infinity = std::numeric_limits<double>::infinity();
    return getScalarAttr(type, isMin ? infinity : -infinity);
  }
  unsigned bits = type.getIntOrFloatBitWidth();
  APInt value = isSigned ? (isMin ? APInt::getSignedMaxValue(bits)
                                  : APInt::getSignedMinValue(bits))
                         : (isMin ? APInt::getMaxValue(bits) : APInt(bits, 0));
  return IntegerAttr::get(type, value);
}

namespace {
struct LowerReduce : OpConversionPattern<ReduceOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(ReduceOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Value result;
    if (getQuantizedType(op.getInput()))
      result = buildQuantized(rewriter, op, adaptor.getInput());
    else if (isa<FloatType>(getElementTypeOrSelf(op.getType())))
      result = buildFloat(rewriter, op, adaptor.getInput());
    else
      result = buildInteger(rewriter, op, adaptor.getInput());
    if (!result)
      return rewriter.notifyMatchFailure(op, "no form on these types");
    rewriter.replaceOp(op, createReshape(rewriter, op.getLoc(), result,
                                         getShape(op.getResult())));
    return success();
  }

  static int64_t countReduced(ReduceOp op) {
    int64_t count = 1;
    for (int64_t axis : op.getAxes())
      count *= getShape(op.getInput())[axis];
    return count;
  }

  /// Maximum and minimum, on storage.
  static Value buildExtreme(OpBuilder &b, ReduceOp op, Value input) {
    bool isMin = op.getKind() == ReduceKind::Min;
    bool isSigned = isSignedElement(getElementTypeOrSelf(op.getInput()));
    TypedAttr init =
        getExtreme(getElementTypeOrSelf(input.getType()), isSigned, isMin);
    return buildReduction(b, op.getLoc(), input, op.getAxes(), init,
                          [&](Body &body, Value x, Value best) {
                            return isMin ? body.min(x, best, isSigned)
                                         : body.max(x, best, isSigned);
                          });
  }

  /// Rule P1 for sums and means.
  static Value buildQuantized(OpBuilder &b, ReduceOp op, Value input) {
    FailureOr<Quantization> from = Quantization::get(op.getInput().getType());
    if (failed(from) || from->isPerAxis())
      return nullptr;
    ReduceKind kind = op.getKind();
    if (kind == ReduceKind::Max || kind == ReduceKind::Min)
      return getElementTypeOrSelf(op.getType()) ==
                     getElementTypeOrSelf(op.getInput().getType())
                 ? buildExtreme(b, op, input)
                 : nullptr;
    if (kind != ReduceKind::Sum && kind != ReduceKind::Mean)
      return nullptr;
    int64_t count = countReduced(op);
    Type wide = getSumType(b.getContext(), *from, count);
    Value sums = buildReduction(
        b, op.getLoc(), input, op.getAxes(),
        getIntegerAttr(wide, -from->zeros[0] * count),
        [&](Body &body, Value x, Value sum) {
          return body.add(sum, body.resizeInteger(x, from->isSigned, wide));
        });
    float divisor = kind == ReduceKind::Mean ? float(count) : 1.0f;
    return buildMean(
        b, op.getLoc(), sums, *from,
        withElement(sums.getType(), getElementTypeOrSelf(op.getType())),
        divisor, {}, /*clamp=*/{});
  }

  /// What is added up of an element.
  static Value buildTerm(Body &body, ReduceKind kind, Value x) {
    bool isFloat = isa<FloatType>(x.getType());
    switch (kind) {
    case ReduceKind::L1:
      return isFloat ? body.make<math::AbsFOp>(x) : body.make<math::AbsIOp>(x);
    case ReduceKind::L2:
    case ReduceKind::SumSquare:
      return body.mul(x, x);
    default:
      return x;
    }
  }

  static Value buildInteger(OpBuilder &b, ReduceOp op, Value input) {
    ReduceKind kind = op.getKind();
    if (kind == ReduceKind::Max || kind == ReduceKind::Min)
      return buildExtreme(b, op, input);
    if (kind == ReduceKind::L2 || kind == ReduceKind::LogSum ||
        kind == ReduceKind::LogSumExp)
      return nullptr;
    bool isProduct = kind == ReduceKind::Prod;
    Type element = getElementTypeOrSelf(input.getType());
    Value sums = buildReduction(
        b, op.getLoc(), input, op.getAxes(), getIntegerAttr(element, isProduct),
        [&](Body &body, Value x, Value sum) {
          x = buildTerm(body, kind, x);
          return isProduct ? body.mul(sum, x) : body.add(sum, x);
        });
    if (kind != ReduceKind::Mean)
      return sums;
    Elementwise work(b, op.getLoc(), getShape(sums));
    unsigned sum = work.add(sums);
    bool isSigned = isSignedElement(getElementTypeOrSelf(op.getInput()));
    return work.build(element, [&](Body &body, ArrayRef<Value> args) {
      Value count = body.integer(element, countReduced(op));
      return body.div(args[sum], count, isSigned);
    });
  }

  static Value buildFloat(OpBuilder &b, ReduceOp op, Value input) {
    ReduceKind kind = op.getKind();
    if (kind == ReduceKind::Max || kind == ReduceKind::Min)
      return buildExtreme(b, op, input);
    if (kind == ReduceKind::LogSumExp)
      return buildLogSumExp(b, op, input);
    bool isProduct = kind == ReduceKind::Prod;
    Type element = getElementTypeOrSelf(op.getType());
    Type wide = getWideFloat(element);
    Value sums = buildReduction(
        b, op.getLoc(), input, op.getAxes(), getScalarAttr(wide, isProduct),
        [&](Body &body, Value x, Value sum) {
          x = buildTerm(body, kind, body.resizeFloat(x, wide));
          return isProduct ? body.mul(sum, x) : body.add(sum, x);
        });
    bool hasFinish = kind == ReduceKind::Mean || kind == ReduceKind::L2 ||
                     kind == ReduceKind::LogSum || wide != element;
    if (!hasFinish)
      return sums;
    Elementwise work(b, op.getLoc(), getShape(sums));
    unsigned sum = work.add(sums);
    return work.build(element, [&](Body &body, ArrayRef<Value> args) {
      Value x = args[sum];
      if (kind == ReduceKind::Mean)
        x = body.div(x, body.constant(wide, countReduced(op)));
      else if (kind == ReduceKind::L2)
        x = body.make<math::SqrtOp>(x);
      else if (kind == ReduceKind::LogSum)
        x = body.make<math::LogOp>(x);
      return body.resizeFloat(x, element);
    });
  }

  /// max + log(sum(exp(x - max))), which does not overflow.
  static Value buildLogSumExp(OpBuilder &b, ReduceOp op, Value input) {
    Location loc = op.getLoc();
    Type element = getElementTypeOrSelf(op.getType());
    Type wide = getWideFloat(element);
    Value max = buildFloatMax(b, loc, input, op.getAxes());
    Elementwise exp(b, loc, getShape(input));
    unsigned x = exp.add(input);
    unsigned m =
        exp.addAlong(max, getKeptAxes(getShape(input).size(), op.getAxes()));
    Value powers = exp.build(wide, [&](Body &body, ArrayRef<Value> args) {
      return body.make<math::ExpOp>(
          body.resizeFloat(body.sub(args[x], finite(body, args[m])), wide));
    });
    Value sums = buildFloatSum(b, loc, powers, op.getAxes());
    Elementwise work(b, loc, getShape(sums));
    unsigned sum = work.add(sums), largest = work.add(max);
    return work.build(element, [&](Body &body, ArrayRef<Value> args) {
      Value log = body.make<math::LogOp>(args[sum]);
      Value top = body.resizeFloat(finite(body, args[largest]), wide);
      return body.resizeFloat(body.add(log, top), element);
    });
  }

  /// 0 in place of an infinite maximum: infinity less itself would be NaN.
  static Value finite(Body &body, Value x) {
    Value size = body.make<math::AbsFOp>(x);
    Value infinity =
        body.constant(x.getType(), std::numeric_limits<double>::infinity());
    Value isInfinite = body.compare(arith::CmpFPredicate::OEQ, size, infinity);
    return body.select(isInfinite, body.constant(x.getType(), 0), x);
  }
};

//===----------------------------------------------------------------------===//
// arg_reduce
//===----------------------------------------------------------------------===//

/// One loop nest with two results: the best value and its index.
struct LowerArgReduce : OpConversionPattern<ArgReduceOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(ArgReduceOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Value input = adaptor.getInput();
    int64_t axis = op.getAxis(), rank = getShape(input).size();
    Type element = getElementTypeOrSelf(input.getType());
    Type index = rewriter.getIntegerType(
        getElementTypeOrSelf(op.getType()).getIntOrFloatBitWidth());
    bool isSigned = isSignedElement(getElementTypeOrSelf(op.getInput()));
    SmallVector<int64_t> kept;
    for (int64_t i : getKeptAxes(rank, {axis}))
      kept.push_back(getShape(input)[i]);
    Value best = createFill(rewriter, loc, kept,
                            getExtreme(element, isSigned, op.getSmallest()));
    Value at = createFill(rewriter, loc, kept, getIntegerAttr(index, 0));
    auto [result, iterators] = getReductionLoops(rewriter, rank, {axis});
    auto buildBody = [&](OpBuilder &inner, Location loc, ValueRange args) {
      Body body(loc, inner);
      Value wins = buildWins(body, op, args[0], args[1], isSigned);
      Value here = body.resizeInteger(body.make<linalg::IndexOp>(axis),
                                      /*isSigned=*/true, index);
      Value value = body.select(wins, args[0], args[1]);
      Value position = body.select(wins, here, args[2]);
      linalg::YieldOp::create(inner, loc, ValueRange{value, position});
    };
    auto generic = linalg::GenericOp::create(
        rewriter, loc, TypeRange{best.getType(), at.getType()}, input,
        ValueRange{best, at},
        {rewriter.getMultiDimIdentityMap(rank), result, result}, iterators,
        buildBody);
    rewriter.replaceOp(op, createReshape(rewriter, loc, generic.getResult(1),
                                         getShape(op.getResult())));
    return success();
  }

  /// Whether an element replaces the best one; an equal one does if the last
  /// counts.
  static Value buildWins(Body &body, ArgReduceOp op, Value x, Value best,
                         bool isSigned) {
    if (op.getSmallest())
      std::swap(x, best);
    if (isa<FloatType>(x.getType()))
      return body.compare(op.getLast() ? arith::CmpFPredicate::OGE
                                       : arith::CmpFPredicate::OGT,
                          x, best);
    using P = arith::CmpIPredicate;
    P predicate = isSigned ? (op.getLast() ? P::sge : P::sgt)
                           : (op.getLast() ? P::uge : P::ugt);
    return body.compare(predicate, x, best);
  }
};
} // namespace

void lower::populateReducePatterns(const TypeConverter &converter,
                                   RewritePatternSet &patterns) {
  patterns.add<LowerReduce, LowerArgReduce>(converter, patterns.getContext());
}
