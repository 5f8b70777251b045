//===- Effects.h - What kernels read and write -----------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_IR_KERNEL_EFFECTS_H
#define OCTET_LIB_IR_KERNEL_EFFECTS_H

#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace mlir::octet_kernel {

/// A kernel on buffers writes its outputs, without reading them, and reads all
/// else.
void addDestinationEffects(
    DestinationStyleOpInterface op,
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects);

} // namespace mlir::octet_kernel

#endif // OCTET_LIB_IR_KERNEL_EFFECTS_H
