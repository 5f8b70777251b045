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

// -----

// Channels are split, shuffled and merged where they lie: last.
// CHECK-LABEL: func @shuffle
// CHECK: %[[P:.*]] = octet.max_pool {{.*}}channels_last
// CHECK: %[[R:.*]] = octet.reshape %[[P]] {shape = array<i64: 1, 2, 2, 2, 3>}
// CHECK: %[[T:.*]] = octet.transpose %[[R]] {permutation = array<i64: 0, 1, 2, 4, 3>}
// CHECK: %[[M:.*]] = octet.reshape %[[T]] {shape = array<i64: 1, 2, 2, 6>}
// CHECK: %[[S:.*]] = octet.slice %[[M]] {sizes = array<i64: 1, 2, 2, 3>, starts = array<i64: 0, 0, 0, 3>
// CHECK-NOT: octet.transpose
// CHECK: octet.max_pool %[[S]]
func.func @shuffle(%x: tensor<1x6x4x4xf32>) -> tensor<1x3x1x1xf32> {
  %p = octet.max_pool %x {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
    : (tensor<1x6x4x4xf32>) -> tensor<1x6x2x2xf32>
  %r = octet.reshape %p {shape = array<i64: 1, 2, 3, 2, 2>} : (tensor<1x6x2x2xf32>) -> tensor<1x2x3x2x2xf32>
  %t = octet.transpose %r {permutation = array<i64: 0, 2, 1, 3, 4>} : (tensor<1x2x3x2x2xf32>) -> tensor<1x3x2x2x2xf32>
  %m = octet.reshape %t {shape = array<i64: 1, 6, 2, 2>} : (tensor<1x3x2x2x2xf32>) -> tensor<1x6x2x2xf32>
  %s = octet.slice %m {starts = array<i64: 0, 3, 0, 0>, sizes = array<i64: 1, 3, 2, 2>, steps = array<i64: 1, 1, 1, 1>}
    : (tensor<1x6x2x2xf32>) -> tensor<1x3x2x2xf32>
  %q = octet.max_pool %s {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
    : (tensor<1x3x2x2xf32>) -> tensor<1x3x1x1xf32>
  return %q : tensor<1x3x1x1xf32>
}

// -----

// Heads that are merged lie apart before they are moved: no block.
// CHECK-LABEL: func @heads
// CHECK: %[[T:.*]] = octet.transpose %arg0 {permutation = array<i64: 0, 2, 1, 3>}
// CHECK: octet.reshape %[[T]]
func.func @heads(%x: tensor<2x3x4x5xf32>) -> tensor<2x4x15xf32> {
  %t = octet.transpose %x {permutation = array<i64: 0, 2, 1, 3>} : (tensor<2x3x4x5xf32>) -> tensor<2x4x3x5xf32>
  %r = octet.reshape %t {shape = array<i64: 2, 4, 15>} : (tensor<2x4x3x5xf32>) -> tensor<2x4x15xf32>
  return %r : tensor<2x4x15xf32>
}

// -----

// Positions become one axis: that is no shuffle of channels.
// CHECK-LABEL: func @flatten
// CHECK: %[[P:.*]] = octet.max_pool {{.*}}channels_last
// CHECK: %[[T:.*]] = octet.transpose %[[P]] {permutation = array<i64: 0, 3, 1, 2>}
// CHECK: octet.reshape %[[T]]
func.func @flatten(%x: tensor<1x6x4x4xf32>) -> tensor<1x6x4xf32> {
  %p = octet.max_pool %x {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
    : (tensor<1x6x4x4xf32>) -> tensor<1x6x2x2xf32>
  %r = octet.reshape %p {shape = array<i64: 1, 6, 4>} : (tensor<1x6x2x2xf32>) -> tensor<1x6x4xf32>
  return %r : tensor<1x6x4xf32>
}

// -----

// What grows is transposed before.
// CHECK-LABEL: func @grows
// CHECK: %[[P:.*]] = octet.max_pool {{.*}}channels_last
// CHECK: %[[T:.*]] = octet.transpose %[[P]] {permutation = array<i64: 0, 3, 1, 2>}
// CHECK: %[[R:.*]] = octet.resize %[[T]]
// CHECK-NOT: channels_last
// CHECK: return %[[R]]
func.func @grows(%x: tensor<1x3x4x4xf32>) -> tensor<1x3x8x8xf32> {
  %p = octet.max_pool %x {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
    : (tensor<1x3x4x4xf32>) -> tensor<1x3x2x2xf32>
  %r = octet.resize %p {sizes = array<i64: 8, 8>, scales = array<f64: 4.0, 4.0>, mode = #octet<resize_mode linear>, coordinates = #octet<resize_coordinates half_pixel>}
    : (tensor<1x3x2x2xf32>) -> tensor<1x3x8x8xf32>
  return %r : tensor<1x3x8x8xf32>
}
