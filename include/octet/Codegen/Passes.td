//===- Passes.td - From linalg on tensors to LLVM ----------*- tablegen -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_CODEGEN_PASSES_TD
#define OCTET_CODEGEN_PASSES_TD

include "mlir/Pass/PassBase.td"

//===----------------------------------------------------------------------===//
// On tensors
//===----------------------------------------------------------------------===//

def FuseElementwise : Pass<"octet-fuse-elementwise", "::mlir::func::FuncOp"> {
  let summary = "makes chains of element-wise ops one op";
  let description = [{
    A producer that is used once is fused into its user, element for element.
    What takes the sums of two contractions is fused with the later one only,
    so that each keeps an epilogue.

    ```mlir
    %1 = linalg.generic ... ins(%sums) { requantize }
    %2 = linalg.generic ... ins(%1, %skip) { add }
    // becomes
    %2 = linalg.generic ... ins(%sums, %skip) { requantize; add }
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def FormKernels : Pass<"octet-form-kernels", "::mlir::func::FuncOp"> {
  let summary = "turns products and what follows to kernels";
  let description = [{
    A `linalg.generic` that sums products of i8 or f32 with constant weights
    (or i8 alone), and whose indexing maps are those of a convolution or a
    matrix product, becomes `octet_kernel.conv`; the element-wise op that alone
    takes its sums becomes the epilogue. So does a batch of products of two
    computed matrices: `octet_kernel.pack` orders the second one, also takes its
    sums of columns, and zero points become corrections in the epilogue; the
    transpositions around it become `octet_kernel.permute`, views. Reads of tables of 256 bytes become
    `octet_kernel.lookup`. Everything else stays.

    ```mlir
    %1 = linalg.generic ... ins(%x, %w) outs(%zeros) { extui; extsi; muli; addi }
    %2 = linalg.generic ... ins(%1, %bias, %scale) { requantize }
    // becomes
    %2 = octet_kernel.conv ins(%x, %packable) epilogue(%bias, %scale) outs(%e)
             attributes {kernel = array<i64: 3, 3>, input_unsigned} { requantize }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::bufferization::BufferizationDialect",
                           "::mlir::octet_kernel::OctetKernelDialect",
                           "::mlir::tensor::TensorDialect"];
  let statistics = [
    Statistic<"numKernels", "kernels", "kernels formed">,
    Statistic<"numLookups", "lookups", "table look-ups found">];
}

def PrepareBuffers : Pass<"octet-prepare-buffers", "::mlir::func::FuncOp"> {
  let summary = "says what may be written where, before bufferization";
  let description = [{
    The model's inputs become read-only, and a padding becomes a filled tensor
    that the producer of its inside writes into, rather than a copy:

    ```mlir
    %0 = tensor.pad %x low[0, 1, 1, 0] high[0, 1, 1, 0] { tensor.yield %z }
    // becomes
    %e = tensor.empty() : tensor<1x34x34x3xi8>
    %f = linalg.fill ins(%z) outs(%e)
    %0 = tensor.insert_slice %x into %f[0, 1, 1, 0] [1, 32, 32, 3] [1, 1, 1, 1]
    ```

    What is inserted is computed where it is inserted to: the `tensor.empty`
    that a producer writes becomes a slice of the destination.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect",
                           "::mlir::bufferization::BufferizationDialect"];
  let statistics = [Statistic<"numPads", "pads", "paddings rewritten">];
}

//===----------------------------------------------------------------------===//
// On buffers
//===----------------------------------------------------------------------===//

def BindResults : Pass<"octet-bind-results", "::mlir::func::FuncOp"> {
  let summary = "makes the model's results buffers that the caller gives";
  let description = [{
    Each result becomes an argument after the inputs. Where the result is a
    buffer of its own, whoever writes that buffer writes the argument; what is
    left (an input, a constant or a part of something given back) is copied.

    ```mlir
    func.func @main(%x: memref<4xf32>) -> memref<4xf32> {
      %0 = memref.alloc() : memref<4xf32>
      linalg.generic ... ins(%x) outs(%0)
      return %0
    // becomes
    func.func @main(%x: memref<4xf32>, %y: memref<4xf32>) {
      linalg.generic ... ins(%x) outs(%y)
    ```
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
  let statistics = [Statistic<"numCopies", "copies", "results that are copied">];
}

def ForwardCopies : Pass<"octet-forward-copies", "::mlir::func::FuncOp"> {
  let summary = "removes copies of buffers, and reuses dead buffers in place";
  let description = [{
    A buffer that is only copied whole to another is replaced by that other
    when nothing touches it in between. An element-wise computation writes into
    an operand of the same type that nobody reads later. Copies that stay
    become `linalg.generic`, so that they are steps like all others, and the
    report names them.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::memref::MemRefDialect"];
  let statistics = [
    Statistic<"numRemoved", "copies-removed", "copies not needed">,
    Statistic<"numInPlace", "in-place", "computations that write an operand">,
    Statistic<"numCopies", "copies", "copies that stay">];
}

def FitOperands : Pass<"octet-fit-operands", "::mlir::func::FuncOp"> {
  let summary = "copies what kernels cannot address as it lies in memory";
  let description = [{
    A kernel takes buffers of static strides whose channels lie together. Where
    an operand is a view that is not, as one step of a sequence may be, the
    kernel gets a buffer of its own.

    ```mlir
    octet_kernel.conv ins(%x : memref<1x1x1x128xf32, strided<[256, 256, 256, 2]>>, ...)
    // becomes
    %0 = memref.alloc() : memref<1x1x1x128xf32>
    linalg.generic ... ins(%x) outs(%0)
    octet_kernel.conv ins(%0 : memref<1x1x1x128xf32>, ...)
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::memref::MemRefDialect"];
  let statistics = [Statistic<"numCopies", "copies", "operands copied">];
}

def ShrinkFills : Pass<"octet-shrink-fills", "::mlir::func::FuncOp"> {
  let summary = "fills only the border of a buffer whose inside is written later";
  let description = [{
    ```mlir
    linalg.fill ins(%z) outs(%0 : memref<1x34x34x3xi8>)
    %1 = memref.subview %0[0, 1, 1, 0] [1, 32, 32, 3] [1, 1, 1, 1]
    linalg.generic ... outs(%1)
    // becomes a fill of rows 0 and 33 and of columns 0 and 33
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::memref::MemRefDialect"];
  let statistics = [Statistic<"numShrunk", "shrunk", "fills made smaller">];
}

def ShareConstants : Pass<"octet-share-constants", "::mlir::ModuleOp"> {
  let summary = "makes constants that are equal one";
  let description = [{
    By their bytes: what the entries of a model use is stored once.

    ```mlir
    memref.global "private" constant @a : memref<2xi8> = dense<[1, 2]>
    memref.global "private" constant @b : memref<2xi8> = dense<[1, 2]>
    // become @a
    ```
  }];
  let statistics = [
    Statistic<"numShared", "shared", "constants that others stand for">];
}

def ReleaseConstants : Pass<"octet-release-constants", "::mlir::ModuleOp"> {
  let summary = "gives back the memory of constants that nothing uses";
  let description = [{
    Large constants are resources of the context, which keeps them after the
    last operation that names them is gone. The module must be the only one of
    its context.
  }];
  let statistics = [
    Statistic<"numReleased", "released", "constants given back">];
}

def FormBands : Pass<"octet-form-bands", "::mlir::func::FuncOp"> {
  let summary = "runs chains of convolutions band by band, so that caches hold what is between";
  let description = [{
    Where one computation hands an image to the next and to no other, both can
    go through it in bands of rows: the next one takes the rows of a band from a
    small buffer while they are in a cache, and the whole image is never
    written. A band's window of rows overlaps its neighbours'; what they share
    is computed again, so that bands do not depend on each other. The rows of a
    border are filled in the bands that reach it. The last band begins early
    enough to be as high as the others.

    ```mlir
    octet_kernel.conv ins(%x, %w0) outs(%inside of %0 : memref<1x114x114x96xi8>)
    octet_kernel.conv ins(%0, %w1) outs(%y : memref<1x56x56x96xi8>)
    // becomes
    scf.forall (%strand) in (4) {
      %1 = memref.alloc() : memref<1x19x114x96xi8>
      scf.for %band = ... {
        octet_kernel.conv ins(%rows of %x, %w0) outs(%rows of %1)
        octet_kernel.conv ins(%rows of %1, %w1) outs(%rows of %y : memref<1x8x56x96xi8>)
    ```

    Threads share the strands, each with buffers of its own. Chains and the
    height of their bands are chosen by an estimate of the cycles saved: a
    tenth for each byte of an image of more than 640 KiB, which does not stay
    in L2; less the work on rows that are computed again, and 400 for each
    computation of each band. A band touches no more than 384 KiB, and there is
    room for the buffers of four strands in the memory that the model takes at
    its most. Chains that save nothing stay as they are.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect"];
  let options = [
    Option<"height", "height", "int64_t", /*default=*/"0",
           "rows of a band of all chains, or 0 for those that gain by the estimate">];
  let statistics = [
    Statistic<"numChains", "chains", "chains in bands">,
    Statistic<"numStages", "stages", "computations in them">];
}

def OrderLoops : Pass<"octet-order-loops", "::mlir::func::FuncOp"> {
  let summary = "brings the loops of linalg ops into an order that suits memory";
  let description = [{
    Loops over dimensions that lie together in every operand become one; then
    the order is: the parallel loops as the output is laid out, the reductions,
    and last the parallel loop along which most operands are contiguous, so
    that threads can share the first and vectors the last. The reductions of a
    small window go inside that loop: LLVM writes them out, and a result stays
    in its register. A loop across many rows of an input goes in blocks of them
    around the loop along the rows. Named ops become `linalg.generic`.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::memref::MemRefDialect"];
}

def OutlineSteps : Pass<"octet-outline-steps", "::mlir::ModuleOp"> {
  let summary = "makes each computation a function of buffers and a work range";
  let description = [{
    The model becomes a row of steps: calls of functions that do the part
    [lo, hi) of an extent and take whole buffers. Neighbouring computations over
    the same outermost parallel loop share a step. Equal functions are one.

    ```mlir
    linalg.generic ... ins(%x : memref<8x4xf32>) outs(%y : memref<8x4xf32>)
    // becomes
    call @k0(%c0, %c8, %x, %y) {octet.step = {name = "relu1", op = "Relu",
                                precision = "float", macs = 0, read = 128,
                                written = 128}}
    func.func private @k0(%lo: index, %hi: index, %x: memref<8x4xf32>,
                          %y: memref<8x4xf32>) { ... }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::func::FuncDialect"];
  let statistics = [Statistic<"numSteps", "steps", "steps of the program">,
                    Statistic<"numFunctions", "functions", "functions made">];
}

def PlanArena : Pass<"octet-plan-arena", "::mlir::ModuleOp"> {
  let summary = "gives every buffer its place in one arena";
  let description = [{
    A buffer lives from the first step that uses it to the last; buffers that
    live together do not overlap. `octet.largest_live_bytes` on the module says
    how small an arena could be.

    ```mlir
    %0 = memref.alloc() : memref<8x4xf32>
    // becomes
    %0 = memref.view %arena[%c128][] : memref<4096xi8> to memref<8x4xf32>
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect"];
  let statistics = [
    Statistic<"arenaBytes", "arena-bytes", "size of the arena">,
    Statistic<"liveBytes", "live-bytes", "largest set of buffers alive at once">];
}

//===----------------------------------------------------------------------===//
// Steps to code
//===----------------------------------------------------------------------===//

def CloneSteps : Pass<"octet-clone-steps", "::mlir::ModuleOp"> {
  let summary = "makes a version of each step for each instruction set";
  let description = [{
    Adds `kernels = [@k0_avx2, @k0_avx512vnni]` to a call's `octet.step`, a
    function per instruction set of the target. Instruction sets share one where
    theirs would not differ: plain code with vectors of one length, and kernels
    of AVX512-VNNI and AMX whose products are too small for matrix tiles.
  }];
  let dependentDialects = ["::mlir::octet_kernel::OctetKernelDialect"];
  let options = [
    Option<"target", "target", "std::string", /*default=*/"\"host\"",
           "architecture and instruction sets, as --target of octet-compile">];
}

def ShareSteps : Pass<"octet-share-steps", "::mlir::ModuleOp"> {
  let summary = "hands constants to steps, so that equal ones share their code";
  let description = [{
    The globals that a step's versions name become buffers that it is called
    with. Versions that are equal then, as those of a network's repeated
    blocks, become one.

    ```mlir
    func.func private @k3_avx2(%lo: index, %hi: index, %x: memref<8xi8>) {
      %w = memref.get_global @w3 : memref<64xi8>
    // becomes
    func.func private @k3_avx2(%lo: index, %hi: index, %x: memref<8xi8>,
                               %w: memref<64xi8>) {
    ```
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
  let statistics = [
    Statistic<"numFunctions", "functions", "functions left">,
    Statistic<"numShared", "shared", "functions that others serve for">];
}

def LowerSteps : Pass<"octet-lower-steps", "::mlir::func::FuncOp"> {
  let summary = "writes what is linalg in a step as loops over its work range";
  let description = [{
    The outermost loop of each op of a step runs over [lo, hi); where the first
    loop of an op is a reduction, its step has an extent of one.
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect",
                           "::mlir::memref::MemRefDialect"];
}

def ExpandMath : Pass<"octet-expand-math", "::mlir::func::FuncOp"> {
  let summary = "computes transcendental functions with plain arithmetic";
  let description = [{
    A library calls no libm, and its bits are the same on every CPU: functions
    become polynomials of separately rounded products and sums, or of fused ones
    where the module has `octet.free_floats` and the CPU can. Rounding to
    even is arithmetic too where an instruction set cannot round, and part of
    the conversion to an integer where that rounds.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::LLVM::LLVMDialect",
                           "::mlir::math::MathDialect",
                           "::mlir::vector::VectorDialect"];
}

def ExpandFloats : Pass<"octet-expand-floats", "::mlir::func::FuncOp"> {
  let summary = "computes 16-bit floats in f32 and converts them with integers";
  let description = [{
    Where a CPU cannot convert f16 or bf16, LLVM would call a function that a
    library has not. Each result of arithmetic is rounded to the nearest, ties
    to even, once: from f64 by way of an f32 whose last bit says that bits were
    lost. The bits are those of the CPUs that can.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::vector::VectorDialect"];
}

def LowerToLLVM : Pass<"octet-lower-to-llvm", "::mlir::ModuleOp"> {
  let summary = "converts the program to the LLVM dialect and describes it";
  let description = [{
    Steps become functions of bare pointers that do not alias, each with a
    wrapper `@k(i64, i64, ptr)` that loads them; the model becomes
    `@octet_main`, which calls octet_rt_launch for each step, and the entry with
    quantized tensors, if there is one, `@octet_main_quantized`; the module gets
    `octet.model` (octet/Emit/ModelInfo.h).
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
  let options = [
    Option<"target", "target", "std::string", /*default=*/"\"host\"",
           "architecture and instruction sets, as --target of octet-compile">];
}

def VerifyCodegen : Pass<"octet-verify-codegen", "::mlir::ModuleOp"> {
  let summary = "checks what Codegen promises to Emit";
  let description = [{
    Only the LLVM dialect is left, `octet.model` is complete, and nothing is
    called but the program itself and octet_rt_launch: no libm, no allocation.
  }];
}

#endif // OCTET_CODEGEN_PASSES_TD
