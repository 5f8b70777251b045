//===- Slice.cpp - Slices, splits, pads -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NodeImporter.h"

#include "llvm/ADT/Sequence.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::octet;

static Type getRawElement(NodeContext &n) {
  return getElementTypeOrSelf(n.getRaw(0).getType());
}

//===----------------------------------------------------------------------===//
// Slice
//===----------------------------------------------------------------------===//

namespace {
struct SliceLists {
  Integers starts, ends, axes, steps;
};
} // namespace

static FailureOr<SliceLists> readSliceInputs(NodeContext &n) {
  auto starts = n.readIntegersAt(1, "starts");
  if (failed(starts))
    return failure();
  auto ends = n.readIntegersAt(2, "ends");
  if (failed(ends))
    return failure();
  SliceLists lists{*starts, *ends, {}, Integers(starts->size(), 1)};
  for (auto [i, list, name] : {std::tuple(3u, &lists.axes, "axes"),
                               std::tuple(4u, &lists.steps, "steps")}) {
    if (!n.has(i))
      continue;
    auto values = n.readIntegersAt(i, name);
    if (failed(values))
      return failure();
    *list = *values;
  }
  return lists;
}

/// Python's rules: negative bounds count from the end, all are cut to the
/// extent.
static Imported createSlice(NodeContext &n, SliceLists lists) {
  Integers sizes(n.getShapeOf(0)), starts(sizes.size(), 0),
      steps(sizes.size(), 1);
  if (lists.axes.empty())
    for (size_t i = 0; i < lists.starts.size(); ++i)
      lists.axes.push_back(i);
  if (lists.ends.size() != lists.starts.size() ||
      lists.axes.size() != lists.starts.size() ||
      lists.steps.size() != lists.starts.size())
    return n.error() << "starts, ends, axes and steps have "
                     << lists.starts.size() << ", " << lists.ends.size() << ", "
                     << lists.axes.size() << " and " << lists.steps.size()
                     << " entries";
  for (auto [start, end, axis, step] :
       llvm::zip(lists.starts, lists.ends, lists.axes, lists.steps)) {
    auto at = n.getAxis(axis, sizes.size());
    if (failed(at))
      return failure();
    int64_t extent = n.getShapeOf(0)[*at];
    if (step == 0 || step < -INT32_MAX)
      return n.error() << "step " << step << " is not supported";
    auto cut = [&](int64_t bound, int64_t low, int64_t high) {
      bound = bound < 0 ? bound + extent : bound;
      return std::min(std::max(bound, low), high);
    };
    int64_t first =
        step > 0 ? cut(start, 0, extent) : cut(start, 0, extent - 1);
    int64_t last = step > 0 ? cut(end, 0, extent) : cut(end, -1, extent - 1);
    // A step of more than the extent picks one element, as does the extent.
    int64_t stride = std::min(step, std::max<int64_t>(extent, 1));
    int64_t distance = stride > 0 ? last - first : first - last;
    sizes[*at] = distance <= 0 || extent == 0
                     ? 0
                     : (distance - 1) / std::abs(stride) + 1;
    starts[*at] = sizes[*at] ? first : 0;
    steps[*at] = stride;
  }
  return n.create<SliceOp>(getRawElement(n), n.getRaw(0), ArrayRef(starts),
                           ArrayRef(sizes), ArrayRef(steps));
}

static Imported importSlice(NodeContext &n) {
  auto lists = readSliceInputs(n);
  if (failed(lists))
    return failure();
  return createSlice(n, std::move(*lists));
}

static Imported importSliceAttributes(NodeContext &n) {
  SliceLists lists;
  lists.starts = n.getInts("starts").value_or(Integers());
  lists.ends = n.getInts("ends").value_or(Integers());
  lists.axes = n.getInts("axes").value_or(Integers());
  lists.steps = Integers(lists.starts.size(), 1);
  return createSlice(n, std::move(lists));
}

