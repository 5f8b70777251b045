//===- KernelMatch.cpp - Products in linalg --------------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Codegen/KernelMatch.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/IR/Matchers.h"
#include "octet/IR/Constants.h"
#include <cstring>

using namespace mlir;
using namespace mlir::octet;

namespace {
/// Finds out what each loop means.
/// A depthwise kernel of 11 x 11 has 121.
constexpr int64_t kMaxTaps = 128;

class Matcher {
public:
  explicit Matcher(linalg::GenericOp op) { match.op = op; }
  LogicalResult run();

  KernelMatch match;
  std::string reason;

private:
  LogicalResult fail(const Twine &why) {
    reason = why.str();
    return failure();
  }
  LogicalResult matchOperands();
  LogicalResult matchBody();
  LogicalResult matchInitial();
  LogicalResult matchInput();
  LogicalResult matchWindow(AffineExpr expr);
  LogicalResult matchChannels(ArrayRef<unsigned> inputDims);
  LogicalResult matchOutput();
  LogicalResult matchWeights();

  AffineMap getMap(unsigned operand) {
    return match.op.getIndexingMapsArray()[operand];
  }
  bool isParallel(unsigned dim) {
    return linalg::isParallelIterator(match.op.getIteratorTypesArray()[dim]);
  }
  bool inWeights(unsigned dim) {
    return !match.hasUnitWeights && getMap(1).isFunctionOfDim(dim);
  }
  int64_t getExtent(unsigned dim) { return extents[dim]; }

  SmallVector<int64_t> extents;
};
} // namespace

//===----------------------------------------------------------------------===//
// Operands and body
//===----------------------------------------------------------------------===//

LogicalResult Matcher::matchOperands() {
  linalg::GenericOp op = match.op;
  if (!op.hasPureTensorSemantics() || op.getNumReductionLoops() == 0 ||
      op.getNumDpsInputs() != 2 || op.getNumDpsInits() != 1)
    return fail("is no sum of two factors");
  auto input = dyn_cast<RankedTensorType>(op.getDpsInputs()[0].getType());
  auto out = cast<RankedTensorType>(op.getDpsInits()[0].getType());
  if (!input || !input.hasStaticShape() || !out.hasStaticShape())
    return fail("shapes must be static");
  if (matchPattern(op.getDpsInputs()[0], m_Constant()))
    return fail("input is constant");
  match.isFloat = input.getElementType().isF32();
  if (!match.isFloat && !input.getElementType().isInteger(8))
    return fail("input must be i8 or f32");
  Type sum = out.getElementType();
  if (match.isFloat ? !sum.isF32() : !sum.isInteger(32))
    return fail("sum must be i32 or f32");
  extents = op.getStaticLoopRanges();
  return success();
}

/// The block argument that `value` is, widened or as it is.
static BlockArgument getFactor(Value value, bool &isUnsigned) {
  isUnsigned = false;
  if (auto extend = value.getDefiningOp<arith::ExtUIOp>()) {
    isUnsigned = true;
    value = extend.getIn();
  } else if (auto extend = value.getDefiningOp<arith::ExtSIOp>()) {
    value = extend.getIn();
  } else if (auto extend = value.getDefiningOp<arith::ExtFOp>()) {
    value = extend.getIn();
  }
  return dyn_cast<BlockArgument>(value);
}

/// sum + input * weight, or sum + input, widened where they are bytes.
LogicalResult Matcher::matchBody() {
  Block *body = match.op.getBody();
  Value yielded = body->getTerminator()->getOperand(0);
  Operation *add = yielded.getDefiningOp();
  if (!isa_and_nonnull<arith::AddIOp, arith::AddFOp>(add))
    return fail("does not add");
  Value sum = body->getArgument(2);
  if (add->getOperand(0) != sum && add->getOperand(1) != sum)
    return fail("does not accumulate");
  Value term = add->getOperand(add->getOperand(0) == sum ? 1 : 0);
  bool weightUnsigned = false;
  BlockArgument input, weight;
  Operation *product = term.getDefiningOp();
  if (isa_and_nonnull<arith::MulIOp, arith::MulFOp>(product)) {
    input = getFactor(product->getOperand(0), match.isUnsigned);
    weight = getFactor(product->getOperand(1), weightUnsigned);
    if (input && weight && input.getArgNumber() == 1) {
      std::swap(input, weight);
      std::swap(match.isUnsigned, weightUnsigned);
    }
    if (!weight || weight.getArgNumber() != 1)
      return fail("does not multiply by the second operand");
  } else {
    input = getFactor(term, match.isUnsigned);
    match.hasUnitWeights = true;
    if (match.isFloat || !body->getArgument(1).use_empty())
      return fail("is no product and no integer sum");
  }
  if (!input || input.getArgNumber() != 0 || weightUnsigned)
    return fail("factors must be an input and signed weights");
  return success();
}

