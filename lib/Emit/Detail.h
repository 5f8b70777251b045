//===- Detail.h - The parts of Emit ----------------------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the files of this folder offer each other, in the order of use.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_EMIT_DETAIL_H
#define OCTET_LIB_EMIT_DETAIL_H

#include "octet/Emit/Emit.h"
#include "octet/Emit/ModelInfo.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"
#include "llvm/Target/TargetMachine.h"
#include <memory>
#include <vector>

namespace mlir::octet {

/// The model's name as a C identifier.
std::string getSymbolPrefix(const ModelInfo &info);

//===----------------------------------------------------------------------===//
// Data.cpp: large constants past LLVM into an object
//===----------------------------------------------------------------------===//

struct DataConstant {
  std::string name;
  uint64_t alignment;
  /// The context's, not copied.
  ArrayRef<char> bytes;
};

/// Leaves of the large constants of a module no more than declarations.
SmallVector<DataConstant> takeData(ModuleOp module);
/// Gives those that LLVM's module uses their final names, and drops others.
void declareData(llvm::Module &module, llvm::StringRef prefix,
                 SmallVectorImpl<DataConstant> &data);
void writeDataObject(llvm::raw_ostream &os, ArrayRef<DataConstant> data,
                     Arch arch);

//===----------------------------------------------------------------------===//
// Translate.cpp: MLIR to one LLVM module with the run-time in it
//===----------------------------------------------------------------------===//

/// Null after an error was emitted.
std::unique_ptr<llvm::Module> translate(ModuleOp module, const ModelInfo &info,
                                        const Target &target,
                                        llvm::LLVMContext &context);

//===----------------------------------------------------------------------===//
// Metadata.cpp: the octet_model as data
//===----------------------------------------------------------------------===//

/// Defines the run-time's externals and the exported functions. Gives the names
/// of what the outside sees.
std::vector<std::string>
addMetadata(llvm::Module &module, const ModelInfo &info, bool exportGetModel);

//===----------------------------------------------------------------------===//
// Partition.cpp: one module to several that compile in parallel
//===----------------------------------------------------------------------===//

/// Which part each function is compiled in.
struct Partition {
  /// Function name to part; those absent belong to part 0.
  llvm::StringMap<unsigned> parts;
  unsigned numParts = 1;
  /// The whole, as bitcode.
  llvm::SmallString<0> code;
};

/// Makes names that parts share hidden instead of internal, starting with
/// `prefix`, so that models do not collide in a static link.
Partition partition(std::unique_ptr<llvm::Module> module, unsigned numParts,
                    llvm::StringRef prefix);
/// Part `index` alone, in a context of its own.
llvm::Expected<std::unique_ptr<llvm::Module>>
loadPart(const Partition &partition, unsigned index,
         llvm::LLVMContext &context);

//===----------------------------------------------------------------------===//
// CodeGenerator.cpp: LLVM module to machine code
//===----------------------------------------------------------------------===//

llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createMachine(const Target &target, unsigned optLevel);
void optimize(llvm::Module &module, llvm::TargetMachine &machine,
              unsigned optLevel);
/// Objects, or assembly as the only element.
llvm::Error generate(llvm::Module &module, llvm::TargetMachine &machine,
                     bool assembly, llvm::SmallVectorImpl<char> &out);

using Codes = std::vector<llvm::SmallString<0>>;
/// Optimizes and compiles in `options.threads` threads.
llvm::Expected<Codes> compile(std::unique_ptr<llvm::Module> module,
                              const EmitOptions &options,
                              llvm::StringRef prefix);

//===----------------------------------------------------------------------===//
// Linker.cpp: objects to a file
//===----------------------------------------------------------------------===//

/// What a library is made of.
struct Objects {
  Codes codes;
  SmallVector<DataConstant> data;
};

llvm::Error linkObjects(const Objects &objects, const EmitOptions &options,
                        llvm::StringRef name);

//===----------------------------------------------------------------------===//
// Header.cpp
//===----------------------------------------------------------------------===//

std::string makeHeader(const ModelInfo &info, const Target &target);

} // namespace mlir::octet

#endif // OCTET_LIB_EMIT_DETAIL_H