//===----------------------------------------------------------------------===//
// Split
//===----------------------------------------------------------------------===//

/// Sizes from input or attribute; else equal ones, the last perhaps smaller.
static FailureOr<Integers> readSplit(NodeContext &n, int64_t extent) {
  if (n.has(1))
    return n.readIntegersAt(1, "split");
  if (auto sizes = n.getInts("split"))
    return *sizes;
  int64_t parts = n.getInt("num_outputs", n.getNumOutputs());
  if (parts < 1 || parts > (1 << 20))
    return n.error() << "cannot split into " << parts << " parts";
  int64_t size = llvm::divideCeil(extent, parts);
  Integers sizes(parts, size);
  sizes.back() = extent - size * (parts - 1);
  return sizes;
}

static Imported importSplit(NodeContext &n) {
  auto axis = n.getAxisAttr(0, n.getRank(0));
  if (failed(axis))
    return failure();
  int64_t extent = n.getShapeOf(0)[*axis], start = 0;
  auto sizes = readSplit(n, extent);
  if (failed(sizes))
    return failure();
  if (sizes->size() < n.getNumOutputs())
    return n.error() << sizes->size() << " sizes for " << n.getNumOutputs()
                     << " outputs";
  SmallVector<Value> parts;
  for (int64_t size : *sizes) {
    if (size < 0 || size > extent - start)
      return n.error() << "sizes [" << ArrayRef(*sizes)
                       << "] do not add up to the extent " << extent;
    if (parts.size() < n.getNumOutputs())
      parts.push_back(n.slice(n.getRaw(0), *axis, start, size));
    start += size;
  }
  if (start != extent)
    return n.error() << "sizes [" << ArrayRef(*sizes)
                     << "] do not add up to the extent " << extent;
  return parts;
}

//===----------------------------------------------------------------------===//
// Pad
//===----------------------------------------------------------------------===//

static std::optional<PadMode> parseMode(StringRef mode) {
  return llvm::StringSwitch<std::optional<PadMode>>(mode)
      .Case("constant", PadMode::Constant)
      .Case("reflect", PadMode::Reflect)
      .Case("edge", PadMode::Edge)
      .Case("wrap", PadMode::Wrap)
      .Default(std::nullopt);
}

/// Begins and ends of `axes` as lists over all axes.
static LogicalResult spreadPads(NodeContext &n, ArrayRef<int64_t> pads,
                                ArrayRef<int64_t> axes, Integers &low,
                                Integers &high) {
  if (pads.size() != 2 * axes.size())
    return n.error() << "pads has " << pads.size() << " entries, expected "
                     << 2 * axes.size();
  for (size_t i = 0; i < axes.size(); ++i) {
    auto axis = n.getAxis(axes[i], low.size());
    if (failed(axis))
      return failure();
    low[*axis] = pads[i];
    high[*axis] = pads[axes.size() + i];
  }
  return success();
}

/// Negative pads cut elements off, before the others are added.
static Imported createPad(NodeContext &n, Integers low, Integers high,
                          double fill) {
  auto mode = parseMode(n.getString("mode", "constant"));
  if (!mode)
    return n.error() << "mode '" << n.getString("mode", "") << "' is not known";
  Value value = n.getRaw(0);
  // The fill is an integer of the storage where the elements are.
  if (auto type = getQuantizedType(value)) {
    auto uniform = dyn_cast<quant::UniformQuantizedType>(type);
    if (uniform)
      fill = (fill - uniform.getZeroPoint()) * uniform.getScale();
    else
      value = n.toIntegers(value);
  }
  for (size_t i = 0; i < low.size(); ++i) {
    int64_t extent = getShape(value)[i];
    int64_t cutLow = std::max<int64_t>(-low[i], 0);
    int64_t cutHigh = std::max<int64_t>(-high[i], 0);
    if (cutLow > extent || cutHigh > extent - cutLow)
      return n.error() << "axis " << i << " of extent " << extent
                       << " cannot be cut by " << cutLow << " and " << cutHigh;
    if (cutLow || cutHigh)
      value = n.slice(value, i, cutLow, extent - cutLow - cutHigh);
    if (!value)
      return failure();
    low[i] = std::max<int64_t>(low[i], 0);
    high[i] = std::max<int64_t>(high[i], 0);
  }
  return n.create<PadOp>(getElementTypeOrSelf(value.getType()), value,
                         ArrayRef<int64_t>(low), ArrayRef<int64_t>(high), *mode,
                         APFloat(fill));
}

