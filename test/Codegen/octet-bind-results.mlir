// RUN: octet-opt %s --octet-bind-results --split-input-file | FileCheck %s

// CHECK-LABEL: func @writer_writes_the_argument
// CHECK-SAME: (%[[X:.*]]: memref<4xf32>, %[[Y:.*]]: memref<4xf32> {octet.name = "y", octet.result})
// CHECK-NOT: memref.alloc
// CHECK: linalg.exp ins(%[[X]] : memref<4xf32>) outs(%[[Y]] : memref<4xf32>)
// CHECK: return{{$}}
func.func @writer_writes_the_argument(%x: memref<4xf32>) -> (memref<4xf32> {octet.name = "y"}) {
  %0 = memref.alloc() : memref<4xf32>
  linalg.exp ins(%x : memref<4xf32>) outs(%0 : memref<4xf32>)
  return %0 : memref<4xf32>
}

// -----

// CHECK-LABEL: func @result_has_another_shape
// CHECK: %[[V:.*]] = memref.reinterpret_cast %{{.*}} to offset: [0], sizes: [2, 2]
// CHECK: outs(%[[V]]
func.func @result_has_another_shape(%x: memref<2x2xf32>) -> memref<4xf32> {
  %0 = memref.alloc() : memref<2x2xf32>
  linalg.exp ins(%x : memref<2x2xf32>) outs(%0 : memref<2x2xf32>)
  %1 = memref.collapse_shape %0 [[0, 1]] : memref<2x2xf32> into memref<4xf32>
  return %1 : memref<4xf32>
}

// -----

// CHECK-LABEL: func @input_is_copied
// CHECK: memref.copy %{{.*}}, %{{.*}} : memref<4xf32> to memref<4xf32>
func.func @input_is_copied(%x: memref<4xf32>) -> memref<4xf32> {
  return %x : memref<4xf32>
}

// -----

// CHECK-LABEL: func @second_result_of_a_buffer_is_copied
// CHECK-SAME: %[[A:[a-z0-9]+]]: memref<4xf32> {octet.result}, %[[B:[a-z0-9]+]]: memref<4xf32> {octet.result}
// CHECK: outs(%[[A]]
// CHECK: memref.copy %[[A]], %[[B]]
func.func @second_result_of_a_buffer_is_copied(%x: memref<4xf32>) -> (memref<4xf32>, memref<4xf32>) {
  %0 = memref.alloc() : memref<4xf32>
  linalg.exp ins(%x : memref<4xf32>) outs(%0 : memref<4xf32>)
  return %0, %0 : memref<4xf32>, memref<4xf32>
}
