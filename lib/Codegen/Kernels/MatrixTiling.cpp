//===- MatrixTiling.cpp - How a kernel falls into matrix tiles -*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MatrixTiling.h"
#include "octet/Support/Caches.h"
#include <cmath>

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet_kernel;

/// The steps of a segment in blocks: equal ones where that takes no more of
/// them than full ones and a rest.
static void divideSteps(MatrixTiling &tiling, int64_t steps) {
  int64_t blocks = llvm::divideCeil(steps, MatrixTiling::kMost);
  if (steps % blocks == 0) {
    tiling.blocks = blocks;
    tiling.blockSteps = steps / blocks;
    tiling.tailSteps = 0;
    return;
  }
  tiling.blocks = steps / MatrixTiling::kMost;
  tiling.blockSteps = MatrixTiling::kMost;
  tiling.tailSteps = steps % MatrixTiling::kMost;
}

/// The pixels of a tile.
static void dividePixels(MatrixTiling &tiling, ConvOp op,
                         const WorkGrid &grid) {
  auto strides =
      cast<MemRefType>(op.getInput().getType()).getStridesAndOffset().first;
  int64_t perRow = op.getStrides()[0] * strides[1],
          perPixel = op.getStrides()[1] * strides[2];
  tiling.outPixels = llvm::divideCeil(
      grid.pixelsPerUnit,
      llvm::divideCeil(grid.pixelsPerUnit, MatrixTiling::kMost));
  tiling.outRows = tiling.rowPitch = 1;
  tiling.pixelStride = perPixel;
  if (tiling.outPixels < grid.pixelsPerUnit)
    return;
  if (tiling.outPixels == 1)
    tiling.pixelStride = perPixel = perRow;
  if (perPixel == 0 || perRow % perPixel != 0)
    return;
  tiling.rowPitch = perRow / perPixel;
  int64_t more = (MatrixTiling::kMost - tiling.outPixels) / tiling.rowPitch;
  tiling.outRows = std::clamp<int64_t>(1 + more, 1, grid.rowsPerUnit);
}

/// Cycles of a product, and until its sums can be added to; of a row of a tile
/// that is loaded; from a product's operands in memory to its sums there; of
/// what is done to a vector of sums, in memory between; of configuring and
/// releasing tiles, in a unit's share.
static constexpr double kProductCycles = 16, kProductLatency = 52,
                        kRowCycles = 0.5, kLatencyCycles = 100,
                        kVectorCycles = 6, kSetupCycles = 50;

/// Cycles of one unit of the kernel.
static double estimateUnit(const MatrixTiling &tiling, const IsaTraits &traits,
                           const WorkGrid &grid, int64_t vectors,
                           int64_t segments) {
  double tiles = double(llvm::divideCeil(grid.rowsPerUnit, tiling.outRows)) *
                 llvm::divideCeil(grid.pixelsPerUnit, tiling.outPixels);
  double blocks = segments * (tiling.blocks + (tiling.tailSteps ? 1 : 0));
  double groups = std::ceil(tiles / tiling.tiles) *
                  llvm::divideCeil(vectors, tiling.vectors);
  // With few sums, a product waits for the one before.
  double products =
      std::max(tiles * vectors * kProductCycles, groups * kProductLatency);
  double weightBytes = tiling.vectors * tiling.blockSteps * 64.0;
  double loads = kRowCycles * (tiling.tiles * tiling.tileRows() +
                               tiling.vectors * tiling.blockSteps);
  if (weightBytes * blocks > kResidentL1Bytes)
    loads = std::max(loads, weightBytes / traits.l2BytesPerCycle);
  loads *= groups;
  double epilogue =
      grid.rowsPerUnit * grid.pixelsPerUnit * vectors * kVectorCycles;
  return blocks * std::max(products, loads) + groups * kLatencyCycles +
         epilogue + kSetupCycles;
}

/// Cycles of the same unit in vectors.
static double estimateVectors(ConvOp op, Isa isa, const WorkGrid &grid,
                              int64_t vectors) {
  WeightShape shape(op);
  Packing packing = getIsaTraits(isa).packing;
  TileWork work = {grid.rowsPerUnit, grid.pixelsPerUnit, vectors,
                   shape.getSegments(packing) * shape.getSteps(packing)};
  return estimateCycles(selectKernel(isa, KernelType::I8, work), work);
}

std::optional<MatrixTiling> MatrixTiling::choose(ConvOp op, Isa isa) {
  // Bytes go from memory to tiles as they are, and weights are those of all
  // rows.
  if (op.isFloat() || op.isDepthwise() || op.getFlipInput() ||
      op.getWeightsPerRow())
    return std::nullopt;
  WorkGrid grid(op);
  WeightShape shape(op);
  Packing packing = getIsaTraits(isa).packing;
  int64_t vectors = llvm::divideCeil(
      std::min(grid.channels, WorkGrid::kChannelsPerUnit), kMost);
  TileAttr asked = op.getTileAttr();
  std::optional<MatrixTiling> best;
  double bestCycles = 0;
  for (const KernelRow &row : getKernelTable()) {
    if (row.isa != isa || row.type != KernelType::I8Matrix)
      continue;
    if (asked &&
        (asked.getRows() != row.rows || asked.getVectors() != row.vectors ||
         asked.getUnroll() != row.unroll))
      continue;
    MatrixTiling tiling;
    tiling.tiles = row.rows / kMost, tiling.vectors = row.vectors;
    dividePixels(tiling, op, grid);
    divideSteps(tiling, shape.getSteps(packing));
    double cycles = estimateUnit(tiling, getIsaTraits(isa), grid, vectors,
                                 shape.getSegments(packing));
    if (!best || cycles < bestCycles)
      best = tiling, bestCycles = cycles;
  }
  if (best && !asked && estimateVectors(op, isa, grid, vectors) <= bestCycles)
    return std::nullopt;
  return best;
}

bool octet::usesMatrixUnit(ConvOp op, Isa isa) {
  return MatrixTiling::choose(op, isa).has_value();
}
