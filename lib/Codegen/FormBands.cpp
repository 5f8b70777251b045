//===- FormBands.cpp - Chains run band by band -----------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BandPlan.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "octet/Codegen/Passes.h"
#include "octet/Codegen/StepGroups.h"

namespace mlir::octet {
#define GEN_PASS_DEF_FORMBANDS
#include "octet/Codegen/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

namespace {
/// Index arithmetic that folds.
class IndexBuilder {
public:
  IndexBuilder(OpBuilder &b, Location loc) : b(b), loc(loc) {}

  Value get(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  Value add(Value x, int64_t y) {
    return y == 0 ? x : b.createOrFold<arith::AddIOp>(loc, x, get(y));
  }
  Value sub(Value x, Value y) {
    return b.createOrFold<arith::SubIOp>(loc, x, y);
  }
  Value mul(Value x, int64_t y) {
    return y == 1 ? x : b.createOrFold<arith::MulIOp>(loc, x, get(y));
  }
  Value div(Value x, int64_t y) {
    return y == 1 ? x : b.createOrFold<arith::DivUIOp>(loc, x, get(y));
  }
  Value min(Value x, int64_t y) {
    return b.createOrFold<arith::MinSIOp>(loc, x, get(y));
  }
  Value clamp(Value x, int64_t most) {
    return b.createOrFold<arith::MaxSIOp>(loc, min(x, most), get(0));
  }
  Value isLess(Value x, Value y) {
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, x, y);
  }

private:
  OpBuilder &b;
  Location loc;
};

/// Writes the loop over the bands of one chain.
class BandWriter {
public:
  BandWriter(StageChain &chain, const BandPlan &plan, OpBuilder &b)
      : chain(chain), plan(plan), b(b), loc(fuseLocations(chain, b)),
        index(b, loc) {}

  void write();

private:
  static Location fuseLocations(StageChain &chain, OpBuilder &b);
  void writeBand(Value band);
  void locateRows(Value band);
  void writeStage(size_t number);
  Value getOutput(size_t number);
  void fillRows(size_t link);
  Value getRows(Value image, Value first, int64_t rows);
  Value getPart(Value source, ArrayRef<int64_t> offsets,
                ArrayRef<int64_t> sizes, Value row, int64_t rows);
  void fillPart(linalg::FillOp fill, size_t link, Value row, int64_t rows);
  Value toBuffer(size_t link, Value row);

