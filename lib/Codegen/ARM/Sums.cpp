//===- Sums.cpp - Inner loops of Arm ---------------------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Kernels/Sums.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
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

/// Sums are 2x2: two pixels by two channels; several beside each other where
/// vectors are longer than 128 bits, of a length that only the instruction set
/// tells.
class MatrixSums : public ArmSums {
public:
  using ArmSums::ArmSums;

  bool sumsAreRows() const override { return false; }

  Values getZeros() override {
    Value zero = b.zero(getVector(4, b.getI32Type()));
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
        int64_t half = p % 2;
        ArrayRef<Value> blocks = ArrayRef<Value>(sums).drop_front(
            p / 2 * getBlocks() + v * getBlocks() / tile.vectors);
        rows.push_back(isWide() ? takeRow(blocks[0], half)
                                : b.shuffle(blocks[0], blocks[1],
                                            {2 * half, 2 * half + 1,
                                             2 * half + 4, 2 * half + 5}));
      }
    return rows;
  }

private:
  bool isWide() const { return plan.traits.getMatrixLanes() > 4; }
  /// `count` elements in each 128 bits.
  VectorType getVector(int64_t count, Type element) const {
    return VectorType::get({count}, element, {isWide()});
  }
  int64_t getPairs() const { return llvm::divideCeil(tile.pixels.size(), 2); }
  int64_t getBlockChannels() const { return plan.traits.getMatrixLanes() / 2; }
  int64_t getBlocks() const { return 4 * tile.vectors / getBlockChannels(); }

  /// One pixel's four channels from two 2x2 sums beside each other.
  Value takeRow(Value sums, int64_t half) {
    VectorType doubles = getVector(2, b.getI64Type());
    Value pixels = vector::BitCastOp::create(b, doubles, sums);
    Value row = b.callIntrinsic(half ? "llvm.aarch64.sve.uzp2.nxv2i64"
                                     : "llvm.aarch64.sve.uzp1.nxv2i64",
                                doubles, {pixels, pixels});
    Value low =
        vector::ScalableExtractOp::create(b, b.vec(2, b.getI64Type()), row, 0);
    return b.bitcast(low, 4, b.getI32Type());
  }

  /// A pair for each block of the sums.
  Value spread(Value pair) {
    if (!isWide())
      return pair;
    VectorType bytes = getVector(16, b.getI8Type());
    Value none = LLVM::PoisonOp::create(b, bytes);
    Value first = vector::ScalableInsertOp::create(b, pair, none, 0);
    Value lane = arith::ConstantOp::create(b, b.getI64IntegerAttr(0));
    return b.callIntrinsic("llvm.aarch64.sve.dupq.lane.nxv16i8", bytes,
                           {first, lane});
  }

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
    Values inputs =
        llvm::map_to_vector(pairs, [&](Value pair) { return spread(pair); });
    for (int64_t block = 0; block < getBlocks(); ++block) {
      Value at = b.add(w, weightOffset(getBlockChannels() * block, step));
      Value weights = vector::LoadOp::create(b, getVector(16, b.getI8Type()),
                                             plan.weights, ValueRange{at});
      for (auto [p, input] : llvm::enumerate(inputs)) {
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
