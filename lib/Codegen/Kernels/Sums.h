//===- Sums.h - The inner loop of a register tile --------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How input meets weights, which is what differs between architectures: one
// builder per way of bringing the input into vectors.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_CODEGEN_KERNELS_SUMS_H
#define OCTET_LIB_CODEGEN_KERNELS_SUMS_H

#include "KernelPlan.h"
#include <memory>

namespace mlir::octet {

/// A register tile: the input offset of each of its pixels, and its vectors of
/// output channels, which begin at `firstLane` of the weights' panel.
struct Tile {
  SmallVector<int64_t> pixels;
  int64_t vectors, firstLane;
};

class SumBuilder {
public:
  using Values = KernelBuilder::Values;

  SumBuilder(const KernelPlan &plan, KernelBuilder &b, const Tile &tile)
      : plan(plan), b(b), tile(tile) {}
  virtual ~SumBuilder() = default;

  /// Whether each sum is a vector of channels of one pixel, pixel by pixel:
  /// such sums may start from the epilogue's operands.
  virtual bool sumsAreRows() const { return true; }
  /// All sums at zero.
  virtual Values getZeros();
  /// Adds the steps [first, first + count) that begin at element `a` of the
  /// input and `w` of the weights.
  virtual void addSteps(Values &sums, Value a, Value w, int64_t first,
                        int64_t count) = 0;
  /// The sums as vectors of channels, pixel by pixel.
  virtual Values toRows(Values sums) { return sums; }

protected:
  /// Element of the weights, from a step loop's `w`, of lane `lane` of the
  /// tile.
  int64_t weightOffset(int64_t lane, int64_t step) const {
    return plan.weightOffset(tile.firstLane + lane) +
           step * plan.weightShape.getStepElements(plan.packing);
  }

  const KernelPlan &plan;
  KernelBuilder &b;
  const Tile &tile;
};

/// The one for the plan's instruction set and type.
std::unique_ptr<SumBuilder> makeSums(const KernelPlan &plan, KernelBuilder &b,
                                     const Tile &tile);

/// Broadcasts four bytes, or a float, of each pixel: x86, and any CPU.
std::unique_ptr<SumBuilder>
makeBroadcastSums(const KernelPlan &plan, KernelBuilder &b, const Tile &tile);
/// Loads 16 bytes of each pixel and takes them lane by lane: Arm.
std::unique_ptr<SumBuilder> makeLaneSums(const KernelPlan &plan,
                                         KernelBuilder &b, const Tile &tile);
/// Multiplies 2x8 by 8x2 matrices: Arm with i8mm.
std::unique_ptr<SumBuilder> makeMatrixSums(const KernelPlan &plan,
                                           KernelBuilder &b, const Tile &tile);

} // namespace mlir::octet

#endif // OCTET_LIB_CODEGEN_KERNELS_SUMS_H
