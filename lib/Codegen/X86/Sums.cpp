//===- Sums.cpp - Inner loops that broadcast the input ---------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The form that suits x86, where a load can broadcast, and any CPU for floats;
// and the same with words, where x86 has no dot product of bytes.
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
    return plan.loadWeights(b, b.add(w, weightOffset(v * plan.lanes(), step)),
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

namespace {
/// A sum of words is in two halves, those of the even and odd pairs of four
/// bytes, in neighbouring lanes: a channel's four weights lie as they did when
/// they were bytes, and meet the four words of the panel that are broadcast.
class WordSums : public SumBuilder {
public:
  using SumBuilder::SumBuilder;

  bool sumsAreRows() const override { return false; }

  Values getZeros() override {
    Value zero = b.zero(b.vec(plan.lanes(), b.getI32Type()));
    return Values(tile.pixels.size() * getHalves(), zero);
  }

  void addSteps(Values &sums, Value a, Value w, int64_t first,
                int64_t count) override {
    for (int64_t step = first; step < first + count; ++step)
      addStep(sums, a, w, step);
  }

  void writePanel(Value a, Value segment) override {
    constexpr int64_t kStepsAtOnce = 4;
    Value to = b.mul(segment, kDepth * plan.weightShape.getSteps(plan.packing));
    forEachStep(kStepsAtOnce, [&](Value step, int64_t count) {
      Value offset = b.mul(step, kDepth);
      for (auto [p, pixel] : llvm::enumerate(tile.pixels))
        b.store(loadWords(b.add(b.add(a, offset), pixel), count * kDepth),
                tile.panel,
                b.add(b.add(to, offset), p * Panels::getPixelWords(plan)));
    });
  }

  /// Adds the two halves of each sum.
  Values toRows(Values sums) override {
    SmallVector<int64_t> evens, odds;
    for (int64_t lane = 0; lane < 2 * plan.lanes(); lane += 2) {
      evens.push_back(lane);
      odds.push_back(lane + 1);
    }
    Values rows;
    for (size_t i = 0; i < sums.size(); i += 2)
      rows.push_back(
          arith::AddIOp::create(b, b.shuffle(sums[i], sums[i + 1], evens),
                                b.shuffle(sums[i], sums[i + 1], odds)));
    return rows;
  }

private:
  static constexpr int64_t kDepth = 4;
  int64_t getHalves() const { return 2 * tile.vectors; }
  /// Words of a vector.
  int64_t getWords() const { return 2 * plan.lanes(); }

  Value loadWords(Value at, int64_t count) {
    ConvOp op = plan.op;
    Value bytes = b.load(plan.input.flat, at, count);
    if (op.getFlipInput())
      bytes =
          arith::XOrIOp::create(b, bytes, b.splat(count, b.getI8Type(), -128));
    VectorType type = b.vec(count, b.getI16Type());
    if (op.getInputUnsigned() != op.getFlipInput())
      return arith::ExtUIOp::create(b, type, bytes);
    return arith::ExtSIOp::create(b, type, bytes);
  }

  void addStep(Values &sums, Value a, Value w, int64_t step) {
    Values weights;
    for (int64_t half = 0; half < getHalves(); ++half)
      weights.push_back(
          b.load(tile.words, b.add(w, (step * getHalves() + half) * getWords()),
                 getWords()));
    Value *sum = sums.begin();
    for (size_t p = 0; p < tile.pixels.size(); ++p) {
      int64_t offset = p * Panels::getPixelWords(plan) + step * kDepth;
      Value input =
          broadcastWords(b.load(tile.panel, b.add(a, offset), kDepth));
      for (Value half : weights) {
        Value product = b.callIntrinsic("llvm.x86.avx2.pmadd.wd",
                                        sum->getType(), {input, half});
        *sum = arith::AddIOp::create(b, *sum, product);
        ++sum;
      }
    }
  }

  Value broadcastWords(Value four) {
    Value scalar = vector::ExtractOp::create(
        b, b.bitcast(four, 1, b.getI64Type()), ArrayRef<int64_t>{0});
    Value spread = b.broadcast(scalar, plan.lanes() / 2);
    return b.bitcast(spread, getWords(), b.getI16Type());
  }
};
} // namespace

/// Group by group of as many channels as a vector has lanes, step by step.
void octet::widenWeights(const KernelPlan &plan, KernelBuilder &b,
                         const Panels &panels, Value w, int64_t channels) {
  const WeightShape &shape = plan.weightShape;
  constexpr int64_t kDepth = 4;
  int64_t lanes = plan.lanes(), words = 2 * lanes,
          steps = Panels::countSteps(plan),
          groups = llvm::divideCeil(channels, lanes);
  for (int64_t group = 0; group < groups; ++group)
    b.repeat(steps, [&](Value step) {
      Value from = b.add(b.add(w, plan.weightOffset(group * lanes)),
                         b.mul(step, shape.getStepElements(plan.packing)));
      Value to = b.mul(step, kDepth * lanes);
      for (int64_t half = 0; half < 2; ++half) {
        Value bytes = b.load(plan.weights, b.add(from, half * words), words);
        b.store(arith::ExtSIOp::create(b, b.vec(words, b.getI16Type()), bytes),
                panels.words, b.add(to, (group * steps * 2 + half) * words));
      }
    });
}

std::unique_ptr<SumBuilder> octet::makeWordSums(const KernelPlan &plan,
                                                KernelBuilder &b,
                                                const Tile &tile) {
  return std::make_unique<WordSums>(plan, b, tile);
}

std::unique_ptr<SumBuilder> octet::makeBroadcastSums(const KernelPlan &plan,
                                                     KernelBuilder &b,
                                                     const Tile &tile) {
  return std::make_unique<BroadcastSums>(plan, b, tile);
}
