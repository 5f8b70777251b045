//===- Activation.cpp - Functions of one element -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NodeImporter.h"

#include <limits>

using namespace mlir;
using namespace mlir::octet;

static constexpr double kInfinity = std::numeric_limits<double>::infinity();

template <typename OpT> static Imported importUnary(NodeContext &n) {
  return n.create<OpT>(n.getElement(0), n.in(0));
}

template <typename OpT>
static Imported importAlpha(NodeContext &n, double missing) {
  return n.create<OpT>(n.getElement(0), n.in(0),
                       n.b.getF64FloatAttr(n.getFloat("alpha", missing)));
}

static Imported importLeakyRelu(NodeContext &n) {
  return importAlpha<LeakyReluOp>(n, 0.01f);
}
static Imported importThresholdedRelu(NodeContext &n) {
  return importAlpha<ThresholdedReluOp>(n, 1);
}
static Imported importElu(NodeContext &n) { return importAlpha<EluOp>(n, 1); }
static Imported importCelu(NodeContext &n) { return importAlpha<CeluOp>(n, 1); }

static Imported importSelu(NodeContext &n) {
  // The defaults as the schema spells them, in f32.
  double alpha = n.getFloat("alpha", 1.67326319217681884765625);
  double gamma = n.getFloat("gamma", 1.05070102214813232421875);
  return n.create<SeluOp>(n.getElement(0), n.in(0), n.b.getF64FloatAttr(alpha),
                          n.b.getF64FloatAttr(gamma));
}

static Imported importHardSigmoid(NodeContext &n) {
  double alpha = n.getFloat("alpha", 0.2f), beta = n.getFloat("beta", 0.5);
  return n.create<HardSigmoidOp>(n.getElement(0), n.in(0),
                                 n.b.getF64FloatAttr(alpha),
                                 n.b.getF64FloatAttr(beta));
}

static Imported importGelu(NodeContext &n) {
  StringRef approximate = n.getString("approximate", "none");
  if (approximate != "none" && approximate != "tanh")
    return n.error() << "approximate '" << approximate << "' is not known";
  return n.create<GeluOp>(n.getElement(0), n.in(0),
                          approximate == "tanh" ? n.b.getUnitAttr()
                                                : UnitAttr());
}

static Imported importFastGelu(NodeContext &n) {
  Value x = n.in(0);
  if (n.has(1))
    x = n.create<AddOp>(n.getElement(0), x, n.in(1), ClampAttr());
  return n.create<GeluOp>(n.getElement(0), x, n.b.getUnitAttr());
}

/// Integers have no function table; a maximum does.
static Imported importRelu(NodeContext &n) {
  Type element = n.getElement(0);
  if (isa<FloatType>(element))
    return importUnary<ReluOp>(n);
  return n.create<MaxOp>(element, n.in(0), n.splat(element, 0));
}

static Imported importTan(NodeContext &n) {
  Type element = n.getElement(0);
  return n.create<DivOp>(element, n.create<SinOp>(element, n.in(0)),
                         n.create<CosOp>(element, n.in(0)));
}

/// (exp(x) + sign * exp(-x)) / 2
static Imported importHyperbolic(NodeContext &n, bool isSine) {
  Type element = n.getElement(0);
  Value plus = n.create<ExpOp>(element, n.in(0));
  Value minus = n.create<ExpOp>(element, n.create<NegOp>(element, n.in(0)));
  Value sum = isSine ? n.create<SubOp>(element, plus, minus, ClampAttr())
                     : n.create<AddOp>(element, plus, minus, ClampAttr());
  return n.create<MulOp>(element, sum, n.splat(element, 0.5), ClampAttr());
}
static Imported importSinh(NodeContext &n) { return importHyperbolic(n, true); }
static Imported importCosh(NodeContext &n) {
  return importHyperbolic(n, false);
}

//===----------------------------------------------------------------------===//
// Clip
//===----------------------------------------------------------------------===//

