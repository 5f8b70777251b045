//===- octet/Run/ArrayFile.h - Arrays in files -----------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads and writes numpy's .npy and .npz, and reads ONNX's TensorProto.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_RUN_ARRAYFILE_H
#define OCTET_RUN_ARRAYFILE_H

#include "octet/Run/Array.h"
#include <string>
#include <string_view>

namespace octet {

Expected<std::string> readFile(const std::string &path);
/// Under a temporary name beside `path`, renamed when complete.
Result writeFile(const std::string &path, std::string_view bytes);

/// The contents of a .npy file; errors do not name the file.
Expected<Array> parseNpy(std::string_view bytes);
std::string formatNpy(const Array &array);

Expected<Array> readNpy(const std::string &path);
/// All arrays of a .npz file, or only the one named `key`.
Expected<Arrays> readNpz(const std::string &path, const std::string &key = "");
Result writeNpz(const std::string &path, const Arrays &arrays);

/// An ONNX TensorProto: the name in it, which may be empty, and the array.
Expected<std::pair<std::string, Array>>
readTensorProto(const std::string &path);

} // namespace octet

#endif // OCTET_RUN_ARRAYFILE_H
