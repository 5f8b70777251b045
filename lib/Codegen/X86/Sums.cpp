//===- Sums.cpp - Inner loops that broadcast the input ---------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The form that suits x86, where a load can broadcast, and any CPU for floats.
//
//===----------------------------------------------------------------------===//

#include "../Kernels/Sums.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet_kernel;

namespace {
class BroadcastSums : public SumBuilder {
public:
  using SumBuilder::SumBuilder;

  void addSteps(Values &sums, Value a, Value w, int64_t first,
                int64_t count) override {
    for (int64_t step = first; step < first + count; ++step)
      addStep(sums, a, w, step);
  }

private:
  void addStep(Values &sums, Value a, Value w, int64_t step) {
    Values weights;
    for (int64_t v = 0; v < tile.vectors; ++v)
      weights.push_back(loadWeights(w, v, step));
    prefetchWeights(w, step);
    Value *sum = sums.begin();
    for (int64_t pixel : tile.pixels) {
      int64_t depth = plan.weightShape.getDepth(plan.packing);
      Value input = loadInput(b.add(a, pixel + step * depth));
      for (int64_t v = 0; v < tile.vectors; ++v, ++sum)
        *sum = multiplyAdd(*sum, input, weights[v]);
    }
  }

  /// Asks for weights early where L1 will not have them: those of later steps,
  /// where all of a tile's are too many to stay there; or those of the tile
  /// that comes next, where they are read once: a panel so short ends before
  /// the machine finds out that it is read in order. One row is as fast as
  /// weights can be read at all.
  void prefetchWeights(Value w, int64_t step) {
    constexpr int64_t kResidentBytes = 12 * 1024, kStepsAhead = 16;
    const WeightShape &shape = plan.weightShape;
    int64_t bytes = getVectorBytes() * tile.vectors *
                    shape.getSegments(plan.packing) *
                    shape.getSteps(plan.packing);
    if (tile.pixels.size() == 1)
      return;
    if (bytes > kResidentBytes)
      prefetchVectors(w, 0, step + kStepsAhead);
    else if (plan.grid.spatialUnits() == 1)
      prefetchVectors(w, tile.vectors, step);
  }

  /// Of as many vectors as the tile has.
  void prefetchVectors(Value w, int64_t first, int64_t step) {
    constexpr int64_t kLineBytes = 64;
    for (int64_t v = first; v < first + tile.vectors; ++v)
      if (v * getVectorBytes() % kLineBytes == 0)
        b.prefetch(plan.weights,
                   b.add(w, weightOffset(v * plan.lanes(), step)));
  }

  /// Of a step's weights.
  int64_t getVectorBytes() const {
    const WeightShape &shape = plan.weightShape;
    return plan.lanes() * shape.getDepth(plan.packing) * shape.elementBytes;
  }

  Value loadWeights(Value w, int64_t v, int64_t step) {
    int64_t depth = plan.weightShape.getDepth(plan.packing);
    return b.load(plan.weights, b.add(w, weightOffset(v * plan.lanes(), step)),
                  plan.lanes() * depth);
  }

  Value loadInput(Value at) {
    int64_t lanes = plan.lanes();
    if (plan.type == KernelType::F32)
      return b.broadcast(b.loadScalar(plan.input.flat, at), lanes);
    Value bytes = b.load(plan.input.flat, at, 4);
    Value word = vector::ExtractOp::create(
        b, b.bitcast(bytes, 1, b.getI32Type()), ArrayRef<int64_t>{0});
    Value words = b.broadcast(word, lanes);
    ConvOp op = plan.op;
    if (op.getFlipInput())
      words = arith::XOrIOp::create(
          b, words,
          b.splat(lanes, b.getI32Type(), static_cast<int32_t>(0x80808080)));
    return b.bitcast(words, 4 * lanes, b.getI8Type());
  }

  Value multiplyAdd(Value sum, Value input, Value weights) {
    ConvOp op = plan.op;
    if (plan.type == KernelType::I8)
      return Dot4Op::create(b, sum.getType(), sum, input, weights,
                            op.getInputUnsigned() != op.getFlipInput(),
                            op.getSafePairs());
    return b.multiplyAdd(input, weights, sum, plan.traits.hasFma);
  }
};
} // namespace

std::unique_ptr<SumBuilder> octet::makeBroadcastSums(const KernelPlan &plan,
                                                     KernelBuilder &b,
                                                     const Tile &tile) {
  return std::make_unique<BroadcastSums>(plan, b, tile);
}
