//===- Simplify.cpp - Folds what exporters leave around -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Simplify.h"

#include "octet/Import/Passes.h"

#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::octet {
#define GEN_PASS_DEF_SIMPLIFY
#include "octet/Import/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

std::optional<double> mlir::octet::getSplat(Value value) {
  ElementsAttr attr = getConstantAttr(value);
  if (!attr || attr.getNumElements() == 0)
    return std::nullopt;
  // Larger ones than this are no splats that anybody wrote.
  if (!isa<FloatType>(attr.getElementType()) ||
      (attr.getNumElements() > 1 && !attr.isSplat()))
    return std::nullopt;
  auto dense = dyn_cast<DenseElementsAttr>(attr);
  if (dense && dense.isSplat())
    return dense.getSplatValue<APFloat>().convertToDouble();
  auto values = readFloats(value);
  return values ? std::optional<double>(values->front()) : std::nullopt;
}

std::optional<std::pair<Value, double>> mlir::octet::splitSplat(Operation *op) {
  for (unsigned i : {0u, 1u})
    if (auto number = getSplat(op->getOperand(1 - i)))
      return std::pair(op->getOperand(i), *number);
  return std::nullopt;
}

namespace {
struct Simplify : octet::impl::SimplifyBase<Simplify> {
  void runOnOperation() override {
    SimplifyCounts counts;
    RewritePatternSet patterns(&getContext());
    populateWeightPatterns(patterns, counts);
    populateWindowPatterns(patterns, counts);
    populateActivationPatterns(patterns, counts);
    populateNormPatterns(patterns, counts);
    for (RegisteredOperationName op : getContext().getRegisteredOperations())
      if (op.getDialectNamespace() == OctetDialect::getDialectNamespace())
        op.getCanonicalizationPatterns(patterns, &getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns)))) {
      getOperation().emitError("simplification does not come to an end");
      return signalPassFailure();
    }
    numNorms += counts.norms;
    numFactors += counts.factors;
    numPads += counts.pads;
    numFused += counts.fused;
  }
};
} // namespace
