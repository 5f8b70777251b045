//===- Quantized.cpp - Operators on quantized operands -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// QLinear operators become dequantize, the operator on reals, quantize. Nothing
// is lost: Fold makes one quantized operator of the three again.
//
//===----------------------------------------------------------------------===//

#include "QuantizedTypes.h"
#include "Shared.h"

#include "llvm/ADT/Sequence.h"

using namespace mlir;
using namespace mlir::octet;

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// An i32 bias at the scale of the accumulator, s_input * s_weight in f32.
static Value dequantizeBias(NodeContext &n, unsigned i, unsigned inputScale,
                            unsigned weightScale, double factor = 1) {
  auto input = n.readFloatsAt(inputScale, "scales");
  auto weight = n.readFloatsAt(weightScale, "scales");
  if (failed(input) || failed(weight) || input->size() != 1)
    return {};
  SmallVector<double> scales;
  for (double scale : *weight)
    scales.push_back(float(factor) * (float(input->front()) * float(scale)));
  Integers zeros(scales.size(), 0);
  auto type = makeQuantized(n, scales, zeros, n.b.getI32Type(), /*axis=*/0,
                            n.b.getF32Type());
  return dequantize(n, asQuantized(n, n.getRaw(i), type));
}

static Imported importQLinearConv(NodeContext &n) {
  Value x = dequantizeInput(n, 0, {1, 2});
  Value w = dequantizeWeight(n, 3, {4, 5, /*axis=*/0});
  Value bias = n.has(8) ? dequantizeBias(n, 8, 1, 4) : Value();
  if (n.has(8) && !bias)
    return failure();
  Value y = buildConv(n, x, w, bias, n.b.getF32Type());
  return quantizeOutput(n, y, {6, 7});
}

static Imported importQLinearMatMul(NodeContext &n) {
  Value a =
      dequantizeInput(n, 0, {1, 2, std::max<int64_t>(n.getRank(0) - 2, 0)});
  Value b = dequantizeWeight(n, 3, {4, 5, n.getRank(3) - 1});
  Value y = buildNumPyMatMul(n, a, b, n.b.getF32Type());
  return quantizeOutput(n, y, {6, 7});
}

