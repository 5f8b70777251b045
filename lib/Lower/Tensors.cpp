//===- Tensors.cpp - Building blocks on whole tensors -----------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Tensors.h"

#include "mlir/IR/Matchers.h"

#include <cstring>
#include <numeric>

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet::lower;

int64_t lower::countElements(ArrayRef<int64_t> shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t(1),
                         std::multiplies<int64_t>());
}

bool lower::isSignedElement(Type element) {
  if (auto quantized = dyn_cast<quant::QuantizedType>(element))
    return quantized.isSigned();
  return !element.isUnsignedInteger();
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

std::optional<ConstantData> lower::readTensor(Value value) {
  ElementsAttr attr;
  if (!value || !matchPattern(value, m_Constant(&attr)))
    return std::nullopt;
  return readElements(attr);
}

Value lower::createConstant(OpBuilder &b, Location loc,
                            const ConstantData &data) {
  return arith::ConstantOp::create(
      b, loc, cast<TypedAttr>(makeElements(data.type, data.bytes)));
}

TypedAttr lower::getIntegerAttr(Type type, int64_t value) {
  unsigned bits = type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
  return IntegerAttr::get(type, APInt(bits, value, /*isSigned=*/true,
                                      /*implicitTrunc=*/true));
}

TypedAttr lower::getScalarAttr(Type type, double value) {
  if (isa<FloatType>(type))
    return FloatAttr::get(type, value);
  return getIntegerAttr(type, int64_t(value));
}

//===----------------------------------------------------------------------===//
// Creation
//===----------------------------------------------------------------------===//

Value lower::createEmpty(OpBuilder &b, Location loc, ArrayRef<int64_t> shape,
                         Type element) {
  return tensor::EmptyOp::create(b, loc, shape, element);
}

Value lower::createFill(OpBuilder &b, Location loc, ArrayRef<int64_t> shape,
                        TypedAttr value) {
  Value scalar = arith::ConstantOp::create(b, loc, value);
  Value empty = createEmpty(b, loc, shape, value.getType());
  return linalg::FillOp::create(b, loc, scalar, empty).getResult(0);
}

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

/// Splits the axes of two shapes into the smallest groups of equal products;
/// each group becomes one axis of the shape between them. False if an axis is
/// empty, where products say nothing.
static bool groupAxes(ArrayRef<int64_t> from, ArrayRef<int64_t> to,
                      SmallVector<ReassociationIndices> &fromGroups,
                      SmallVector<ReassociationIndices> &toGroups,
                      SmallVector<int64_t> &between) {
  if (countElements(from) == 0 || from.empty() || to.empty())
    return false;
  size_t i = 0, j = 0;
  while (i < from.size() && j < to.size()) {
    ReassociationIndices a{int64_t(i)}, b{int64_t(j)};
    int64_t left = from[i++], right = to[j++];
    while (left != right) {
      if (left < right) {
        left *= from[i];
        a.push_back(i++);
      } else {
        right *= to[j];
        b.push_back(j++);
      }
    }
    fromGroups.push_back(a);
    toGroups.push_back(b);
    between.push_back(left);
  }
  // What is left has extent 1.
  for (; i < from.size(); ++i)
    fromGroups.back().push_back(i);
  for (; j < to.size(); ++j)
    toGroups.back().push_back(j);
  return true;
}

/// Collapses to `between`, then expands to `shape`.
static Value reshapeByGroups(OpBuilder &b, Location loc, Value input,
                             ArrayRef<ReassociationIndices> from,
                             ArrayRef<ReassociationIndices> to,
                             ArrayRef<int64_t> between,
                             ArrayRef<int64_t> shape) {
  Type element = getElementTypeOrSelf(input.getType());
  if (getShape(input) != between)
    input = tensor::CollapseShapeOp::create(
        b, loc, RankedTensorType::get(between, element), input, from);
  if (getShape(input) != shape)
    input = tensor::ExpandShapeOp::create(
        b, loc, RankedTensorType::get(shape, element), input, to);
  return input;
}

Value lower::createReshape(OpBuilder &b, Location loc, Value input,
                           ArrayRef<int64_t> shape) {
  ArrayRef<int64_t> from = getShape(input);
  if (from == shape)
    return input;
  if (std::optional<ConstantData> data = readTensor(input)) {
    data->type = data->type.clone(shape);
    return createConstant(b, loc, *data);
  }
  SmallVector<ReassociationIndices> fromGroups, toGroups;
  SmallVector<int64_t> between;
  if (groupAxes(from, shape, fromGroups, toGroups, between))
    return reshapeByGroups(b, loc, input, fromGroups, toGroups, between, shape);
  int64_t count = countElements(from);
  if (count == 0)
    return createEmpty(b, loc, shape, getElementTypeOrSelf(input.getType()));
  // From or to a scalar.
  SmallVector<ReassociationIndices> none;
  return reshapeByGroups(b, loc, input, none, none, from.empty() ? from : shape,
                         shape);
}

/// Row-major elements in the order of a transposition.
static ConstantData transpose(const ConstantData &data,
                              ArrayRef<int64_t> permutation) {
  ArrayRef<int64_t> in = data.type.getShape();
  SmallVector<int64_t> all(in.size(), 1), shape, strides;
  for (int64_t i = int64_t(in.size()) - 2; i >= 0; --i)
    all[i] = all[i + 1] * in[i + 1];
  for (int64_t axis : permutation) {
    shape.push_back(in[axis]);
    strides.push_back(all[axis]);
  }
  unsigned size = getElementBytes(data.type.getElementType());
  ConstantData result{data.type.clone(shape), {}};
  result.bytes.resize(data.bytes.size());
  SmallVector<int64_t> index(shape.size());
  int64_t source = 0;
  for (size_t i = 0; i < data.bytes.size(); i += size) {
    std::memcpy(&result.bytes[i], &data.bytes[source * size], size);
    for (int64_t axis = int64_t(shape.size()) - 1; axis >= 0; --axis) {
      source += strides[axis];
      if (++index[axis] < shape[axis])
        break;
      source -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return result;
}

Value lower::createTranspose(OpBuilder &b, Location loc, Value input,
                             ArrayRef<int64_t> permutation) {
  if (llvm::is_sorted(permutation))
    return input;
  if (std::optional<ConstantData> data = readTensor(input))
    return createConstant(b, loc, transpose(*data, permutation));
  SmallVector<int64_t> shape, moved;
  for (int64_t axis : permutation) {
    shape.push_back(getShape(input)[axis]);
    if (shape.back() != 1)
      moved.push_back(axis);
  }
  if (llvm::is_sorted(moved))
    return createReshape(b, loc, input, shape);
  Value empty =
      createEmpty(b, loc, shape, getElementTypeOrSelf(input.getType()));
  return linalg::TransposeOp::create(b, loc, input, empty, permutation)
      ->getResult(0);
}

static SmallVector<OpFoldResult> toFoldResults(OpBuilder &b,
                                               ArrayRef<int64_t> values) {
  return llvm::map_to_vector(values, [&](int64_t value) -> OpFoldResult {
    return b.getIndexAttr(value);
  });
}

Value lower::createPad(OpBuilder &b, Location loc, Value input,
                       ArrayRef<int64_t> low, ArrayRef<int64_t> high,
                       TypedAttr fill) {
  auto isZero = [](int64_t x) { return x == 0; };
  if (llvm::all_of(low, isZero) && llvm::all_of(high, isZero))
    return input;
  SmallVector<int64_t> shape(getShape(input));
  for (size_t i = 0; i < shape.size(); ++i)
    shape[i] += low[i] + high[i];
  Value value = arith::ConstantOp::create(b, loc, fill);
  return tensor::PadOp::create(
      b, loc, RankedTensorType::get(shape, fill.getType()), input,
      toFoldResults(b, low), toFoldResults(b, high), value);
}

Value lower::createExtractSlice(OpBuilder &b, Location loc, Value input,
                                ArrayRef<int64_t> offsets,
                                ArrayRef<int64_t> sizes,
                                ArrayRef<int64_t> strides) {
  return tensor::ExtractSliceOp::create(
      b, loc, input, toFoldResults(b, offsets), toFoldResults(b, sizes),
      toFoldResults(b, strides));
}

Value lower::createInsertSlice(OpBuilder &b, Location loc, Value input,
                               Value into, ArrayRef<int64_t> offsets,
                               ArrayRef<int64_t> strides) {
  return tensor::InsertSliceOp::create(
      b, loc, input, into, toFoldResults(b, offsets),
      toFoldResults(b, getShape(input)), toFoldResults(b, strides));
}

//===----------------------------------------------------------------------===//
// Layouts
//===----------------------------------------------------------------------===//

Value lower::toChannelsLast(OpBuilder &b, Location loc, Value input,
                            Layout from) {
  if (from == Layout::ChannelsLast)
    return input;
  SmallVector<int64_t> permutation{0};
  for (int64_t i = 2, e = getShape(input).size(); i < e; ++i)
    permutation.push_back(i);
  permutation.push_back(1);
  return createTranspose(b, loc, input, permutation);
}

Value lower::fromChannelsLast(OpBuilder &b, Location loc, Value input,
                              Layout to) {
  if (to == Layout::ChannelsLast)
    return input;
  int64_t rank = getShape(input).size();
  SmallVector<int64_t> permutation{0, rank - 1};
  for (int64_t i = 1; i + 1 < rank; ++i)
    permutation.push_back(i);
  return createTranspose(b, loc, input, permutation);
}
