//===- OctetInterfaces.td - How operators behave, for passes that do not know them -*- tablegen -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_IR_OCTETINTERFACES_TD
#define OCTET_IR_OCTETINTERFACES_TD

include "mlir/IR/OpBase.td"

class Octet_OpInterface<string name> : OpInterface<name> {
  let cppNamespace = "::mlir::octet";
}

def Octet_ShapeInferenceOpInterface
    : Octet_OpInterface<"ShapeInferenceOpInterface"> {
  let description = [{
    Computes the shapes of the results from operands and attributes. Passes and
    the importer build operators without knowing result shapes
    (`createInferred`), and verifiers compare with them.
  }];
  let methods = [
    InterfaceMethod<[{
      The shapes of all results. An error is emitted at the operator where
      operands or attributes do not fit together.
    }], "::llvm::LogicalResult", "inferResultShapes",
    (ins "::llvm::SmallVectorImpl<::llvm::SmallVector<int64_t>> &":$shapes)>
  ];
  let verify = [{ return ::mlir::octet::detail::verifyResultShapes($_op); }];
}

def Octet_SameScaleOpInterface : Octet_OpInterface<"SameScaleOpInterface"> {
  let description = [{
    The results hold elements of the data operands unchanged, so the operator
    needs no arithmetic on quantized types: it commutes with `dequantize`
    wherever all data operands and results have one scale and zero point.
  }];
  let methods = [
    InterfaceMethod<"The operands whose elements reach the results.",
      "::llvm::SmallVector<::mlir::OpOperand *>", "getDataOperands", (ins),
      "", [{ return {&$_op->getOpOperand(0)}; }]>,
    InterfaceMethod<[{
      The axis of the first result that axis `axis` of a data operand becomes
      unchanged, or nothing where it is cut, mixed or moved inside another:
      per-axis scales survive only on such an axis.
    }], "::std::optional<int64_t>", "getResultAxis", (ins "int64_t":$axis),
      "", [{ return ::std::nullopt; }]>,
    InterfaceMethod<[{
      True if values other than those of the data operands appear (the fill
      value of a pad): they must be representable in the result's type.
    }], "::std::optional<double>", "getFillValue", (ins),
      "", [{ return ::std::nullopt; }]>
  ];
}

def Octet_FixedOutputRangeOpInterface
    : Octet_OpInterface<"FixedOutputRangeOpInterface"> {
  let description = [{
    The result lies in a range known without samples (a sigmoid in [0, 1]), so
    its scale is fixed and no observer is needed.
  }];
  let methods = [
    InterfaceMethod<"Smallest and largest possible value.",
      "::std::pair<double, double>", "getOutputRange">
  ];
}

def Octet_WeightedOpInterface : Octet_OpInterface<"WeightedOpInterface"> {
  let description = [{
    Multiplies an input by weights and adds up in an accumulator, i32 where both
    are 8-bit integers: convolutions and matrix products. A bias is kept at the
    accumulator's scale, s_input * s_weight.
  }];
  let methods = [
    InterfaceMethod<"The input's operand.",
      "::mlir::OpOperand &", "getInputOperand", (ins),
      "", [{ return $_op->getOpOperand(0); }]>,
    InterfaceMethod<"The weights' operand.",
      "::mlir::OpOperand &", "getWeightOperand", (ins),
      "", [{ return $_op->getOpOperand(1); }]>,
    InterfaceMethod<"The bias, one element an output channel; null if absent.",
      "::mlir::Value", "getBiasValue", (ins), "", [{ return $_op.getBias(); }]>,
    InterfaceMethod<"Sets the bias.", "void", "setBiasValue",
      (ins "::mlir::Value":$bias), "", [{ $_op.getBiasMutable().assign(bias); }]>,
    InterfaceMethod<"The operand that is added to the result; null if absent.",
      "::mlir::OpOperand *", "getResidualOperand", (ins), "", [{
        auto residual = $_op.getResidualMutable();
        return residual.empty() ? nullptr : &residual[0];
      }]>,
    InterfaceMethod<"Sets the residual.", "void", "setResidualValue",
      (ins "::mlir::Value":$residual), "",
      [{ $_op.getResidualMutable().assign(residual); }]>,
    InterfaceMethod<[{
      The input's axis of channels: elements along the others are multiplied by
      the same weights.
    }], "int64_t", "getInputChannelAxis">,
    InterfaceMethod<[{
      The mean result of each output channel, before bias and clamp and away
      from padding, for weights of the operand's shape and inputs with these
      means of their channels. Empty if an output channel has no single mean.
    }], "::llvm::SmallVector<double>", "getMeanResponse",
      (ins "::llvm::ArrayRef<double>":$weights,
           "::llvm::ArrayRef<double>":$means)>,
    InterfaceMethod<[{
      The weights' axis with one entry an output channel, along which weights
      may be quantized per-axis.
    }], "int64_t", "getWeightChannelAxis">,
    InterfaceMethod<"The output channel of each element of the weights.",
      "::mlir::octet::AxisIndex", "getOutputChannels">,
    InterfaceMethod<"Multiply-accumulates of one execution.",
      "int64_t", "getMacs">
  ];
}

