//===- OctetKernelOps.td - Kernels and dot products --------*- tablegen -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_IR_KERNEL_OCTETKERNELOPS_TD
#define OCTET_IR_KERNEL_OCTETKERNELOPS_TD

include "octet/IR/Kernel/OctetKernelAttrs.td"
include "octet/IR/Kernel/OctetKernelInterfaces.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class OctetKernel_Shaped<list<Type> elements, list<int> ranks>
    : AnyTypeOf<[TensorRankOf<elements, ranks>, MemRefRankOf<elements, ranks>]>;

class OctetKernel_Op<string mnemonic, list<Trait> traits = []>
    : Op<OctetKernel_Dialect, mnemonic, traits>;

//===----------------------------------------------------------------------===//
// Structured kernels
//===----------------------------------------------------------------------===//

def OctetKernel_ConvOp : OctetKernel_Op<"conv",
    [AttrSizedOperandSegments, DestinationStyleOpInterface,
     DeclareOpInterfaceMethods<MemoryEffectsOpInterface>,
     DeclareOpInterfaceMethods<OctetKernel_SplittableOpInterface>,
     IsolatedFromAbove,
     SingleBlockImplicitTerminator<"YieldOp">]> {
  let summary = "a convolution or matrix product, and all that follows per element";
  let description = [{
    `out[n, h, w, c] = epilogue(sum over kh, kw, i of
       input[n, h * stride + kh * dilation, w * stride + kw * dilation,
             group(c) * C/groups + i] * weights[c, kh, kw, i])`

    There is no padding and there are no zero points: the producer of the input
    writes the padding, zero points belong to the bias. A matrix product M x K
    times K x N is the 1x1 convolution of a 1 x 1 x M x K input with N output
    channels; a depthwise convolution has as many groups as channels.

    - `input`: N x H x W x C, i8 or f32; `input_unsigned` says that the i8 are
      read as 0 to 255. As a buffer it may be strided, with a stride of 1 along
      C, and up to 64 bytes after its last element must be readable.
    - `weights`: constant, OC x KH x KW x C/groups as written by the creator
      (i8 is signed), or one-dimensional in the order that `packing` names. For
      an input of f32 also f16 or bf16, which are widened when they are read.
      `octet-pack-weights` makes the second out of the first. With
      `weights_per_row`, they are computed: N*H x room, for each row of each
      image its own, packed by `octet_kernel.pack`. The op is then a batch of
      products of matrices.
    - `epilogue_operands`: of any element type; each one's shape broadcasts to that of
      `out` as in numpy (C for a value per channel, none for a scalar, that of
      `out` for a residual).
    - the region: gets the sum (i32, or f32 for f32) and an element of each
      operand, and yields the element of `out`. Its ops are element-wise ones
      of arith and math and `octet_kernel.lookup`; it uses nothing from above.
    - `range`: restricts the op to some of its work units.

    Sums of i8 are exact in i32; every instruction set gives the same bits.
    `octet-pack-weights` also sets two attributes that instruction sets with
    unsigned dot products need: `flip_input`, the sign bit of a signed input is
    flipped when it is read (and the epilogue adds what that takes away), and
    `safe_pairs`, the weights prove that the sum of two neighbouring products
    with an unsigned input fits 16 bits.

    Example: requantization of a 3x3 convolution.

    ```mlir
    octet_kernel.conv
        ins(%x, %w : memref<1x58x58x64xi8>, memref<64x3x3x64xi8>)
        epilogue(%bias, %scale : memref<64xi32>, memref<64xf32>)
        outs(%y : memref<1x56x56x64xi8>)
        attributes {kernel = array<i64: 3, 3>, input_unsigned} {
    ^bb0(%sum: i32, %b: i32, %s: f32):
      %lo = arith.constant 0.0 : f32
      %hi = arith.constant 255.0 : f32
      %0 = arith.addi %sum, %b : i32
      %1 = arith.sitofp %0 : i32 to f32
      %2 = arith.mulf %1, %s : f32
      %3 = arith.maximumf %2, %lo : f32
      %4 = arith.minimumf %3, %hi : f32
      %5 = math.roundeven %4 : f32
      %6 = arith.fptosi %5 : f32 to i32
      %7 = arith.trunci %6 : i32 to i8
      octet_kernel.yield %7 : i8
    }
    ```
  }];
  let arguments = (ins
    OctetKernel_Shaped<[I8, F32], [4]>:$input,
    OctetKernel_Shaped<[I8, F32, F16, BF16], [1, 2, 4]>:$weights,
    Variadic<AnyTypeOf<[AnyRankedTensor, AnyMemRef]>>:$epilogue_operands,
    OctetKernel_Shaped<[AnyType], [4]>:$out,
    Optional<Index>:$lo,
    Optional<Index>:$hi,
    DenseI64ArrayAttr:$kernel,
    DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$strides,
    DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$dilations,
    DefaultValuedAttr<I64Attr, "1">:$groups,
    UnitAttr:$input_unsigned,
    UnitAttr:$flip_input,
    UnitAttr:$safe_pairs,
    UnitAttr:$weights_per_row,
    OptionalAttr<OctetKernel_PackingAttr>:$packing,
    OptionalAttr<OctetKernel_TileAttr>:$tile);
  let results = (outs Optional<AnyRankedTensor>:$result);
  let regions = (region SizedRegion<1>:$epilogue);
  let assemblyFormat = [{
    `ins` `(` $input `,` $weights `:` type($input) `,` type($weights) `)`
    (`epilogue` `(` $epilogue_operands^ `:` type($epilogue_operands) `)`)?
    `outs` `(` $out `:` type($out) `)`
    (`range` `(` $lo^ `,` $hi `)`)?
    attr-dict-with-keyword $epilogue (`->` type($result)^)?
  }];
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let builders = [
    // The result follows from `out`: one for a tensor, none for a buffer. The
    // region gets its block and arguments; the caller fills it.
    OpBuilder<(ins "Value":$input, "Value":$weights, "ValueRange":$epilogue_operands,
                   "Value":$out, "ArrayRef<int64_t>":$kernel,
                   "ArrayRef<int64_t>":$strides, "ArrayRef<int64_t>":$dilations,
                   "int64_t":$groups, "bool":$inputUnsigned)>
  ];
  let extraClassDeclaration = [{
    MutableOperandRange getDpsInitsMutable() { return getOutMutable(); }

    /// i32 or f32.
    Type getSumType();
    ShapedType getInputType() { return cast<ShapedType>(getInput().getType()); }
    ShapedType getWeightsType() {
      return cast<ShapedType>(getWeights().getType());
    }
    ShapedType getOutType() { return cast<ShapedType>(getOut().getType()); }
    /// Input channels, output channels, and both within a group.
    int64_t getChannels() { return getInputType().getDimSize(3); }
    int64_t getOutChannels() { return getOutType().getDimSize(3); }
    int64_t getGroupChannels() { return getChannels() / getGroups(); }
    int64_t getGroupOutChannels() { return getOutChannels() / getGroups(); }
    /// One channel in and out per group.
    bool isDepthwise() {
      int64_t count = getGroups();
      return count > 1 && count == getChannels() && count == getOutChannels();
    }
    bool isFloat() { return isa<FloatType>(getInputType().getElementType()); }
    /// A matrix product over pixels that follow each other in memory: rows and
    /// images need not be told apart.
    bool isPointwise() {
      return llvm::all_of(getKernel(), [](int64_t v) { return v == 1; }) &&
             llvm::all_of(getStrides(), [](int64_t v) { return v == 1; });
    }
  }];
}

