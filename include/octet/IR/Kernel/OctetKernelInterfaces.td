//===- OctetKernelInterfaces.td - What kernels have in common -*- tablegen -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_IR_KERNEL_OCTETKERNELINTERFACES_TD
#define OCTET_IR_KERNEL_OCTETKERNELINTERFACES_TD

include "mlir/IR/OpBase.td"

def OctetKernel_SplittableOpInterface : OpInterface<"SplittableOpInterface"> {
  let cppNamespace = "::mlir::octet_kernel";
  let description = [{
    A kernel whose work is a row of independent units, so that threads can
    share it. The number of units depends on the op alone, never on the
    instruction set: every version of a kernel splits alike.
  }];
  let methods = [
    InterfaceMethod<"How many units there are.", "int64_t", "getWorkExtent">,
    InterfaceMethod<"Restricts the op to the units [lo, hi), both `index`.",
      "void", "setWorkRange", (ins "::mlir::Value":$lo, "::mlir::Value":$hi)>,
    InterfaceMethod<"Multiply-accumulates of all units.", "int64_t", "getMacs">
  ];
}

#endif // OCTET_IR_KERNEL_OCTETKERNELINTERFACES_TD
