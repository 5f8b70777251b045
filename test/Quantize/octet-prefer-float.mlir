// RUN: octet-opt %s --split-input-file --octet-prefer-float | FileCheck %s

// A magnitude: the root is steep, and what leads to it alone need not be rounded.
// CHECK-LABEL: func @magnitude
// CHECK: octet.mul %[[X:.*]], %[[X]] {octet.prefers_float = "its neighbours
// CHECK: octet.mul {{.*}} {octet.prefers_float = "its neighbours
// CHECK: octet.add {{.*}} {octet.prefers_float = "its neighbours
// CHECK: octet.sqrt {{.*}} {octet.prefers_float = "256 codes
func.func @magnitude(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %a = octet.mul %x, %x : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %b = octet.mul %y, %y : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %s = octet.add %a, %b : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %m = octet.sqrt %s : tensor<4xf32> -> tensor<4xf32>
  return %m : tensor<4xf32>
}

// -----

// The cell of a recurrence: gates, what they multiply, and the next state.
// CHECK-LABEL: func @cell
// CHECK: octet.sigmoid {{.*}} {octet.prefers_float
// CHECK: octet.tanh {{.*}} {octet.prefers_float
// CHECK: octet.mul {{.*}} {octet.prefers_float = "a gate's product
// CHECK: octet.mul {{.*}} {octet.prefers_float = "a gate's product
// CHECK: octet.add {{.*}} {octet.prefers_float
func.func @cell(%x: tensor<1x8xf32>, %c: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %i = octet.slice %x {starts = array<i64: 0, 0>, sizes = array<i64: 1, 4>, steps = array<i64: 1, 1>} : (tensor<1x8xf32>) -> tensor<1x4xf32>
  %g = octet.slice %x {starts = array<i64: 0, 4>, sizes = array<i64: 1, 4>, steps = array<i64: 1, 1>} : (tensor<1x8xf32>) -> tensor<1x4xf32>
  %si = octet.sigmoid %i : tensor<1x4xf32> -> tensor<1x4xf32>
  %tg = octet.tanh %g : tensor<1x4xf32> -> tensor<1x4xf32>
  %new = octet.mul %si, %tg : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  %old = octet.mul %si, %c : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  %sum = octet.add %new, %old : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  return %sum : tensor<1x4xf32>
}

// -----

// A weight for each channel, x * sigmoid(x), and a sum of two images stay as
// they are: large, and computed where integers are at hand.
// CHECK-LABEL: func @images
// CHECK-NOT: prefers_float
func.func @images(%x: tensor<1x4x8x8xf32>, %s: tensor<1x4x1x1xf32>) -> tensor<1x4x8x8xf32> {
  %gate = octet.sigmoid %s : tensor<1x4x1x1xf32> -> tensor<1x4x1x1xf32>
  %scaled = octet.mul %x, %gate : (tensor<1x4x8x8xf32>, tensor<1x4x1x1xf32>) -> tensor<1x4x8x8xf32>
  %own = octet.sigmoid %scaled : tensor<1x4x8x8xf32> -> tensor<1x4x8x8xf32>
  %swish = octet.mul %scaled, %own : (tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  %sum = octet.add %swish, %x : (tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  return %sum : tensor<1x4x8x8xf32>
}

// -----

// A state of two tensors is quantized part by part.
// CHECK-LABEL: func @state
// CHECK: octet.slice {{.*}}octet.prefers_float = "each part of the input
// CHECK: octet.slice %{{.*}} {sizes
func.func @state(%s: tensor<2x4xf32>, %x: tensor<2x4xf32>) -> (tensor<1x4xf32>, tensor<1x4xf32>) {
  %h = octet.slice %s {starts = array<i64: 0, 0>, sizes = array<i64: 1, 4>, steps = array<i64: 1, 1>} : (tensor<2x4xf32>) -> tensor<1x4xf32>
  %p = octet.slice %x {starts = array<i64: 0, 0>, sizes = array<i64: 1, 4>, steps = array<i64: 2, 1>} : (tensor<2x4xf32>) -> tensor<1x4xf32>
  return %h, %p : tensor<1x4xf32>, tensor<1x4xf32>
}
