//===- octet/Run/Inputs.h - Arrays as named on a command line --*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads what --input and --expect name: files and folders in the forms that
// numpy and ONNX use.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_RUN_INPUTS_H
#define OCTET_RUN_INPUTS_H

#include "octet/Run/Array.h"
#include <string>
#include <vector>

namespace octet {

/// Adds to `arrays` what one argument names, for tensors called `names`:
///   NAME=FILE.npy   NAME=FILE.npz   NAME=FILE.npz:KEY   NAME=FILE.pb NAME=DIR
///   FILE.npz        an array per tensor, keyed by name
///   DIR             holds PREFIX_*.pb, or folders test_data_set_* of such
///   files,
///                   stacked along the first axis
/// `prefix` is "input" or "output". A file with one array needs no key.
Result readArgument(const std::string &argument, const std::string &prefix,
                    const std::vector<std::string> &names, Arrays &arrays);

} // namespace octet

#endif // OCTET_RUN_INPUTS_H
