//===- Shape.cpp - Reshapes, transposes, gathers -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// None of these computes; a quantized value passes through as it is.
//
//===----------------------------------------------------------------------===//

#include "NodeImporter.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::octet;

static Type getRawElement(NodeContext &n) {
  return getElementTypeOrSelf(n.getRaw(0).getType());
}

static int64_t count(ArrayRef<int64_t> shape) {
  int64_t product = 1;
  for (int64_t extent : shape)
    product *= extent;
  return product;
}

/// Numbers from input `i` or, in early versions, from an attribute.
static FailureOr<Integers> readList(NodeContext &n, unsigned i,
                                    StringRef name) {
  if (n.has(i))
    return n.readIntegersAt(i, name);
  return n.getInts(name).value_or(Integers());
}

//===----------------------------------------------------------------------===//
// Reshapes
//===----------------------------------------------------------------------===//

/// 0 keeps an extent, unless `allowzero`; -1 takes what is left.
static Imported importReshape(NodeContext &n) {
  auto shape = readList(n, 1, "shape");
  if (failed(shape))
    return failure();
  ArrayRef<int64_t> from = n.getShapeOf(0);
  int64_t free = -1, known = 1;
  for (auto [i, extent] : llvm::enumerate(*shape)) {
    if (extent == 0 && !n.getInt("allowzero", 0)) {
      if (i >= from.size())
        return n.error() << "shape [" << ArrayRef(*shape)
                         << "] keeps an extent that the input of shape ["
                         << from << "] does not have";
      extent = from[i];
    }
    if (extent < -1 || (extent == -1 && free >= 0) || extent > (1ll << 40))
      return n.error() << "shape [" << ArrayRef(*shape) << "] is not valid";
    if (extent == -1)
      free = i;
    else if (llvm::MulOverflow(known, extent, known))
      return n.error() << "shape [" << ArrayRef(*shape) << "] is too large";
  }
  if (free >= 0) {
    if (known == 0 || count(from) % known)
      return n.error() << "input of shape [" << from << "] cannot become ["
                       << ArrayRef(*shape) << "]";
    (*shape)[free] = count(from) / known;
  }
  return n.reshape(n.getRaw(0), *shape);
}

static Imported importFlatten(NodeContext &n) {
  ArrayRef<int64_t> shape = n.getShapeOf(0);
  int64_t rank = shape.size(), axis = n.getInt("axis", 1);
  if (axis < -rank || axis > rank)
    return n.error() << "axis " << axis << " is not in rank " << rank;
  axis += axis < 0 ? rank : 0;
  return n.reshape(n.getRaw(0), {count(shape.take_front(axis)),
                                 count(shape.drop_front(axis))});
}

static Imported importSqueeze(NodeContext &n) {
  auto axes = readList(n, 1, "axes");
  if (failed(axes))
    return failure();
  ArrayRef<int64_t> shape = n.getShapeOf(0);
  SmallVector<bool> drop(shape.size());
  for (int64_t axis : *axes) {
    auto positive = n.getAxis(axis, shape.size());
    if (failed(positive))
      return failure();
    if (shape[*positive] != 1)
      return n.error() << "axis " << axis << " has extent " << shape[*positive]
                       << ", expected 1";
    drop[*positive] = true;
  }
  bool all = !n.has(1) && !n.hasAttr("axes");
  Integers result;
  for (auto [extent, dropped] : llvm::zip(shape, drop))
    if (!dropped && !(all && extent == 1))
      result.push_back(extent);
  return n.reshape(n.getRaw(0), result);
}

static Imported importUnsqueeze(NodeContext &n) {
  auto axes = readList(n, 1, "axes");
  if (failed(axes))
    return failure();
  ArrayRef<int64_t> shape = n.getShapeOf(0);
  int64_t rank = shape.size() + axes->size();
  SmallVector<bool> added(rank);
  for (int64_t axis : *axes) {
    auto positive = n.getAxis(axis, rank);
    if (failed(positive))
      return failure();
    if (added[*positive])
      return n.error() << "axis " << axis << " is listed twice";
    added[*positive] = true;
  }
  Integers result;
  for (bool isNew : added) {
    result.push_back(isNew ? 1 : shape.front());
    shape = isNew ? shape : shape.drop_front();
  }
  return n.reshape(n.getRaw(0), result);
}

//===----------------------------------------------------------------------===//
// Transposes
//===----------------------------------------------------------------------===//

static Imported importTranspose(NodeContext &n) {
  int64_t rank = n.getRank(0);
  Integers permutation = n.getInts("perm").value_or(Integers());
  if (permutation.empty())
    for (int64_t i = rank - 1; i >= 0; --i)
      permutation.push_back(i);
  return n.transpose(n.getRaw(0), permutation);
}

