//===- DepthwiseKernel.cpp - Convolutions channel by channel ---*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Vectors run along channels. Bytes of four input rows are interleaved, so that
// one dot product takes four vertical taps of a channel; the interleaved
// columns slide along the row, and serve several output rows where the kernel
// leaves taps free. Floats need no interleaving.
//
//===----------------------------------------------------------------------===//

#include "Epilogue.h"
#include "KernelPlan.h"
#include "WorkUnits.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/Sequence.h"

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet_kernel;

namespace {
using Values = KernelBuilder::Values;

/// What both types share: one block of channels of a unit.
class DepthwiseWriter {
public:
  DepthwiseWriter(const KernelPlan &plan, KernelBuilder &b,
                  const WorkUnit &unit, Value channel, int64_t channels,
                  int64_t lanes)
      : plan(plan), b(b), unit(unit), channel(channel), channels(channels),
        lanes(lanes) {}

protected:
  Position positionAt(Value row, Value pixel) {
    return {unit.origin.image, b.add(unit.origin.row, row),
            b.add(unit.origin.pixel, pixel), channel};
  }
  /// Element of the weights from the block's first panel.
  Value weightsAt(int64_t element) {
    const WeightShape &shape = plan.weightShape;
    Value panel = b.mul(b.div(channel, WeightShape::kPanel),
                        shape.getPanelStride(Packing::Taps));
    return b.add(panel, element);
  }
  int64_t columnOffset(int64_t column) const {
    return column * plan.input.strides[2];
  }
  int64_t rowOffset(int64_t row) const {
    return row * plan.dilationHeight * plan.input.strides[1];
  }

  const KernelPlan &plan;
  KernelBuilder &b;
  const WorkUnit &unit;
  Value channel;
  int64_t channels, lanes;
};

//===----------------------------------------------------------------------===//
// Bytes
//===----------------------------------------------------------------------===//

/// Where channels are few, a vector holds those of several pixels.
class ByteWriter : public DepthwiseWriter {
public:
  ByteWriter(const KernelPlan &plan, KernelBuilder &b, const WorkUnit &unit,
             Value channel, int64_t channels, int64_t lanes,
             int64_t pixelsPerVector = 1)
      : DepthwiseWriter(plan, b, unit, channel, channels, lanes),
        pixelsPerVector(pixelsPerVector) {}

  void write() {
    const WeightShape &shape = plan.weightShape;
    int64_t together = shape.getVariants(Packing::Taps);
    Epilogue epilogue(plan, b, positionAt(b.index(0), b.index(0)),
                      channels * pixelsPerVector, lanes,
                      LaneOrder::Interleaved);
    epilogue.repeatChannels(channels);
    epilogue.preload();
    loadWeights(std::min(together, unit.rows));
    int64_t full = unit.rows / together, rest = unit.rows % together;
    b.repeat(full, [&](Value i) {
      writeRows(epilogue, b.mul(i, together), together);
    });
    if (rest)
      writeRows(epilogue, b.index(full * together), rest);
  }

private:
  int64_t getGroups() const { return plan.weightShape.getSteps(Packing::Taps); }
  /// Columns from the first pixel of a vector to that of the next.
  int64_t getAdvance() const { return pixelsPerVector * plan.strideWidth; }
  /// Columns from the first tap to the last.
  int64_t getSpan() const {
    return (plan.weightShape.kernelWidth - 1) * plan.dilationWidth + 1;
  }
  void loadWeights(int64_t rows);
  Value loadWeightVector(int64_t element);
  void writeRows(Epilogue &epilogue, Value row, int64_t rows);
  Values loadColumn(Value at);
  void addColumns(Value start, SmallVector<Values> &columns);
  Values moveColumn(const Values &from, const Values &next, int64_t pixels);
  void writePixel(Epilogue &epilogue, const Position &at,
                  SmallVector<Values> &columns, int64_t kept, int64_t rows);
  void interleave(ArrayRef<Value> rows, Values &vectors);
  void finishPixel(Epilogue &epilogue, ArrayRef<Values> columns, int64_t rows);

  /// Dots that a turn of the loop along a row may have.
  static constexpr int64_t kMaxStraightDots = 128;

  int64_t pixelsPerVector;
  /// Of the output rows that are being written.
  int64_t inputRows = 0;
  /// By output row, kernel column, group of taps and vector.
  Values weights;
};

/// Interleaves elements of `bytes` bytes of the low or high halves of each 128
/// bits.
Value unpack(KernelBuilder &b, Value x, Value y, int64_t bytes, bool high) {
  int64_t total = cast<VectorType>(x.getType()).getNumElements();
  int64_t count = total / bytes, perBlock = 16 / bytes;
  Type element = b.getIntegerType(8 * bytes);
  SmallVector<int64_t> mask;
  for (int64_t block = 0; block < count; block += perBlock)
    for (int64_t i = 0; i < perBlock / 2; ++i) {
      int64_t from = block + (high ? perBlock / 2 : 0) + i;
      mask.push_back(from);
      mask.push_back(count + from);
    }
  Value mixed = b.shuffle(b.bitcast(x, count, element),
                          b.bitcast(y, count, element), mask);
  return b.bitcast(mixed, total, b.getI8Type());
}
} // namespace

