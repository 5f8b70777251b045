//===- OctetBase.td - The octet dialect and its base classes -*- tablegen -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_IR_OCTETBASE_TD
#define OCTET_IR_OCTETBASE_TD

include "mlir/IR/OpBase.td"
include "mlir/Dialect/Quant/IR/QuantBase.td"

def Octet_Dialect : Dialect {
  let name = "octet";
  let cppNamespace = "::mlir::octet";
  let summary = "A quantized neural network as a graph of tensor operators";
  let description = [{
    Operators on tensors with the meaning that ONNX gives them, whose element
    type may be float, integer or quantized (`!quant.uniform`, per-tensor or
    per-axis). A quantized value stands for a real number: an operator with
    quantized operands means "compute the real result, then represent it in the
    result's type"; how that is rounded is fixed by the rules of
    docs/Numerics.md.

    Convolutions, pools and resizes carry a `layout`: `channels_first`
    (N x C x spatial, as in ONNX) or `channels_last` (N x spatial x C). Weights
    of a convolution are always O x I/groups x kernel.

    Locations keep the name of the ONNX node that an operator came from.
  }];
  let dependentDialects = ["::mlir::quant::QuantDialect"];
  let hasConstantMaterializer = 1;
  let useDefaultAttributePrinterParser = 1;
  let extraClassDeclaration = [{
    void registerAttributes();
  }];
}

class Octet_Op<string mnemonic, list<Trait> traits = []>
    : Op<Octet_Dialect, mnemonic, traits>;

// Any tensor of the graph, and those with one kind of element.
def Octet_Tensor : TensorOf<[AnyFloat, AnyInteger, quant_QuantizedType]>;
def Octet_RealTensor : TensorOf<[AnyFloat, quant_QuantizedType]>;
def Octet_FloatTensor : TensorOf<[AnyFloat]>;
def Octet_IntTensor : TensorOf<[AnyInteger]>;
def Octet_BoolTensor : TensorOf<[I1]>;
def Octet_QuantizedTensor : TensorOf<[quant_QuantizedType]>;

#endif // OCTET_IR_OCTETBASE_TD
