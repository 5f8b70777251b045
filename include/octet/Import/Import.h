//===- Import.h - From an ONNX file to the octet dialect --------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The structural importer: a graph of `octet.node` with names, attributes and
// constants as the file holds them. The passes of Import/Passes.h give it a
// meaning.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_IMPORT_IMPORT_H
#define OCTET_IMPORT_IMPORT_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/StringRef.h"

#include <map>
#include <string>
#include <vector>

namespace mlir::octet {

/// The versions of ONNX's operator set that Octet knows.
inline constexpr int kOldestOpset = 1;
inline constexpr int kNewestOpset = 24;

struct ImportOptions {
  /// Values by name. A name is a symbolic dimension ("N"), a dimension of an
  /// input by position ("image:2"), or an integer input, which becomes a
  /// constant with that value and leaves the signature.
  std::map<std::string, int64_t> bindings;
};

/// Reads a model. On failure returns null after one error, whose text does not
/// repeat `path` but names the node at fault: "node 'conv1' (Conv): ...".
/// Unbound symbolic batch dimensions (the first of an input) become 1.
OwningOpRef<ModuleOp> importONNX(MLIRContext *context, StringRef path,
                                 const ImportOptions &options = {});

/// As above from memory. `folder` is where external data is looked up, `name`
/// becomes the model's name.
OwningOpRef<ModuleOp> importONNXFromMemory(MLIRContext *context, StringRef data,
                                           StringRef folder, StringRef name,
                                           const ImportOptions &options = {});

/// A row of the table of supported operators.
struct SupportedOp {
  StringRef domain; ///< empty for ONNX's own
  StringRef opType;
  int since, until; ///< versions of the domain's operator set
  StringRef limits; ///< what is not supported, in a sentence; may be empty
};

/// All rows, sorted by domain, operator and version.
std::vector<SupportedOp> getSupportedOps();

} // namespace mlir::octet

#endif // OCTET_IMPORT_IMPORT_H