/// The weights that meet an interleaved vector: 16 bytes of each panel.
Value ByteWriter::loadWeightVector(int64_t element) {
  Values parts;
  int64_t stride = plan.weightShape.getPanelStride(Packing::Taps);
  for (int64_t panel = 0; panel < lanes / 4; ++panel) {
    int64_t first = panel * WeightShape::kPanel;
    if (pixelsPerVector > 1)
      first %= channels;
    Value at = weightsAt(first / WeightShape::kPanel * stride + element);
    parts.push_back(first < channels ? b.load(plan.weights, at, 16)
                                     : b.zero(b.vec(16, b.getI8Type())));
  }
  while (parts.size() > 1) {
    Values joined;
    for (size_t i = 0; i < parts.size(); i += 2)
      joined.push_back(b.concat(parts[i], parts[i + 1]));
    parts = joined;
  }
  return parts.front();
}

void ByteWriter::loadWeights(int64_t rows) {
  const WeightShape &shape = plan.weightShape;
  for (int64_t i = 0; i < rows * shape.kernelWidth * getGroups(); ++i)
    for (int64_t v = 0; v < 4; ++v)
      weights.push_back(
          loadWeightVector(i * shape.getStepElements(Packing::Taps) + 16 * v));
}

/// Four vectors for each group of taps of a column.
void ByteWriter::interleave(ArrayRef<Value> rows, Values &vectors) {
  Value lows = unpack(b, rows[0], rows[1], 1, false),
        highs = unpack(b, rows[0], rows[1], 1, true),
        lows2 = unpack(b, rows[2], rows[3], 1, false),
        highs2 = unpack(b, rows[2], rows[3], 1, true);
  vectors.push_back(unpack(b, lows, lows2, 2, false));
  vectors.push_back(unpack(b, lows, lows2, 2, true));
  vectors.push_back(unpack(b, highs, highs2, 2, false));
  vectors.push_back(unpack(b, highs, highs2, 2, true));
}

/// The column of the input at `at`; what follows its rows meets weights of
/// zero.
Values ByteWriter::loadColumn(Value at) {
  ConvOp op = plan.op;
  Values loaded, vectors;
  for (int64_t row = 0; row < 4 * getGroups(); ++row) {
    if (row >= inputRows) {
      loaded.push_back(loaded.back());
      continue;
    }
    Value bytes = b.load(plan.input.flat, b.add(at, rowOffset(row)), 4 * lanes);
    if (op.getFlipInput())
      bytes = arith::XOrIOp::create(b, bytes,
                                    b.splat(4 * lanes, b.getI8Type(), -128));
    loaded.push_back(bytes);
  }
  for (int64_t group = 0; group < getGroups(); ++group)
    interleave(ArrayRef<Value>(loaded).slice(4 * group, 4), vectors);
  return vectors;
}

/// A group of output rows that share their input: along the row, with the
/// columns that the next pixel needs again carried over. Where these are more
/// than are new, a turn of the loop takes as many pixels as bring a column back
/// to where it was, so that the carried vectors need not be moved.
void ByteWriter::writeRows(Epilogue &epilogue, Value row, int64_t rows) {
  const WeightShape &shape = plan.weightShape;
  inputRows = shape.kernelHeight + (rows - 1) * plan.strideHeight;
  Value first = plan.locateInput(b, positionAt(row, b.index(0)), channel);
  int64_t perColumn = 4 * getGroups(), span = getSpan();
  bool slides = plan.dilationWidth == 1 && span > getAdvance();
  int64_t kept = slides ? span - getAdvance() : 0;
  Values carried;
  for (int64_t column = 0; column < kept; ++column)
    carried.append(loadColumn(b.add(first, columnOffset(column))));
  // Vectors from `pixel` on; takes the carried columns and gives the next ones.
  auto writePixels = [&](Value pixel, int64_t count, ValueRange old) {
    SmallVector<Values> columns;
    for (int64_t column = 0; column < kept; ++column)
      columns.push_back(Values(old.slice(column * perColumn, perColumn)));
    for (int64_t i = 0; i < count; ++i)
      writePixel(epilogue, positionAt(row, b.add(pixel, i * pixelsPerVector)),
                 columns, kept, rows);
    Values next;
    for (Values &column : columns)
      next.append(column);
    return next;
  };
  int64_t dots = rows * shape.kernelWidth * perColumn;
  int64_t count =
      kept > getAdvance() && span * dots <= kMaxStraightDots ? span : 1;
  int64_t vectors = unit.pixels / pixelsPerVector, rest = vectors % count,
          step = count * pixelsPerVector;
  if (vectors >= count)
    carried = b.loop(b.index(0), b.index((vectors - rest) * pixelsPerVector),
                     step, carried, [&](Value pixel, ValueRange old) {
                       return writePixels(pixel, count, old);
                     });
  if (rest)
    carried =
        writePixels(b.index((vectors - rest) * pixelsPerVector), rest, carried);
  if (int64_t pixels = unit.pixels % pixelsPerVector) {
    epilogue.limitTo(pixels * channels);
    writePixels(b.index(unit.pixels - pixels), 1, carried);
    epilogue.limitTo(pixelsPerVector * channels);
  }
}

