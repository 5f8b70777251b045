//===- OctetAttrs.td - Attributes of the octet dialect -*- tablegen -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_IR_OCTETATTRS_TD
#define OCTET_IR_OCTETATTRS_TD

include "octet/IR/OctetBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

class Octet_Enum<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::mlir::octet";
  let genSpecializedAttr = 0;
}
class Octet_EnumAttr<EnumAttrInfo info, string mnemonic>
    : EnumAttr<Octet_Dialect, info, mnemonic>;

def Octet_Layout : Octet_Enum<"Layout", "order of the axes", [
  I32EnumAttrCase<"ChannelsFirst", 0, "channels_first">,
  I32EnumAttrCase<"ChannelsLast", 1, "channels_last">]>;
def Octet_LayoutAttr : Octet_EnumAttr<Octet_Layout, "layout">;

def Octet_ReduceKind : Octet_Enum<"ReduceKind",
    "what a reduction computes", [
  I32EnumAttrCase<"Sum", 0, "sum">, I32EnumAttrCase<"Mean", 1, "mean">,
  I32EnumAttrCase<"Max", 2, "max">, I32EnumAttrCase<"Min", 3, "min">,
  I32EnumAttrCase<"Prod", 4, "prod">, I32EnumAttrCase<"L1", 5, "l1">,
  I32EnumAttrCase<"L2", 6, "l2">,
  I32EnumAttrCase<"SumSquare", 7, "sum_square">,
  I32EnumAttrCase<"LogSum", 8, "log_sum">,
  I32EnumAttrCase<"LogSumExp", 9, "log_sum_exp">]>;
def Octet_ReduceKindAttr : Octet_EnumAttr<Octet_ReduceKind, "reduce_kind">;

def Octet_PadMode : Octet_Enum<"PadMode", "what a pad fills in", [
  I32EnumAttrCase<"Constant", 0, "constant">,
  I32EnumAttrCase<"Reflect", 1, "reflect">,
  I32EnumAttrCase<"Edge", 2, "edge">, I32EnumAttrCase<"Wrap", 3, "wrap">]>;
def Octet_PadModeAttr : Octet_EnumAttr<Octet_PadMode, "pad_mode">;

def Octet_Compare : Octet_Enum<"ComparePredicate",
    "a comparison", [
  I32EnumAttrCase<"Equal", 0, "eq">, I32EnumAttrCase<"Less", 1, "lt">,
  I32EnumAttrCase<"LessOrEqual", 2, "le">,
  I32EnumAttrCase<"Greater", 3, "gt">,
  I32EnumAttrCase<"GreaterOrEqual", 4, "ge">]>;
def Octet_CompareAttr : Octet_EnumAttr<Octet_Compare, "predicate">;

def Octet_LogicalKind : Octet_Enum<"LogicalKind",
    "a logical operator", [
  I32EnumAttrCase<"And", 0, "and">, I32EnumAttrCase<"Or", 1, "or">,
  I32EnumAttrCase<"Xor", 2, "xor">]>;
def Octet_LogicalKindAttr : Octet_EnumAttr<Octet_LogicalKind, "logical_kind">;

def Octet_ResizeMode : Octet_Enum<"ResizeMode",
    "how a resize interpolates", [
  I32EnumAttrCase<"Nearest", 0, "nearest">,
  I32EnumAttrCase<"Linear", 1, "linear">,
  I32EnumAttrCase<"Cubic", 2, "cubic">]>;
def Octet_ResizeModeAttr : Octet_EnumAttr<Octet_ResizeMode, "resize_mode">;

def Octet_ResizeCoordinates : Octet_Enum<"ResizeCoordinates", "how a resize maps output to input coordinates", [
  I32EnumAttrCase<"HalfPixel", 0, "half_pixel">,
  I32EnumAttrCase<"PytorchHalfPixel", 1, "pytorch_half_pixel">,
  I32EnumAttrCase<"AlignCorners", 2, "align_corners">,
  I32EnumAttrCase<"Asymmetric", 3, "asymmetric">,
  I32EnumAttrCase<"HalfPixelSymmetric", 4, "half_pixel_symmetric">]>;
def Octet_ResizeCoordinatesAttr
    : Octet_EnumAttr<Octet_ResizeCoordinates, "resize_coordinates">;

def Octet_ResizeRounding : Octet_Enum<"ResizeRounding",
    "how a nearest resize rounds a coordinate", [
  I32EnumAttrCase<"RoundPreferFloor", 0, "round_prefer_floor">,
  I32EnumAttrCase<"RoundPreferCeil", 1, "round_prefer_ceil">,
  I32EnumAttrCase<"Floor", 2, "floor">, I32EnumAttrCase<"Ceil", 3, "ceil">]>;
