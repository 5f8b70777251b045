// RUN: octet-opt %s --octet-forward-copies --split-input-file | FileCheck %s

#id = affine_map<(d0) -> (d0)>
// CHECK-LABEL: func @copied_buffer_is_not_needed
// CHECK-SAME: (%[[X:.*]]: memref<4xf32>, %[[Y:.*]]: memref<8xf32>)
// CHECK: %[[V:.*]] = memref.subview %[[Y]]
// CHECK-NOT: alloc
// CHECK: linalg.exp ins(%[[X]] : memref<4xf32>) outs(%[[V]]
// CHECK-NOT: linalg.generic
func.func @copied_buffer_is_not_needed(%x: memref<4xf32>, %y: memref<8xf32>) {
  %0 = memref.alloc() : memref<4xf32>
  linalg.exp ins(%x : memref<4xf32>) outs(%0 : memref<4xf32>)
  %1 = memref.subview %y[4] [4] [1] : memref<8xf32> to memref<4xf32, strided<[1], offset: 4>>
  memref.copy %0, %1 : memref<4xf32> to memref<4xf32, strided<[1], offset: 4>>
  return
}

// -----

// CHECK-LABEL: func @target_is_used_meanwhile
// CHECK: linalg.generic
// CHECK-NEXT: ^bb0(%[[A:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT: linalg.yield %[[A]]
func.func @target_is_used_meanwhile(%x: memref<4xf32>, %y: memref<4xf32>, %z: memref<4xf32>) {
  %0 = memref.alloc() : memref<4xf32>
  linalg.exp ins(%x : memref<4xf32>) outs(%0 : memref<4xf32>)
  linalg.log ins(%y : memref<4xf32>) outs(%z : memref<4xf32>)
  memref.copy %0, %y : memref<4xf32> to memref<4xf32>
  return
}

// -----

// CHECK-LABEL: func @source_is_read_later
// CHECK: linalg.generic
func.func @source_is_read_later(%x: memref<4xf32>, %y: memref<4xf32>, %z: memref<4xf32>) {
  %0 = memref.alloc() : memref<4xf32>
  linalg.exp ins(%x : memref<4xf32>) outs(%0 : memref<4xf32>)
  memref.copy %0, %y : memref<4xf32> to memref<4xf32>
  linalg.log ins(%0 : memref<4xf32>) outs(%z : memref<4xf32>)
  return
}

// -----

#id = affine_map<(d0) -> (d0)>
// CHECK-LABEL: func @operand_that_dies_is_written
// CHECK: %[[A:.*]] = memref.alloc
// CHECK-NOT: memref.alloc
// CHECK: linalg.generic {{.*}} ins(%[[A]] : memref<4xf32>) outs(%[[A]] : memref<4xf32>)
// CHECK: linalg.log ins(%[[A]]
func.func @operand_that_dies_is_written(%x: memref<4xf32>, %y: memref<4xf32>) {
  %0 = memref.alloc() : memref<4xf32>
  linalg.exp ins(%x : memref<4xf32>) outs(%0 : memref<4xf32>)
  %1 = memref.alloc() : memref<4xf32>
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%0 : memref<4xf32>) outs(%1 : memref<4xf32>) {
  ^bb0(%a: f32, %b: f32):
    %2 = arith.negf %a : f32
    linalg.yield %2 : f32
  }
  linalg.log ins(%1 : memref<4xf32>) outs(%y : memref<4xf32>)
  return
}

// -----

#id = affine_map<(d0) -> (d0)>
#back = affine_map<(d0) -> (3 - d0)>
// CHECK-LABEL: func @other_order_needs_its_own_buffer
// CHECK-COUNT-2: memref.alloc
func.func @other_order_needs_its_own_buffer(%x: memref<4xf32>, %y: memref<4xf32>) {
  %0 = memref.alloc() : memref<4xf32>
  linalg.exp ins(%x : memref<4xf32>) outs(%0 : memref<4xf32>)
  %1 = memref.alloc() : memref<4xf32>
  linalg.generic {indexing_maps = [#back, #id], iterator_types = ["parallel"]}
      ins(%0 : memref<4xf32>) outs(%1 : memref<4xf32>) {
  ^bb0(%a: f32, %b: f32):
    linalg.yield %a : f32
  }
  linalg.log ins(%1 : memref<4xf32>) outs(%y : memref<4xf32>)
  return
}
