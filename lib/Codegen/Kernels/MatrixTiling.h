//===- MatrixTiling.h - How a kernel falls into matrix tiles ---*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A matrix unit multiplies 16 rows of 64 bytes by 16 channels. The rows of a
// tile are pixels an even distance apart; where rows of the output are short, a
// tile has several, and what lies between them is computed and not used. All
// tiles of a kernel have one shape, so that they are configured once: at an
// end, a tile begins early and computes some pixels again.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_CODEGEN_KERNELS_MATRIXTILING_H
#define OCTET_LIB_CODEGEN_KERNELS_MATRIXTILING_H

#include "KernelPlan.h"
#include "octet/Codegen/KernelTable.h"

namespace mlir::octet {

struct MatrixTiling {
  /// Rows, channels and steps that the unit multiplies at once.
  static constexpr int64_t kMost = 16;

  /// Tiles whose sums are computed together, by vectors of channels.
  int64_t tiles, vectors;
  /// Output rows and pixels of a tile.
  int64_t outRows, outPixels;
  /// Elements of the input from a row of a tile to the next, and rows of a tile
  /// from one output row to the next.
  int64_t pixelStride, rowPitch;
  /// A segment: blocks of steps, and what is left.
  int64_t blocks, blockSteps, tailSteps;

  int64_t tileRows() const { return (outRows - 1) * rowPitch + outPixels; }

  /// The cheapest for a convolution; nothing where the instruction set has no
  /// matrix unit, or its vectors are faster.
  static std::optional<MatrixTiling> choose(octet_kernel::ConvOp op,
                                            octet_kernel::Isa isa);
};

/// Writes a convolution in matrix tiles.
void lowerMatrixConv(const KernelPlan &plan, const MatrixTiling &tiling,
                     KernelBuilder &b);

} // namespace mlir::octet

#endif // OCTET_LIB_CODEGEN_KERNELS_MATRIXTILING_H
