//===- OctetQuantOps.td - Constants, uninterpreted nodes, quantization -*- tablegen -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_IR_OCTETQUANTOPS_TD
#define OCTET_IR_OCTETQUANTOPS_TD

include "octet/IR/OctetAttrs.td"
include "octet/IR/OctetInterfaces.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

//===----------------------------------------------------------------------===//
// Constants and nodes without a meaning yet
//===----------------------------------------------------------------------===//

def Octet_ConstantOp : Octet_Op<"constant", [ConstantLike, Pure]> {
  let summary = "a constant tensor, quantized or not";
  let description = [{
    The value's shape is the result's. Its element type is the result's, or the
    storage type (signless) where the result is quantized.

    ```mlir
    %w = octet.constant dense<[1, -2]> : tensor<2xi8>
       -> tensor<2x!quant.uniform<i8:f32, 0.5>>
    ```
  }];
  let arguments = (ins ElementsAttr:$value);
  let results = (outs Octet_Tensor:$result);
  let builders = [OpBuilder<(ins "::mlir::ElementsAttr":$value), [{
    build($_builder, $_state, value.getShapedType(), value);
  }]>];
  let assemblyFormat = "$value attr-dict `->` type($result)";
  let hasFolder = 1;
  let hasVerifier = 1;
}

def Octet_AbsentOp : Octet_Op<"absent", [Pure]> {
  let summary = "an optional input or output that a node does not have";
  let results = (outs NoneType:$result);
  let assemblyFormat = "attr-dict";
}

def Octet_NodeOp : Octet_Op<"node"> {
  let summary = "an ONNX node as the file holds it, without a meaning yet";
  let description = [{
    The structural import makes one of each node; the registered importer of the
    operator's family replaces it by operators of this dialect. `opset` is the
    version that the model imports of `domain` ("" is ONNX's own). Results are
    unranked, or `none`, until then. A subgraph of the node is a region; the
    attribute of its name is the region's number, of type index.

    ```mlir
    %y = octet.node "Relu"(%x) {domain = "", opset = 17 : i64,
       node_attributes = {}} : (tensor<1x8xf32>) -> tensor<*xf32>
    ```
  }];
  let arguments = (ins StrAttr:$op_type, Variadic<AnyType>:$inputs,
                       DefaultValuedStrAttr<StrAttr, "">:$domain,
                       I64Attr:$opset, DictionaryAttr:$node_attributes);
  let results = (outs Variadic<AnyType>:$outputs);
  let regions = (region VariadicRegion<SizedRegion<1>>:$subgraphs);
  let assemblyFormat = [{
    $op_type `(` $inputs `)` attr-dict `:` functional-type($inputs, $outputs)
    $subgraphs
  }];
}

def Octet_YieldOp : Octet_Op<"yield", [Pure, Terminator]> {
  let summary = "the outputs of a node's subgraph";
  let arguments = (ins Variadic<AnyType>:$outputs);
  let assemblyFormat = "($outputs^ `:` type($outputs))? attr-dict";
}

//===----------------------------------------------------------------------===//
// Between real and quantized
//===----------------------------------------------------------------------===//

def Octet_QuantizeOp : Octet_Op<"quantize", [Pure, Octet_AxesOpInterface,
                                            SameOperandsAndResultShape]> {
  let summary = "real to quantized";
  let description = [{
    q = saturate(round_half_even(x / scale) + zero_point), division and rounding
    in f32 (docs/Numerics.md, rule Q1). A NaN becomes the smallest value.

    ```mlir
    %q = octet.quantize %x : tensor<4xf32> -> tensor<4x!quant.uniform<u8:f32, 0.1:3>>
    ```
  }];
  let arguments = (ins Octet_FloatTensor:$input);
  let results = (outs Octet_QuantizedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasFolder = 1;
  let hasVerifier = 1;
}

def Octet_DequantizeOp
    : Octet_Op<"dequantize", [Pure, Octet_AxesOpInterface,
                             SameOperandsAndResultShape]> {
  let summary = "quantized to real";
  let description = [{
    x = (q - zero_point) * scale in f32 (docs/Numerics.md, rule Q2).

    ```mlir
    %x = octet.dequantize %q : tensor<4x!quant.uniform<u8:f32, 0.1:3>> -> tensor<4xf32>
    ```
  }];
  let arguments = (ins Octet_QuantizedTensor:$input);
  let results = (outs Octet_FloatTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasFolder = 1;
  let hasVerifier = 1;
}

def Octet_RequantizeOp
    : Octet_Op<"requantize", [Pure, Octet_AxesOpInterface,
                             SameOperandsAndResultShape]> {
  let summary = "quantized to quantized with another scale or storage";
  let description = [{
    q' = saturate(round_half_even((q - z) * (s / s')) + z'), the multiplier
    s / s' computed in f32 (docs/Numerics.md, rule Q3). With equal scales it
    only moves the zero point and is exact.
  }];
  let arguments = (ins Octet_QuantizedTensor:$input);
  let results = (outs Octet_QuantizedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasFolder = 1;
}

def Octet_StorageCastOp
    : Octet_Op<"storage_cast", [Pure, SameOperandsAndResultShape]> {
  let summary = "the same bits as a quantized tensor or as plain integers";
  let description = [{
    Between a quantized type and the integer type of its storage (`ui8` for u8,
    `i8` for s8), or between two quantized types with the same storage. It joins
    the integers at a model's border, and those that a graph computes with, to
    operators on quantized values; it costs nothing.

    ```mlir
    %q = octet.storage_cast %x : tensor<4xui8> -> tensor<4x!quant.uniform<u8:f32, 0.1:3>>
    ```
  }];
  let arguments = (ins Octet_Tensor:$input);
  let results = (outs Octet_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasFolder = 1;
  let hasVerifier = 1;
}

def Octet_ObserveOp
    : Octet_Op<"observe", [AllTypesMatch<["input", "result"]>,
                           MemoryEffects<[MemWrite]>]> {
  let summary = "marks a value whose range is to be learnt from samples";
  let description = [{
    The identity. Calibration fills in `statistics`, with the means along
    `channel_axis` where it is given; choosing scales turns the observer into a
    pair of quantize and dequantize, as `scheme` says. Without a scheme it only
    watches.

    ```mlir
    %y = octet.observe %x by <observer = mse>
      seen <range [0.0, 1.5], samples [0.0, 1.2], sum 3.0, count 5>
      : tensor<1x5xf32>
    ```
  }];
  let arguments = (ins Octet_FloatTensor:$input,
                       OptionalAttr<Octet_SchemeAttr>:$scheme,
                       OptionalAttr<Octet_StatisticsAttr>:$statistics,
                       OptionalAttr<I64Attr>:$channel_axis);
  let results = (outs Octet_FloatTensor:$result);
  let assemblyFormat = [{
    $input (`by` $scheme^)? (`seen` $statistics^)?
    (`channels` $channel_axis^)? attr-dict `:` type($input)
  }];
}

#endif // OCTET_IR_OCTETQUANTOPS_TD
