//===- Scatter.cpp - Scatters, one-hot, running sums -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where the indices are known, a scatter is a gather: what each element of the
// result comes from, the data or the updates, is known too.
//
//===----------------------------------------------------------------------===//

#include "NodeImporter.h"

#include "llvm/ADT/Sequence.h"

using namespace mlir;
using namespace mlir::octet;

/// As many places of a result are kept as a constant.
static constexpr int64_t kMaxPlaces = int64_t(1) << 24;

static int64_t count(ArrayRef<int64_t> shape) {
  return llvm::product_of(shape);
}

static LogicalResult checkScatter(NodeContext &n) {
  StringRef reduction = n.getString("reduction", "none");
  if (reduction != "none")
    return n.error() << "reduction '" << reduction << "' is not supported";
  if (count(n.getShapeOf(0)) > kMaxPlaces)
    return n.error() << "data of more than " << kMaxPlaces
                     << " elements are not supported";
  if (n.getElement(0) != n.getElement(2))
    return n.error() << "data and updates have elements of types "
                     << n.getElement(0) << " and " << n.getElement(2);
  return success();
}

/// An index that may count from the end; an error where it is out of bounds.
static FailureOr<int64_t> getPlace(NodeContext &n, int64_t index,
                                   int64_t extent) {
  if (index < -extent || index >= extent)
    return n.error() << "index " << index << " is out of bounds of extent "
                     << extent;
  return index < 0 ? index + extent : index;
}

/// The data with slice `places[u]` replaced by slice u of the updates; both are
/// taken as `places.size()` and `numSlices` slices of equal size.
static Imported buildScatter(NodeContext &n, int64_t numSlices,
                             ArrayRef<int64_t> places) {
  Integers shape(n.getShapeOf(0));
  int64_t updates = places.size();
  int64_t size = numSlices ? count(shape) / numSlices : 0;
  if (count(n.getShapeOf(2)) != updates * size)
    return n.error() << "updates have shape [" << n.getShapeOf(2)
                     << "], which does not fit " << updates << " slices of "
                     << size << " elements";
  Integers sources = llvm::to_vector(llvm::seq<int64_t>(0, numSlices));
  for (auto [update, place] : llvm::enumerate(places))
    sources[place] = numSlices + int64_t(update);
  Type element = n.getElement(0);
  Value parts[] = {n.reshape(n.in(0), {numSlices, size}),
                   n.reshape(n.in(2), {updates, size})};
  if (!parts[0] || !parts[1])
    return failure();
  Value all = n.create<ConcatOp>(element, ValueRange(parts), int64_t(0));
  Value picked =
      n.create<GatherOp>(element, all, n.integers(sources), int64_t(0));
  return n.reshape(picked, shape);
}

static Imported importScatterND(NodeContext &n) {
  auto indices = n.readIntegersAt(1, "indices");
  if (failed(indices) || failed(checkScatter(n)))
    return failure();
  ArrayRef<int64_t> data = n.getShapeOf(0);
  int64_t length = n.getRank(1) ? n.getShapeOf(1).back() : 0;
  if (length < 1 || length > int64_t(data.size()))
    return n.error() << "index tuples of [" << n.getShapeOf(1)
                     << "] do not fit data of rank " << data.size();
  Integers places;
  for (size_t i = 0; i < indices->size(); i += length) {
    int64_t place = 0;
    for (int64_t axis = 0; axis < length; ++axis) {
      auto index = getPlace(n, (*indices)[i + axis], data[axis]);
      if (failed(index))
        return failure();
      place = place * data[axis] + *index;
    }
    places.push_back(place);
  }
  return buildScatter(n, count(data.take_front(length)), places);
}

static Imported importScatterElements(NodeContext &n) {
  auto indices = n.readIntegersAt(1, "indices");
  if (failed(indices) || failed(checkScatter(n)))
    return failure();
  ArrayRef<int64_t> data = n.getShapeOf(0), shape = n.getShapeOf(1);
  auto axis = n.getAxisAttr(0, data.size());
  if (failed(axis))
    return failure();
  if (shape.size() != data.size())
    return n.error() << "data and indices have ranks " << data.size() << " and "
                     << shape.size();
  Integers places;
  for (auto [i, given] : llvm::enumerate(*indices)) {
    auto index = getPlace(n, given, data[*axis]);
    if (failed(index))
      return failure();
    int64_t place = 0, rest = i, stride = 1;
    for (int64_t a = data.size() - 1; a >= 0; --a) {
      int64_t at = a == *axis ? *index : rest % shape[a];
      if (at >= data[a])
        return n.error() << "indices of shape [" << shape
                         << "] are out of bounds of data [" << data << "]";
      place += at * stride;
      stride *= data[a];
      rest /= shape[a];
    }
    places.push_back(place);
  }
  return buildScatter(n, count(data), places);
}

