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

/// A buffer of the caller's ends where its last element ends, but kernels may
/// read further: they get a copy.
static Value ensureOwnBuffer(OpBuilder &b, Location loc, Value input) {
  Value root = input;
  while (auto *op = root.getDefiningOp()) {
    if (!isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp,
             tensor::ExtractSliceOp>(op))
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
  /// For each other operand, the shape that broadcasts to the kernel's output.
  SmallVector<std::pair<OpOperand *, SmallVector<int64_t>>> operands;
};
} // namespace

/// The shape of an operand indexed by `map`, as it broadcasts to the output of
/// `match`. Nothing if it covers only part of what is one axis there.
static std::optional<SmallVector<int64_t>>
getBroadcastShape(const KernelMatch &match, AffineMap map,
                  ArrayRef<unsigned> outDims) {
  SmallVector<int64_t> shape;
  SmallVector<unsigned> order;
  for (auto [dims, size] : llvm::zip(match.getOutDims(), match.getOutShape())) {
    unsigned used = 0;
    for (unsigned dim : dims) {
      // The epilogue's loops are the output's, in order.
      unsigned loop = llvm::find(outDims, dim) - outDims.begin();
      if (!map.isFunctionOfDim(loop))
        continue;
      order.push_back(loop);
      ++used;
    }
    if (used != 0 && used != dims.size())
      return std::nullopt;
    if (used != 0 || !shape.empty())
      shape.push_back(used != 0 ? size : 1);
  }
  if (order.size() != map.getNumResults())
    return std::nullopt;
  for (auto [expr, loop] : llvm::zip(map.getResults(), order))
    if (expr != getAffineDimExpr(loop, map.getContext()))
      return std::nullopt;
  return shape;
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
      !op.getMatchingIndexingMap(epilogue.sum).isIdentity() ||
      !op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isIdentity() ||
      op.payloadUsesValueFromOperand(op.getDpsInitOperand(0)) ||
      !hasElementwiseBody(op))
    return std::nullopt;
  SmallVector<unsigned> outDims;
  for (AffineExpr expr : match.op.getIndexingMapsArray()[2].getResults())
    outDims.push_back(cast<AffineDimExpr>(expr).getPosition());
  for (OpOperand *operand : op.getDpsInputOperands()) {
    if (operand == epilogue.sum)
      continue;
    auto shape =
        getBroadcastShape(match, op.getMatchingIndexingMap(operand), outDims);
    if (!shape || !isa<RankedTensorType>(operand->get().getType()))
      return std::nullopt;
    epilogue.operands.emplace_back(operand, std::move(*shape));
  }
  return epilogue;
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
                           : match.op.getLoc()) {}
  void build();

private:
  octet_kernel::ConvOp createOp();
  void fillEpilogue(octet_kernel::ConvOp conv);

  const KernelMatch &match;
  std::optional<Epilogue> epilogue;
  linalg::GenericOp last;
  OpBuilder b;
  Location loc;
};
} // namespace

octet_kernel::ConvOp KernelBuilder::createOp() {
  Value input =
      reshape(b, loc, match.op.getDpsInputs()[0], match.getInputShape());
  input = ensureOwnBuffer(b, loc, input);
  Value weights =
      arith::ConstantOp::create(b, loc, cast<TypedAttr>(match.getWeights()));
  SmallVector<Value> operands;
  if (epilogue)
    for (auto &[operand, shape] : epilogue->operands)
      operands.push_back(reshape(b, loc, operand->get(), shape));
  auto type = cast<RankedTensorType>(last.getResult(0).getType());
  Value out = tensor::EmptyOp::create(b, loc, match.getOutShape(),
                                      type.getElementType());
  return octet_kernel::ConvOp::create(
      b, loc, input, weights, operands, out, match.getKernel(),
      match.getStrides(), match.getDilations(), match.groups, match.isUnsigned);
}

void KernelBuilder::fillEpilogue(octet_kernel::ConvOp conv) {
  Block &block = conv.getEpilogue().front();
  OpBuilder inner = OpBuilder::atBlockEnd(&block);
  Value sum = block.getArgument(0);
  if (match.initial != 0) {
    Value initial = arith::ConstantOp::create(
        inner, loc, inner.getI32IntegerAttr(match.initial));
    sum = arith::AddIOp::create(inner, loc, sum, initial);
  }
  if (!epilogue) {
    octet_kernel::YieldOp::create(inner, loc, sum);
    return;
  }
  IRMapping mapping;
  Block *body = epilogue->op.getBody();
  mapping.map(body->getArgument(epilogue->sum->getOperandNumber()), sum);
  for (auto [i, operand] : llvm::enumerate(epilogue->operands))
    mapping.map(body->getArgument(operand.first->getOperandNumber()),
                block.getArgument(i + 1));
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
  Value result = reshape(b, loc, conv.getResult(), type.getShape());
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
