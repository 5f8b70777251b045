//===- Tabular.cpp - What scikit-learn's exporter puts around a network -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operators of the domain ai.onnx.ml: preparation of features, linear models,
// labels. A linear model is a product with constant weights, as a layer is.
//
//===----------------------------------------------------------------------===//

#include "NodeImporter.h"
#include "Shared.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace mlir::octet;

static constexpr StringLiteral kTabular = "ai.onnx.ml";

/// A list of floats as a constant of the given shape; null after an error if
/// there are more or fewer.
static Value floatsOf(NodeContext &n, StringRef name, ArrayRef<int64_t> shape) {
  auto attr = dyn_cast_or_null<DenseF32ArrayAttr>(n.getAttr(name));
  int64_t found = attr ? attr.size() : 0;
  if (found != llvm::product_of(shape)) {
    n.error() << "attribute '" << name << "' has " << found
              << " numbers, expected " << llvm::product_of(shape);
    return {};
  }
  return makeFloats(n.b, n.getLoc(), attr.asArrayRef(), shape);
}

/// As above, one number for each of `count` features or one for all.
static Value perFeature(NodeContext &n, StringRef name, int64_t count) {
  auto attr = dyn_cast_or_null<DenseF32ArrayAttr>(n.getAttr(name));
  return floatsOf(n, name, {attr && attr.size() == 1 ? 1 : count});
}

/// Features as float rows, [samples, features].
static FailureOr<Value> getRows(NodeContext &n) {
  Value x = n.cast(n.in(0), n.b.getF32Type());
  if (n.getRank(0) == 1)
    x = n.reshape(x, {1, n.getShapeOf(0)[0]});
  if (x && getShape(x).size() != 2)
    return n.error() << "input has shape [" << n.getShapeOf(0)
                     << "], expected samples by features";
  return x;
}

//===----------------------------------------------------------------------===//
// Preparation of features
//===----------------------------------------------------------------------===//

static Imported importScaler(NodeContext &n) {
  Type f32 = n.b.getF32Type();
  Value x = n.cast(n.in(0), f32);
  int64_t count = n.getRank(0) ? n.getShapeOf(0).back() : 1;
  Value offset = perFeature(n, "offset", count);
  Value scale = perFeature(n, "scale", count);
  return n.create<MulOp>(f32, n.create<SubOp>(f32, x, offset, ClampAttr()),
                         scale, ClampAttr());
}

/// Each row divided by its largest element or its norm, if that is not zero.
static Imported importNormalizer(NodeContext &n) {
  StringRef norm = n.getString("norm", "MAX");
  std::optional<ReduceKind> kind =
      llvm::StringSwitch<std::optional<ReduceKind>>(norm)
          .Case("MAX", ReduceKind::Max)
          .Case("L1", ReduceKind::L1)
          .Case("L2", ReduceKind::L2)
          .Default(std::nullopt);
  if (!kind)
    return n.error() << "norm '" << norm << "' is not known";
  FailureOr<Value> x = getRows(n);
  if (failed(x))
    return failure();
  Type f32 = n.b.getF32Type();
  Integers axes{1};
  Value size =
      n.create<ReduceOp>(f32, *kind, *x, ArrayRef<int64_t>(axes), true);
  Value isZero = n.create<CompareOp>(n.b.getI1Type(), ComparePredicate::Equal,
                                     size, n.splat(f32, 0));
  size = n.create<WhereOp>(f32, isZero, n.splat(f32, 1), size);
  return n.create<DivOp>(f32, *x, size);
}

static Imported importBinarizer(NodeContext &n) {
  Type f32 = n.b.getF32Type();
  Value above = n.create<CompareOp>(n.b.getI1Type(), ComparePredicate::Greater,
                                    n.cast(n.in(0), f32),
                                    n.splat(f32, n.getFloat("threshold", 0)));
  return n.cast(above, f32);
}

static Imported importFeatureVectorizer(NodeContext &n) {
  Type f32 = n.b.getF32Type();
  SmallVector<Value> parts;
  for (unsigned i = 0; i < n.getNumInputs(); ++i)
    parts.push_back(n.cast(n.in(i), f32));
  if (llvm::is_contained(parts, Value()))
    return failure();
  return n.create<ConcatOp>(f32, ValueRange(parts), int64_t(1));
}

