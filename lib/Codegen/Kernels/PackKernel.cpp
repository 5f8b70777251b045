//===- PackKernel.cpp - Order a computed matrix for the tiles --*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where columns follow each other in memory, the rows of a step are zipped;
// where the reduction does, blocks of words are transposed in registers.
//
//===----------------------------------------------------------------------===//

#include "KernelPlan.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "octet/IR/Kernel/Packing.h"

using namespace mlir;
using namespace mlir::octet;
using namespace mlir::octet_kernel;

namespace {
constexpr int64_t kPanel = WeightShape::kPanel;
/// Of a row that is transposed at once.
constexpr int64_t kBlockBytes = 64;

class PackWriter {
public:
  using Values = KernelBuilder::Values;

  PackWriter(PackOp op, KernelBuilder &b)
      : op(op), b(b), traits(getIsaTraits(getIsa(op))), shape(op),
        packing(*op.getPacking()), depth(shape.getDepth(packing)),
        steps(shape.getSteps(packing)),
        strides(cast<MemRefType>(op.getSource().getType())
                    .getStridesAndOffset()
                    .first),
        source(b.flatten(op.getSource())), out(b.flatten(op.getOuts()[0])) {
    if (!op.isFloat())
      offsets = b.flatten(op.getOuts()[1]);
  }
  void write();

private:
  Type getElement() const {
    return cast<MemRefType>(source.getType()).getElementType();
  }
  /// Sums are taken where a zero point asks for them.
  bool hasSums() { return !op.isFloat() && op.getInputZero() != 0; }
  /// 32-bit words that a column has in a step.
  int64_t getColumnWords() const { return depth * shape.elementBytes / 4; }

  void writePanel(Value number, int64_t columns);
  Values writeColumns(Values sums, Value from, Value to);
  Values writeStep(Values sums, Value from, Value to, int64_t rows);
  Values writeRows(Values sums, Value from, Value to, int64_t columns);
  Values writeBlock(Values sums, Value from, Value to, int64_t columns,
                    int64_t elements);
  Value read(Value at, int64_t count, int64_t valid);
  Values transpose(Values rows);
  void addSums(Values &sums, Value packed, int64_t firstWord);
  void writeOffsets(ArrayRef<Value> sums, Value at, int64_t columns);

  PackOp op;
  KernelBuilder &b;
  const IsaTraits &traits;
  WeightShape shape;
  Packing packing;
  int64_t depth, steps;
  SmallVector<int64_t> strides;
  Value source, out, offsets;
};
} // namespace

void PackWriter::write() {
  int64_t columns = op.getColumns(), panels = shape.getPanels(packing);
  int64_t rest = columns % kPanel;
  auto unit = [&](Value number) {
    if (rest == 0)
      return writePanel(number, kPanel);
    if (panels == 1)
      return writePanel(number, rest);
    b.branch(
        b.isEqual(b.rem(number, panels), panels - 1),
        [&] { writePanel(number, rest); }, [&] { writePanel(number, kPanel); });
  };
  if (op.getLo())
    b.loop(op.getLo(), op.getHi(), unit);
  else
    b.repeat(op.getWorkExtent(), unit);
}

void PackWriter::writePanel(Value number, int64_t columns) {
  int64_t panels = shape.getPanels(packing);
  int64_t rows = op.getSourceType().getDimSize(1);
  Value matrix = b.div(number, panels), panel = b.rem(number, panels);
  Value image = b.div(matrix, rows), row = b.rem(matrix, rows);
  Value from = b.add(b.mul(image, strides[0]), b.mul(row, strides[1]));
  from = b.add(from, b.mul(panel, kPanel * strides[3]));
  int64_t room = cast<MemRefType>(op.getOuts()[0].getType()).getDimSize(1);
  Value to =
      b.add(b.mul(matrix, room), b.mul(panel, shape.getPanelStride(packing)));
  Values sums;
  if (hasSums())
    sums.assign(kPanel * getColumnWords() / traits.getLanes(),
                b.zero(b.vec(traits.getLanes(), b.getI32Type())));
  // A single column follows itself either way.
  bool byColumns = strides[3] == 1 || op.getColumns() == 1;
  sums = byColumns && (strides[2] != 1 || op.getDepth() == 1)
             ? writeColumns(sums, from, to)
             : writeRows(sums, from, to, columns);
  if (!op.isFloat())
    writeOffsets(sums,
                 b.add(b.mul(matrix, op.getColumns()), b.mul(panel, kPanel)),
                 columns);
}

