//===- Dots.h - Instructions for dot products and tables -------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What each architecture has for `dot4`, `mmla` and `lookup`. Operands are
// vectors of at most the instruction set's length; a null result means that it
// has no such instruction and the plain form is to be used.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_CODEGEN_KERNELS_DOTS_H
#define OCTET_LIB_CODEGEN_KERNELS_DOTS_H

#include "KernelBuilder.h"
#include "octet/Codegen/KernelTable.h"

namespace mlir::octet {

/// The even and odd bytes of a vector as 16-bit lanes.
struct BytePairs {
  Value even, odd;
  BytePairs() = default;
  BytePairs(KernelBuilder &b, Value bytes, bool isUnsigned);
};

struct DotOperands {
  Value acc, a, b;
  bool aUnsigned, safePairs;
  /// Takes bytes apart, or finds them taken apart before.
  function_ref<BytePairs(Value bytes, bool isUnsigned)> split;
  int64_t lanes() const {
    return cast<VectorType>(acc.getType()).getNumElements();
  }
};

Value lowerDotX86(KernelBuilder &b, octet_kernel::Isa isa,
                  const DotOperands &dot);
Value lowerDotArm(KernelBuilder &b, octet_kernel::Isa isa,
                  const DotOperands &dot);
Value lowerMmlaArm(KernelBuilder &b, octet_kernel::Isa isa,
                   const DotOperands &dot);

/// `index` has 16, 32 or 64 bytes; `table` has 256.
Value lowerLookupX86(KernelBuilder &b, octet_kernel::Isa isa, Value index,
                     ArrayRef<int8_t> table);
Value lowerLookupArm(KernelBuilder &b, Value index, ArrayRef<int8_t> table);

} // namespace mlir::octet

#endif // OCTET_LIB_CODEGEN_KERNELS_DOTS_H
