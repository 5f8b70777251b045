//===- octet/IR/Kernel/OctetKernel.h - The kernel dialect ------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The dialect of packed and tiled kernels, and its bufferization.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_IR_KERNEL_OCTETKERNEL_H
#define OCTET_IR_KERNEL_OCTETKERNEL_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "octet/IR/Kernel/OctetKernelDialect.h.inc"
#include "octet/IR/Kernel/OctetKernelEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "octet/IR/Kernel/OctetKernelAttrs.h.inc"

#include "octet/IR/Kernel/OctetKernelInterfaces.h.inc"

#define GET_OP_CLASSES
#include "octet/IR/Kernel/OctetKernelOps.h.inc"

namespace mlir::octet_kernel {

/// Lets One-Shot Bufferize handle the ops of this dialect.
void registerBufferizableOpInterfaceExternalModels(DialectRegistry &registry);

/// How a convolution's work falls into units: a block of output pixels times a
/// block of output channels. It depends on shapes alone, so that all
/// instruction sets split alike.
struct WorkGrid {
  /// Output images, rows and pixels of a row; one image of one row where rows
  /// follow each other in memory and need not be told apart.
  int64_t images, rows, pixels;
  /// A unit's part of them.
  int64_t rowsPerUnit, pixelsPerUnit;
  /// Groups times channel blocks of a group; the last block may be smaller.
  int64_t groups, channels;
  static constexpr int64_t kChannelsPerUnit = 64;
  /// Channel units that all pixels meet before the next ones come: as many as
  /// have their weights stay in cache meanwhile. A divisor of all.
  int64_t channelsTogether;

  explicit WorkGrid(ConvOp op);
  int64_t rowBlocks() const { return llvm::divideCeil(rows, rowsPerUnit); }
  int64_t pixelBlocks() const {
    return llvm::divideCeil(pixels, pixelsPerUnit);
  }
  int64_t channelBlocks() const {
    return llvm::divideCeil(channels, kChannelsPerUnit);
  }
  int64_t spatialUnits() const { return images * rowBlocks() * pixelBlocks(); }
  int64_t channelUnits() const { return groups * channelBlocks(); }
  int64_t units() const { return spatialUnits() * channelUnits(); }
};

/// Whether a kernel can address a buffer: its strides are static, and 1 along
/// channels.
bool hasUsableLayout(MemRefType type);

/// The instruction set of the function around (or being) `op`; `Generic` where
/// none is named.
Isa getIsa(Operation *op);
/// The instruction set of that name in octet/Support/Isas.def.
std::optional<Isa> findIsa(llvm::StringRef name);
void setIsa(Operation *function, Isa isa);

} // namespace mlir::octet_kernel

#endif // OCTET_IR_KERNEL_OCTETKERNEL_H
