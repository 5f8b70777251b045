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

/// Which part each function is compiled in. Large constants have a module of
/// their own, so that the code can be copied cheaply.
struct Partition {
  /// Function name to part; those absent belong to part 0.
  llvm::StringMap<unsigned> parts;
  unsigned numParts = 1;
  /// In the context of the original; null where there is nothing in it.
  std::unique_ptr<llvm::Module> data;
  /// What is left, as bitcode.
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

using Objects = std::vector<llvm::SmallString<0>>;
/// Optimizes and compiles in `options.threads` threads.
llvm::Expected<Objects> compile(std::unique_ptr<llvm::Module> module,
                                const EmitOptions &options,
                                llvm::StringRef prefix);

//===----------------------------------------------------------------------===//
// Linker.cpp: objects to a file
//===----------------------------------------------------------------------===//

llvm::Error linkObjects(const Objects &objects, const EmitOptions &options,
                        llvm::StringRef name);

//===----------------------------------------------------------------------===//
// Header.cpp
//===----------------------------------------------------------------------===//

std::string makeHeader(const ModelInfo &info, const Target &target);

} // namespace mlir::octet

#endif // OCTET_LIB_EMIT_DETAIL_H