/// Completes the columns of a vector. Where it holds several pixels and only
/// the last column has no pixel of the first, those between are parts of both.
void ByteWriter::addColumns(Value start, SmallVector<Values> &columns) {
  int64_t last = getSpan() - 1;
  if (columns.size() == 1 && pixelsPerVector == last) {
    Values next = loadColumn(b.add(start, columnOffset(last)));
    for (int64_t column = 1; column < last; ++column)
      columns.push_back(moveColumn(columns.front(), next, column));
    columns.push_back(next);
    return;
  }
  for (int64_t column = columns.size(); column <= last; ++column)
    columns.push_back(column % plan.dilationWidth
                          ? Values()
                          : loadColumn(b.add(start, columnOffset(column))));
}

/// The column so many pixels after `from`, in whole blocks of 128 bits.
Values ByteWriter::moveColumn(const Values &from, const Values &next,
                              int64_t pixels) {
  int64_t quads = lanes / 2, first = pixels * channels / 8;
  SmallVector<int64_t> mask = llvm::to_vector(llvm::seq(first, first + quads));
  Values moved;
  for (auto [x, y] : llvm::zip(from, next)) {
    Value both = b.shuffle(b.bitcast(x, quads, b.getI64Type()),
                           b.bitcast(y, quads, b.getI64Type()), mask);
    moved.push_back(b.bitcast(both, 4 * lanes, b.getI8Type()));
  }
  return moved;
}

/// One vector: completes `columns`, of which `kept` are there, and leaves those
/// that the next one needs.
void ByteWriter::writePixel(Epilogue &epilogue, const Position &at,
                            SmallVector<Values> &columns, int64_t kept,
                            int64_t rows) {
  addColumns(plan.locateInput(b, at, channel), columns);
  epilogue.moveTo(at);
  finishPixel(epilogue, columns, rows);
  columns.erase(columns.begin(), columns.end() - kept);
}

void ByteWriter::finishPixel(Epilogue &epilogue, ArrayRef<Values> columns,
                             int64_t rows) {
  ConvOp op = plan.op;
  int64_t width = plan.weightShape.kernelWidth;
  for (int64_t row = 0; row < rows; ++row) {
    Values sums;
    for (int64_t v = 0; v < 4; ++v) {
      Value sum = epilogue.getStart(v);
      for (int64_t kw = 0; kw < width; ++kw)
        for (int64_t group = 0; group < getGroups(); ++group) {
          int64_t index = ((row * width + kw) * getGroups() + group) * 4 + v;
          sum = Dot4Op::create(
              b, sum.getType(), sum,
              columns[kw * plan.dilationWidth][4 * group + v], weights[index],
              op.getInputUnsigned() != op.getFlipInput(), op.getSafePairs());
        }
      sums.push_back(sum);
    }
    epilogue.finish(Epilogue::Pixel{row, 0}, sums);
  }
}

//===----------------------------------------------------------------------===//
// Floats
//===----------------------------------------------------------------------===//

namespace {
class FloatWriter : public DepthwiseWriter {
public:
  using DepthwiseWriter::DepthwiseWriter;

  void write() {
    Epilogue epilogue(plan, b, positionAt(b.index(0), b.index(0)), channels,
                      lanes);
    epilogue.preload();
    loadWeights();
    int64_t most = countTogether(), full = unit.pixels / most,
            rest = unit.pixels % most;
    b.repeat(unit.rows, [&](Value row) {
      b.repeat(full, [&](Value i) {
        writePixels(epilogue, positionAt(row, b.mul(i, most)), most);
      });
      if (rest)
        writePixels(epilogue, positionAt(row, b.index(full * most)), rest);
    });
  }

private:
  void loadWeights() {
    const WeightShape &shape = plan.weightShape;
    for (int64_t kw = 0; kw < shape.kernelWidth; ++kw)
      for (int64_t kh = 0; kh < shape.kernelHeight; ++kh) {
        int64_t element = kw * shape.getSegmentStride(Packing::Taps) +
                          kh * shape.getStepElements(Packing::Taps);
        // Blocks of less than a panel begin within one.
        Value within = b.rem(channel, WeightShape::kPanel);
        weights.push_back(
            plan.loadWeights(b, b.add(weightsAt(element), within), lanes));
      }
  }