/// Where an index, compared with 0, 1, ..., is equal: on, else off.
static Imported importOneHot(NodeContext &n) {
  Type i64 = n.b.getI64Type();
  auto depth = readIntegers(n.cast(n.in(1), i64));
  if (!depth || depth->size() != 1 || depth->front() < 1 ||
      depth->front() > kMaxPlaces)
    return n.error() << "depth must be one constant positive number";
  auto axis = n.getAxisAttr(-1, n.getRank(0) + 1);
  if (failed(axis))
    return failure();
  int64_t extent = depth->front();
  Integers shape(n.getShapeOf(0)), along(shape.size() + 1, 1);
  shape.insert(shape.begin() + *axis, 1);
  along[*axis] = extent;
  Value index = n.reshape(n.cast(n.in(0), i64), shape);
  Value wrapped =
      n.create<AddOp>(i64, index, n.splat(i64, double(extent)), ClampAttr());
  Value isNegative = n.create<CompareOp>(
      n.b.getI1Type(), ComparePredicate::Less, index, n.splat(i64, 0));
  index = n.create<WhereOp>(i64, isNegative, wrapped, index);
  Value range = makeIntegers(
      n.b, n.getLoc(), llvm::to_vector(llvm::seq<int64_t>(0, extent)), along);
  Value hit = n.create<CompareOp>(n.b.getI1Type(), ComparePredicate::Equal,
                                  index, range);
  Value off = n.reshape(n.slice(n.in(2), 0, 0, 1), {});
  Value on = n.reshape(n.slice(n.in(2), 0, 1, 1), {});
  return n.create<WhereOp>(n.getElement(2), hit, on, off);
}

/// A product with a triangle of ones and zeros, summed up: the axis is short.
static Imported importCumSum(NodeContext &n) {
  auto given = n.readIntegersAt(1, "axis");
  if (failed(given) || given->size() != 1)
    return failure();
  auto axis = n.getAxis(given->front(), n.getRank(0));
  if (failed(axis))
    return failure();
  int64_t extent = n.getShapeOf(0)[*axis];
  bool reverse = n.getInt("reverse", 0), exclusive = n.getInt("exclusive", 0);
  if (extent * extent > kMaxPlaces)
    return n.error() << "an axis of " << extent << " elements is not supported";
  SmallVector<float> triangle;
  for (int64_t out = 0; out < extent; ++out)
    for (int64_t in = 0; in < extent; ++in) {
      int64_t ahead = reverse ? in - out : out - in;
      triangle.push_back(ahead > 0 || (ahead == 0 && !exclusive));
    }
  // [..., out, in, ...]
  Integers wide(n.getShapeOf(0)), mask(wide.size() + 1, 1);
  wide.insert(wide.begin() + *axis, 1);
  mask[*axis] = mask[*axis + 1] = extent;
  Type element = n.getElement(0);
  Value ones = n.cast(makeFloats(n.b, n.getLoc(), triangle, mask), element);
  Value terms =
      n.create<MulOp>(element, n.reshape(n.in(0), wide), ones, ClampAttr());
  Integers axes{*axis + 1};
  return n.create<ReduceOp>(element, ReduceKind::Sum, terms,
                            ArrayRef<int64_t>(axes), false);
}

ArrayRef<Importer> mlir::octet::getScatterOps() {
  constexpr StringLiteral limits = "indices must be constant; no reduction";
  static const Importer table[] = {
      {"CumSum", 11, kNewestOpset, 2, importCumSum,
       "the axis must be constant"},
      {"OneHot", 9, kNewestOpset, 3, importOneHot,
       "the depth must be constant"},
      {"Scatter", 9, 10, 3, importScatterElements, limits},
      {"ScatterElements", 11, kNewestOpset, 3, importScatterElements, limits},
      {"ScatterND", 11, kNewestOpset, 3, importScatterND, limits},
  };
  return table;
}
