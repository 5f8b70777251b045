//===- MatrixKernel.cpp - Convolutions in AMX tiles ------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Panels of weights, 16 channels by 4 bytes a step, are what a tile holds: AMX
// reads the same bytes as AVX512-VNNI. Sums leave the tiles through memory and
// meet the same epilogue in vectors. Tiles are named by number, not left to
// LLVM's register allocation, so that nothing is spilled and one configuration
// stands around all loops of a kernel.
//
//===----------------------------------------------------------------------===//

#include "../Kernels/Epilogue.h"
#include "../Kernels/MatrixTiling.h"
#include "../Kernels/WorkUnits.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include <numeric>

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet_kernel;

namespace {
constexpr int64_t kMost = MatrixTiling::kMost;
constexpr int64_t kStepBytes = 4, kLineBytes = 64, kNumTiles = 8;

/// Which tile holds what: sums first, then the input's and the weights' of a
/// full block, then those of a tail.
struct TileNumbers {
  explicit TileNumbers(const MatrixTiling &tiling)
      : vectors(tiling.vectors), numSums(tiling.tiles * tiling.vectors),
        hasTail(tiling.tailSteps > 0) {
    int64_t left = kNumTiles - numSums;
    if (hasTail) {
      numInputs = numWeights = 1;
      return;
    }
    numInputs = std::min(tiling.tiles, left - 1);
    numWeights = std::min(tiling.vectors, left - numInputs);
  }

  int64_t sum(int64_t tile, int64_t vector) const {
    return tile * vectors + vector;
  }
  int64_t input(int64_t tile, bool tail) const {
    return numSums + (tail ? numInputs + numWeights : tile % numInputs);
  }
  int64_t weights(int64_t vector, bool tail) const {
    return tail ? input(0, true) + 1
                : numSums + numInputs + vector % numWeights;
  }

  int64_t vectors, numSums;
  bool hasTail;
  int64_t numInputs, numWeights;
};

class MatrixWriter {
public:
  MatrixWriter(const KernelPlan &plan, const MatrixTiling &tiling,
               KernelBuilder &b)
      : plan(plan), tiling(tiling), numbers(tiling), b(b) {}

  void write();

private:
  /// Consecutive vectors of channels of a unit.
  struct Columns {
    Value weights, outChannel;
    int64_t vectors, channels;
  };
  /// Tiles whose sums are computed together. The first begins at a position,
  /// each later one `step` output rows or pixels on; the last one begins
  /// `early` by so many which others have.
  struct Group {
    Position at;
    int64_t count;
    bool alongRows;
    int64_t early = 0;
  };

  void configure();
  void makeScratch();
  void writeUnit(const WorkUnit &unit);
  void writeColumns(const WorkUnit &unit, const Columns &columns);
  void writeGroups(const WorkUnit &unit, const Columns &columns,
                   Epilogue &epilogue, bool alongRows, Value across);
  void writeGroup(const WorkUnit &unit, const Columns &columns,
                  Epilogue &epilogue, const Group &group);
  void sumSegments(const Columns &columns, Value a, ArrayRef<int64_t> tiles);
  void sumSegment(const Columns &columns, Value a, Value w,
                  ArrayRef<int64_t> tiles);
  void sumBlock(const Columns &columns, Value a, Value w,
                ArrayRef<int64_t> tiles, bool tail);
  void finishTiles(const Columns &columns, Epilogue &epilogue, Position at,
                   int64_t first, int64_t count, const Group &group,
                   int64_t early);
  void finishRow(const Columns &columns, Epilogue &epilogue, Position at,
                 Value scratchRow, int64_t pixels);

  /// Output rows or pixels from a tile of a group to the next.
  int64_t getStep(bool alongRows) const {
    return alongRows ? tiling.outRows : tiling.outPixels;
  }
  /// Elements of the input from an output row or pixel to the next.
  int64_t getInputStride(bool alongRows) const {
    return alongRows ? plan.strideHeight * plan.input.strides[1]
                     : plan.strideWidth * plan.input.strides[2];
  }

  // Instructions.
  void call(StringRef name, ValueRange operands) {
    LLVM::CallIntrinsicOp::create(b, b.getStringAttr(name), operands);
  }
  Value number(int64_t tile) {
    return arith::ConstantOp::create(b, b.getI8IntegerAttr(tile));
  }
  Value pitch(int64_t bytes) {
    return arith::ConstantOp::create(b, b.getI64IntegerAttr(bytes));
  }
  Value getPointer(Value view);
  Value getPointer(Value base, Value at);

  const KernelPlan &plan;
  const MatrixTiling &tiling;
  TileNumbers numbers;
  KernelBuilder &b;
  Value input, weights, scratch, scratchPointer;
};
} // namespace

