// RUN: octet-opt %s --octet-clone-steps=target=x86-64+avx2+avxvnni+avx512vnni | FileCheck %s
// RUN: octet-opt %s --octet-clone-steps=target=aarch64 | FileCheck %s --check-prefix=ARM
// RUN: octet-opt %s --octet-clone-steps=target=x86-64+avx512vnni+amx | FileCheck %s --check-prefix=AMX
// RUN: not octet-opt %s --octet-clone-steps=target=pdp11 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// UNKNOWN: unknown target 'pdp11'

// Plain code of AVX2 serves AVX-VNNI; a small step has one version.
// CHECK: call @large_avx2
// CHECK-SAME: kernels = [@large_avx2, @large_avx2, @large_avx512vnni]
// CHECK: call @small_avx2
// CHECK-SAME: kernels = [@small_avx2]
// ARM: call @large_neon
// ARM-SAME: kernels = [@large_neon]
// Only the product that fills matrix tiles has a version of its own for AMX.
// AMX: kernels = [@large_avx512vnni]
// AMX: kernels = [@small_avx512vnni]
// AMX: kernels = [@product_avx512vnni, @product_amx]
// AMX: kernels = [@depthwise_avx512vnni]
func.func @main(%x: memref<8192xi8>, %y: memref<16xi8>, %a: memref<1x1x64x128xi8>, %b: memref<1x1x64x64xi8>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  call @large(%c0, %c1, %x) {octet.step = {name = "a", op = "A", precision = "int8", macs = 0, read = 4096, written = 4096}} : (index, index, memref<8192xi8>) -> ()
  call @small(%c0, %c1, %y) {octet.step = {name = "b", op = "B", precision = "int8", macs = 0, read = 8, written = 8}} : (index, index, memref<16xi8>) -> ()
  call @product(%a, %b) {octet.step = {name = "c", op = "C", precision = "int8", macs = 524288, read = 8192, written = 4096}} : (memref<1x1x64x128xi8>, memref<1x1x64x64xi8>) -> ()
  call @depthwise(%b) {octet.step = {name = "d", op = "D", precision = "int8", macs = 4096, read = 4096, written = 4096}} : (memref<1x1x64x64xi8>) -> ()
  return
}
// CHECK: func private @large_avx2({{.*}} attributes {octet_kernel.isa = #octet_kernel.isa<avx2>}
// CHECK: func private @large_avx512vnni(
// CHECK: func private @small_avx2(
func.func private @large(%lo: index, %hi: index, %x: memref<8192xi8>) {
  return
}
func.func private @small(%lo: index, %hi: index, %x: memref<16xi8>) {
  return
}
memref.global "private" constant @w : memref<64x1x1x128xi8> = dense<1>
func.func private @product(%a: memref<1x1x64x128xi8>, %b: memref<1x1x64x64xi8>) {
  %w = memref.get_global @w : memref<64x1x1x128xi8>
  octet_kernel.conv ins(%a, %w : memref<1x1x64x128xi8>, memref<64x1x1x128xi8>)
      outs(%b : memref<1x1x64x64xi8>) attributes {kernel = array<i64: 1, 1>, input_unsigned} {
  ^bb0(%sum: i32):
    %0 = arith.trunci %sum : i32 to i8
    octet_kernel.yield %0 : i8
  }
  return
}
memref.global "private" constant @d : memref<64x1x1x1xi8> = dense<1>
func.func private @depthwise(%b: memref<1x1x64x64xi8>) {
  %w = memref.get_global @d : memref<64x1x1x1xi8>
  octet_kernel.conv ins(%b, %w : memref<1x1x64x64xi8>, memref<64x1x1x1xi8>)
      outs(%b : memref<1x1x64x64xi8>) attributes {kernel = array<i64: 1, 1>, groups = 64 : i64, input_unsigned} {
  ^bb0(%sum: i32):
    %0 = arith.trunci %sum : i32 to i8
    octet_kernel.yield %0 : i8
  }
  return
}
