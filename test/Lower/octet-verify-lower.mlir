// RUN: octet-opt %s --octet-verify-lower --split-input-file --verify-diagnostics

func.func @good(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = arith.addf %x, %x : tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

func.func @octet_op(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error@+1 {{'octet.relu' is left after the Lower stage}}
  %y = octet.relu %x : tensor<4xf32> -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// expected-error@+1 {{type 'tensor<4x!quant.uniform<u8:f32, 1.000000e+00>>' is left after the Lower stage}}
func.func @quantized_type(%x: tensor<4x!quant.uniform<u8:f32, 1.0>>) {
  return
}

// -----

// expected-error@+1 {{type 'tensor<4xui8>' is left after the Lower stage}}
func.func @signed_type(%x: tensor<4xui8>) {
  return
}

// -----

func.func @cast(%x: tensor<4xf32>) -> tensor<4xf16> {
  // expected-error@+1 {{'builtin.unrealized_conversion_cast' is left after the Lower stage}}
  %y = builtin.unrealized_conversion_cast %x : tensor<4xf32> to tensor<4xf16>
  return %y : tensor<4xf16>
}
