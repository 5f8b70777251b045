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

// -----

// 0.3 * 127 rounds from 38.1 to 38, so inputs with a mean of 10 lose 0.1 / 127 * 10:
// the bias gives it back.
// CHECK-LABEL: func @bias_correction
// CHECK-DAG: %[[B:.*]] = octet.constant dense<1.00787{{[0-9]*}}> : tensor<1xf32>
// CHECK-NOT: octet.observe
// CHECK: octet.matmul({{.*}}, bias %[[B]])
func.func @bias_correction(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %w = octet.constant dense<[[1.0], [0.3]]> : tensor<2x1xf32> -> tensor<2x1xf32>
  %b = octet.constant dense<1.0> : tensor<1xf32> -> tensor<1xf32>
  %o = octet.observe %x by <> seen <range [0.0, 20.0], samples [0.0, 20.0], sum 50.0, count 10, means [0.0, 10.0]> channels 1 : tensor<1x2xf32>
  %y = octet.matmul(%o, %w, bias %b) {octet.scheme = #octet.scheme<>} : (tensor<1x2xf32>, tensor<2x1xf32>, tensor<1xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// -----

// The same where the means were seen beside a value whose range is known, and
// there was no bias.
// CHECK-LABEL: func @no_bias_yet
// CHECK-DAG: %[[B:.*]] = octet.constant dense<{{0.00787[0-9]*|7.87[0-9]*E-3}}> : tensor<1xf32>
// CHECK-NOT: octet.observe
// CHECK: octet.matmul({{.*}}, bias %[[B]])
func.func @no_bias_yet(%x: tensor<2x1xf32>) -> tensor<1x1xf32> {
  %w = octet.constant dense<[[1.0], [0.3]]> : tensor<2x1xf32> -> tensor<2x1xf32>
  %s = octet.sigmoid %x {octet.scheme = #octet.scheme<>} : tensor<2x1xf32> -> tensor<2x1xf32>
  %o = octet.observe %s seen <range [0.0, 20.0], samples [0.0, 20.0], sum 50.0, count 10, means [0.0, 10.0]> channels 0 : tensor<2x1xf32>
  %y = octet.matmul(%s, %w) {transpose_lhs, octet.scheme = #octet.scheme<>} : (tensor<2x1xf32>, tensor<2x1xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// -----

// CHECK-LABEL: func @without_correction
// CHECK: octet.matmul(%{{[^,]*}}, %{{[^,]*}}) {
func.func @without_correction(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %w = octet.constant dense<[[1.0], [0.3]]> : tensor<2x1xf32> -> tensor<2x1xf32>
  %o = octet.observe %x by <> seen <range [0.0, 20.0], samples [0.0, 20.0], sum 50.0, count 10, means [0.0, 10.0]> channels 1 : tensor<1x2xf32>
  %y = octet.matmul(%o, %w) {octet.scheme = #octet.scheme<correct_bias = false>} : (tensor<1x2xf32>, tensor<2x1xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// -----

// Outputs stay real, and say in which type they have a quantized form: one that was
// observed, or one whose operator has a fixed range.
// CHECK-LABEL: func @outputs
// CHECK-SAME: -> (tensor<4xf32> {octet.quantized_form = !quant.uniform<u8:f32, 0.00999999977{{[0-9]*}}:55>}, tensor<4xf32> {octet.quantized_form = !quant.uniform<u8:f32, 0.0039215{{[0-9]*}}>})
// CHECK: %[[Y:.*]] = octet.add
// CHECK-NOT: octet.quantize
// CHECK: return %[[Y]]
func.func @outputs(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %y = octet.add %x, %x {octet.scheme = #octet.scheme<>} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %o = octet.observe %y by <> seen <range [-0.55, 2.0], samples [-0.55, 2.0], sum 0.0, count 4> : tensor<4xf32>
  %s = octet.sigmoid %y {octet.stays_float = "last"} : tensor<4xf32> -> tensor<4xf32>
  return %y, %s : tensor<4xf32>, tensor<4xf32>
}

// -----

// One scale for a group, wide enough for each of its members: -1 to 1.55.
// CHECK-LABEL: func @group
// CHECK-COUNT-2: octet.quantize {{.*}}!quant.uniform<u8:f32, 0.00999999977{{[0-9]*}}:100>>
func.func @group(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %a = octet.tanh %x {octet.range_group = "h"} : tensor<4xf32> -> tensor<4xf32>
  %b = octet.tanh %a {octet.range_group = "h"} : tensor<4xf32> -> tensor<4xf32>
  %o = octet.observe %a by <> seen <range [-1.0, 0.5], samples [-1.0, 0.5], sum 0.0, count 4> : tensor<4xf32>
  %p = octet.observe %b by <> seen <range [0.0, 1.55], samples [0.0, 1.55], sum 0.0, count 4> : tensor<4xf32>
  return %o, %p : tensor<4xf32>, tensor<4xf32>
}

// -----

// A sigmoid that a later recipe leaves float was not observed, but its range is
// known.
// CHECK-LABEL: func @fixed_range
// CHECK: octet.quantize {{.*}} -> tensor<4x!quant.uniform<u8:f32, 0.0039215{{[0-9]*}}>>
func.func @fixed_range(%x: tensor<4xf32>) -> tensor<4xf32> {
  %s = octet.sigmoid %x : tensor<4xf32> -> tensor<4xf32>
  %o = octet.observe %s by <> : tensor<4xf32>
  %y = octet.add %o, %o {octet.scheme = #octet.scheme<>} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
