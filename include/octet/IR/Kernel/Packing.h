//===- octet/IR/Kernel/Packing.h - The order of packed weights -*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Weights are packed once, at compile time, into the order in which a register
// tile reads them. Panels of 16 output channels serve every vector length, so
// that instruction sets of one packing share the bytes.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_IR_KERNEL_PACKING_H
#define OCTET_IR_KERNEL_PACKING_H

#include "octet/IR/Kernel/OctetKernel.h"

namespace mlir::octet_kernel {

/// The weights of a convolution, OC x KH x KW x C/groups, and how its reduction
/// falls into segments: stretches of input that follow each other in memory.
struct WeightShape {
  int64_t groups, outChannels, kernelHeight, kernelWidth, channels;
  int64_t elementBytes, strideHeight, dilationHeight;
  /// All of a kernel row is one segment, rather than each of its pixels.
  bool wholeRows;
  bool isFloat;
  static constexpr int64_t kPanel = 16;

  explicit WeightShape(ConvOp op);
  /// Of one of the matrices.
  explicit WeightShape(PackOp op);

  int64_t getGroupOutChannels() const { return outChannels / groups; }
  /// Output rows that the same input rows serve (Taps): the weights of each are
  /// packed, moved down by its distance.
  int64_t getVariants(Packing packing) const;
  /// Elements of the reduction that a lane takes at once.
  int64_t getDepth(Packing packing) const;
  int64_t getSegments(Packing packing) const;
  int64_t getSegmentElements(Packing packing) const;
  /// Steps of `getDepth` elements that a segment takes, the last zero-filled.
  int64_t getSteps(Packing packing) const;
  /// Panels of a group.
  int64_t getPanels(Packing packing) const;
  /// Distances, in elements of the packed weights.
  int64_t getStepElements(Packing packing) const;
  int64_t getSegmentStride(Packing packing) const;
  int64_t getPanelStride(Packing packing) const;
  int64_t getGroupStride(Packing packing) const;
  int64_t getPackedElements(Packing packing) const;
};

/// The packed form of `plain`, in bytes. What no weight fills is zero.
SmallVector<char> packWeights(const WeightShape &shape, Packing packing,
                              ArrayRef<char> plain);

/// Whether no sum of two neighbouring products of packed i8 weights and any
/// unsigned bytes leaves 16 bits.
bool haveSafePairs(ArrayRef<char> packed);

/// For each output channel, what a flipped sign bit of a signed input adds to
/// the sum too much, negated: -128 times the sum of the channel's weights.
SmallVector<int32_t> getFlipCorrections(const WeightShape &shape,
                                        ArrayRef<char> plain);

} // namespace mlir::octet_kernel

#endif // OCTET_IR_KERNEL_PACKING_H
