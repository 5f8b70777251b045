// RUN: octet-opt %s --octet-share-constants | FileCheck %s

// Equal bytes in equal types and alignments are one constant; large ones are
// resources, and compared by content.
// CHECK: memref.global "private" constant @a
// CHECK-NOT: @b :
// CHECK: @other_type
// CHECK: @other_bytes
// CHECK: @variable
// CHECK: @large
// CHECK-NOT: @large_too :
// CHECK: @small_difference
memref.global "private" constant @a : memref<2xi8> = dense<[1, 2]>
memref.global "private" constant @b : memref<2xi8> = dense<[1, 2]>
memref.global "private" constant @other_type : memref<1x2xi8> = dense<[[1, 2]]>
memref.global "private" constant @other_bytes : memref<2xi8> = dense<[1, 3]>
memref.global "private" @variable : memref<2xi8> = dense<[1, 2]>
memref.global "private" constant @large : memref<4xi8> = dense_resource<x>
memref.global "private" constant @large_too : memref<4xi8> = dense_resource<y>
memref.global "private" constant @small_difference : memref<4xi8> = dense_resource<z>

// CHECK-LABEL: func @main
// CHECK-NEXT: memref.get_global @a
// CHECK-NEXT: memref.get_global @a
// CHECK-NEXT: memref.get_global @large :
// CHECK-NEXT: memref.get_global @large :
// CHECK-NEXT: memref.get_global @small_difference
func.func @main() -> (memref<2xi8>, memref<2xi8>, memref<4xi8>, memref<4xi8>, memref<4xi8>) {
  %0 = memref.get_global @a : memref<2xi8>
  %1 = memref.get_global @b : memref<2xi8>
  %2 = memref.get_global @large : memref<4xi8>
  %3 = memref.get_global @large_too : memref<4xi8>
  %4 = memref.get_global @small_difference : memref<4xi8>
  return %0, %1, %2, %3, %4 : memref<2xi8>, memref<2xi8>, memref<4xi8>, memref<4xi8>, memref<4xi8>
}

{-#
  dialect_resources: {
    builtin: {
      x: "0x0100000001020304",
      y: "0x0100000001020304",
      z: "0x0100000001020305"
    }
  }
#-}
