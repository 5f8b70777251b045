// RUN: octet-opt %s --octet-form-bands=height=3 --canonicalize --split-input-file | FileCheck %s
// RUN: octet-opt %s --octet-form-bands --canonicalize --split-input-file | FileCheck %s --check-prefix=GAIN

// The window of seven rows and one of slack on either side; the third band of
// eight rows begins at the fifth. The first stage never leaves its 15 rows.
// CHECK-LABEL: func @border
// CHECK-SAME: (%[[X:.*]]: memref<1x15x16x4xi8>
// CHECK: scf.forall (%[[STRAND:.*]]) in (3)
// CHECK: %[[BAND:.*]] = memref.alloc() : memref<1x9x18x4xi8>
// CHECK: %[[LEFT:.*]] = memref.subview %[[BAND]][0, 0, 0, 0] [1, 9, 1, 4]
// CHECK: linalg.fill ins(%{{.*}}) outs(%[[LEFT]]
// CHECK: scf.for %[[I:.*]] = %{{.*}} to %{{.*}} step
// CHECK: %[[ROW:.*]] = arith.muli %[[I]], %c3
// CHECK: %[[LAST:.*]] = arith.minsi %[[ROW]], %c5
// CHECK: %[[TOP:.*]] = arith.muli %[[LAST]], %c2
// CHECK: %[[ABOVE:.*]] = arith.addi %[[TOP]], %c-1
// CHECK: %[[MOST:.*]] = arith.minsi %[[ABOVE]], %c8
// CHECK: %[[FIRST:.*]] = arith.maxsi %[[MOST]], %c0
// CHECK: %[[IN:.*]] = memref.subview %[[X]][0, %[[FIRST]], 0, 0] [1, 7, 16, 4]
// CHECK: %[[INSIDE:.*]] = memref.subview %[[BAND]][0, %{{.*}}, 1, 0] [1, 7, 16, 4]
// CHECK: octet_kernel.conv ins(%[[IN]], {{.*}} outs(%[[INSIDE]]
// CHECK: %[[IS_FIRST:.*]] = arith.cmpi slt, %[[TOP]], %c1
// CHECK: scf.if %[[IS_FIRST]]
// CHECK: linalg.fill {{.*}} memref<1x1x18x4xi8
// CHECK: %[[IS_LAST:.*]] = arith.cmpi sgt, %[[TOP]], %c9
// CHECK: scf.if %[[IS_LAST]]
// CHECK: linalg.fill {{.*}} memref<1x1x18x4xi8
// CHECK: %[[WINDOW:.*]] = memref.subview %[[BAND]][0, 1, 0, 0] [1, 7, 18, 4]
// CHECK: %[[OUT:.*]] = memref.subview %{{.*}}[0, %[[LAST]], 0, 0] [1, 3, 8, 4]
// CHECK: octet_kernel.conv ins(%[[WINDOW]], {{.*}} outs(%[[OUT]]
// CHECK: octet.macs = 6144
// CHECK-NOT: octet_kernel.conv
// GAIN-LABEL: func @border
// GAIN-NOT: scf.forall
func.func @border(%x: memref<1x15x16x4xi8>, %w: memref<4x1x1x4xi8>, %v: memref<4x3x3x1xi8>, %y: memref<1x8x8x4xi8>) {
  %z = arith.constant 7 : i8
  %0 = memref.alloc() : memref<1x17x18x4xi8>
  %top = memref.subview %0[0, 0, 0, 0] [1, 1, 18, 4] [1, 1, 1, 1] : memref<1x17x18x4xi8> to memref<1x1x18x4xi8, strided<[1224, 72, 4, 1]>>
  linalg.fill {octet.border} ins(%z : i8) outs(%top : memref<1x1x18x4xi8, strided<[1224, 72, 4, 1]>>)
  %bottom = memref.subview %0[0, 16, 0, 0] [1, 1, 18, 4] [1, 1, 1, 1] : memref<1x17x18x4xi8> to memref<1x1x18x4xi8, strided<[1224, 72, 4, 1], offset: 1152>>
  linalg.fill {octet.border} ins(%z : i8) outs(%bottom : memref<1x1x18x4xi8, strided<[1224, 72, 4, 1], offset: 1152>>)
  %left = memref.subview %0[0, 1, 0, 0] [1, 15, 1, 4] [1, 1, 1, 1] : memref<1x17x18x4xi8> to memref<1x15x1x4xi8, strided<[1224, 72, 4, 1], offset: 72>>
  linalg.fill {octet.border} ins(%z : i8) outs(%left : memref<1x15x1x4xi8, strided<[1224, 72, 4, 1], offset: 72>>)
  %inside = memref.subview %0[0, 1, 1, 0] [1, 15, 16, 4] [1, 1, 1, 1] : memref<1x17x18x4xi8> to memref<1x15x16x4xi8, strided<[1224, 72, 4, 1], offset: 76>>
  octet_kernel.conv ins(%x, %w : memref<1x15x16x4xi8>, memref<4x1x1x4xi8>) outs(%inside : memref<1x15x16x4xi8, strided<[1224, 72, 4, 1], offset: 76>>)
      attributes {kernel = array<i64: 1, 1>} {
  ^bb0(%s: i32):
    %t = arith.trunci %s : i32 to i8
    octet_kernel.yield %t : i8
  }
  octet_kernel.conv ins(%0, %v : memref<1x17x18x4xi8>, memref<4x3x3x1xi8>) outs(%y : memref<1x8x8x4xi8>)
      attributes {groups = 4 : i64, kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>} {
  ^bb0(%s: i32):
    %t = arith.trunci %s : i32 to i8
    octet_kernel.yield %t : i8
  }
  return
}

