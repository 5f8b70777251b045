//===- OctetElementwiseOps.td - Operators on corresponding elements -*- tablegen -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_IR_OCTETELEMENTWISEOPS_TD
#define OCTET_IR_OCTETELEMENTWISEOPS_TD

include "octet/IR/OctetAttrs.td"
include "octet/IR/OctetInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

//===----------------------------------------------------------------------===//
// Two operands, broadcast as in NumPy
//===----------------------------------------------------------------------===//

class Octet_BroadcastOp<string mnemonic, list<Trait> traits = []>
    : Octet_Op<mnemonic, traits # [Pure, Octet_AxesOpInterface,
        DeclareOpInterfaceMethods<Octet_ShapeInferenceOpInterface>]>;

class Octet_BinaryOp<string mnemonic, list<Trait> traits = []>
    : Octet_BroadcastOp<mnemonic, traits> {
  let arguments = (ins Octet_Tensor:$lhs, Octet_Tensor:$rhs);
  let results = (outs Octet_Tensor:$result);
  let hasFolder = 1;
  let assemblyFormat = [{
    $lhs `,` $rhs attr-dict `:` functional-type(operands, results)
  }];
}

// Those with an integer form on quantized operands, and a clamp.
class Octet_QuantizableBinaryOp<string mnemonic, list<Trait> traits = []>
    : Octet_BinaryOp<mnemonic, traits # [Octet_ClampableOpInterface,
        DeclareOpInterfaceMethods<Octet_IntegerFormOpInterface,
          ["getStaysFloatReason", "getActivationOperands",
           "allowsFloatResult"]>]> {
  let arguments = (ins Octet_Tensor:$lhs, Octet_Tensor:$rhs,
                       OptionalAttr<Octet_ClampAttr>:$clamp);
}

def Octet_AddOp : Octet_QuantizableBinaryOp<"add", [Commutative]> {
  let summary = "sum; quantized by rule E1 of docs/Numerics.md";
}
def Octet_SubOp : Octet_QuantizableBinaryOp<"sub"> {
  let summary = "difference; quantized by rule E1 of docs/Numerics.md";
}
def Octet_MulOp : Octet_QuantizableBinaryOp<"mul", [Commutative]> {
  let summary = "product; quantized by rule E2 of docs/Numerics.md";
}
def Octet_DivOp : Octet_BinaryOp<"div"> {
  let summary = "quotient; integers truncate towards zero";
}
def Octet_MinOp : Octet_BinaryOp<"min", [Commutative]> {
  let summary = "smaller of two; NaN if either is";
}
def Octet_MaxOp : Octet_BinaryOp<"max", [Commutative]> {
  let summary = "larger of two; NaN if either is";
}
def Octet_PowOp : Octet_BinaryOp<"pow"> { let summary = "power"; }
def Octet_ModOp : Octet_BinaryOp<"mod"> {
  let summary = "remainder with the divisor's sign, or the dividend's if fmod";
  let arguments = (ins Octet_Tensor:$lhs, Octet_Tensor:$rhs, UnitAttr:$fmod);
}
def Octet_PReluOp : Octet_BinaryOp<"prelu",
    [DeclareOpInterfaceMethods<Octet_IntegerFormOpInterface,
       ["getStaysFloatReason"]>]> {
  let summary = "x < 0 ? slope * x : x, the slope broadcast to x";
}

