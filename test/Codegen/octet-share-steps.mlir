// RUN: octet-opt %s --octet-share-steps | FileCheck %s

memref.global "private" constant @w0 : memref<4xi8> = dense<1>
memref.global "private" constant @w1 : memref<4xi8> = dense<2>

// Two steps that differ in their constants only share a function.
// CHECK-LABEL: func @main
// CHECK-SAME: (%[[X:.*]]: memref<4xi8>)
// CHECK: %[[W0:.*]] = memref.get_global @w0
// CHECK: call @k0(%{{.*}}, %{{.*}}, %[[X]], %[[W0]]) {octet.step = {{.*}}kernels = [@k0]
// CHECK: %[[W1:.*]] = memref.get_global @w1
// CHECK: call @k0(%{{.*}}, %{{.*}}, %[[X]], %[[W1]]) {octet.step = {{.*}}kernels = [@k0]
func.func @main(%x: memref<4xi8>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  call @k0(%c0, %c1, %x) {octet.step = {name = "a", op = "A", precision = "int8", macs = 0, read = 4, written = 4, kernels = [@k0]}} : (index, index, memref<4xi8>) -> ()
  call @k1(%c0, %c1, %x) {octet.step = {name = "b", op = "A", precision = "int8", macs = 0, read = 4, written = 4, kernels = [@k1]}} : (index, index, memref<4xi8>) -> ()
  return
}
// CHECK: func private @k0(%{{.*}}: index, %{{.*}}: index, %[[X:.*]]: memref<4xi8>, %[[W:.*]]: memref<4xi8>)
// CHECK: memref.copy %[[W]], %[[X]]
// CHECK-NOT: func private @k1
func.func private @k0(%lo: index, %hi: index, %x: memref<4xi8>) {
  %w = memref.get_global @w0 : memref<4xi8>
  memref.copy %w, %x : memref<4xi8> to memref<4xi8>
  return
}
func.func private @k1(%lo: index, %hi: index, %x: memref<4xi8>) {
  %w = memref.get_global @w1 : memref<4xi8>
  memref.copy %w, %x : memref<4xi8> to memref<4xi8>
  return
}
