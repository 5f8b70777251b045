// RUN: octet-opt %s -octet-choose-tiles | FileCheck %s
// RUN: octet-opt %s -octet-choose-tiles=candidate=1 | FileCheck %s --check-prefix=SECOND

// What was measured is looked up by shape, types and instruction set.
module attributes {octet_kernel.tiles = {
    "avx512vnni 1x4x4x8xi8 16x1x1x8 strides 1x1 dilations 1x1 i32 0" = #octet_kernel.tile<rows = 8, vectors = 3, unroll = 1>,
    "avx2 1x4x4x8xi8 16x3x3x8 strides 1x1 dilations 1x1 i32 0" = #octet_kernel.tile<rows = 2, vectors = 2, unroll = 1>}} {

// CHECK-LABEL: func @known
// CHECK: tile = #octet_kernel.tile<rows = 8, vectors = 3, unroll = 1>
// SECOND-LABEL: func @known
// SECOND-SAME: octet_kernel.measured = {"avx512vnni 1x4x4x8xi8 16x1x1x8 strides 1x1 dilations 1x1 i32 0" = #octet_kernel.tile<rows = 6, vectors = 4, unroll = 4>}
// SECOND: tile = #octet_kernel.tile<rows = 6, vectors = 4, unroll = 4>
func.func @known(%x: memref<1x4x4x8xi8>, %w: memref<16x1x1x8xi8>, %y: memref<1x4x4x16xi32>) attributes {octet_kernel.isa = #octet_kernel.isa<avx512vnni>} {
  octet_kernel.conv ins(%x, %w : memref<1x4x4x8xi8>, memref<16x1x1x8xi8>) outs(%y : memref<1x4x4x16xi32>)
      attributes {kernel = array<i64: 1, 1>, input_unsigned} {
  ^bb0(%sum: i32):
    octet_kernel.yield %sum : i32
  }
  return
}

// Another instruction set, another kernel: the cost model's business.
// CHECK-LABEL: func @unknown
// CHECK-NOT: tile =
// SECOND-LABEL: func @unknown
// SECOND: tile = #octet_kernel.tile<rows = 2, vectors = 2, unroll = 1>
func.func @unknown(%x: memref<1x4x4x8xi8>, %w: memref<16x1x1x8xi8>, %y: memref<1x4x4x16xi32>) attributes {octet_kernel.isa = #octet_kernel.isa<avx2>} {
  octet_kernel.conv ins(%x, %w : memref<1x4x4x8xi8>, memref<16x1x1x8xi8>) outs(%y : memref<1x4x4x16xi32>)
      attributes {kernel = array<i64: 1, 1>, input_unsigned} {
  ^bb0(%sum: i32):
    octet_kernel.yield %sum : i32
  }
  return
}

// A tile that is there stays, and depthwise kernels have none.
// CHECK-LABEL: func @given
// CHECK: rows = 1, vectors = 4
// CHECK: octet_kernel.conv
// CHECK-NOT: tile =
// SECOND-LABEL: func @given
// SECOND: rows = 1, vectors = 4
// SECOND: octet_kernel.conv
// SECOND-NOT: tile =
func.func @given(%x: memref<1x4x4x8xi8>, %w: memref<16x1x1x8xi8>, %y: memref<1x4x4x16xi32>, %d: memref<8x1x1x1xi8>, %z: memref<1x4x4x8xi32>) attributes {octet_kernel.isa = #octet_kernel.isa<avx512vnni>} {
  octet_kernel.conv ins(%x, %w : memref<1x4x4x8xi8>, memref<16x1x1x8xi8>) outs(%y : memref<1x4x4x16xi32>)
      attributes {kernel = array<i64: 1, 1>, input_unsigned, tile = #octet_kernel.tile<rows = 1, vectors = 4, unroll = 1>} {
  ^bb0(%sum: i32):
    octet_kernel.yield %sum : i32
  }
  octet_kernel.conv ins(%x, %d : memref<1x4x4x8xi8>, memref<8x1x1x1xi8>) outs(%z : memref<1x4x4x8xi32>)
      attributes {kernel = array<i64: 1, 1>, groups = 8, input_unsigned} {
  ^bb0(%sum: i32):
    octet_kernel.yield %sum : i32
  }
  return
}
}
