//===- OctetInterfaces.cpp - How operators behave -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/IR/Octet.h"

#include "octet/IR/Constants.h"

#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::octet;

#include "octet/IR/OctetInterfaces.cpp.inc"

//===----------------------------------------------------------------------===//
// WeightedOpInterface
//===----------------------------------------------------------------------===//

static int64_t countElements(Value value) {
  return cast<RankedTensorType>(value.getType()).getNumElements();
}

/// The axis of an image's channels.
static int64_t getChannelAxis(Layout layout, Value image) {
  return layout == Layout::ChannelsFirst ? 1 : getShape(image).size() - 1;
}

int64_t ConvOp::getWeightChannelAxis() { return 0; }
AxisIndex ConvOp::getOutputChannels() {
  return AxisIndex(getShape(getWeight()), getWeightChannelAxis());
}
int64_t ConvOp::getMacs() {
  return countElements(getResult()) * countElements(getWeight()) /
         std::max<int64_t>(getShape(getWeight())[0], 1);
}

int64_t ConvOp::getInputChannelAxis() {
  return getChannelAxis(getLayout(), getInput());
}
SmallVector<double> ConvOp::getMeanResponse(ArrayRef<double> weights,
                                            ArrayRef<double> means) {
  ArrayRef<int64_t> shape = getShape(getWeight());
  int64_t outputs = shape[0], inputs = shape[1];
  int64_t taps = weights.size() / std::max<int64_t>(outputs * inputs, 1);
  SmallVector<double> response(outputs);
  for (auto [i, weight] : llvm::enumerate(weights)) {
    int64_t output = i / (inputs * taps), input = i / taps % inputs;
    int64_t group = output / (outputs / getGroups());
    response[output] += weight * means[group * inputs + input];
  }
  return response;
}

int64_t ConvTransposeOp::getWeightChannelAxis() { return 1; }
AxisIndex ConvTransposeOp::getOutputChannels() {
  ArrayRef<int64_t> shape = getShape(getWeight());
  AxisIndex channels(shape, getWeightChannelAxis());
  // The rows of a group's inputs hold the outputs of that group.
  int64_t rows = shape[0] / int64_t(getGroups());
  channels.block = std::max<int64_t>(rows * channels.count * channels.inner, 1);
  return channels;
}
int64_t ConvTransposeOp::getInputChannelAxis() {
  return getChannelAxis(getLayout(), getInput());
}
SmallVector<double> ConvTransposeOp::getMeanResponse(ArrayRef<double> weights,
                                                     ArrayRef<double> means) {
  ArrayRef<int64_t> shape = getShape(getWeight());
  AxisIndex inputs(shape, 0), outputs = getOutputChannels();
  SmallVector<double> response(outputs.countEntries(weights.size()));
  outputs.forEach(weights.size(), [&](int64_t i, int64_t output) {
    response[output] += weights[i] * means[inputs.of(i)];
  });
  // An output meets one tap in `stride` of every axis.
  for (int64_t stride : getStrides())
    for (double &mean : response)
      mean /= stride;
  return response;
}
int64_t ConvTransposeOp::getMacs() {
  return countElements(getInput()) * countElements(getWeight()) /
         std::max<int64_t>(getShape(getWeight())[0], 1);
}

int64_t MatMulOp::getWeightChannelAxis() {
  return getShape(getRhs()).size() - (getTransposeRhs() ? 2 : 1);
}
AxisIndex MatMulOp::getOutputChannels() {
  return AxisIndex(getShape(getRhs()), getWeightChannelAxis());
}
int64_t MatMulOp::getInputChannelAxis() {
  return getShape(getLhs()).size() - (getTransposeLhs() ? 2 : 1);
}
SmallVector<double> MatMulOp::getMeanResponse(ArrayRef<double> weights,
                                              ArrayRef<double> means) {
  ArrayRef<int64_t> shape = getShape(getRhs());
  int64_t columns = shape[getWeightChannelAxis()];
  // Each batch would have its own mean, and all share one bias.
  if (means.size() * columns != weights.size())
    return {};
  SmallVector<double> response(columns);
  for (auto [i, weight] : llvm::enumerate(weights)) {
    size_t row = getTransposeRhs() ? i % means.size() : i / columns;
    size_t column = getTransposeRhs() ? i / means.size() : i % columns;
    response[column] += weight * means[row];
  }
  return response;
}
int64_t MatMulOp::getMacs() {
  ArrayRef<int64_t> lhs = getShape(getLhs());
  return countElements(getResult()) *
         (getTransposeLhs() ? lhs[lhs.size() - 2] : lhs.back());
}

