//===- KernelTable.cpp - Register tiles and their choice -------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Codegen/KernelTable.h"
#include "octet/Support/Caches.h"
#include <numeric>

using namespace mlir;
using namespace mlir::octet;
using octet_kernel::Isa;
using octet_kernel::Packing;

static constexpr IsaTraits kIsas[] = {
#define OCTET_KERNEL_ISA(isa, bits, packing, registers, fma, signedDot,        \
                         unsignedDot, dotCycles, fmaCycles, loads, l2Bytes)    \
  {Isa::isa,    bits,      Packing::packing, registers, fma,    signedDot,     \
   unsignedDot, dotCycles, fmaCycles,        loads,     l2Bytes},
#include "octet/Codegen/KernelTable.inc"
};

static constexpr KernelRow kRows[] = {
#define OCTET_KERNEL(isa, type, rows, vectors, unroll)                         \
  {Isa::isa, KernelType::type, rows, vectors, unroll},
#include "octet/Codegen/KernelTable.inc"
};

const IsaTraits &octet::getIsaTraits(Isa isa) {
  return *llvm::find_if(
      kIsas, [&](const IsaTraits &traits) { return traits.isa == isa; });
}

ArrayRef<KernelRow> octet::getKernelTable() { return kRows; }

EvenParts::EvenParts(int64_t count, int64_t most) {
  int64_t parts = llvm::divideCeil(count, most);
  size = count / parts;
  numLarge = count % parts;
  numSmall = parts - numLarge;
}

int64_t TileGrid::getTileRows(const TileWork &work, int64_t most) {
  return std::clamp<int64_t>(most / work.pixels, 1, work.rows);
}

TileGrid::TileGrid(const TileWork &work, int64_t most)
    : rows(work.rows, getTileRows(work, most)),
      pixels(work.pixels, most / getTileRows(work, most)) {}

/// Cycles from the operands of a dot product or multiply-add to its result.
static constexpr double kLatency = 4.5;
/// Cycles of the epilogue of a vector, of storing what a pixel has of up to
/// four vectors, of entering a tile, and of entering a segment of several.
static constexpr double kEpilogueCycles = 3.5, kStoreCycles = 1.5,
                        kTileCycles = 12, kSegmentCycles = 6;

/// Of a dot product of words, AVX2's: two multiplications and two additions;
/// and to widen a pixel's step.
static constexpr double kWordDotCycles = 1.1, kWidenCycles = 0.6;
/// Of making a vector of 16-bit floats one of f32, on the ports that multiply.
static constexpr double kExtendCycles = 1.0;
/// What bringing two rows together, and the registers that it takes, cost in a
/// step, in dot products of a pair of rows.
static constexpr double kPairingVectors = 0.5;
/// Dots and loads that Arm's cores take in a cycle of two dots.
static constexpr double kIssuedPerCycle = 3;

/// A distance at which lines share a set of L1, and how many lines of a set may
/// stay while weights pass; cycles of a read that misses for that.
static constexpr int64_t kAliasBytes = 4096, kResidentLines = 7;
static constexpr double kConflictCycles = 0.4;

/// Whether the rows of a tile push each other out of L1.
static bool haveConflicts(int64_t rows, int64_t pixelBytes) {
  if (pixelBytes == 0)
    return false;
  int64_t places = kAliasBytes / std::gcd(kAliasBytes, pixelBytes);
  return rows > places * kResidentLines;
}

/// Cycles of one tile of `rows` by `vectors`.
static double estimateTile(const KernelRow &row, int64_t rows, int64_t vectors,
                           const TileWork &work) {
  int64_t steps = work.steps;
  const IsaTraits &traits = getIsaTraits(row.isa);
  double dotCycles = row.type == KernelType::I8      ? traits.dotCycles
                     : row.type == KernelType::Words ? kWordDotCycles
                                                     : traits.fmaCycles;
  double dots = double(rows) * vectors * dotCycles;
  bool extends = row.type == KernelType::F32 && work.weightBytes == 2;
  if (extends)
    dots += vectors * kExtendCycles;
  // Rows of Arm tiles are loaded for `unroll` steps at once.
  double rowLoads = traits.isX86() ? rows : double(rows) / row.unroll;
  double vectorLoads = vectors;
  // Pairs of rows are multiplied at once, and brought together before.
  if (row.type == KernelType::I8 && traits.packing == Packing::Pairs) {
    double pairings = work.canUsePanel(row) ? 0 : kPairingVectors;
    dots = llvm::alignTo(rows, 2) * (vectors + pairings) * traits.dotCycles;
    rowLoads = rows / 2.0;
    vectorLoads = 8.0 * vectors / traits.getMatrixLanes();
  }
  double loads = (vectorLoads + rowLoads) / traits.loadsPerCycle;
  double step = std::max({dots, loads, kLatency});
  if (traits.packing == Packing::Pairs) {
    double products = dots / traits.dotCycles * 4 / traits.getMatrixLanes();
    step =
        std::max(step, (products + vectorLoads + rowLoads) / kIssuedPerCycle);
  }
  if (haveConflicts(rows, work.pixelBytes))
    step += rows * kConflictCycles;
  double bytes = double(vectors) * traits.vectorBits / 8 *
                 (row.type == KernelType::Words ? 2.0
                  : extends                     ? 0.5
                                                : 1.0);
  if (bytes * steps > kResidentL1Bytes)
    step = std::max(step, bytes / traits.l2BytesPerCycle);
  if (row.type == KernelType::Words)
    step += rows * kWidenCycles * row.vectors /
            std::min(work.vectors, work.panelVectors);
  double stores = rows * llvm::divideCeil(vectors, 4);
  return steps * step + rows * vectors * kEpilogueCycles +
         stores * kStoreCycles + kTileCycles +
         (work.segments - 1) * kSegmentCycles;
}

double octet::estimateCycles(const KernelRow &row, const TileWork &work) {
  TileGrid grid(work, row.rows);
  auto column = [&](int64_t vectors) {
    double cycles = 0;
    auto add = [&](int64_t tiles, int64_t pixels) {
      if (tiles)
        cycles += tiles * estimateTile(row, pixels, vectors, work);
    };
    for (auto [count, rows] :
         {std::pair(grid.rows.numLarge, grid.rows.size + 1),
          std::pair(grid.rows.numSmall, grid.rows.size)}) {
      add(count * grid.pixels.numLarge, rows * (grid.pixels.size + 1));
      add(count * grid.pixels.numSmall, rows * grid.pixels.size);
    }
    return cycles;
  };
  int64_t columns = std::min(row.vectors, work.vectors);
  double cycles = (work.vectors / columns) * column(columns);
  if (int64_t rest = work.vectors % columns)
    cycles += column(rest);
  return cycles;
}

KernelRow octet::selectKernel(Isa isa, KernelType type, const TileWork &work) {
  const KernelRow *best = nullptr;
  double bestCycles = 0;
  for (const KernelRow &row : kRows) {
    if (row.isa != isa || row.type != type)
      continue;
    double cycles = estimateCycles(row, work);
    if (!best || cycles < bestCycles)
      best = &row, bestCycles = cycles;
  }
  return best ? *best : KernelRow{isa, type, 0, 0, 0};
}
