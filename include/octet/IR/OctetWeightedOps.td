//===- OctetWeightedOps.td - Convolutions and matrix products -*- tablegen -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_IR_OCTETWEIGHTEDOPS_TD
#define OCTET_IR_OCTETWEIGHTEDOPS_TD

include "octet/IR/OctetAttrs.td"
include "octet/IR/OctetInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Octet_WeightedOp<string mnemonic, list<Trait> traits = []>
    : Octet_Op<mnemonic, traits # [Pure, Octet_ClampableOpInterface,
        DeclareOpInterfaceMethods<Octet_ShapeInferenceOpInterface>,
        DeclareOpInterfaceMethods<Octet_WeightedOpInterface>,
        DeclareOpInterfaceMethods<Octet_IntegerFormOpInterface,
          ["getStaysFloatReason", "getActivationOperands",
           "allowsFloatResult"]>]> {
  let results = (outs Octet_RealTensor:$result);
}

class Octet_ConvolutionOp<string mnemonic>
    : Octet_WeightedOp<mnemonic, [AttrSizedOperandSegments,
        DeclareOpInterfaceMethods<Octet_LayoutOpInterface>]> {
  let hasVerifier = 1;
  let assemblyFormat = [{
    `(` $input `,` $weight `` custom<Addends>($bias, $residual) `)`
    attr-dict `:` functional-type(operands, results)
  }];
}

def Octet_ConvOp : Octet_ConvolutionOp<"conv"> {
  let summary = "grouped N-D convolution (cross-correlation)";
  let description = [{
    input:  N x C x spatial, or N x spatial x C by `layout`;
    weight: O x C/groups x kernel;  bias: O;  residual: shape of the result.

    `pads` holds the begin of every spatial axis, then the ends, as in ONNX;
    padding is with real zero. The result is clamp(conv + bias + residual).
    Quantized: exact accumulation in i32, bias an i32 at s_input * s_weight
    (docs/Numerics.md, rules C1 to C4); the weight's zero point must be 0.

    ```mlir
    %y = octet.conv(%x, %w, bias %b) {strides = array<i64: 1, 1>,
      pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>,
      groups = 1 : i64, layout = #octet<layout channels_first>}
      : (tensor<1x3x8x8xf32>, tensor<16x3x3x3xf32>, tensor<16xf32>)
      -> tensor<1x16x8x8xf32>
    ```
  }];
  let arguments = (ins Octet_RealTensor:$input, Octet_RealTensor:$weight,
    Optional<Octet_Tensor>:$bias, Optional<Octet_RealTensor>:$residual,
    DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
    DenseI64ArrayAttr:$dilations, I64Attr:$groups,
    DefaultValuedAttr<Octet_LayoutAttr, "Layout::ChannelsFirst">:$layout,
    OptionalAttr<Octet_ClampAttr>:$clamp);
}

def Octet_ConvTransposeOp : Octet_ConvolutionOp<"conv_transpose"> {
  let summary = "grouped N-D transposed convolution";
  let description = [{
    As `octet.conv`, with weights C x O/groups x kernel and the output extent
    stride * (in - 1) + output_padding + dilation * (kernel - 1) + 1 - pads.
  }];
  let arguments = (ins Octet_RealTensor:$input, Octet_RealTensor:$weight,
    Optional<Octet_Tensor>:$bias, Optional<Octet_RealTensor>:$residual,
    DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
    DenseI64ArrayAttr:$dilations, DenseI64ArrayAttr:$output_padding,
    I64Attr:$groups,
    DefaultValuedAttr<Octet_LayoutAttr, "Layout::ChannelsFirst">:$layout,
    OptionalAttr<Octet_ClampAttr>:$clamp);
}

def Octet_MatMulOp : Octet_WeightedOp<"matmul", [AttrSizedOperandSegments]> {
  let summary = "matrix product, batched, with optional bias";
  let description = [{
    lhs: batch x M x K (K x M if `transpose_lhs`), rhs: batch x K x N (N x K if
    `transpose_rhs`); batch axes broadcast as in NumPy, rank 1 operands are not
    allowed (the importer reshapes). bias has N elements. residual has the
    result's shape. The result is clamp(lhs * rhs + bias + residual).
    Quantized as `octet.conv`; a per-axis rhs runs along N.
  }];
  let arguments = (ins Octet_Tensor:$lhs, Octet_Tensor:$rhs,
    Optional<Octet_Tensor>:$bias, Optional<Octet_RealTensor>:$residual,
    UnitAttr:$transpose_lhs, UnitAttr:$transpose_rhs,
    OptionalAttr<Octet_ClampAttr>:$clamp);
  let results = (outs Octet_Tensor:$result);
  let hasVerifier = 1;
  let assemblyFormat = [{
    `(` $lhs `,` $rhs `` custom<Addends>($bias, $residual) `)`
    attr-dict `:` functional-type(operands, results)
  }];
}

#endif // OCTET_IR_OCTETWEIGHTEDOPS_TD
