//===- Passes.td - Passes of the Quantize stage -*- tablegen -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_QUANTIZE_PASSES_TD
#define OCTET_QUANTIZE_PASSES_TD

include "mlir/Pass/PassBase.td"

def PreferFloat : Pass<"octet-prefer-float", "::mlir::func::FuncOp"> {
  let summary = "mark operators between which 8 bits would cost accuracy";
  let description = [{
    Operators without weights have an integer form to spare conversions, and
    that is worth little where it loses what the next operator needs. An
    `octet.prefers_float` with the reason goes to steep functions (square root,
    exponential, logarithm, reciprocal, sine, cosine), to products with gates
    (sigmoid(a) * b of equal shapes, as in recurrences), to cuts of the model's
    inputs, whose parts have ranges of their own, and to pointwise operators that
    only read from float operators or only feed them. The default
    recipe follows it; a rule with `"precision": "int8"` does not.

    ```mlir
    %m = octet.sqrt %p
    // becomes
    %m = octet.sqrt %p {octet.prefers_float = "256 codes follow ..."}
    ```
  }];
  let statistics = [
    Statistic<"numPreferred", "preferred", "Operators that prefer float">];
  let dependentDialects = ["::mlir::octet::OctetDialect"];
}

def AssignSchemes : Pass<"octet-assign-schemes", "::mlir::func::FuncOp"> {
  let summary = "decide for every operator: quantized how, or float and why";
  let description = [{
    Gives each operator an `octet.scheme` or an `octet.stays_float` with the
    reason, from the recipe and from what the operator says of itself
    (IntegerFormOpInterface). The recipe is JSON; docs/Recipes.md describes it.
    An operator after whose result no integer arithmetic follows keeps a float
    result, so it is left float unless it can read integers out as float.

    ```mlir
    %y = octet.conv(%x, %w) {...}
    // becomes
    %y = octet.conv(%x, %w) {..., octet.scheme = #octet.scheme<>}
    ```
  }];
  let options = [Option<"recipe", "recipe", "std::string", "\"\"",
                        "The recipe's JSON text; empty: the default recipe">];
  let statistics = [
    Statistic<"numQuantized", "quantized", "Operators given a scheme">,
    Statistic<"numFloat", "float", "Operators left float">];
  let dependentDialects = ["::mlir::octet::OctetDialect"];
}

def NarrowWeights : Pass<"octet-narrow-weights", "::mlir::func::FuncOp"> {
  let summary = "keep constant weights of float operators in 16 bits";
  let description = [{
    The weights of convolutions and products and the tables of gathers become
    f16 or bf16 where no scheme makes them integers. Products take such weights
    beside an f32 input; what is gathered is widened after it. The sums stay
    f32. A constant that 16 bits hold worse than rounding explains, for it has
    numbers beyond the format's range or below its normal numbers, stays f32,
    and `octet.stays_float` says so (docs/Numerics.md, rule F2).

    `precision` is `fp16`, `bf16` or `float`; empty, it is the type that the
    model's own floats were stored in, `octet.stored_floats` of the function. A
    recipe's rule with another `"precision"` goes before it.

    ```mlir
    %w = octet.constant dense<0.5> : tensor<8x4xf32> -> tensor<8x4xf32>
    %y = octet.matmul(%x, %w) : (tensor<1x8xf32>, tensor<8x4xf32>) -> tensor<1x4xf32>
    // becomes
    %w = octet.constant dense<0.5> : tensor<8x4xf16> -> tensor<8x4xf16>
    %y = octet.matmul(%x, %w) : (tensor<1x8xf32>, tensor<8x4xf16>) -> tensor<1x4xf32>
    ```
  }];
  let options = [
    Option<"recipe", "recipe", "std::string", "\"\"",
           "The recipe's JSON text; empty: the default recipe">,
    Option<"precision", "precision", "std::string", "\"\"",
           "fp16, bf16, float; empty: as the model stores floats">];
  let statistics = [
    Statistic<"numNarrowed", "narrowed", "Constants made 16 bits wide">,
    Statistic<"numKept", "kept", "Constants that 16 bits cannot hold">];
  let dependentDialects = ["::mlir::octet::OctetDialect"];
}

