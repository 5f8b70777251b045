//===- ConvKernel.cpp - Loops around register tiles ------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A work unit, a block of pixels by a block of channels, falls into column
// groups (the vectors of a tile) and those into tiles of pixels. All sizes are
// static, and parts as equal as possible.
//
//===----------------------------------------------------------------------===//

#include "Epilogue.h"
#include "KernelPlan.h"
#include "Sums.h"
#include "WorkUnits.h"

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet_kernel;

KernelBuilder::Values SumBuilder::getZeros() {
  ConvOp op = plan.op;
  Value zero = b.zero(b.vec(plan.lanes(), op.getSumType()));
  return Values(tile.pixels.size() * tile.vectors, zero);
}

std::unique_ptr<SumBuilder>
octet::makeSums(const KernelPlan &plan, KernelBuilder &b, const Tile &tile) {
  if (plan.packing == Packing::Pairs)
    return makeMatrixSums(plan, b, tile);
  if (plan.type == KernelType::I8 && !plan.traits.isX86())
    return makeLaneSums(plan, b, tile);
  return makeBroadcastSums(plan, b, tile);
}

namespace {
/// Dots of one tile that are written out rather than looped over.
constexpr int64_t kMaxStraightDots = 160;

class ConvWriter {
public:
  ConvWriter(const KernelPlan &plan, KernelBuilder &b, const WorkUnit &unit)
      : plan(plan), b(b), unit(unit),
        work{unit.rows, unit.pixels,
             int64_t(llvm::divideCeil(unit.channels, plan.lanes())),
             plan.weightShape.getSegments(plan.packing) * getSteps(),
             plan.input.strides[2] * plan.strideWidth *
                 plan.weightShape.elementBytes},
        row(chooseRow()), grid(work, row.rows) {}

  void write();

private:
  /// Consecutive vectors of channels: where their weights' panel and their
  /// output are.
  struct Columns {
    Value weights, outChannel;
    int64_t firstLane, channels;
  };

  KernelRow chooseRow() const;
  int64_t getSteps() const { return plan.weightShape.getSteps(plan.packing); }
  void writeColumns(const Columns &columns);
  void writeRows(const Columns &columns, Value firstRow, int64_t rows);
  void writeTile(const Columns &columns, const Position &at, int64_t rows,
                 int64_t pixels);
  SumBuilder::Values sumSegments(SumBuilder &sums, SumBuilder::Values start,
                                 Value a, Value w, int64_t dots);
  SumBuilder::Values sumSegment(SumBuilder &sums, SumBuilder::Values start,
                                Value a, Value w, int64_t dots);

  const KernelPlan &plan;
  KernelBuilder &b;
  const WorkUnit &unit;
  TileWork work;
  KernelRow row;
  TileGrid grid;
};
} // namespace

KernelRow ConvWriter::chooseRow() const {
  ConvOp op = plan.op;
  if (TileAttr tile = op.getTileAttr())
    return {plan.traits.isa, plan.type, tile.getRows(), tile.getVectors(),
            tile.getUnroll()};
  return selectKernel(plan.traits.isa, plan.type, work);
}

/// Loops over the parts, large ones first, with where each begins.
static void forEachPart(KernelBuilder &b, const EvenParts &parts,
                        function_ref<void(Value, int64_t)> body) {
  b.repeat(parts.numLarge, [&](Value part) {
    body(b.mul(part, parts.size + 1), parts.size + 1);
  });
  int64_t done = parts.numLarge * (parts.size + 1);
  b.repeat(parts.numSmall, [&](Value part) {
    body(b.add(b.mul(part, parts.size), done), parts.size);
  });
}

void ConvWriter::write() {
  ConvOp op = plan.op;
  const WeightShape &shape = plan.weightShape;
  Value group = b.add(b.mul(unit.group, shape.getGroupStride(plan.packing)),
                      b.mul(b.div(unit.origin.channel, WeightShape::kPanel),
                            shape.getPanelStride(plan.packing)));
  if (plan.rowWeights) {
    Value row = b.add(b.mul(unit.origin.image, op.getOutType().getDimSize(1)),
                      unit.origin.row);
    group = b.add(group, b.mul(row, plan.rowWeights));
  }
  Value channel =
      b.add(b.mul(unit.group, op.getGroupOutChannels()), unit.origin.channel);
  int64_t width = std::min(row.vectors, work.vectors) * plan.lanes();
  int64_t full = unit.channels / width, rest = unit.channels % width;
  auto writeFrom = [&](Value lane, int64_t firstLane, int64_t channels) {
    Value weights = b.add(group, b.mul(b.div(lane, WeightShape::kPanel),
                                       shape.getPanelStride(plan.packing)));
    writeColumns(
        {weights, b.add(b.add(channel, lane), firstLane), firstLane, channels});
  };
  if (width % WeightShape::kPanel == 0)
    b.repeat(full, [&](Value i) { writeFrom(b.mul(i, width), 0, width); });
  else
    for (int64_t i = 0; i < full; ++i)
      writeFrom(b.index(0), i * width, width);
  if (rest)
    writeFrom(b.index(0), full * width, rest);
}