  /// Pixels whose sums grow together: one alone waits for each addition.
  int64_t countTogether() const {
    return std::min<int64_t>(unit.pixels, plan.traits.registers / 8);
  }

  void writePixels(Epilogue &epilogue, const Position &at, int64_t count) {
    SmallVector<Epilogue::Pixel> pixels;
    for (int64_t i = 0; i < count; ++i)
      pixels.push_back({0, i});
    epilogue.moveTo(at);
    epilogue.finish(pixels, sumTaps(plan.locateInput(b, at, channel), count));
  }

  Values sumTaps(Value at, int64_t pixels) {
    const WeightShape &shape = plan.weightShape;
    Values sums(pixels, b.zero(b.vec(lanes, b.getF32Type())));
    const Value *weight = weights.begin();
    for (int64_t kw = 0; kw < shape.kernelWidth; ++kw)
      for (int64_t kh = 0; kh < shape.kernelHeight; ++kh, ++weight)
        for (auto [pixel, sum] : llvm::enumerate(sums)) {
          int64_t column = pixel * plan.strideWidth + kw * plan.dilationWidth;
          int64_t offset = rowOffset(kh) + columnOffset(column);
          Value input = b.load(plan.input.flat, b.add(at, offset), lanes);
          sum = b.multiplyAdd(input, *weight, sum, plan.traits.hasFma);
        }
    return sums;
  }

  Values weights;
};
} // namespace

/// Whether the unit's pixels follow each other in every buffer, those in that
/// make those out: it has all channels, for others lie in between.
static bool canShareVectors(const KernelPlan &plan, const WorkUnit &unit) {
  ConvOp op = plan.op;
  int64_t channels = op.getChannels();
  return unit.channels == channels && channels % WeightShape::kPanel == 0 &&
         plan.strideWidth == 1 && plan.dilationWidth == 1 &&
         plan.input.strides[2] == channels && plan.out.strides[2] == channels &&
         llvm::all_of(plan.operands, [&](const View &view) {
           return view.isPerChannel() ||
                  (view.strides[2] == channels && view.channelStride() == 1);
         });
}

/// Blocks of whole vectors of bytes, and what is left in the shortest that hold
/// it.
static void writeByteBlocks(const KernelPlan &plan, KernelBuilder &b,
                            const WorkUnit &unit) {
  int64_t width = 4 * plan.lanes();
  if (canShareVectors(plan, unit) && unit.channels < width &&
      width % unit.channels == 0 && unit.pixels >= width / unit.channels) {
    ByteWriter(plan, b, unit, unit.origin.channel, unit.channels, plan.lanes(),
               width / unit.channels)
        .write();
    return;
  }
  int64_t full = unit.channels / width, rest = unit.channels % width;
  b.repeat(full, [&](Value i) {
    ByteWriter(plan, b, unit, b.add(unit.origin.channel, b.mul(i, width)),
               width, plan.lanes())
        .write();
  });
  if (!rest)
    return;
  int64_t panels = llvm::divideCeil(rest, WeightShape::kPanel);
  int64_t lanes = 4 * llvm::bit_ceil(static_cast<uint64_t>(panels));
  ByteWriter(plan, b, unit, b.add(unit.origin.channel, full * width), rest,
             lanes)
      .write();
}

static void writeFloatBlocks(const KernelPlan &plan, KernelBuilder &b,
                             const WorkUnit &unit) {
  int64_t width = plan.lanes();
  int64_t full = unit.channels / width, rest = unit.channels % width;
  b.repeat(full, [&](Value i) {
    FloatWriter(plan, b, unit, b.add(unit.origin.channel, b.mul(i, width)),
                width, width)
        .write();
  });
  if (rest)
    FloatWriter(plan, b, unit, b.add(unit.origin.channel, full * width), rest,
                width)
        .write();
}

void octet::lowerDepthwise(const KernelPlan &plan, KernelBuilder &b) {
  forEachUnit(plan, b, [&](const WorkUnit &unit) {
    if (plan.type == KernelType::F32)
      writeFloatBlocks(plan, b, unit);
    else
      writeByteBlocks(plan, b, unit);
  });
}
