//===- FormKernels.cpp - Products become kernels ---------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"
#include "mlir/IR/IRMapping.h"
#include "octet/Codegen/KernelMatch.h"
#include "octet/Codegen/Passes.h"
#include "octet/Codegen/Views.h"
#include "octet/IR/Constants.h"
#include "octet/IR/Kernel/OctetKernel.h"

namespace mlir::octet {
#define GEN_PASS_DEF_FORMKERNELS
#include "octet/Codegen/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

//===----------------------------------------------------------------------===//
// Look-ups
//===----------------------------------------------------------------------===//

/// A read of a constant table of 256 bytes at a byte -> octet_kernel.lookup.
static bool formLookup(tensor::ExtractOp op) {
  ElementsAttr table = getTensorConstant(op.getTensor());
  if (!table || op.getIndices().size() != 1 ||
      !table.getElementType().isInteger(8) || table.getNumElements() != 256)
    return false;
  Value index = op.getIndices().front();
  while (Operation *cast = index.getDefiningOp()) {
    if (!isa<arith::IndexCastOp, arith::IndexCastUIOp, arith::ExtUIOp>(cast))
      return false;
    // Signed bytes would be read as negative indices.
    Value source = cast->getOperand(0);
    if (isa<arith::IndexCastOp>(cast) && source.getType().isInteger(8))
      return false;
    index = source;
    if (index.getType().isInteger(8))
      break;
  }
  if (!index.getType().isInteger(8))
    return false;
  std::optional<ConstantData> data = readElements(table);
  if (!data)
    return false;
  OpBuilder b(op);
  auto type = RankedTensorType::get({256}, b.getI8Type());
  auto dense = DenseElementsAttr::getFromRawBuffer(type, data->bytes);
  Value found = octet_kernel::LookupOp::create(b, op.getLoc(), index.getType(),
                                               index, dense);
  op.replaceAllUsesWith(found);
  Operation *unused = op.getIndices().front().getDefiningOp();
  op.erase();
  while (unused && unused->use_empty()) {
    Operation *next = unused->getOperand(0).getDefiningOp();
    unused->erase();
    unused = next;
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

/// `value` in another shape with the same elements.
static Value reshape(OpBuilder &b, Location loc, Value value,
                     ArrayRef<int64_t> shape) {
  auto type = cast<RankedTensorType>(value.getType());
  if (type.getShape() == shape)
    return value;
  if (ElementsAttr attr = getTensorConstant(value))
    if (std::optional<ConstantData> data = readElements(attr))
      return arith::ConstantOp::create(
          b, loc,
          cast<TypedAttr>(makeElements(data->type.clone(shape), data->bytes)));
  auto to = RankedTensorType::get(shape, type.getElementType());
  if (auto groups = getReassociationIndicesForReshape(type, to)) {
    if (type.getRank() > to.getRank())
      return tensor::CollapseShapeOp::create(b, loc, to, value, *groups);
    return tensor::ExpandShapeOp::create(b, loc, to, value, *groups);
  }
  return reshape(b, loc, reshape(b, loc, value, {type.getNumElements()}),
                 shape);
}

/// A buffer of the caller's, or a constant, ends where its last element ends,
/// but kernels may read further: they get a copy.
static Value ensureOwnBuffer(OpBuilder &b, Location loc, Value input) {
  Value root = input;
  while (auto *op = root.getDefiningOp()) {
    if (isa<arith::ConstantOp>(op))
      break;
    if (!isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp,
             tensor::ExtractSliceOp, octet_kernel::PermuteOp>(op))
      return input;
    root = op->getOperand(0);
  }
  return bufferization::AllocTensorOp::create(
      b, loc, cast<RankedTensorType>(input.getType()), ValueRange(), input);
}

namespace {
/// The element-wise op that takes a sum, in the kernel's terms.
struct Epilogue {
  linalg::GenericOp op;
  OpOperand *sum = nullptr;
  /// For each other operand, how it broadcasts to the kernel's output.
  std::vector<std::pair<OpOperand *, Arrangement>> operands;
};
} // namespace

/// The map from the loops of the product to the axes of what `map`, from the
/// loops of the op that takes the sums, indexes. `outDims` are the loops that
/// the axes of the sums are; `sums` is how the op indexes them.
static AffineMap inProductLoops(AffineMap map, AffineMap sums,
                                ArrayRef<unsigned> outDims,
                                unsigned productLoops) {
  SmallVector<AffineExpr> exprs(map.getNumDims());
  for (auto [axis, expr] : llvm::enumerate(sums.getResults()))
    exprs[cast<AffineDimExpr>(expr).getPosition()] =
        getAffineDimExpr(outDims[axis], map.getContext());
  return map.replaceDimsAndSymbols(exprs, {}, productLoops, 0);
}

/// How an operand indexed by `map`, from the product's loops, broadcasts to the
/// output of `match`. Nothing if it covers only part of what is one axis there.
static std::optional<Arrangement>
getBroadcast(const KernelMatch &match, RankedTensorType type, AffineMap map) {
  SmallVector<SmallVector<unsigned>> dims = match.getOutDims();
  auto result = Arrangement::get(type, map, dims);
  if (!result)
    return std::nullopt;
  for (auto [extent, full] : llvm::zip(result->shape, match.getOutShape()))
    if (extent != 1 && extent != full)
      return std::nullopt;
  return result;
}

/// An operand of the epilogue. Broadcasting adds the leading axes that it has
/// not.
static Value arrangeOperand(OpBuilder &b, Location loc, Value operand,
                            const Arrangement &arrangement) {
  unsigned first = arrangement.groups.empty() ? arrangement.shape.size()
                                              : arrangement.groups.front();
  ArrayRef<int64_t> shape = ArrayRef(arrangement.shape).drop_front(first);
  if (!llvm::is_sorted(arrangement.order))
    operand = arrangement.apply(b, loc, operand);
  return reshape(b, loc, operand, shape);
}

/// What a body may take from outside: it is cloned into the epilogue.
static bool isScalarConstant(Value value) {
  return value.getDefiningOp<arith::ConstantOp>() &&
         value.getType().isIntOrFloat();
}

/// Whether every op of the body has a vector form.
static bool hasElementwiseBody(linalg::GenericOp op) {
  return llvm::all_of(op.getBody()->without_terminator(), [](Operation &inner) {
    return isa<arith::ConstantOp>(inner) ||
           (OpTrait::hasElementwiseMappableTraits(&inner) &&
            inner.getNumResults() == 1 &&
            llvm::all_of(inner.getOperands(), [&](Value operand) {
              return operand.getParentBlock() == inner.getBlock() ||
                     isScalarConstant(operand);
            }));
  });
}

/// Whether a kernel can write what reads its sums so: channels stay last.
static bool isOrderOfSums(AffineMap map) {
  return map.isIdentity() ||
         (map.isPermutation() &&
          map.getResults().back() ==
              getAffineDimExpr(map.getNumDims() - 1, map.getContext()));
}

/// The loops that the axes of the sums are.
static SmallVector<unsigned> getSumDims(const KernelMatch &match) {
  SmallVector<unsigned> dims;
  for (AffineExpr expr : match.op.getIndexingMapsArray()[2].getResults())
    dims.push_back(cast<AffineDimExpr>(expr).getPosition());
  return dims;
}

/// The only user of the sum, if it can be the kernel's epilogue.
static std::optional<Epilogue> matchEpilogue(const KernelMatch &match) {
  Value sum = match.op.getResult(0);
  if (!sum.hasOneUse())
    return std::nullopt;
  Epilogue epilogue;
  epilogue.sum = &*sum.use_begin();
  epilogue.op = dyn_cast<linalg::GenericOp>(epilogue.sum->getOwner());
  linalg::GenericOp op = epilogue.op;
  if (!op || op.getNumReductionLoops() != 0 || op.getNumDpsInits() != 1 ||
      op.isDpsInit(epilogue.sum) || !op.hasPureTensorSemantics() ||
      !isOrderOfSums(op.getMatchingIndexingMap(epilogue.sum)) ||
      !op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isIdentity() ||
      op.payloadUsesValueFromOperand(op.getDpsInitOperand(0)) ||
      !hasElementwiseBody(op))
    return std::nullopt;
  AffineMap sums = op.getMatchingIndexingMap(epilogue.sum);
  for (OpOperand *operand : op.getDpsInputOperands()) {
    if (operand == epilogue.sum)
      continue;
    auto type = dyn_cast<RankedTensorType>(operand->get().getType());
    if (!type)
      return std::nullopt;
    AffineMap map = inProductLoops(op.getMatchingIndexingMap(operand), sums,
                                   getSumDims(match), match.op.getNumLoops());
    auto arrangement = getBroadcast(match, type, map);
    if (!arrangement)
      return std::nullopt;
    epilogue.operands.emplace_back(operand, std::move(*arrangement));
  }
  return epilogue;
}

/// How the result is laid out, in the product's loops.
static Arrangement arrangeResult(const KernelMatch &match,
                                 const std::optional<Epilogue> &epilogue) {
  AffineMap map = match.op.getIndexingMapsArray()[2];
  Value result = match.op.getResult(0);
  if (epilogue) {
    linalg::GenericOp op = epilogue->op;
    map = inProductLoops(op.getMatchingIndexingMap(op.getDpsInitOperand(0)),
                         op.getMatchingIndexingMap(epilogue->sum),
                         getSumDims(match), map.getNumDims());
    result = op.getResult(0);
  }
  return *Arrangement::get(cast<RankedTensorType>(result.getType()), map,
                           match.getOutDims());
}

namespace {
/// Writes one kernel.
class KernelBuilder {
public:
  KernelBuilder(const KernelMatch &match, std::optional<Epilogue> epilogue)
      : match(match), epilogue(std::move(epilogue)),
        last(this->epilogue ? this->epilogue->op : match.op),
        b(last.getOperation()),
        loc(this->epilogue ? b.getFusedLoc({match.op.getLoc(), last.getLoc()})
                           : match.op.getLoc()),
        out(arrangeResult(match, this->epilogue)) {}
  void build();

private:
  octet_kernel::ConvOp createOp();
  Value createWeights();
  Value createOut();
  Value createPacked(SmallVectorImpl<Value> &operands);
  Value sumRows(Value input);
  Value arrange(unsigned operand, ArrayRef<std::optional<unsigned>> axes);
  Value startSum(OpBuilder &b, Block &block);
  void fillEpilogue(octet_kernel::ConvOp conv);

  const KernelMatch &match;
  std::optional<Epilogue> epilogue;
  linalg::GenericOp last;
  OpBuilder b;
  Location loc;
  Arrangement out;
  /// Operands that zero points add to those of the epilogue.
  unsigned numCorrections = 0;
  bool hasRowSums = false;
};
} // namespace

/// An operand of a product of computed matrices with the axes image, row, and
/// those named.
Value KernelBuilder::arrange(unsigned operand,
                             ArrayRef<std::optional<unsigned>> axes) {
  linalg::GenericOp op = match.op;
  SmallVector<SmallVector<unsigned>> dims = {match.imageDims, match.rowDims};
  for (std::optional<unsigned> axis : axes)
    dims.push_back(axis ? SmallVector<unsigned>{*axis} : match.leadDims);
  Value tensor = op.getDpsInputs()[operand];
  auto arrangement = Arrangement::get(cast<RankedTensorType>(tensor.getType()),
                                      op.getIndexingMapsArray()[operand], dims);
  return ensureOwnBuffer(
      b, loc, arrangement->apply(b, loc, seeThroughTranspositions(b, tensor)));
}

/// The sum over each row of the input.
Value KernelBuilder::sumRows(Value input) {
  ArrayRef<int64_t> shape = cast<RankedTensorType>(input.getType()).getShape();
  Value empty =
      tensor::EmptyOp::create(b, loc, shape.drop_back(), b.getI32Type());
  Value zero = arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(0));
  Value init = linalg::FillOp::create(b, loc, zero, empty).getResult(0);
  AffineMap all = b.getMultiDimIdentityMap(4);
  SmallVector<utils::IteratorType> loops(4, utils::IteratorType::parallel);
  loops.back() = utils::IteratorType::reduction;
  auto body = [&](OpBuilder &inner, Location loc, ValueRange args) {
    Value wide =
        match.isUnsigned
            ? arith::ExtUIOp::create(inner, loc, args[1].getType(), args[0])
                  .getResult()
            : arith::ExtSIOp::create(inner, loc, args[1].getType(), args[0]);
    linalg::YieldOp::create(
        inner, loc,
        arith::AddIOp::create(inner, loc, args[1], wide).getResult());
  };
  auto sums = linalg::GenericOp::create(
      b, loc, init.getType(), input, init,
      ArrayRef<AffineMap>{all, all.getMajorSubMap(3)}, loops, body);
  return reshape(b, loc, sums.getResult(0), {shape[0], shape[1], shape[2], 1});
}

/// The packed second factor. Appends what zero points add to the sums.
Value KernelBuilder::createPacked(SmallVectorImpl<Value> &operands) {
  Value source = arrange(1, {match.inChannelDim, match.outChannelDim});
  int64_t columns = match.groupOutChannels;
  int64_t room = octet_kernel::PackOp::getRoom(match.groupChannels, columns,
                                               match.isFloat);
  Type element = cast<RankedTensorType>(source.getType()).getElementType();
  SmallVector<Value> outs = {tensor::EmptyOp::create(
      b, loc, {match.images * match.rows, room}, element)};
  if (!match.isFloat)
    outs.push_back(tensor::EmptyOp::create(
        b, loc, {match.images, match.rows, 1, columns}, b.getI32Type()));
  auto pack =
      octet_kernel::PackOp::create(b, loc, source, outs, match.inputZero,
                                   match.isUnsigned, match.isWeightUnsigned);
  if (!match.isFloat)
    operands.push_back(pack.getResult(1));
  return pack.getResult(0);
}

Value KernelBuilder::createWeights() {
  return arith::ConstantOp::create(b, loc, cast<TypedAttr>(match.getWeights()));
}

octet_kernel::ConvOp KernelBuilder::createOp() {
  SmallVector<Value> operands;
  Value input, weights;
  if (match.isComputed) {
    input = arrange(0, {std::nullopt, match.inChannelDim});
    weights = createPacked(operands);
    hasRowSums = !match.isFloat && match.getStoredWeightZero() != 0;
    if (hasRowSums)
      operands.push_back(sumRows(input));
  } else {
    input = ensureOwnBuffer(
        b, loc,
        reshape(b, loc, match.op.getDpsInputs()[0], match.getInputShape()));
    weights = createWeights();
  }
  numCorrections = operands.size();
  if (epilogue)
    for (auto &[operand, arrangement] : epilogue->operands)
      operands.push_back(arrangeOperand(b, loc, operand->get(), arrangement));
  auto conv = octet_kernel::ConvOp::create(
      b, loc, input, weights, operands, createOut(), match.getKernel(),
      match.getStrides(), match.getDilations(), match.groups, match.isUnsigned);
  conv.setWeightsPerRow(match.isComputed);
  return conv;
}

/// What the kernel writes: a view of the result where it is laid out otherwise.
Value KernelBuilder::createOut() {
  auto type = cast<RankedTensorType>(last.getResult(0).getType());
  bool isInOrder = llvm::is_sorted(out.order);
  Value empty = tensor::EmptyOp::create(
      b, loc, isInOrder ? ArrayRef(out.shape) : type.getShape(),
      type.getElementType());
  return isInOrder ? empty : out.apply(b, loc, empty);
}

/// The sum, with what it starts with and what zero points take away.
Value KernelBuilder::startSum(OpBuilder &b, Block &block) {
  Value sum = block.getArgument(0);
  auto add = [&](Value term) {
    sum = arith::AddIOp::create(b, loc, sum, term);
  };
  auto constant = [&](int64_t value) {
    return arith::ConstantOp::create(b, loc,
                                     b.getI32IntegerAttr(int32_t(value)));
  };
  int64_t initial = match.initial;
  if (numCorrections != 0)
    add(block.getArgument(1));
  if (hasRowSums) {
    // -zb * (sum of a row - K * za)
    int64_t zero = match.getStoredWeightZero();
    add(arith::MulIOp::create(b, loc, block.getArgument(2), constant(-zero)));
    initial += zero * match.groupChannels * match.inputZero;
  }
  if (initial != 0)
    add(constant(initial));
  return sum;
}

void KernelBuilder::fillEpilogue(octet_kernel::ConvOp conv) {
  Block &block = conv.getEpilogue().front();
  OpBuilder inner = OpBuilder::atBlockEnd(&block);
  Value sum = startSum(inner, block);
  if (!epilogue) {
    octet_kernel::YieldOp::create(inner, loc, sum);
    return;
  }
  IRMapping mapping;
  Block *body = epilogue->op.getBody();
  mapping.map(body->getArgument(epilogue->sum->getOperandNumber()), sum);
  for (auto [i, operand] : llvm::enumerate(epilogue->operands))
    mapping.map(body->getArgument(operand.first->getOperandNumber()),
                block.getArgument(i + 1 + numCorrections));
  auto cloneConstants = [&](Operation &op) {
    for (Value operand : op.getOperands())
      if (isScalarConstant(operand) && !mapping.contains(operand))
        inner.clone(*operand.getDefiningOp(), mapping);
  };
  for (Operation &op : *body) {
    cloneConstants(op);
    if (&op != body->getTerminator())
      inner.clone(op, mapping);
  }
  octet_kernel::YieldOp::create(
      inner, loc,
      mapping.lookupOrDefault(body->getTerminator()->getOperand(0)));
}

void KernelBuilder::build() {
  octet_kernel::ConvOp conv = createOp();
  fillEpilogue(conv);
  auto type = cast<RankedTensorType>(last.getResult(0).getType());
  Value result = llvm::is_sorted(out.order)
                     ? reshape(b, loc, conv.getResult(), type.getShape())
                     : out.undo(b, loc, conv.getResult());
  last.getResult(0).replaceAllUsesWith(result);
  linalg::GenericOp product = match.op;
  Operation *initial = product.getDpsInits()[0].getDefiningOp();
  if (last != product)
    last.erase();
  product.erase();
  if (initial->use_empty())
    initial->erase();
}

namespace {
struct FormKernelsPass
    : public mlir::octet::impl::FormKernelsBase<FormKernelsPass> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    func.walk([&](tensor::ExtractOp op) { numLookups += formLookup(op); });
    SmallVector<linalg::GenericOp> candidates;
    func.walk([&](linalg::GenericOp op) {
      if (op.getNumReductionLoops() != 0)
        candidates.push_back(op);
    });
    for (linalg::GenericOp op : candidates) {
      FailureOr<KernelMatch> match = KernelMatch::get(op);
      if (failed(match))
        continue;
      KernelBuilder(*match, matchEpilogue(*match)).build();
      ++numKernels;
    }
    // The weights that were ordered anew would be bufferized, unused as they
    // are.
    for (auto constant : llvm::make_early_inc_range(
             func.getBody().front().getOps<arith::ConstantOp>()))
      if (constant.use_empty())
        constant.erase();
  }
};
} // namespace