LogicalResult Matcher::matchInitial() {
  auto fill = match.op.getDpsInits()[0].getDefiningOp<linalg::FillOp>();
  if (!fill)
    return fail("sum does not start with a constant");
  APInt integer;
  if (matchPattern(fill.value(), m_ConstantInt(&integer))) {
    match.initial = integer.getSExtValue();
    return success();
  }
  if (match.isFloat && matchPattern(fill.value(), m_PosZeroFloat()))
    return success();
  return fail("sum does not start with a constant");
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

/// dim, dim * factor -> (dim, factor).
static std::optional<std::pair<unsigned, int64_t>>
getScaledDim(AffineExpr expr) {
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return std::make_pair(dim.getPosition(), int64_t(1));
  auto product = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!product || product.getKind() != AffineExprKind::Mul)
    return std::nullopt;
  auto dim = dyn_cast<AffineDimExpr>(product.getLHS());
  auto factor = dyn_cast<AffineConstantExpr>(product.getRHS());
  if (!dim || !factor || factor.getValue() < 1)
    return std::nullopt;
  return std::make_pair(dim.getPosition(), factor.getValue());
}

/// out * stride [+ kernel * dilation].
LogicalResult Matcher::matchWindow(AffineExpr expr) {
  SmallVector<AffineExpr> terms;
  auto sum = dyn_cast<AffineBinaryOpExpr>(expr);
  if (sum && sum.getKind() == AffineExprKind::Add)
    terms = {sum.getLHS(), sum.getRHS()};
  else
    terms = {expr};
  WindowAxis axis;
  bool hasOut = false;
  for (AffineExpr term : terms) {
    auto scaled = getScaledDim(term);
    if (!scaled)
      return fail("input is indexed in an unknown way");
    auto [dim, factor] = *scaled;
    if (isParallel(dim)) {
      if (std::exchange(hasOut, true))
        return fail("input is indexed in an unknown way");
      axis.outDim = dim, axis.stride = factor;
      axis.outSize = getExtent(dim);
    } else {
      axis.kernelDim = dim, axis.dilation = factor;
      axis.kernelSize = getExtent(dim);
    }
  }
  if (!hasOut || match.windows.size() == 2)
    return fail("is no window of one or two axes");
  match.windows.push_back(axis);
  return success();
}

/// Images, then windows, then channels.
LogicalResult Matcher::matchInput() {
  SmallVector<unsigned> tail;
  for (AffineExpr expr : getMap(0).getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim) {
      if (!tail.empty())
        return fail("channels must be last");
      if (failed(matchWindow(expr)))
        return failure();
      continue;
    }
    unsigned position = dim.getPosition();
    if (!isParallel(position) || inWeights(position) ||
        !match.windows.empty() || !tail.empty()) {
      tail.push_back(position);
      continue;
    }
    match.leadDims.push_back(position);
    match.leadSize *= getExtent(position);
  }
  return matchChannels(tail);
}

/// [group] [input channel].
LogicalResult Matcher::matchChannels(ArrayRef<unsigned> dims) {
  for (unsigned dim : dims) {
    bool isGroup = isParallel(dim) && (match.hasUnitWeights || inWeights(dim));
    if (isGroup && !match.groupDim && !match.inChannelDim) {
      match.groupDim = dim;
      match.groups = getExtent(dim);
    } else if (!isParallel(dim) && inWeights(dim) && !match.inChannelDim) {
      match.inChannelDim = dim;
      match.groupChannels = getExtent(dim);
    } else {
      return fail("channels of the input are no groups of channels");
    }
  }
  if (!match.groupDim && !match.inChannelDim)
    return fail("input has no channels");
  if (match.groupDim && match.windows.empty())
    return fail("is a batch of products");
  return success();
}

