//===- Report.cpp - What became of a model ---------------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Pipeline/Report.h"

#include "octet/IR/Octet.h"

#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"

using namespace mlir;
using namespace mlir::octet;

static bool isQuantized(Value value) { return bool(getQuantizedType(value)); }

/// Constants, changes of representation and movements compute nothing; nor does
/// arithmetic on integers that were never real.
static bool isReported(Operation *op) {
  if (!isa_and_present<OctetDialect>(op->getDialect()) ||
      isa<ConstantOp, QuantizeOp, DequantizeOp, RequantizeOp, ObserveOp>(op))
    return false;
  if (isa<SameScaleOpInterface>(op) && !isa<MaxPoolOp>(op))
    return false;
  return llvm::any_of(op->getOperands(), [](Value value) {
    return isQuantized(value) ||
           isa<FloatType>(getElementTypeOrSelf(value.getType()));
  });
}

/// Why an operator reads floats: what was recorded, or what can be seen.
static std::string explain(Operation *op) {
  if (auto reason = op->getAttrOfType<StringAttr>(SchemeAttr::kStaysFloatName))
    return reason.str();
  if (!isa<IntegerFormOpInterface>(op))
    return "operator '" + op->getName().stripDialect().str() +
           "' has no integer form";
  return "its operands are not quantized; give samples with --calibrate";
}

/// What an operator that reads floats keeps its weights in.
static StringRef getFloatPrecision(Operation *op) {
  auto weighted = dyn_cast<WeightedOpInterface>(op);
  if (!weighted)
    return "float";
  Type element = getElementTypeOrSelf(weighted.getWeightOperand().get());
  return element.isF16() ? "fp16" : element.isBF16() ? "bf16" : "float";
}

void Report::addOperators(ModuleOp module) {
  module.walk([&](Operation *op) {
    if (!isReported(op))
      return;
    bool isInteger = llvm::any_of(op->getOperands(), isQuantized);
    auto weighted = dyn_cast<WeightedOpInterface>(op);
    std::string name = getNodeName(op);
    rows.push_back({name.empty() ? "(unnamed)" : name,
                    op->getName().stripDialect().str(),
                    isInteger ? "int8" : getFloatPrecision(op).str(),
                    isInteger ? "" : explain(op),
                    weighted ? weighted.getMacs() : 0, op->getLoc()});
  });
}

LogicalResult Report::addProgram(ModuleOp module) {
  FailureOr<ModelInfo> info = ModelInfo::get(module);
  if (failed(info))
    return failure();
  program = std::move(*info);
  return success();
}

int64_t Report::countIntegers() const {
  return llvm::count_if(rows,
                        [](const ReportRow &row) { return row.isInteger(); });
}

int64_t Report::countShort() const {
  return llvm::count_if(rows, [](const ReportRow &row) {
    return row.precision == "fp16" || row.precision == "bf16";
  });
}

double Report::getIntegerShare() const {
  int64_t all = 0, integer = 0;
  for (const ReportRow &row : rows) {
    all += row.macs;
    integer += row.isInteger() ? row.macs : 0;
  }
  return all ? double(integer) / double(all) : 1.0;
}

const ReportRow *Report::findFloat() const {
  for (const ReportRow &row : rows)
    if (!row.isInteger())
      return &row;
  return nullptr;
}

static llvm::json::Object toJSON(const NodeInfo &step) {
  llvm::json::Object object{{"name", step.name},
                            {"op", step.op},
                            {"precision", step.precision},
                            {"macs", int64_t(step.macs)},
                            {"bytes_read", int64_t(step.bytesRead)},
                            {"bytes_written", int64_t(step.bytesWritten)}};
  if (!step.moves.empty())
    object["moves"] = step.moves;
  if (step.isQuantizedOnly)
    object["quantized_only"] = true;
  return object;
}

static void addProgramTo(llvm::json::Object &report, const ModelInfo &program) {
  llvm::json::Array steps;
  for (const NodeInfo &step : program.nodes)
    steps.push_back(::toJSON(step));
  report["steps"] = std::move(steps);
  report["arena_bytes"] = int64_t(program.arenaBytes);
  report["weight_bytes"] = int64_t(program.weightBytes);
  report["largest_live_bytes"] = int64_t(program.largestLiveBytes);
}

llvm::json::Value Report::toJSON() const {
  llvm::json::Array nodes;
  for (const ReportRow &row : rows) {
    llvm::json::Object node{{"name", row.name},
                            {"op", row.op},
                            {"precision", row.precision},
                            {"macs", row.macs}};
    if (!row.isInteger())
      node["reason"] = row.reason;
    nodes.push_back(std::move(node));
  }
  llvm::json::Object report{{"operators", int64_t(rows.size())},
                            {"int8_operators", countIntegers()},
                            {"int8_share_of_macs", getIntegerShare()},
                            {"nodes", std::move(nodes)}};
  if (program)
    addProgramTo(report, *program);
  return report;
}

void Report::print(llvm::raw_ostream &os, bool verbose) const {
  if (verbose)
    for (const ReportRow &row : rows) {
      os << llvm::left_justify(row.precision, 7)
         << llvm::format("%12lld", (long long)row.macs) << "  " << row.op
         << "  " << row.name;
      if (!row.isInteger())
        os << ": " << row.reason;
      os << "\n";
    }
  if (int64_t count = countShort())
    os << count << " of " << rows.size()
       << " operators with weights in 16 bits\n";
  if (countShort() && !countIntegers())
    return;
  os << countIntegers() << " of " << rows.size() << " operators in int8, with "
     << llvm::format("%.1f", 100 * getIntegerShare())
     << " % of the multiply-accumulates\n";
}