void ConvWriter::writeColumns(const Columns &columns) {
  forEachPart(b, grid.rows, [&](Value firstRow, int64_t rows) {
    writeRows(columns, firstRow, rows);
  });
}

void ConvWriter::writeRows(const Columns &columns, Value firstRow,
                           int64_t rows) {
  forEachPart(b, grid.pixels, [&](Value firstPixel, int64_t pixels) {
    Position at = {unit.origin.image, b.add(unit.origin.row, firstRow),
                   b.add(unit.origin.pixel, firstPixel), columns.outChannel};
    writeTile(columns, at, rows, pixels);
  });
}

void ConvWriter::writeTile(const Columns &columns, const Position &at,
                           int64_t rows, int64_t pixels) {
  ConvOp op = plan.op;
  Tile tile;
  tile.vectors = llvm::divideCeil(columns.channels, plan.lanes());
  tile.firstLane = columns.firstLane;
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < pixels; ++j)
      tile.pixels.push_back(i * plan.strideHeight * plan.input.strides[1] +
                            j * plan.strideWidth * plan.input.strides[2]);

  std::unique_ptr<SumBuilder> builder = makeSums(plan, b, tile);
  Epilogue epilogue(plan, b, at, columns.channels, plan.lanes());
  SumBuilder::Values sums;
  if (builder->sumsAreRows()) {
    for (size_t i = 0; i < tile.pixels.size(); ++i)
      for (int64_t v = 0; v < tile.vectors; ++v)
        sums.push_back(epilogue.getStart(v));
  } else {
    epilogue.startAtZero();
    sums = builder->getZeros();
  }
  Value a = plan.locateInput(b, at, b.mul(unit.group, op.getGroupChannels()));
  sums = builder->toRows(sumSegments(*builder, sums, a, columns.weights,
                                     tile.pixels.size() * tile.vectors));
  SmallVector<Epilogue::Pixel> finished;
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < pixels; ++j)
      finished.push_back({i, j});
  epilogue.finish(finished, sums);
}

/// Over the segments: rows of the kernel, or also its columns.
SumBuilder::Values ConvWriter::sumSegments(SumBuilder &sums,
                                           SumBuilder::Values start, Value a,
                                           Value w, int64_t dots) {
  const WeightShape &shape = plan.weightShape;
  int64_t stride = shape.getSegmentStride(plan.packing);
  int64_t columns = shape.wholeRows ? 1 : shape.kernelWidth;
  int64_t perRow = plan.dilationHeight * plan.input.strides[1],
          perColumn = plan.dilationWidth * plan.input.strides[2];
  using Values = SumBuilder::Values;
  auto over = [&](int64_t count, Values values,
                  function_ref<Values(Value, Values)> body) {
    if (count == 1)
      return body(b.index(0), values);
    return b.loop(
        b.index(0), b.index(count), 1, values,
        [&](Value i, ValueRange carried) { return body(i, Values(carried)); });
  };
  return over(shape.kernelHeight, start, [&](Value kh, Values row) {
    Value rowA = b.add(a, b.mul(kh, perRow)),
          rowW = b.add(w, b.mul(kh, columns * stride));
    return over(columns, row, [&](Value kw, Values values) {
      return sumSegment(sums, values, b.add(rowA, b.mul(kw, perColumn)),
                        b.add(rowW, b.mul(kw, stride)), dots);
    });
  });
}

SumBuilder::Values ConvWriter::sumSegment(SumBuilder &sums,
                                          SumBuilder::Values start, Value a,
                                          Value w, int64_t dots) {
  int64_t steps = getSteps();
  int64_t main = steps / row.unroll * row.unroll;
  SumBuilder::Values values = start;
  if (steps * dots <= kMaxStraightDots || main <= row.unroll) {
    sums.addSteps(values, a, w, 0, steps);
    return values;
  }
  int64_t depth = plan.weightShape.getDepth(plan.packing),
          stepElements = plan.weightShape.getStepElements(plan.packing);
  values = b.loop(b.index(0), b.index(main), row.unroll, values,
                  [&](Value step, ValueRange carried) {
                    SumBuilder::Values next(carried);
                    sums.addSteps(next, b.add(a, b.mul(step, depth)),
                                  b.add(w, b.mul(step, stepElements)), 0,
                                  row.unroll);
                    return next;
                  });
  if (main < steps)
    sums.addSteps(values, a, w, main, steps - main);
  return values;
}

void octet::lowerConv(const KernelPlan &plan, KernelBuilder &b) {
  forEachUnit(plan, b,
              [&](const WorkUnit &unit) { ConvWriter(plan, b, unit).write(); });
}
