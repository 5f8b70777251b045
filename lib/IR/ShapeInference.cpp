//===- ShapeInference.cpp - Result shapes of every operator -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One function an operator, each from ONNX's definition. An extent below 0 or a
// product beyond 2^40 elements is an error here, so that no later stage meets
// one.
//
//===----------------------------------------------------------------------===//

#include "ShapeInference.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::octet;
using mlir::octet::detail::checkAddends;
using mlir::octet::detail::give;
using mlir::octet::detail::Shapes;

/// More elements than this in one tensor are taken for a mistake: no model has
/// them, and byte counts stay far from overflow.
static constexpr int64_t kMaxElements = int64_t(1) << 40;

static LogicalResult checkShape(Operation *op, ArrayRef<int64_t> shape) {
  int64_t elements = 1;
  for (int64_t extent : shape) {
    if (extent < 0)
      return op->emitError() << "result has a negative extent " << extent;
    if (extent && elements > kMaxElements / extent)
      return op->emitError() << "result has more than 2^40 elements";
    elements *= extent;
  }
  return success();
}

LogicalResult mlir::octet::detail::give(Operation *op, Shapes &shapes,
                                        ArrayRef<int64_t> shape) {
  if (failed(checkShape(op, shape)))
    return failure();
  shapes.emplace_back(shape.begin(), shape.end());
  return success();
}

LogicalResult mlir::octet::detail::verifyResultShapes(Operation *op) {
  // While an operator is being created its result is unranked.
  if (llvm::any_of(op->getResultTypes(),
                   [](Type t) { return !isa<RankedTensorType>(t); }))
    return success();
  if (llvm::any_of(op->getOperandTypes(),
                   [](Type t) { return !isa<RankedTensorType>(t); }))
    return op->emitOpError("operands must be ranked");
  SmallVector<SmallVector<int64_t>> shapes;
  if (failed(cast<ShapeInferenceOpInterface>(op).inferResultShapes(shapes)))
    return failure();
  for (auto [result, shape] : llvm::zip_equal(op->getResults(), shapes))
    if (getShape(result) != ArrayRef<int64_t>(shape))
      return op->emitOpError() << "result shape [" << getShape(result)
                               << "] should be [" << ArrayRef(shape) << "]";
  return success();
}

//===----------------------------------------------------------------------===//
// Broadcasts and matrix products
//===----------------------------------------------------------------------===//

/// NumPy's broadcast of two shapes.
static LogicalResult broadcast(Operation *op, ArrayRef<int64_t> lhs,
                               ArrayRef<int64_t> rhs,
                               SmallVector<int64_t> &out) {
  if (lhs.size() < rhs.size())
    std::swap(lhs, rhs);
  SmallVector<int64_t> shape(lhs.begin(), lhs.end());
  size_t offset = lhs.size() - rhs.size();
  for (size_t i = 0; i < rhs.size(); ++i) {
    int64_t &extent = shape[offset + i];
    if (extent != rhs[i] && extent != 1 && rhs[i] != 1)
      return op->emitError()
             << "shapes [" << lhs << "] and [" << rhs << "] do not broadcast";
    extent = extent == 1 ? rhs[i] : extent;
  }
  out = std::move(shape);
  return success();
}

static LogicalResult inferBroadcast(Operation *op, Shapes &shapes) {
  SmallVector<int64_t> shape;
  for (Value operand : op->getOperands())
    if (failed(broadcast(op, shape, getShape(operand), shape)))
      return failure();
  return give(op, shapes, shape);
}

#define OCTET_INFER_BROADCAST(OP)                                              \
  LogicalResult OP::inferResultShapes(Shapes &shapes) {                        \
    return inferBroadcast(*this, shapes);                                      \
  }
OCTET_INFER_BROADCAST(AddOp)
OCTET_INFER_BROADCAST(SubOp)
OCTET_INFER_BROADCAST(MulOp)
OCTET_INFER_BROADCAST(DivOp)
OCTET_INFER_BROADCAST(MinOp)
OCTET_INFER_BROADCAST(MaxOp)
OCTET_INFER_BROADCAST(PowOp)
OCTET_INFER_BROADCAST(ModOp)
OCTET_INFER_BROADCAST(PReluOp)
OCTET_INFER_BROADCAST(CompareOp)
OCTET_INFER_BROADCAST(LogicalOp)
OCTET_INFER_BROADCAST(WhereOp)
#undef OCTET_INFER_BROADCAST

LogicalResult MatMulOp::inferResultShapes(Shapes &shapes) {
  ArrayRef<int64_t> lhs = getShape(getLhs()), rhs = getShape(getRhs());
  if (lhs.size() < 2 || rhs.size() < 2)
    return emitError() << "operands have ranks " << lhs.size() << " and "
                       << rhs.size() << ", expected at least 2";
  auto [m, k] = std::pair(lhs[lhs.size() - 2], lhs.back());
  auto [k2, n] = std::pair(rhs[rhs.size() - 2], rhs.back());
  if (getTransposeLhs())
    std::swap(m, k);
  if (getTransposeRhs())
    std::swap(k2, n);
  if (k != k2)
    return emitError() << "inner extents " << k << " and " << k2 << " differ";
  SmallVector<int64_t> shape;
  if (failed(broadcast(*this, lhs.drop_back(2), rhs.drop_back(2), shape)))
    return failure();
  shape.append({m, n});
  return failure(failed(checkAddends(*this, n, shape)) ||
                 failed(give(*this, shapes, shape)));
}