static Value createClip(NodeContext &n, double low, double high) {
  return n.create<ClipOp>(n.getElement(0), n.in(0), n.b.getF64FloatAttr(low),
                          n.b.getF64FloatAttr(high));
}

static Imported importClipAttributes(NodeContext &n) {
  return createClip(n, n.getFloat("min", -kInfinity),
                    n.getFloat("max", kInfinity));
}

/// A bound that is constant, or infinite where it is absent.
static std::optional<double> readBound(NodeContext &n, unsigned i,
                                       double missing) {
  if (!n.has(i))
    return missing;
  auto values = readFloats(n.in(i));
  if (!values || values->size() != 1)
    return std::nullopt;
  return values->front();
}

static Imported importClip(NodeContext &n) {
  Type element = n.getElement(0);
  if (isa<FloatType>(element)) {
    auto low = readBound(n, 1, -kInfinity), high = readBound(n, 2, kInfinity);
    if (low && high)
      return createClip(n, *low, *high);
  }
  Value result = n.in(0);
  if (n.has(1))
    result = n.create<MaxOp>(element, result, n.in(1));
  if (n.has(2))
    result = n.create<MinOp>(element, result, n.in(2));
  return result;
}

ArrayRef<Importer> mlir::octet::getActivationOps() {
  static const Importer table[] = {
      {"Abs", 1, kNewestOpset, 1, importUnary<AbsOp>},
      {"Ceil", 1, kNewestOpset, 1, importUnary<CeilOp>},
      {"Celu", 12, kNewestOpset, 1, importCelu},
      {"Clip", 1, 10, 1, importClipAttributes},
      {"Clip", 11, kNewestOpset, 1, importClip},
      {"Cos", 7, kNewestOpset, 1, importUnary<CosOp>},
      {"Cosh", 9, kNewestOpset, 1, importCosh},
      {"Elu", 1, kNewestOpset, 1, importElu},
      {"Erf", 9, kNewestOpset, 1, importUnary<ErfOp>},
      {"Exp", 1, kNewestOpset, 1, importUnary<ExpOp>},
      {"FastGelu", 1, 1, 1, importFastGelu, "", kMicrosoft},
      {"Floor", 1, kNewestOpset, 1, importUnary<FloorOp>},
      {"Gelu", 20, kNewestOpset, 1, importGelu},
      {"Gelu", 1, 1, 1, importGelu, "", kMicrosoft},
      {"HardSigmoid", 1, kNewestOpset, 1, importHardSigmoid},
      {"HardSwish", 14, kNewestOpset, 1, importUnary<HardSwishOp>},
      {"LeakyRelu", 1, kNewestOpset, 1, importLeakyRelu},
      {"Log", 1, kNewestOpset, 1, importUnary<LogOp>},
      {"Mish", 18, kNewestOpset, 1, importUnary<MishOp>},
      {"Neg", 1, kNewestOpset, 1, importUnary<NegOp>},
      {"Reciprocal", 1, kNewestOpset, 1, importUnary<ReciprocalOp>},
      {"Relu", 1, kNewestOpset, 1, importRelu},
      {"Round", 11, kNewestOpset, 1, importUnary<RoundOp>},
      {"Selu", 1, kNewestOpset, 1, importSelu},
      {"Sigmoid", 1, kNewestOpset, 1, importUnary<SigmoidOp>},
      {"Sign", 9, kNewestOpset, 1, importUnary<SignOp>},
      {"Sin", 7, kNewestOpset, 1, importUnary<SinOp>},
      {"Sinh", 9, kNewestOpset, 1, importSinh},
      {"Softplus", 1, kNewestOpset, 1, importUnary<SoftplusOp>},
      {"Softsign", 1, kNewestOpset, 1, importUnary<SoftsignOp>},
      {"Sqrt", 1, kNewestOpset, 1, importUnary<SqrtOp>},
      {"Tan", 7, kNewestOpset, 1, importTan},
      {"Tanh", 1, kNewestOpset, 1, importUnary<TanhOp>},
      {"ThresholdedRelu", 10, kNewestOpset, 1, importThresholdedRelu},
  };
  return table;
}
