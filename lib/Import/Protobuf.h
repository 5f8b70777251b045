//===- Protobuf.h - ONNX's messages -----------------------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The one place that includes the generated headers, with their warnings off.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_IMPORT_PROTOBUF_H
#define OCTET_LIB_IMPORT_PROTOBUF_H

#ifndef ONNX_ML
#define ONNX_ML 1
#endif
#include <onnx/onnx_pb.h>

#endif // OCTET_LIB_IMPORT_PROTOBUF_H
