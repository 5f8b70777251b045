// RUN: octet-opt %s --octet-order-loops --split-input-file | FileCheck %s

#id = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
// The first loop stays, the others are one.
// CHECK-DAG: #[[MAP:.*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-LABEL: func @contiguous
// CHECK: memref.collapse_shape %{{.*}} {{\[}}[0], [1, 2]] : memref<4x8x16xf32> into memref<4x128xf32>
// CHECK: linalg.generic {indexing_maps = [#[[MAP]], #[[MAP]]]
func.func @contiguous(%x: memref<4x8x16xf32>, %y: memref<4x8x16xf32>) {
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x : memref<4x8x16xf32>) outs(%y : memref<4x8x16xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.negf %a : f32
    linalg.yield %0 : f32
  }
  return
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-LABEL: func @short_rows
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel"]
// CHECK-SAME: memref<80xf32>
func.func @short_rows(%x: memref<16x5xf32>, %y: memref<16x5xf32>) {
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<16x5xf32>) outs(%y : memref<16x5xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.negf %a : f32
    linalg.yield %0 : f32
  }
  return
}

// -----

#in = affine_map<(n, h, w, c, kh, kw) -> (n, h + kh, w + kw, c)>
#out = affine_map<(n, h, w, c, kh, kw) -> (n, h, w, c)>
// Rows first, channels before the window: it is written out, and what remains
// is a loop over channels.
// CHECK-LABEL: func @pool
// CHECK: linalg.generic
// CHECK-SAME: iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]
func.func @pool(%x: memref<1x9x9x16xi8>, %k: memref<2x2xi8>, %y: memref<1x8x8x16xi8>) {
  linalg.generic {indexing_maps = [#in, affine_map<(n, h, w, c, kh, kw) -> (kh, kw)>, #out],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %k : memref<1x9x9x16xi8>, memref<2x2xi8>) outs(%y : memref<1x8x8x16xi8>) {
  ^bb0(%a: i8, %b: i8, %m: i8):
    %0 = arith.maxsi %a, %m : i8
    linalg.yield %0 : i8
  }
  return
}

// -----

#in = affine_map<(n, h, w, c, kh, kw) -> (n, h + kh, w + kw, c)>
#out = affine_map<(n, h, w, c, kh, kw) -> (n, h, w, c)>
// A large window stays a loop, around that over channels.
// CHECK-LABEL: func @large_pool
// CHECK: linalg.generic
// CHECK-SAME: iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction", "parallel"]
func.func @large_pool(%x: memref<1x15x15x16xi8>, %k: memref<8x8xi8>, %y: memref<1x8x8x16xi8>) {
  linalg.generic {indexing_maps = [#in, affine_map<(n, h, w, c, kh, kw) -> (kh, kw)>, #out],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %k : memref<1x15x15x16xi8>, memref<8x8xi8>) outs(%y : memref<1x8x8x16xi8>) {
  ^bb0(%a: i8, %b: i8, %m: i8):
    %0 = arith.maxsi %a, %m : i8
    linalg.yield %0 : i8
  }
  return
}

// -----

// CHECK-LABEL: func @named_op
// CHECK: linalg.generic {{.*}} outs(%{{.*}} : memref<8xi8>) attrs = {octet.border}
func.func @named_op(%z: i8, %y: memref<8xi8>) {
  linalg.fill {octet.border} ins(%z : i8) outs(%y : memref<8xi8>)
  return
}

// -----

#in = affine_map<(r, l, t) -> (r, t * 16 + l)>
#turns = affine_map<(r, l, t) -> (t)>
#lanes = affine_map<(r, l, t) -> (r, l)>
// Accumulators side by side are the innermost loop.
// CHECK-DAG: affine_map<(d0, d1, d2) -> (d0, d1 * 16 + d2)>
// CHECK-LABEL: func @lanes
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "reduction", "parallel"]
func.func @lanes(%x: memref<4x64xf32>, %n: memref<4xf32>, %y: memref<4x16xf32>) {
  linalg.generic {indexing_maps = [#in, #turns, #lanes], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %n : memref<4x64xf32>, memref<4xf32>) outs(%y : memref<4x16xf32>) {
  ^bb0(%a: f32, %t: f32, %sum: f32):
    %0 = arith.addf %sum, %a : f32
    linalg.yield %0 : f32
  }
  return
}

// -----

#in = affine_map<(n, c, h, w) -> (n, h, w, c)>
#out = affine_map<(n, c, h, w) -> (n, c)>
// One image: channels last, though threads have nothing to share then.
// CHECK-DAG: #[[IN:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
// CHECK-DAG: #[[OUT:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d3)>
// CHECK-LABEL: func @global_pool
// CHECK: linalg.generic {indexing_maps = [#[[IN]], #[[OUT]]], iterator_types = ["parallel", "reduction", "reduction", "parallel"]}
func.func @global_pool(%x: memref<1x7x7x32xf32>, %y: memref<1x32xf32>) {
  linalg.generic {indexing_maps = [#in, #out], iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
      ins(%x : memref<1x7x7x32xf32>) outs(%y : memref<1x32xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.addf %a, %b : f32
    linalg.yield %0 : f32
  }
  return
}

// -----

#in = affine_map<(n, c, k) -> (n, c, k)>
#out = affine_map<(n, c, k) -> (n, c)>
// What is summed lies together already.
// CHECK-LABEL: func @last_axis
// CHECK: iterator_types = ["parallel", "parallel", "reduction"]
func.func @last_axis(%x: memref<1x32x49xf32>, %y: memref<1x32xf32>) {
  linalg.generic {indexing_maps = [#in, #out], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x : memref<1x32x49xf32>) outs(%y : memref<1x32xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.addf %a, %b : f32
    linalg.yield %0 : f32
  }
  return
}

// -----

#in = affine_map<(n, c, p) -> (n, p, c)>
#out = affine_map<(n, c, p) -> (n, c, p)>
// A large transposition goes block by block of rows: their lines stay in L1
// while all channels are read.
// CHECK-DAG: #[[IN:.*]] = affine_map<(d0, d1, d2, d3) -> (d3, d0, d2, d1)>
// CHECK-DAG: #[[OUT:.*]] = affine_map<(d0, d1, d2, d3) -> (d3, d1, d0, d2)>
// CHECK-LABEL: func @transposition
// CHECK: memref.expand_shape {{.*}} into memref<1x25x40x48xf32>
// CHECK: memref.expand_shape {{.*}} into memref<1x48x25x40xf32>
// CHECK: linalg.generic {indexing_maps = [#[[IN]], #[[OUT]]]
func.func @transposition(%x: memref<1x1000x48xf32>, %y: memref<1x48x1000xf32>) {
  linalg.generic {indexing_maps = [#in, #out], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x : memref<1x1000x48xf32>) outs(%y : memref<1x48x1000xf32>) {
  ^bb0(%a: f32, %b: f32):
    linalg.yield %a : f32
  }
  return
}

// -----

#in = affine_map<(c, p) -> (p, c)>
#out = affine_map<(c, p) -> (c, p)>
// Rows that no block divides leave a rest.
// CHECK-LABEL: func @transposition_rest
// CHECK: memref.subview %arg0[0, 0] [384, 48]
// CHECK: linalg.generic {{.*}} outs(%{{.*}} : memref<48x3x128xf32
// CHECK: memref.subview %arg0[384, 0] [117, 48]
// CHECK: linalg.generic {{.*}} outs(%{{.*}} : memref<48x117xf32
func.func @transposition_rest(%x: memref<501x48xf32>, %y: memref<48x501xf32>) {
  linalg.generic {indexing_maps = [#in, #out], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<501x48xf32>) outs(%y : memref<48x501xf32>) {
  ^bb0(%a: f32, %b: f32):
    linalg.yield %a : f32
  }
  return
}

// -----

// One number has no loops.
// CHECK-LABEL: func @scalar
// CHECK: linalg.generic {{.*}} iterator_types = []
func.func @scalar(%x: memref<f32>, %y: memref<f32>) {
  linalg.generic {indexing_maps = [affine_map<() -> ()>, affine_map<() -> ()>], iterator_types = []}
      ins(%x : memref<f32>) outs(%y : memref<f32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.negf %a : f32
    linalg.yield %0 : f32
  }
  return
}
