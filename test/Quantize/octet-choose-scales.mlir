// RUN: octet-opt %s --split-input-file --octet-choose-scales | FileCheck %s

// An asymmetric u8 range: scale 2.55 / 255, zero point 55.
// CHECK-LABEL: func @observer
// CHECK: %[[Q:.*]] = octet.quantize %arg0 : tensor<4xf32> -> tensor<4x!quant.uniform<u8:f32, 0.00999999977{{[0-9]*}}:55>>
// CHECK: %[[D:.*]] = octet.dequantize %[[Q]]
// CHECK: return %[[D]]
func.func @observer(%x: tensor<4xf32>) -> tensor<4xf32> {
  %o = octet.observe %x by <> seen <range [-0.55, 2.0], samples [-0.55, 2.0], sum 0.0, count 4> : tensor<4xf32>
  return %o : tensor<4xf32>
}

// -----

// CHECK-LABEL: func @signed_symmetric
// CHECK: octet.quantize {{.*}}!quant.uniform<i8:f32, 0.01574803{{[0-9]*}}>
func.func @signed_symmetric(%x: tensor<4xf32>) -> tensor<4xf32> {
  %o = octet.observe %x by <activation_signed = true, activation_symmetric = true>
    seen <range [-0.55, 2.0], samples [-0.55, 2.0], sum 0.0, count 4> : tensor<4xf32>
  return %o : tensor<4xf32>
}

// -----

// Nothing but zeros: any scale does, and 1 is one that nobody divides by zero.
// CHECK-LABEL: func @only_zeros
// CHECK: octet.quantize {{.*}}!quant.uniform<u8:f32, 1.000000e+00>
func.func @only_zeros(%x: tensor<4xf32>) -> tensor<4xf32> {
  %o = octet.observe %x by <> seen <range [0.0, 0.0], samples [0.0, 0.0], sum 0.0, count 4> : tensor<4xf32>
  return %o : tensor<4xf32>
}

// -----

// A percentile cuts the lone bin at the end.
// CHECK-LABEL: func @percentile
// CHECK: octet.quantize {{.*}}!quant.uniform<u8:f32, 0.00196078{{[0-9]*}}>
func.func @percentile(%x: tensor<4xf32>) -> tensor<4xf32> {
  %o = octet.observe %x by <observer = percentile, percentile_ppm = 900000>
    seen <range [0.0, 1.0], samples [0.0, 1.0], sum 0.0, count 100, bins [50, 49, 0, 1]> : tensor<4xf32>
  return %o : tensor<4xf32>
}

// -----

// Weights: one scale an output channel, zero points 0.
// CHECK-LABEL: func @weights
// CHECK-DAG: octet.constant dense<{{\[}}[127, 64], [-127, 127]]> : tensor<2x2xi8> -> tensor<2x2x!quant.uniform<i8<-127:127>:f32:1, {0.01574803{{[0-9]*}},0.00787401{{[0-9]*}}}>>
// CHECK: octet.dequantize
// CHECK: octet.matmul
func.func @weights(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w = octet.constant dense<[[2.0, 0.5], [-2.0, 1.0]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %y = octet.matmul(%x, %w) {octet.scheme = #octet.scheme<>} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// -----

// CHECK-LABEL: func @weights_per_tensor
// CHECK: octet.constant dense<{{\[}}[127, 32], [-127, 64]]> : tensor<2x2xi8> -> tensor<2x2x!quant.uniform<i8<-127:127>:f32, 0.01574803{{[0-9]*}}>>
func.func @weights_per_tensor(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w = octet.constant dense<[[2.0, 0.5], [-2.0, 1.0]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %y = octet.matmul(%x, %w) {octet.scheme = #octet.scheme<weight_per_channel = false>} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}