//===----------------------------------------------------------------------===//
// Set up
//===----------------------------------------------------------------------===//

/// Where the elements of a flat view begin.
Value MatrixWriter::getPointer(Value view) {
  Value base = memref::ExtractAlignedPointerAsIndexOp::create(b, view);
  auto [strides, offset] =
      cast<MemRefType>(view.getType()).getStridesAndOffset();
  int64_t bytes = cast<MemRefType>(view.getType()).getElementTypeBitWidth() / 8;
  if (ShapedType::isDynamic(offset)) {
    Value start = memref::ExtractStridedMetadataOp::create(b, view).getOffset();
    base = b.add(base, b.mul(start, bytes));
  } else {
    base = b.add(base, offset * bytes);
  }
  Value address = arith::IndexCastOp::create(b, b.getI64Type(), base);
  return LLVM::IntToPtrOp::create(b, LLVM::LLVMPointerType::get(b.getContext()),
                                  address);
}

Value MatrixWriter::getPointer(Value base, Value at) {
  Value offset = arith::IndexCastOp::create(b, b.getI64Type(), at);
  return LLVM::GEPOp::create(b, base.getType(), b.getI8Type(), base,
                             ArrayRef<LLVM::GEPArg>{offset});
}

/// The configuration is written to memory where it is used, once per call: a
/// store costs less than a constant of its own in the library.
void MatrixWriter::configure() {
  SmallVector<int8_t> bytes(kLineBytes, 0);
  auto set = [&](int64_t tile, int64_t rows, int64_t columns) {
    bytes[16 + 2 * tile] = columns;
    bytes[48 + tile] = rows;
  };
  bytes[0] = 1; // the palette
  int64_t rows = tiling.tileRows();
  for (int64_t tile = 0; tile < numbers.numSums; ++tile)
    set(tile, rows, kLineBytes);
  for (int64_t tile = 0; tile < numbers.numInputs; ++tile)
    set(numbers.input(tile, false), rows, kStepBytes * tiling.blockSteps);
  for (int64_t vector = 0; vector < numbers.numWeights; ++vector)
    set(numbers.weights(vector, false), tiling.blockSteps, kLineBytes);
  if (numbers.hasTail) {
    set(numbers.input(0, true), rows, kStepBytes * tiling.tailSteps);
    set(numbers.weights(0, true), tiling.tailSteps, kLineBytes);
  }
  VectorType type = b.vec(kLineBytes, b.getI8Type());
  Value config = arith::ConstantOp::create(
      b, DenseElementsAttr::get(type, ArrayRef<int8_t>(bytes)));
  LLVM::StoreOp::create(b, config, scratchPointer, kLineBytes);
  call("llvm.x86.ldtilecfg", {scratchPointer});
}

/// Memory for the sums of a group, in the frame of the function.
void MatrixWriter::makeScratch() {
  OpBuilder::InsertionGuard guard(b);
  ConvOp op = plan.op;
  auto function = op->getParentOfType<FunctionOpInterface>();
  b.setInsertionPointToStart(&function.getFunctionBody().front());
  int64_t count = tiling.tiles * tiling.vectors * kMost * kMost;
  scratch =
      memref::AllocaOp::create(b, MemRefType::get({count}, b.getI32Type()),
                               b.getI64IntegerAttr(kLineBytes));
}

void MatrixWriter::write() {
  makeScratch();
  scratchPointer = getPointer(scratch);
  input = getPointer(plan.input.flat);
  weights = getPointer(plan.weights);
  configure();
  forEachUnit(plan, b, [&](const WorkUnit &unit) { writeUnit(unit); });
  call("llvm.x86.tilerelease", {});
}

//===----------------------------------------------------------------------===//
// Loops over groups of tiles
//===----------------------------------------------------------------------===//

void MatrixWriter::writeUnit(const WorkUnit &unit) {
  ConvOp op = plan.op;
  const WeightShape &shape = plan.weightShape;
  int64_t panel = shape.getPanelStride(plan.packing);
  Value first = b.add(b.mul(unit.group, shape.getGroupStride(plan.packing)),
                      b.mul(b.div(unit.origin.channel, kMost), panel));
  if (plan.rowWeights) {
    Value row = b.add(b.mul(unit.origin.image, op.getOutType().getDimSize(1)),
                      unit.origin.row);
    first = b.add(first, b.mul(row, plan.rowWeights));
  }
  Value channel =
      b.add(b.mul(unit.group, op.getGroupOutChannels()), unit.origin.channel);
  int64_t width = tiling.vectors * kMost;
  int64_t full = unit.channels / width, rest = unit.channels % width;
  auto writeFrom = [&](Value lane, int64_t channels) {
    Value at = b.add(first, b.mul(b.div(lane, kMost), panel));
    writeColumns(unit, {at, b.add(channel, lane),
                        int64_t(llvm::divideCeil(channels, kMost)), channels});
  };
  b.repeat(full, [&](Value i) { writeFrom(b.mul(i, width), width); });
  if (rest)
    writeFrom(b.index(full * width), rest);
}