//===----------------------------------------------------------------------===//
// Same shape
//===----------------------------------------------------------------------===//

#define OCTET_INFER_SAME(OP)                                                   \
  LogicalResult OP::inferResultShapes(Shapes &shapes) {                        \
    return give(*this, shapes, getShape(getOperation()->getOperand(0)));       \
  }
OCTET_INFER_SAME(ReluOp)
OCTET_INFER_SAME(LeakyReluOp)
OCTET_INFER_SAME(ThresholdedReluOp)
OCTET_INFER_SAME(ClipOp)
OCTET_INFER_SAME(EluOp)
OCTET_INFER_SAME(CeluOp)
OCTET_INFER_SAME(SeluOp)
OCTET_INFER_SAME(GeluOp)
OCTET_INFER_SAME(HardSigmoidOp)
OCTET_INFER_SAME(HardSwishOp)
OCTET_INFER_SAME(SiluOp)
OCTET_INFER_SAME(MishOp)
OCTET_INFER_SAME(SigmoidOp)
OCTET_INFER_SAME(TanhOp)
OCTET_INFER_SAME(SoftplusOp)
OCTET_INFER_SAME(SoftsignOp)
OCTET_INFER_SAME(ErfOp)
OCTET_INFER_SAME(SinOp)
OCTET_INFER_SAME(CosOp)
OCTET_INFER_SAME(ExpOp)
OCTET_INFER_SAME(LogOp)
OCTET_INFER_SAME(SqrtOp)
OCTET_INFER_SAME(ReciprocalOp)
OCTET_INFER_SAME(NegOp)
OCTET_INFER_SAME(AbsOp)
OCTET_INFER_SAME(FloorOp)
OCTET_INFER_SAME(CeilOp)
OCTET_INFER_SAME(RoundOp)
OCTET_INFER_SAME(SignOp)
OCTET_INFER_SAME(LookupOp)
OCTET_INFER_SAME(BatchNormOp)
OCTET_INFER_SAME(LayerNormOp)
OCTET_INFER_SAME(InstanceNormOp)
#undef OCTET_INFER_SAME