  StageChain &chain;
  const BandPlan &plan;
  OpBuilder &b;
  Location loc;
  IndexBuilder index;
  /// Of each link: where a band of it is.
  SmallVector<Value> buffers;
  /// Of each stage, the first row that it writes in the band; of each link, the
  /// first row of its window. Both as if buffers were whole.
  SmallVector<Value> firstRows, firstInWindow;
};
} // namespace

Location BandWriter::fuseLocations(StageChain &chain, OpBuilder &b) {
  SmallVector<Location> locs;
  for (RowStage &stage : chain.stages)
    locs.push_back(stage.op->getLoc());
  return b.getFusedLoc(locs);
}

void BandWriter::write() {
  b.setInsertionPoint(chain.stages.back().op);
  auto strands = scf::ForallOp::create(
      b, loc, ArrayRef<OpFoldResult>{b.getIndexAttr(plan.strands)},
      ValueRange(), std::nullopt);
  int64_t macs = 0;
  for (RowStage &stage : chain.stages)
    macs += getMacs(stage.op);
  strands->setAttr(kMacsAttrName, b.getI64IntegerAttr(macs));
  b.setInsertionPointToStart(strands.getBody());
  for (auto [i, link] : llvm::enumerate(chain.links)) {
    buffers.push_back(
        memref::AllocOp::create(b, loc, plan.getBufferType(chain, i)));
    // No stage writes there.
    int64_t rows = plan.windows[i] + 2 * BandPlan::getSlack(link);
    for (linalg::FillOp fill : link.sides)
      fillPart(fill, i, index.get(0), rows);
  }
  Value strand = strands.getInductionVar(0);
  auto bound = [&](Value number) {
    return index.div(index.mul(number, plan.count), plan.strands);
  };
  auto bands = scf::ForOp::create(b, loc, bound(strand),
                                  bound(index.add(strand, 1)), index.get(1));
  b.setInsertionPointToStart(bands.getBody());
  writeBand(bands.getInductionVar());
}

void BandWriter::writeBand(Value band) {
  locateRows(band);
  for (size_t i = 0; i < chain.stages.size(); ++i) {
    writeStage(i);
    if (i < chain.links.size())
      fillRows(i);
  }
}

void BandWriter::locateRows(Value band) {
  size_t numStages = chain.stages.size();
  firstRows.assign(numStages, Value());
  firstInWindow.assign(numStages - 1, Value());
  auto lastFirst = [&](size_t stage) {
    return chain.stages[stage].rows - plan.rows[stage];
  };
  firstRows.back() = index.mul(band, plan.rows.back());
  if (lastFirst(numStages - 1) % plan.rows.back() != 0)
    firstRows.back() = index.min(firstRows.back(), lastFirst(numStages - 1));
  for (size_t i = numStages - 1; i-- > 0;) {
    const RowLink &link = chain.links[i];
    firstInWindow[i] = index.mul(firstRows[i + 1], link.reader.stride);
    firstRows[i] = index.add(firstInWindow[i], -link.top);
    // A window over the image's end has rows of the border; the stage writes
    // as many rows as always, those next to the window among them.
    if (link.top != 0 || link.bottom != 0)
      firstRows[i] = index.clamp(firstRows[i], lastFirst(i));
  }
}

/// The row of the band's buffer that is `row` of the whole one.
Value BandWriter::toBuffer(size_t i, Value row) {
  return index.add(index.sub(row, firstInWindow[i]),
                   BandPlan::getSlack(chain.links[i]));
}

Value BandWriter::getPart(Value source, ArrayRef<int64_t> offsets,
                          ArrayRef<int64_t> sizes, Value row, int64_t rows) {
  SmallVector<OpFoldResult> first =
                                getAsIndexOpFoldResult(b.getContext(), offsets),
                            count =
                                getAsIndexOpFoldResult(b.getContext(), sizes),
                            strides(offsets.size(), b.getIndexAttr(1));
  first[kRowAxis] = getAsOpFoldResult(row);
  count[kRowAxis] = b.getIndexAttr(rows);
  return memref::SubViewOp::create(b, loc, source, first, count, strides);
}

Value BandWriter::getRows(Value image, Value first, int64_t rows) {
  ArrayRef<int64_t> shape = cast<MemRefType>(image.getType()).getShape();
  SmallVector<int64_t> offsets(shape.size(), 0);
  return getPart(image, offsets, shape, first, rows);
}

void BandWriter::writeStage(size_t number) {
  RowStage &stage = chain.stages[number];
  int64_t rows = plan.rows[number];
  SmallVector<std::pair<OpOperand *, Value>> operands;
  for (const RowAccess &access : stage.inputs) {
    int64_t needed = access.getRows(rows);
    if (number > 0 &&
        access.operand == chain.links[number - 1].reader.operand) {
      Value slack = index.get(BandPlan::getSlack(chain.links[number - 1]));
      operands.emplace_back(access.operand,
                            getRows(buffers[number - 1], slack, needed));
    } else {
      Value first = index.mul(firstRows[number], access.stride);
      operands.emplace_back(access.operand,
                            getRows(access.operand->get(), first, needed));
    }
  }
  operands.emplace_back(stage.getOut(), getOutput(number));
  Operation *copy = b.clone(*stage.op);
  for (auto [operand, part] : operands)
    copy->setOperand(operand->getOperandNumber(), part);
}

/// Where stage `number` writes in the band.
Value BandWriter::getOutput(size_t number) {
  int64_t rows = plan.rows[number];
  if (number == chain.links.size())
    return getRows(chain.stages[number].getOut()->get(), firstRows[number],
                   rows);
  RowLink &link = chain.links[number];
  Value first = toBuffer(number, index.add(firstRows[number], link.top));
  if (!link.inside)
    return getRows(buffers[number], first, rows);
  return getPart(buffers[number], link.inside.getStaticOffsets(),
                 link.inside.getStaticSizes(), first, rows);
}

//===----------------------------------------------------------------------===//
// Borders
//===----------------------------------------------------------------------===//

/// Fills `rows` of the band's buffer, from `row` on, as `fill` does other ones
/// of the whole buffer.
void BandWriter::fillPart(linalg::FillOp fill, size_t i, Value row,
                          int64_t rows) {
  auto part = fill.output().getDefiningOp<memref::SubViewOp>();
  Value here = getPart(buffers[i], part.getStaticOffsets(),
                       part.getStaticSizes(), row, rows);
  linalg::FillOp::create(b, loc, fill.value(), here);
}

/// Fills the rows of the border in the bands whose window has some.
void BandWriter::fillRows(size_t i) {
  RowLink &link = chain.links[i];
  int64_t end = link.getType().getDimSize(kRowAxis) - link.bottom;
  auto fillWhere = [&](Value isNear, ArrayRef<linalg::FillOp> fills,
                       int64_t row, int64_t rows) {
    auto near = scf::IfOp::create(b, loc, isNear, /*withElseRegion=*/false);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(near.thenBlock());
    for (linalg::FillOp fill : fills)
      fillPart(fill, i, toBuffer(i, index.get(row)), rows);
  };
  if (!link.above.empty())
    fillWhere(index.isLess(firstInWindow[i], index.get(link.top)), link.above,
              0, link.top);
  if (!link.below.empty())
    fillWhere(index.isLess(index.get(end - plan.windows[i]), firstInWindow[i]),
              link.below, end, link.bottom);
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

/// Removes what the bands do now.
static void eraseWhole(StageChain &chain) {
  for (RowStage &stage : chain.stages)
    stage.op->erase();
  for (RowLink &link : chain.links)
    for (ArrayRef<linalg::FillOp> fills :
         {ArrayRef(link.above), ArrayRef(link.below), ArrayRef(link.sides)})
      for (linalg::FillOp fill : fills)
        fill->erase();
}

namespace {
struct FormBandsPass : public mlir::octet::impl::FormBandsBase<FormBandsPass> {
  using FormBandsBase::FormBandsBase;

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal() || !function.getBody().hasOneBlock())
      return;
    OpBuilder b(&getContext());
    for (auto &[chain, plan] : planBands(function.getBody().front(), height)) {
      BandWriter(chain, plan, b).write();
      eraseWhole(chain);
      ++numChains;
      numStages += chain.stages.size();
    }
  }
};
} // namespace
