//===- LowerDots.cpp - Instructions for dot products and tables *- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Dots.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/SymbolTable.h"
#include "octet/Codegen/Kernels/Passes.h"

namespace mlir::octet {
#define GEN_PASS_DEF_OCTETLOWERDOTS
#include "octet/Codegen/Kernels/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet_kernel;

//===----------------------------------------------------------------------===//
// Dot products
//===----------------------------------------------------------------------===//

/// The even bytes of each pair of bytes in `lanes` wider lanes, then the odd.
static Value takeHalf(KernelBuilder &b, Value wide, bool odd, bool isUnsigned) {
  auto type = cast<VectorType>(wide.getType());
  int64_t lanes = type.getNumElements();
  int64_t half = type.getElementTypeBitWidth() / 2;
  Value shift = b.splat(lanes, type.getElementType(), half);
  if (!odd)
    wide = arith::ShLIOp::create(b, wide, shift);
  if (isUnsigned)
    return arith::ShRUIOp::create(b, wide, shift);
  return arith::ShRSIOp::create(b, wide, shift);
}

BytePairs::BytePairs(KernelBuilder &b, Value bytes, bool isUnsigned) {
  int64_t count = cast<VectorType>(bytes.getType()).getNumElements();
  Value words = b.bitcast(bytes, count / 2, b.getI16Type());
  even = takeHalf(b, words, false, isUnsigned);
  odd = takeHalf(b, words, true, isUnsigned);
}

/// Products of neighbouring 16-bit lanes, added: what CPUs without dot products
/// have an instruction for, in the form that LLVM finds it by.
static Value multiplyPairs(KernelBuilder &b, Value x, Value y) {
  int64_t words = cast<VectorType>(x.getType()).getNumElements();
  VectorType wide = b.vec(words, b.getI32Type());
  Value product = arith::MulIOp::create(b, arith::ExtSIOp::create(b, wide, x),
                                        arith::ExtSIOp::create(b, wide, y));
  SmallVector<int64_t> evens, odds;
  for (int64_t lane = 0; lane < words; lane += 2) {
    evens.push_back(lane);
    odds.push_back(lane + 1);
  }
  return arith::AddIOp::create(b, b.shuffle(product, product, evens),
                               b.shuffle(product, product, odds));
}

/// In vector arithmetic that any CPU has.
static Value lowerDotPlain(KernelBuilder &b, const DotOperands &dot) {
  BytePairs x = dot.split(dot.a, dot.aUnsigned), y = dot.split(dot.b, false);
  Value sum =
      arith::AddIOp::create(b, dot.acc, multiplyPairs(b, x.even, y.even));
  return arith::AddIOp::create(b, sum, multiplyPairs(b, x.odd, y.odd));
}

static Value lowerDot(KernelBuilder &b, Isa isa, const DotOperands &dot) {
  const IsaTraits &traits = getIsaTraits(isa);
  int64_t lanes = dot.lanes();
  if (lanes > traits.getLanes() && lanes % 2 == 0) {
    auto half = [&](int64_t part) {
      int64_t size = lanes / 2;
      return lowerDot(b, isa,
                      {b.slice(dot.acc, part * size, size),
                       b.slice(dot.a, 4 * part * size, 4 * size),
                       b.slice(dot.b, 4 * part * size, 4 * size), dot.aUnsigned,
                       dot.safePairs, dot.split});
    };
    return b.concat(half(0), half(1));
  }
  Value result =
      traits.isX86() ? lowerDotX86(b, isa, dot) : lowerDotArm(b, isa, dot);
  return result ? result : lowerDotPlain(b, dot);
}

namespace {
/// The bytes of a vector are taken apart once for all dot products of a block.
class Splitter {
public:
  BytePairs split(KernelBuilder &b, Value bytes, bool isUnsigned) {
    if (block != b.getInsertionBlock()) {
      block = b.getInsertionBlock();
      known.clear();
    }
    auto [it, isNew] = known.try_emplace({bytes, isUnsigned});
    if (isNew)
      it->second = BytePairs(b, bytes, isUnsigned);
    return it->second;
  }

private:
  Block *block = nullptr;
  DenseMap<std::pair<Value, unsigned>, BytePairs> known;
};
} // namespace

template <typename Op>
static DotOperands getOperands(Op op,
                               function_ref<BytePairs(Value, bool)> split) {
  return {op.getAcc(),       op.getA(),         op.getB(),
          op.getAUnsigned(), op.getSafePairs(), split};
}

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

namespace {
/// Look-ups one by one, from a table in memory.
class TableLoads {
public:
  explicit TableLoads(ModuleOp module) : module(module), symbols(module) {}

