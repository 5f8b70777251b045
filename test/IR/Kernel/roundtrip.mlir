// RUN: octet-opt %s | octet-opt | FileCheck %s
// RUN: octet-opt %s -one-shot-bufferize="bufferize-function-boundaries function-boundary-type-conversion=identity-layout-map" | FileCheck %s --check-prefix=BUFFER

// CHECK-LABEL: func @conv
// CHECK: octet_kernel.conv ins(%{{.*}}, %{{.*}} : tensor<1x10x10x8xi8>, tensor<16x3x3x8xi8>)
// CHECK-SAME: epilogue(%{{.*}}, %{{.*}} : tensor<16xi32>, tensor<f32>)
// CHECK-SAME: outs(%{{.*}} : tensor<1x8x8x16xi8>)
// CHECK-SAME: attributes {input_unsigned, kernel = array<i64: 3, 3>} {
// CHECK: octet_kernel.lookup
// CHECK: octet_kernel.yield
// CHECK: -> tensor<1x8x8x16xi8>

// BUFFER-LABEL: func @conv
// BUFFER: octet_kernel.conv ins({{.*}}memref<1x10x10x8xi8>, memref<16x3x3x8xi8>)
// BUFFER-SAME: outs(%{{.*}} : memref<1x8x8x16xi8>)
func.func @conv(%x: tensor<1x10x10x8xi8>, %w: tensor<16x3x3x8xi8>, %b: tensor<16xi32>, %s: tensor<f32>, %y: tensor<1x8x8x16xi8>) -> tensor<1x8x8x16xi8> {
  %0 = octet_kernel.conv
      ins(%x, %w : tensor<1x10x10x8xi8>, tensor<16x3x3x8xi8>)
      epilogue(%b, %s : tensor<16xi32>, tensor<f32>)
      outs(%y : tensor<1x8x8x16xi8>)
      attributes {kernel = array<i64: 3, 3>, input_unsigned} {
  ^bb0(%sum: i32, %bias: i32, %scale: f32):
    %1 = arith.addi %sum, %bias : i32
    %2 = arith.trunci %1 : i32 to i8
    %3 = octet_kernel.lookup %2, dense<7> : tensor<256xi8> : i8
    octet_kernel.yield %3 : i8
  } -> tensor<1x8x8x16xi8>
  return %0 : tensor<1x8x8x16xi8>
}

// The residual may be overwritten: nothing is copied.
// BUFFER-LABEL: func @residual_in_place
// BUFFER-SAME: %[[R:[a-z0-9]+]]: memref<1x1x32x16xf32>)
// BUFFER-NOT: copy
// BUFFER: epilogue(%[[R]] : memref<1x1x32x16xf32>) outs(%[[R]] : memref<1x1x32x16xf32>)
func.func @residual_in_place(%x: tensor<1x1x32x8xf32>, %w: tensor<16x1x1x8xf32>, %r: tensor<1x1x32x16xf32>) -> tensor<1x1x32x16xf32> {
  %0 = octet_kernel.conv
      ins(%x, %w : tensor<1x1x32x8xf32>, tensor<16x1x1x8xf32>)
      epilogue(%r : tensor<1x1x32x16xf32>)
      outs(%r : tensor<1x1x32x16xf32>)
      attributes {kernel = array<i64: 1, 1>} {
  ^bb0(%sum: f32, %old: f32):
    %1 = arith.addf %sum, %old : f32
    octet_kernel.yield %1 : f32
  } -> tensor<1x1x32x16xf32>
  return %0 : tensor<1x1x32x16xf32>
}

// CHECK-LABEL: func @packed_range
// CHECK-SAME: #octet_kernel.isa<avx512vnni>
// CHECK: range(%{{.*}}, %{{.*}}) attributes
// CHECK-SAME: packing = #octet_kernel.packing<columns>
// CHECK-SAME: tile = #octet_kernel.tile<rows = 6, vectors = 4, unroll = 1>
func.func @packed_range(%x: memref<1x1x32x6xi8>, %w: memref<256xi8>, %y: memref<1x1x32x20xi32>, %lo: index, %hi: index) attributes {octet_kernel.isa = #octet_kernel.isa<avx512vnni>} {
  octet_kernel.conv
      ins(%x, %w : memref<1x1x32x6xi8>, memref<256xi8>)
      outs(%y : memref<1x1x32x20xi32>)
      range(%lo, %hi)
      attributes {kernel = array<i64: 1, 1>, packing = #octet_kernel.packing<columns>,
                  tile = #octet_kernel.tile<rows = 6, vectors = 4, unroll = 1>} {
  ^bb0(%sum: i32):
    octet_kernel.yield %sum : i32
  }
  return
}

// CHECK-LABEL: func @vectors
func.func @vectors(%acc: vector<16xi32>, %a: vector<64xi8>, %t: vector<4x4xi8>) -> (vector<16xi32>, vector<16xi32>, vector<4x4xi8>) {
  // CHECK: octet_kernel.dot4 %{{.*}}, %{{.*}}, %{{.*}} {a_unsigned} : vector<64xi8> -> vector<16xi32>
  %0 = octet_kernel.dot4 %acc, %a, %a {a_unsigned} : vector<64xi8> -> vector<16xi32>
  // CHECK: octet_kernel.mmla %{{.*}}, %{{.*}}, %{{.*}} : vector<64xi8> -> vector<16xi32>
  %1 = octet_kernel.mmla %acc, %a, %a : vector<64xi8> -> vector<16xi32>
  // CHECK: octet_kernel.lookup %{{.*}}, dense<1> : tensor<256xi8> : vector<4x4xi8>
  %2 = octet_kernel.lookup %t, dense<1> : tensor<256xi8> : vector<4x4xi8>
  return %0, %1, %2 : vector<16xi32>, vector<16xi32>, vector<4x4xi8>
}