def OctetKernel_PackOp : OctetKernel_Op<"pack",
    [AttrSizedOperandSegments, DestinationStyleOpInterface,
     DeclareOpInterfaceMethods<MemoryEffectsOpInterface>,
     DeclareOpInterfaceMethods<OctetKernel_SplittableOpInterface>]> {
  let summary = "orders a computed matrix as the weights of a kernel";
  let description = [{
    Packs the right factors of a batch of matrix products, as
    `octet-pack-weights` packs constant ones.

    - `source`: N x H x K x M, i8 or f32. As a buffer it may be strided, with a
      stride of 1 along K or along M, and up to 64 bytes after its last element
      must be readable.
    - the first output: N*H x room, for each matrix the `room` that the largest
      packing of an instruction set takes. Unsigned i8 (`source_unsigned`) are
      written less 128.
    - the second, for i8: N x H x 1 x M, i32. For each column, minus
      `input_zero` times the sum of what was written: what the zero point of the
      other factor adds to each sum too much, negated. `input_unsigned` says how
      that factor's bytes are read; where an instruction set reads them with
      their sign bit flipped, `octet-pack-weights` moves `input_zero` along.
    - `range`: restricts the op to some of its work units.

    ```mlir
    octet_kernel.pack ins(%k : memref<1x12x32x128xi8>)
        outs(%w, %offsets : memref<12x4096xi8>, memref<1x12x1x128xi32>)
        attributes {input_zero = 127 : i64, input_unsigned, source_unsigned}
    ```
  }];
  let arguments = (ins
    OctetKernel_Shaped<[I8, F32], [4]>:$source,
    Variadic<AnyShaped>:$outs,
    Optional<Index>:$lo,
    Optional<Index>:$hi,
    DefaultValuedAttr<I64Attr, "0">:$input_zero,
    UnitAttr:$input_unsigned,
    UnitAttr:$source_unsigned,
    OptionalAttr<OctetKernel_PackingAttr>:$packing);
  let results = (outs Variadic<AnyRankedTensor>:$packed);
  let assemblyFormat = [{
    `ins` `(` $source `:` type($source) `)`
    `outs` `(` $outs `:` type($outs) `)`
    (`range` `(` $lo^ `,` $hi `)`)?
    attr-dict-with-keyword (`->` type($packed)^)?
  }];
  let hasVerifier = 1;
  let builders = [
    // The results follow from `outs`.
    OpBuilder<(ins "Value":$source, "ValueRange":$outs, "int64_t":$inputZero,
                   "bool":$inputUnsigned, "bool":$sourceUnsigned)>
  ];
  let extraClassDeclaration = [{
    MutableOperandRange getDpsInitsMutable() { return getOutsMutable(); }

    ShapedType getSourceType() {
      return cast<ShapedType>(getSource().getType());
    }
    int64_t getDepth() { return getSourceType().getDimSize(2); }
    int64_t getColumns() { return getSourceType().getDimSize(3); }
    bool isFloat() { return isa<FloatType>(getSourceType().getElementType()); }
    /// Matrices, and elements of the room that each has.
    int64_t getCount() {
      return getSourceType().getDimSize(0) * getSourceType().getDimSize(1);
    }
    static int64_t getRoom(int64_t depth, int64_t columns, bool isFloat);
  }];
}

