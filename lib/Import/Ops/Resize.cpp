//===- Resize.cpp - Resizes -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NodeImporter.h"

#include "llvm/ADT/Sequence.h"

#include <cmath>

using namespace mlir;
using namespace mlir::octet;

namespace {
/// What a node asks for: an entry an axis of its input.
struct Target {
  Integers sizes;
  SmallVector<double> scales;
};

struct Rules {
  ResizeMode mode = ResizeMode::Nearest;
  ResizeCoordinates coordinates = ResizeCoordinates::HalfPixel;
  ResizeRounding rounding = ResizeRounding::RoundPreferFloor;
  double cubicA = -0.75;
  bool excludeOutside = false;
};
} // namespace

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

static FailureOr<ResizeMode> readMode(NodeContext &n) {
  StringRef mode = n.getString("mode", "nearest");
  if (mode == "nearest")
    return ResizeMode::Nearest;
  if (mode == "linear" || mode == "bilinear")
    return ResizeMode::Linear;
  if (mode == "cubic")
    return ResizeMode::Cubic;
  return n.error() << "mode '" << mode << "' is not known";
}

/// Upsample and the first Resize know one way only.
static FailureOr<Rules> readOldRules(NodeContext &n) {
  auto mode = readMode(n);
  if (failed(mode))
    return failure();
  Rules rules;
  rules.mode = *mode;
  rules.coordinates = ResizeCoordinates::Asymmetric;
  rules.rounding = ResizeRounding::Floor;
  return rules;
}

static FailureOr<Rules> readRules(NodeContext &n) {
  auto mode = readMode(n);
  if (failed(mode))
    return failure();
  Rules rules;
  rules.mode = *mode;
  StringRef how = n.getString("coordinate_transformation_mode", "half_pixel");
  auto coordinates = symbolizeResizeCoordinates(how);
  if (!coordinates)
    return n.error() << "coordinate_transformation_mode '" << how
                     << "' is not supported; use half_pixel";
  StringRef nearest = n.getString("nearest_mode", "round_prefer_floor");
  auto rounding = symbolizeResizeRounding(nearest);
  if (!rounding)
    return n.error() << "nearest_mode '" << nearest << "' is not known";
  rules.coordinates = *coordinates;
  rules.rounding = *rounding;
  rules.cubicA = n.getFloat("cubic_coeff_a", -0.75);
  rules.excludeOutside = n.getInt("exclude_outside", 0);
  return rules;
}

//===----------------------------------------------------------------------===//
// Sizes and scales
//===----------------------------------------------------------------------===//

static FailureOr<Target> targetFromScales(NodeContext &n,
                                          ArrayRef<double> scales,
                                          ArrayRef<int64_t> axes) {
  ArrayRef<int64_t> shape = n.getShapeOf(0);
  Target target{Integers(shape), SmallVector<double>(shape.size(), 1.0)};
  if (scales.size() != axes.size())
    return n.error() << "scales has " << scales.size() << " entries, expected "
                     << axes.size();
  for (auto [scale, axis] : llvm::zip(scales, axes)) {
    double size = std::floor(double(shape[axis]) * scale);
    if (!(scale > 0) || !(size < double(1 << 30)))
      return n.error() << "scale " << scale << " of axis " << axis
                       << " is not supported";
    target.scales[axis] = scale;
    target.sizes[axis] = int64_t(size);
  }
  return target;
}

/// Keeps the aspect ratio where asked to: one scale for all axes, the smallest
/// or the largest.
static void keepAspect(NodeContext &n, ArrayRef<int64_t> axes,
                       MutableArrayRef<int64_t> sizes) {
  StringRef policy = n.getString("keep_aspect_ratio_policy", "stretch");
  if (policy == "stretch" || axes.empty())
    return;
  bool larger = policy == "not_smaller";
  double best = 0;
  for (auto [i, axis] : llvm::enumerate(axes)) {
    double scale = double(sizes[i]) / double(n.getShapeOf(0)[axis]);
    if (i == 0 || (larger ? scale > best : scale < best))
      best = scale;
  }
  for (auto [i, axis] : llvm::enumerate(axes))
    sizes[i] = std::floor(best * double(n.getShapeOf(0)[axis]) + 0.5);
}

