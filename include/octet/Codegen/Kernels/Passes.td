//===- Passes.td - Passes that lower kernels ---------------*- tablegen -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_CODEGEN_KERNELS_PASSES_TD
#define OCTET_CODEGEN_KERNELS_PASSES_TD

include "mlir/Pass/PassBase.td"

def OctetPackWeights : Pass<"octet-pack-weights", "::mlir::ModuleOp"> {
  let summary = "orders constant weights as the register tiles read them";
  let description = [{
    For each `octet_kernel.conv` on buffers, replaces the constant global that
    holds its weights by a packed one: the packing is that of the function's
    instruction set (`octet_kernel.isa`), and functions that agree share the
    bytes. Plain weights that nothing uses any more are erased.

    Also sets what the weights prove (`safe_pairs`), and makes signed inputs
    fit unsigned dot products (`flip_input` and one more epilogue operand) where
    the instruction set has no other. Kernels with weights computed at run time,
    and the `octet_kernel.pack` before them, learn the packing and the flip.

    ```mlir
    %w = memref.get_global @w : memref<64x1x1x32xi8>
    octet_kernel.conv ins(%x, %w : ...) ... attributes {kernel = array<i64: 1, 1>}
    // becomes
    %w = memref.get_global @w_columns : memref<2048xi8>
    octet_kernel.conv ins(%x, %w : ...) ...
        attributes {kernel = array<i64: 1, 1>,
                    packing = #octet_kernel.packing<columns>}
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect"];
  let statistics = [
    Statistic<"numPacked", "packed", "Number of weights packed">,
    Statistic<"numShared", "shared", "Number of packed weights used again">
  ];
}

def OctetChooseTiles : Pass<"octet-choose-tiles", "::mlir::ModuleOp"> {
  let summary = "gives kernels the register tiles that were measured best";
  let description = [{
    The module's dictionary `octet_kernel.tiles` holds the tiles of kernels that
    were measured (`octet-compile --tune`), by what a kernel computes and on
    which instruction set. A kernel that it does not name gets the tile that the
    cost model finds cheapest, when it is lowered.

    With `candidate=N`, to measure them, each kernel gets row N of the kernel
    table for its instruction set and type instead; its function is marked with
    the entry that the dictionary would have for it, `octet_kernel.measured`.

    ```mlir
    module attributes {octet_kernel.tiles = {
        "avx512vnni 1x56x56x64xi8 64x3x3x64 strides 1x1 dilations 1x1 i8 2" =
          #octet_kernel.tile<rows = 14, vectors = 2, unroll = 1>}} {
      func.func @k0(...) attributes {octet_kernel.isa = #octet_kernel.isa<avx512vnni>} {
        octet_kernel.conv ins(%x, %w : ...) ...
        // becomes
        octet_kernel.conv ins(%x, %w : ...) ...
            attributes {tile = #octet_kernel.tile<rows = 14, vectors = 2, unroll = 1>}
    ```
  }];
  let options = [
    Option<"candidate", "candidate", "int64_t", /*default=*/"-1",
           "row of the kernel table, counted within an instruction set and type">
  ];
  let statistics = [
    Statistic<"numChosen", "chosen", "Number of kernels that get a tile">
  ];
}

def OctetFuseRequantization
    : Pass<"octet-fuse-requantization", "::mlir::ModuleOp"> {
  let summary = "requantizes sums by one multiply-add, where it is proved exact";
  let description = [{
    Where the epilogue of an integer kernel is a requantization by constants,
    the sum starts at the bits of a float, so that its conversion costs nothing,
    and a fused multiply-add scales it and adds the zero point. Its rounding is
    another than that of a product alone: the pass compares both on all sums
    that the weights allow, channel by channel, and leaves a kernel as it is if
    they ever differ. For instruction sets with a fused multiply-add.

    ```mlir
    %0 = arith.addi %sum, %bias : i32
    %1 = arith.sitofp %0 : i32 to f32
    %2 = arith.mulf %1, %scale : f32
    %3 = arith.maximumf %2, %low : f32
    %4 = arith.minimumf %3, %high : f32
    %5 = math.roundeven %4 : f32
    %6 = arith.fptosi %5 : f32 to i32
    %7 = arith.addi %6, %zero_point : i32
    // becomes
    %0 = arith.addi %sum, %start : i32
    %1 = arith.bitcast %0 : i32 to f32
    %2 = math.fma %1, %scale, %offset : f32
    %3 = math.roundeven %2 : f32
    %4 = arith.fptosi %3 : f32 to i32
    %5 = arith.maxsi %4, %least : i32
    %6 = arith.minsi %5, %most : i32
    ```

    Where the scales of all channels grant it, the multiply-add rounds to an
    integer itself, and no conversion and no zero point remain: the low 16 bits
    of the float are the result.

    ```mlir
    %2 = math.fma %1, %scale, %offset : f32
    %3 = arith.bitcast %2 : f32 to i32
    %4 = arith.trunci %3 : i32 to i16
    %5 = arith.maxsi %4, %least : i16
    %6 = arith.minsi %5, %most : i16
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect",
                           "::mlir::memref::MemRefDialect"];
  let statistics = [
    Statistic<"numFused", "fused", "Number of kernels that it serves">,
    Statistic<"numRounding", "rounding",
              "Number of these whose multiply-adds round to integers">,
    Statistic<"numUnproved", "unproved", "Number that it would change">
  ];
}

def OctetLowerKernels : Pass<"octet-lower-kernels"> {
  let summary = "writes kernels as loops around unrolled register tiles";
  let description = [{
    Each `octet_kernel.conv` on buffers with packed weights becomes loops over
    its work units, and in them register tiles of 1-D vectors for the
    instruction set of the function around it. The epilogue region is cloned to
    vectors.

    On AMX, products that are large enough are summed in matrix tiles, which are
    configured once around all loops of the kernel; the sums meet the epilogue
    through memory.

    ```mlir
    octet_kernel.conv ins(%x, %w : ...) outs(%y : ...) range(%lo, %hi) ...
    // becomes
    scf.for %unit = %lo to %hi step %c1 {
      scf.for %tile = ... {
        %sums:24 = scf.for %k = ... iter_args(...) -> (vector<16xi32>, ...) {
          %a = vector.load ...
          %b = vector.load ...
          %0 = octet_kernel.dot4 %sum, %a_splat, %b {a_unsigned} : ...
        }
        vector.store ...
      }
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect",
    "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
}

def OctetLowerDots : Pass<"octet-lower-dots", "::mlir::ModuleOp"> {
  let summary = "gives dot products and table look-ups their instructions";
  let description = [{
    Replaces `octet_kernel.dot4`, `mmla` and `lookup` by the instructions of the
    instruction set of the function around them (`llvm.call_intrinsic`), or by
    plain vector arithmetic where it has none. The result is exact everywhere.

    ```mlir
    %1 = octet_kernel.dot4 %0, %a, %b {a_unsigned} : vector<64xi8> -> vector<16xi32>
    // becomes, for avx512vnni
    %1 = llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"(%0, %a, %b) : ...
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::LLVM::LLVMDialect",
                           "::mlir::vector::VectorDialect"];
}

#endif // OCTET_CODEGEN_KERNELS_PASSES_TD
