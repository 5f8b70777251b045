//===- DescribeStep.cpp - What the node table says of a step ---*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include "octet/Codegen/Buffers.h"
#include "octet/Codegen/StepGroups.h"
#include "octet/IR/Kernel/OctetKernel.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::octet;

//===----------------------------------------------------------------------===//
// Work
//===----------------------------------------------------------------------===//

int64_t mlir::octet::getMacs(Operation *op) {
  if (auto macs = op->getAttrOfType<IntegerAttr>(kMacsAttrName))
    return macs.getInt();
  if (auto kernel = dyn_cast<octet_kernel::SplittableOpInterface>(op))
    return kernel.getMacs();
  auto generic = dyn_cast<linalg::GenericOp>(op);
  if (!generic || generic.getNumReductionLoops() == 0)
    return 0;
  bool multiplies = llvm::any_of(*generic.getBody(), [](Operation &inner) {
    return isa<arith::MulIOp, arith::MulFOp>(inner);
  });
  if (!multiplies)
    return 0;
  int64_t macs = 1;
  for (int64_t extent : generic.getStaticLoopRanges())
    macs *= extent;
  return macs;
}

static int64_t getElementBytes(MemRefType type) {
  return llvm::divideCeil(type.getElementTypeBitWidth(), 8);
}

static int64_t getBytes(Value buffer) {
  auto type = dyn_cast<MemRefType>(buffer.getType());
  return type && type.hasStaticShape() ? getBufferBytes(type) : 0;
}

/// What the body of `op` reads by itself: tables, rows that are gathered.
static int64_t getBytesLoaded(Operation *op) {
  auto generic = dyn_cast<linalg::GenericOp>(op);
  if (!generic)
    return 0;
  int64_t turns = 1, bytes = 0;
  for (int64_t extent : generic.getStaticLoopRanges())
    turns *= extent;
  generic.getBody()->walk([&](memref::LoadOp load) {
    bytes += std::min(getBytes(load.getMemRef()),
                      turns * getElementBytes(load.getMemRefType()));
  });
  return bytes;
}

static bool writes(Operation *op, Value operand) {
  auto effects = dyn_cast<MemoryEffectOpInterface>(op);
  return !effects || effects.getEffectOnValue<MemoryEffects::Write>(operand);
}

/// What the strands of a loop over bands read and write: the buffers, or parts
/// of them, that come from outside it.
static void addBytes(scf::ForallOp strands, StepInfo &info) {
  auto isInside = [&](Value value) {
    return strands->isAncestor(value.getParentBlock()->getParentOp());
  };
  llvm::SetVector<Value> seen;
  strands.walk([&](DestinationStyleOpInterface op) {
    for (Value operand : op->getOperands()) {
      Value buffer = operand;
      while (isInside(buffer) && buffer.getDefiningOp<ViewLikeOpInterface>())
        buffer = buffer.getDefiningOp<ViewLikeOpInterface>().getViewSource();
      if (!isInside(buffer) && seen.insert(buffer))
        (writes(op, operand) ? info.bytesWritten : info.bytesRead) +=
            getBytes(buffer);
    }
  });
}

/// A buffer that is read and written is counted as written.
static void addBytes(Operation *op, StepInfo &info) {
  if (auto strands = dyn_cast<scf::ForallOp>(op))
    return addBytes(strands, info);
  for (Value operand : op->getOperands())
    (writes(op, operand) ? info.bytesWritten : info.bytesRead) +=
        getBytes(operand);
  info.bytesRead += getBytesLoaded(op);
}

//===----------------------------------------------------------------------===//
// Movements
//===----------------------------------------------------------------------===//

/// The one buffer that an element-wise op reads besides constants, or null.
static OpOperand *getOnlyInput(linalg::GenericOp op) {
  OpOperand *only = nullptr;
  for (OpOperand *input : op.getDpsInputOperands()) {
    if (!isa<MemRefType>(input->get().getType()) ||
        isConstantBuffer(input->get()))
      continue;
    if (only)
      return nullptr;
    only = input;
  }
  return op.getNumReductionLoops() == 0 ? only : nullptr;
}

