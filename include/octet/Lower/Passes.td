//===- Passes.td - Passes of the Lower stage -*- tablegen -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LOWER_PASSES_TD
#define OCTET_LOWER_PASSES_TD

include "mlir/Pass/PassBase.td"

class Octet_LowerPass<string flag> : Pass<flag, "::mlir::ModuleOp"> {
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
    "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"];
}

def AddQuantizedEntry : Octet_LowerPass<"octet-add-quantized-entry"> {
  let summary = "a second main function that takes and gives quantized tensors";
  let description = [{
    Where all that reads an input quantizes it to one type, `@main_quantized`
    takes the quantized tensor in its stead. It gives what a dequantization would
    make an output of, or the output quantized by its `octet.quantized_form`, so
    that its outputs are those of `@main`, quantized, bit for bit. Other inputs
    and outputs keep their types; where all do, there is no such function.

    ```mlir
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %0 = octet.quantize %x : tensor<4xf32> -> tensor<4x!quant.uniform<u8:f32, 0.5:3>>
      %1 = octet.max_pool %0 ...
      %2 = octet.dequantize %1 : tensor<4x!quant.uniform<u8:f32, 0.5:3>> -> tensor<4xf32>
    // adds
    func.func @main_quantized(%x: tensor<4x!quant.uniform<u8:f32, 0.5:3>>)
        -> tensor<4x!quant.uniform<u8:f32, 0.5:3>> {
      %1 = octet.max_pool %x ...
    ```
  }];
  let statistics = [
    Statistic<"numInputs", "inputs", "inputs with a quantized form">,
    Statistic<"numOutputs", "outputs", "outputs with a quantized form">];
}

def LowerQuantized : Octet_LowerPass<"octet-lower-quantized"> {
  let summary = "operators on quantized types become integer linalg";
  let description = [{
    Every value of a quantized type becomes its storage, a signless integer, and
    every operator that computes on one becomes integer and float arithmetic by
    the rules of docs/Numerics.md. Whether the storage is signed is from then on
    in the operations alone (`arith.extui` or `arith.extsi`). Operators that
    only move elements stay, on the storage type.

    An argument or result of a function whose element type changes keeps the
    original one in an attribute `octet.type`. A module without quantized types
    gets the attribute `octet.free_floats`: no integer depends on the last bits
    of its floats, and products may be fused with sums.

    ```mlir
    %y = octet.dequantize %x : tensor<4x!quant.uniform<u8:f32, 0.5:3>> -> tensor<4xf32>
    // becomes
    %y = linalg.generic ins(%x : tensor<4xi8>) outs(%e : tensor<4xf32>) {
    ^bb0(%q: i8, %o: f32):
      %0 = arith.extui %q : i8 to i32
      %1 = arith.subi %0, %c3 : i32
      %2 = arith.sitofp %1 : i32 to f32
      %3 = arith.mulf %2, %half : f32
      linalg.yield %3 : f32
    }
    ```
  }];
}

def LowerFloat : Octet_LowerPass<"octet-lower-float"> {
  let summary = "operators on floats and plain integers become linalg";
  let description = [{
    Runs after `octet-lower-quantized`: everything that computes is lowered here,
    and integers lose their signedness as quantized types did there. Operators
    that only move elements stay.

    ```mlir
    %y = octet.add %a, %b : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
    // becomes
    %y = linalg.generic {indexing_maps = [(d0, d1) -> (d0, d1), (d0, d1) -> (d1),
                                          (d0, d1) -> (d0, d1)]} ... arith.addf
    ```
  }];
}

def LowerMovement : Octet_LowerPass<"octet-lower-movement"> {
  let summary = "operators that move elements become tensor operations";
  let description = [{
    Constants, reshapes, transposes, concatenations, slices, pads and gathers, on
    storage types. A concatenation becomes insertions into one empty tensor, so
    that its inputs can be computed in place.

    ```mlir
    %y = octet.concat %a, %b {axis = 0 : i64}
       : (tensor<2xf32>, tensor<3xf32>) -> tensor<5xf32>
    // becomes
    %0 = tensor.empty() : tensor<5xf32>
    %1 = tensor.insert_slice %a into %0[0] [2] [1]
    %y = tensor.insert_slice %b into %1[2] [3] [1]
    ```
  }];
}

def VerifyLower : Pass<"octet-verify-lower", "::mlir::ModuleOp"> {
  let summary = "contract of the Lower stage";
  let description = [{
    Fails unless only operations of the builtin, func, linalg, tensor, arith,
    math and scf dialects are left, all of their values are of builtin types and
    integers are signless.
  }];
}

#endif // OCTET_LOWER_PASSES_TD
