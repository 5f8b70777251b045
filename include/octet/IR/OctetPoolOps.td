//===- OctetPoolOps.td - Pools, reductions, normalizations, resizes -*- tablegen -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_IR_OCTETPOOLOPS_TD
#define OCTET_IR_OCTETPOOLOPS_TD

include "octet/IR/OctetAttrs.td"
include "octet/IR/OctetInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Octet_ShapedOp<string mnemonic, list<Trait> traits = []>
    : Octet_Op<mnemonic, traits # [Pure,
        DeclareOpInterfaceMethods<Octet_ShapeInferenceOpInterface>]> {
  let assemblyFormat = [{
    operands attr-dict `:` functional-type(operands, results)
  }];
}

//===----------------------------------------------------------------------===//
// Pools
//===----------------------------------------------------------------------===//

def Octet_MaxPoolOp : Octet_ShapedOp<"max_pool",
    [DeclareOpInterfaceMethods<Octet_LayoutOpInterface>,
     Octet_SameScaleOpInterface, Octet_IntegerFormOpInterface]> {
  let summary = "maximum over a window; padding never wins";
  let description = [{
    `pads` as in `octet.conv`, already enlarged at the end where ONNX rounds the
    output extent up (`ceil_mode`).
  }];
  let arguments = (ins Octet_Tensor:$input, DenseI64ArrayAttr:$kernel,
    DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
    DenseI64ArrayAttr:$dilations,
    DefaultValuedAttr<Octet_LayoutAttr, "Layout::ChannelsFirst">:$layout);
  let results = (outs Octet_Tensor:$result);
  let hasVerifier = 1;
}

