//===- WorkGrid.cpp - How a convolution falls into units of work -----*- C++
//-*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/IR/Kernel/OctetKernel.h"
#include "octet/Support/Caches.h"

using namespace mlir;
using namespace mlir::octet_kernel;
using mlir::octet::kResidentL2Bytes;

// A unit should be long against the cost of entering it, and its pixels should
// stay in L1: between these many pixels.
static constexpr int64_t kMinPixels = 48, kMaxPixels = 96;

// Of a depthwise unit; and a multiple of the rows that ever share their input.
static constexpr int64_t kDepthwisePixels = 256, kSharingRows = 4;

/// The part of `count` pixels that a unit takes: all, or the largest divisor
/// within bounds, or a number that suits most register tiles.
static int64_t choosePixels(int64_t count) {
  if (count <= kMaxPixels)
    return count;
  for (int64_t part = kMaxPixels; part >= kMinPixels; --part)
    if (count % part == 0)
      return part;
  return 84;
}

/// Rows of `pixels` that a unit takes.
static int64_t chooseRows(int64_t rows, int64_t pixels) {
  int64_t most = std::min(rows, std::max<int64_t>(1, kMaxPixels / pixels));
  for (int64_t part = most; part * pixels >= kMinPixels / 2; --part)
    if (rows % part == 0)
      return part;
  return most;
}

/// Whether all pixels are the same distance apart, images and rows included.
static bool hasEvenPixels(Value value) {
  auto type = dyn_cast<MemRefType>(value.getType());
  if (!type || type.getLayout().isIdentity())
    return true;
  SmallVector<int64_t> strides = type.getStridesAndOffset().first;
  int64_t expected = strides[2];
  for (int axis : {2, 1, 0}) {
    if (strides[axis] != expected)
      return false;
    expected *= type.getDimSize(axis);
  }
  return true;
}

/// Whether an operand of the epilogue is found by the number of a pixel alone:
/// it has evenly spaced ones, or the same values for all.
static bool followsPixels(Value operand, ArrayRef<int64_t> pixels) {
  auto type = cast<ShapedType>(operand.getType());
  if (type.getRank() == 4 && type.getShape().take_front(3) == pixels)
    return hasEvenPixels(operand);
  return type.getRank() == 0 ||
         llvm::all_of(type.getShape().drop_back(),
                      [](int64_t extent) { return extent == 1; });
}

/// Of `units` channel units. Weights and pixels that both stay in L2 are read
/// once from beyond it in any order; otherwise the smaller of them is to stay,
/// or as much of the weights as fits.
static int64_t chooseTogether(ConvOp op, int64_t units) {
  auto getBytes = [](ShapedType type) {
    return int64_t(type.getElementTypeBitWidth() / 8);
  };
  int64_t input =
              op.getInputType().getNumElements() * getBytes(op.getInputType()),
          weights = op.getGroupChannels() * op.getOutChannels() *
                    op.getKernel()[0] * op.getKernel()[1] *
                    getBytes(op.getWeightsType());
  if (input <= kResidentL2Bytes || weights <= kResidentL2Bytes)
    return weights > input ? 1 : units;
  int64_t together = units;
  while (units % together != 0 || weights / units * together > kResidentL2Bytes)
    if (--together == 1)
      break;
  return together;
}

WorkGrid::WorkGrid(ConvOp op) {
  ArrayRef<int64_t> out = op.getOutType().getShape();
  images = out[0], rows = out[1], pixels = out[2];
  bool samePixels =
      op.getInputType().getShape().take_front(3) == out.take_front(3);
  if (!op.getWeightsPerRow() && op.isPointwise() && samePixels &&
      hasEvenPixels(op.getInput()) && hasEvenPixels(op.getOut()) &&
      llvm::all_of(op.getEpilogueOperands(), [&](Value operand) {
        return followsPixels(operand, out.take_front(3));
      })) {
    pixels *= images * rows;
    images = rows = 1;
  }
  groups = op.isDepthwise() ? 1 : op.getGroups();
  channels = op.isDepthwise() ? op.getOutChannels() : op.getGroupOutChannels();
  pixelsPerUnit = choosePixels(pixels);
  rowsPerUnit = pixelsPerUnit < pixels || op.getWeightsPerRow()
                    ? 1
                    : chooseRows(rows, pixels);
  if (op.isDepthwise()) {
    // Pixels slide along a row, some rows share their input, and what is
    // loaded once per unit is much.
    pixelsPerUnit = pixels;
    rowsPerUnit = std::min<int64_t>(
        rows, llvm::alignTo(std::max<int64_t>(1, kDepthwisePixels / pixels),
                            kSharingRows));
  }
  // Rows with weights of their own come one after another.
  channelsTogether = op.getWeightsPerRow() ? channelUnits()
                                           : chooseTogether(op, channelUnits());
}

bool octet_kernel::hasUsableLayout(MemRefType type) {
  SmallVector<int64_t> strides;
  int64_t offset;
  if (failed(type.getStridesAndOffset(strides, offset)) ||
      llvm::any_of(strides, ShapedType::isDynamic))
    return false;
  return strides.empty() || strides.back() == 1 || type.getShape().back() == 1;
}
