//===- Packing.cpp - The order of packed weights ---------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/IR/Kernel/Packing.h"
#include <cstring>

using namespace mlir;
using namespace mlir::octet_kernel;

/// Whether pixels of the input follow each other without a gap.
static bool hasDensePixels(ConvOp op) {
  auto type = dyn_cast<MemRefType>(op.getInput().getType());
  if (!type || type.getLayout().isIdentity())
    return true;
  return type.getStridesAndOffset().first[2] == op.getChannels();
}

WeightShape::WeightShape(ConvOp op)
    : groups(op.isDepthwise() ? 1 : op.getGroups()),
      outChannels(op.getOutChannels()), kernelHeight(op.getKernel()[0]),
      kernelWidth(op.getKernel()[1]), channels(op.getGroupChannels()),
      elementBytes(op.getWeightsType().getElementTypeBitWidth() / 8),
      strideHeight(op.getStrides()[0]), dilationHeight(op.getDilations()[0]),
      wholeRows(op.getGroups() == 1 && op.getDilations()[1] == 1 &&
                hasDensePixels(op)),
      isFloat(op.isFloat()) {}

WeightShape::WeightShape(PackOp op)
    : groups(1), outChannels(op.getColumns()), kernelHeight(1), kernelWidth(1),
      channels(op.getDepth()), elementBytes(op.isFloat() ? 4 : 1),
      strideHeight(1), dilationHeight(1), wholeRows(false),
      isFloat(op.isFloat()) {}

int64_t WeightShape::getDepth(Packing packing) const {
  if (isFloat)
    return 1;
  return packing == Packing::Pairs ? 8 : 4;
}

int64_t WeightShape::getVariants(Packing packing) const {
  if (packing != Packing::Taps || dilationHeight != 1 || isFloat)
    return 1;
  int64_t rows = llvm::alignTo(kernelHeight, getDepth(packing));
  return (rows - kernelHeight) / strideHeight + 1;
}

int64_t WeightShape::getSegments(Packing packing) const {
  if (packing == Packing::Taps)
    return getVariants(packing) * kernelWidth;
  return wholeRows ? kernelHeight : kernelHeight * kernelWidth;
}

int64_t WeightShape::getSegmentElements(Packing packing) const {
  if (packing == Packing::Taps)
    return kernelHeight;
  return wholeRows ? kernelWidth * channels : channels;
}

int64_t WeightShape::getSteps(Packing packing) const {
  return llvm::divideCeil(getSegmentElements(packing), getDepth(packing));
}

int64_t WeightShape::getPanels(Packing packing) const {
  return llvm::divideCeil(getGroupOutChannels(), kPanel);
}

int64_t WeightShape::getStepElements(Packing packing) const {
  return kPanel * getDepth(packing);
}

int64_t WeightShape::getSegmentStride(Packing packing) const {
  return getSteps(packing) * getStepElements(packing);
}

int64_t WeightShape::getPanelStride(Packing packing) const {
  return getSegments(packing) * getSegmentStride(packing);
}

int64_t WeightShape::getGroupStride(Packing packing) const {
  return getPanels(packing) * getPanelStride(packing);
}

int64_t WeightShape::getPackedElements(Packing packing) const {
  return groups * getGroupStride(packing);
}

namespace {
/// Where a weight goes.
struct Placer {
  const WeightShape &shape;
  Packing packing;

  int64_t place(int64_t outChannel, int64_t kh, int64_t kw, int64_t c,
                int64_t variant) const {
    int64_t segment, element;
    if (packing == Packing::Taps)
      segment = variant * shape.kernelWidth + kw,
      element = kh + variant * shape.strideHeight;
    else if (shape.wholeRows)
      segment = kh, element = kw * shape.channels + c;
    else
      segment = kh * shape.kernelWidth + kw, element = c;
    int64_t perGroup = shape.getGroupOutChannels();
    int64_t column = outChannel % perGroup, depth = shape.getDepth(packing);
    return outChannel / perGroup * shape.getGroupStride(packing) +
           column / shape.kPanel * shape.getPanelStride(packing) +
           segment * shape.getSegmentStride(packing) +
           element / depth * shape.getStepElements(packing) +
           column % shape.kPanel * depth + element % depth;
  }
};
} // namespace

SmallVector<char> octet_kernel::packWeights(const WeightShape &shape,
                                            Packing packing,
                                            ArrayRef<char> plain) {
  int64_t bytes = shape.elementBytes;
  SmallVector<char> packed(shape.getPackedElements(packing) * bytes, 0);
  int64_t variants = shape.getVariants(packing);
  Placer placer{shape, packing};
  const char *from = plain.data();
  for (int64_t oc = 0; oc < shape.outChannels; ++oc)
    for (int64_t kh = 0; kh < shape.kernelHeight; ++kh)
      for (int64_t kw = 0; kw < shape.kernelWidth; ++kw)
        for (int64_t c = 0; c < shape.channels; ++c, from += bytes)
          for (int64_t variant = 0; variant < variants; ++variant)
            std::memcpy(&packed[placer.place(oc, kh, kw, c, variant) * bytes],
                        from, bytes);
  return packed;
}

bool octet_kernel::haveSafePairs(ArrayRef<char> packed) {
  // 255 * 128 fits 16 bits, 255 * 129 does not.
  constexpr int kMost = 128;
  for (size_t i = 0; i + 1 < packed.size(); i += 2) {
    int a = static_cast<int8_t>(packed[i]),
        b = static_cast<int8_t>(packed[i + 1]);
    if (std::max(a, 0) + std::max(b, 0) > kMost ||
        std::min(a, 0) + std::min(b, 0) < -kMost)
      return false;
  }
  return true;
}

SmallVector<int32_t> octet_kernel::getFlipCorrections(const WeightShape &shape,
                                                      ArrayRef<char> plain) {
  SmallVector<int32_t> corrections(shape.outChannels, 0);
  int64_t perChannel = plain.size() / shape.outChannels;
  for (auto [oc, correction] : llvm::enumerate(corrections))
    for (char weight : plain.slice(oc * perChannel, perChannel))
      correction -= 128 * static_cast<int8_t>(weight);
  return corrections;
}
