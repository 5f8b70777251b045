// RUN: octet-opt %s --octet-clone-steps=target=x86-64+avx2+avxvnni+avx512vnni | FileCheck %s
// RUN: octet-opt %s --octet-clone-steps=target=aarch64 | FileCheck %s --check-prefix=ARM
// RUN: not octet-opt %s --octet-clone-steps=target=pdp11 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// UNKNOWN: unknown target 'pdp11'

// Plain code of AVX2 serves AVX-VNNI; a small step has one version.
// CHECK: call @large_avx2
// CHECK-SAME: kernels = [@large_avx2, @large_avx2, @large_avx512vnni]
// CHECK: call @small_avx2
// CHECK-SAME: kernels = [@small_avx2]
// ARM: call @large_neon
// ARM-SAME: kernels = [@large_neon]
func.func @main(%x: memref<8192xi8>, %y: memref<16xi8>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  call @large(%c0, %c1, %x) {octet.step = {name = "a", op = "A", precision = "int8", macs = 0, read = 4096, written = 4096}} : (index, index, memref<8192xi8>) -> ()
  call @small(%c0, %c1, %y) {octet.step = {name = "b", op = "B", precision = "int8", macs = 0, read = 8, written = 8}} : (index, index, memref<16xi8>) -> ()
  return
}
// CHECK: func private @large_avx2({{.*}} attributes {octet_kernel.isa = #octet_kernel.isa<avx2>}
// CHECK: func private @large_avx512vnni(
// CHECK: func private @small_avx2(
// CHECK-NOT: func
func.func private @large(%lo: index, %hi: index, %x: memref<8192xi8>) {
  return
}
func.func private @small(%lo: index, %hi: index, %x: memref<16xi8>) {
  return
}
