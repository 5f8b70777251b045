//===- Passes.td - Passes of the Fold stage -*- tablegen -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_FOLD_PASSES_TD
#define OCTET_FOLD_PASSES_TD

include "mlir/Pass/PassBase.td"

def FuseEpilogues : Pass<"octet-fuse-epilogues", "::mlir::func::FuncOp"> {
  let summary = "fold activations and residual additions into their producer";
  let description = [{
    A relu or clip of a value with no other user becomes the producer's `clamp`,
    and the sum of a convolution or matrix product and another tensor its
    `residual`. Runs on the float graph ahead of Quantize, so that neither the
    value before an activation nor that before an addition is ever rounded to
    8 bits.

    ```mlir
    %c = octet.conv(%x, %w) {...}
    %s = octet.add %c, %r
    %y = octet.relu %s
    // becomes
    %y = octet.conv(%x, %w, residual %r) {..., clamp = #octet.clamp<0.0 : inf>}
    ```
  }];
  let statistics = [
    Statistic<"numClamps", "clamps", "Activations folded">,
    Statistic<"numResiduals", "residuals", "Additions folded">];
  let dependentDialects = ["::mlir::octet::OctetDialect"];
}

def FoldQuantized : Pass<"octet-fold-quantized", "::mlir::func::FuncOp"> {
  let summary = "operators between dequantize and quantize compute in integers";
  let description = [{
    An operator with an integer form whose activation operands are all
    dequantized becomes the same operator on the quantized values. Its result is
    quantized if quantizes of one type are its only users, else float where the
    operator can read integers out as float. Constant biases become i32 at the
    scale of input times weight; where one does not fit, that channel's weights
    get a larger scale. A product whose accumulator could overflow 32 bits with
    these weights stays float.

    ```mlir
    %x = octet.dequantize %qx : ... !quant.uniform<u8:f32, 0.1>
    %w = octet.dequantize %qw : ... !quant.uniform<i8:f32, 0.5>
    %y = octet.matmul(%x, %w) : ...
    %qy = octet.quantize %y : ... !quant.uniform<u8:f32, 0.2>
    // becomes
    %qy = octet.matmul(%qx, %qw) : ...
    ```
  }];
  let statistics = [
    Statistic<"numFolded", "folded", "Operators that compute in integers">,
    Statistic<"numFloat", "float", "Operators with an integer form that stay "
                                   "float">];
  let dependentDialects = ["::mlir::octet::OctetDialect"];
}

def FoldLookups : Pass<"octet-fold-lookups", "::mlir::func::FuncOp"> {
  let summary = "chains of unary functions on 8 bits become tables";
  let description = [{
    Everything between a dequantize and a quantize that depends on one element
    is a table of 256 entries, computed in f64 (docs/Numerics.md, rule T1).

    ```mlir
    %x = octet.dequantize %q : ...
    %y = octet.silu %x : ...
    %r = octet.quantize %y : ...
    // becomes
    %r = octet.lookup %q {table = array<i8: ...>} : ...
    ```
  }];
  let statistics = [Statistic<"numTables", "tables", "Tables made">];
  let dependentDialects = ["::mlir::octet::OctetDialect"];
}

def ChannelsLast : Pass<"octet-channels-last", "::mlir::func::FuncOp"> {
  let summary = "convolutions, pools and resizes work on channels-last data";
  let description = [{
    Transposes each LayoutOpInterface operator's data to N x spatial x C and
    back, then moves the transposes through operators that do not mind
    (AxesOpInterface) until they cancel. What is left stands at inputs, outputs
    and reshapes, and before a resize that makes more of what it moves.
  }];
  let statistics = [
    Statistic<"numSwitched", "switched", "Operators switched">,
    Statistic<"numLeft", "left", "Transposes of data left">];
  let dependentDialects = ["::mlir::octet::OctetDialect"];
}

def RetypeStorage : Pass<"octet-retype-storage", "::mlir::func::FuncOp"> {
  let summary = "store activations with the signedness that the target wants";
  let description = [{
    Moves per-tensor 8-bit activations between u8 with zero point z and i8 with
    zero point z - 128: the same real values, and so the same results, in the
    form that the target's dot product reads. Weights stay signed. The model's
    own quantized inputs and outputs keep their type.
  }];
  let options = [Option<"toSigned", "signed", "bool", "false",
                        "i8 (ARM's dot products) instead of u8 (x86's)">];
  let statistics = [Statistic<"numRetyped", "retyped", "Values retyped">];
  let dependentDialects = ["::mlir::octet::OctetDialect"];
}

def NestConcats : Pass<"octet-nest-concats", "::mlir::func::FuncOp"> {
  let summary = "concatenations take what others have put together before";
  let description = [{
    Blocks of layers that each see the results of all before them put the same
    tensors together again and again. With one concatenation the beginning of
    the next, all of them share one buffer and nothing is copied.

    ```mlir
    %0 = octet.concat %a, %b {axis = 3 : i64}
    %1 = octet.concat %a, %b, %c {axis = 3 : i64}
    // becomes
    %1 = octet.concat %0, %c {axis = 3 : i64}
    ```
  }];
  let statistics = [
    Statistic<"numNested", "nested", "Concatenations that begin with another">];
  let dependentDialects = ["::mlir::octet::OctetDialect"];
}

def ChooseMultipliers : Pass<"octet-choose-multipliers", "::mlir::func::FuncOp"> {
  let summary = "move weights' scales to where requantization can round once";
  let description = [{
    A product's accumulator times the multiplier is rounded to f32 and then to an
    integer. Kernels do both at once where no accumulator's product is so near a
    half that it matters. Most multipliers have such accumulators, but another
    one is a few units in the last place away: the pass moves the scale of a
    channel's weights, and of the bias with it, by at most 24 of these, 3e-6 of
    its value, until it gets there. It does so for weights that were quantized
    here, not for those that came quantized.

    ```mlir
    %w = octet.constant ... : tensor<2x4x!quant.uniform<i8<-127:127>:f32:0, {0.00123,...}>>
    // becomes
    %w = octet.constant ... : tensor<2x4x!quant.uniform<i8<-127:127>:f32:0, {0.00123000021,...}>>
    ```
  }];
  let statistics = [
    Statistic<"numChosen", "chosen", "Products that may round once">,
    Statistic<"numLeft", "left", "Products for which no scales were found">];
  let dependentDialects = ["::mlir::octet::OctetDialect"];
}

def VerifyFold : Pass<"octet-verify-fold", "::mlir::func::FuncOp"> {
  let summary = "the contract of Fold";
  let description = [{
    No operator with an integer form sits between a dequantize of each of its
    activation operands and a quantize, unless it carries the reason in
    `octet.stays_float`; every layout but a resize's is channels-last.
  }];
}

#endif // OCTET_FOLD_PASSES_TD