static FailureOr<Target> targetFromSizes(NodeContext &n, Integers sizes,
                                         ArrayRef<int64_t> axes) {
  ArrayRef<int64_t> shape = n.getShapeOf(0);
  Target target{Integers(shape), SmallVector<double>(shape.size(), 1.0)};
  if (sizes.size() != axes.size())
    return n.error() << "sizes has " << sizes.size() << " entries, expected "
                     << axes.size();
  for (auto [size, axis] : llvm::zip(sizes, axes))
    if (size < 1 || size > (1 << 30) || shape[axis] < 1)
      return n.error() << "size " << size << " of axis " << axis
                       << " with extent " << shape[axis] << " is not supported";
  keepAspect(n, axes, sizes);
  for (auto [size, axis] : llvm::zip(sizes, axes)) {
    target.sizes[axis] = size;
    target.scales[axis] = float(size) / float(shape[axis]);
  }
  return target;
}

static FailureOr<Integers> readResizeAxes(NodeContext &n) {
  Integers axes = n.getInts("axes").value_or(
      llvm::to_vector(llvm::seq<int64_t>(0, n.getRank(0))));
  for (int64_t &axis : axes) {
    auto positive = n.getAxis(axis, n.getRank(0));
    if (failed(positive))
      return failure();
    axis = *positive;
  }
  return axes;
}

//===----------------------------------------------------------------------===//
// The operator
//===----------------------------------------------------------------------===//

/// The dialect resizes what follows batch and channel. Where those change too,
/// two axes of extent 1 go before them.
static Imported createResize(NodeContext &n, const Target &target,
                             const Rules &rules) {
  ArrayRef<int64_t> shape = n.getShapeOf(0);
  bool plain = shape.size() >= 3 &&
               ArrayRef(target.sizes).take_front(2) == shape.take_front(2);
  Value input = n.in(0);
  Integers wide{1, 1};
  llvm::append_range(wide, shape);
  if (!plain)
    input = n.reshape(input, wide);
  unsigned drop = plain ? 2 : 0;
  Value result = n.create<ResizeOp>(
      n.getElement(0), input, ArrayRef(target.sizes).drop_front(drop),
      ArrayRef(target.scales).drop_front(drop), rules.mode, rules.coordinates,
      rules.rounding, APFloat(rules.cubicA), rules.excludeOutside,
      Layout::ChannelsFirst);
  return plain ? result : n.reshape(result, target.sizes);
}

static Imported importOldResize(NodeContext &n) {
  auto rules = readOldRules(n);
  if (failed(rules))
    return failure();
  SmallVector<double> scales;
  if (n.has(1)) {
    auto given = n.readFloatsAt(1, "scales");
    if (failed(given))
      return failure();
    scales = *given;
  } else if (auto list =
                 dyn_cast_or_null<DenseF32ArrayAttr>(n.getAttr("scales"))) {
    scales.assign(list.asArrayRef().begin(), list.asArrayRef().end());
  }
  auto target = targetFromScales(
      n, scales, llvm::to_vector(llvm::seq<int64_t>(0, n.getRank(0))));
  return succeeded(target) ? createResize(n, *target, *rules)
                           : Imported(failure());
}

/// An empty tensor stands for an absent one.
static bool isGiven(NodeContext &n, unsigned i) {
  return n.has(i) &&
         cast<RankedTensorType>(n.getRaw(i).getType()).getNumElements() > 0;
}

static Imported importResize(NodeContext &n) {
  (void)n.has(1); // the region of interest is for tf_crop_and_resize only
  (void)n.has(2); // empty where sizes are given
  auto rules = readRules(n);
  auto axes = readResizeAxes(n);
  if (failed(rules) || failed(axes))
    return failure();
  FailureOr<Target> target = failure();
  if (isGiven(n, 3)) {
    auto sizes = n.readIntegersAt(3, "sizes");
    if (succeeded(sizes))
      target = targetFromSizes(n, *sizes, *axes);
  } else if (isGiven(n, 2)) {
    auto scales = n.readFloatsAt(2, "scales");
    if (succeeded(scales))
      target = targetFromScales(n, *scales, *axes);
  } else {
    return n.error() << "neither scales nor sizes are given";
  }
  if (failed(target))
    return failure();
  if (n.getInt("antialias", 0) && rules->mode != ResizeMode::Nearest &&
      llvm::any_of(target->scales, [](double scale) { return scale < 1; }))
    return n.error() << "antialias is not supported when sizes shrink";
  return createResize(n, *target, *rules);
}

ArrayRef<Importer> mlir::octet::getResizeOps() {
  constexpr StringLiteral limits =
      "scales or sizes must be constant; no tf_crop_and_resize, no "
      "tf_half_pixel_for_nn, no antialias";
  static const Importer table[] = {
      {"Resize", 10, 10, 2, importOldResize, "scales must be constant"},
      {"Resize", 11, kNewestOpset, 1, importResize, limits},
      {"Upsample", 7, 9, 1, importOldResize, "scales must be constant"},
  };
  return table;
}
