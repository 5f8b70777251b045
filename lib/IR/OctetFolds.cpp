//===- OctetFolds.cpp - Folds and canonicalizations -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Folding serves two ends: the arithmetic on shapes that exporters leave in
// graphs (small integer tensors), and the removal of operators that do nothing.
// Large float constants are left alone; simplification folds those that pay.
//
//===----------------------------------------------------------------------===//

#include "octet/IR/Compare.h"
#include "octet/IR/Constants.h"
#include "octet/IR/FoldLimit.h"
#include "octet/IR/Octet.h"

#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"

#include <cmath>
#include <cstring>
#include <limits>

using namespace mlir;
using namespace mlir::octet;

static std::optional<ConstantData> readOperand(Attribute attr,
                                               int64_t limit = kFoldLimit) {
  auto elements = dyn_cast_or_null<ElementsAttr>(attr);
  if (!elements || elements.getNumElements() > limit)
    return std::nullopt;
  return readElements(elements);
}

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

//===----------------------------------------------------------------------===//
// Element-wise operators on integers, as in shape computations
//===----------------------------------------------------------------------===//

/// Row-major strides that read `shape` as if broadcast to `result`.
static SmallVector<int64_t> getBroadcastStrides(ArrayRef<int64_t> shape,
                                                ArrayRef<int64_t> result) {
  SmallVector<int64_t> strides(result.size());
  int64_t stride = 1, offset = result.size() - shape.size();
  for (int64_t i = shape.size() - 1; i >= 0; --i) {
    strides[offset + i] = shape[i] == 1 ? 0 : stride;
    stride *= shape[i];
  }
  return strides;
}

/// The row-major offset of element `index` of `shape` in memory of `strides`.
static int64_t locate(int64_t index, ArrayRef<int64_t> shape,
                      ArrayRef<int64_t> strides) {
  int64_t offset = 0;
  for (int64_t i = shape.size() - 1; i >= 0; --i) {
    offset += index % shape[i] * strides[i];
    index /= shape[i];
  }
  return offset;
}

/// Folds a binary operator on i64 tensors.
static Attribute
foldIntegers(Attribute lhs, Attribute rhs, Type resultType,
             function_ref<std::optional<int64_t>(int64_t, int64_t)> compute) {
  auto type = dyn_cast<RankedTensorType>(resultType);
  auto a = readOperand(lhs), b = readOperand(rhs);
  if (!type || !a || !b || type.getNumElements() > kFoldLimit ||
      !a->type.getElementType().isSignlessInteger(64) ||
      !b->type.getElementType().isSignlessInteger(64))
    return {};
  auto left = getBroadcastStrides(a->type.getShape(), type.getShape());
  auto right = getBroadcastStrides(b->type.getShape(), type.getShape());
  SmallVector<int64_t> values;
  for (int64_t i = 0, e = type.getNumElements(); i < e; ++i) {
    auto value = compute(a->as<int64_t>()[locate(i, type.getShape(), left)],
                         b->as<int64_t>()[locate(i, type.getShape(), right)]);
    if (!value)
      return {};
    values.push_back(*value);
  }
  if (type.getElementType().isInteger(1)) {
    SmallVector<char> bits(values.begin(), values.end());
    return makeElements(type, bits);
  }
  return makeElements(type, {reinterpret_cast<const char *>(values.data()),
                             values.size() * sizeof(int64_t)});
}

#define OCTET_FOLD_BINARY(OP, EXPR)                                            \
  OpFoldResult OP::fold(FoldAdaptor adaptor) {                                 \
    return foldIntegers(                                                       \
        adaptor.getLhs(), adaptor.getRhs(), getType(),                         \
        [](int64_t a, int64_t b) -> std::optional<int64_t> { return EXPR; });  \
  }
// Unsigned arithmetic wraps where signed overflow would be undefined.
OCTET_FOLD_BINARY(AddOp, int64_t(uint64_t(a) + uint64_t(b)))
OCTET_FOLD_BINARY(SubOp, int64_t(uint64_t(a) - uint64_t(b)))
OCTET_FOLD_BINARY(MulOp, int64_t(uint64_t(a) * uint64_t(b)))
OCTET_FOLD_BINARY(DivOp, b == 0 || b == -1 ? std::optional<int64_t>()
                                           : std::optional<int64_t>(a / b))
