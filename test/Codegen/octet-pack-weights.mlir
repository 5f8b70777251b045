// RUN: octet-opt %s -octet-pack-weights -split-input-file -verify-diagnostics | FileCheck %s

// Two output channels of six bytes: four bytes of each, then the rest and zeros.
// Both instruction sets read the same packed bytes; the plain ones are gone.
// CHECK-NOT: memref.global {{.*}} @w :
// CHECK: memref.global "private" constant @w_columns1 : memref<128xi8> = dense<"0x0102030411121314{{0+}}0506000015160000{{0+}}"> {alignment = 64 : i64}
// CHECK-NOT: memref.global
memref.global "private" constant @w : memref<2x1x1x6xi8> = dense<[[[[1, 2, 3, 4, 5, 6]]], [[[17, 18, 19, 20, 21, 22]]]]>

// CHECK-LABEL: func @first
// CHECK: %[[W:.*]] = memref.get_global @w_columns1
// CHECK: octet_kernel.conv ins(%{{.*}}, %[[W]] : memref<1x1x5x6xi8>, memref<128xi8>)
// CHECK-SAME: input_unsigned
// CHECK-SAME: packing = #octet_kernel.packing<columns>, safe_pairs
func.func @first(%x: memref<1x1x5x6xi8>, %y: memref<1x1x5x2xi32>) attributes {octet_kernel.isa = #octet_kernel.isa<avx2>} {
  %w = memref.get_global @w : memref<2x1x1x6xi8>
  octet_kernel.conv ins(%x, %w : memref<1x1x5x6xi8>, memref<2x1x1x6xi8>) outs(%y : memref<1x1x5x2xi32>)
      attributes {kernel = array<i64: 1, 1>, input_unsigned} {
  ^bb0(%sum: i32):
    octet_kernel.yield %sum : i32
  }
  return
}

// CHECK-LABEL: func @second
// CHECK: memref.get_global @w_columns1
func.func @second(%x: memref<1x1x5x6xi8>, %y: memref<1x1x5x2xi32>) attributes {octet_kernel.isa = #octet_kernel.isa<avx512vnni>} {
  %w = memref.get_global @w : memref<2x1x1x6xi8>
  octet_kernel.conv ins(%x, %w : memref<1x1x5x6xi8>, memref<2x1x1x6xi8>) outs(%y : memref<1x1x5x2xi32>)
      attributes {kernel = array<i64: 1, 1>, input_unsigned} {
  ^bb0(%sum: i32):
    octet_kernel.yield %sum : i32
  }
  return
}

// -----

// A signed input where dot products take unsigned ones: -128 times each
// channel's sum of weights goes to the epilogue.
// CHECK-DAG: @w_flip_unsigned : memref<2xi32> = dense<[-384, 768]>
memref.global "private" constant @w : memref<2x1x1x2xi8> = dense<[[[[1, 2]]], [[[-3, -3]]]]>

// CHECK-LABEL: func @flips
// CHECK: %[[C:.*]] = memref.get_global @w_flip_unsigned : memref<2xi32>
// CHECK: epilogue(%[[C]] : memref<2xi32>)
// CHECK-SAME: flip_input
// CHECK-SAME: safe_pairs
// CHECK: ^bb0(%[[SUM:.*]]: i32, %[[ARG:.*]]: i32):
// CHECK: %[[NEW:.*]] = arith.addi %[[SUM]], %[[ARG]]
// CHECK: yield %[[NEW]]
func.func @flips(%x: memref<1x1x5x2xi8>, %y: memref<1x1x5x2xi32>) attributes {octet_kernel.isa = #octet_kernel.isa<avxvnni>} {
  %w = memref.get_global @w : memref<2x1x1x2xi8>
  octet_kernel.conv ins(%x, %w : memref<1x1x5x2xi8>, memref<2x1x1x2xi8>) outs(%y : memref<1x1x5x2xi32>)
      attributes {kernel = array<i64: 1, 1>} {
  ^bb0(%sum: i32):
    octet_kernel.yield %sum : i32
  }
  return
}

// -----

func.func @not_constant(%x: memref<1x1x5x2xi8>, %w: memref<2x1x1x2xi8>, %y: memref<1x1x5x2xi32>) {
  // expected-error @below {{weights are not a constant}}
  octet_kernel.conv ins(%x, %w : memref<1x1x5x2xi8>, memref<2x1x1x2xi8>) outs(%y : memref<1x1x5x2xi32>)
      attributes {kernel = array<i64: 1, 1>} {
  ^bb0(%sum: i32):
    octet_kernel.yield %sum : i32
  }
  return
}

// -----

// The matrix unit has signed products: the input stays as it is.
// CHECK-LABEL: func @matrix
// CHECK: octet_kernel.conv
// CHECK-NOT: flip_input
memref.global "private" constant @wm : memref<64x1x1x128xi8> = dense<1>
func.func @matrix(%x: memref<1x1x64x128xi8>, %y: memref<1x1x64x64xi8>) attributes {octet_kernel.isa = #octet_kernel.isa<amx>} {
  %w = memref.get_global @wm : memref<64x1x1x128xi8>
  octet_kernel.conv ins(%x, %w : memref<1x1x64x128xi8>, memref<64x1x1x128xi8>)
      outs(%y : memref<1x1x64x64xi8>) attributes {kernel = array<i64: 1, 1>} {
  ^bb0(%sum: i32):
    %0 = arith.trunci %sum : i32 to i8
    octet_kernel.yield %0 : i8
  }
  return
}
