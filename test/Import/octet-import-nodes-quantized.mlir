// RUN: octet-opt %s --octet-import-nodes --split-input-file | FileCheck %s

// A quantized value crosses a movement as it is; at the model's border it is
// plain integers.
// CHECK-LABEL: func.func @border
// CHECK-SAME: -> tensor<4x2xui8>
func.func @border(%x: tensor<2x4xf32>) -> none {
  // CHECK: %[[Q:.*]] = octet.quantize %arg0 : tensor<2x4xf32> -> tensor<2x4x!quant.uniform<u8:f32, 5.000000e-01:3>>
  // CHECK: %[[T:.*]] = octet.transpose %[[Q]]
  // CHECK: %[[S:.*]] = octet.storage_cast %[[T]] : {{.*}} -> tensor<4x2xui8>
  // CHECK: return %[[S]]
  %s = octet.constant dense<0.5> : tensor<f32> -> tensor<f32>
  %z = octet.constant dense<3> : tensor<ui8> -> tensor<ui8>
  %q = octet.node "QuantizeLinear"(%x, %s, %z)
    {opset = 13 : i64, node_attributes = {}}
    : (tensor<2x4xf32>, tensor<f32>, tensor<ui8>) -> none
  %t = octet.node "Transpose"(%q) {opset = 13 : i64, node_attributes = {}}
    : (none) -> none
  return %t : none
}

// -----

// Weights in u8 move to s8.
// CHECK-LABEL: func.func @qlinear_matmul
func.func @qlinear_matmul(%a: tensor<1x2xui8>) -> none {
  // CHECK-DAG: octet.constant dense<{{\[\[}}-128], [127]]> : tensor<2x1xi8> -> tensor<2x1x!quant.uniform<i8:f32, 2.500000e-01>>
  // CHECK-DAG: octet.storage_cast %arg0 : tensor<1x2xui8> -> tensor<1x2x!quant.uniform<u8:f32, 5.000000e-01:7>>
  // CHECK: %[[P:.*]] = octet.matmul({{.*}}) : (tensor<1x2xf32>, tensor<2x1xf32>) -> tensor<1x1xf32>
  // CHECK: octet.quantize %[[P]] : tensor<1x1xf32> -> tensor<1x1x!quant.uniform<u8:f32, 1.000000e+00>>
  %as = octet.constant dense<0.5> : tensor<f32> -> tensor<f32>
  %az = octet.constant dense<7> : tensor<ui8> -> tensor<ui8>
  %b = octet.constant dense<[[0], [255]]> : tensor<2x1xui8> -> tensor<2x1xui8>
  %bs = octet.constant dense<0.25> : tensor<f32> -> tensor<f32>
  %bz = octet.constant dense<128> : tensor<ui8> -> tensor<ui8>
  %ys = octet.constant dense<1.0> : tensor<f32> -> tensor<f32>
  %yz = octet.constant dense<0> : tensor<ui8> -> tensor<ui8>
  %y = octet.node "QLinearMatMul"(%a, %as, %az, %b, %bs, %bz, %ys, %yz)
    {opset = 10 : i64, node_attributes = {}}
    : (tensor<1x2xui8>, tensor<f32>, tensor<ui8>, tensor<2x1xui8>, tensor<f32>,
       tensor<ui8>, tensor<f32>, tensor<ui8>) -> none
  return %y : none
}

// -----

// Integer products are exact: i32 with scale 1.
// CHECK-LABEL: func.func @matmul_integer
func.func @matmul_integer(%a: tensor<2x3xui8>, %b: tensor<3x4xi8>) -> none {
  // CHECK: %[[Y:.*]] = octet.matmul({{.*}}) : (tensor<2x3x!quant.uniform<u8:f32, 1.000000e+00:5>>, tensor<3x4x!quant.uniform<i8:f32, 1.000000e+00>>) -> tensor<2x4x!quant.uniform<i32:f32, 1.000000e+00>>
  // CHECK: octet.storage_cast %[[Y]] : {{.*}} -> tensor<2x4xi32>
  %az = octet.constant dense<5> : tensor<ui8> -> tensor<ui8>
  %y = octet.node "MatMulInteger"(%a, %b, %az)
    {opset = 10 : i64, node_attributes = {}}
    : (tensor<2x3xui8>, tensor<3x4xi8>, tensor<ui8>) -> none
  return %y : none
}

// -----

// A zero point of run time is taken out of the product.
// CHECK-LABEL: func.func @dynamic_zero
func.func @dynamic_zero(%a: tensor<2x3xui8>, %az: tensor<ui8>) -> none {
  // CHECK: %[[P:.*]] = octet.storage_cast %{{.*}} -> tensor<2x1xi32>
  // CHECK: %[[U:.*]] = octet.storage_cast %{{.*}} -> tensor<1x1xi32>
  // CHECK: %[[Z:.*]] = octet.cast %arg1 : tensor<ui8> -> tensor<i32>
  // CHECK: %[[T:.*]] = octet.mul %[[U]], %[[Z]]
  // CHECK: octet.sub %[[P]], %[[T]]
  %b = octet.constant dense<1> : tensor<3x1xi8> -> tensor<3x1xi8>
  %y = octet.node "MatMulInteger"(%a, %b, %az)
    {opset = 10 : i64, node_attributes = {}}
    : (tensor<2x3xui8>, tensor<3x1xi8>, tensor<ui8>) -> none
  return %y : none
}

// -----

// A scale of run time is no part of a type.
// CHECK-LABEL: func.func @dynamic_scale
// CHECK-SAME: -> tensor<4xui8>
func.func @dynamic_scale(%x: tensor<4xf32>, %s: tensor<f32>) -> none {
  // CHECK: %[[D:.*]] = octet.div %arg0, %arg1
  // CHECK: %[[R:.*]] = octet.round %[[D]]
  // CHECK: %[[C:.*]] = octet.clip %[[R]] {high = 2.550000e+02 : f64, low = 0.000000e+00 : f64}
  // CHECK: octet.cast %[[C]] : tensor<4xf32> -> tensor<4xui8>
  %y = octet.node "QuantizeLinear"(%x, %s)
    {opset = 13 : i64, node_attributes = {}}
    : (tensor<4xf32>, tensor<f32>) -> none
  return %y : none
}