  Value lower(KernelBuilder &b, Value index, DenseElementsAttr table) {
    Value base = LLVM::AddressOfOp::create(b, getGlobal(b, table));
    auto type = dyn_cast<VectorType>(index.getType());
    if (!type)
      return load(b, base, index);
    Value result = b.zero(type);
    for (int64_t lane = 0; lane < type.getNumElements(); ++lane) {
      Value one = vector::ExtractOp::create(b, index, lane);
      result = vector::InsertOp::create(b, load(b, base, one), result, lane);
    }
    return result;
  }

private:
  static Value load(KernelBuilder &b, Value base, Value index) {
    Value offset = arith::ExtUIOp::create(b, b.getI64Type(), index);
    Value at = LLVM::GEPOp::create(b, base.getType(), b.getI8Type(), base,
                                   ArrayRef<LLVM::GEPArg>{offset});
    return LLVM::LoadOp::create(b, b.getI8Type(), at);
  }

  LLVM::GlobalOp getGlobal(KernelBuilder &b, DenseElementsAttr table) {
    LLVM::GlobalOp &global = globals[table];
    if (global)
      return global;
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(module.getBody());
    auto type = LLVM::LLVMArrayType::get(b.getI8Type(), 256);
    global =
        LLVM::GlobalOp::create(b, type, /*isConstant=*/true,
                               LLVM::Linkage::Internal, "octet_table", table);
    symbols.insert(global);
    return global;
  }

  ModuleOp module;
  SymbolTable symbols;
  DenseMap<Attribute, LLVM::GlobalOp> globals;
};
} // namespace

static Value lowerLookupVector(KernelBuilder &b, Isa isa, Value index,
                               ArrayRef<int8_t> table) {
  return getIsaTraits(isa).isX86() ? lowerLookupX86(b, isa, index, table)
                                   : lowerLookupArm(b, index, table);
}

/// By vectors of the instruction set's length, the last filled up; null where
/// there is no instruction.
static Value lowerLookupParts(KernelBuilder &b, Isa isa, Value index,
                              ArrayRef<int8_t> table) {
  int64_t count = cast<VectorType>(index.getType()).getNumElements();
  int64_t most = getIsaTraits(isa).vectorBits / 8;
  int64_t width =
      std::clamp<int64_t>(llvm::bit_ceil(uint64_t(count)), 16, most);
  Value result;
  for (int64_t first = 0; first < count; first += width) {
    SmallVector<int64_t> mask;
    for (int64_t lane = first; lane < first + width; ++lane)
      mask.push_back(std::min(lane, count - 1));
    Value part =
        lowerLookupVector(b, isa, b.shuffle(index, index, mask), table);
    if (!part)
      return nullptr;
    int64_t have = result ? first : 0;
    int64_t take = std::min(width, count - first);
    SmallVector<int64_t> join;
    for (int64_t lane = 0; lane < have; ++lane)
      join.push_back(lane);
    for (int64_t lane = 0; lane < take; ++lane)
      join.push_back(have + lane);
    result = b.shuffle(result ? result : part, part, join);
  }
  return result;
}

static Value lowerLookup(KernelBuilder &b, Isa isa, LookupOp op,
                         TableLoads &loads) {
  auto table = cast<DenseElementsAttr>(op.getTable());
  auto type = dyn_cast<VectorType>(op.getType());
  if (!type)
    return loads.lower(b, op.getIndex(), table);
  VectorType flat = b.vec(type.getNumElements(), type.getElementType());
  Value index = op.getIndex();
  if (type != flat)
    index = vector::ShapeCastOp::create(b, flat, index);
  SmallVector<int8_t> entries(table.getValues<int8_t>());
  Value result = lowerLookupParts(b, isa, index, entries);
  if (!result)
    result = loads.lower(b, index, table);
  if (type != flat)
    result = vector::ShapeCastOp::create(b, type, result);
  return result;
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

namespace {
class OctetLowerDots : public octet::impl::OctetLowerDotsBase<OctetLowerDots> {
public:
  void runOnOperation() override {
    TableLoads loads(getOperation());
    Splitter splitter;
    WalkResult result = getOperation().walk([&](Operation *op) {
      if (!isa<Dot4Op, MmlaOp, LookupOp>(op) || isa<ConvOp>(op->getParentOp()))
        return WalkResult::advance();
      KernelBuilder b(op->getLoc(), op);
      Value lowered = lower(b, op, loads, splitter);
      if (!lowered)
        return WalkResult::interrupt();
      op->getResult(0).replaceAllUsesWith(lowered);
      op->erase();
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }

private:
  Value lower(KernelBuilder &b, Operation *op, TableLoads &loads,
              Splitter &splitter) {
    Isa isa = getIsa(op);
    auto split = [&](Value bytes, bool isUnsigned) {
      return splitter.split(b, bytes, isUnsigned);
    };
    if (auto dot = dyn_cast<Dot4Op>(op))
      return lowerDot(b, isa, getOperands(dot, split));
    if (auto mmla = dyn_cast<MmlaOp>(op)) {
      Value result = lowerMmlaArm(b, isa, getOperands(mmla, split));
      if (!result)
        op->emitOpError() << "has no form for " << stringifyIsa(isa);
      return result;
    }
    auto lookup = cast<LookupOp>(op);
    if (isa_and_present<RankedTensorType>(lookup.getType())) {
      op->emitOpError("must be on vectors or scalars");
      return nullptr;
    }
    return lowerLookup(b, isa, lookup, loads);
  }
};
} // namespace
