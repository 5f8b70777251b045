//===- octet/Emit/ModelInfo.h - What Codegen tells Emit --------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The description of a compiled model that travels from Codegen to Emit as one
// dictionary on the module, `octet.model`, and ends as the `octet_model` data
// of the library (octet-c/Model.h). Readable in IR, so that a test can write
// it.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_EMIT_MODELINFO_H
#define OCTET_EMIT_MODELINFO_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/LLVM.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <optional>
#include <string>

namespace mlir::octet {

/// An input or an output. In IR:
///   {name = "x", shape = array<i64: 1, 4>, type = f32,
///    quantized = {scale = 5.0e-01 : f32, type = ui8, zero_point = 3 : i64}}
/// `type` is a builtin type: signless and signed integers of a width mean the
/// same, ui8 is unsigned, i1 is bool (one byte each).
struct TensorInfo {
  std::string name;
  Type type;
  SmallVector<int64_t> shape;
  /// The form `run_quantized` takes; null where there is none.
  Type quantizedType = {};
  float scale = 0.0f;
  int32_t zeroPoint = 0;
};

/// A step of the program and its kernels. In IR:
///   {name = "conv1+relu1", op = "Conv+Relu", precision = "int8",
///    macs = 1000 : i64, read = 100 : i64, written = 100 : i64,
///    kernels = [@k0_avx2, @k0_avx512vnni]}
/// with moves = "transpose" or the like where it only moves data, and with
/// quantized_only where only `main_quantized` has it.
/// `kernels` holds a symbol per entry of `ModelInfo::isas`, or a single one
/// that serves every instruction set. Each names an
///   llvm.func @k(%lo: i64, %hi: i64, %args: !llvm.ptr)
/// that does the part [lo, hi) of the step's extent; `args` is the array handed
/// to octet_rt_launch.
struct NodeInfo {
  std::string name;
  std::string op;
  std::string precision;
  uint64_t macs = 0;
  uint64_t bytesRead = 0;
  uint64_t bytesWritten = 0;
  std::string moves;
  bool isQuantizedOnly = false;
  SmallVector<std::string> kernels;
};

/// The whole. In IR, on the module:
///   octet.model = {name = "m", inputs = [...], outputs = [...], nodes = [...],
///                  isas = ["generic", "avx2"], main = @octet_main,
///                  arena_bytes = 4096 : i64, arena_alignment = 64 : i64,
///                  weight_bytes = 100 : i64, largest_live_bytes = 4000 : i64}
/// `main`, and `main_quantized` where present, name an
///   llvm.func @octet_main(%ctx: !llvm.ptr, %inputs: !llvm.ptr,
///                         %outputs: !llvm.ptr, %arena: !llvm.ptr)
/// that calls, for each step in order, the declared
///   llvm.func @octet_rt_launch(!llvm.ptr, i32, i64, !llvm.ptr)
/// with (ctx, index into nodes, extent, args). `inputs` and `outputs` point to
/// arrays of pointers, aligned to their elements only; the arena is aligned to
/// `arena_alignment`.
struct ModelInfo {
  std::string name;
  SmallVector<TensorInfo> inputs;
  SmallVector<TensorInfo> outputs;
  SmallVector<NodeInfo> nodes;
  /// Names from octet/Support/Isas.def; worst first, best last.
  SmallVector<std::string> isas;
  std::string main = "octet_main";
  /// Empty where no quantized entry exists.
  std::string mainQuantized;
  uint64_t arenaBytes = 0;
  uint64_t arenaAlignment = 64;
  uint64_t weightBytes = 0;
  /// Of the buffers alive at once, at most: no arena is smaller. For reports.
  uint64_t largestLiveBytes = 0;

  static constexpr llvm::StringLiteral kAttrName = "octet.model";
  static constexpr llvm::StringLiteral kLaunchName = "octet_rt_launch";

  /// Writes `octet.model` on the module.
  void attach(ModuleOp module) const;
  /// Reads `octet.model`; emits an error on the module where it is missing,
  /// malformed, or names symbols that do not exist.
  static FailureOr<ModelInfo> get(ModuleOp module);
};

/// The octet_type (octet-c/Model.h) of a builtin type, or nothing.
std::optional<int32_t> getOctetType(Type type);
/// Bytes of an element in a caller's buffer; i1 takes one.
unsigned getBufferElementBytes(Type type);

} // namespace mlir::octet

#endif // OCTET_EMIT_MODELINFO_H