def Octet_CompareOp : Octet_BroadcastOp<"compare"> {
  let summary = "comparison of two tensors";
  let arguments = (ins Octet_CompareAttr:$predicate, Octet_Tensor:$lhs,
                       Octet_Tensor:$rhs);
  let results = (outs Octet_BoolTensor:$result);
  let hasFolder = 1;
  let assemblyFormat = [{
    $predicate $lhs `,` $rhs attr-dict `:` functional-type(operands, results)
  }];
}
def Octet_LogicalOp : Octet_BroadcastOp<"logical"> {
  let summary = "logical operator on booleans";
  let arguments = (ins Octet_LogicalKindAttr:$kind, Octet_BoolTensor:$lhs,
                       Octet_BoolTensor:$rhs);
  let results = (outs Octet_BoolTensor:$result);
  let assemblyFormat = [{
    $kind $lhs `,` $rhs attr-dict `:` functional-type(operands, results)
  }];
}
def Octet_WhereOp : Octet_BroadcastOp<"where"> {
  let summary = "condition ? lhs : rhs, all three broadcast";
  let arguments = (ins Octet_BoolTensor:$condition, Octet_Tensor:$lhs,
                       Octet_Tensor:$rhs);
  let results = (outs Octet_Tensor:$result);
  let assemblyFormat = [{
    $condition `,` $lhs `,` $rhs attr-dict
    `:` functional-type(operands, results)
  }];
}

//===----------------------------------------------------------------------===//
// One operand
//===----------------------------------------------------------------------===//

def Octet_NotOp : Octet_Op<"not", [Pure, Octet_AxesOpInterface,
                                   AllTypesMatch<["input", "result"]>]> {
  let summary = "logical negation";
  let arguments = (ins Octet_BoolTensor:$input);
  let results = (outs Octet_BoolTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input)";
}

def Octet_CastOp : Octet_Op<"cast", [Pure, Octet_AxesOpInterface,
                                     SameOperandsAndResultShape]> {
  let summary = "conversion between element types that are not quantized";
  let description = [{
    Float to integer truncates towards zero and saturates, NaN becomes 0; to
    boolean, everything but zero is true. Integer to integer wraps.
  }];
  let arguments = (ins Octet_Tensor:$input);
  let results = (outs Octet_Tensor:$result);
  let hasFolder = 1;
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}

class Octet_UnaryBase<string mnemonic, list<Trait> traits = []>
    : Octet_Op<mnemonic, traits # [Pure, SameOperandsAndResultShape, Octet_AxesOpInterface,
        DeclareOpInterfaceMethods<Octet_ShapeInferenceOpInterface>]> {
  let arguments = (ins Octet_Tensor:$input);
  let results = (outs Octet_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}
// A function of one real number, a table where input and result are 8 bits.
class Octet_UnaryOp<string mnemonic, list<Trait> traits = []>
    : Octet_UnaryBase<mnemonic, traits # [Octet_IntegerFormOpInterface,
        DeclareOpInterfaceMethods<Octet_UnaryFunctionOpInterface>]>;
// One whose result lies in a known range.
class Octet_BoundedUnaryOp<string mnemonic>
    : Octet_UnaryOp<mnemonic,
        [DeclareOpInterfaceMethods<Octet_FixedOutputRangeOpInterface>]>;

