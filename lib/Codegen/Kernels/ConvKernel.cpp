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
#include <numeric>

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
  if (tile.panel)
    return makeWordSums(plan, b, tile);
  if (plan.type == KernelType::I8 && !plan.traits.isX86())
    return makeLaneSums(plan, b, tile);
  return makeBroadcastSums(plan, b, tile);
}

//===----------------------------------------------------------------------===//
// Panels
//===----------------------------------------------------------------------===//

/// They are kept on the stack, of which a thread may have little.
static constexpr int64_t kMostPanelBytes = 80 * 1024;

/// Whether the instruction set has no product of bytes for these operands.
static bool needsWords(const KernelPlan &plan) {
  ConvOp op = plan.op;
  bool isUnsigned = op.getInputUnsigned() != op.getFlipInput();
  return plan.traits.isa == Isa::AVX2 && !(op.getSafePairs() && isUnsigned);
}

Panels::Panels(const KernelPlan &plan, KernelBuilder &b) {
  bool isPairs = plan.packing == Packing::Pairs;
  if (plan.type != KernelType::I8 || !(isPairs || needsWords(plan)))
    return;
  int64_t perPixel = isPairs ? 8 * countSteps(plan) : getPixelWords(plan),
          bytes = isPairs ? 1 : 2;
  int64_t pixels = 0;
  for (const KernelRow &row : getKernelTable())
    if (row.isa == plan.traits.isa &&
        row.type == (isPairs ? KernelType::I8 : KernelType::Words))
      pixels = std::max(pixels, row.rows + row.rows % 2);
  if (pixels * perPixel * bytes > kMostPanelBytes)
    return;
  if (!isPairs) {
    int64_t perChannel = 4 * countSteps(plan);
    mostChannels =
        std::min(llvm::alignDown(kMostPanelBytes / bytes / perChannel,
                                 WeightShape::kPanel),
                 llvm::alignTo(plan.grid.channels, WeightShape::kPanel));
    mostChannels = std::min(mostChannels, WorkGrid::kChannelsPerUnit);
    if (mostChannels == 0)
      return;
    words = b.allocate(mostChannels * perChannel, b.getI16Type());
  }
  mostPixels = pixels;
  input = b.allocate(mostPixels * perPixel,
                     isPairs ? b.getI8Type() : b.getI16Type());
}