/// Groups lie along rows of pixels, or, where a tile has all of these, along
/// rows.
void MatrixWriter::writeColumns(const WorkUnit &unit, const Columns &columns) {
  Position at = unit.origin;
  at.channel = columns.outChannel;
  Epilogue epilogue(plan, b, at, columns.channels, kMost);
  epilogue.startAtZero();
  epilogue.preload();
  bool alongRows = unit.pixels == tiling.outPixels;
  if (alongRows)
    return writeGroups(unit, columns, epilogue, true, b.index(0));
  b.repeat(unit.rows, [&](Value row) {
    writeGroups(unit, columns, epilogue, false, row);
  });
}

void MatrixWriter::writeGroups(const WorkUnit &unit, const Columns &columns,
                               Epilogue &epilogue, bool alongRows,
                               Value across) {
  int64_t extent = alongRows ? unit.rows : unit.pixels;
  int64_t step = getStep(alongRows), whole = extent / step;
  auto writeAt = [&](Value from, int64_t count, int64_t early) {
    Position at = unit.origin;
    at.channel = columns.outChannel;
    at.row = b.add(at.row, alongRows ? from : across);
    if (!alongRows)
      at.pixel = b.add(at.pixel, from);
    writeGroup(unit, columns, epilogue, {at, count, alongRows, early});
  };
  int64_t groups = whole / tiling.tiles, left = whole % tiling.tiles;
  b.repeat(groups, [&](Value group) {
    writeAt(b.mul(group, tiling.tiles * step), tiling.tiles, 0);
  });
  int64_t missing = extent % step ? step - extent % step : 0;
  left += missing ? 1 : 0;
  if (left)
    writeAt(b.index(groups * tiling.tiles * step), left, missing);
}

