//===- Passes.td - Passes of the Import stage -*- tablegen -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_IMPORT_PASSES_TD
#define OCTET_IMPORT_PASSES_TD

include "mlir/Pass/PassBase.td"

def ImportNodes : Pass<"octet-import-nodes", "::mlir::ModuleOp"> {
  let summary = "Gives ONNX nodes their meaning";
  let description = [{
    Walks the nodes in order and replaces each by operators of the dialect,
    through the importer that is registered for its domain, operator and opset
    version. Types are known only once everything before a node has been
    replaced, hence one pass in order for all families of operators. Constants
    fold on the way, so that computations of shapes disappear.

    ```mlir
    %y = octet.node "Relu"(%x) {domain = "", opset = 17 : i64,
       node_attributes = {}} : (tensor<1x8xf32>) -> none
    // becomes
    %y = octet.relu %x : tensor<1x8xf32> -> tensor<1x8xf32>
    ```
  }];
  let dependentDialects = ["::mlir::octet::OctetDialect"];
  let statistics = [
    Statistic<"numImported", "nodes-imported", "Number of nodes replaced">
  ];
}

def WidenFloats : Pass<"octet-widen-floats", "::mlir::func::FuncOp"> {
  let summary = "Computes in f32 what a model has in 16 bits";
  let description = [{
    A model that was exported in f16 or bf16 keeps its interface: its inputs are
    widened when they come in, its results rounded when they go out. All between
    is f32 (docs/Numerics.md, rule F1), as CPUs compute it, and passes that know
    f32 serve it. Which type the constants had is kept as `octet.stored_floats`
    of the function: weights go back to it (octet-narrow-weights). Functions
    with quantized types of 16-bit floats stay as they are.

    ```mlir
    %y = octet.relu %x : tensor<4xf16> -> tensor<4xf16>
    return %y : tensor<4xf16>
    // becomes
    %0 = octet.cast %x : tensor<4xf16> -> tensor<4xf32>
    %y = octet.relu %0 : tensor<4xf32> -> tensor<4xf32>
    %1 = octet.cast %y : tensor<4xf32> -> tensor<4xf16>
    return %1 : tensor<4xf16>
    ```
  }];
  let dependentDialects = ["::mlir::octet::OctetDialect"];
  let statistics = [
    Statistic<"numWidened", "widened", "Number of values made f32">
  ];
}

def Simplify : Pass<"octet-simplify", "::mlir::func::FuncOp"> {
  let summary = "Folds what exporters leave around the operators that count";
  let description = [{
    Rewrites that hold for real numbers and make a float model smaller: batch
    normalization and constant factors move into the weights before them, a
    constant pad into the window after it, spelled-out activations and
    normalizations become one operator.

    ```mlir
    %0 = octet.conv(%x, %w) ...
    %1 = octet.batch_norm %0, %scale, %bias, %mean, %variance ...
    // becomes, with other constants
    %1 = octet.conv(%x, %w1, bias %b1) ...
    ```
  }];
  let dependentDialects = ["::mlir::octet::OctetDialect"];
  let statistics = [
    Statistic<"numNorms", "norms-folded",
              "Number of batch normalizations folded into weights">,
    Statistic<"numFactors", "factors-folded",
              "Number of constant factors and terms folded into weights">,
    Statistic<"numPads", "pads-folded", "Number of pads folded into windows">,
    Statistic<"numFused", "activations-recognized",
              "Number of spelled-out activations and normalizations">
  ];
}

def VerifyImport : Pass<"octet-verify-import", "::mlir::ModuleOp"> {
  let summary = "Checks what Import must leave: known operators, static shapes";
  let description = [{
    The contract of the stage: one function `main` with named inputs and
    outputs, no `octet.node` and no `octet.absent`, only ranked tensors of fixed
    extents. Later stages rely on it.
  }];
}

#endif // OCTET_IMPORT_PASSES_TD
