// RUN: octet-opt %s --split-input-file --octet-keep-resolution | FileCheck %s

// Samples that reach from -1 to 1 together, but -0.05 to 0.05 in the mean.
// CHECK-LABEL: func @quiet_and_loud
// CHECK: octet.reshape %arg0 {octet.stays_float = "a typical sample spans
// CHECK: octet.matmul{{.*}}octet.stays_float = "a typical sample spans
func.func @quiet_and_loud(%x: tensor<1x2x2xf32>, %w: tensor<4x3xf32>) -> tensor<1x3xf32> {
  %o = octet.observe %x by <> seen <range [-1.0, 1.0], samples [-0.05, 0.05], sum 0.0, count 64> : tensor<1x2x2xf32>
  %r = octet.reshape %o {shape = array<i64: 1, 4>, octet.scheme = #octet.scheme<>} : (tensor<1x2x2xf32>) -> tensor<1x4xf32>
  %means = octet.observe %r {channel_axis = 1 : i64} : tensor<1x4xf32>
  %y = octet.matmul(%r, %w) {octet.scheme = #octet.scheme<>} : (tensor<1x4xf32>, tensor<4x3xf32>) -> tensor<1x3xf32>
  return %y : tensor<1x3xf32>
}

// -----

// A recipe insists; the addition has no weights; these samples are alike.
// CHECK-LABEL: func @kept
// CHECK-NOT: stays_float
func.func @kept(%x: tensor<1x4xf32>, %z: tensor<1x4xf32>, %w: tensor<4x3xf32>) -> (tensor<1x3xf32>, tensor<1x4xf32>, tensor<1x3xf32>) {
  %o = octet.observe %x by <> seen <range [-1.0, 1.0], samples [-0.05, 0.05], sum 0.0, count 64> : tensor<1x4xf32>
  %a = octet.matmul(%o, %w) {octet.requires_integers, octet.scheme = #octet.scheme<>} : (tensor<1x4xf32>, tensor<4x3xf32>) -> tensor<1x3xf32>
  %b = octet.add %o, %o {octet.scheme = #octet.scheme<>} : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  %p = octet.observe %z by <> seen <range [-1.0, 1.0], samples [-0.5, 0.5], sum 0.0, count 64> : tensor<1x4xf32>
  %c = octet.matmul(%p, %w) {octet.scheme = #octet.scheme<>} : (tensor<1x4xf32>, tensor<4x3xf32>) -> tensor<1x3xf32>
  return %a, %b, %c : tensor<1x3xf32>, tensor<1x4xf32>, tensor<1x3xf32>
}

// -----

// Both operands of a product, and all or none of a movement's readers: an
// addition reads the second one's result, so its product stays as it is.
// CHECK-LABEL: func @twice
// CHECK: %[[OBSERVED:.*]] = octet.observe %arg0
// CHECK: octet.matmul(%arg0, %arg0) {octet.stays_float =
// CHECK: %[[MOVED:.*]] = octet.reshape %[[OBSERVED]]
// CHECK-SAME: octet.scheme
// CHECK: octet.matmul(%[[MOVED]], %arg1) {octet.scheme
func.func @twice(%x: tensor<4x4xf32>, %w: tensor<4x3xf32>) -> (tensor<4x4xf32>, tensor<4x3xf32>, tensor<4x4xf32>) {
  %o = octet.observe %x by <> seen <range [-1.0, 1.0], samples [-0.05, 0.05], sum 0.0, count 64> : tensor<4x4xf32>
  %a = octet.matmul(%o, %o) {octet.scheme = #octet.scheme<>} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %r = octet.reshape %o {shape = array<i64: 4, 4>, octet.scheme = #octet.scheme<>} : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %b = octet.matmul(%r, %w) {octet.scheme = #octet.scheme<>} : (tensor<4x4xf32>, tensor<4x3xf32>) -> tensor<4x3xf32>
  %c = octet.add %r, %r {octet.scheme = #octet.scheme<>} : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  return %a, %b, %c : tensor<4x4xf32>, tensor<4x3xf32>, tensor<4x4xf32>
}
