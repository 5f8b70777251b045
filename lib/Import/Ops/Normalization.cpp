//===- Normalization.cpp - Softmax and normalizations -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NodeImporter.h"

using namespace mlir;
using namespace mlir::octet;

static int64_t count(ArrayRef<int64_t> shape) {
  int64_t product = 1;
  for (int64_t extent : shape)
    product *= extent;
  return product;
}

//===----------------------------------------------------------------------===//
// Softmax
//===----------------------------------------------------------------------===//

template <bool log> static Imported importSoftmax(NodeContext &n) {
  auto axis = n.getAxisAttr(-1, n.getRank(0));
  if (failed(axis))
    return failure();
  return n.create<SoftmaxOp>(n.getElement(0), n.in(0), *axis, log);
}

/// Before opset 13: over all axes from `axis` on, as one.
template <bool log> static Imported importFlatSoftmax(NodeContext &n) {
  auto axis = n.getAxisAttr(1, n.getRank(0));
  if (failed(axis))
    return failure();
  ArrayRef<int64_t> shape = n.getShapeOf(0);
  if (count(shape.drop_front(*axis + 1)) == 1)
    return n.create<SoftmaxOp>(n.getElement(0), n.in(0), *axis, log);
  Value flat = n.reshape(n.in(0), {count(shape.take_front(*axis)),
                                   count(shape.drop_front(*axis))});
  flat = n.create<SoftmaxOp>(n.getElement(0), flat, int64_t(1), log);
  return n.reshape(flat, shape);
}

//===----------------------------------------------------------------------===//
// Batch, instance and group normalization
//===----------------------------------------------------------------------===//

static Imported importBatchNorm(NodeContext &n) {
  if (n.getInt("training_mode", 0) || n.isUsed(1))
    return n.error() << "training mode is not supported; export the model for "
                        "inference";
  if (!n.getInt("spatial", 1))
    return n.error() << "spatial = 0 is not supported";
  if (n.getRank(0) < 2)
    return n.error() << "input has rank " << n.getRank(0)
                     << ", expected at least 2";
  Type element = n.getElement(0);
  SmallVector<Value> statistics;
  for (unsigned i = 1; i < 5; ++i) {
    if (n.getShapeOf(i) != ArrayRef<int64_t>{n.getShapeOf(0)[1]})
      return n.error() << "input " << i << " has shape [" << n.getShapeOf(i)
                       << "], expected [" << n.getShapeOf(0)[1] << "]";
    statistics.push_back(n.cast(n.in(i), element));
  }
  return n.create<BatchNormOp>(
      element, n.in(0), statistics[0], statistics[1], statistics[2],
      statistics[3], n.b.getF64FloatAttr(n.getFloat("epsilon", 1e-5f)));
}

static Value createInstanceNorm(NodeContext &n, Value input, Value scale,
                                Value bias) {
  return n.create<InstanceNormOp>(
      n.getElement(0), input, scale, bias,
      n.b.getF64FloatAttr(n.getFloat("epsilon", 1e-5f)));
}

static Imported importInstanceNorm(NodeContext &n) {
  if (n.getRank(0) < 3 ||
      n.getShapeOf(1) != ArrayRef<int64_t>{n.getShapeOf(0)[1]} ||
      n.getShapeOf(2) != n.getShapeOf(1))
    return n.error() << "scale and bias do not match input of shape ["
                     << n.getShapeOf(0) << "]";
  return createInstanceNorm(n, n.in(0), n.in(1), n.in(2));
}

/// A channel's parameter, shaped to be broadcast over the input.
static Value perChannel(NodeContext &n, Value value, int64_t rank) {
  Integers shape(rank - 1, 1);
  shape[0] = getShape(value)[0];
  return n.reshape(value, shape);
}

/// Opset 18 has a scale and a bias a group, later ones a channel.
static Imported importGroupNorm(NodeContext &n) {
  ArrayRef<int64_t> shape = n.getShapeOf(0);
  int64_t groups = n.getInt("num_groups", 0);
  if (shape.size() < 3 || groups < 1 || shape[1] % groups)
    return n.error() << groups << " groups do not divide the channels of ["
                     << shape << "]";
  Type element = n.getElement(0);
  Value x = n.reshape(n.in(0),
                      {shape[0], groups, count(shape.drop_front()) / groups});
  if (n.getOpset() < 21)
    return n.reshape(createInstanceNorm(n, x, n.in(1), n.in(2)), shape);
  x = createInstanceNorm(n, x, n.splat(element, 1, {groups}),
                         n.splat(element, 0, {groups}));
  x = n.reshape(x, shape);
  x = n.create<MulOp>(element, x, perChannel(n, n.in(1), shape.size()),
                      ClampAttr());
  return n.create<AddOp>(element, x, perChannel(n, n.in(2), shape.size()),
                         ClampAttr());
}

//===----------------------------------------------------------------------===//
// Layer normalization
//===----------------------------------------------------------------------===//

/// A parameter with the shape of the normalized axes.
static Value shapeAs(NodeContext &n, Value value, ArrayRef<int64_t> shape) {
  if (!value || getShape(value) == shape)
    return value;
  return n.create<ExpandOp>(getElementTypeOrSelf(value.getType()), value,
                            shape);
}