def Octet_ResizeRoundingAttr
    : Octet_EnumAttr<Octet_ResizeRounding, "resize_rounding">;

def Octet_ObserverKind : Octet_Enum<"ObserverKind",
    "how a range is chosen from samples", [
  I32EnumAttrCase<"MinMax", 0, "minmax">,
  I32EnumAttrCase<"Percentile", 1, "percentile">,
  I32EnumAttrCase<"Entropy", 2, "entropy">,
  I32EnumAttrCase<"MSE", 3, "mse">]>;
def Octet_ObserverKindAttr : Octet_EnumAttr<Octet_ObserverKind, "observer">;

class Octet_Attr<string name, string mnemonic_> : AttrDef<Octet_Dialect, name> {
  let mnemonic = mnemonic_;
}

def Octet_ClampAttr : Octet_Attr<"Clamp", "clamp"> {
  let summary = "bounds, in real units, that an operator's result is cut to";
  let description = [{
    A ReLU is `#octet.clamp<0.0 : inf>`. Folding one into its producer costs
    nothing: an integer form takes the tighter of these bounds and of those of
    the storage type.
  }];
  let parameters = (ins APFloatParameter<"lower bound">:$min,
                        APFloatParameter<"upper bound">:$max);
  let hasCustomAssemblyFormat = 1;
  let extraClassDeclaration = [{
    static ClampAttr get(MLIRContext *context, double min, double max);
    double getMinValue() const { return getMin().convertToDouble(); }
    double getMaxValue() const { return getMax().convertToDouble(); }
    /// The intersection with other bounds.
    ClampAttr intersect(double min, double max) const;
  }];
  let genVerifyDecl = 1;
}

def Octet_StatisticsAttr : Octet_Attr<"Statistics", "statistics"> {
  let summary = "what an observer saw of one tensor over all samples";
  let description = [{
    Extremes, number and sum of the values seen, and a histogram of `bins`
    equal intervals over [min, max] (empty where only extremes were asked for).
    `means` are the means of single channels, where an axis was named for them.
    `sample_min` and `sample_max` are the means of the per-sample extremes.
    Samples themselves are never kept, so a model can be quantized again, with
    another recipe, from its IR alone.
  }];
  let parameters = (ins APFloatParameter<"smallest value">:$min,
                        APFloatParameter<"largest value">:$max,
                        APFloatParameter<"mean of the samples' smallest">:$sample_min,
                        APFloatParameter<"mean of the samples' largest">:$sample_max,
                        APFloatParameter<"sum of all values">:$sum,
                        "int64_t":$count,
                        "::mlir::DenseI64ArrayAttr":$histogram,
                        "::mlir::DenseF64ArrayAttr":$means);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

def Octet_SchemeAttr : Octet_Attr<"Scheme", "scheme"> {
  let summary = "how an operator is to be quantized";
  let description = [{
    Attached as `octet.scheme` to every operator that Quantize decided to compute
    in integers; the others carry `octet.stays_float` with the reason. Storage
    types are `ui8` and `si8`-like: `activation_signed` and 8 bits. Weights are
    signed, symmetric, one scale an output channel or one in all; with
    `correct_bias` the bias makes good for their mean rounding error.
  }];
  let parameters = (ins
    DefaultValuedParameter<"bool", "false">:$activation_signed,
    DefaultValuedParameter<"bool", "false">:$activation_symmetric,
    DefaultValuedParameter<"bool", "true">:$weight_per_channel,
    DefaultValuedParameter<"unsigned", "8">:$weight_bits,
    DefaultValuedParameter<"bool", "true">:$correct_bias,
    DefaultValuedParameter<"::mlir::octet::ObserverKind",
                           "ObserverKind::MinMax">:$observer,
    // Parts in a million that the percentile observer keeps.
    DefaultValuedParameter<"int64_t", "999990">:$percentile_ppm);
  let assemblyFormat = "`<` struct(params) `>`";
  let extraClassDeclaration = [{
    /// The discardable attributes' names.
    static constexpr ::llvm::StringLiteral kName = "octet.scheme";
    static constexpr ::llvm::StringLiteral kStaysFloatName =
        "octet.stays_float";
    /// The scheme of an operator; null if it stays float.
    static SchemeAttr of(::mlir::Operation *op);
  }];
}

#endif // OCTET_IR_OCTETATTRS_TD