OCTET_FOLD_BINARY(MinOp, std::min(a, b))
OCTET_FOLD_BINARY(MaxOp, std::max(a, b))
#undef OCTET_FOLD_BINARY

OpFoldResult PowOp::fold(FoldAdaptor) { return {}; }
OpFoldResult PReluOp::fold(FoldAdaptor) { return {}; }

OpFoldResult ModOp::fold(FoldAdaptor adaptor) {
  bool fmod = getFmod();
  return foldIntegers(adaptor.getLhs(), adaptor.getRhs(), getType(),
                      [&](int64_t a, int64_t b) -> std::optional<int64_t> {
                        if (b == 0 || b == -1)
                          return std::nullopt;
                        int64_t rest = a % b;
                        return !fmod && rest && (rest < 0) != (b < 0) ? rest + b
                                                                      : rest;
                      });
}

OpFoldResult CompareOp::fold(FoldAdaptor adaptor) {
  ComparePredicate predicate = getPredicate();
  return foldIntegers(adaptor.getLhs(), adaptor.getRhs(), getType(),
                      [&](int64_t a, int64_t b) -> std::optional<int64_t> {
                        return holds(predicate, a, b);
                      });
}

//===----------------------------------------------------------------------===//
// Casts
//===----------------------------------------------------------------------===//

/// An element as the widest type of its kind.
static double readReal(const ConstantData &data, int64_t i) {
  return data.type.getElementType().isF32() ? data.as<float>()[i]
                                            : data.as<double>()[i];
}

static std::optional<int64_t> saturateToInt64(double x) {
  if (std::isnan(x))
    return 0;
  if (x >= 9223372036854775807.0)
    return std::numeric_limits<int64_t>::max();
  if (x <= -9223372036854775808.0)
    return std::numeric_limits<int64_t>::min();
  return int64_t(x);
}

/// Between i64, i32, f32 and f64: what shape computations use.
OpFoldResult CastOp::fold(FoldAdaptor adaptor) {
  if (getInput().getType() == getType())
    return getInput();
  auto type = dyn_cast<RankedTensorType>(getType());
  auto data = readOperand(adaptor.getInput());
  if (!type || !data)
    return {};
  Type from = data->type.getElementType(), to = type.getElementType();
  auto isInt = [](Type t) {
    return t.isSignlessInteger(64) || t.isSignlessInteger(32);
  };
  bool fromReal = from.isF32() || from.isF64(),
       toReal = to.isF32() || to.isF64();
  if ((!fromReal && !isInt(from)) || (!toReal && !isInt(to)))
    return {};
  std::vector<char> bytes(type.getNumElements() * getElementBytes(to));
  auto store = [&](int64_t i, auto value) {
    std::memcpy(&bytes[i * sizeof(value)], &value, sizeof(value));
  };
  for (int64_t i = 0, e = type.getNumElements(); i < e; ++i) {
    double real = 0;
    int64_t integer = 0;
    if (fromReal)
      integer = *saturateToInt64(real = readReal(*data, i));
    else
      real = integer =
          from.isInteger(64) ? data->as<int64_t>()[i] : data->as<int32_t>()[i];
    if (to.isF32())
      store(i, float(real));
    else if (to.isF64())
      store(i, real);
    else if (to.isInteger(64))
      store(i, integer);
    else if (fromReal)
      store(i, int32_t(std::min<int64_t>(std::max<int64_t>(integer, INT32_MIN),
                                         INT32_MAX)));
    else
      store(i, int32_t(integer));
  }
  return makeElements(type, bytes);
}

//===----------------------------------------------------------------------===//
// Movements
//===----------------------------------------------------------------------===//

