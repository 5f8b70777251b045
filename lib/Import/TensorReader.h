//===- TensorReader.h - Tensors and element types of ONNX -------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Turns TensorProto messages, and the files that they refer to, into checked
// constants.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_IMPORT_TENSORREADER_H
#define OCTET_LIB_IMPORT_TENSORREADER_H

#include "Protobuf.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MemoryBuffer.h"

#include <memory>

namespace mlir::octet {

/// The type of a TensorProto::DataType; null for those without one here.
/// Unsigned integers are `ui8`.., signed ones signless, a boolean is `i1`.
Type getElementTypeOf(MLIRContext *context, int dataType);

/// The name of a TensorProto::DataType, for messages.
std::string getDataTypeName(int dataType);

/// Text of a file as it may stand in a message or a name: valid UTF-8 in one
/// line.
std::string makePrintable(StringRef text);

class TensorReader {
public:
  TensorReader(Location loc, StringRef folder)
      : loc(loc), folder(folder.str()) {}

  /// The tensor as a constant; large data moves out of the message. Null after
  /// an error that calls the tensor `what`.
  ElementsAttr read(onnx::TensorProto &tensor, const Twine &what);

private:
  using Buffer = std::shared_ptr<llvm::MemoryBuffer>;

  RankedTensorType getType(const onnx::TensorProto &tensor, const Twine &what);
  ElementsAttr readRaw(onnx::TensorProto &tensor, RankedTensorType type,
                       const Twine &what);
  ElementsAttr readTyped(const onnx::TensorProto &tensor, RankedTensorType type,
                         const Twine &what);
  ElementsAttr readExternal(const onnx::TensorProto &tensor,
                            RankedTensorType type, const Twine &what);
  Buffer openFile(StringRef location, const Twine &what);
  InFlightDiagnostic error(const Twine &what);

  Location loc;
  std::string folder;
  llvm::StringMap<Buffer> files;
};

} // namespace mlir::octet

#endif // OCTET_LIB_IMPORT_TENSORREADER_H