/// Images, windows, [group] [output channel], in this order.
LogicalResult Matcher::matchOutput() {
  SmallVector<unsigned> expected = match.leadDims;
  for (const WindowAxis &axis : match.windows)
    expected.push_back(axis.outDim);
  if (match.groupDim)
    expected.push_back(*match.groupDim);
  SmallVector<unsigned> dims;
  for (AffineExpr expr : getMap(2).getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim)
      return fail("output is indexed in an unknown way");
    dims.push_back(dim.getPosition());
  }
  if (dims.size() == expected.size() + 1) {
    match.outChannelDim = dims.pop_back_val();
    match.groupOutChannels = getExtent(*match.outChannelDim);
    if (getMap(0).isFunctionOfDim(*match.outChannelDim))
      return fail("output is laid out otherwise than the input");
  }
  if (dims != expected || (!match.outChannelDim && !match.groupDim))
    return fail("output is laid out otherwise than the input");
  // One channel per group out, but several in: no form of its own.
  if (!match.outChannelDim && match.inChannelDim)
    return fail("groups have no output channels");
  return success();
}

LogicalResult Matcher::matchWeights() {
  if (match.hasUnitWeights)
    return success();
  ElementsAttr attr = getTensorConstant(match.op.getDpsInputs()[1]);
  if (!attr)
    return fail("weights are not constant");
  Type element = attr.getElementType();
  bool isShort = element.isF16() || element.isBF16();
  if (match.isFloat ? !(element.isF32() || isShort) : !element.isInteger(8))
    return fail("weights must be of the input's type, or shorter floats");
  SmallVector<unsigned> known;
  for (const WindowAxis &axis : match.windows)
    if (axis.kernelDim)
      known.push_back(*axis.kernelDim);
  for (std::optional<unsigned> dim :
       {match.groupDim, match.outChannelDim, match.inChannelDim})
    if (dim)
      known.push_back(*dim);
  for (AffineExpr expr : getMap(1).getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim || !llvm::is_contained(known, dim.getPosition()))
      return fail("weights are indexed in an unknown way");
  }
  return success();
}

LogicalResult Matcher::run() {
  if (failed(matchOperands()) || failed(matchBody()) ||
      failed(matchInitial()) || failed(matchInput()) || failed(matchOutput()) ||
      failed(matchWeights()))
    return failure();
  // Every reduction must have been understood.
  unsigned reductions = match.inChannelDim.has_value();
  for (const WindowAxis &axis : match.windows)
    reductions += axis.kernelDim.has_value();
  if (reductions != match.op.getNumReductionLoops())
    return fail("reduces over an unknown loop");
  // The taps of a depthwise kernel are written out one after another.
  if (match.isDepthwise() && llvm::product_of(match.getKernel()) > kMaxTaps)
    return fail("has too many taps for a kernel without a loop over them");
  return success();
}

FailureOr<KernelMatch> KernelMatch::get(linalg::GenericOp op,
                                        std::string *reason) {
  Matcher matcher(op);
  if (succeeded(matcher.run()))
    return matcher.match;
  if (std::optional<KernelMatch> product = matchComputedProduct(op))
    return *product;
  if (reason)
    *reason = matcher.reason;
  return failure();
}

//===----------------------------------------------------------------------===//
// The kernel's form
//===----------------------------------------------------------------------===//

const WindowAxis *KernelMatch::getAxis(unsigned axis) const {
  unsigned missing = 2 - windows.size();
  return axis < missing ? nullptr : &windows[axis - missing];
}

SmallVector<int64_t> KernelMatch::getInputShape() const {
  int64_t channels = groups * groupChannels;
  if (isComputed)
    return {images, rows, leadSize, channels};
  if (windows.empty())
    return {1, 1, leadSize, channels};
  auto type = cast<RankedTensorType>(op.getDpsInputs()[0].getType());
  SmallVector<int64_t> shape = {leadSize};
  if (windows.size() == 1)
    shape.push_back(1);
  for (unsigned i = 0; i < windows.size(); ++i)
    shape.push_back(type.getDimSize(leadDims.size() + i));
  shape.push_back(channels);
  return shape;
}

SmallVector<int64_t> KernelMatch::getOutShape() const {
  if (isComputed)
    return {images, rows, leadSize, getOutChannels()};
  if (windows.empty())
    return {1, 1, leadSize, getOutChannels()};
  SmallVector<int64_t> shape = {leadSize};
  for (unsigned axis : {0, 1})
    shape.push_back(getAxis(axis) ? getAxis(axis)->outSize : 1);
  shape.push_back(getOutChannels());
  return shape;
}