/// Folds a movement of a constant: element i of the result is element
/// `source(i)` of the operand. Any element type. Large constants are moved
/// where that leaves no second copy.
static Attribute moveElements(Attribute attr, Operation *op,
                              function_ref<int64_t(int64_t)> source) {
  auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
  auto elements = dyn_cast_or_null<ElementsAttr>(attr);
  if (!type || !elements)
    return {};
  bool isMoved = op->getOperand(0).hasOneUse() &&
                 type.getNumElements() <= elements.getNumElements();
  if (type.getNumElements() > kFoldLimit && !isMoved)
    return {};
  auto data = readOperand(attr, std::numeric_limits<int64_t>::max());
  if (!data)
    return {};
  unsigned size = getElementBytes(data->type.getElementType());
  std::vector<char> bytes(type.getNumElements() * size);
  for (int64_t i = 0, e = type.getNumElements(); i < e; ++i)
    std::memcpy(&bytes[i * size], &data->bytes[source(i) * size], size);
  return makeElements(type.clone(data->type.getElementType()), bytes);
}

static SmallVector<int64_t> getStrides(ArrayRef<int64_t> shape) {
  return getBroadcastStrides(shape, shape);
}

OpFoldResult ReshapeOp::fold(FoldAdaptor adaptor) {
  if (getInput().getType() == getType())
    return getInput();
  return moveElements(adaptor.getInput(), *this, [](int64_t i) { return i; });
}

OpFoldResult TransposeOp::fold(FoldAdaptor adaptor) {
  bool isIdentity =
      llvm::all_of(llvm::enumerate(getPermutation()),
                   [](auto it) { return it.value() == int64_t(it.index()); });
  if (isIdentity && getInput().getType() == getType())
    return getInput();
  if (!adaptor.getInput())
    return {};
  ArrayRef<int64_t> in = getShape(getInput());
  SmallVector<int64_t> all(in.size(), 1), strides, shape;
  int64_t stride = 1;
  for (int64_t i = in.size() - 1; i >= 0; --i) {
    all[i] = stride;
    stride *= in[i];
  }
  for (int64_t axis : getPermutation()) {
    strides.push_back(all[axis]);
    shape.push_back(in[axis]);
  }
  return moveElements(adaptor.getInput(), *this,
                      [&](int64_t i) { return locate(i, shape, strides); });
}

OpFoldResult ExpandOp::fold(FoldAdaptor adaptor) {
  if (getInput().getType() == getType())
    return getInput();
  if (!adaptor.getInput())
    return {};
  auto strides = getBroadcastStrides(octet::getShape(getInput()), getShape());
  return moveElements(adaptor.getInput(), *this, [&](int64_t i) {
    return locate(i, getShape(), strides);
  });
}

OpFoldResult TileOp::fold(FoldAdaptor adaptor) {
  if (getInput().getType() == getType())
    return getInput();
  if (!adaptor.getInput() || !isa<RankedTensorType>(getType()))
    return {};
  ArrayRef<int64_t> in = getShape(getInput()), out = getShape(getResult());
  auto strides = getStrides(in);
  return moveElements(adaptor.getInput(), *this, [&](int64_t i) {
    int64_t offset = 0;
    for (int64_t axis = out.size() - 1; axis >= 0; --axis) {
      offset += i % out[axis] % in[axis] * strides[axis];
      i /= out[axis];
    }
    return offset;
  });
}

OpFoldResult SliceOp::fold(FoldAdaptor adaptor) {
  if (getInput().getType() == getType() &&
      llvm::all_of(getSteps(), [](int64_t step) { return step == 1; }))
    return getInput();
  if (!adaptor.getInput())
    return {};
  auto strides = getStrides(getShape(getInput()));
  return moveElements(adaptor.getInput(), *this, [&](int64_t i) {
    int64_t offset = 0;
    for (int64_t axis = strides.size() - 1; axis >= 0; --axis) {
      int64_t index = i % getSizes()[axis];
      offset += (getStarts()[axis] + index * getSteps()[axis]) * strides[axis];
      i /= getSizes()[axis];
    }
    return offset;
  });
}

OpFoldResult PadOp::fold(FoldAdaptor) {
  auto isZero = [](int64_t x) { return x == 0; };
  if (llvm::all_of(getLow(), isZero) && llvm::all_of(getHigh(), isZero) &&
      getInput().getType() == getType())
    return getInput();
  return {};
}

