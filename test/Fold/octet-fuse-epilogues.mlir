// RUN: octet-opt %s --split-input-file --octet-fuse-epilogues | FileCheck %s

// CHECK-LABEL: func @add_and_relu
// CHECK: %[[Y:.*]] = octet.matmul(%arg0, %arg1, residual %arg2) {clamp = #octet.clamp<0.000000e+00 : inf>}
// CHECK-NEXT: return %[[Y]]
func.func @add_and_relu(%x: tensor<1x4xf32>, %w: tensor<4x4xf32>, %r: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %c = octet.matmul(%x, %w) : (tensor<1x4xf32>, tensor<4x4xf32>) -> tensor<1x4xf32>
  %s = octet.add %r, %c : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  %y = octet.relu %s : tensor<1x4xf32> -> tensor<1x4xf32>
  return %y : tensor<1x4xf32>
}

// -----

// Two clamps: the later one cuts what the earlier one left.
// CHECK-LABEL: func @two_clamps
// CHECK: octet.add %arg0, %arg0 {clamp = #octet.clamp<0.000000e+00 : 6.000000e+00>}
func.func @two_clamps(%x: tensor<4xf32>) -> tensor<4xf32> {
  %s = octet.add %x, %x : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %a = octet.relu %s : tensor<4xf32> -> tensor<4xf32>
  %y = octet.clip %a {low = -1.0 : f64, high = 6.0 : f64} : tensor<4xf32> -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// The value before the relu is used, too.
// CHECK-LABEL: func @two_users
// CHECK: %[[S:.*]] = octet.add %arg0, %arg0 :
// CHECK: octet.relu %[[S]]
func.func @two_users(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %s = octet.add %x, %x : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %y = octet.relu %s : tensor<4xf32> -> tensor<4xf32>
  return %s, %y : tensor<4xf32>, tensor<4xf32>
}

// -----

// Of two products the later one takes the sum.
// CHECK-LABEL: func @two_products
// CHECK: %[[A:.*]] = octet.matmul(%arg0, %arg1)
// CHECK: %[[B:.*]] = octet.matmul(%arg0, %arg1, residual %[[A]])
// CHECK: return %[[B]]
func.func @two_products(%x: tensor<1x4xf32>, %w: tensor<4x4xf32>) -> tensor<1x4xf32> {
  %a = octet.matmul(%x, %w) : (tensor<1x4xf32>, tensor<4x4xf32>) -> tensor<1x4xf32>
  %b = octet.matmul(%x, %w) : (tensor<1x4xf32>, tensor<4x4xf32>) -> tensor<1x4xf32>
  %y = octet.add %a, %b : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  return %y : tensor<1x4xf32>
}

// -----

// A clamp before the sum cannot come after it; a broadcast is no residual.
// CHECK-LABEL: func @no_residual
// CHECK-COUNT-2: octet.add
func.func @no_residual(%x: tensor<1x4xf32>, %w: tensor<4x4xf32>, %r: tensor<1x4xf32>, %s: tensor<4xf32>) -> (tensor<1x4xf32>, tensor<1x4xf32>) {
  %c = octet.matmul(%x, %w) {clamp = #octet.clamp<0.0 : inf>} : (tensor<1x4xf32>, tensor<4x4xf32>) -> tensor<1x4xf32>
  %y = octet.add %c, %r : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  %d = octet.matmul(%x, %w) : (tensor<1x4xf32>, tensor<4x4xf32>) -> tensor<1x4xf32>
  %z = octet.add %d, %s : (tensor<1x4xf32>, tensor<4xf32>) -> tensor<1x4xf32>
  return %y, %z : tensor<1x4xf32>, tensor<1x4xf32>
}