def Octet_ClampableOpInterface : Octet_OpInterface<"ClampableOpInterface"> {
  let description = [{
    Carries an optional clamp that is applied to the result before it is
    represented in the result's type; activations fold into it.
  }];
  let methods = [
    InterfaceMethod<"The clamp, or null.", "::mlir::octet::ClampAttr",
      "getResultClamp", (ins), "", [{ return $_op.getClampAttr(); }]>,
    InterfaceMethod<"Sets the clamp.", "void", "setResultClamp",
      (ins "::mlir::octet::ClampAttr":$clamp), "",
      [{ $_op.setClampAttr(clamp); }]>
  ];
}

def Octet_UnaryFunctionOpInterface
    : Octet_OpInterface<"UnaryFunctionOpInterface"> {
  let description = [{
    A function of one real number, applied to each element. On 8 bits it becomes
    a table of 256 entries computed in f64.
  }];
  let methods = [
    InterfaceMethod<"The function, in f64.", "double", "evaluate",
      (ins "double":$x)>,
    InterfaceMethod<[{
      Builds the function on a scalar (or vector) of float type with arith and
      math operations.
    }], "::mlir::Value", "buildFunction",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Location":$loc,
           "::mlir::Value":$x)>
  ];
}

def Octet_IntegerFormOpInterface
    : Octet_OpInterface<"IntegerFormOpInterface"> {
  let description = [{
    Can be computed on quantized operands. Quantize asks which values to
    quantize, Fold whether the types at hand have an integer form.
  }];
  let methods = [
    InterfaceMethod<[{
      Why this operator has no integer form whatever the types (weights that
      are not constant, an unsupported attribute); empty if it has one. The
      text goes to the report, with the remedy.
    }], "::std::string", "getStaysFloatReason", (ins), "", [{ return {}; }]>,
    InterfaceMethod<"The operands to be quantized as activations.",
      "::llvm::SmallVector<::mlir::OpOperand *>", "getActivationOperands",
      (ins), "", [{
        using Operands = ::llvm::SmallVector<::mlir::OpOperand *>;
        auto movement =
            ::llvm::dyn_cast<::mlir::octet::SameScaleOpInterface>(
                $_op.getOperation());
        return movement ? movement.getDataOperands()
                        : Operands{&$_op->getOpOperand(0)};
      }]>,
    InterfaceMethod<[{
      Whether the operator's own result may stay float while the operands are
      quantized (an integer product read out as float).
    }], "bool", "allowsFloatResult", (ins), "", [{ return false; }]>
  ];
}

def Octet_LayoutOpInterface : Octet_OpInterface<"LayoutOpInterface"> {
  let description = [{
    Distinguishes a channel axis from spatial axes by its `layout`. The layout
    pass switches all of them to channels-last.
  }];
  let methods = [
    InterfaceMethod<"The order of the axes of data operand and result.",
      "::mlir::octet::Layout", "getDataLayout", (ins), "",
      [{ return $_op.getLayout(); }]>,
    InterfaceMethod<"Changes the order; the caller transposes.",
      "void", "setDataLayout", (ins "::mlir::octet::Layout":$layout), "",
      [{ $_op.setLayout(layout); }]>
  ];
}

def Octet_AxesOpInterface : Octet_OpInterface<"AxesOpInterface"> {
  let description = [{
    Operands and results have the same axes (after broadcasting), so the
    operator can work on transposed operands and give a transposed result.
    Element-wise operators need nothing more than the interface; others adapt
    their attributes.
  }];
  let methods = [
    InterfaceMethod<[{
      Adapts the attributes to operands whose axis i was axis `permutation[i]`.
      Fails, changing nothing, where that cannot be said.
    }], "::llvm::LogicalResult", "permuteAxes",
      (ins "::llvm::ArrayRef<int64_t>":$permutation), "",
      [{ return ::mlir::success(); }]>
  ];
}

#endif // OCTET_IR_OCTETINTERFACES_TD