OpFoldResult ConcatOp::fold(FoldAdaptor adaptor) {
  if (getInputs().size() == 1 && getInputs()[0].getType() == getType())
    return getInputs()[0];
  auto type = dyn_cast<RankedTensorType>(getType());
  if (!type || type.getNumElements() > kFoldLimit)
    return {};
  SmallVector<ConstantData> parts;
  for (Attribute attr : adaptor.getInputs()) {
    auto data = readOperand(attr);
    if (!data)
      return {};
    parts.push_back(std::move(*data));
  }
  int64_t outer = 1;
  for (int64_t extent : type.getShape().take_front(getAxis()))
    outer *= extent;
  std::vector<char> bytes;
  for (int64_t i = 0; i < outer; ++i)
    for (const ConstantData &part : parts) {
      auto begin = part.bytes.begin() + part.bytes.size() / outer * i;
      bytes.insert(bytes.end(), begin, begin + part.bytes.size() / outer);
    }
  return makeElements(type.clone(parts.front().type.getElementType()), bytes);
}

OpFoldResult GatherOp::fold(FoldAdaptor adaptor) {
  std::optional<SmallVector<int64_t>> indices = readIntegers(getIndices());
  if (!adaptor.getData() || !indices)
    return {};
  ArrayRef<int64_t> data = getShape(getData());
  int64_t axis = getAxis(), count = indices->size(), inner = 1;
  for (int64_t &index : *indices) {
    index += index < 0 ? data[axis] : 0;
    if (index < 0 || index >= data[axis])
      return {};
  }
  for (int64_t extent : data.drop_front(axis + 1))
    inner *= extent;
  return moveElements(adaptor.getData(), *this, [&](int64_t i) {
    int64_t outer = i / (inner * count), pick = i / inner % count;
    return (outer * data[axis] + (*indices)[pick]) * inner + i % inner;
  });
}

//===----------------------------------------------------------------------===//
// Canonicalizations
//===----------------------------------------------------------------------===//

namespace {
/// reshape(reshape(x)) is one reshape.
struct MergeReshapes : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    auto source = op.getInput().getDefiningOp<ReshapeOp>();
    if (!source)
      return rewriter.notifyMatchFailure(op, "input is no reshape");
    rewriter.modifyOpInPlace(
        op, [&] { op.getInputMutable().assign(source.getInput()); });
    return success();
  }
};

/// transpose(transpose(x)) is one transpose.
struct MergeTransposes : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(TransposeOp op,
                                PatternRewriter &rewriter) const override {
    auto source = op.getInput().getDefiningOp<TransposeOp>();
    if (!source)
      return rewriter.notifyMatchFailure(op, "input is no transpose");
    SmallVector<int64_t> merged;
    for (int64_t axis : op.getPermutation())
      merged.push_back(source.getPermutation()[axis]);
    rewriter.replaceOpWithNewOp<TransposeOp>(op, op.getType(),
                                             source.getInput(), merged);
    return success();
  }
};

/// A transpose that only moves axes of extent 1 is a reshape, which costs
/// nothing.
struct TransposeToReshape : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(TransposeOp op,
                                PatternRewriter &rewriter) const override {
    ArrayRef<int64_t> shape = getShape(op.getInput());
    int64_t last = -1;
    for (int64_t axis : op.getPermutation()) {
      if (shape[axis] == 1)
        continue;
      if (axis < last)
        return rewriter.notifyMatchFailure(op, "axes change their order");
      last = axis;
    }
    if (isa<quant::UniformQuantizedPerAxisType>(
            getElementTypeOrSelf(op.getType())))
      return rewriter.notifyMatchFailure(op, "quantized along an axis");
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), op.getInput(),
                                           getShape(op.getResult()));
    return success();
  }
};
} // namespace

void ReshapeOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                            MLIRContext *context) {
  patterns.add<MergeReshapes>(context);
}

void TransposeOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                              MLIRContext *context) {
  patterns.add<MergeTransposes, TransposeToReshape>(context);
}
