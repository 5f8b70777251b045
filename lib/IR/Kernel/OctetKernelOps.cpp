//===- OctetKernelOps.cpp - Builders and verifiers -------------------*- C++
//-*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Effects.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/TypeUtilities.h"
#include "octet/IR/Kernel/OctetKernel.h"
#include "octet/IR/Kernel/Packing.h"

using namespace mlir;
using namespace mlir::octet_kernel;

#define GET_OP_CLASSES
#include "octet/IR/Kernel/OctetKernelOps.cpp.inc"

//===----------------------------------------------------------------------===//
// ConvOp
//===----------------------------------------------------------------------===//

void ConvOp::build(OpBuilder &b, OperationState &state, Value input,
                   Value weights, ValueRange operands, Value out,
                   ArrayRef<int64_t> kernel, ArrayRef<int64_t> strides,
                   ArrayRef<int64_t> dilations, int64_t groups,
                   bool inputUnsigned) {
  Type result = isa<TensorType>(out.getType()) ? out.getType() : Type();
  build(b, state, result, input, weights, operands, out, /*lo=*/Value(),
        /*hi=*/Value(), kernel, strides, dilations, groups, inputUnsigned,
        /*flip_input=*/false, /*safe_pairs=*/false, /*weights_per_row=*/false,
        /*packing=*/nullptr, /*tile=*/nullptr);
  OpBuilder::InsertionGuard guard(b);
  bool isFloat = isa<FloatType>(getElementTypeOrSelf(input));
  SmallVector<Type> types = {isFloat ? Type(b.getF32Type())
                                     : Type(b.getI32Type())};
  for (Value operand : operands)
    types.push_back(getElementTypeOrSelf(operand));
  b.createBlock(state.regions.front().get(), {}, types,
                SmallVector<Location>(types.size(), state.location));
}

Type ConvOp::getSumType() {
  Builder b(getContext());
  return isFloat() ? Type(b.getF32Type()) : Type(b.getI32Type());
}

/// Whether `shape` broadcasts to `full` as in numpy.
static bool broadcastsTo(ArrayRef<int64_t> shape, ArrayRef<int64_t> full) {
  if (shape.size() > full.size())
    return false;
  for (auto [dim, fullDim] :
       llvm::zip(llvm::reverse(shape), llvm::reverse(full)))
    if (dim != 1 && dim != fullDim)
      return false;
  return true;
}

static LogicalResult verifyAttributes(ConvOp op) {
  auto isPair = [&](StringRef name, ArrayRef<int64_t> values) -> LogicalResult {
    if (values.size() == 2 && values[0] > 0 && values[1] > 0)
      return success();
    return op.emitOpError()
           << name << " must be two positive numbers, got [" << values << "]";
  };
  if (failed(isPair("kernel", op.getKernel())) ||
      failed(isPair("strides", op.getStrides())) ||
      failed(isPair("dilations", op.getDilations())))
    return failure();
  int64_t groups = op.getGroups();
  if (groups < 1 || op.getChannels() % groups || op.getOutChannels() % groups)
    return op.emitOpError()
           << "groups must divide input and output channels, got groups = "
           << groups << " for " << op.getChannels() << " and "
           << op.getOutChannels();
  return success();
}

static LogicalResult verifyShapes(ConvOp op) {
  ShapedType input = op.getInputType(), out = op.getOutType();
  if (input.getDimSize(0) != out.getDimSize(0))
    return op.emitOpError() << "input has " << input.getDimSize(0)
                            << " images, but the output " << out.getDimSize(0);
  for (int axis : {0, 1}) {
    int64_t reach = (op.getKernel()[axis] - 1) * op.getDilations()[axis] + 1;
    int64_t need =
        (out.getDimSize(axis + 1) - 1) * op.getStrides()[axis] + reach;
    int64_t have = input.getDimSize(axis + 1);
    if (have < need)
      return op.emitOpError()
             << "input must have at least " << need << " elements along axis "
             << axis + 1 << ", got " << have;
  }
  return success();
}

/// Constant weights of floats may be shorter floats.
static bool haveMatchingElements(ConvOp op) {
  Type weights = op.getWeightsType().getElementType();
  return weights == op.getInputType().getElementType() ||
         (op.isFloat() && isa<FloatType>(weights) && !op.getWeightsPerRow());
}

static LogicalResult verifyWeights(ConvOp op) {
  ShapedType weights = op.getWeightsType();
  if (!haveMatchingElements(op))
    return op.emitOpError()
           << "weights are " << weights.getElementType()
           << ", but the input is " << op.getInputType().getElementType();
  SmallVector<int64_t> expected;
  std::optional<Packing> packing = op.getPacking();
  if (packing && op.isDepthwise() != (*packing == Packing::Taps))
    return op.emitOpError()
           << "weights packed as " << stringifyPacking(*packing)
           << " do not serve a convolution that is "
           << (op.isDepthwise() ? "depthwise" : "not depthwise");
  if (op.getWeightsPerRow()) {
    ArrayRef<int64_t> out = op.getOutType().getShape();
    if (!op.isPointwise() || op.getGroups() != 1)
      return op.emitOpError("has weights for each row, but is no product of "
                            "matrices");
    expected = {out[0] * out[1],
                PackOp::getRoom(op.getChannels(), out[3], op.isFloat())};
  } else if (packing)
    expected = {WeightShape(op).getPackedElements(*packing)};
  else
    expected = {op.getOutChannels(), op.getKernel()[0], op.getKernel()[1],
                op.getGroupChannels()};
  if (weights.getShape() != ArrayRef<int64_t>(expected))
    return op.emitOpError() << "weights must have the shape [" << expected
                            << "], got [" << weights.getShape() << "]";
  return success();
}

