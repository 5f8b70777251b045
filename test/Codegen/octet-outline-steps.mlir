// RUN: octet-opt %s --octet-outline-steps --split-input-file --verify-diagnostics | FileCheck %s

#id = affine_map<(d0) -> (d0)>
// CHECK-LABEL: func @main
// CHECK-SAME: (%[[X:.*]]: memref<4xf32>, %[[Y:.*]]: memref<4xf32>, %[[Z:.*]]: memref<4xf32>)
// CHECK: call @k0(%c0{{.*}}, %c4{{.*}}, %[[X]], %[[Y]]) {octet.step =
// CHECK-SAME: name = "a", op = "Neg", precision = "float", read = 16 : i64, written = 16 : i64}
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

#id = affine_map<(d0, d1) -> (d0, d1)>
// A body may load rows that the other's turns have not written yet: two steps.
// CHECK-LABEL: func @main
// CHECK: call @k0
// CHECK: call @k1
func.func @main(%x: memref<8x4xf32>, %y: memref<8x4xf32>) {
  %0 = memref.alloc() : memref<8x4xf32>
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<8x4xf32>) outs(%0 : memref<8x4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %1 = arith.negf %a : f32
    linalg.yield %1 : f32
  }
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<8x4xf32>) outs(%y : memref<8x4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %last = arith.constant 7 : index
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %flipped = arith.subi %last, %i : index
    %1 = memref.load %0[%flipped, %j] : memref<8x4xf32>
    %2 = arith.addf %a, %1 : f32
    linalg.yield %2 : f32
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

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#turned = affine_map<(d0, d1) -> (d1, d0)>
#row = affine_map<(d0, d1) -> (d1)>
// A step that only moves data says how; one that computes does not.
// CHECK-LABEL: func @main
// CHECK: macs = 0 : i64, moves = "copy", name = "copy", op = "Copy", precision = "float", read = 24 : i64, written = 24 : i64
// CHECK: moves = "transpose", name = "turn"
// CHECK: moves = "broadcast+insert", name = "rows"
// CHECK: moves = "quantize", name = "q", op = "Elementwise", precision = "float", read = 24 : i64, written = 6 : i64
// CHECK: moves = "dequantize", name = "d", op = "Elementwise", precision = "int8", read = 6 : i64, written = 24 : i64
// CHECK: moves = "requantize", name = "r"
// CHECK: macs = 0 : i64, name = "square"
func.func @main(%x: memref<2x3xf32>, %y: memref<2x3xf32>, %x2: memref<2x3xf32>, %x3: memref<2x3xf32>, %y2: memref<2x3xf32>, %k: memref<2x3xi8>, %t: memref<3x2xf32>, %w: memref<4x3xf32>, %v: memref<3xf32>, %i: memref<2x3xi8>, %j: memref<2x3xi8>) {
  %c2 = arith.constant 2.0 : f32
  %z = arith.constant 3 : i32
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<2x3xf32>) outs(%y : memref<2x3xf32>) {
  ^bb0(%a: f32, %b: f32):
    linalg.yield %a : f32
  } loc("copy")
  linalg.generic {indexing_maps = [#turned, #id], iterator_types = ["parallel", "parallel"]}
      ins(%t : memref<3x2xf32>) outs(%x2 : memref<2x3xf32>) {
  ^bb0(%a: f32, %b: f32):
    linalg.yield %a : f32
  } loc("turn")
  %part = memref.subview %w[0, 0] [2, 3] [1, 1] : memref<4x3xf32> to memref<2x3xf32, strided<[3, 1]>>
  linalg.generic {indexing_maps = [#row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%v : memref<3xf32>) outs(%part : memref<2x3xf32, strided<[3, 1]>>) {
  ^bb0(%a: f32, %b: f32):
    linalg.yield %a : f32
  } loc("rows")
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<2x3xf32>) outs(%i : memref<2x3xi8>) {
  ^bb0(%a: f32, %b: i8):
    %0 = arith.divf %a, %c2 : f32
    %1 = math.roundeven %0 : f32
    %2 = arith.fptosi %1 : f32 to i32
    %3 = arith.addi %2, %z : i32
    %4 = arith.trunci %3 : i32 to i8
    linalg.yield %4 : i8
  } loc("q")
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%j : memref<2x3xi8>) outs(%x3 : memref<2x3xf32>) {
  ^bb0(%a: i8, %b: f32):
    %0 = arith.extsi %a : i8 to i32
    %1 = arith.subi %0, %z : i32
    %2 = arith.sitofp %1 : i32 to f32
    %3 = arith.mulf %2, %c2 : f32
    linalg.yield %3 : f32
  } loc("d")
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%j : memref<2x3xi8>) outs(%k : memref<2x3xi8>) {
  ^bb0(%a: i8, %b: i8):
    %0 = arith.extsi %a : i8 to i32
    %1 = arith.addi %0, %z : i32
    %2 = arith.trunci %1 : i32 to i8
    linalg.yield %2 : i8
  } loc("r")
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<2x3xf32>) outs(%y2 : memref<2x3xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.mulf %a, %a : f32
    linalg.yield %0 : f32
  } loc("square")
  return
}

