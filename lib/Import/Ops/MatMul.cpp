//===- MatMul.cpp - Matrix products -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Shared.h"

using namespace mlir;
using namespace mlir::octet;

Value mlir::octet::buildMatMul(NodeContext &n, Value lhs, Value rhs, Value bias,
                               bool transposeLhs, bool transposeRhs,
                               Type element) {
  if (!lhs || !rhs)
    return {};
  auto flag = [&](bool set) { return set ? n.b.getUnitAttr() : UnitAttr(); };
  return n.createOptional<MatMulOp>(element, lhs, rhs, bias,
                                    /*residual=*/Value(), flag(transposeLhs),
                                    flag(transposeRhs), ClampAttr());
}

Value mlir::octet::buildNumPyMatMul(NodeContext &n, Value lhs, Value rhs,
                                    Type element) {
  if (!lhs || !rhs)
    return {};
  ArrayRef<int64_t> left = getShape(lhs), right = getShape(rhs);
  if (left.empty() || right.empty()) {
    n.error() << "a scalar is no operand of a matrix product";
    return {};
  }
  bool isRow = left.size() == 1, isColumn = right.size() == 1;
  if (isRow)
    lhs = n.reshape(lhs, {1, left[0]});
  if (isColumn)
    rhs = n.reshape(rhs, {right[0], 1});
  Value result = buildMatMul(n, lhs, rhs, Value(), false, false, element);
  if (!result || (!isRow && !isColumn))
    return result;
  Integers shape(getShape(result));
  if (isColumn)
    shape.pop_back();
  if (isRow)
    shape.erase(shape.end() - (isColumn ? 1 : 2));
  return n.reshape(result, shape);
}

static Imported importMatMul(NodeContext &n) {
  if (n.getElement(0) != n.getElement(1))
    return n.error() << "inputs have elements of types " << n.getElement(0)
                     << " and " << n.getElement(1);
  return buildNumPyMatMul(n, n.in(0), n.in(1), n.getElement(0));
}

/// The addend as a bias with an element a column, or null if it varies along
/// the rows.
static Value getBias(NodeContext &n, Value addend, int64_t columns) {
  Integers shape(getShape(addend));
  while (shape.size() > 1 && shape.front() == 1)
    shape.erase(shape.begin());
  if (shape.size() > 1)
    return {};
  if (shape.empty() || shape[0] == 1) {
    Value one = n.reshape(addend, {1});
    return n.create<ExpandOp>(getElementTypeOrSelf(addend.getType()), one,
                              ArrayRef<int64_t>{columns});
  }
  return shape[0] == columns ? n.reshape(addend, shape) : Value();
}

Value mlir::octet::buildScale(NodeContext &n, Value value, double factor) {
  if (factor == 1 || !value)
    return value;
  Type element = getElementTypeOrSelf(value.getType());
  return n.create<MulOp>(element, value, n.splat(element, factor), ClampAttr());
}

/// alpha * A * B + beta * C
static Imported importGemm(NodeContext &n) {
  if (n.getRank(0) != 2 || n.getRank(1) != 2)
    return n.error() << "inputs have ranks " << n.getRank(0) << " and "
                     << n.getRank(1) << ", expected 2";
  bool transposeRhs = n.getInt("transB", 0);
  double alpha = n.getFloat("alpha", 1), beta = n.getFloat("beta", 1);
  int64_t columns = n.getShapeOf(1)[transposeRhs ? 0 : 1];
  Value addend = n.has(2) && beta != 0 ? buildScale(n, n.in(2), beta) : Value();
  Value bias = addend && alpha == 1 ? getBias(n, addend, columns) : Value();
  Value product = buildMatMul(n, n.in(0), n.in(1), bias, n.getInt("transA", 0),
                              transposeRhs, n.getElement(0));
  product = buildScale(n, product, alpha);
  if (bias || !addend)
    return product;
  return n.create<AddOp>(n.getElement(0), product, addend, ClampAttr());
}

//===----------------------------------------------------------------------===//
// Einsum
//===----------------------------------------------------------------------===//

namespace {
/// The subscripts of a product of two operands, e.g. "bij,bjk->bik".
struct Subscripts {
  std::string lhs, rhs, result;
  std::string batch, rows, columns, inner; ///< in the order of their operands
};
} // namespace

static bool has(StringRef labels, char c) {
  return labels.find(c) != StringRef::npos;
}

static FailureOr<Subscripts> parseSubscripts(NodeContext &n) {
  std::string equation = n.getString("equation", "").str();
  llvm::erase(equation, ' ');
  auto [left, result] = StringRef(equation).split("->");
  auto [lhs, rhs] = left.split(',');
  Subscripts s{lhs.str(), rhs.str(), result.str(), {}, {}, {}, {}};
  auto unique = [](std::string labels) {
    llvm::sort(labels);
    return std::unique(labels.begin(), labels.end()) == labels.end();
  };
  bool plain = !has(equation, '.') && has(equation, '>') &&
               n.getNumInputs() == 2 && unique(s.lhs) && unique(s.rhs) &&
               int64_t(s.lhs.size()) == n.getRank(0) &&
               int64_t(s.rhs.size()) == n.getRank(1);
  for (char c : s.lhs) {
    if (has(s.rhs, c))
      (has(s.result, c) ? s.batch : s.inner) += c;
    else
      s.rows += c;
    plain &= has(s.rhs, c) || has(s.result, c);
  }
  for (char c : s.rhs)
    if (!has(s.lhs, c)) {
      s.columns += c;
      plain &= has(s.result, c);
    }
  plain &= s.result.size() == s.batch.size() + s.rows.size() + s.columns.size();
  if (!plain)
    return n.error() << "equation '" << equation
                     << "' is not a product of two tensors";
  return s;
}

/// Transposes an operand to `groups` in order and merges each group's axes.
static Value arrange(NodeContext &n, unsigned i, StringRef labels,
                     ArrayRef<StringRef> groups) {
  Integers permutation, shape;
  for (StringRef group : groups) {
    int64_t extent = 1;
    for (char c : group) {
      permutation.push_back(labels.find(c));
      extent *= n.getShapeOf(i)[labels.find(c)];
    }
    shape.push_back(extent);
  }
  return n.reshape(n.transpose(n.in(i), permutation), shape);
}

static Imported importEinsum(NodeContext &n) {
  auto s = parseSubscripts(n);
  if (failed(s))
    return failure();
  Value lhs = arrange(n, 0, s->lhs, {s->batch, s->rows, s->inner});
  Value rhs = arrange(n, 1, s->rhs, {s->batch, s->inner, s->columns});
  Value product =
      buildMatMul(n, lhs, rhs, Value(), false, false, n.getElement(0));
  std::string order = s->batch + s->rows + s->columns;
  Integers shape, permutation;
  for (char c : order)
    shape.push_back(has(s->lhs, c) ? n.getShapeOf(0)[s->lhs.find(c)]
                                   : n.getShapeOf(1)[s->rhs.find(c)]);
  for (char c : s->result)
    permutation.push_back(order.find(c));
  return n.transpose(n.reshape(product, shape), permutation);
}

ArrayRef<Importer> mlir::octet::getMatMulOps() {
  static const Importer table[] = {
      {"Einsum", 12, kNewestOpset, 1, importEinsum,
       "products of two tensors, without ellipsis and diagonals"},
      {"Gemm", 6, kNewestOpset, 2, importGemm},
      {"MatMul", 1, kNewestOpset, 2, importMatMul},
  };
  return table;
}