static LogicalResult verifyTypes(ConvOp op) {
  if (!op.getInputType().hasStaticShape() ||
      !op.getOutType().hasStaticShape() ||
      !op.getWeightsType().hasStaticShape())
    return op.emitOpError("shapes must be static");
  bool isTensor = isa<TensorType>(op.getOut().getType());
  if (isTensor != bool(op.getResult()))
    return op.emitOpError()
           << "must have " << (isTensor ? "a" : "no")
           << " result when it writes a " << (isTensor ? "tensor" : "buffer");
  if (isTensor && op.getResult().getType() != op.getOut().getType())
    return op.emitOpError() << "result is " << op.getResult().getType()
                            << ", but the output is " << op.getOut().getType();
  if (bool(op.getLo()) != bool(op.getHi()))
    return op.emitOpError("range needs both ends");
  if (op.getFlipInput() && op.isFloat())
    return op.emitOpError("flips the sign of an input that has none");
  return success();
}

LogicalResult ConvOp::verify() {
  if (failed(verifyTypes(*this)) || failed(verifyAttributes(*this)) ||
      failed(verifyShapes(*this)) || failed(verifyWeights(*this)))
    return failure();
  for (auto [i, operand] : llvm::enumerate(getEpilogueOperands())) {
    auto type = cast<ShapedType>(operand.getType());
    if (!broadcastsTo(type.getShape(), getOutType().getShape()))
      return emitOpError() << "shape [" << type.getShape()
                           << "] of epilogue operand " << i
                           << " does not broadcast to the output's ["
                           << getOutType().getShape() << "]";
  }
  return success();
}

LogicalResult ConvOp::verifyRegions() {
  Block &block = getEpilogue().front();
  SmallVector<Type> expected = {getSumType()};
  for (Value operand : getEpilogueOperands())
    expected.push_back(getElementTypeOrSelf(operand));
  if (block.getArgumentTypes() != TypeRange(expected))
    return emitOpError() << "epilogue must take (" << TypeRange(expected)
                         << "), got (" << block.getArgumentTypes() << ")";
  for (Operation &inner : block.without_terminator())
    if (!isa<arith::ConstantOp>(inner) &&
        (!OpTrait::hasElementwiseMappableTraits(&inner) ||
         inner.getNumResults() != 1))
      return inner.emitOpError("has no vector form and may not stand in an "
                               "epilogue");
  Type yielded = cast<YieldOp>(block.getTerminator()).getValue().getType();
  if (yielded != getOutType().getElementType())
    return emitOpError() << "epilogue yields " << yielded
                         << ", but the output is "
                         << getOutType().getElementType();
  return success();
}

void octet_kernel::addDestinationEffects(
    DestinationStyleOpInterface op,
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  for (OpOperand &operand : op->getOpOperands()) {
    if (!isa<BaseMemRefType>(operand.get().getType()))
      continue;
    if (op.isDpsInit(&operand))
      effects.emplace_back(MemoryEffects::Write::get(), &operand);
    else
      effects.emplace_back(MemoryEffects::Read::get(), &operand);
  }
}

void ConvOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  addDestinationEffects(*this, effects);
}

void ConvOp::setWorkRange(Value lo, Value hi) {
  getLoMutable().assign(lo);
  getHiMutable().assign(hi);
}

int64_t ConvOp::getWorkExtent() { return WorkGrid(*this).units(); }

int64_t ConvOp::getMacs() {
  return getOutType().getNumElements() * getKernel()[0] * getKernel()[1] *
         getGroupChannels();
}

//===----------------------------------------------------------------------===//
// Vectors
//===----------------------------------------------------------------------===//

static LogicalResult verifyDot(Operation *op, VectorType acc,
                               VectorType bytes) {
  if (bytes.getNumElements() == 4 * acc.getNumElements())
    return success();
  return op->emitOpError() << "needs 4 bytes per lane, got "
                           << bytes.getNumElements() << " bytes for "
                           << acc.getNumElements() << " lanes";
}

LogicalResult Dot4Op::verify() {
  return verifyDot(*this, getAcc().getType(), getA().getType());
}

LogicalResult MmlaOp::verify() {
  if (getAcc().getType().getNumElements() % 4)
    return emitOpError() << "needs a multiple of 4 lanes, got "
                         << getAcc().getType().getNumElements();
  return verifyDot(*this, getAcc().getType(), getA().getType());
}

LogicalResult LookupOp::verify() {
  auto type = dyn_cast<RankedTensorType>(getTable().getShapedType());
  if (!type || type.getShape() != ArrayRef<int64_t>{256} ||
      !type.getElementType().isInteger(8))
    return emitOpError() << "table must be a tensor<256xi8>, got "
                         << getTable().getShapedType();
  return success();
}