static Value createLayerNorm(NodeContext &n, Value input, Value scale,
                             Value bias, int64_t axis, bool rms) {
  if (!input)
    return {};
  ArrayRef<int64_t> shape = getShape(input).drop_front(axis);
  auto epsilon = n.b.getF64FloatAttr(n.getFloat("epsilon", 1e-5f));
  return n.createOptional<LayerNormOp>(
      n.getElement(0), input, shapeAs(n, scale, shape), shapeAs(n, bias, shape),
      n.b.getI64IntegerAttr(axis), epsilon,
      rms ? n.b.getUnitAttr() : UnitAttr());
}

template <bool rms> static Imported importLayerNorm(NodeContext &n) {
  auto axis = n.getAxisAttr(-1, n.getRank(0));
  if (failed(axis))
    return failure();
  Value bias = n.has(2) && !rms ? n.in(2) : Value();
  return createLayerNorm(n, n.in(0), n.in(1), bias, *axis, rms);
}

/// Adds the skip connection, and perhaps a bias, first.
template <bool rms> static Imported importSkipLayerNorm(NodeContext &n) {
  Type element = n.getElement(0);
  unsigned biasAt = rms ? 3 : 4;
  Value sum = n.create<AddOp>(element, n.in(0), n.in(1), ClampAttr());
  if (n.has(biasAt))
    sum = n.create<AddOp>(element, sum, n.in(biasAt), ClampAttr());
  Value beta = !rms && n.has(3) ? n.in(3) : Value();
  Value result = createLayerNorm(n, sum, n.in(2), beta, n.getRank(0) - 1, rms);
  if (n.isUsed(1) || n.isUsed(2))
    return n.error() << "the mean and the deviation are not supported as "
                        "outputs";
  return SmallVector<Value>{result, result, result, sum};
}

//===----------------------------------------------------------------------===//
// Compositions
//===----------------------------------------------------------------------===//

/// x / (bias + alpha / size * sum of squares over neighbouring channels)^beta.
/// The mean over a window of channels divides by `size` everywhere, because the
/// padding counts.
static Imported importLRN(NodeContext &n) {
  ArrayRef<int64_t> shape = n.getShapeOf(0);
  int64_t size = n.getInt("size", 0);
  if (shape.size() < 2 || size < 1 || size > (1 << 20))
    return n.error() << "size " << size << " or input [" << shape
                     << "] is not supported";
  Type element = n.getElement(0);
  Value x = n.in(0);
  Value square = n.create<MulOp>(element, x, x, ClampAttr());
  square =
      n.reshape(square, {shape[0], 1, shape[1], count(shape.drop_front(2))});
  Integers kernel{size, 1}, ones{1, 1};
  Integers pads{(size - 1) / 2, 0, size / 2, 0};
  Value mean = n.create<AveragePoolOp>(
      element, square, ArrayRef<int64_t>(kernel), ArrayRef<int64_t>(ones),
      ArrayRef<int64_t>(pads), ArrayRef<int64_t>(ones),
      n.b.getDenseI64ArrayAttr(pads), Layout::ChannelsFirst, ClampAttr());
  mean = n.reshape(mean, shape);
  Value scaled = n.create<MulOp>(
      element, mean, n.splat(element, n.getFloat("alpha", 1e-4f)), ClampAttr());
  Value base = n.create<AddOp>(
      element, scaled, n.splat(element, n.getFloat("bias", 1)), ClampAttr());
  Value norm = n.create<PowOp>(element, base,
                               n.splat(element, n.getFloat("beta", 0.75)));
  return n.create<DivOp>(element, x, norm);
}

/// x / norm of order p along an axis.
static Imported importLpNormalization(NodeContext &n) {
  auto axis = n.getAxisAttr(-1, n.getRank(0));
  if (failed(axis))
    return failure();
  int64_t p = n.getInt("p", 2);
  if (p != 1 && p != 2)
    return n.error() << "p is " << p << ", expected 1 or 2";
  Integers axes{*axis};
  Value norm = n.create<ReduceOp>(n.getElement(0),
                                  p == 1 ? ReduceKind::L1 : ReduceKind::L2,
                                  n.in(0), ArrayRef<int64_t>(axes), true);
  return n.create<DivOp>(n.getElement(0), n.in(0), norm);
}

ArrayRef<Importer> mlir::octet::getNormalizationOps() {
  constexpr StringLiteral inference = "inference only";
  constexpr StringLiteral one = "first output only";
  static const Importer table[] = {
      {"BatchNormalization", 7, kNewestOpset, 5, importBatchNorm, inference},
      {"GroupNormalization", 18, kNewestOpset, 3, importGroupNorm},
      {"InstanceNormalization", 6, kNewestOpset, 3, importInstanceNorm},
      {"LRN", 1, kNewestOpset, 1, importLRN},
      {"LayerNormalization", 17, kNewestOpset, 2, importLayerNorm<false>, one},
      {"LogSoftmax", 1, 12, 1, importFlatSoftmax<true>},
      {"LogSoftmax", 13, kNewestOpset, 1, importSoftmax<true>},
      {"LpNormalization", 1, kNewestOpset, 1, importLpNormalization},
      {"RMSNormalization", 23, kNewestOpset, 2, importLayerNorm<true>},
      {"SimplifiedLayerNormalization", 1, kNewestOpset, 2,
       importLayerNorm<true>, one},
      {"SkipLayerNormalization", 1, 1, 3, importSkipLayerNorm<false>,
       "no mean and deviation", kMicrosoft},
      {"SkipSimplifiedLayerNormalization", 1, 1, 3, importSkipLayerNorm<true>,
       "no mean and deviation", kMicrosoft},
      {"Softmax", 1, 12, 1, importFlatSoftmax<false>},
      {"Softmax", 13, kNewestOpset, 1, importSoftmax<false>},
  };
  return table;
}
