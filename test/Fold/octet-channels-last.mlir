// RUN: octet-opt %s --split-input-file --octet-channels-last --canonicalize | FileCheck %s

// One transpose in, one out; the concat's axis and the slope's axes follow.
// CHECK-LABEL: func @between
// CHECK: %[[I:.*]] = octet.transpose %arg0 {permutation = array<i64: 0, 2, 3, 1>}
// CHECK: %[[P:.*]] = octet.max_pool %[[I]] {{.*}}channels_last
// CHECK: %[[C:.*]] = octet.concat %[[P]], %[[P]] {axis = 3 : i64}
// CHECK: %[[M:.*]] = octet.mul %[[C]], %{{.*}} : (tensor<1x2x2x4xf32>, tensor<1x1x1x4xf32>)
// CHECK: %[[Q:.*]] = octet.max_pool %[[M]] {{.*}}channels_last
// CHECK: %[[O:.*]] = octet.reshape %[[Q]] {shape = array<i64: 1, 4, 1, 1>}
// CHECK: return %[[O]]
func.func @between(%x: tensor<1x2x4x4xf32>) -> tensor<1x4x1x1xf32> {
  %p = octet.max_pool %x {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
    : (tensor<1x2x4x4xf32>) -> tensor<1x2x2x2xf32>
  %c = octet.concat %p, %p {axis = 1 : i64} : (tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>) -> tensor<1x4x2x2xf32>
  %s = octet.constant dense<[[[1.0]], [[2.0]], [[3.0]], [[4.0]]]> : tensor<4x1x1xf32> -> tensor<4x1x1xf32>
  %m = octet.mul %c, %s : (tensor<1x4x2x2xf32>, tensor<4x1x1xf32>) -> tensor<1x4x2x2xf32>
  %q = octet.max_pool %m {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
    : (tensor<1x4x2x2xf32>) -> tensor<1x4x1x1xf32>
  return %q : tensor<1x4x1x1xf32>
}
