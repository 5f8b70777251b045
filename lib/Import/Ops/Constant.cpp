//===- Constant.cpp - Constants and what becomes one -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Shapes are fixed, so that operators that ask for them are constants too.
//
//===----------------------------------------------------------------------===//

#include "NodeImporter.h"
#include "TensorReader.h"

#include <cmath>

using namespace mlir;
using namespace mlir::octet;

/// More elements than this are not generated at compile time.
static constexpr int64_t kMaxGenerated = int64_t(1) << 26;

static Imported importConstant(NodeContext &n) {
  if (auto value = dyn_cast_or_null<ElementsAttr>(n.getAttr("value")))
    return Value(ConstantOp::create(n.b, n.getLoc(), value));
  if (n.hasAttr("value_float"))
    return makeFloats(n.b, n.getLoc(), float(n.getFloat("value_float", 0)), {});
  if (n.hasAttr("value_int"))
    return makeIntegers(n.b, n.getLoc(), n.getInt("value_int", 0), {});
  if (auto ints = n.getInts("value_ints"))
    return n.integers(*ints);
  if (auto list =
          dyn_cast_or_null<DenseF32ArrayAttr>(n.getAttr("value_floats")))
    return makeFloats(n.b, n.getLoc(), list.asArrayRef(),
                      {int64_t(list.size())});
  return n.error() << "only dense numbers are supported as a constant";
}

static LogicalResult checkGenerated(NodeContext &n, ArrayRef<int64_t> shape) {
  int64_t elements = 1;
  for (int64_t extent : shape) {
    if (extent < 0 || (extent && elements > kMaxGenerated / extent))
      return n.error() << "shape [" << shape << "] is negative or too large";
    elements *= extent;
  }
  return success();
}

static Imported importConstantOfShape(NodeContext &n) {
  auto shape = n.readIntegersAt(0, "shape");
  if (failed(shape) || failed(checkGenerated(n, *shape)))
    return failure();
  auto value = dyn_cast_or_null<ElementsAttr>(n.getAttr("value"));
  if (!value)
    return n.splat(n.b.getF32Type(), 0, *shape);
  auto data = readElements(value);
  if (!data || data->type.getNumElements() != 1)
    return n.error() << "value must have one element";
  auto type = RankedTensorType::get(*shape, data->type.getElementType());
  ConstantData filled{type, {}};
  for (int64_t i = 0; i < type.getNumElements(); ++i)
    filled.bytes.insert(filled.bytes.end(), data->bytes.begin(),
                        data->bytes.end());
  return makeConstant(n.b, n.getLoc(), filled);
}

static Imported importShape(NodeContext &n) {
  ArrayRef<int64_t> shape = n.getShapeOf(0);
  int64_t rank = shape.size();
  auto cut = [&](int64_t bound) {
    return std::min(std::max<int64_t>(bound < 0 ? bound + rank : bound, 0),
                    rank);
  };
  int64_t start = cut(n.getInt("start", 0)), end = cut(n.getInt("end", rank));
  return n.integers(shape.slice(start, std::max<int64_t>(end - start, 0)));
}

static Imported importSize(NodeContext &n) {
  auto type = cast<RankedTensorType>(n.getRaw(0).getType());
  return makeIntegers(n.b, n.getLoc(), type.getNumElements(), {});
}

/// start + i * delta below limit; computed in i64 or f64.
static Imported importRange(NodeContext &n) {
  SmallVector<double> bounds;
  for (unsigned i = 0; i < 3; ++i) {
    auto ints = readIntegers(n.in(i));
    auto floats = readFloats(n.in(i));
    if ((!ints || ints->size() != 1) && (!floats || floats->size() != 1))
      return n.error() << "start, limit and delta must be constant numbers";
    bounds.push_back(ints ? double(ints->front()) : floats->front());
  }
  double size = std::ceil((bounds[1] - bounds[0]) / bounds[2]);
  if (!(size <= double(kMaxGenerated)))
    return n.error() << "range from " << bounds[0] << " to " << bounds[1]
                     << " by " << bounds[2] << " is too large";
  Integers values;
  SmallVector<float> reals;
  for (int64_t i = 0; i < int64_t(size); ++i) {
    double value = bounds[0] + double(i) * bounds[2];
    values.push_back(int64_t(value));
    reals.push_back(float(value));
  }
  if (isa<FloatType>(n.getElement(0)))
    return n.cast(makeFloats(n.b, n.getLoc(), reals, {int64_t(reals.size())}),
                  n.getElement(0));
  return n.cast(n.integers(values), n.getElement(0));
}

/// How many are not zero is known for a constant only.
static Imported importNonZero(NodeContext &n) {
  auto data = readConstant(n.in(0));
  if (!data)
    return n.error() << "the input must be constant: the size of the result "
                        "depends on it";
  ArrayRef<int64_t> shape = data->type.getShape();
  size_t size = getElementBytes(data->type.getElementType());
  SmallVector<Integers> found(shape.size());
  for (int64_t i = 0; i < data->type.getNumElements(); ++i) {
    ArrayRef<char> bytes(&data->bytes[i * size], size);
    if (llvm::all_of(bytes, [](char byte) { return byte == 0; }))
      continue;
    int64_t rest = i;
    for (int64_t axis = shape.size() - 1; axis >= 0; --axis) {
      found[axis].push_back(rest % shape[axis]);
      rest /= shape[axis];
    }
  }
  Integers flat;
  for (const Integers &row : found)
    llvm::append_range(flat, row);
  int64_t rank = shape.size();
  return makeIntegers(n.b, n.getLoc(), flat,
                      {rank, rank ? int64_t(flat.size()) / rank : 0});
}

static Imported importEyeLike(NodeContext &n) {
  ArrayRef<int64_t> shape = n.getShapeOf(0);
  if (shape.size() != 2 || failed(checkGenerated(n, shape)))
    return n.error() << "input has rank " << shape.size() << ", expected 2";
  Type element = n.getElement(0);
  if (n.hasAttr("dtype"))
    element = getElementTypeOf(n.b.getContext(), n.getInt("dtype", 0));
  if (!element)
    return n.error() << "dtype is not supported";
  SmallVector<float> values(shape[0] * shape[1], 0);
  int64_t k = n.getInt("k", 0);
  for (int64_t row = 0; row < shape[0]; ++row)
    if (row + k >= 0 && row + k < shape[1])
      values[row * shape[1] + row + k] = 1;
  return n.cast(makeFloats(n.b, n.getLoc(), values, shape), element);
}

ArrayRef<Importer> mlir::octet::getConstantOps() {
  static const Importer table[] = {
      {"Constant", 1, kNewestOpset, 0, importConstant,
       "dense tensors and numbers"},
      {"ConstantOfShape", 9, kNewestOpset, 1, importConstantOfShape,
       "the shape must be constant"},
      {"EyeLike", 9, kNewestOpset, 1, importEyeLike},
      {"NonZero", 9, kNewestOpset, 1, importNonZero,
       "the input must be constant"},
      {"Range", 11, kNewestOpset, 3, importRange, "inputs must be constant"},
      {"Shape", 1, kNewestOpset, 1, importShape},
      {"Size", 1, kNewestOpset, 1, importSize},
  };
  return table;
}
