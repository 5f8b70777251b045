//===- Quantization.cpp - Between real and quantized -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "QuantizedTypes.h"
#include "TensorReader.h"

#include "llvm/ADT/Sequence.h"

#include <cmath>

using namespace mlir;
using namespace mlir::octet;

/// The axis of several scales. A negative one counts from the end.
static FailureOr<int64_t> readAxis(NodeContext &n) {
  if (n.getInt("block_size", 0))
    return n.error() << "scales in blocks are not supported yet; use one a "
                        "tensor or one a channel";
  auto scales = cast<RankedTensorType>(n.getRaw(1).getType());
  if (scales.getRank() > 1)
    return n.error() << "scales in blocks are not supported yet; use one a "
                        "tensor or one a channel";
  if (scales.getNumElements() <= 1)
    return 0;
  auto axis = n.getAxisAttr(1, n.getRank(0));
  if (succeeded(axis) && n.getShapeOf(0)[*axis] != scales.getNumElements())
    return n.error() << scales.getNumElements() << " scales do not match axis "
                     << *axis << " of [" << n.getShapeOf(0) << "]";
  return axis;
}

/// True if the operands that a quantized type is made of are all constant.
static bool hasConstantScale(NodeContext &n) {
  return getConstantAttr(n.in(1)) && (!n.has(2) || getConstantAttr(n.in(2)));
}

/// A scale or zero point as f32, shaped to be broadcast over the input.
static Value spread(NodeContext &n, unsigned i, int64_t axis) {
  Value value = n.cast(n.in(i), n.b.getF32Type());
  int64_t count = cast<RankedTensorType>(value.getType()).getNumElements();
  if (count == 1)
    return n.reshape(value, {});
  Integers shape(n.getRank(0) - axis, 1);
  shape[0] = count;
  return n.reshape(value, shape);
}

/// A scale of run time is no part of a type: the formula, spelled out.
static Imported quantizeAtRunTime(NodeContext &n, Value x, int64_t axis,
                                  IntegerType storage) {
  if (storage.getWidth() > 16)
    return n.error() << "quantized elements of type " << storage
                     << " are not supported";
  Type f32 = n.b.getF32Type();
  Value steps = n.create<RoundOp>(
      f32, n.create<DivOp>(f32, n.cast(x, f32), spread(n, 1, axis)));
  if (n.has(2))
    steps = n.create<AddOp>(f32, steps, spread(n, 2, axis), ClampAttr());
  unsigned bits = storage.getWidth();
  double low = storage.isUnsigned() ? 0 : -std::ldexp(1.0, bits - 1);
  double high = low + std::ldexp(1.0, bits) - 1;
  Value cut = n.create<ClipOp>(f32, steps, n.b.getF64FloatAttr(low),
                               n.b.getF64FloatAttr(high));
  return n.cast(cut, storage);
}

static Imported dequantizeAtRunTime(NodeContext &n, int64_t axis) {
  Type f32 = n.b.getF32Type();
  Value x = n.cast(n.in(0), f32);
  if (n.has(2))
    x = n.create<SubOp>(f32, x, spread(n, 2, axis), ClampAttr());
  x = n.create<MulOp>(f32, x, spread(n, 1, axis), ClampAttr());
  return n.cast(x, n.getElement(1));
}

/// The integer type of the result: the zero point's, or what `output_dtype`
/// says, or u8.
static FailureOr<IntegerType> readStorage(NodeContext &n) {
  Type type = IntegerType::get(n.b.getContext(), 8, IntegerType::Unsigned);
  if (n.has(2))
    type = n.getElement(2);
  else if (int64_t code = n.getInt("output_dtype", 0))
    type = getElementTypeOf(n.b.getContext(), code);
  auto integer = dyn_cast_or_null<IntegerType>(type);
  if (!integer)
    return n.error() << "the quantized type is not an integer";
  return integer;
}

