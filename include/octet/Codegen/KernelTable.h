//===- octet/Codegen/KernelTable.h - Register tiles ------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The kernel table as data, and the selector. The instruction set is an
// argument: what another machine would get can be asked on any.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_CODEGEN_KERNELTABLE_H
#define OCTET_CODEGEN_KERNELTABLE_H

#include "octet/IR/Kernel/OctetKernel.h"

namespace mlir::octet {

/// What the generator and the cost model know of an instruction set.
struct IsaTraits {
  octet_kernel::Isa isa;
  int64_t vectorBits;
  /// Of the i8 weights of all but depthwise convolutions.
  octet_kernel::Packing packing;
  int64_t registers;
  bool hasFma, hasSignedDot, hasUnsignedDot;
  double dotCycles, fmaCycles, loadsPerCycle, l2BytesPerCycle;

  /// 32-bit lanes of a vector.
  int64_t getLanes() const { return vectorBits / 32; }
  /// 32-bit lanes of a vector of 2x2 sums.
  int64_t getMatrixLanes() const {
    return isa == octet_kernel::Isa::SVE256 ? 8 : 4;
  }
  /// Generic counts as x86, whose oldest form it serves, but names none of its
  /// instructions.
  bool isX86() const { return isa <= octet_kernel::Isa::AMX; }
  bool hasX86Packs() const {
    return isX86() && isa != octet_kernel::Isa::Generic;
  }
};

/// Of the input. Words: i8 that is made i16 before it meets weights. I8Matrix:
/// i8 in the tiles of a matrix unit, which multiplies 16 rows by 16 channels
/// over 16 steps at once.
enum class KernelType { I8, Words, F32, I8Matrix };

/// A register tile that fits: rows of pixels by vectors of output channels.
struct KernelRow {
  octet_kernel::Isa isa;
  KernelType type;
  int64_t rows, vectors, unroll;

  bool operator==(const KernelRow &other) const {
    return isa == other.isa && type == other.type && rows == other.rows &&
           vectors == other.vectors && unroll == other.unroll;
  }
};

const IsaTraits &getIsaTraits(octet_kernel::Isa isa);
ArrayRef<KernelRow> getKernelTable();

/// What tiles have to cover: rows of pixels by vectors of channels, and the
/// steps of the whole reduction; and how far apart pixels are read.
struct TileWork {
  int64_t rows, pixels, vectors, steps, pixelBytes = 0;
  /// The largest tile whose input may be put in order before; 0 where none is.
  int64_t panelPixels = 0;
  /// How many vectors' weights may be made words at once.
  int64_t panelVectors = 0;
  /// Stretches of input that the steps are in.
  int64_t segments = 1;
  /// Of an element. Floats of two are widened when they are read.
  int64_t weightBytes = 4;

  /// Whether that serves more than one tile.
  bool canUsePanel(const KernelRow &row) const {
    return panelPixels >= row.rows && vectors > row.vectors;
  }
};

/// The cheapest row of the table for that work; of no rows if there is none.
KernelRow selectKernel(octet_kernel::Isa isa, KernelType type,
                       const TileWork &work);
/// Estimated cycles of that row on that work.
double estimateCycles(const KernelRow &row, const TileWork &work);

/// Whether tiles of the matrix unit serve a convolution best on `isa`.
bool usesMatrixUnit(octet_kernel::ConvOp op, octet_kernel::Isa isa);

/// `count` in as few parts of at most `most` as possible, as equal as possible:
/// first `numLarge` parts of `size + 1`, then `numSmall` of `size`.
struct EvenParts {
  int64_t size, numLarge, numSmall;
  EvenParts(int64_t count, int64_t most);
};

/// How pixels fall into tiles of at most `most`: parts of a row, or, where rows
/// are short, several whole rows.
struct TileGrid {
  EvenParts rows, pixels;
  TileGrid(const TileWork &work, int64_t most);

private:
  static int64_t getTileRows(const TileWork &work, int64_t most);
};

} // namespace mlir::octet

#endif // OCTET_CODEGEN_KERNELTABLE_H
