//===- OctetAttrs.cpp - Attributes of the octet dialect -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/IR/Octet.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::octet;

#define GET_ATTRDEF_CLASSES
#include "octet/IR/OctetAttrs.cpp.inc"

void OctetDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "octet/IR/OctetAttrs.cpp.inc"
      >();
}

/// Parses a number, or `inf` or `-inf`, which MLIR's float syntax has not.
static ParseResult parseReal(AsmParser &parser, double &value) {
  bool negative = succeeded(parser.parseOptionalMinus());
  if (succeeded(parser.parseOptionalKeyword("inf"))) {
    value = std::numeric_limits<double>::infinity();
  } else if (succeeded(parser.parseOptionalKeyword("nan"))) {
    value = std::numeric_limits<double>::quiet_NaN();
  } else if (parser.parseFloat(value)) {
    return failure();
  }
  if (negative)
    value = -value;
  return success();
}

static void printReal(AsmPrinter &printer, const APFloat &value) {
  if (value.isInfinity())
    printer << (value.isNegative() ? "-inf" : "inf");
  else if (value.isNaN())
    printer << "nan";
  else
    printer.printFloat(value);
}

//===----------------------------------------------------------------------===//
// ClampAttr
//===----------------------------------------------------------------------===//

ClampAttr ClampAttr::get(MLIRContext *context, double min, double max) {
  return Base::get(context, APFloat(min), APFloat(max));
}

ClampAttr ClampAttr::intersect(double min, double max) const {
  // Clamping to [a, b], then to [c, d]: the later bounds win where the two
  // intervals do not meet.
  auto cut = [&](double x) { return std::min(std::max(x, min), max); };
  return get(getContext(), cut(getMinValue()), cut(getMaxValue()));
}

LogicalResult ClampAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                APFloat min, APFloat max) {
  if (min.isNaN() || max.isNaN() || min > max)
    return emitError() << "clamp's lower bound " << min.convertToDouble()
                       << " is not at most its upper bound "
                       << max.convertToDouble();
  return success();
}

Attribute ClampAttr::parse(AsmParser &parser, Type) {
  double min, max;
  if (parser.parseLess() || parseReal(parser, min) || parser.parseColon() ||
      parseReal(parser, max) || parser.parseGreater())
    return {};
  return parser.getChecked<ClampAttr>(parser.getContext(), APFloat(min),
                                      APFloat(max));
}

void ClampAttr::print(AsmPrinter &printer) const {
  printer << '<';
  printReal(printer, getMin());
  printer << " : ";
  printReal(printer, getMax());
  printer << '>';
}

//===----------------------------------------------------------------------===//
// StatisticsAttr
//===----------------------------------------------------------------------===//

LogicalResult
StatisticsAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                       APFloat min, APFloat max, APFloat sampleMin,
                       APFloat sampleMax, APFloat sum, int64_t count,
                       DenseI64ArrayAttr histogram, DenseF64ArrayAttr means) {
  if (count <= 0)
    return emitError() << "statistics of " << count << " values";
  if (!min.isFinite() || !max.isFinite() || min > max)
    return emitError() << "range [" << min.convertToDouble() << ", "
                       << max.convertToDouble()
                       << "] is not finite and ordered";
  return success();
}

Attribute StatisticsAttr::parse(AsmParser &parser, Type) {
  double min, max, sampleMin, sampleMax, sum;
  int64_t count;
  SmallVector<int64_t> bins;
  SmallVector<double> means;
  auto parseRange = [&](double &low, double &high) -> ParseResult {
    return failure(parser.parseLSquare() || failed(parseReal(parser, low)) ||
                   parser.parseComma() || failed(parseReal(parser, high)) ||
                   parser.parseRSquare());
  };
  if (parser.parseLess() || parser.parseKeyword("range") ||
      parseRange(min, max) || parser.parseComma() ||
      parser.parseKeyword("samples") || parseRange(sampleMin, sampleMax) ||
      parser.parseComma() || parser.parseKeyword("sum") ||
      parseReal(parser, sum) || parser.parseComma() ||
      parser.parseKeyword("count") || parser.parseInteger(count))
    return {};
  while (succeeded(parser.parseOptionalComma())) {
    bool isMeans = succeeded(parser.parseOptionalKeyword("means"));
    if ((!isMeans && parser.parseKeyword("bins")) ||
        parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&] {
          return isMeans ? ParseResult(parseReal(parser, means.emplace_back()))
                         : parser.parseInteger(bins.emplace_back());
        }))
      return {};
  }
  if (parser.parseGreater())
    return {};
  return parser.getChecked<StatisticsAttr>(
      parser.getContext(), APFloat(min), APFloat(max), APFloat(sampleMin),
      APFloat(sampleMax), APFloat(sum), count,
      DenseI64ArrayAttr::get(parser.getContext(), bins),
      DenseF64ArrayAttr::get(parser.getContext(), means));
}

void StatisticsAttr::print(AsmPrinter &printer) const {
  auto printRange = [&](const APFloat &low, const APFloat &high) {
    printer << '[';
    printReal(printer, low);
    printer << ", ";
    printReal(printer, high);
    printer << ']';
  };
  printer << "<range ";
  printRange(getMin(), getMax());
  printer << ", samples ";
  printRange(getSampleMin(), getSampleMax());
  printer << ", sum ";
  printReal(printer, getSum());
  printer << ", count " << getCount();
  if (!getHistogram().empty()) {
    printer << ", bins [";
    llvm::interleaveComma(getHistogram().asArrayRef(), printer);
    printer << ']';
  }
  if (!getMeans().empty()) {
    printer << ", means [";
    llvm::interleaveComma(getMeans().asArrayRef(), printer, [&](double mean) {
      printReal(printer, APFloat(mean));
    });
    printer << ']';
  }
  printer << '>';
}

//===----------------------------------------------------------------------===//
// SchemeAttr
//===----------------------------------------------------------------------===//

SchemeAttr SchemeAttr::of(Operation *op) {
  return op->getAttrOfType<SchemeAttr>(kName);
}
