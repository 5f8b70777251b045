// RUN: octet-opt %s --octet-verify-propagate --verify-diagnostics

!q = !quant.uniform<u8:f32, 0.5:3>

func.func @not_propagated(%q: tensor<2x3x!q>) -> tensor<6xf32> {
  %x = octet.dequantize %q : tensor<2x3x!q> -> tensor<2x3xf32>
  // expected-error @below {{moves real values between operators that could share a scale}}
  %t = octet.reshape %x {shape = array<i64: 6>} : (tensor<2x3xf32>) -> tensor<6xf32>
  return %t : tensor<6xf32>
}
