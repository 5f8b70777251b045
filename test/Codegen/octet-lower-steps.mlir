// RUN: octet-opt %s --octet-lower-steps --split-input-file | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>
#rows = affine_map<(d0, d1) -> (d0)>
// Both ops run turn by turn over the work range.
// CHECK-LABEL: func private @k
// CHECK-SAME: (%[[LO:.*]]: index, %[[HI:.*]]: index
// CHECK: scf.for %[[I:.*]] = %[[LO]] to %[[HI]]
// CHECK: scf.for
// CHECK: memref.store
// CHECK: scf.for
// CHECK: memref.store
// CHECK-NOT: scf.for
func.func private @k(%lo: index, %hi: index, %x: memref<8x4xf32>, %s: memref<8xf32>, %y: memref<8x4xf32>) {
  linalg.generic {indexing_maps = [#id, #rows], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<8x4xf32>) outs(%s : memref<8xf32>) {
  ^bb0(%a: f32, %b: f32):
    %1 = arith.addf %a, %b : f32
    linalg.yield %1 : f32
  }
  linalg.generic {indexing_maps = [#id, #rows, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %s : memref<8x4xf32>, memref<8xf32>) outs(%y : memref<8x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %1 = arith.subf %a, %b : f32
    linalg.yield %1 : f32
  }
  return
}

// -----

// A reduction to one element has nothing to share.
// CHECK-LABEL: func private @total
// CHECK-SAME: (%[[LO:.*]]: index, %[[HI:.*]]: index
// CHECK-NOT: scf.for %{{.*}} = %[[LO]]
func.func private @total(%lo: index, %hi: index, %x: memref<8xf32>, %y: memref<f32>) {
  linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> ()>], iterator_types = ["reduction"]}
      ins(%x : memref<8xf32>) outs(%y : memref<f32>) {
  ^bb0(%a: f32, %b: f32):
    %1 = arith.addf %a, %b : f32
    linalg.yield %1 : f32
  }
  return
}

// -----

#all = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#row = affine_map<(d0, d1, d2) -> (d0, d1)>
// A turn of the first loop is too large for the caches: rows take turns too, and
// a fill of four sums for each row, whose loops are one, does four of them.
// CHECK-LABEL: func private @rows
// CHECK-SAME: (%[[LO:.*]]: index, %[[HI:.*]]: index
// CHECK: scf.for %{{.*}} = %[[LO]] to %[[HI]]
// CHECK: scf.for %[[ROW:.*]] = %{{.*}} to %c300
// CHECK: %[[FIRST:.*]] = arith.muli %[[ROW]], %c4
// CHECK: scf.for %[[PART:.*]] = %{{.*}} to %c4
// CHECK: arith.addi %[[FIRST]], %[[PART]]
// CHECK: scf.for %{{.*}} = %{{.*}} to %c400
// CHECK: arith.addf
// CHECK: scf.for %{{.*}} = %{{.*}} to %c400
// CHECK: arith.subf
// CHECK-NOT: scf.for
func.func private @rows(%lo: index, %hi: index, %x: memref<2x300x400xf32>, %s: memref<2x300xf32>, %t: memref<2x300x4xf32>, %y: memref<2x300x400xf32>) {
  %zero = arith.constant 0.0 : f32
  %flat = memref.collapse_shape %t [[0], [1, 2]] : memref<2x300x4xf32> into memref<2x1200xf32>
  linalg.generic {indexing_maps = [affine_map<(d0, d1) -> ()>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]}
      ins(%zero : f32) outs(%flat : memref<2x1200xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  }
  linalg.generic {indexing_maps = [#all, #row], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x : memref<2x300x400xf32>) outs(%s : memref<2x300xf32>) {
  ^bb0(%a: f32, %b: f32):
    %1 = arith.addf %a, %b : f32
    linalg.yield %1 : f32
  }
  linalg.generic {indexing_maps = [#all, #row, #all], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x, %s : memref<2x300x400xf32>, memref<2x300xf32>) outs(%y : memref<2x300x400xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %1 = arith.subf %a, %b : f32
    linalg.yield %1 : f32
  }
  return
}

// -----

#row = affine_map<(d0) -> (d0)>
// The strands of a range; what is in them has its own loops.
// CHECK-LABEL: func private @strands
// CHECK-SAME: (%[[LO:.*]]: index, %[[HI:.*]]: index
// CHECK: scf.for %[[I:.*]] = %[[LO]] to %[[HI]]
// CHECK: memref.subview %{{.*}}[%[[I]], 0]
// CHECK: scf.for %{{.*}} = %c0{{.*}} to %c4
// CHECK: memref.store
// CHECK-NOT: scf.forall
func.func private @strands(%lo: index, %hi: index, %x: memref<8x4xf32>) {
  %z = arith.constant 0.0 : f32
  scf.forall (%i) in (8) {
    %0 = memref.subview %x[%i, 0] [1, 4] [1, 1] : memref<8x4xf32> to memref<4xf32, strided<[1], offset: ?>>
    linalg.generic {indexing_maps = [#row], iterator_types = ["parallel"]} outs(%0 : memref<4xf32, strided<[1], offset: ?>>) {
    ^bb0(%a: f32):
      linalg.yield %z : f32
    }
  }
  return
}
