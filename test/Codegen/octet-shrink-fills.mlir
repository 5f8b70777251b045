// RUN: octet-opt %s --octet-shrink-fills --split-input-file | FileCheck %s

// CHECK-LABEL: func @border_only
// CHECK-SAME: (%[[X:.*]]: memref<4x4xf32>, %[[Y:.*]]: memref<6x5xf32>)
// CHECK: %[[TOP:.*]] = memref.subview %[[Y]][0, 0] [1, 5] [1, 1]
// CHECK: linalg.fill {octet.border} ins(%{{.*}}) outs(%[[TOP]]
// CHECK: %[[BOTTOM:.*]] = memref.subview %[[Y]][5, 0] [1, 5] [1, 1]
// CHECK: linalg.fill {octet.border} ins(%{{.*}}) outs(%[[BOTTOM]]
// CHECK: %[[LEFT:.*]] = memref.subview %[[Y]][1, 0] [4, 1] [1, 1]
// CHECK: linalg.fill {octet.border} ins(%{{.*}}) outs(%[[LEFT]]
// CHECK-NOT: linalg.fill
// CHECK: linalg.exp
func.func @border_only(%x: memref<4x4xf32>, %y: memref<6x5xf32>) {
  %z = arith.constant 0.0 : f32
  linalg.fill ins(%z : f32) outs(%y : memref<6x5xf32>)
  %0 = memref.subview %y[1, 1] [4, 4] [1, 1] : memref<6x5xf32> to memref<4x4xf32, strided<[5, 1], offset: 6>>
  linalg.exp ins(%x : memref<4x4xf32>) outs(%0 : memref<4x4xf32, strided<[5, 1], offset: 6>>)
  return
}

// -----

// CHECK-LABEL: func @read_before_it_is_written
// CHECK: linalg.fill ins(%{{.*}}) outs(%{{.*}} : memref<6xf32>)
func.func @read_before_it_is_written(%x: memref<4xf32>, %y: memref<6xf32>, %w: memref<6xf32>) {
  %z = arith.constant 0.0 : f32
  linalg.fill ins(%z : f32) outs(%y : memref<6xf32>)
  linalg.log ins(%y : memref<6xf32>) outs(%w : memref<6xf32>)
  %0 = memref.subview %y[1] [4] [1] : memref<6xf32> to memref<4xf32, strided<[1], offset: 1>>
  linalg.exp ins(%x : memref<4xf32>) outs(%0 : memref<4xf32, strided<[1], offset: 1>>)
  return
}

// -----

#id = affine_map<(d0) -> (d0)>
// CHECK-LABEL: func @accumulated_into
// CHECK: linalg.fill ins(%{{.*}}) outs(%{{.*}} : memref<6xf32>)
func.func @accumulated_into(%x: memref<4xf32>, %y: memref<6xf32>) {
  %z = arith.constant 0.0 : f32
  linalg.fill ins(%z : f32) outs(%y : memref<6xf32>)
  %0 = memref.subview %y[1] [4] [1] : memref<6xf32> to memref<4xf32, strided<[1], offset: 1>>
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : memref<4xf32>) outs(%0 : memref<4xf32, strided<[1], offset: 1>>) {
  ^bb0(%a: f32, %b: f32):
    %1 = arith.addf %a, %b : f32
    linalg.yield %1 : f32
  }
  return
}

// -----

// Parts that do not meet: the fill stands where it stood, as a step of its own.
// CHECK-LABEL: func @two_parts
// CHECK: linalg.fill ins(%{{.*}}) outs(%{{.*}} : memref<4xf32
// CHECK-NOT: octet.border
func.func @two_parts(%x: memref<3xf32>, %y: memref<7xf32>) {
  %z = arith.constant 0.0 : f32
  linalg.fill ins(%z : f32) outs(%y : memref<7xf32>)
  %0 = memref.subview %y[0] [3] [1] : memref<7xf32> to memref<3xf32, strided<[1]>>
  linalg.exp ins(%x : memref<3xf32>) outs(%0 : memref<3xf32, strided<[1]>>)
  %1 = memref.subview %y[4] [3] [1] : memref<7xf32> to memref<3xf32, strided<[1], offset: 4>>
  linalg.log ins(%x : memref<3xf32>) outs(%1 : memref<3xf32, strided<[1], offset: 4>>)
  return
}

// -----

// Parts of a part: every second column, and the others; together all columns
// of two rows.
// CHECK-LABEL: func @parts_that_interleave
// CHECK: linalg.fill {octet.border} ins(%{{.*}}) outs(%{{.*}} : memref<1x4xf32
// CHECK: linalg.fill {octet.border} ins(%{{.*}}) outs(%{{.*}} : memref<1x4xf32
// CHECK-NOT: linalg.fill
func.func @parts_that_interleave(%x: memref<2x2xf32>, %y: memref<4x4xf32>) {
  %z = arith.constant 0.0 : f32
  linalg.fill ins(%z : f32) outs(%y : memref<4x4xf32>)
  %0 = memref.subview %y[1, 0] [2, 4] [1, 1] : memref<4x4xf32> to memref<2x4xf32, strided<[4, 1], offset: 4>>
  %1 = memref.subview %0[0, 0] [2, 2] [1, 2] : memref<2x4xf32, strided<[4, 1], offset: 4>> to memref<2x2xf32, strided<[4, 2], offset: 4>>
  linalg.exp ins(%x : memref<2x2xf32>) outs(%1 : memref<2x2xf32, strided<[4, 2], offset: 4>>)
  %2 = memref.subview %0[0, 1] [2, 2] [1, 2] : memref<2x4xf32, strided<[4, 1], offset: 4>> to memref<2x2xf32, strided<[4, 2], offset: 5>>
  linalg.exp ins(%x : memref<2x2xf32>) outs(%2 : memref<2x2xf32, strided<[4, 2], offset: 5>>)
  return
}
