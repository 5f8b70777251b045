// RUN: octet-opt %s --octet-outline-steps --split-input-file --verify-diagnostics | FileCheck %s

#id = affine_map<(d0) -> (d0)>
// CHECK-LABEL: func @main
// CHECK-SAME: (%[[X:.*]]: memref<4xf32>, %[[Y:.*]]: memref<4xf32>, %[[Z:.*]]: memref<4xf32>)
// CHECK: call @k0(%c0{{.*}}, %c4{{.*}}, %[[X]], %[[Y]]) {octet.step =
// CHECK-SAME: name = "a", op = "Neg", precision = "float"
// Equal functions are one.
// CHECK: call @k0(%c0{{.*}}, %c4{{.*}}, %[[X]], %[[Z]]) {octet.step =
// CHECK-SAME: name = "b", op = "Elementwise"
// CHECK-LABEL: func private @k0
// CHECK-NOT: func private
func.func @main(%x: memref<4xf32>, %y: memref<4xf32>, %z: memref<4xf32>) {
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : memref<4xf32>) outs(%y : memref<4xf32>) {
  ^bb0(%a: f32, %b: f32):
    %1 = arith.negf %a : f32
    linalg.yield %1 : f32
  } loc("a"("Neg"))
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : memref<4xf32>) outs(%z : memref<4xf32>) {
  ^bb0(%a: f32, %b: f32):
    %1 = arith.negf %a : f32
    linalg.yield %1 : f32
  } loc("b")
  return
}

// -----

#rows = affine_map<(d0, d1) -> (d0)>
#id = affine_map<(d0, d1) -> (d0, d1)>
// Row by row: the fill, the sum and the difference are one step.
// CHECK-LABEL: func @main
// CHECK-COUNT-1: call @k0(%c0{{.*}}, %c8
// CHECK-NOT: call
// CHECK-LABEL: func private @k0
// CHECK-COUNT-2: linalg.generic
func.func @main(%x: memref<8x4xf32>, %y: memref<8x4xf32>) {
  %0 = memref.alloc() : memref<8xf32>
  linalg.generic {indexing_maps = [#id, #rows], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<8x4xf32>) outs(%0 : memref<8xf32>) {
  ^bb0(%a: f32, %s: f32):
    %1 = arith.addf %a, %s : f32
    linalg.yield %1 : f32
  }
  linalg.generic {indexing_maps = [#id, #rows, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %0 : memref<8x4xf32>, memref<8xf32>) outs(%y : memref<8x4xf32>) {
  ^bb0(%a: f32, %s: f32, %o: f32):
    %1 = arith.subf %a, %s : f32
    linalg.yield %1 : f32
  }
  return
}

// -----

#id = affine_map<(d0) -> (d0)>
// A border is filled by the step behind it, by the part that begins.
// CHECK-LABEL: func @main
// CHECK-COUNT-1: call @k0
// CHECK-NOT: call
// CHECK-LABEL: func private @k0
// CHECK-SAME: (%[[LO:.*]]: index, %{{.*}}: index
// CHECK: %[[FIRST:.*]] = arith.cmpi eq, %[[LO]]
// CHECK: scf.if %[[FIRST]]
// CHECK: memref.subview
func.func @main(%x: memref<4xf32>, %y: memref<5xf32>) {
  %z = arith.constant 0.0 : f32
  %0 = memref.subview %y[0] [1] [1] : memref<5xf32> to memref<1xf32, strided<[1]>>
  linalg.generic {indexing_maps = [affine_map<(d0) -> ()>, #id], iterator_types = ["parallel"]}
      ins(%z : f32) outs(%0 : memref<1xf32, strided<[1]>>) attrs = {octet.border} {
  ^bb0(%a: f32, %b: f32):
    linalg.yield %a : f32
  }
  %1 = memref.subview %y[1] [4] [1] : memref<5xf32> to memref<4xf32, strided<[1], offset: 1>>
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : memref<4xf32>) outs(%1 : memref<4xf32, strided<[1], offset: 1>>) {
  ^bb0(%a: f32, %b: f32):
    linalg.yield %a : f32
  }
  return
}

// -----

// expected-error @below {{has no function @main of one block}}
module {
}

// -----

func.func @main(%x: memref<4xf32>, %y: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  // expected-error @below {{computes a value that is no buffer}}
  %0 = memref.load %x[%c0] : memref<4xf32>
  memref.store %0, %y[%c0] : memref<4xf32>
  return
}