SmallVector<SmallVector<unsigned>> KernelMatch::getOutDims() const {
  SmallVector<unsigned> channels;
  if (groupDim)
    channels.push_back(*groupDim);
  if (outChannelDim)
    channels.push_back(*outChannelDim);
  if (windows.empty())
    return {imageDims, rowDims, leadDims, channels};
  SmallVector<SmallVector<unsigned>> dims = {leadDims, {}, {}, channels};
  for (unsigned axis : {0, 1})
    if (getAxis(axis))
      dims[1 + axis].push_back(getAxis(axis)->outDim);
  return dims;
}

SmallVector<int64_t> KernelMatch::getKernel() const {
  SmallVector<int64_t> sizes;
  for (unsigned axis : {0, 1})
    sizes.push_back(getAxis(axis) ? getAxis(axis)->kernelSize : 1);
  return sizes;
}

SmallVector<int64_t> KernelMatch::getStrides() const {
  SmallVector<int64_t> strides;
  for (unsigned axis : {0, 1})
    strides.push_back(getAxis(axis) ? getAxis(axis)->stride : 1);
  return strides;
}

SmallVector<int64_t> KernelMatch::getDilations() const {
  SmallVector<int64_t> dilations;
  for (unsigned axis : {0, 1})
    dilations.push_back(getAxis(axis) ? getAxis(axis)->dilation : 1);
  return dilations;
}

namespace {
/// A loop that the kernel's weights are laid out along.
struct WeightAxis {
  int64_t extent = 1;
  /// Distance in the original weights; 0 where they do not vary.
  int64_t stride = 0;
};
} // namespace

/// Elements of `source` in the order of nested loops over `axes`.
static std::vector<char> gather(const ConstantData &source, unsigned size,
                                ArrayRef<WeightAxis> axes) {
  int64_t count = 1;
  for (const WeightAxis &axis : axes)
    count *= axis.extent;
  std::vector<char> result(count * size);
  SmallVector<int64_t> index(axes.size(), 0);
  int64_t from = 0;
  for (int64_t to = 0; to < count; ++to) {
    std::memcpy(&result[to * size], &source.bytes[from * size], size);
    for (int64_t i = int64_t(axes.size()) - 1; i >= 0; --i) {
      from += axes[i].stride;
      if (++index[i] < axes[i].extent)
        break;
      from -= axes[i].stride * axes[i].extent;
      index[i] = 0;
    }
  }
  return result;
}

ElementsAttr KernelMatch::getWeights() const {
  SmallVector<int64_t> kernel = getKernel();
  Builder b(op->getContext());
  SmallVector<int64_t> shape = {getOutChannels(), kernel[0], kernel[1],
                                groupChannels};
  if (hasUnitWeights)
    return DenseElementsAttr::get(RankedTensorType::get(shape, b.getI8Type()),
                                  Attribute(b.getI8IntegerAttr(1)));

  ConstantData source = *readElements(getTensorConstant(op.getDpsInputs()[1]));
  Type element = source.type.getElementType();
  auto type = RankedTensorType::get(shape, element);
  AffineMap map = op.getIndexingMapsArray()[1];
  SmallVector<int64_t> strides(map.getNumResults(), 1);
  for (int64_t i = int64_t(strides.size()) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * source.type.getDimSize(i + 1);
  auto getWeightAxis = [&](std::optional<unsigned> dim, int64_t extent) {
    WeightAxis axis{extent, 0};
    for (auto [expr, stride] : llvm::zip(map.getResults(), strides))
      if (dim && expr.isFunctionOfDim(*dim))
        axis.stride += stride;
    return axis;
  };
  auto getKernelDim = [&](unsigned axis) {
    return getAxis(axis) ? getAxis(axis)->kernelDim : std::nullopt;
  };
  std::vector<char> bytes =
      gather(source, getElementBytes(element),
             {getWeightAxis(groupDim, groups),
              getWeightAxis(outChannelDim, groupOutChannels),
              getWeightAxis(getKernelDim(0), kernel[0]),
              getWeightAxis(getKernelDim(1), kernel[1]),
              getWeightAxis(inChannelDim, groupChannels)});
  return makeElements(type, bytes);
}

ElementsAttr mlir::octet::getTensorConstant(Value value) {
  ElementsAttr attr;
  return matchPattern(value, m_Constant(&attr)) ? attr : nullptr;
}

bool mlir::octet::isContraction(linalg::GenericOp op) {
  if (op.getNumReductionLoops() == 0)
    return false;
  return llvm::any_of(*op.getBody(),
                      [](Operation &inner) {
                        return isa<arith::MulIOp, arith::MulFOp>(inner);
                      }) ||
         succeeded(KernelMatch::get(op));
}