static LogicalResult checkBlocks(NodeContext &n, int64_t block,
                                 bool fromDepth) {
  ArrayRef<int64_t> shape = n.getShapeOf(0);
  if (shape.size() == 4 && block > 0 && block < (1 << 15) &&
      (fromDepth ? shape[1] % (block * block) == 0
                 : shape[2] % block == 0 && shape[3] % block == 0))
    return success();
  return n.error() << "block size " << block << " does not divide [" << shape
                   << "]";
}

static Imported importDepthToSpace(NodeContext &n) {
  int64_t block = n.getInt("blocksize", 0);
  if (failed(checkBlocks(n, block, true)))
    return failure();
  ArrayRef<int64_t> s = n.getShapeOf(0);
  int64_t depth = s[1] / (block * block);
  Integers result{s[0], depth, s[2] * block, s[3] * block};
  if (n.getString("mode", "DCR") == "CRD") {
    Value x = n.reshape(n.getRaw(0), {s[0], depth, block, block, s[2], s[3]});
    return n.reshape(n.transpose(x, {0, 1, 4, 2, 5, 3}), result);
  }
  Value x = n.reshape(n.getRaw(0), {s[0], block, block, depth, s[2], s[3]});
  return n.reshape(n.transpose(x, {0, 3, 4, 1, 5, 2}), result);
}

static Imported importSpaceToDepth(NodeContext &n) {
  int64_t block = n.getInt("blocksize", 0);
  if (failed(checkBlocks(n, block, false)))
    return failure();
  ArrayRef<int64_t> s = n.getShapeOf(0);
  int64_t rows = s[2] / block, columns = s[3] / block;
  Value x = n.reshape(n.getRaw(0), {s[0], s[1], rows, block, columns, block});
  return n.reshape(n.transpose(x, {0, 3, 5, 1, 2, 4}),
                   {s[0], s[1] * block * block, rows, columns});
}

//===----------------------------------------------------------------------===//
// Repetition and joining
//===----------------------------------------------------------------------===//

/// The shape is broadcast with the input's, both ways.
static Imported importExpand(NodeContext &n) {
  auto shape = n.readIntegersAt(1, "shape");
  if (failed(shape))
    return failure();
  ArrayRef<int64_t> from = n.getShapeOf(0);
  Integers to = *shape;
  while (to.size() < from.size())
    to.insert(to.begin(), 1);
  for (size_t i = 0; i < from.size(); ++i) {
    int64_t &extent = to[to.size() - 1 - i];
    if (extent == 1)
      extent = from[from.size() - 1 - i];
  }
  return n.create<ExpandOp>(getRawElement(n), n.getRaw(0), ArrayRef(to));
}

static Imported importTile(NodeContext &n) {
  auto repeats = n.readIntegersAt(1, "repeats");
  if (failed(repeats))
    return failure();
  return n.create<TileOp>(getRawElement(n), n.getRaw(0), ArrayRef(*repeats));
}

static Imported importConcat(NodeContext &n) {
  auto axis = n.getAxisAttr(1, n.getRank(0));
  if (failed(axis))
    return failure();
  // Quantized parts of different scales meet as the integers that they are.
  SmallVector<Value> parts;
  bool same = true;
  for (unsigned i = 0; i < n.getNumInputs(); ++i) {
    if (!n.has(i))
      return n.error() << "input " << i << " is missing";
    parts.push_back(n.getRaw(i));
    same &= getElementTypeOrSelf(parts[i].getType()) == getRawElement(n);
  }
  if (!same)
    parts = n.getInputs();
  for (Value part : parts)
    if (getElementTypeOrSelf(part.getType()) !=
        getElementTypeOrSelf(parts[0].getType()))
      return n.error() << "inputs have elements of types "
                       << getElementTypeOrSelf(parts[0].getType()) << " and "
                       << getElementTypeOrSelf(part.getType());
  return n.create<ConcatOp>(getElementTypeOrSelf(parts[0].getType()),
                            ValueRange(parts), *axis);
}

//===----------------------------------------------------------------------===//
// Gathers
//===----------------------------------------------------------------------===//

static Imported importGather(NodeContext &n) {
  auto axis = n.getAxisAttr(0, n.getRank(0));
  if (failed(axis))
    return failure();
  int64_t extent = n.getShapeOf(0)[*axis];
  if (auto indices = readIntegers(n.in(1)))
    for (int64_t index : *indices)
      if (index < -extent || index >= extent)
        return n.error() << "index " << index << " is out of bounds of axis "
                         << *axis << " with extent " << extent;
  return n.create<GatherOp>(getRawElement(n), n.getRaw(0), n.in(1), *axis);
}

