//===- Sums.cpp - Inner loops of Arm ---------------------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Kernels/Sums.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet_kernel;

namespace {
/// What both forms share: 16-byte vectors.
class ArmSums : public SumBuilder {
public:
  using SumBuilder::SumBuilder;

protected:
  bool isUnsigned() const {
    ConvOp op = plan.op;
    return op.getInputUnsigned() != op.getFlipInput();
  }
  bool isSafe() const {
    ConvOp op = plan.op;
    return op.getSafePairs();
  }
  Value flip(Value bytes) {
    ConvOp op = plan.op;
    if (!op.getFlipInput())
      return bytes;
    int64_t count = cast<VectorType>(bytes.getType()).getNumElements();
    return arith::XOrIOp::create(b, bytes, b.splat(count, b.getI8Type(), -128));
  }
};

/// Four steps from each 16-byte load; weights stream through one register.
class LaneSums : public ArmSums {
public:
  using ArmSums::ArmSums;
  static constexpr int64_t kStepsPerLoad = 4;

  void addSteps(Values &sums, Value a, Value w, int64_t first,
                int64_t count) override {
    int64_t step = first, end = first + count;
    for (; step + kStepsPerLoad <= end; step += kStepsPerLoad) {
      Values rows = loadRows(a, step, 16);
      for (int64_t lane = 0; lane < kStepsPerLoad; ++lane)
        addStep(sums, rows, lane, w, step + lane);
    }
    for (; step < end; ++step)
      addStep(sums, loadRows(a, step, 4), 0, w, step);
  }

private:
  /// `bytes` of each pixel from `step` on, as 32-bit words.
  Values loadRows(Value a, int64_t step, int64_t bytes) {
    Values rows;
    for (int64_t pixel : tile.pixels) {
      Value row = b.load(plan.input.flat, b.add(a, pixel + 4 * step), bytes);
      rows.push_back(b.bitcast(flip(row), bytes / 4, b.getI32Type()));
    }
    return rows;
  }

  void addStep(Values &sums, ArrayRef<Value> rows, int64_t lane, Value w,
               int64_t step) {
    SmallVector<int64_t> splat(4, lane);
    for (int64_t v = 0; v < tile.vectors; ++v) {
      Value weights =
          b.load(plan.weights, b.add(w, weightOffset(4 * v, step)), 16);
      for (auto [p, row] : llvm::enumerate(rows)) {
        Value input = b.bitcast(b.shuffle(row, row, splat), 16, b.getI8Type());
        Value &sum = sums[p * tile.vectors + v];
        sum = Dot4Op::create(b, sum.getType(), sum, input, weights,
                             isUnsigned(), isSafe());
      }
    }
  }
};

/// Sums are 2x2: two pixels by two channels.
class MatrixSums : public ArmSums {
public:
  using ArmSums::ArmSums;

  bool sumsAreRows() const override { return false; }

  Values getZeros() override {
    Value zero = b.zero(b.vec(4, b.getI32Type()));
    return Values(getPairs() * getBlocks(), zero);
  }

  void addSteps(Values &sums, Value a, Value w, int64_t first,
                int64_t count) override {
    int64_t step = first, end = first + count;
    for (; tile.panel && step < end; ++step)
      addStep(sums, loadPanel(a, step), w, step);
    for (; step + 2 <= end; step += 2) {
      Values lows, highs;
      loadPairs(a, step, lows, &highs);
      addStep(sums, lows, w, step);
      addStep(sums, highs, w, step + 1);
    }
    if (step < end) {
      Values lows;
      loadPairs(a, step, lows, nullptr);
      addStep(sums, lows, w, step);
    }
  }

  void writePanel(Value a, Value segment) override {
    int64_t perStep = getPairs() * 16;
    Value to =
        b.mul(segment, perStep * plan.weightShape.getSteps(plan.packing));
    forEachStep(2, [&](Value step, int64_t count) {
      Values lows, highs;
      loadPairs(b.add(a, b.mul(step, 8)), 0, lows,
                count == 2 ? &highs : nullptr);
      Value at = b.add(to, b.mul(step, perStep));
      for (auto [p, pair] : llvm::enumerate(lows))
        b.store(pair, tile.panel, b.add(at, p * 16));
      for (auto [p, pair] : llvm::enumerate(highs))
        b.store(pair, tile.panel, b.add(at, perStep + p * 16));
    });
  }

  Values toRows(Values sums) override {
    Values rows;
    for (int64_t p = 0, e = tile.pixels.size(); p < e; ++p)
      for (int64_t v = 0; v < tile.vectors; ++v) {
        int64_t block = p / 2 * getBlocks() + 2 * v, half = p % 2 * 2;
        rows.push_back(b.shuffle(sums[block], sums[block + 1],
                                 {half, half + 1, half + 4, half + 5}));
      }
    return rows;
  }

private:
  int64_t getPairs() const { return llvm::divideCeil(tile.pixels.size(), 2); }
  /// Blocks of two channels.
  int64_t getBlocks() const { return 2 * tile.vectors; }

  /// The pairs of a step, from where a step loop's `a` is in the panel.
  Values loadPanel(Value a, int64_t step) {
    Values pairs;
    for (int64_t p = 0; p < getPairs(); ++p)
      pairs.push_back(
          b.load(tile.panel, b.add(a, (step * getPairs() + p) * 16), 16));
    return pairs;
  }

  /// Eight bytes of each pixel of a pair beside each other; of the next step
  /// too where `highs` is given.
  void loadPairs(Value a, int64_t step, Values &lows, Values *highs) {
    int64_t words = highs ? 2 : 1;
    auto load = [&](int64_t pixel) {
      Value row =
          b.load(plan.input.flat, b.add(a, pixel + 8 * step), 8 * words);
      return b.bitcast(flip(row), words, b.getI64Type());
    };
    for (int64_t p = 0, e = tile.pixels.size(); p < e; p += 2) {
      Value even = load(tile.pixels[p]);
      Value odd = load(tile.pixels[std::min(p + 1, e - 1)]);
      auto pair = [&](int64_t word) {
        Value both = b.shuffle(even, odd, {word, words + word});
        return b.bitcast(both, 16, b.getI8Type());
      };
      lows.push_back(pair(0));
      if (highs)
        highs->push_back(pair(1));
    }
  }

  void addStep(Values &sums, ArrayRef<Value> pairs, Value w, int64_t step) {
    for (int64_t block = 0; block < getBlocks(); ++block) {
      Value weights =
          b.load(plan.weights, b.add(w, weightOffset(2 * block, step)), 16);
      for (auto [p, input] : llvm::enumerate(pairs)) {
        Value &sum = sums[p * getBlocks() + block];
        sum = MmlaOp::create(b, sum.getType(), sum, input, weights,
                             isUnsigned(), isSafe());
      }
    }
  }
};
} // namespace

std::unique_ptr<SumBuilder> octet::makeLaneSums(const KernelPlan &plan,
                                                KernelBuilder &b,
                                                const Tile &tile) {
  return std::make_unique<LaneSums>(plan, b, tile);
}

std::unique_ptr<SumBuilder> octet::makeMatrixSums(const KernelPlan &plan,
                                                  KernelBuilder &b,
                                                  const Tile &tile) {
  return std::make_unique<MatrixSums>(plan, b, tile);
}
