// RUN: octet-opt %s --split-input-file --verify-diagnostics

func.func @constant_type() {
  // expected-error @below {{value of type 'tensor<2xf32>' does not hold a result of type 'tensor<3xf32>'}}
  %c = octet.constant dense<1.0> : tensor<2xf32> -> tensor<3xf32>
  return
}

// -----

func.func @conv_channels(%x: tensor<1x3x8x8xf32>, %w: tensor<4x2x3x3xf32>) {
  // expected-error @below {{weight has 2 channels a group, expected 3 / 1}}
  %y = octet.conv(%x, %w) {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64}
    : (tensor<1x3x8x8xf32>, tensor<4x2x3x3xf32>) -> tensor<1x4x6x6xf32>
  return
}

// -----

func.func @conv_shape(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3x3xf32>) {
  // expected-error @below {{result shape [1, 4, 8, 8] should be [1, 4, 6, 6]}}
  %y = octet.conv(%x, %w) {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64}
    : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x8x8xf32>
  return
}

// -----

func.func @conv_window(%x: tensor<1x3x2x8xf32>, %w: tensor<4x3x3x3xf32>) {
  // expected-error @below {{spatial axis 0 of padded extent 2 is smaller than the window's reach 3}}
  %y = octet.conv(%x, %w) {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64}
    : (tensor<1x3x2x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x1x6xf32>
  return
}

// -----

func.func @conv_half_quantized(%x: tensor<1x1x2x2x!quant.uniform<u8:f32, 0.5>>, %w: tensor<1x1x1x1xf32>) {
  // expected-error @below {{input and weight must both be quantized or neither}}
  %y = octet.conv(%x, %w) {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64}
    : (tensor<1x1x2x2x!quant.uniform<u8:f32, 0.5>>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  return
}

// -----

func.func @matmul_inner(%a: tensor<2x3xf32>, %b: tensor<4x5xf32>) {
  // expected-error @below {{inner extents 3 and 4 differ}}
  %y = octet.matmul(%a, %b) : (tensor<2x3xf32>, tensor<4x5xf32>) -> tensor<2x5xf32>
  return
}

// -----

func.func @broadcast(%a: tensor<2x3xf32>, %b: tensor<4xf32>) {
  // expected-error @below {{shapes [2, 3] and [4] do not broadcast}}
  %y = octet.add %a, %b : (tensor<2x3xf32>, tensor<4xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @quantize_axis(%a: tensor<3xf32>) {
  // expected-error @below {{2 scales do not match axis 0 of [3]}}
  %y = octet.quantize %a : tensor<3xf32> -> tensor<3x!quant.uniform<i8:f32:0, {0.5, 0.25}>>
  return
}

// -----

func.func @quantize_expressed(%a: tensor<3xf16>) {
  // expected-error @below {{quantized type expresses 'f32', but the float is 'f16'}}
  %y = octet.quantize %a : tensor<3xf16> -> tensor<3x!quant.uniform<i8:f32, 0.5>>
  return
}

// -----

func.func @lookup_table(%a: tensor<3x!quant.uniform<i8:f32, 0.5>>) {
  // expected-error @below {{table has 2 entries, expected 256}}
  %y = octet.lookup %a {table = array<i8: 1, 2>} : tensor<3x!quant.uniform<i8:f32, 0.5>> -> tensor<3x!quant.uniform<i8:f32, 0.5>>
  return
}

// -----

func.func @concat_types(%a: tensor<3x!quant.uniform<i8:f32, 0.5>>, %b: tensor<3x!quant.uniform<i8:f32, 0.25>>) {
  // expected-error @below {{element types '!quant.uniform<i8:f32, 2.500000e-01>' and '!quant.uniform<i8:f32, 5.000000e-01>' differ}}
  %y = octet.concat %a, %b {axis = 0 : i64} : (tensor<3x!quant.uniform<i8:f32, 0.5>>, tensor<3x!quant.uniform<i8:f32, 0.25>>) -> tensor<6x!quant.uniform<i8:f32, 0.5>>
  return
}

// -----

func.func @slice_bounds(%a: tensor<3xf32>) {
  // expected-error @below {{axis 0 of extent 3 has no elements 1 + i * 1 for all i < 3}}
  %y = octet.slice %a {starts = array<i64: 1>, sizes = array<i64: 3>, steps = array<i64: 1>} : (tensor<3xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @transpose(%a: tensor<3x2xf32>) {
  // expected-error @below {{[0, 0] is not a permutation}}
  %y = octet.transpose %a {permutation = array<i64: 0, 0>} : (tensor<3x2xf32>) -> tensor<3x3xf32>
  return
}

// -----

func.func @reduce_axes(%a: tensor<3x2xf32>) {
  // expected-error @below {{axes [1, 0] are not sorted and unique}}
  %y = octet.reduce sum %a {axes = array<i64: 1, 0>} : (tensor<3x2xf32>) -> tensor<f32>
  return
}

// -----

func.func @clamp_bounds(%a: tensor<3xf32>) {
  // expected-error @below {{clamp's lower bound 1.000000e+00 is not at most its upper bound 0.000000e+00}}
  %y = octet.add %a, %a {clamp = #octet.clamp<1.0 : 0.0>} : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @statistics_range(%a: tensor<3xf32>) {
  // expected-error @below {{range [2.000000e+00, 1.000000e+00] is not finite and ordered}}
  %y = octet.observe %a by <> seen <range [2.0, 1.0], samples [0.0, 0.0], sum 0.0, count 4> : tensor<3xf32>
  return
}
