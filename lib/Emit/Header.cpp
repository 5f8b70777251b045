//===- Header.cpp - The C header beside a library --------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Writes what a C program needs to call one model: octet-c/Model.h as a whole,
// and the model's own names and sizes as constants.
//
//===----------------------------------------------------------------------===//

#include "Detail.h"
#include "Embedded.h"
#include "octet-c/Model.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir::octet;

static llvm::StringRef getCName(mlir::Type type) {
  switch (*getOctetType(type)) {
  case OCTET_TYPE_F32:
    return "float";
  case OCTET_TYPE_F64:
    return "double";
  case OCTET_TYPE_U8:
  case OCTET_TYPE_BOOL:
    return "uint8_t";
  case OCTET_TYPE_I8:
    return "int8_t";
  case OCTET_TYPE_I16:
    return "int16_t";
  case OCTET_TYPE_I32:
    return "int32_t";
  case OCTET_TYPE_I64:
    return "int64_t";
  case OCTET_TYPE_U32:
    return "uint32_t";
  case OCTET_TYPE_U64:
    return "uint64_t";
  default: // u16, f16 and bf16 as their bits
    return "uint16_t";
  }
}

/// Names come from a model's file: nothing in them may end a comment or a line.
static std::string getCommentText(llvm::StringRef name) {
  std::string text;
  for (char c : name)
    text += llvm::isPrint(c) && c != '*' && c != '\\' ? c : '?';
  return text;
}

static void writeTensor(llvm::raw_ostream &os, llvm::StringRef what,
                        size_t index, const TensorInfo &tensor) {
  int64_t elements = 1;
  std::string shape;
  for (int64_t extent : tensor.shape) {
    elements *= extent;
    shape += "[" + std::to_string(extent) + "]";
  }
  os << " *   " << what << "s[" << index << "]  " << getCName(tensor.type)
     << shape << "  " << getCommentText(tensor.name) << " (" << elements
     << " elements)";
  if (tensor.quantizedType)
    os << ", or " << getCName(tensor.quantizedType);
  os << "\n";
}

/// What run_quantized wants to know of a tensor.
static void writeForm(llvm::raw_ostream &os, llvm::StringRef what, size_t index,
                      const TensorInfo &tensor) {
  if (!tensor.quantizedType)
    return;
  os << "#define " << what << index << "_SCALE "
     << llvm::format("%.9ef", double(tensor.scale)) << "\n"
     << "#define " << what << index << "_ZERO_POINT " << tensor.zeroPoint
     << "\n";
}

static void writeConstants(llvm::raw_ostream &os, const ModelInfo &info,
                           llvm::StringRef prefix) {
  std::string upper = prefix.upper();
  os << "enum {\n  " << upper << "_NUM_INPUTS = " << info.inputs.size()
     << ",\n  " << upper << "_NUM_OUTPUTS = " << info.outputs.size() << ",\n  "
     << upper << "_NUM_NODES = " << info.nodes.size() << "\n};\n";
  os << "#define " << upper << "_ARENA_BYTES " << info.arenaBytes << "ull\n";
  os << "#define " << upper << "_ARENA_ALIGNMENT " << info.arenaAlignment
     << "ull\n";
  for (auto [i, tensor] : llvm::enumerate(info.inputs))
    writeForm(os, upper + "_INPUT_", i, tensor);
  for (auto [i, tensor] : llvm::enumerate(info.outputs))
    writeForm(os, upper + "_OUTPUT_", i, tensor);
}

std::string mlir::octet::makeHeader(const ModelInfo &info,
                                    const Target &target) {
  std::string prefix = getSymbolPrefix(info);
  std::string text;
  llvm::raw_string_ostream os(text);
  os << getModelHeader() << "\n"
     << "/*===- The model " << getCommentText(info.name)
     << ", written by octet-compile -===*\n *\n";
  for (auto [i, tensor] : llvm::enumerate(info.inputs))
    writeTensor(os, "input", i, tensor);
  for (auto [i, tensor] : llvm::enumerate(info.outputs))
    writeTensor(os, "output", i, tensor);
  os << " *\n * Target: " << target.getArchName() << " ("
     << llvm::join(info.isas, ", ") << ").\n */\n\n";
  std::string guard = "OCTET_MODEL_" + llvm::StringRef(prefix).upper() + "_H";
  os << "#ifndef " << guard << "\n#define " << guard << "\n\n"
     << "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n";
  writeConstants(os, info, prefix);
  os << "\nconst octet_model *" << prefix << "_model(void);\n\n"
     << "#ifdef __cplusplus\n}\n#endif\n\n#endif /* " << guard << " */\n";
  return text;
}