//===----------------------------------------------------------------------===//
// IntegerFormOpInterface
//===----------------------------------------------------------------------===//

/// Weights that are constant, possibly through quantization.
static bool isConstantWeight(Value weight) {
  while (Operation *op = weight.getDefiningOp()) {
    if (isa<ConstantOp>(op))
      return true;
    if (!isa<QuantizeOp, DequantizeOp>(op))
      return false;
    weight = op->getOperand(0);
  }
  return false;
}

static std::string explainWeights(Value weight) {
  if (isConstantWeight(weight))
    return {};
  return "the weights are computed at run time; make them an initializer";
}

/// Input and, where it is there, the residual.
template <typename OpT>
static SmallVector<OpOperand *> getInputAndResidual(OpT op) {
  SmallVector<OpOperand *> operands{&op->getOpOperand(0)};
  if (op.getResidual())
    operands.push_back(&op.getResidualMutable()[0]);
  return operands;
}

std::string ConvOp::getStaysFloatReason() {
  return explainWeights(getWeight());
}
SmallVector<OpOperand *> ConvOp::getActivationOperands() {
  return getInputAndResidual(*this);
}
bool ConvOp::allowsFloatResult() { return true; }

std::string ConvTransposeOp::getStaysFloatReason() {
  return explainWeights(getWeight());
}
SmallVector<OpOperand *> ConvTransposeOp::getActivationOperands() {
  return getInputAndResidual(*this);
}
bool ConvTransposeOp::allowsFloatResult() { return true; }

std::string MatMulOp::getStaysFloatReason() {
  if (!isa<FloatType, quant::QuantizedType>(
          getElementTypeOrSelf(getLhs().getType())))
    return "it multiplies integers already";
  return {};
}
SmallVector<OpOperand *> MatMulOp::getActivationOperands() {
  SmallVector<OpOperand *> operands = getInputAndResidual(*this);
  if (!isConstantWeight(getRhs()))
    operands.push_back(&getRhsMutable());
  return operands;
}
bool MatMulOp::allowsFloatResult() { return true; }

/// Both operands of an element-wise operator, constants included: they become
/// quantized constants.
static std::string explainBinary(Operation *op) {
  for (Value operand : op->getOperands())
    if (!isa<FloatType, quant::QuantizedType>(
            getElementTypeOrSelf(operand.getType())))
      return "it computes on integers already";
  return {};
}
static SmallVector<OpOperand *> getBothOperands(Operation *op) {
  return {&op->getOpOperand(0), &op->getOpOperand(1)};
}

#define OCTET_BINARY_FORM(OP)                                                  \
  std::string OP::getStaysFloatReason() { return explainBinary(*this); }       \
  SmallVector<OpOperand *> OP::getActivationOperands() {                       \
    return getBothOperands(*this);                                             \
  }                                                                            \
  bool OP::allowsFloatResult() { return true; }
OCTET_BINARY_FORM(AddOp)
OCTET_BINARY_FORM(SubOp)
OCTET_BINARY_FORM(MulOp)
#undef OCTET_BINARY_FORM

bool AveragePoolOp::allowsFloatResult() { return true; }
bool ReduceOp::allowsFloatResult() { return true; }

std::string PReluOp::getStaysFloatReason() {
  if (!getConstantAttr(getRhs()))
    return "the slope is computed at run time; make it an initializer";
  return {};
}

std::string ReduceOp::getStaysFloatReason() {
  switch (getKind()) {
  case ReduceKind::Sum:
  case ReduceKind::Mean:
  case ReduceKind::Max:
  case ReduceKind::Min:
    return {};
  default:
    return "reduction '" + stringifyReduceKind(getKind()).str() +
           "' has no integer form";
  }
}

std::string ResizeOp::getStaysFloatReason() {
  if (getMode() == ResizeMode::Cubic)
    return "cubic interpolation has no integer form; use linear or nearest";
  return {};
}

//===----------------------------------------------------------------------===//
// SameScaleOpInterface
//===----------------------------------------------------------------------===//

/// An axis of a reshape survives where the products of the extents before it
/// and its own extent are the same in input and result.
std::optional<int64_t> ReshapeOp::getResultAxis(int64_t axis) {
  ArrayRef<int64_t> in = octet::getShape(getInput());
  auto outer = [](ArrayRef<int64_t> shape, int64_t axis) {
    int64_t product = 1;
    for (int64_t extent : shape.take_front(axis))
      product *= extent;
    return product;
  };
  for (int64_t i = 0, e = getShape().size(); i < e; ++i)
    if (getShape()[i] == in[axis] && outer(getShape(), i) == outer(in, axis))
      return i;
  return std::nullopt;
}

