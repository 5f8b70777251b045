//===- File.cpp - Whole files ----------------------------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads files into memory and writes them so that they are whole or absent.
//
//===----------------------------------------------------------------------===//

#include "octet/Run/ArrayFile.h"
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <sys/stat.h>
#include <unistd.h>

using namespace octet;

static Error systemError(const char *what, const std::string &path,
                         int number) {
  return Error{std::string("cannot ") + what + " '" + path +
               "': " + std::strerror(number)};
}

Expected<std::string> octet::readFile(const std::string &path) {
  std::FILE *file = std::fopen(path.c_str(), "rb");
  if (!file)
    return systemError("read", path, errno);
  std::string bytes;
  struct stat status;
  if (fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode))
    bytes.reserve(status.st_size);
  char buffer[1 << 16];
  for (size_t n; (n = std::fread(buffer, 1, sizeof(buffer), file)) > 0;)
    bytes.append(buffer, n);
  int number = std::ferror(file) ? errno : 0;
  std::fclose(file);
  if (number)
    return systemError("read", path, number);
  return bytes;
}

static bool isDevice(const std::string &path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) &&
         !S_ISDIR(status.st_mode);
}

/// Zero, or the number of what went wrong.
static int writeBytes(const std::string &path, std::string_view bytes) {
  std::FILE *file = std::fopen(path.c_str(), "wb");
  if (!file)
    return errno;
  errno = 0;
  bool written =
      std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  int number = written ? 0 : (errno ? errno : EIO);
  if (std::fclose(file) != 0 && !number)
    number = errno;
  return number;
}

Result octet::writeFile(const std::string &path, std::string_view bytes) {
  if (isDevice(path)) {
    int number = writeBytes(path, bytes);
    return number ? Result(systemError("write", path, number)) : Success{};
  }
  std::string temporary = path + "." + std::to_string(getpid()) + ".tmp";
  int number = writeBytes(temporary, bytes);
  if (!number && std::rename(temporary.c_str(), path.c_str()) != 0)
    number = errno;
  if (!number)
    return Success{};
  std::remove(temporary.c_str());
  return systemError("write", path, number);
}
