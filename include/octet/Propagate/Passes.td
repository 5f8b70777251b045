//===- Passes.td - Passes of the Propagate stage -*- tablegen -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_PROPAGATE_PASSES_TD
#define OCTET_PROPAGATE_PASSES_TD

include "mlir/Pass/PassBase.td"

def JoinScales : Pass<"octet-join-scales", "::mlir::func::FuncOp"> {
  let summary = "give the operands of a join one scale";
  let description = [{
    The data operands of an operator that moves several values into one (a
    concat) must share a scale before it can work on quantized values. Where all
    of them are dequantized, and something downstream computes with the result
    in integers, each is brought to the type that represents the union of their
    ranges: a value quantized only for this join at that type, one with other
    users by a requantize. Where the result only reaches float operators or
    outputs, the operands keep their own scales and the join stays float, so
    that a narrow range does not lose its resolution to a wide one.

    ```mlir
    %a = octet.dequantize %qa : ... !quant.uniform<u8:f32, 0.01>
    %b = octet.dequantize %qb : ... !quant.uniform<u8:f32, 0.02>
    %c = octet.concat %a, %b {axis = 1 : i64}
    // becomes
    %ra = octet.requantize %qa : ... -> !quant.uniform<u8:f32, 0.02>
    %a = octet.dequantize %ra : ... !quant.uniform<u8:f32, 0.02>
    %b = octet.dequantize %qb : ... !quant.uniform<u8:f32, 0.02>
    %c = octet.concat %a, %b {axis = 1 : i64}
    ```
  }];
  let statistics = [
    Statistic<"numJoined", "joined", "Joins brought to one scale">,
    Statistic<"numSplit", "split", "Joins left float, each operand with its "
                                   "own scale">];
  let dependentDialects = ["::mlir::octet::OctetDialect"];
}

def PropagateScales : Pass<"octet-propagate-scales", "::mlir::func::FuncOp"> {
  let summary = "move dequantize down and quantize up through movements";
  let description = [{
    An operator that only moves elements works on quantized values as well as on
    real ones (SameScaleOpInterface): a dequantize of all its data operands moves
    behind it, a quantize of its result in front of it, until they meet the
    operators that compute. Pairs that meet with equal types vanish, with
    different types they become a requantize.

    ```mlir
    %x = octet.dequantize %q : ...
    %y = octet.transpose %x {permutation = array<i64: 0, 2, 1>}
    // becomes
    %p = octet.transpose %q {permutation = array<i64: 0, 2, 1>}
    %y = octet.dequantize %p : ...
    ```
  }];
  let statistics = [
    Statistic<"numDown", "down", "Dequantizes moved behind an operator">,
    Statistic<"numUp", "up", "Quantizes moved in front of an operator">];
  let dependentDialects = ["::mlir::octet::OctetDialect"];
}

def VerifyPropagate : Pass<"octet-verify-propagate", "::mlir::func::FuncOp"> {
  let summary = "the contract of Propagate";
  let description = [{
    No operator that only moves elements reads dequantized values of one scale
    and is quantized again behind.
  }];
}

#endif // OCTET_PROPAGATE_PASSES_TD