def Octet_AveragePoolOp : Octet_ShapedOp<"average_pool",
    [DeclareOpInterfaceMethods<Octet_LayoutOpInterface>,
     Octet_ClampableOpInterface,
     DeclareOpInterfaceMethods<Octet_IntegerFormOpInterface,
       ["allowsFloatResult"]>]> {
  let summary = "mean over a window";
  let description = [{
    `pads` as in `octet.max_pool`. The divisor counts the window's elements
    inside the input, or inside input and `counted_pads` (ONNX's own padding
    without the enlargement of `ceil_mode`) where those are given
    (`count_include_pad`). A global pool has the input's extents as kernel.
    Quantized by rule P1 of docs/Numerics.md.
  }];
  let arguments = (ins Octet_RealTensor:$input, DenseI64ArrayAttr:$kernel,
    DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
    DenseI64ArrayAttr:$dilations,
    OptionalAttr<DenseI64ArrayAttr>:$counted_pads,
    DefaultValuedAttr<Octet_LayoutAttr, "Layout::ChannelsFirst">:$layout,
    OptionalAttr<Octet_ClampAttr>:$clamp);
  let results = (outs Octet_RealTensor:$result);
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Reductions and normalizations
//===----------------------------------------------------------------------===//

def Octet_ReduceOp : Octet_ShapedOp<"reduce", [
    DeclareOpInterfaceMethods<Octet_AxesOpInterface, ["permuteAxes"]>,
    DeclareOpInterfaceMethods<Octet_IntegerFormOpInterface,
      ["getStaysFloatReason", "allowsFloatResult"]>]> {
  let summary = "reduction over axes";
  let description = [{
    `axes` are sorted, unique and not negative. Quantized: sum and mean by rule
    P1 of docs/Numerics.md, max and min exactly.
  }];
  let arguments = (ins Octet_ReduceKindAttr:$kind, Octet_Tensor:$input,
                       DenseI64ArrayAttr:$axes, UnitAttr:$keep_dims);
  let results = (outs Octet_Tensor:$result);
  let assemblyFormat = [{
    $kind $input attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def Octet_ArgReduceOp : Octet_ShapedOp<"arg_reduce"> {
  let summary = "index of the largest or smallest element along an axis";
  let arguments = (ins Octet_Tensor:$input, I64Attr:$axis, UnitAttr:$keep_dims,
                       UnitAttr:$smallest, UnitAttr:$last);
  let results = (outs Octet_IntTensor:$result);
}

def Octet_SoftmaxOp : Octet_ShapedOp<"softmax",
    [DeclareOpInterfaceMethods<Octet_AxesOpInterface, ["permuteAxes"]>,
     DeclareOpInterfaceMethods<Octet_FixedOutputRangeOpInterface>]> {
  let summary = "exp(x - max) / sum, or its logarithm, along an axis";
  let arguments = (ins Octet_FloatTensor:$input, I64Attr:$axis, UnitAttr:$log);
  let results = (outs Octet_FloatTensor:$result);
}

def Octet_BatchNormOp : Octet_ShapedOp<"batch_norm"> {
  let summary = "(x - mean) / sqrt(variance + epsilon) * scale + bias";
  let description = [{
    Inference only; channels on axis 1. Simplification folds it into the
    convolution or matrix product before it, or makes it a product and a sum.
  }];
  let arguments = (ins Octet_FloatTensor:$input, Octet_FloatTensor:$scale,
    Octet_FloatTensor:$bias, Octet_FloatTensor:$mean,
    Octet_FloatTensor:$variance, F64Attr:$epsilon);
  let results = (outs Octet_FloatTensor:$result);
}

def Octet_LayerNormOp : Octet_ShapedOp<"layer_norm",
    [AttrSizedOperandSegments]> {
  let summary = "(x - mean) / sqrt(variance + epsilon) over the last axes";
  let description = [{
    Normalizes over all axes from `axis` on, then multiplies by `scale` and adds
    `bias`, whose shapes are the input's from `axis` on. With `rms` the mean is
    taken as 0 (RMS normalization).
  }];
  let arguments = (ins Octet_FloatTensor:$input,
    Optional<Octet_FloatTensor>:$scale, Optional<Octet_FloatTensor>:$bias,
    I64Attr:$axis, F64Attr:$epsilon, UnitAttr:$rms);
  let results = (outs Octet_FloatTensor:$result);
}

def Octet_InstanceNormOp : Octet_ShapedOp<"instance_norm"> {
  let summary = "normalization of each channel of each image; channels axis 1";
  let arguments = (ins Octet_FloatTensor:$input, Octet_FloatTensor:$scale,
                       Octet_FloatTensor:$bias, F64Attr:$epsilon);
  let results = (outs Octet_FloatTensor:$result);
}

//===----------------------------------------------------------------------===//
// Resizes
//===----------------------------------------------------------------------===//

def Octet_ResizeOp : Octet_ShapedOp<"resize",
    [DeclareOpInterfaceMethods<Octet_LayoutOpInterface>,
     DeclareOpInterfaceMethods<Octet_IntegerFormOpInterface,
       ["getStaysFloatReason"]>]> {
  let summary = "interpolation of the spatial axes to `sizes`";
  let description = [{
    `sizes` and `scales` hold one entry a spatial axis; `scales` are ONNX's own
    (they need not equal sizes / extents) and enter the coordinate transform.
    `cubic_a` is used by cubic interpolation only. Quantized: nearest exactly,
    linear by rule R1 of docs/Numerics.md.
  }];
  let arguments = (ins Octet_Tensor:$input, DenseI64ArrayAttr:$sizes,
    DenseF64ArrayAttr:$scales, Octet_ResizeModeAttr:$mode,
    Octet_ResizeCoordinatesAttr:$coordinates,
    DefaultValuedAttr<Octet_ResizeRoundingAttr,
      "ResizeRounding::RoundPreferFloor">:$rounding,
    DefaultValuedAttr<F64Attr, "-0.75">:$cubic_a,
    UnitAttr:$exclude_outside,
    DefaultValuedAttr<Octet_LayoutAttr, "Layout::ChannelsFirst">:$layout);
  let results = (outs Octet_Tensor:$result);
  let hasVerifier = 1;
}

#endif // OCTET_IR_OCTETPOOLOPS_TD