// -----

#all = affine_map<(n, h, w, c) -> (n, h, w, c)>
// Each part of the range has a buffer of its own; what is in it counts as
// neither read nor written.
// CHECK-LABEL: func @main
// CHECK: %[[SCRATCH:.*]] = memref.alloc() : memref<256xi8>
// CHECK: call @k0(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %[[SCRATCH]])
// CHECK-SAME: macs = 12 : i64, name = "first+second", op = "Elementwise", precision = "int8", read = 120 : i64, written = 120 : i64
// CHECK: func private @k0(%[[LO:.*]]: index, %{{.*}}: index, %{{.*}}: memref<1x4x5x6xi8>, %{{.*}}: memref<1x4x5x6xi8>, %[[ALL:.*]]: memref<256xi8>)
// CHECK: %[[SIZE:.*]] = arith.constant 64
// CHECK: %[[OWN:.*]] = arith.muli %[[LO]], %[[SIZE]]
// CHECK: %[[AT:.*]] = arith.addi %[[OWN]]
// CHECK: memref.view %[[ALL]][%[[AT]]][] : memref<256xi8> to memref<1x1x5x6xi8>
// CHECK: scf.forall
// CHECK-NOT: memref.alloc
func.func @main(%x: memref<1x4x5x6xi8>, %y: memref<1x4x5x6xi8>) {
  scf.forall (%i) in (4) {
    %0 = memref.alloc() : memref<1x1x5x6xi8>
    %in = memref.subview %x[0, %i, 0, 0] [1, 1, 5, 6] [1, 1, 1, 1] : memref<1x4x5x6xi8> to memref<1x1x5x6xi8, strided<[120, 30, 6, 1], offset: ?>>
    %out = memref.subview %y[0, %i, 0, 0] [1, 1, 5, 6] [1, 1, 1, 1] : memref<1x4x5x6xi8> to memref<1x1x5x6xi8, strided<[120, 30, 6, 1], offset: ?>>
    linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
        ins(%in : memref<1x1x5x6xi8, strided<[120, 30, 6, 1], offset: ?>>) outs(%0 : memref<1x1x5x6xi8>) {
    ^bb0(%a: i8, %b: i8):
      %1 = arith.muli %a, %a : i8
      linalg.yield %1 : i8
    }
    linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
        ins(%0 : memref<1x1x5x6xi8>) outs(%out : memref<1x1x5x6xi8, strided<[120, 30, 6, 1], offset: ?>>) {
    ^bb0(%a: i8, %b: i8):
      %1 = arith.muli %a, %a : i8
      linalg.yield %1 : i8
    }
  } {octet.macs = 12 : i64} loc(fused["first", "second"])
  return
}