/// `count` elements of the source, of which `valid` are of the matrix.
Value PackWriter::read(Value at, int64_t count, int64_t valid) {
  Value value = b.load(source, at, count);
  if (op.isFloat())
    return value;
  if (op.getSourceUnsigned())
    value =
        arith::XOrIOp::create(b, value, b.splat(count, b.getI8Type(), -128));
  if (valid >= count)
    return value;
  SmallVector<int8_t> mask(count, 0);
  std::fill_n(mask.begin(), valid, int8_t(-1));
  Value keep = arith::ConstantOp::create(
      b, DenseElementsAttr::get(b.vec(count, b.getI8Type()),
                                ArrayRef<int8_t>(mask)));
  return arith::AndIOp::create(b, value, keep);
}

//===----------------------------------------------------------------------===//
// Columns that follow each other
//===----------------------------------------------------------------------===//

PackWriter::Values PackWriter::writeColumns(Values sums, Value from, Value to) {
  int64_t full = op.getDepth() / depth, rest = op.getDepth() % depth;
  int64_t perStep = shape.getStepElements(packing);
  auto body = [&](Value step, ValueRange carried) {
    return writeStep(Values(carried),
                     b.add(from, b.mul(step, depth * strides[2])),
                     b.add(to, b.mul(step, perStep)), depth);
  };
  if (full > 0)
    sums = b.loop(b.index(0), b.index(full), 1, sums, body);
  if (rest)
    sums = writeStep(sums, b.add(from, full * depth * strides[2]),
                     b.add(to, full * perStep), rest);
  return sums;
}

/// Brings the elements of a column beside each other: pairs, then pairs of
/// pairs.
PackWriter::Values PackWriter::writeStep(Values sums, Value from, Value to,
                                         int64_t rows) {
  Values parts;
  for (int64_t row = 0; row < depth; ++row)
    parts.push_back(row < rows
                        ? read(b.add(from, row * strides[2]), kPanel, kPanel)
                        : b.zero(b.vec(kPanel, getElement())));
  for (int64_t size = 1; parts.size() > 1; size *= 2) {
    SmallVector<int64_t> mask;
    for (int64_t column = 0; column < kPanel; ++column)
      for (int64_t half : {int64_t(0), kPanel * size})
        for (int64_t i = 0; i < size; ++i)
          mask.push_back(half + column * size + i);
    Values zipped;
    for (size_t i = 0; i < parts.size(); i += 2)
      zipped.push_back(b.shuffle(parts[i], parts[i + 1], mask));
    parts = zipped;
  }
  b.store(parts.front(), out, to);
  addSums(sums, parts.front(), 0);
  return sums;
}

//===----------------------------------------------------------------------===//
// A reduction that lies together
//===----------------------------------------------------------------------===//

PackWriter::Values PackWriter::writeRows(Values sums, Value from, Value to,
                                         int64_t columns) {
  int64_t block = kBlockBytes / shape.elementBytes;
  int64_t full = op.getDepth() / block, rest = op.getDepth() % block;
  int64_t perBlock = block / depth * shape.getStepElements(packing);
  auto body = [&](Value i, ValueRange carried) {
    return writeBlock(Values(carried), b.add(from, b.mul(i, block)),
                      b.add(to, b.mul(i, perBlock)), columns, block);
  };
  if (full > 0)
    sums = b.loop(b.index(0), b.index(full), 1, sums, body);
  if (rest)
    sums = writeBlock(sums, b.add(from, full * block),
                      b.add(to, full * perBlock), columns, rest);
  return sums;
}

