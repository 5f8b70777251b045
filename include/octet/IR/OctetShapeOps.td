//===- OctetShapeOps.td - Operators that move elements -*- tablegen -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_IR_OCTETSHAPEOPS_TD
#define OCTET_IR_OCTETSHAPEOPS_TD

include "octet/IR/OctetAttrs.td"
include "octet/IR/OctetInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Octet_MovementOp<string mnemonic, list<string> same_scale_methods = [],
                       list<Trait> traits = []>
    : Octet_Op<mnemonic, traits # [Pure,
        DeclareOpInterfaceMethods<Octet_ShapeInferenceOpInterface>,
        DeclareOpInterfaceMethods<Octet_SameScaleOpInterface,
                                  same_scale_methods>,
        Octet_IntegerFormOpInterface]> {
  let results = (outs Octet_Tensor:$result);
  let hasFolder = 1;
  let assemblyFormat = [{
    operands attr-dict `:` functional-type(operands, results)
  }];
}

def Octet_ReshapeOp : Octet_MovementOp<"reshape", ["getResultAxis"]> {
  let summary = "the same elements in row-major order with another shape";
  let description = [{
    `shape` holds the extents, none of them negative.
  }];
  let arguments = (ins Octet_Tensor:$input, DenseI64ArrayAttr:$shape);
  let hasCanonicalizer = 1;
}

def Octet_TransposeOp : Octet_MovementOp<"transpose", ["getResultAxis"]> {
  let summary = "axes in another order";
  let description = [{
    Axis i of the result is axis `permutation[i]` of the input.
  }];
  let arguments = (ins Octet_Tensor:$input, DenseI64ArrayAttr:$permutation);
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
}

def Octet_ExpandOp : Octet_MovementOp<"expand", ["getResultAxis"]> {
  let summary = "repetition of axes of extent 1, as NumPy broadcasts";
  let arguments = (ins Octet_Tensor:$input, DenseI64ArrayAttr:$shape);
}

def Octet_TileOp : Octet_MovementOp<"tile"> {
  let summary = "repetition of the whole along each axis";
  let arguments = (ins Octet_Tensor:$input, DenseI64ArrayAttr:$repeats);
}

def Octet_ConcatOp : Octet_MovementOp<"concat",
    ["getDataOperands", "getResultAxis"],
    [DeclareOpInterfaceMethods<Octet_AxesOpInterface, ["permuteAxes"]>]> {
  let summary = "tensors joined along an axis";
  let arguments = (ins Variadic<Octet_Tensor>:$inputs, I64Attr:$axis);
  let hasVerifier = 1;
}

def Octet_SliceOp : Octet_MovementOp<"slice", ["getResultAxis"],
    [DeclareOpInterfaceMethods<Octet_AxesOpInterface, ["permuteAxes"]>]> {
  let summary = "a regular part of a tensor";
  let description = [{
    Element i of the result along axis a is element starts[a] + i * steps[a] of
    the input; steps may be negative, everything is in bounds. One entry an axis.
  }];
  let arguments = (ins Octet_Tensor:$input, DenseI64ArrayAttr:$starts,
                       DenseI64ArrayAttr:$sizes, DenseI64ArrayAttr:$steps);
  let hasVerifier = 1;
}

def Octet_PadOp : Octet_MovementOp<"pad", ["getResultAxis", "getFillValue"],
    [DeclareOpInterfaceMethods<Octet_AxesOpInterface, ["permuteAxes"]>]> {
  let summary = "elements added at the ends of axes";
  let description = [{
    `low` and `high` hold one entry an axis, none negative (the importer slices
    instead). `value` is the real fill value of mode `constant`.
  }];
  let arguments = (ins Octet_Tensor:$input, DenseI64ArrayAttr:$low,
    DenseI64ArrayAttr:$high, Octet_PadModeAttr:$mode,
    DefaultValuedAttr<F64Attr, "0.0">:$value);
  let hasVerifier = 1;
}

def Octet_GatherOp : Octet_MovementOp<"gather"> {
  let summary = "slices picked by index along an axis";
  let description = [{
    result[.., i.., ..] = data[.., indices[i..], ..] at `axis`; negative indices
    count from the end. An index out of bounds is undefined at run time and an
    error where it is constant.
  }];
  let arguments = (ins Octet_Tensor:$data, Octet_IntTensor:$indices,
                       I64Attr:$axis);
  let hasVerifier = 1;
}

#endif // OCTET_IR_OCTETSHAPEOPS_TD
