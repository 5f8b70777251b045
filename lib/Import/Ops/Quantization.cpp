//===- Quantization.cpp - Between real and quantized -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "QuantizedTypes.h"
#include "TensorReader.h"

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

static Imported importQuantize(NodeContext &n) {
  auto axis = readAxis(n);
  if (failed(axis))
    return failure();
  // Integers are quantized as the reals that they are.
  Value x = n.in(0);
  if (!isa<FloatType>(n.getElement(0)))
    x = n.cast(x, n.getElement(1));
  ScaleAt at{1, 2, *axis};
  if (n.has(2) || !n.getInt("output_dtype", 0))
    return quantizeOutput(n, x, at);
  auto storage = dyn_cast_or_null<IntegerType>(
      getElementTypeOf(n.b.getContext(), n.getInt("output_dtype", 0)));
  if (!storage)
    return n.error() << "output_dtype is not an integer type";
  auto type = readQuantized(n, at, storage, getElementTypeOrSelf(x.getType()));
  if (!type)
    return failure();
  return n.fold(
      QuantizeOp::create(n.b, n.getLoc(), withElement(x.getType(), type), x));
}

static Imported importDequantize(NodeContext &n) {
  auto axis = readAxis(n);
  if (failed(axis))
    return failure();
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
      "constant scales, one a tensor or one a channel; 8, 16 and 32 bits";
  static const Importer table[] = {
      {"DequantizeLinear", 10, kNewestOpset, 2, importDequantize, limits},
      {"DequantizeLinear", 1, 1, 2, importDequantize, limits, kMicrosoft},
      {"DynamicQuantizeLinear", 11, kNewestOpset, 1, importDynamicQuantize},
      {"QuantizeLinear", 10, kNewestOpset, 2, importQuantize, limits},
      {"QuantizeLinear", 1, 1, 2, importQuantize, limits, kMicrosoft},
  };
  return table;
}
