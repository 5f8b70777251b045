//===- Linker.cpp - Objects to object, archive, shared library -*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Joins the parts with LLD. A library needs no C library to be linked: stubs
// give it the names to depend on, and what it calls is checked here instead.
//
//===----------------------------------------------------------------------===//

#include "Detail.h"
#include "Embedded.h"
#include "octet/Support/OutputFile.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

using namespace mlir::octet;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

//===----------------------------------------------------------------------===//
// What the code calls
//===----------------------------------------------------------------------===//

static bool isLibc(llvm::StringRef name) {
  static const llvm::StringSet<> names = {"memcpy",
                                          "memmove",
                                          "memset",
                                          "memcmp",
                                          "bcmp",
                                          "getenv",
                                          "clock_gettime",
                                          "pthread_create",
                                          "pthread_join",
                                          "getauxval",
                                          "pthread_sigmask",
                                          "pthread_attr_init",
                                          "pthread_attr_setstacksize",
                                          "pthread_attr_destroy"};
  return names.contains(name);
}

/// `expf` and the like: a name of C's math library with its suffix for float.
static bool isLibm(llvm::StringRef name) {
  static const llvm::StringSet<> names = {
      "acos",  "acosh", "asin",      "asinh", "atan",  "atan2", "atanh",
      "cbrt",  "ceil",  "cos",       "cosh",  "erf",   "erfc",  "exp",
      "exp2",  "expm1", "floor",     "fma",   "fmax",  "fmin",  "fmod",
      "ldexp", "log",   "log10",     "log1p", "log2",  "lrint", "nearbyint",
      "pow",   "rint",  "roundeven", "round", "sin",   "sinh",  "sqrt",
      "tan",   "tanh",  "trunc",     "frexp", "llrint"};
  return names.contains(name) ||
         (name.ends_with("f") && names.contains(name.drop_back()));
}

/// The undefined symbols of all objects together.
static llvm::Expected<llvm::StringSet<>> getUndefined(const Objects &objects) {
  llvm::StringSet<> defined, undefined;
  for (const DataConstant &constant : objects.data)
    defined.insert(constant.name);
  for (const auto &bytes : objects.codes) {
    auto object = llvm::object::ObjectFile::createObjectFile(
        llvm::MemoryBufferRef(bytes.str(), "part"));
    if (!object)
      return object.takeError();
    for (const llvm::object::SymbolRef &symbol : (*object)->symbols()) {
      auto flags = symbol.getFlags();
      auto name = symbol.getName();
      if (!flags || !name)
        return flags ? name.takeError() : flags.takeError();
      bool isUndefined = *flags & llvm::object::SymbolRef::SF_Undefined;
      // What is weak may be missing: the program asks whether it is there.
      bool mayMiss = isUndefined && *flags & llvm::object::SymbolRef::SF_Weak;
      if (!name->empty() && !mayMiss)
        (isUndefined ? undefined : defined).insert(*name);
    }
  }
  for (const auto &entry : defined)
    undefined.erase(entry.getKey());
  undefined.erase("_GLOBAL_OFFSET_TABLE_");
  return undefined;
}

/// Refuses what neither the program nor the C library has; says whether the
/// math library is needed.
static llvm::Expected<bool> checkUndefined(const Objects &objects) {
  auto undefined = getUndefined(objects);
  if (!undefined)
    return undefined.takeError();
  bool needsLibm = false;
  for (const auto &entry : *undefined) {
    llvm::StringRef name = entry.getKey();
    if (!isLibc(name) && !isLibm(name))
      return llvm::createStringError(
          "the generated code calls '%s', which is not in the C library",
          name.str().c_str());
    needsLibm |= isLibm(name);
  }
  return needsLibm;
}

//===----------------------------------------------------------------------===//
// LLD
//===----------------------------------------------------------------------===//

namespace {
/// A folder that is gone when this is.
class TemporaryFolder {
public:
  ~TemporaryFolder() {
    if (!folder.empty())
      fs::remove_directories(folder);
  }
  llvm::Error create() {
    if (std::error_code error = fs::createUniqueDirectory("octet", folder))
      return llvm::createStringError(
          error, "cannot make a temporary folder: %s", error.message().c_str());
    return llvm::Error::success();
  }
  std::string getPath(llvm::StringRef name) const {
    llvm::SmallString<128> result = folder;
    path::append(result, name);
    return result.str().str();
  }
  llvm::Expected<std::string> write(llvm::StringRef name,
                                    llvm::StringRef bytes) const {
    std::string file = getPath(name);
    if (llvm::Error error = writeOutput(file, bytes))
      return std::move(error);
    return file;
  }

private:
  llvm::SmallString<128> folder;
};
} // namespace

static llvm::Expected<std::string> findLLD() {
  for (llvm::StringRef name : {"ld.lld-22", "ld.lld"})
    if (auto program = llvm::sys::findProgramByName(name))
      return *program;
  return llvm::createStringError(
      "cannot find the linker ld.lld: install the package lld-22");
}

/// The first line that LLD printed, without its name and "error:".
static std::string getFirstLine(llvm::StringRef file) {
  auto buffer = llvm::MemoryBuffer::getFile(file);
  if (!buffer)
    return "no message";
  llvm::StringRef line = (*buffer)->getBuffer().split('\n').first;
  size_t start = line.find("error: ");
  return line.substr(start == llvm::StringRef::npos ? 0 : start + 7).str();
}

