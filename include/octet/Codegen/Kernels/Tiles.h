//===- octet/Codegen/Kernels/Tiles.h - Measured register tiles -*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What octet-choose-tiles reads and writes, for who measures.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_CODEGEN_KERNELS_TILES_H
#define OCTET_CODEGEN_KERNELS_TILES_H

#include "octet/Codegen/KernelTable.h"
#include "octet/IR/Kernel/OctetKernel.h"

namespace mlir::octet {

/// On a module: a dictionary from the names of kernels to their tiles.
inline constexpr llvm::StringLiteral kTilesAttrName = "octet_kernel.tiles";
/// On a function: the entry of the kernel in it that has a candidate's tile.
inline constexpr llvm::StringLiteral kMeasuredAttrName =
    "octet_kernel.measured";

/// The rows of the kernel table for an instruction set and type, in order.
SmallVector<octet_kernel::TileAttr>
getTiles(MLIRContext *context, octet_kernel::Isa isa, KernelType type);

} // namespace mlir::octet

#endif // OCTET_CODEGEN_KERNELS_TILES_H