void SumBuilder::forEachStep(int64_t atOnce,
                             function_ref<void(Value, int64_t)> body) {
  int64_t steps = plan.weightShape.getSteps(plan.packing);
  b.repeat(steps / atOnce, [&](Value i) { body(b.mul(i, atOnce), atOnce); });
  if (int64_t rest = steps % atOnce)
    body(b.index(steps - rest), rest);
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

namespace {
/// Dots of one tile that are written out rather than looped over.
constexpr int64_t kMaxStraightDots = 160;

class ConvWriter {
public:
  ConvWriter(const KernelPlan &plan, KernelBuilder &b, const WorkUnit &unit,
             const Panels &panels)
      : plan(plan), b(b), unit(unit), panels(panels),
        work{unit.rows,
             unit.pixels,
             int64_t(llvm::divideCeil(unit.channels, plan.lanes())),
             Panels::countSteps(plan),
             plan.input.strides[2] * plan.strideWidth * plan.getInputBytes(),
             panels.mostPixels,
             panels.mostChannels / plan.lanes(),
             plan.weightShape.getSegments(plan.packing),
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

  /// Some of the unit's pixels: where they are in it, and how many.
  struct Pixels {
    Value firstRow, firstPixel;
    int64_t rows, pixels;
  };

  using Values = SumBuilder::Values;

  KernelRow chooseRow() const;
  int64_t getSteps() const { return plan.weightShape.getSteps(plan.packing); }
  bool usesPanel() const;
  /// Channels of the unit, from `first` on.
  struct Channels {
    Value first;
    int64_t count;
  };

  Value locateWeights(Value lane);
  void writeChannels(const Channels &channels);
  void forEachColumns(const Channels &channels,
                      function_ref<void(const Columns &)> body);
  void forEachTile(function_ref<void(const Pixels &)> body);
  Tile makeTile(const Pixels &pixels) const;
  Value locateInput(const Pixels &pixels);
  void fillPanel(const Pixels &pixels);
  void writeTile(const Columns &columns, const Pixels &pixels);
  Values sumTile(SumBuilder &sums, const Tile &tile, Values start,
                 const Columns &columns, const Pixels &pixels);
  Values overSegments(Value a, Values start,
                      function_ref<Values(Value, Value, Values)> body);
  /// Steps of a loop, and how far apart they read input and weights.
  struct Steps {
    int64_t count, inputElements, weightElements;
  };
  Values sumSteps(SumBuilder &sums, Values start, Value a, Value w,
                  const Steps &steps);

  const KernelPlan &plan;
  KernelBuilder &b;
  const WorkUnit &unit;
  const Panels &panels;
  TileWork work;
  KernelRow row;
  TileGrid grid;
};
} // namespace

KernelRow ConvWriter::chooseRow() const {
  ConvOp op = plan.op;
  Isa isa = plan.traits.isa;
  if (TileAttr tile = op.getTileAttr()) {
    KernelRow given = {isa, plan.type, tile.getRows(), tile.getVectors(),
                       tile.getUnroll()};
    KernelRow words = given;
    words.type = KernelType::Words;
    bool useWords =
        work.canUsePanel(words) && llvm::is_contained(getKernelTable(), words);
    return useWords ? words : given;
  }
  KernelRow bytes = selectKernel(isa, plan.type, work);
  KernelRow words = selectKernel(isa, KernelType::Words, work);
  if (words.rows == 0 || !work.canUsePanel(words) ||
      estimateCycles(words, work) > estimateCycles(bytes, work))
    return bytes;
  return words;
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

/// Where several tiles read the same input.
bool ConvWriter::usesPanel() const {
  KernelType type =
      plan.packing == Packing::Pairs ? KernelType::I8 : KernelType::Words;
  return row.type == type && work.canUsePanel(row);
}

/// All channels, or as many at once as there is room for as words.
void ConvWriter::write() {
  if (row.type != KernelType::Words)
    return writeChannels({b.index(0), unit.channels});
  int64_t most = panels.mostChannels, full = unit.channels / most;
  b.repeat(full, [&](Value i) { writeChannels({b.mul(i, most), most}); });
  if (int64_t rest = unit.channels % most)
    writeChannels({b.index(full * most), rest});
}

void ConvWriter::writeChannels(const Channels &channels) {
  if (row.type == KernelType::Words)
    widenWeights(plan, b, panels, locateWeights(channels.first),
                 channels.count);
  if (!usesPanel())
    return forEachColumns(channels, [&](const Columns &columns) {
      forEachTile([&](const Pixels &pixels) { writeTile(columns, pixels); });
    });
  forEachTile([&](const Pixels &pixels) {
    fillPanel(pixels);
    forEachColumns(channels,
                   [&](const Columns &columns) { writeTile(columns, pixels); });
  });
}

/// Where the panel of weights of that lane of the unit begins.
Value ConvWriter::locateWeights(Value lane) {
  const WeightShape &shape = plan.weightShape;
  Value first = b.add(unit.origin.channel, lane);
  Value weights = b.add(b.mul(unit.group, shape.getGroupStride(plan.packing)),
                        b.mul(b.div(first, WeightShape::kPanel),
                              shape.getPanelStride(plan.packing)));
  if (!plan.rowWeights)
    return weights;
  ConvOp op = plan.op;
  Value row = b.add(b.mul(unit.origin.image, op.getOutType().getDimSize(1)),
                    unit.origin.row);
  return b.add(weights, b.mul(row, plan.rowWeights));
}

/// Loops over as many column groups as begin at a panel of weights again;
/// others are written out.
void ConvWriter::forEachColumns(const Channels &channels,
                                function_ref<void(const Columns &)> body) {
  ConvOp op = plan.op;
  Value outChannel =
      b.add(b.mul(unit.group, op.getGroupOutChannels()), unit.origin.channel);
  int64_t width = std::min(row.vectors, work.vectors) * plan.lanes();
  auto writeFrom = [&](Value within, int64_t firstLane, int64_t count) {
    Value lane = b.add(channels.first, within);
    // Words are in order from the first of these channels on.
    Value weights =
        row.type == KernelType::Words
            ? b.mul(b.add(within, firstLane), 4 * Panels::countSteps(plan))
            : locateWeights(lane);
    body(
        {weights, b.add(b.add(outChannel, lane), firstLane), firstLane, count});
  };
  auto writeSome = [&](Value within, int64_t count) {
    int64_t first = 0;
    for (; first + width <= count; first += width)
      writeFrom(within, first, width);
    if (first < count)
      writeFrom(within, first, count - first);
  };
  int64_t period = std::lcm(width, WeightShape::kPanel),
          full = channels.count / period;
  b.repeat(full, [&](Value i) { writeSome(b.mul(i, period), period); });
  writeSome(b.index(full * period), channels.count % period);
}

void ConvWriter::forEachTile(function_ref<void(const Pixels &)> body) {
  forEachPart(b, grid.rows, [&](Value firstRow, int64_t rows) {
    forEachPart(b, grid.pixels, [&](Value firstPixel, int64_t pixels) {
      body({firstRow, firstPixel, rows, pixels});
    });
  });
}

Tile ConvWriter::makeTile(const Pixels &pixels) const {
  Tile tile;
  for (int64_t i = 0; i < pixels.rows; ++i)
    for (int64_t j = 0; j < pixels.pixels; ++j)
      tile.pixels.push_back(i * plan.strideHeight * plan.input.strides[1] +
                            j * plan.strideWidth * plan.input.strides[2]);
  if (usesPanel())
    tile.panel = panels.input, tile.words = panels.words;
  return tile;
}

/// What the first tap of the first pixel meets.
Value ConvWriter::locateInput(const Pixels &pixels) {
  ConvOp op = plan.op;
  Position at = {unit.origin.image, b.add(unit.origin.row, pixels.firstRow),
                 b.add(unit.origin.pixel, pixels.firstPixel), b.index(0)};
  return plan.locateInput(b, at, b.mul(unit.group, op.getGroupChannels()));
}

void ConvWriter::fillPanel(const Pixels &pixels) {
  Tile tile = makeTile(pixels);
  std::unique_ptr<SumBuilder> builder = makeSums(plan, b, tile);
  overSegments(locateInput(pixels), {},
               [&](Value a, Value segment, Values) -> Values {
                 builder->writePanel(a, segment);
                 return {};
               });
}

void ConvWriter::writeTile(const Columns &columns, const Pixels &pixels) {
  Tile tile = makeTile(pixels);
  tile.vectors = llvm::divideCeil(columns.channels, plan.lanes());
  tile.firstLane = columns.firstLane;
  Position at = {unit.origin.image, b.add(unit.origin.row, pixels.firstRow),
                 b.add(unit.origin.pixel, pixels.firstPixel),
                 columns.outChannel};
  std::unique_ptr<SumBuilder> builder = makeSums(plan, b, tile);
  Epilogue epilogue(plan, b, at, columns.channels, plan.lanes());
  Values sums;
  if (builder->sumsAreRows()) {
    for (size_t i = 0; i < tile.pixels.size(); ++i)
      for (int64_t v = 0; v < tile.vectors; ++v)
        sums.push_back(epilogue.getStart(v));
  } else {
    epilogue.startAtZero();
    sums = builder->getZeros();
  }
  sums = builder->toRows(sumTile(*builder, tile, sums, columns, pixels));
  SmallVector<Epilogue::Pixel> finished;
  for (int64_t i = 0; i < pixels.rows; ++i)
    for (int64_t j = 0; j < pixels.pixels; ++j)
      finished.push_back({i, j});
  epilogue.finish(finished, sums);
}

ConvWriter::Values ConvWriter::sumTile(SumBuilder &sums, const Tile &tile,
                                       Values start, const Columns &columns,
                                       const Pixels &pixels) {
  const WeightShape &shape = plan.weightShape;
  int64_t stepElements = shape.getStepElements(plan.packing);
  if (tile.panel)
    return sumSteps(sums, start, b.index(0), columns.weights,
                    {Panels::countSteps(plan),
                     panels.getStepElements(tile.pixels.size()),
                     tile.words ? 4 * plan.lanes() : stepElements});
  int64_t stride = shape.getSegmentStride(plan.packing);
  return overSegments(
      locateInput(pixels), start, [&](Value a, Value segment, Values values) {
        Value w = b.add(columns.weights, b.mul(segment, stride));
        return sumSteps(
            sums, values, a, w,
            {getSteps(), shape.getDepth(plan.packing), stepElements});
      });
}

/// Over the segments, rows of the kernel or also its columns, with where each
/// begins in the input and its number.
ConvWriter::Values
ConvWriter::overSegments(Value a, Values start,
                         function_ref<Values(Value, Value, Values)> body) {
  const WeightShape &shape = plan.weightShape;
  int64_t columns = shape.wholeRows ? 1 : shape.kernelWidth;
  int64_t perRow = plan.dilationHeight * plan.input.strides[1],
          perColumn = plan.dilationWidth * plan.input.strides[2];
  auto over = [&](int64_t count, Values values,
                  function_ref<Values(Value, Values)> body) {
    if (count == 1)
      return body(b.index(0), values);
    return b.loop(
        b.index(0), b.index(count), 1, values,
        [&](Value i, ValueRange carried) { return body(i, Values(carried)); });
  };
  return over(shape.kernelHeight, start, [&](Value kh, Values row) {
    Value rowA = b.add(a, b.mul(kh, perRow));
    return over(columns, row, [&](Value kw, Values values) {
      return body(b.add(rowA, b.mul(kw, perColumn)),
                  b.add(b.mul(kh, columns), kw), values);
    });
  });
}

ConvWriter::Values ConvWriter::sumSteps(SumBuilder &sums, Values start, Value a,
                                        Value w, const Steps &steps) {
  // A step of x86 needs no other; a short loop is best small.
  constexpr int64_t kFewestTurns = 4;
  bool isShort = steps.count < kFewestTurns * row.unroll;
  int64_t unroll = plan.traits.isX86() && isShort ? 1 : row.unroll;
  int64_t main = steps.count / unroll * unroll;
  Values values = start;
  if (steps.count * int64_t(start.size()) <= kMaxStraightDots ||
      main <= unroll) {
    sums.addSteps(values, a, w, 0, steps.count);
    return values;
  }
  values = b.loop(b.index(0), b.index(main), unroll, values,
                  [&](Value step, ValueRange carried) {
                    Values next(carried);
                    sums.addSteps(
                        next, b.add(a, b.mul(step, steps.inputElements)),
                        b.add(w, b.mul(step, steps.weightElements)), 0, unroll);
                    return next;
                  });
  if (main < steps.count)
    sums.addSteps(values, a, w, main, steps.count - main);
  return values;
}

void octet::lowerConv(const KernelPlan &plan, KernelBuilder &b) {
  Panels panels(plan, b);
  forEachUnit(plan, b, [&](const WorkUnit &unit) {
    ConvWriter(plan, b, unit, panels).write();
  });
}