/// A, its scale and zero point, B, its, C in i32, the result's. Without the
/// last two the result is real.
static Imported importQGemm(NodeContext &n) {
  bool transposeRhs = n.getInt("transB", 0);
  double alpha = n.getFloat("alpha", 1);
  Value a = dequantizeInput(n, 0, {1, 2});
  Value b = dequantizeWeight(n, 3, {4, 5, transposeRhs ? 0 : 1});
  Value bias;
  if (n.has(6)) {
    bias = dequantizeBias(n, 6, 1, 4, alpha);
    if (!bias || n.getRank(6) != 1 || alpha != 1)
      return n.error() << "a bias of shape [" << n.getShapeOf(6)
                       << "] with alpha " << alpha << " is not supported";
  }
  Value y = buildMatMul(n, a, b, bias, n.getInt("transA", 0), transposeRhs,
                        n.b.getF32Type());
  y = buildScale(n, y, alpha);
  return n.has(7) ? quantizeOutput(n, y, {7, 8}) : y;
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

template <typename OpT> static Imported importQLinearBinary(NodeContext &n) {
  Value a = dequantizeInput(n, 0, {1, 2}), b = dequantizeInput(n, 3, {4, 5});
  Value y = n.create<OpT>(n.b.getF32Type(), a, b, ClampAttr());
  return quantizeOutput(n, y, {6, 7});
}

static Imported importQLinearSigmoid(NodeContext &n) {
  Value x = dequantizeInput(n, 0, {1, 2});
  return quantizeOutput(n, n.create<SigmoidOp>(n.b.getF32Type(), x), {3, 4});
}

static Imported importQLinearLeakyRelu(NodeContext &n) {
  Value x = dequantizeInput(n, 0, {1, 2});
  auto alpha = n.b.getF64FloatAttr(n.getFloat("alpha", 0.01f));
  return quantizeOutput(n, n.create<LeakyReluOp>(n.b.getF32Type(), x, alpha),
                        {3, 4});
}

static Imported importQLinearSoftmax(NodeContext &n) {
  auto axis = n.getAxisAttr(-1, n.getRank(0));
  if (failed(axis))
    return failure();
  if (n.getInt("opset", 13) < 13 && *axis != n.getRank(0) - 1)
    return n.error() << "axis " << *axis << " with the rules before opset 13 "
                     << "is not supported";
  Value x = dequantizeInput(n, 0, {1, 2});
  Value y = n.create<SoftmaxOp>(n.b.getF32Type(), x, *axis, false);
  return quantizeOutput(n, y, {3, 4});
}

static Imported importQLinearWhere(NodeContext &n) {
  Value a = dequantizeInput(n, 1, {2, 3}), b = dequantizeInput(n, 4, {5, 6});
  Value y = n.create<WhereOp>(n.b.getF32Type(), n.in(0), a, b);
  return quantizeOutput(n, y, {7, 8});
}

//===----------------------------------------------------------------------===//
// Pools and joins
//===----------------------------------------------------------------------===//

static LogicalResult checkLayout(NodeContext &n) {
  if (!n.getInt("channels_last", 0))
    return success();
  return n.error() << "channels_last is not supported; save the model before "
                      "ONNX Runtime changes its layout";
}

static Imported importQLinearAveragePool(NodeContext &n) {
  if (failed(checkLayout(n)))
    return failure();
  Value x = dequantizeInput(n, 0, {1, 2});
  return quantizeOutput(n, buildAveragePool(n, x), {3, 4});
}

static Imported importQLinearGlobalAveragePool(NodeContext &n) {
  if (failed(checkLayout(n)))
    return failure();
  Value x = dequantizeInput(n, 0, {1, 2});
  return quantizeOutput(n, buildGlobalAveragePool(n, x), {3, 4});
}

static Imported importQLinearReduceMean(NodeContext &n) {
  Value x = dequantizeInput(n, 0, {1, 2});
  Integers axes = n.getInts("axes").value_or(
      llvm::to_vector(llvm::seq<int64_t>(0, n.getRank(0))));
  for (int64_t &axis : axes) {
    auto positive = n.getAxis(axis, n.getRank(0));
    if (failed(positive))
      return failure();
    axis = *positive;
  }
  llvm::sort(axes);
  Value y =
      n.create<ReduceOp>(n.b.getF32Type(), ReduceKind::Mean, x,
                         ArrayRef<int64_t>(axes), n.getInt("keepdims", 1) != 0);
  return quantizeOutput(n, y, {3, 4});
}

/// The result's scale and zero point, then three operands a part.
static Imported importQLinearConcat(NodeContext &n) {
  if (n.getNumInputs() % 3 != 2)
    return n.error() << n.getNumInputs()
                     << " inputs are not two and three a part";
  auto axis = n.getAxisAttr(0, n.getRank(2));
  if (failed(axis))
    return failure();
  SmallVector<Value> parts;
  for (unsigned i = 2; i < n.getNumInputs(); i += 3) {
    parts.push_back(dequantizeInput(n, i, {i + 1, i + 2}));
    if (!parts.back())
      return failure();
  }
  Value y = n.create<ConcatOp>(n.b.getF32Type(), ValueRange(parts), *axis);
  return quantizeOutput(n, y, {0, 1});
}

ArrayRef<Importer> mlir::octet::getQuantizedOps() {
  constexpr StringLiteral constant = "scales must be constant";
  constexpr StringLiteral planar = "scales must be constant; no channels_last";
  constexpr StringLiteral ms = kMicrosoft;
  static const Importer table[] = {
      {"QGemm", 1, 1, 6, importQGemm, constant, ms},
      {"QLinearAdd", 1, 1, 8, importQLinearBinary<AddOp>, constant, ms},
      {"QLinearAveragePool", 1, 1, 4, importQLinearAveragePool, planar, ms},
      {"QLinearConcat", 1, 1, 5, importQLinearConcat, constant, ms},
      {"QLinearConv", 10, kNewestOpset, 8, importQLinearConv, constant},
      {"QLinearGlobalAveragePool", 1, 1, 5, importQLinearGlobalAveragePool,
       planar, ms},
      {"QLinearLeakyRelu", 1, 1, 4, importQLinearLeakyRelu, constant, ms},
      {"QLinearMatMul", 10, kNewestOpset, 8, importQLinearMatMul, constant},
      {"QLinearMul", 1, 1, 8, importQLinearBinary<MulOp>, constant, ms},
      {"QLinearReduceMean", 1, 1, 4, importQLinearReduceMean, constant, ms},
      {"QLinearSigmoid", 1, 1, 4, importQLinearSigmoid, constant, ms},
      {"QLinearSoftmax", 1, 1, 4, importQLinearSoftmax, constant, ms},
      {"QLinearWhere", 1, 1, 8, importQLinearWhere, constant, ms},
  };
  return table;
}