static Imported importQuantize(NodeContext &n) {
  auto axis = readAxis(n);
  auto storage = readStorage(n);
  if (failed(axis) || failed(storage))
    return failure();
  // Integers are quantized as the reals that they are.
  Value x = n.in(0);
  if (!isa<FloatType>(n.getElement(0)))
    x = n.cast(x, n.getElement(1));
  if (!hasConstantScale(n))
    return quantizeAtRunTime(n, x, *axis, *storage);
  auto type = readQuantized(n, {1, 2, *axis}, *storage,
                            getElementTypeOrSelf(x.getType()));
  if (!type)
    return failure();
  return n.fold(
      QuantizeOp::create(n.b, n.getLoc(), withElement(x.getType(), type), x));
}

static Imported importDequantize(NodeContext &n) {
  auto axis = readAxis(n);
  if (failed(axis))
    return failure();
  if (!hasConstantScale(n))
    return dequantizeAtRunTime(n, *axis);
  return dequantizeInput(n, 0, {1, 2, *axis});
}

//===----------------------------------------------------------------------===//
// Scales of run time
//===----------------------------------------------------------------------===//

/// The smallest or largest element, zero included, as a scalar.
static Value reduceWithZero(NodeContext &n, ReduceKind kind) {
  Type f32 = n.getElement(0);
  Integers axes = llvm::to_vector(llvm::seq<int64_t>(0, n.getRank(0)));
  Value bound = n.in(0);
  if (!axes.empty())
    bound =
        n.create<ReduceOp>(f32, kind, bound, ArrayRef<int64_t>(axes), false);
  return kind == ReduceKind::Min ? n.create<MinOp>(f32, bound, n.splat(f32, 0))
                                 : n.create<MaxOp>(f32, bound, n.splat(f32, 0));
}

/// As ONNX composes it: scale = (max - min) / 255, zero point = -min / scale,
/// both from this very input, so that they are values and not part of a type.
static Imported importDynamicQuantize(NodeContext &n) {
  Type f32 = n.getElement(0);
  Type ui8 = IntegerType::get(n.b.getContext(), 8, IntegerType::Unsigned);
  auto clip = [&](Value value) {
    return n.create<ClipOp>(f32, value, n.b.getF64FloatAttr(0),
                            n.b.getF64FloatAttr(255));
  };
  Value low = reduceWithZero(n, ReduceKind::Min);
  Value high = reduceWithZero(n, ReduceKind::Max);
  Value range = n.create<SubOp>(f32, high, low, ClampAttr());
  Value scale = n.create<DivOp>(f32, range, n.splat(f32, 255));
  // All zeros: any scale does.
  Value empty = n.create<CompareOp>(n.b.getI1Type(), ComparePredicate::Equal,
                                    range, n.splat(f32, 0));
  scale = n.create<WhereOp>(f32, empty, n.splat(f32, 1), scale);
  Value below = n.create<SubOp>(f32, n.splat(f32, 0), low, ClampAttr());
  Value zero = n.create<RoundOp>(f32, clip(n.create<DivOp>(f32, below, scale)));
  Value steps = n.create<RoundOp>(f32, n.create<DivOp>(f32, n.in(0), scale));
  Value y = clip(n.create<AddOp>(f32, steps, zero, ClampAttr()));
  return SmallVector<Value>{n.cast(y, ui8), scale, n.cast(zero, ui8)};
}

ArrayRef<Importer> mlir::octet::getQuantizationOps() {
  constexpr StringLiteral limits =
      "scales one a tensor or one a channel; 8, 16 and 32 bits; with scales of "
      "run time computed in f32";
  static const Importer table[] = {
      {"DequantizeLinear", 10, kNewestOpset, 2, importDequantize, limits},
      {"DequantizeLinear", 1, 1, 2, importDequantize, limits, kMicrosoft},
      {"DynamicQuantizeLinear", 11, kNewestOpset, 1, importDynamicQuantize},
      {"QuantizeLinear", 10, kNewestOpset, 2, importQuantize, limits},
      {"QuantizeLinear", 1, 1, 2, importQuantize, limits, kMicrosoft},
  };
  return table;
}
