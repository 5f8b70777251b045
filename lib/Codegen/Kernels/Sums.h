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
  /// A copy of its input (see `Panels`), or null: read it as it lies.
  Value panel;
  /// Its weights as words, where the panel has words.
  Value words;
};

/// Memory of a function for operands in the form in which sums take them, made
/// once for several tiles, with nothing left to do in the inner loop but loads.
/// Null where there is no use for it.
struct Panels {
  /// The input of a tile. For i8mm step by step: pairs of pixels side by side.
  /// For AVX2 pixel by pixel: words.
  Value input;
  /// How many pixels it has room for.
  int64_t mostPixels = 0;
  /// For AVX2, weights as words, by groups of 8 channels; how many channels it
  /// has room for.
  Value words;
  int64_t mostChannels = 0;

  Panels(const KernelPlan &plan, KernelBuilder &b);
  /// Elements from a step of the input to the next, in a tile of so many
  /// pixels.
  int64_t getStepElements(int64_t pixels) const {
    return words ? 4 : llvm::alignTo(pixels, 2) * 8;
  }
  /// Words from a pixel to the next, of which 16 are there to keep pixels out
  /// of each other's place in L1.
  static int64_t getPixelWords(const KernelPlan &plan) {
    return 4 * countSteps(plan) + 16;
  }
  static int64_t countSteps(const KernelPlan &plan) {
    return plan.weightShape.getSegments(plan.packing) *
           plan.weightShape.getSteps(plan.packing);
  }
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
  /// Writes the steps of segment `segment`, which begins at element `a` of the
  /// input, to the tile's panel.
  virtual void writePanel(Value a, Value segment) {}

protected:
  /// Calls `body` with each `atOnce` steps of a segment, and with what is left.
  void forEachStep(int64_t atOnce, function_ref<void(Value, int64_t)> body);
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
/// Multiplies words: panels of them by weights that are widened: AVX2.
std::unique_ptr<SumBuilder> makeWordSums(const KernelPlan &plan,
                                         KernelBuilder &b, const Tile &tile);
/// Writes the weights of `channels` channels from element `w` on as words.
void widenWeights(const KernelPlan &plan, KernelBuilder &b,
                  const Panels &panels, Value w, int64_t channels);
/// Loads 16 bytes of each pixel and takes them lane by lane: Arm.
std::unique_ptr<SumBuilder> makeLaneSums(const KernelPlan &plan,
                                         KernelBuilder &b, const Tile &tile);
/// Multiplies 2x8 by 8x2 matrices: Arm with i8mm.
std::unique_ptr<SumBuilder> makeMatrixSums(const KernelPlan &plan,
                                           KernelBuilder &b, const Tile &tile);

} // namespace mlir::octet

#endif // OCTET_LIB_CODEGEN_KERNELS_SUMS_H