// -----

// A sum takes its rows of what the chain reads; a value per channel, all of it.
// CHECK-LABEL: func @sum_with_input
// CHECK-SAME: (%[[X:.*]]: memref<1x6x5x8xi8>, %[[W:.*]]: memref<8x1x1x8xi8>, %[[BIAS:.*]]: memref<8xi32>
// CHECK: scf.forall
// CHECK: scf.for %[[I:.*]] =
// CHECK: %[[ROW:.*]] = arith.muli %[[I]], %c3
// CHECK: memref.subview %[[X]][0, %[[ROW]], 0, 0] [1, 3, 5, 8]
// CHECK: octet_kernel.conv
// CHECK: %[[SKIP:.*]] = memref.subview %[[X]][0, %[[ROW]], 0, 0] [1, 3, 5, 8]
// CHECK: octet_kernel.conv {{.*}} epilogue(%[[BIAS]], %[[SKIP]] :
func.func @sum_with_input(%x: memref<1x6x5x8xi8>, %w: memref<8x1x1x8xi8>, %bias: memref<8xi32>, %y: memref<1x6x5x8xi8>) {
  %0 = memref.alloc() : memref<1x6x5x8xi8>
  octet_kernel.conv ins(%x, %w : memref<1x6x5x8xi8>, memref<8x1x1x8xi8>) outs(%0 : memref<1x6x5x8xi8>)
      attributes {kernel = array<i64: 1, 1>} {
  ^bb0(%s: i32):
    %t = arith.trunci %s : i32 to i8
    octet_kernel.yield %t : i8
  }
  octet_kernel.conv ins(%0, %w : memref<1x6x5x8xi8>, memref<8x1x1x8xi8>)
      epilogue(%bias, %x : memref<8xi32>, memref<1x6x5x8xi8>) outs(%y : memref<1x6x5x8xi8>)
      attributes {kernel = array<i64: 1, 1>} {
  ^bb0(%s: i32, %b: i32, %r: i8):
    %t = arith.trunci %s : i32 to i8
    %u = arith.addi %t, %r : i8
    octet_kernel.yield %u : i8
  }
  return
}

// -----

