//===- OutputFile.cpp - Files that are whole or absent ---------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Temporary files beside the output, renamed when they are complete.
//
//===----------------------------------------------------------------------===//

#include "octet/Support/OutputFile.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace mlir::octet;
namespace fs = llvm::sys::fs;

static llvm::Error cannotWrite(llvm::StringRef path, std::error_code error) {
  return llvm::createStringError(error, "cannot write '%s': %s",
                                 path.str().c_str(), error.message().c_str());
}

static llvm::Error cannotWrite(llvm::StringRef path, llvm::Error error) {
  return cannotWrite(path, llvm::errorToErrorCode(std::move(error)));
}

OutputFile::OutputFile(llvm::StringRef path, fs::TempFile temp, bool isDevice)
    : path(path), temp(std::move(temp)), isDevice(isDevice) {}

OutputFile::~OutputFile() {
  if (temp)
    llvm::consumeError(temp->discard());
}

llvm::Expected<OutputFile> OutputFile::create(llvm::StringRef path) {
  fs::file_status status;
  bool exists = !fs::status(path, status);
  if (exists && fs::is_directory(status))
    return cannotWrite(path, std::make_error_code(std::errc::is_a_directory));
  bool isDevice = exists && !fs::is_regular_file(status);

  llvm::SmallString<128> model;
  if (isDevice) {
    llvm::sys::path::system_temp_directory(/*ErasedOnReboot=*/true, model);
    llvm::sys::path::append(model, "octet-%%%%%%%%.tmp");
  } else {
    model = path;
    model += "-%%%%%%%%.tmp";
  }
  llvm::Expected<fs::TempFile> temp = fs::TempFile::create(model);
  if (!temp)
    return cannotWrite(path, temp.takeError());
  return OutputFile(path, std::move(*temp), isDevice);
}

/// Writes to an open file and reports what the stream keeps to itself.
static llvm::Error
writeTo(int descriptor, llvm::StringRef path,
        llvm::function_ref<llvm::Error(llvm::raw_pwrite_stream &)> write) {
  llvm::raw_fd_ostream os(descriptor, /*shouldClose=*/false);
  llvm::Error error = write(os);
  os.flush();
  std::error_code streamError = os.error();
  os.clear_error();
  if (error)
    return error;
  return streamError ? cannotWrite(path, streamError) : llvm::Error::success();
}

static llvm::Error copyToDevice(llvm::StringRef from, llvm::StringRef to) {
  auto buffer = llvm::MemoryBuffer::getFile(from);
  if (!buffer)
    return cannotWrite(to, buffer.getError());
  int descriptor = -1;
  if (std::error_code error = fs::openFileForWrite(to, descriptor))
    return cannotWrite(to, error);
  llvm::Error error = writeTo(descriptor, to, [&](llvm::raw_ostream &os) {
    os << (*buffer)->getBuffer();
    return llvm::Error::success();
  });
  fs::file_t file = fs::convertFDToNativeFile(descriptor);
  if (std::error_code closeError = fs::closeFile(file); closeError && !error)
    return cannotWrite(to, closeError);
  return error;
}

llvm::Error OutputFile::commit() {
  if (isDevice) {
    llvm::Error error = copyToDevice(temp->TmpName, path);
    llvm::consumeError(temp->discard());
    temp.reset();
    return error;
  }
  llvm::Error error = temp->keep(path);
  temp.reset();
  if (error)
    return cannotWrite(path, std::move(error));
  return llvm::Error::success();
}

llvm::Error mlir::octet::writeOutput(
    llvm::StringRef path,
    llvm::function_ref<llvm::Error(llvm::raw_pwrite_stream &)> write) {
  if (path == "-") {
    // The standard output as a stream with positions, pipe or not.
    llvm::SmallString<0> text;
    llvm::raw_svector_ostream os(text);
    if (llvm::Error error = write(os))
      return error;
    return writeTo(/*stdout=*/1, "standard output",
                   [&](llvm::raw_ostream &out) {
                     out << text;
                     return llvm::Error::success();
                   });
  }
  llvm::Expected<OutputFile> file = OutputFile::create(path);
  if (!file)
    return file.takeError();
  if (llvm::Error error = writeTo(file->getDescriptor(), path, write))
    return error;
  return file->commit();
}

llvm::Error mlir::octet::writeOutput(llvm::StringRef path,
                                     llvm::StringRef contents) {
  return writeOutput(path, [&](llvm::raw_ostream &os) {
    os << contents;
    return llvm::Error::success();
  });
}
