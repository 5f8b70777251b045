//===- OctetKernelAttrs.td - Instruction sets, packings, tiles -*- tablegen -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_IR_KERNEL_OCTETKERNELATTRS_TD
#define OCTET_IR_KERNEL_OCTETKERNELATTRS_TD

include "octet/IR/Kernel/OctetKernelBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

class OctetKernel_Enum<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::mlir::octet_kernel";
  let genSpecializedAttr = 0;
}

// The names are those of octet/Support/Isas.def. "generic" is any CPU.
def OctetKernel_Isa : OctetKernel_Enum<"Isa", "an instruction set", [
  I32EnumAttrCase<"Generic", 0, "generic">,
  I32EnumAttrCase<"AVX2", 1, "avx2">,
  I32EnumAttrCase<"AVXVNNI", 2, "avxvnni">,
  I32EnumAttrCase<"AVXVNNIINT8", 3, "avxvnniint8">,
  I32EnumAttrCase<"AVX512VNNI", 4, "avx512vnni">,
  I32EnumAttrCase<"AMX", 5, "amx">,
  I32EnumAttrCase<"Neon", 6, "neon">,
  I32EnumAttrCase<"DotProd", 7, "dotprod">,
  I32EnumAttrCase<"I8MM", 8, "i8mm">,
  I32EnumAttrCase<"SVE", 9, "sve">,
  I32EnumAttrCase<"SVE256", 10, "sve256">]>;
def OctetKernel_IsaAttr : EnumAttr<OctetKernel_Dialect, OctetKernel_Isa, "isa"> {
  let assemblyFormat = "`<` $value `>`";
}

def OctetKernel_Packing : OctetKernel_Enum<"Packing",
    "how the bytes of packed weights are ordered", [
  // Panels of 16 output channels; 4 consecutive bytes of the reduction (or one
  // f32) per channel: [group][panel][segment][step][16][4 bytes].
  I32EnumAttrCase<"Columns", 0, "columns">,
  // Panels of 16 output channels; 8 bytes of the reduction per channel:
  // [group][panel][segment][step][16][8].
  I32EnumAttrCase<"Pairs", 1, "pairs">,
  // Depthwise: 4 vertical taps (or one f32) per channel, once for each output
  // row that the same 4 input rows serve:
  // [panel of 16 channels][output row][kernel column][step][16][4 bytes].
  I32EnumAttrCase<"Taps", 2, "taps">]>;
def OctetKernel_PackingAttr
    : EnumAttr<OctetKernel_Dialect, OctetKernel_Packing, "packing"> {
  let assemblyFormat = "`<` $value `>`";
}

def OctetKernel_TileAttr : AttrDef<OctetKernel_Dialect, "Tile"> {
  let mnemonic = "tile";
  let summary = "a register tile: output rows by vectors of output channels";
  let description = [{
    `rows` output pixels by `vectors` vectors of 32-bit accumulators, and how
    many steps of the reduction one turn of the inner loop takes. An op without
    it gets the tile that the kernel table finds best.
  }];
  let parameters = (ins "int64_t":$rows, "int64_t":$vectors, "int64_t":$unroll);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

#endif // OCTET_IR_KERNEL_OCTETKERNELATTRS_TD