def InsertObservers : Pass<"octet-insert-observers", "::mlir::func::FuncOp"> {
  let summary = "mark the values whose range must be learnt";
  let description = [{
    A value gets an observer if an operator with a scheme reads or makes it, an
    operator that computes on integers uses it, and its range does not follow
    from somewhere else: it is no constant, comes from no movement of an observed
    value, and its producer has no fixed range. Outputs of the model that
    operators with a scheme make are observed too, for their quantized form.

    ```mlir
    %y = octet.conv(%x, %w) {octet.scheme = #octet.scheme<>}
    // becomes
    %o = octet.observe %x by <>
    %y = octet.conv(%o, %w) {octet.scheme = #octet.scheme<>}
    ```
  }];
  let statistics = [
    Statistic<"numObservers", "observers", "Observers inserted">];
  let dependentDialects = ["::mlir::octet::OctetDialect"];
}

def ExposeObservers : Pass<"octet-expose-observers", "::mlir::func::FuncOp"> {
  let summary = "return what observers see";
  let description = [{
    Replaces the function's results by the inputs of its observers, in order,
    and removes the observers: the model that calibration compiles and runs.

    ```mlir
    %o = octet.observe %x by <> : tensor<4xf32>
    return %y : tensor<2xf32>
    // becomes
    return %x : tensor<4xf32>
    ```
  }];
  let dependentDialects = ["::mlir::octet::OctetDialect"];
}

def KeepResolution : Pass<"octet-keep-resolution", "::mlir::func::FuncOp"> {
  let summary = "leave products float whose input 8 bits cannot hold";
  let description = [{
    One scale serves all samples. Where a typical sample of a model's input spans
    less than an eighth of what all samples span (speech in raw audio), it has
    fewer than 32 codes. The convolutions and products that read such an input
    give up their scheme.

    ```mlir
    %o = octet.observe %x by <> : tensor<1x576xf32> // quiet and loud
    %y = octet.conv(%o, %w) {octet.scheme = #octet.scheme<>}
    // becomes
    %y = octet.conv(%x, %w) {octet.stays_float = "a typical sample spans ..."}
    ```
  }];
  let statistics = [
    Statistic<"numReleased", "released", "Products left float">];
  let dependentDialects = ["::mlir::octet::OctetDialect"];
}

def ChooseScales : Pass<"octet-choose-scales", "::mlir::func::FuncOp"> {
  let summary = "turn observers and weights into quantize-dequantize pairs";
  let description = [{
    An observer with statistics becomes a pair at the scale that its scheme
    draws from them, the result of an operator with a fixed range a pair at the
    fixed scale, and constant weights of operators with a scheme become quantized
    constants, read through a dequantize. Where an observer saw the means of the
    input's channels, the bias makes good for the mean error of the weights.
    Outputs stay real; the result attribute `octet.quantized_form` says by which
    type they have 8 bits in `@main_quantized`.

    ```mlir
    %o = octet.observe %x by <> seen <range [0.0, 2.55], ...> : tensor<4xf32>
    // becomes
    %q = octet.quantize %x : tensor<4xf32> -> tensor<4x!quant.uniform<u8:f32, 0.01>>
    %o = octet.dequantize %q : tensor<4x!quant.uniform<u8:f32, 0.01>> -> tensor<4xf32>
    ```
  }];
  let statistics = [
    Statistic<"numPairs", "pairs", "Pairs inserted for activations">,
    Statistic<"numWeights", "weights", "Weight constants quantized">,
    Statistic<"numCorrected", "corrected",
              "Biases that make good for the error of weights">];
  let dependentDialects = ["::mlir::octet::OctetDialect",
                           "::mlir::quant::QuantDialect"];
}

def VerifyQuantize : Pass<"octet-verify-quantize", "::mlir::func::FuncOp"> {
  let summary = "the contract of Quantize";
  let description = [{
    No observer is left, and every operator was decided: it has a scheme, a
    reason to stay float, or touches no float at all.
  }];
}

#endif // OCTET_QUANTIZE_PASSES_TD
