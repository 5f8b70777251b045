// RUN: octet-opt %s --split-input-file --octet-join-scales --octet-propagate-scales | FileCheck %s

!q = !quant.uniform<u8:f32, 0.5>
!r = !quant.uniform<u8:f32, 0.25>

// A value quantized only for the join is quantized at the joined scale; an
// input of another scale is requantized.
// CHECK-LABEL: func @joined
// CHECK-DAG: %[[A:.*]] = octet.quantize %arg0 : tensor<2xf32> -> tensor<2x!quant.uniform<u8:f32, 5.000000e-01>>
// CHECK-DAG: %[[B:.*]] = octet.requantize %arg1 {{.*}} -> tensor<2x!quant.uniform<u8:f32, 5.000000e-01>>
// CHECK: octet.concat %[[B]], %arg2, %[[A]]
func.func @joined(%x: tensor<2xf32>, %r: tensor<2x!r>, %q: tensor<2x!q>) -> tensor<6xf32> {
  %xq = octet.quantize %x : tensor<2xf32> -> tensor<2x!r>
  %a = octet.dequantize %xq : tensor<2x!r> -> tensor<2xf32>
  %b = octet.dequantize %r : tensor<2x!r> -> tensor<2xf32>
  %c = octet.dequantize %q : tensor<2x!q> -> tensor<2xf32>
  %j = octet.concat %b, %c, %a {axis = 0 : i64} : (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<6xf32>
  %y = octet.add %j, %j {octet.scheme = #octet.scheme<>} : (tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
  return %y : tensor<6xf32>
}

// -----

!q = !quant.uniform<u8:f32, 0.5>
!r = !quant.uniform<u8:f32, 0.001>

// Heads of a detector, mixed only for the output: each keeps its own scale.
// CHECK-LABEL: func @split
// CHECK: octet.concat {{.*}}(tensor<2xf32>, tensor<2xf32>) -> tensor<4xf32>
func.func @split(%q: tensor<2x!q>, %r: tensor<2x!r>) -> tensor<4xf32> {
  %a = octet.dequantize %q : tensor<2x!q> -> tensor<2xf32>
  %b = octet.dequantize %r : tensor<2x!r> -> tensor<2xf32>
  %j = octet.concat %a, %b {axis = 0 : i64} : (tensor<2xf32>, tensor<2xf32>) -> tensor<4xf32>
  return %j : tensor<4xf32>
}

// -----

!q = !quant.uniform<u8:f32, 0.5>
!r = !quant.uniform<u8:f32, 0.001>

// Blocks that shuffle channels: a joined value, moved, meets another one.
// CHECK-LABEL: func @join_of_join
// CHECK: %[[J:.*]] = octet.concat
// CHECK: octet.slice %[[J]]
// CHECK-SAME: !quant.uniform<u8:f32, 5.000000e-01>
// CHECK: octet.requantize %arg1
// CHECK: octet.concat {{.*}}!quant.uniform<u8:f32, 5.000000e-01>
func.func @join_of_join(%q: tensor<2x!q>, %r: tensor<2x!r>) -> tensor<4xf32> {
  %a = octet.dequantize %q : tensor<2x!q> -> tensor<2xf32>
  %b = octet.dequantize %r : tensor<2x!r> -> tensor<2xf32>
  %j = octet.concat %a, %b {axis = 0 : i64} : (tensor<2xf32>, tensor<2xf32>) -> tensor<4xf32>
  %s = octet.slice %j {starts = array<i64: 0>, sizes = array<i64: 2>, steps = array<i64: 1>} : (tensor<4xf32>) -> tensor<2xf32>
  %k = octet.concat %s, %b {axis = 0 : i64} : (tensor<2xf32>, tensor<2xf32>) -> tensor<4xf32>
  %y = octet.add %k, %k {octet.scheme = #octet.scheme<>} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}