/// Whether an op in the body of `generic` does no more than change how a number
/// is represented: scale, shift, round, clamp.
static bool changesRepresentation(Operation &op, linalg::GenericOp generic) {
  if (matchPattern(&op, m_Constant()) ||
      isa<arith::ExtSIOp, arith::ExtUIOp, arith::ExtFOp, arith::TruncIOp,
          arith::TruncFOp, arith::FPToSIOp, arith::FPToUIOp, arith::SIToFPOp,
          arith::UIToFPOp, arith::CmpFOp, arith::CmpIOp, arith::SelectOp,
          arith::BitcastOp, math::RoundEvenOp, linalg::YieldOp>(op))
    return true;
  auto isConstant = [&](Value value) {
    if (auto arg = dyn_cast<BlockArgument>(value);
        arg && arg.getOwner() == generic.getBody())
      return isConstantBuffer(generic->getOperand(arg.getArgNumber()));
    return matchPattern(value, m_Constant());
  };
  return isa<arith::MulFOp, arith::DivFOp, arith::AddIOp, arith::SubIOp,
             arith::MaximumFOp, arith::MinimumFOp, arith::MaxNumFOp,
             arith::MinNumFOp, arith::MaxSIOp, arith::MinSIOp>(op) &&
         llvm::any_of(op.getOperands(), isConstant);
}

/// The loops along which the elements of an operand lie, outermost first.
static SmallVector<unsigned> getLoopOrder(linalg::GenericOp op,
                                          OpOperand &operand) {
  SmallVector<unsigned> order;
  auto type = cast<MemRefType>(operand.get().getType());
  for (auto [expr, extent] : llvm::zip(
           op.getMatchingIndexingMap(&operand).getResults(), type.getShape()))
    if (auto dim = dyn_cast<AffineDimExpr>(expr); dim && extent != 1)
      order.push_back(dim.getPosition());
  return order;
}

static bool isPartOfBuffer(Value buffer) {
  return getBytes(buffer) != getBytes(getRoot(buffer));
}

/// Words for a change of representation from one element type to another.
static StringRef getConversion(Type from, Type to) {
  if (isa<FloatType>(from))
    return isa<FloatType>(to) ? "cast" : "quantize";
  return isa<FloatType>(to) ? "dequantize" : "requantize";
}

/// What a generic op does to the places of elements.
static SmallVector<StringRef> getRearrangement(linalg::GenericOp op,
                                               OpOperand &input) {
  SmallVector<StringRef> words;
  OpOperand &output = op.getDpsInitsMutable()[0];
  if (getBytesLoaded(op))
    words.push_back("gather");
  else if (getLoopOrder(op, input) != getLoopOrder(op, output))
    words.push_back(getLoopOrder(op, input).size() <
                            getLoopOrder(op, output).size()
                        ? "broadcast"
                        : "transpose");
  if (isPartOfBuffer(input.get()))
    words.push_back("slice");
  if (isPartOfBuffer(output.get()))
    words.push_back("insert");
  return words;
}

/// Words for what `op` does if it only moves data, else nothing.
static SmallVector<StringRef> getMoves(Operation *op) {
  if (isa<linalg::FillOp>(op))
    return {"fill"};
  if (isa<memref::CopyOp, linalg::CopyOp>(op))
    return {"copy"};
  auto generic = dyn_cast<linalg::GenericOp>(op);
  if (!generic || generic.getNumDpsInits() != 1)
    return {};
  OpOperand *input = getOnlyInput(generic);
  bool isConstant = llvm::none_of(generic.getDpsInputs(), [](Value value) {
    return isa<MemRefType>(value.getType());
  });
  Operation &first = generic.getBody()->front();
  bool isPlain = isa<linalg::YieldOp>(first);
  if (isPlain && isConstant)
    return {"fill"};
  if (!input || !llvm::all_of(*generic.getBody(), [&](Operation &inner) {
        return changesRepresentation(inner, generic);
      }))
    return {};
  SmallVector<StringRef> words = getRearrangement(generic, *input);
  if (!isPlain)
    words.insert(words.begin(),
                 getConversion(getElementTypeOrSelf(input->get().getType()),
                               getElementTypeOrSelf(generic.getDpsInits()[0])));
  if (words.empty())
    words.push_back("copy");
  return words;
}