#all = affine_map<(n, h, w, c) -> (n, h, w, c)>
// The image is needed later, too.
// CHECK-LABEL: func @two_readers
// CHECK-NOT: scf.forall
func.func @two_readers(%x: memref<1x6x5x8xi8>, %y: memref<1x6x5x8xi8>, %z: memref<1x6x5x8xi8>) {
  %0 = memref.alloc() : memref<1x6x5x8xi8>
  linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%x : memref<1x6x5x8xi8>) outs(%0 : memref<1x6x5x8xi8>) {
  ^bb0(%a: i8, %b: i8):
    %1 = arith.addi %a, %a : i8
    linalg.yield %1 : i8
  }
  linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%0 : memref<1x6x5x8xi8>) outs(%y : memref<1x6x5x8xi8>) {
  ^bb0(%a: i8, %b: i8):
    %1 = arith.addi %a, %a : i8
    linalg.yield %1 : i8
  }
  linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%0 : memref<1x6x5x8xi8>) outs(%z : memref<1x6x5x8xi8>) {
  ^bb0(%a: i8, %b: i8):
    %1 = arith.muli %a, %a : i8
    linalg.yield %1 : i8
  }
  return
}

// -----

#all = affine_map<(n, h, w, c) -> (n, h, w, c)>
#turned = affine_map<(n, h, w, c) -> (n, w, h, c)>
// A row of the second needs all rows of the first.
// CHECK-LABEL: func @turned
// CHECK-NOT: scf.forall
func.func @turned(%x: memref<1x6x6x8xi8>, %y: memref<1x6x6x8xi8>) {
  %0 = memref.alloc() : memref<1x6x6x8xi8>
  linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%x : memref<1x6x6x8xi8>) outs(%0 : memref<1x6x6x8xi8>) {
  ^bb0(%a: i8, %b: i8):
    %1 = arith.addi %a, %a : i8
    linalg.yield %1 : i8
  }
  linalg.generic {indexing_maps = [#turned, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%0 : memref<1x6x6x8xi8>) outs(%y : memref<1x6x6x8xi8>) {
  ^bb0(%a: i8, %b: i8):
    %1 = arith.addi %a, %a : i8
    linalg.yield %1 : i8
  }
  return
}

// -----

#all = affine_map<(n, h, w, c) -> (n, h, w, c)>
// The last one writes where the first one reads: a later band would read what
// an earlier one wrote.
// CHECK-LABEL: func @in_place
// CHECK-NOT: scf.forall
func.func @in_place(%x: memref<1x6x5x8xi8>) {
  %0 = memref.alloc() : memref<1x6x5x8xi8>
  linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%x : memref<1x6x5x8xi8>) outs(%0 : memref<1x6x5x8xi8>) {
  ^bb0(%a: i8, %b: i8):
    %1 = arith.addi %a, %a : i8
    linalg.yield %1 : i8
  }
  linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%0 : memref<1x6x5x8xi8>) outs(%x : memref<1x6x5x8xi8>) {
  ^bb0(%a: i8, %b: i8):
    %1 = arith.addi %a, %a : i8
    linalg.yield %1 : i8
  }
  return
}

// -----

// Larger than L2: it gains, and threads can share it.
// CHECK-LABEL: func @large
// CHECK: scf.forall ({{.*}}) in (4)
// GAIN-LABEL: func @large
// GAIN: scf.forall ({{.*}}) in (4)
// GAIN: memref.alloc() : memref<1x17x114x96xi8>
func.func @large(%x: memref<1x114x114x16xi8>, %w: memref<96x1x1x16xi8>, %v: memref<96x3x3x1xi8>, %y: memref<1x56x56x96xi8>) {
  %0 = memref.alloc() : memref<1x114x114x96xi8>
  octet_kernel.conv ins(%x, %w : memref<1x114x114x16xi8>, memref<96x1x1x16xi8>) outs(%0 : memref<1x114x114x96xi8>)
      attributes {kernel = array<i64: 1, 1>} {
  ^bb0(%s: i32):
    %t = arith.trunci %s : i32 to i8
    octet_kernel.yield %t : i8
  }
  octet_kernel.conv ins(%0, %v : memref<1x114x114x96xi8>, memref<96x3x3x1xi8>) outs(%y : memref<1x56x56x96xi8>)
      attributes {groups = 96 : i64, kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>} {
  ^bb0(%s: i32):
    %t = arith.trunci %s : i32 to i8
    octet_kernel.yield %t : i8
  }
  return
}