static Imported importPadAttributes(NodeContext &n) {
  int64_t rank = n.getRank(0);
  Integers pads =
      n.getInts("pads").value_or(n.getInts("paddings").value_or(Integers()));
  Integers low(rank, 0), high(rank, 0);
  if (failed(spreadPads(n, pads, llvm::to_vector(llvm::seq<int64_t>(0, rank)),
                        low, high)))
    return failure();
  return createPad(n, low, high, n.getFloat("value", 0));
}

/// The fill value as a real number; integers below 2^53 are exact.
static FailureOr<double> readFill(NodeContext &n) {
  if (!n.has(2))
    return 0.0;
  if (auto integers = readIntegers(n.in(2)); integers && integers->size() == 1)
    return double(integers->front());
  if (auto floats = readFloats(n.in(2)); floats && floats->size() == 1)
    return floats->front();
  return n.error() << "constant_value must be one constant number";
}

static Imported importPad(NodeContext &n) {
  auto pads = n.readIntegersAt(1, "pads");
  if (failed(pads))
    return failure();
  int64_t rank = n.getRank(0);
  Integers axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  if (n.has(3)) {
    auto given = n.readIntegersAt(3, "axes");
    if (failed(given))
      return failure();
    axes = *given;
  }
  Integers low(rank, 0), high(rank, 0);
  if (failed(spreadPads(n, *pads, axes, low, high)))
    return failure();
  auto fill = readFill(n);
  if (failed(fill))
    return failure();
  return createPad(n, low, high, *fill);
}

//===----------------------------------------------------------------------===//
// Triangles
//===----------------------------------------------------------------------===//

/// The elements above (or below) diagonal `k`; which these are is constant.
static Imported importTrilu(NodeContext &n) {
  ArrayRef<int64_t> shape = n.getShapeOf(0);
  int64_t k = 0;
  if (n.has(1)) {
    auto given = n.readIntegersAt(1, "k");
    if (failed(given) || given->size() != 1)
      return n.error() << "k must be one constant integer";
    k = given->front();
  }
  if (shape.size() < 2)
    return n.error() << "input has rank " << shape.size()
                     << ", expected at least 2";
  int64_t rows = shape[shape.size() - 2], columns = shape.back();
  bool upper = n.getInt("upper", 1);
  ConstantData mask{RankedTensorType::get({rows, columns}, n.b.getI1Type()),
                    {}};
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j)
      mask.bytes.push_back(upper ? j - i >= k : j - i <= k);
  Type element = n.getElement(0);
  return n.create<WhereOp>(element, makeConstant(n.b, n.getLoc(), mask),
                           n.in(0), n.splat(element, 0));
}

ArrayRef<Importer> mlir::octet::getSliceOps() {
  constexpr StringLiteral bounds = "bounds must be constant";
  static const Importer table[] = {
      {"Pad", 1, 10, 1, importPadAttributes},
      {"Pad", 11, kNewestOpset, 2, importPad, "pads must be constant"},
      {"Slice", 1, 9, 1, importSliceAttributes},
      {"Slice", 10, kNewestOpset, 3, importSlice, bounds},
      {"Split", 2, kNewestOpset, 1, importSplit, "sizes must be constant"},
      {"Trilu", 14, kNewestOpset, 1, importTrilu, "k must be constant"},
  };
  return table;
}