/// The words for a step, joined by '+'; empty where it computes.
static std::string describeMoves(ArrayRef<Operation *> computations,
                                 bool hasBorders) {
  llvm::SetVector<StringRef> words;
  for (Operation *op : computations) {
    SmallVector<StringRef> moves = getMoves(op);
    if (moves.empty())
      return "";
    words.insert_range(moves);
  }
  if (hasBorders)
    words.insert("pad");
  return llvm::join(words, "+");
}

//===----------------------------------------------------------------------===//
// Description
//===----------------------------------------------------------------------===//

/// A word for an op whose location does not tell the ONNX operator.
static StringRef getKind(Operation *op) {
  if (isa<octet_kernel::PackOp>(op))
    return "Pack";
  if (isa<octet_kernel::SplittableOpInterface>(op))
    return "Conv";
  auto generic = dyn_cast<linalg::GenericOp>(op);
  if (!generic)
    return op->getName().stripDialect();
  if (generic.getNumReductionLoops() != 0)
    return getMacs(op) ? "Contract" : "Reduce";
  if (&generic.getBody()->front() == generic.getBody()->getTerminator())
    return generic.getNumDpsInputs() != 0 &&
                   isa<MemRefType>(generic.getDpsInputs()[0].getType())
               ? "Copy"
               : "Fill";
  return "Elementwise";
}

/// What `op` computes with, not what it gives: a product of bytes is one of
/// integers though its epilogue may end in floats.
static bool isFloat(Operation *op) {
  auto destination = dyn_cast<DestinationStyleOpInterface>(op);
  auto isFloatBuffer = [](Value value) {
    auto type = dyn_cast<MemRefType>(value.getType());
    return type && !isConstantBuffer(value) &&
           isa<FloatType>(type.getElementType());
  };
  if (!destination || getMoves(op) == SmallVector<StringRef>{"fill"})
    return llvm::any_of(op->getOperands(), isFloatBuffer);
  if (isa<octet_kernel::SplittableOpInterface>(op))
    return isFloatBuffer(destination.getDpsInputs().front());
  return llvm::any_of(destination.getDpsInputs(), isFloatBuffer);
}

/// The computations of a group, those of loops over bands one by one.
static SmallVector<Operation *> getComputations(const StepGroup &group) {
  SmallVector<Operation *> computations;
  for (Operation *op : group.ops) {
    if (!isa<scf::ForallOp>(op))
      computations.push_back(op);
    op->walk([&](DestinationStyleOpInterface inner) {
      if (inner != op && getMoves(inner) != SmallVector<StringRef>{"fill"})
        computations.push_back(inner);
    });
  }
  return computations;
}

/// What a step computes with; a product of floats is named for its weights.
static StringRef getPrecision(ArrayRef<Operation *> computations) {
  for (Operation *op : computations) {
    auto conv = dyn_cast<octet_kernel::ConvOp>(op);
    Type weights = conv ? conv.getWeightsType().getElementType() : Type();
    if (weights && (weights.isF16() || weights.isBF16()))
      return weights.isF16() ? "fp16" : "bf16";
  }
  return llvm::any_of(computations, isFloat) ? "float" : "int8";
}

StepInfo mlir::octet::describeStep(const StepGroup &group) {
  StepInfo info;
  NodeNames nodes;
  SmallVector<std::string> kinds;
  SmallVector<Operation *> computations = getComputations(group);
  for (Operation *op : computations)
    if (!llvm::is_contained(kinds, getKind(op)))
      kinds.push_back(getKind(op).str());
  for (Operation *op : group.ops) {
    nodes.add(op->getLoc());
    info.macs += getMacs(op);
    addBytes(op, info);
  }
  for (Operation *op : group.borders)
    addBytes(op, info);
  info.name = llvm::join(nodes.names, "+");
  SmallVector<std::string> types;
  for (const std::string &type : nodes.types)
    if (!type.empty())
      types.push_back(type);
  info.op = llvm::join(types.empty() ? kinds : types, "+");
  info.precision = getPrecision(computations);
  info.moves = describeMoves(computations, !group.borders.empty());
  return info;
}
