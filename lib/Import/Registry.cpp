//===- Registry.cpp - The table of supported operators -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tables are reached by calls, not by static objects that register themselves:
// a linker would drop those from a static library.
//
//===----------------------------------------------------------------------===//

#include "NodeImporter.h"

#include <map>

using namespace mlir;
using namespace mlir::octet;

using Table = std::multimap<std::pair<StringRef, StringRef>, const Importer *>;

static Table buildTable() {
  Table table;
  for (ArrayRef<Importer> family :
       {getActivationOps(), getConstantOps(), getControlFlowOps(),
        getConvolutionOps(), getElementwiseOps(), getMatMulOps(),
        getIntegerOps(), getNormalizationOps(), getPoolOps(),
        getQuantizationOps(), getQuantizedOps(), getRecurrentOps(),
        getReduceOps(), getResizeOps(), getScatterOps(), getShapeOps(),
        getSliceOps(), getTabularOps()})
    for (const Importer &row : family)
      table.insert({{row.domain, row.opType}, &row});
  return table;
}

static const Table &getTable() {
  static const Table table = buildTable();
  return table;
}

const Importer *mlir::octet::findImporter(StringRef domain, StringRef opType,
                                          int64_t opset, bool &known) {
  auto [begin, end] = getTable().equal_range({domain, opType});
  known = begin != end;
  for (auto it = begin; it != end; ++it)
    if (it->second->since <= opset && opset <= it->second->until)
      return it->second;
  return nullptr;
}

std::vector<SupportedOp> mlir::octet::getSupportedOps() {
  std::vector<SupportedOp> ops;
  for (auto &[key, row] : getTable())
    ops.push_back(
        {row->domain, row->opType, row->since, row->until, row->limits});
  llvm::sort(ops, [](const SupportedOp &a, const SupportedOp &b) {
    return std::tie(a.domain, a.opType, a.since) <
           std::tie(b.domain, b.opType, b.since);
  });
  return ops;
}
