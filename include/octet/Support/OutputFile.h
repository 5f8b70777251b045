//===- octet/Support/OutputFile.h - Files that are whole or absent -*- C++
//-*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An output is written under a temporary name beside its own and renamed when
// it is complete, so that an error or a signal leaves nothing partial behind.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_SUPPORT_OUTPUTFILE_H
#define OCTET_SUPPORT_OUTPUTFILE_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include <optional>
#include <string>

namespace mlir::octet {

class OutputFile {
public:
  /// Errors name the path and the system's reason.
  static llvm::Expected<OutputFile> create(llvm::StringRef path);
  OutputFile(OutputFile &&) = default;
  ~OutputFile();

  /// The name to write to until `commit`.
  llvm::StringRef getTemporaryPath() const { return temp->TmpName; }
  int getDescriptor() const { return temp->FD; }
  llvm::Error commit();

private:
  OutputFile(llvm::StringRef path, llvm::sys::fs::TempFile temp, bool isDevice);

  std::string path;
  std::optional<llvm::sys::fs::TempFile> temp;
  /// A device or pipe is not replaced; it gets a copy.
  bool isDevice = false;
};

/// Writes a whole file; "-" is the standard output. An error from `write`, or
/// from the system (a full disk), leaves nothing behind.
llvm::Error
writeOutput(llvm::StringRef path,
            llvm::function_ref<llvm::Error(llvm::raw_pwrite_stream &)> write);
llvm::Error writeOutput(llvm::StringRef path, llvm::StringRef contents);

} // namespace mlir::octet

#endif // OCTET_SUPPORT_OUTPUTFILE_H