/// index < 0 ? index + extent : index, `extent` broadcast
static Value wrapIndices(NodeContext &n, Value indices, Value extent) {
  Type i64 = n.b.getI64Type();
  Value wrapped = n.create<AddOp>(i64, indices, extent, ClampAttr());
  Value negative = n.create<CompareOp>(n.b.getI1Type(), ComparePredicate::Less,
                                       indices, n.splat(i64, 0));
  return n.create<WhereOp>(i64, negative, wrapped, indices);
}

/// As many offsets of gathered elements are kept as a constant.
static constexpr int64_t kMaxOffsets = int64_t(1) << 24;

/// Row-major strides.
static Integers getStrides(ArrayRef<int64_t> shape) {
  Integers strides(shape.size(), 1);
  for (int64_t i = int64_t(shape.size()) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * shape[i + 1];
  return strides;
}

/// One gather from the flat data; an index tuple becomes one number.
static Imported importGatherND(NodeContext &n) {
  ArrayRef<int64_t> data = n.getShapeOf(0), indices = n.getShapeOf(1);
  if (n.getInt("batch_dims", 0) != 0)
    return n.error() << "batch_dims is not supported";
  if (indices.empty() || indices.back() > int64_t(data.size()))
    return n.error() << "index tuples of [" << indices
                     << "] are longer than the rank of [" << data << "]";
  int64_t length = indices.back();
  Type i64 = n.b.getI64Type();
  Value tuples =
      wrapIndices(n, n.cast(n.in(1), i64), n.integers(data.take_front(length)));
  Value linear = n.create<MulOp>(
      i64, tuples, n.integers(getStrides(data.take_front(length))),
      ClampAttr());
  Integers axes{int64_t(indices.size()) - 1};
  linear = n.create<ReduceOp>(i64, ReduceKind::Sum, linear,
                              ArrayRef<int64_t>(axes), false);
  Integers merged{count(data.take_front(length))};
  llvm::append_range(merged, data.drop_front(length));
  return n.create<GatherOp>(getRawElement(n), n.reshape(n.getRaw(0), merged),
                            linear, int64_t(0));
}

/// One gather from the flat data, at offsets that are known but along `axis`.
static Imported importGatherElements(NodeContext &n) {
  ArrayRef<int64_t> data = n.getShapeOf(0), indices = n.getShapeOf(1);
  auto axis = n.getAxisAttr(0, data.size());
  if (failed(axis))
    return failure();
  if (indices.size() != data.size())
    return n.error() << "data and indices have ranks " << data.size() << " and "
                     << indices.size();
  if (count(indices) > kMaxOffsets)
    return n.error() << "more than " << kMaxOffsets
                     << " indices are not supported";
  Integers strides = getStrides(data), in = getStrides(indices), base;
  for (int64_t i = 0, e = count(indices); i < e; ++i) {
    int64_t offset = 0;
    for (size_t a = 0; a < data.size(); ++a)
      if (int64_t(a) != *axis)
        offset += i / in[a] % indices[a] * strides[a];
    base.push_back(offset);
  }
  Type i64 = n.b.getI64Type();
  Value index = wrapIndices(n, n.cast(n.in(1), i64), n.splat(i64, data[*axis]));
  index =
      n.create<MulOp>(i64, index, n.splat(i64, strides[*axis]), ClampAttr());
  index = n.create<AddOp>(
      i64, index, makeIntegers(n.b, n.getLoc(), base, indices), ClampAttr());
  return n.create<GatherOp>(getRawElement(n),
                            n.reshape(n.getRaw(0), {count(data)}), index,
                            int64_t(0));
}

ArrayRef<Importer> mlir::octet::getShapeOps() {
  constexpr StringLiteral shape = "the shape must be constant";
  static const Importer table[] = {
      {"Concat", 4, kNewestOpset, 1, importConcat},
      {"DepthToSpace", 1, kNewestOpset, 1, importDepthToSpace},
      {"Expand", 8, kNewestOpset, 2, importExpand, shape},
      {"Flatten", 1, kNewestOpset, 1, importFlatten},
      {"Gather", 1, kNewestOpset, 2, importGather},
      {"GatherElements", 11, kNewestOpset, 2, importGatherElements},
      {"GatherND", 11, kNewestOpset, 2, importGatherND, "no batch_dims"},
      {"Reshape", 1, kNewestOpset, 1, importReshape, shape},
      {"SpaceToDepth", 1, kNewestOpset, 1, importSpaceToDepth},
      {"Squeeze", 1, kNewestOpset, 1, importSqueeze},
      {"Tile", 6, kNewestOpset, 2, importTile, "repeats must be constant"},
      {"Transpose", 1, kNewestOpset, 1, importTranspose},
      {"Unsqueeze", 1, kNewestOpset, 1, importUnsqueeze},
  };
  return table;
}