/// `elements` of each column, transposed as words of a step's depth.
PackWriter::Values PackWriter::writeBlock(Values sums, Value from, Value to,
                                          int64_t columns, int64_t elements) {
  int64_t count = kBlockBytes / shape.elementBytes, words = count / depth;
  Type word = b.getIntegerType(8 * kBlockBytes / words);
  for (int64_t first = 0; first < kPanel; first += words) {
    Values rows;
    for (int64_t column = first; column < first + words; ++column) {
      Value row = column < columns
                      ? read(b.add(from, column * strides[3]), count, elements)
                      : b.zero(b.vec(count, getElement()));
      rows.push_back(b.bitcast(row, words, word));
    }
    Values packed = transpose(rows);
    for (int64_t step = 0; step * depth < elements; ++step) {
      Value bytes = b.bitcast(packed[step], count, getElement());
      b.store(bytes, out,
              b.add(to, step * shape.getStepElements(packing) + first * depth));
      addSums(sums, bytes, first * getColumnWords());
    }
  }
  return sums;
}

/// Exchanges the halves of pairs of blocks of 1, 2, 4, ... words.
PackWriter::Values PackWriter::transpose(Values rows) {
  int64_t count = rows.size();
  for (int64_t size = 1; size < count; size *= 2) {
    SmallVector<int64_t> low, high;
    for (int64_t i = 0; i < count; ++i) {
      low.push_back(i & size ? count + i - size : i);
      high.push_back(i & size ? count + i : i + size);
    }
    for (int64_t i = 0; i < count; ++i) {
      if (i & size)
        continue;
      Value a = rows[i], c = rows[i + size];
      rows[i] = b.shuffle(a, c, low);
      rows[i + size] = b.shuffle(a, c, high);
    }
  }
  return rows;
}

//===----------------------------------------------------------------------===//
// Sums of columns
//===----------------------------------------------------------------------===//

/// Adds packed bytes, whose first word is word `firstWord` of a step.
void PackWriter::addSums(Values &sums, Value packed, int64_t firstWord) {
  if (sums.empty())
    return;
  int64_t lanes = traits.getLanes();
  int64_t words = cast<VectorType>(packed.getType()).getNumElements() / 4;
  Value ones = b.splat(4 * lanes, b.getI8Type(), 1);
  for (int64_t word = 0; word < words; word += lanes) {
    Value &sum = sums[(firstWord + word) / lanes];
    Value bytes =
        words == lanes ? packed : b.slice(packed, 4 * word, 4 * lanes);
    // One times a byte, twice, fits 16 bits.
    sum = Dot4Op::create(b, sum.getType(), sum, ones, bytes,
                         traits.hasUnsignedDot, /*safe_pairs=*/true);
  }
}

void PackWriter::writeOffsets(ArrayRef<Value> sums, Value at, int64_t columns) {
  Value all = b.zero(b.vec(kPanel, b.getI32Type()));
  if (!sums.empty()) {
    Values parts(sums);
    while (parts.size() > 1) {
      Values joined;
      for (size_t i = 0; i < parts.size(); i += 2)
        joined.push_back(b.concat(parts[i], parts[i + 1]));
      parts = joined;
    }
    all = parts.front();
    if (getColumnWords() == 2) {
      SmallVector<int64_t> even, odd;
      for (int64_t i = 0; i < kPanel; ++i)
        even.push_back(2 * i), odd.push_back(2 * i + 1);
      all = arith::AddIOp::create(b, b.shuffle(all, all, even),
                                  b.shuffle(all, all, odd));
    }
    all = arith::MulIOp::create(
        b, all, b.splat(kPanel, b.getI32Type(), -op.getInputZero()));
  }
  // What follows belongs to the next matrix, and maybe to another thread.
  for (int64_t done = 0; done < columns;) {
    int64_t part = llvm::bit_floor(static_cast<uint64_t>(columns - done));
    b.store(part == kPanel ? all : b.slice(all, done, part), offsets,
            b.add(at, done));
    done += part;
  }
}

void octet::lowerPack(PackOp op, KernelBuilder &b) {
  PackWriter(op, b).write();
}