LogicalResult SoftmaxOp::inferResultShapes(Shapes &shapes) {
  int64_t rank = getShape(getInput()).size();
  if (int64_t(getAxis()) < 0 || int64_t(getAxis()) >= rank)
    return emitError() << "axis " << int64_t(getAxis())
                       << " is not an axis of rank " << rank;
  return give(*this, shapes, getShape(getInput()));
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

static LogicalResult inferReduction(Operation *op, ArrayRef<int64_t> shape,
                                    ArrayRef<int64_t> axes, bool keepDims,
                                    Shapes &shapes) {
  SmallVector<int64_t> result;
  for (int64_t axis : axes)
    if (axis < 0 || axis >= int64_t(shape.size()))
      return op->emitError()
             << "axis " << axis << " is not an axis of rank " << shape.size();
  for (int64_t i = 0, e = shape.size(); i < e; ++i) {
    if (!llvm::is_contained(axes, i))
      result.push_back(shape[i]);
    else if (keepDims)
      result.push_back(1);
  }
  return give(op, shapes, result);
}

LogicalResult ReduceOp::inferResultShapes(Shapes &shapes) {
  return inferReduction(*this, getShape(getInput()), getAxes(), getKeepDims(),
                        shapes);
}
LogicalResult ArgReduceOp::inferResultShapes(Shapes &shapes) {
  return inferReduction(*this, getShape(getInput()), {int64_t(getAxis())},
                        getKeepDims(), shapes);
}

//===----------------------------------------------------------------------===//
// Movements
//===----------------------------------------------------------------------===//

/// An error unless `found` is `rank`, the number of entries `what` must have.
static LogicalResult checkEntries(Operation *op, StringRef what, size_t found,
                                  size_t rank) {
  if (found == rank)
    return success();
  return op->emitError() << what << " has " << found << " entries, expected "
                         << rank;
}

LogicalResult ReshapeOp::inferResultShapes(Shapes &shapes) {
  auto count = [](ArrayRef<int64_t> shape) {
    return std::accumulate(shape.begin(), shape.end(), int64_t(1),
                           std::multiplies<int64_t>());
  };
  if (failed(checkShape(*this, getShape())))
    return failure();
  if (count(octet::getShape(getInput())) != count(getShape()))
    return emitError() << "shape [" << octet::getShape(getInput())
                       << "] cannot become [" << getShape() << "]";
  return give(*this, shapes, getShape());
}

LogicalResult TransposeOp::inferResultShapes(Shapes &shapes) {
  ArrayRef<int64_t> shape = getShape(getInput());
  ArrayRef<int64_t> permutation = getPermutation();
  if (failed(
          checkEntries(*this, "permutation", permutation.size(), shape.size())))
    return failure();
  SmallVector<bool> seen(shape.size());
  SmallVector<int64_t> result;
  for (int64_t axis : permutation) {
    if (axis < 0 || axis >= int64_t(shape.size()) || seen[axis])
      return emitError() << "[" << permutation << "] is not a permutation";
    seen[axis] = true;
    result.push_back(shape[axis]);
  }
  return give(*this, shapes, result);
}

LogicalResult ExpandOp::inferResultShapes(Shapes &shapes) {
  SmallVector<int64_t> shape;
  if (failed(broadcast(*this, octet::getShape(getInput()), getShape(), shape)))
    return failure();
  if (ArrayRef<int64_t>(shape) != getShape())
    return emitError() << "shape [" << octet::getShape(getInput())
                       << "] does not expand to [" << getShape() << "]";
  return give(*this, shapes, shape);
}

LogicalResult TileOp::inferResultShapes(Shapes &shapes) {
  SmallVector<int64_t> shape(getShape(getInput()));
  if (failed(checkEntries(*this, "repeats", getRepeats().size(), shape.size())))
    return failure();
  for (auto [extent, repeat] : llvm::zip(shape, getRepeats()))
    if (repeat < 0 || llvm::MulOverflow(extent, repeat, extent))
      return emitError() << "repeats [" << getRepeats() << "] do not fit";
  return give(*this, shapes, shape);
}

LogicalResult ConcatOp::inferResultShapes(Shapes &shapes) {
  if (getInputs().empty())
    return emitError() << "needs at least one input";
  SmallVector<int64_t> shape(getShape(getInputs().front()));
  int64_t axis = getAxis();
  if (axis < 0 || axis >= int64_t(shape.size()))
    return emitError() << "axis " << axis << " is not an axis of rank "
                       << shape.size();
  for (Value input : getInputs().drop_front()) {
    ArrayRef<int64_t> other = getShape(input);
    for (int64_t i = 0, e = shape.size(); i < e; ++i)
      if (other.size() != shape.size() || (i != axis && other[i] != shape[i]))
        return emitError() << "shapes [" << getShape(getInputs().front())
                           << "] and [" << other << "] do not join along axis "
                           << axis;
    shape[axis] += other[axis];
  }
  return give(*this, shapes, shape);
}

LogicalResult SliceOp::inferResultShapes(Shapes &shapes) {
  ArrayRef<int64_t> shape = getShape(getInput());
  if (failed(checkEntries(*this, "starts", getStarts().size(), shape.size())) ||
      failed(checkEntries(*this, "sizes", getSizes().size(), shape.size())) ||
      failed(checkEntries(*this, "steps", getSteps().size(), shape.size())))
    return failure();
  for (size_t i = 0; i < shape.size(); ++i) {
    int64_t size = getSizes()[i];
    if (size <= 0)
      continue;
    int64_t first = getStarts()[i], last;
    if (llvm::MulOverflow(size - 1, getSteps()[i], last) ||
        llvm::AddOverflow(last, first, last) || std::min(first, last) < 0 ||
        std::max(first, last) >= shape[i])
      return emitError() << "axis " << i << " of extent " << shape[i]
                         << " has no elements " << first << " + i * "
                         << getSteps()[i] << " for all i < " << size;
  }
  return give(*this, shapes, getSizes());
}

LogicalResult PadOp::inferResultShapes(Shapes &shapes) {
  SmallVector<int64_t> shape(getShape(getInput()));
  if (failed(checkEntries(*this, "low", getLow().size(), shape.size())) ||
      failed(checkEntries(*this, "high", getHigh().size(), shape.size())))
    return failure();
  for (size_t i = 0; i < shape.size(); ++i) {
    int64_t low = getLow()[i], high = getHigh()[i];
    if (low < 0 || high < 0 || low > kMaxElements || high > kMaxElements)
      return emitError() << "axis " << i << " is padded by " << low << " and "
                         << high;
    if (getMode() == PadMode::Reflect &&
        std::max(low, high) > std::max<int64_t>(shape[i] - 1, 0))
      return emitError() << "axis " << i << " of extent " << shape[i]
                         << " is too short to reflect " << std::max(low, high)
                         << " elements";
    if (getMode() != PadMode::Constant && shape[i] == 0 && low + high > 0)
      return emitError() << "axis " << i << " is empty and cannot be extended";
    shape[i] += low + high;
  }
  return give(*this, shapes, shape);
}

LogicalResult GatherOp::inferResultShapes(Shapes &shapes) {
  ArrayRef<int64_t> data = getShape(getData());
  int64_t axis = getAxis();
  if (axis < 0 || axis >= int64_t(data.size()))
    return emitError() << "axis " << axis << " is not an axis of rank "
                       << data.size();
  SmallVector<int64_t> shape(data.take_front(axis));
  llvm::append_range(shape, getShape(getIndices()));
  llvm::append_range(shape, data.drop_front(axis + 1));
  return give(*this, shapes, shape);
}
