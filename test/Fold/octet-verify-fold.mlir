// RUN: octet-opt %s --split-input-file --octet-verify-fold --verify-diagnostics

!q = !quant.uniform<u8:f32, 0.5:3>

func.func @not_folded(%q: tensor<2x!q>) -> tensor<2x!q> {
  %x = octet.dequantize %q : tensor<2x!q> -> tensor<2xf32>
  // expected-error @below {{computes in float between integers without a reason}}
  %y = octet.add %x, %x : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %r = octet.quantize %y : tensor<2xf32> -> tensor<2x!q>
  return %r : tensor<2x!q>
}

// -----

func.func @channels_first(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x2x2xf32> {
  // expected-error @below {{data is not channels-last}}
  %p = octet.max_pool %x {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
    : (tensor<1x2x4x4xf32>) -> tensor<1x2x2x2xf32>
  return %p : tensor<1x2x2x2xf32>
}