def OctetKernel_PermuteOp : OctetKernel_Op<"permute", [Pure]> {
  let summary = "a tensor with its axes in another order, without a copy";
  let description = [{
    Axis i of the result is axis `permutation[i]` of the input. As a buffer it
    is a strided view: kernels read and write it in place.

    ```mlir
    %1 = octet_kernel.permute %0, [0, 2, 1, 3]
        : tensor<1x128x12x32xi8> -> tensor<1x12x128x32xi8>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$input, DenseI64ArrayAttr:$permutation);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $input `,` $permutation attr-dict `:` type($input) `->` type($result)
  }];
  let hasVerifier = 1;
  let builders = [OpBuilder<(ins "Value":$input,
                                 "ArrayRef<int64_t>":$permutation)>];
}

def OctetKernel_YieldOp : OctetKernel_Op<"yield",
    [Pure, Terminator, HasParent<"ConvOp">]> {
  let summary = "gives the element of the output";
  let arguments = (ins AnyType:$value);
  let assemblyFormat = "attr-dict $value `:` type($value)";
  let builders = [OpBuilder<(ins), [{ }]>];
}

//===----------------------------------------------------------------------===//
// Vectors
//===----------------------------------------------------------------------===//

class OctetKernel_DotOp<string mnemonic>
    : OctetKernel_Op<mnemonic, [Pure, AllTypesMatch<["acc", "result"]>,
                                AllTypesMatch<["a", "b"]>]> {
  let arguments = (ins VectorOfRankAndType<[1], [I32]>:$acc,
                       VectorOfRankAndType<[1], [I8]>:$a,
                       VectorOfRankAndType<[1], [I8]>:$b,
                       UnitAttr:$a_unsigned,
                       UnitAttr:$safe_pairs);
  let results = (outs VectorOfRankAndType<[1], [I32]>:$result);
  let assemblyFormat = [{
    $acc `,` $a `,` $b attr-dict `:` type($a) `->` type($acc)
  }];
  let hasVerifier = 1;
}

def OctetKernel_Dot4Op : OctetKernel_DotOp<"dot4"> {
  let summary = "dot products of four neighbouring bytes, added to 32-bit lanes";
  let description = [{
    `result[i] = acc[i] + sum over k < 4 of a[4i + k] * b[4i + k]`, exactly, in
    wrapping 32-bit arithmetic. `a` is signed, or unsigned with `a_unsigned`;
    `b` is signed. `safe_pairs`: no sum of two neighbouring products leaves
    16 bits, whatever `a` is.

    ```mlir
    %1 = octet_kernel.dot4 %0, %a, %b {a_unsigned} : vector<64xi8> -> vector<16xi32>
    ```
  }];
}

def OctetKernel_MmlaOp : OctetKernel_DotOp<"mmla"> {
  let summary = "products of 2x8 byte matrices, added to a 2x2 one";
  let description = [{
    For each block of 4 lanes and 16 bytes, `result[2i + j] = acc[2i + j] +
    sum over k < 8 of a[8i + k] * b[8j + k]`, as Arm's `smmla` and `usmmla`.

    ```mlir
    %1 = octet_kernel.mmla %0, %a, %b : vector<16xi8> -> vector<4xi32>
    ```
  }];
}

def OctetKernel_LookupOp : OctetKernel_Op<"lookup",
    [Pure, SameOperandsAndResultType]
    # ElementwiseMappable.traits> {
  let summary = "reads a table of 256 entries";
  let description = [{
    `result = table[index]`, where the byte `index` is read as 0 to 255. Element
    by element on vectors, so it stands in the body of a `linalg.generic` and
    vectorizes with it.

    ```mlir
    %1 = octet_kernel.lookup %0, dense<"0x00..."> : tensor<256xi8> : i8
    ```
  }];
  let arguments = (ins AnyTypeOf<[I8, VectorOfAnyRankOf<[I8]>,
                                  RankedTensorOf<[I8]>]>:$index,
                       ElementsAttr:$table);
  let results = (outs AnyTypeOf<[I8, VectorOfAnyRankOf<[I8]>,
                                 RankedTensorOf<[I8]>]>:$result);
  let assemblyFormat = "$index `,` $table attr-dict `:` type($result)";
  let hasVerifier = 1;
}

#endif // OCTET_IR_KERNEL_OCTETKERNELOPS_TD