def Octet_ReluOp : Octet_UnaryOp<"relu"> { let summary = "max(x, 0)"; }
def Octet_LeakyReluOp : Octet_UnaryOp<"leaky_relu"> {
  let summary = "x < 0 ? alpha * x : x";
  let arguments = (ins Octet_Tensor:$input, F64Attr:$alpha);
}
def Octet_ThresholdedReluOp : Octet_UnaryOp<"thresholded_relu"> {
  let summary = "x > alpha ? x : 0";
  let arguments = (ins Octet_Tensor:$input, F64Attr:$alpha);
}
def Octet_ClipOp : Octet_UnaryOp<"clip"> {
  let summary = "min(max(x, low), high)";
  let arguments = (ins Octet_Tensor:$input, F64Attr:$low, F64Attr:$high);
}
def Octet_EluOp : Octet_UnaryOp<"elu"> {
  let summary = "x < 0 ? alpha * (exp(x) - 1) : x";
  let arguments = (ins Octet_Tensor:$input, F64Attr:$alpha);
}
def Octet_CeluOp : Octet_UnaryOp<"celu"> {
  let summary = "max(0, x) + min(0, alpha * (exp(x / alpha) - 1))";
  let arguments = (ins Octet_Tensor:$input, F64Attr:$alpha);
}
def Octet_SeluOp : Octet_UnaryOp<"selu"> {
  let summary = "gamma * (x <= 0 ? alpha * (exp(x) - 1) : x)";
  let arguments = (ins Octet_Tensor:$input, F64Attr:$alpha, F64Attr:$gamma);
}
def Octet_GeluOp : Octet_UnaryOp<"gelu"> {
  let summary = "x * Phi(x), exactly or by the tanh approximation";
  let arguments = (ins Octet_Tensor:$input, UnitAttr:$approximate);
}
def Octet_HardSigmoidOp : Octet_BoundedUnaryOp<"hard_sigmoid"> {
  let summary = "max(0, min(1, alpha * x + beta))";
  let arguments = (ins Octet_Tensor:$input, F64Attr:$alpha, F64Attr:$beta);
}
def Octet_HardSwishOp : Octet_UnaryOp<"hard_swish"> {
  let summary = "x * max(0, min(1, x / 6 + 0.5))";
}
def Octet_SiluOp : Octet_UnaryOp<"silu"> { let summary = "x * sigmoid(x)"; }
def Octet_MishOp : Octet_UnaryOp<"mish"> {
  let summary = "x * tanh(softplus(x))";
}
def Octet_SigmoidOp : Octet_BoundedUnaryOp<"sigmoid"> {
  let summary = "1 / (1 + exp(-x))";
}
def Octet_TanhOp : Octet_BoundedUnaryOp<"tanh"> {
  let summary = "hyperbolic tangent";
}
def Octet_SoftplusOp : Octet_UnaryOp<"softplus"> {
  let summary = "log(1 + exp(x))";
}
def Octet_SoftsignOp : Octet_BoundedUnaryOp<"softsign"> {
  let summary = "x / (1 + |x|)";
}
def Octet_ErfOp : Octet_BoundedUnaryOp<"erf"> { let summary = "error function"; }
def Octet_SinOp : Octet_BoundedUnaryOp<"sin"> { let summary = "sine"; }
def Octet_CosOp : Octet_BoundedUnaryOp<"cos"> { let summary = "cosine"; }
def Octet_ExpOp : Octet_UnaryOp<"exp"> { let summary = "e to the x"; }
def Octet_LogOp : Octet_UnaryOp<"log"> { let summary = "natural logarithm"; }
def Octet_SqrtOp : Octet_UnaryOp<"sqrt"> { let summary = "square root"; }
def Octet_ReciprocalOp : Octet_UnaryOp<"reciprocal"> { let summary = "1 / x"; }
def Octet_NegOp : Octet_UnaryOp<"neg"> { let summary = "-x"; }
def Octet_AbsOp : Octet_UnaryOp<"abs"> { let summary = "|x|"; }
def Octet_FloorOp : Octet_UnaryOp<"floor"> { let summary = "round down"; }
def Octet_CeilOp : Octet_UnaryOp<"ceil"> { let summary = "round up"; }
def Octet_RoundOp : Octet_UnaryOp<"round"> {
  let summary = "round to nearest, half to even";
}
def Octet_SignOp : Octet_BoundedUnaryOp<"sign"> { let summary = "-1, 0 or 1"; }

def Octet_LookupOp : Octet_UnaryBase<"lookup"> {
  let summary = "table of a unary function on 8-bit quantized values";
  let description = [{
    result = table[q], where the table is indexed by the input's storage value
    as an unsigned byte (an i8 of -1 takes entry 255) and holds storage values
    of the result's type. Folding makes one of a chain of unary operators.
  }];
  let arguments = (ins Octet_QuantizedTensor:$input,
                       DenseI8ArrayAttr:$table);
  let results = (outs Octet_QuantizedTensor:$result);
  let hasVerifier = 1;
}

#endif // OCTET_IR_OCTETELEMENTWISEOPS_TD