/// Elements of the last axis.
static Imported importArrayFeatureExtractor(NodeContext &n) {
  if (n.getRank(0) < 1)
    return n.error() << "input is a scalar";
  Integers shape(n.getShapeOf(0));
  Value x = shape.size() == 1 ? n.reshape(n.in(0), {1, shape[0]}) : n.in(0);
  int64_t count = llvm::product_of(n.getShapeOf(1));
  Value indices = n.reshape(n.in(1), {count});
  return n.create<GatherOp>(n.getElement(0), x, indices,
                            int64_t(std::max<size_t>(shape.size(), 2) - 1));
}

//===----------------------------------------------------------------------===//
// Linear models
//===----------------------------------------------------------------------===//

/// x * coefficients^T + intercepts: [samples, targets].
static Value buildLinear(NodeContext &n, Value x, int64_t targets) {
  Type f32 = n.b.getF32Type();
  if (!x)
    return {};
  Value weight = floatsOf(n, "coefficients", {targets, getShape(x)[1]});
  Value bias;
  if (n.hasAttr("intercepts")) {
    bias = floatsOf(n, "intercepts", {targets});
    if (!bias)
      return {};
  }
  return buildMatMul(n, x, weight, bias, false, true, f32);
}

static Imported transform(NodeContext &n, Value scores) {
  StringRef name = n.getString("post_transform", "NONE");
  Type f32 = n.b.getF32Type();
  if (name == "NONE")
    return scores;
  if (name == "LOGISTIC")
    return n.create<SigmoidOp>(f32, scores);
  if (name == "SOFTMAX")
    return n.create<SoftmaxOp>(f32, scores, int64_t(1), false);
  return n.error() << "post_transform '" << name << "' is not supported";
}

static Imported importLinearRegressor(NodeContext &n) {
  FailureOr<Value> x = getRows(n);
  if (failed(x))
    return failure();
  Value scores = buildLinear(n, *x, n.getInt("targets", 1));
  return scores ? transform(n, scores) : Imported(failure());
}

/// The label of the highest score, and the scores.
static Imported importLinearClassifier(NodeContext &n) {
  if (n.hasAttr("classlabels_strings"))
    return n.error() << "labels that are strings are not supported; train with "
                        "numbered classes";
  auto labels = n.getInts("classlabels_ints");
  FailureOr<Value> x = getRows(n);
  if (!labels || failed(x))
    return n.error() << "has no labels";
  int64_t classes = labels->size();
  Value scores = buildLinear(n, *x, classes);
  if (!scores)
    return failure();
  Type i64 = n.b.getI64Type();
  Value best =
      n.create<ArgReduceOp>(i64, scores, int64_t(1), false, false, false);
  Value label = n.create<GatherOp>(i64, n.integers(*labels), best, int64_t(0));
  Imported transformed = transform(n, scores);
  if (!transformed.isOk())
    return failure();
  return SmallVector<Value>{label, transformed.getValues()[0]};
}

ArrayRef<Importer> mlir::octet::getTabularOps() {
  constexpr int newest = 5;
  static const Importer table[] = {
      {"ArrayFeatureExtractor", 1, newest, 2, importArrayFeatureExtractor, "",
       kTabular},
      {"Binarizer", 1, newest, 1, importBinarizer, "", kTabular},
      {"FeatureVectorizer", 1, newest, 1, importFeatureVectorizer, "",
       kTabular},
      {"LinearClassifier", 1, newest, 1, importLinearClassifier,
       "numbered classes; post_transform NONE, LOGISTIC, SOFTMAX", kTabular},
      {"LinearRegressor", 1, newest, 1, importLinearRegressor,
       "post_transform NONE, LOGISTIC, SOFTMAX", kTabular},
      {"Normalizer", 1, newest, 1, importNormalizer, "", kTabular},
      {"Scaler", 1, newest, 1, importScaler, "", kTabular},
  };
  return table;
}
