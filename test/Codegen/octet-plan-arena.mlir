// RUN: octet-opt %s --octet-plan-arena --split-input-file --verify-diagnostics | FileCheck %s

// The second buffer lives with both others, which share a place.
// CHECK-LABEL: func @main
// CHECK-SAME: (%[[X:.*]]: memref<16xf32>, %[[ARENA:.*]]: memref<192xi8> {octet.arena})
// CHECK-NOT: memref.alloc
// CHECK-DAG: memref.view %[[ARENA]][%c0{{.*}}][] : memref<192xi8> to memref<16xf32>
// CHECK-DAG: memref.view %[[ARENA]][%c64{{.*}}][] : memref<192xi8> to memref<16xf32>
// CHECK-DAG: memref.view %[[ARENA]][%c0{{.*}}][] : memref<192xi8> to memref<4xi8>
func.func private @k(memref<16xf32>, memref<16xf32>)
func.func private @l(memref<16xf32>, memref<4xi8>)
func.func @main(%x: memref<16xf32>) {
  %0 = memref.alloc() : memref<16xf32>
  %1 = memref.alloc() : memref<16xf32>
  %2 = memref.alloc() : memref<4xi8>
  call @k(%x, %0) : (memref<16xf32>, memref<16xf32>) -> ()
  call @k(%0, %1) : (memref<16xf32>, memref<16xf32>) -> ()
  call @l(%1, %2) : (memref<16xf32>, memref<4xi8>) -> ()
  return
}

// -----

// Each entry has a plan of its own; the module says how small an arena could be.
// CHECK: module attributes {octet.largest_live_bytes = 128 : i64}
// CHECK-LABEL: func @main(
// CHECK-SAME: memref<128xi8> {octet.arena}
// CHECK-LABEL: func @main_quantized(
// CHECK-SAME: memref<192xi8> {octet.arena}
func.func private @k(memref<16xf32>, memref<16xf32>)
func.func @main(%x: memref<16xf32>) {
  %0 = memref.alloc() : memref<16xf32>
  call @k(%x, %0) : (memref<16xf32>, memref<16xf32>) -> ()
  return
}
func.func @main_quantized(%x: memref<16xf32>) {
  %0 = memref.alloc() : memref<16xf32>
  %1 = memref.alloc() : memref<16xf32>
  call @k(%x, %0) : (memref<16xf32>, memref<16xf32>) -> ()
  call @k(%0, %1) : (memref<16xf32>, memref<16xf32>) -> ()
  return
}

// -----

// CHECK-LABEL: func @main
// CHECK-SAME: memref<0xi8> {octet.arena}
func.func @main(%x: memref<16xf32>) {
  return
}

// -----

// expected-error @below {{has no function @main}}
module {
}
