//===- ImportONNX.cpp - From an ONNX file to the octet dialect -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GraphImporter.h"

#include "llvm/Support/Path.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/stubs/logging.h>

#include <climits>

using namespace mlir;
using namespace mlir::octet;

/// Parses without protobuf's own messages and with its limits raised.
static bool parseModel(StringRef data, onnx::ModelProto &model) {
  google::protobuf::LogSilencer silencer;
  google::protobuf::io::CodedInputStream stream(
      reinterpret_cast<const uint8_t *>(data.data()), int(data.size()));
  stream.SetTotalBytesLimit(INT_MAX);
  return model.ParseFromCodedStream(&stream) && stream.ConsumedEntireMessage();
}

OwningOpRef<ModuleOp>
mlir::octet::importONNXFromMemory(MLIRContext *context, StringRef data,
                                  StringRef folder, StringRef name,
                                  const ImportOptions &options) {
  context->loadDialect<OctetDialect, func::FuncDialect>();
  Location loc = UnknownLoc::get(context);
  if (data.size() > size_t(INT_MAX)) {
    emitError(loc) << "has " << data.size()
                   << " bytes, but a protobuf holds at most 2 GiB; save the "
                      "weights as external data";
    return {};
  }
  onnx::ModelProto model;
  if (data.empty() || !parseModel(data, model)) {
    emitError(loc) << (data.empty() ? "is empty"
                                    : "is not an ONNX model or is damaged");
    return {};
  }
  // Names of the file stand in messages, so that these are made printable.
  std::string message;
  OwningOpRef<ModuleOp> module;
  {
    ScopedDiagnosticHandler handler(context, [&](Diagnostic &diagnostic) {
      if (message.empty())
        message = makePrintable(diagnostic.str());
      return success();
    });
    module =
        GraphImporter(context, loc, folder, options).importModel(model, name);
  }
  if (!module)
    emitError(loc) << message;
  return module;
}

OwningOpRef<ModuleOp> mlir::octet::importONNX(MLIRContext *context,
                                              StringRef path,
                                              const ImportOptions &options) {
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                          /*RequiresNullTerminator=*/false);
  if (!file) {
    emitError(UnknownLoc::get(context))
        << "cannot be read: " << file.getError().message();
    return {};
  }
  return importONNXFromMemory(context, (*file)->getBuffer(),
                              llvm::sys::path::parent_path(path),
                              llvm::sys::path::stem(path), options);
}