std::optional<int64_t> TransposeOp::getResultAxis(int64_t axis) {
  auto it = llvm::find(getPermutation(), axis);
  return it - getPermutation().begin();
}

std::optional<int64_t> ExpandOp::getResultAxis(int64_t axis) {
  int64_t result =
      getShape().size() - octet::getShape(getInput()).size() + axis;
  if (getShape()[result] != octet::getShape(getInput())[axis])
    return std::nullopt;
  return result;
}

SmallVector<OpOperand *> ConcatOp::getDataOperands() {
  return llvm::map_to_vector(getInputsMutable(),
                             [](OpOperand &operand) { return &operand; });
}
std::optional<int64_t> ConcatOp::getResultAxis(int64_t axis) {
  if (axis == int64_t(getAxis()))
    return std::nullopt;
  return axis;
}

std::optional<int64_t> SliceOp::getResultAxis(int64_t axis) {
  bool isWhole = getStarts()[axis] == 0 && getSteps()[axis] == 1 &&
                 getSizes()[axis] == getShape(getInput())[axis];
  return isWhole ? std::optional<int64_t>(axis) : std::nullopt;
}

std::optional<int64_t> PadOp::getResultAxis(int64_t axis) {
  if (getLow()[axis] || getHigh()[axis])
    return std::nullopt;
  return axis;
}
std::optional<double> PadOp::getFillValue() {
  if (getMode() != PadMode::Constant)
    return std::nullopt;
  return getValue().convertToDouble();
}

//===----------------------------------------------------------------------===//
// FixedOutputRangeOpInterface
//===----------------------------------------------------------------------===//

#define OCTET_RANGE(OP, LOW, HIGH)                                             \
  std::pair<double, double> OP::getOutputRange() { return {LOW, HIGH}; }
OCTET_RANGE(HardSigmoidOp, 0, 1)
OCTET_RANGE(SigmoidOp, 0, 1)
OCTET_RANGE(TanhOp, -1, 1)
OCTET_RANGE(SoftsignOp, -1, 1)
OCTET_RANGE(ErfOp, -1, 1)
OCTET_RANGE(SinOp, -1, 1)
OCTET_RANGE(CosOp, -1, 1)
OCTET_RANGE(SignOp, -1, 1)
#undef OCTET_RANGE

std::pair<double, double> SoftmaxOp::getOutputRange() {
  // The logarithm has no lower bound; what exp(-16) rounds to in 8 bits is 0.
  return getLog() ? std::pair(-16.0, 0.0) : std::pair(0.0, 1.0);
}

//===----------------------------------------------------------------------===//
// AxesOpInterface
//===----------------------------------------------------------------------===//

/// Where axis `axis` goes: the i with permutation[i] == axis.
static int64_t findAxis(ArrayRef<int64_t> permutation, int64_t axis) {
  return llvm::find(permutation, axis) - permutation.begin();
}

/// One entry an axis, in the new order.
static SmallVector<int64_t> permute(ArrayRef<int64_t> entries,
                                    ArrayRef<int64_t> permutation) {
  return llvm::map_to_vector(permutation,
                             [&](int64_t axis) { return entries[axis]; });
}

LogicalResult ConcatOp::permuteAxes(ArrayRef<int64_t> permutation) {
  setAxis(findAxis(permutation, getAxis()));
  return success();
}

LogicalResult SliceOp::permuteAxes(ArrayRef<int64_t> permutation) {
  setStarts(permute(getStarts(), permutation));
  setSizes(permute(getSizes(), permutation));
  setSteps(permute(getSteps(), permutation));
  return success();
}

LogicalResult PadOp::permuteAxes(ArrayRef<int64_t> permutation) {
  setLow(permute(getLow(), permutation));
  setHigh(permute(getHigh(), permutation));
  return success();
}

LogicalResult SoftmaxOp::permuteAxes(ArrayRef<int64_t> permutation) {
  setAxis(findAxis(permutation, getAxis()));
  return success();
}

LogicalResult ReduceOp::permuteAxes(ArrayRef<int64_t> permutation) {
  if (!getKeepDims())
    return failure(); // the result has fewer axes
  SmallVector<int64_t> axes;
  for (int64_t axis : getAxes())
    axes.push_back(findAxis(permutation, axis));
  llvm::sort(axes);
  setAxes(axes);
  return success();
}
