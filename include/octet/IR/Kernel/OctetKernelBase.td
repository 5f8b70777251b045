//===- OctetKernelBase.td - The octet_kernel dialect -------*- tablegen -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_IR_KERNEL_OCTETKERNELBASE_TD
#define OCTET_IR_KERNEL_OCTETKERNELBASE_TD

include "mlir/IR/OpBase.td"

def OctetKernel_Dialect : Dialect {
  let name = "octet_kernel";
  let cppNamespace = "::mlir::octet_kernel";
  let summary = "the machine: packed and tiled kernels, and the dot products of "
                "its instruction sets";
  let description = [{
    Codegen turns contractions and convolutions into `octet_kernel.conv`, a
    destination-style op on storage elements whose region is the epilogue:
    everything that is computed per output element once its sum is known.
    `octet-lower-kernels` writes it as loops around an unrolled register tile
    of 1-D vectors; `octet-lower-dots` gives the dot products of the tile their
    instructions.

    A function says which instruction set it is compiled for by the attribute
    `octet_kernel.isa`:

    ```mlir
    func.func @k(%x: memref<1x1x512x512xi8>)
        attributes {octet_kernel.isa = #octet_kernel.isa<avx512vnni>}
    ```
  }];
  let useDefaultAttributePrinterParser = 1;
  let extraClassDeclaration = [{
    /// Name of the function attribute that holds the instruction set.
    static constexpr ::llvm::StringLiteral kIsaAttrName = "octet_kernel.isa";
    /// Of a function whose kernel takes a range: the number of its units.
    static constexpr ::llvm::StringLiteral kWorkExtentAttrName =
        "octet_kernel.work_extent";
    void registerAttributes();
  }];
}

#endif // OCTET_IR_KERNEL_OCTETKERNELBASE_TD