void MatrixWriter::writeGroup(const WorkUnit &unit, const Columns &columns,
                              Epilogue &epilogue, const Group &group) {
  ConvOp op = plan.op;
  int64_t step = getStep(group.alongRows),
          stride = getInputStride(group.alongRows);
  SmallVector<int64_t> tiles;
  for (int64_t tile = 0; tile < group.count; ++tile)
    tiles.push_back(tile * step * stride);
  tiles.back() -= group.early * stride;
  for (int64_t tile = 0; tile < group.count; ++tile)
    for (int64_t v = 0; v < columns.vectors; ++v)
      call("llvm.x86.tilezero", {number(numbers.sum(tile, v))});
  Value a =
      plan.locateInput(b, group.at, b.mul(unit.group, op.getGroupChannels()));
  sumSegments(columns, a, tiles);

  int64_t rowBytes = columns.vectors * kLineBytes;
  for (int64_t tile = 0; tile < group.count; ++tile)
    for (int64_t v = 0; v < columns.vectors; ++v)
      call("llvm.x86.tilestored64",
           {number(numbers.sum(tile, v)),
            getPointer(scratchPointer,
                       b.index(tile * kMost * rowBytes + v * kLineBytes)),
            pitch(rowBytes)});
  int64_t whole = group.count - (group.early ? 1 : 0);
  finishTiles(columns, epilogue, group.at, 0, whole, group, 0);
  if (group.early)
    finishTiles(columns, epilogue, group.at, whole, 1, group, group.early);
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

/// Over the segments: rows of the kernel, or also its columns.
void MatrixWriter::sumSegments(const Columns &columns, Value a,
                               ArrayRef<int64_t> tiles) {
  const WeightShape &shape = plan.weightShape;
  int64_t stride = shape.getSegmentStride(plan.packing);
  int64_t perRow = shape.wholeRows ? 1 : shape.kernelWidth;
  b.repeat(shape.kernelHeight, [&](Value kh) {
    Value rowA =
              b.add(a, b.mul(kh, plan.dilationHeight * plan.input.strides[1])),
          rowW = b.add(columns.weights, b.mul(kh, perRow * stride));
    b.repeat(perRow, [&](Value kw) {
      sumSegment(
          columns,
          b.add(rowA, b.mul(kw, plan.dilationWidth * plan.input.strides[2])),
          b.add(rowW, b.mul(kw, stride)), tiles);
    });
  });
}

void MatrixWriter::sumSegment(const Columns &columns, Value a, Value w,
                              ArrayRef<int64_t> tiles) {
  int64_t inBytes = tiling.blockSteps * kStepBytes,
          weightBytes = tiling.blockSteps * kLineBytes;
  b.repeat(tiling.blocks, [&](Value block) {
    sumBlock(columns, b.add(a, b.mul(block, inBytes)),
             b.add(w, b.mul(block, weightBytes)), tiles, false);
  });
  if (tiling.tailSteps)
    sumBlock(columns, b.add(a, tiling.blocks * inBytes),
             b.add(w, tiling.blocks * weightBytes), tiles, true);
}

/// Each tile's vectors there, the next tile's back: a tile of weights that is
/// still there is not loaded again.
void MatrixWriter::sumBlock(const Columns &columns, Value a, Value w,
                            ArrayRef<int64_t> tiles, bool tail) {
  ConvOp op = plan.op;
  Value inputAt = getPointer(input, a), weightsAt = getPointer(weights, w);
  int64_t panel = plan.weightShape.getPanelStride(plan.packing);
  std::array<int64_t, kNumTiles> held;
  held.fill(-1);
  auto load = [&](int64_t tile, int64_t index, Value base, int64_t offset,
                  int64_t bytes) {
    if (std::exchange(held[tile], index) != index)
      call("llvm.x86.tileloadd64",
           {number(tile), getPointer(base, b.index(offset)), pitch(bytes)});
  };
  for (auto [tile, offset] : llvm::enumerate(tiles))
    for (int64_t i = 0; i < columns.vectors; ++i) {
      int64_t v = tile % 2 ? columns.vectors - 1 - i : i;
      int64_t in = numbers.input(tile, tail), by = numbers.weights(v, tail);
      load(in, tile, inputAt, offset, tiling.pixelStride);
      load(by, v, weightsAt, v * panel, kLineBytes);
      call(op.getInputUnsigned() ? "llvm.x86.tdpbusd" : "llvm.x86.tdpbssd",
           {number(numbers.sum(tile, v)), number(in), number(by)});
    }
}

//===----------------------------------------------------------------------===//
// From sums to the output
//===----------------------------------------------------------------------===//

/// The tiles [first, first + count) of a group, of which the first `early` rows
/// or pixels were computed before.
void MatrixWriter::finishTiles(const Columns &columns, Epilogue &epilogue,
                               Position at, int64_t first, int64_t count,
                               const Group &group, int64_t early) {
  int64_t step = getStep(group.alongRows);
  int64_t rows = tiling.outRows - (group.alongRows ? early : 0),
          pixels = tiling.outPixels - (group.alongRows ? 0 : early);
  int64_t skipped = early * (group.alongRows ? tiling.rowPitch : 1);
  b.repeat(count, [&](Value i) {
    Value tile = b.add(i, first), along = b.mul(tile, step);
    b.repeat(rows, [&](Value row) {
      Position from = at;
      from.row = b.add(from.row, row);
      Value &moved = group.alongRows ? from.row : from.pixel;
      moved = b.add(moved, along);
      Value line = b.add(b.add(b.mul(tile, kMost), skipped),
                         b.mul(row, tiling.rowPitch));
      finishRow(columns, epilogue, from, line, pixels);
    });
  });
}

/// Pixels of an output row, whose sums begin at a row of the scratch memory: so
/// many at once that bytes are packed from four vectors.
void MatrixWriter::finishRow(const Columns &columns, Epilogue &epilogue,
                             Position at, Value scratchRow, int64_t pixels) {
  int64_t together =
      std::min<int64_t>(pixels, 4 / std::gcd(4, columns.vectors));
  int64_t perRow = columns.vectors * kMost;
  auto finish = [&](Value from, int64_t count) {
    Position start = at;
    start.pixel = b.add(start.pixel, from);
    Value sumsAt = b.mul(b.add(scratchRow, from), perRow);
    SmallVector<Epilogue::Pixel> finished;
    SmallVector<Value> sums;
    for (int64_t pixel = 0; pixel < count; ++pixel) {
      finished.push_back({0, pixel});
      for (int64_t v = 0; v < columns.vectors; ++v)
        sums.push_back(
            b.load(scratch, b.add(sumsAt, pixel * perRow + v * kMost), kMost));
    }
    epilogue.moveTo(start);
    epilogue.finish(finished, sums);
  };
  b.repeat(pixels / together,
           [&](Value i) { finish(b.mul(i, together), together); });
  if (int64_t rest = pixels % together)
    finish(b.index(pixels - rest), rest);
}

void octet::lowerMatrixConv(const KernelPlan &plan, const MatrixTiling &tiling,
                            KernelBuilder &b) {
  MatrixWriter(plan, tiling, b).write();
}