static llvm::Error runLLD(const TemporaryFolder &folder, const Target &target,
                          std::vector<std::string> args,
                          llvm::StringRef output) {
  auto lld = findLLD();
  if (!lld)
    return lld.takeError();
  bool isX86 = target.arch == Arch::X86_64;
  std::vector<std::string> common = {
      *lld,          "-m", isX86 ? "elf_x86_64" : "aarch64linux",
      "--threads=1", "-o", output.str()};
  args.insert(args.begin(), common.begin(), common.end());
  llvm::SmallVector<llvm::StringRef> refs(args.begin(), args.end());
  std::string log = folder.getPath("log");
  std::optional<llvm::StringRef> redirects[] = {"", log, log};
  std::string message;
  int status = llvm::sys::ExecuteAndWait(*lld, refs, std::nullopt, redirects, 0,
                                         0, &message);
  if (status == 0)
    return llvm::Error::success();
  return llvm::createStringError("linking failed: %s",
                                 message.empty() ? getFirstLine(log).c_str()
                                                 : message.c_str());
}

static llvm::Expected<std::vector<std::string>>
writeObjects(const TemporaryFolder &folder, const Objects &objects,
             const Target &target) {
  std::vector<std::string> files;
  for (auto [i, code] : llvm::enumerate(objects.codes)) {
    auto file = folder.write(std::to_string(i) + ".o", code);
    if (!file)
      return file.takeError();
    files.push_back(*file);
  }
  if (objects.data.empty())
    return files;
  files.push_back(folder.getPath("data.o"));
  llvm::Error error =
      writeOutput(files.back(), [&](llvm::raw_pwrite_stream &os) {
        writeDataObject(os, objects.data, target.arch);
        return llvm::Error::success();
      });
  if (error)
    return std::move(error);
  return files;
}

/// Writes `options.output` with LLD from the objects and more arguments.
static llvm::Error linkTo(const Objects &objects, const EmitOptions &options,
                          const TemporaryFolder &folder,
                          std::vector<std::string> args) {
  auto files = writeObjects(folder, objects, options.target);
  if (!files)
    return files.takeError();
  args.insert(args.end(), files->begin(), files->end());
  auto output = OutputFile::create(options.output);
  if (!output)
    return output.takeError();
  if (llvm::Error error = runLLD(folder, options.target, std::move(args),
                                 output->getTemporaryPath()))
    return error;
  return output->commit();
}

//===----------------------------------------------------------------------===//
// The forms
//===----------------------------------------------------------------------===//

static llvm::Error writeObject(const Objects &objects,
                               const EmitOptions &options) {
  if (objects.codes.size() == 1 && objects.data.empty())
    return writeOutput(options.output, objects.codes[0]);
  TemporaryFolder folder;
  if (llvm::Error error = folder.create())
    return error;
  return linkTo(objects, options, folder, {"-r"});
}

static llvm::Error writeArchive(const Objects &objects,
                                const EmitOptions &options,
                                llvm::StringRef name) {
  std::vector<llvm::StringRef> contents(objects.codes.begin(),
                                        objects.codes.end());
  llvm::SmallString<0> data;
  if (!objects.data.empty()) {
    llvm::raw_svector_ostream os(data);
    writeDataObject(os, objects.data, options.target.arch);
    contents.push_back(data);
  }
  std::vector<std::string> names;
  for (size_t i = 0; i < contents.size(); ++i)
    names.push_back(name.str() + "." + std::to_string(i) + ".o");
  std::vector<llvm::NewArchiveMember> members;
  for (auto [content, memberName] : llvm::zip(contents, names))
    members.emplace_back(llvm::MemoryBufferRef(content, memberName));
  auto buffer = llvm::writeArchiveToBuffer(
      members, llvm::SymtabWritingMode::NormalSymtab,
      llvm::object::Archive::K_GNU, /*Deterministic=*/true, /*Thin=*/false);
  if (!buffer)
    return buffer.takeError();
  return writeOutput(options.output, (*buffer)->getBuffer());
}

static llvm::Error writeSharedLibrary(const Objects &objects,
                                      const EmitOptions &options,
                                      bool needsLibm) {
  TemporaryFolder folder;
  if (llvm::Error error = folder.create())
    return error;
  std::vector<std::string> args = {"-shared",
                                   "-O2",
                                   "--build-id=none",
                                   "--hash-style=gnu",
                                   "-z",
                                   "relro",
                                   "-z",
                                   "now",
                                   "--gc-sections",
                                   "-soname",
                                   path::filename(options.output).str()};
  if (!options.keepSymbols)
    args.push_back("-s");
  auto libc = folder.write("libc.so", getLibcStub(options.target.arch));
  auto libm = folder.write("libm.so", getLibmStub(options.target.arch));
  if (!libc || !libm)
    return llvm::joinErrors(libc.takeError(), libm.takeError());
  args.push_back(*libc);
  if (needsLibm)
    args.push_back(*libm);
  return linkTo(objects, options, folder, std::move(args));
}

llvm::Error mlir::octet::linkObjects(const Objects &objects,
                                     const EmitOptions &options,
                                     llvm::StringRef name) {
  if (options.kind == EmitKind::LLVMIR || options.kind == EmitKind::Assembly)
    return writeOutput(options.output, objects.codes[0]);
  llvm::Expected<bool> needsLibm = checkUndefined(objects);
  if (!needsLibm)
    return needsLibm.takeError();
  switch (options.kind) {
  case EmitKind::Object:
    return writeObject(objects, options);
  case EmitKind::Archive:
    return writeArchive(objects, options, name);
  default:
    return writeSharedLibrary(objects, options, *needsLibm);
  }
}
