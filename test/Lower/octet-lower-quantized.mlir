// RUN: octet-opt %s --octet-lower-quantized --split-input-file --verify-diagnostics --mlir-print-debuginfo --mlir-print-local-scope | FileCheck %s

// The form that Codegen takes up: a pad with the zero point, one contraction
// without zero points, one requantizing operation. Everything keeps the node's
// name.

!x = !quant.uniform<u8:f32, 0.5:3>
!w = !quant.uniform<i8:f32:0, {0.25, 0.5}>
!b = !quant.uniform<i32:f32:0, {0.125, 0.25}>
!y = !quant.uniform<u8:f32, 1.0:10>

// CHECK-LABEL: func.func @conv(
// CHECK-SAME:    %[[X:.*]]: tensor<1x4x4x3xi8> {octet.name = "image", octet.type = !quant.uniform<u8:f32, 5.000000e-01:3>}
// CHECK-SAME:    -> (tensor<1x2x2x2xi8> {octet.type = !quant.uniform<u8:f32, 1.000000e+00:10>})
// CHECK:         %[[Z:.*]] = arith.constant 3 : i8
// CHECK:         %[[P:.*]] = tensor.pad %[[X]] low[0, 1, 1, 0] high[0, 0, 0, 0]
// CHECK:           tensor.yield %[[Z]] : i8
// CHECK:         %[[W:.*]] = arith.constant {{.*}} : tensor<3x3x3x2xi8>
// CHECK:         linalg.fill
// CHECK:         %[[ACC:.*]] = linalg.generic {indexing_maps = [
// CHECK-SAME:      affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1 * 2 + d4, d2 * 2 + d5, d6)>,
// CHECK-SAME:      affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d4, d5, d6, d3)>,
// CHECK-SAME:      affine_map<(d0, d1, d2, d3, d4, d5, d6) -> (d0, d1, d2, d3)>]
// CHECK-SAME:      ins(%[[P]], %[[W]] : tensor<1x5x5x3xi8>, tensor<3x3x3x2xi8>)
// CHECK:           arith.extui
// CHECK:           arith.extsi
// CHECK:           arith.muli
// CHECK:           arith.addi
// CHECK:         } -> tensor<1x2x2x2xi32> loc("conv1")
// 5 - 3 * 27 and -7 - 3 * 27: rule C1.
// CHECK:         %[[B:.*]] = arith.constant dense<[-76, -88]> : tensor<2xi32>
// CHECK:         %[[M:.*]] = arith.constant dense<[1.250000e-01, 2.500000e-01]> : tensor<2xf32>
// CHECK:         linalg.generic
// CHECK-SAME:      ins(%[[ACC]], %[[B]], %[[M]]
// CHECK:           arith.addi
// CHECK:           arith.sitofp
// CHECK:           arith.mulf
// CHECK:           arith.maximumf
// CHECK:           arith.minimumf
// CHECK:           math.roundeven
// CHECK:           arith.fptosi
// CHECK:           arith.addi
// CHECK:           arith.trunci {{.*}} : i32 to i8
// CHECK:         } -> tensor<1x2x2x2xi8> loc("conv1")
func.func @conv(%x: tensor<1x4x4x3x!x> {octet.name = "image"}) -> tensor<1x2x2x2x!y> {
  %w = octet.constant dense<1> : tensor<2x3x3x3xi8> -> tensor<2x3x3x3x!w>
  %b = octet.constant dense<[5, -7]> : tensor<2xi32> -> tensor<2x!b>
  %y = octet.conv(%x, %w, bias %b) {
    strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 0, 0>,
    dilations = array<i64: 1, 1>, groups = 1 : i64,
    layout = #octet<layout channels_last>, clamp = #octet.clamp<0.0 : inf>}
    : (tensor<1x4x4x3x!x>, tensor<2x3x3x3x!w>, tensor<2x!b>) -> tensor<1x2x2x2x!y> loc("conv1")
  return %y : tensor<1x2x2x2x!y>
}

// -----

// Channels of a group are one axis more; a depthwise convolution has no axis of
// input channels.

!q = !quant.uniform<i8:f32, 0.5>

// CHECK-LABEL: func.func @grouped(
// CHECK:         tensor.expand_shape {{.*}} tensor<1x4x4x4xi8> into tensor<1x4x4x2x2xi8>
// CHECK:         linalg.generic
// CHECK-SAME:      affine_map<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d0, d1 + d5, d2 + d6, d3, d7)>
// CHECK-SAME:      affine_map<(d0, d1, d2, d3, d4, d5, d6, d7) -> (d5, d6, d3, d7, d4)>
// CHECK-SAME:      tensor<2x2x2x2x3xi8>
// CHECK:         tensor.collapse_shape {{.*}} into tensor<1x3x3x6xi8>
func.func @grouped(%x: tensor<1x4x4x4x!q>) -> tensor<1x3x3x6x!q> {
  %w = octet.constant dense<1> : tensor<6x2x2x2xi8> -> tensor<6x2x2x2x!q>
  %y = octet.conv(%x, %w) {
    strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
    dilations = array<i64: 1, 1>, groups = 2 : i64, layout = #octet<layout channels_last>}
    : (tensor<1x4x4x4x!q>, tensor<6x2x2x2x!q>) -> tensor<1x3x3x6x!q>
  return %y : tensor<1x3x3x6x!q>
}

// CHECK-LABEL: func.func @depthwise(
// CHECK:         linalg.generic
// CHECK-SAME:      affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1 + d4, d2 + d5, d3)>
// CHECK-SAME:      affine_map<(d0, d1, d2, d3, d4, d5) -> (d4, d5, d3)>
func.func @depthwise(%x: tensor<1x4x4x4x!q>) -> tensor<1x3x3x4x!q> {
  %w = octet.constant dense<1> : tensor<4x1x2x2xi8> -> tensor<4x1x2x2x!q>
  %y = octet.conv(%x, %w) {
    strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>,
    dilations = array<i64: 1, 1>, groups = 4 : i64, layout = #octet<layout channels_last>}
    : (tensor<1x4x4x4x!q>, tensor<4x1x2x2x!q>) -> tensor<1x3x3x4x!q>
  return %y : tensor<1x3x3x4x!q>
}

// -----

// Rule C7: weights less their zero point in i16 where i8 does not hold them.

!u = !quant.uniform<u8:f32, 0.5:3>
!w = !quant.uniform<u8:f32, 0.5:3>

// CHECK-LABEL: func.func @wide_weights(
// CHECK:         arith.constant dense<[{{\[}}252], [-3]]> : tensor<2x1xi16>
// CHECK:         arith.extsi {{.*}} : i16 to i32
func.func @wide_weights(%x: tensor<1x2x!u>) -> tensor<1x1xf32> {
  %w = octet.constant dense<[[255], [0]]> : tensor<2x1xi8> -> tensor<2x1x!w>
  %y = octet.matmul(%x, %w) : (tensor<1x2x!u>, tensor<2x1x!w>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// Rule C6: nothing follows the accumulators.
// CHECK-LABEL: func.func @accumulator(
// CHECK:         %[[ACC:.*]] = linalg.generic
// CHECK:           arith.subi
// CHECK-NOT:       linalg.generic
// CHECK:         return %[[ACC]] : tensor<1x1xi32>
func.func @accumulator(%x: tensor<1x2x!u>, %y: tensor<2x1x!w>)
    -> tensor<1x1x!quant.uniform<i32:f32, 0.25>> {
  %z = octet.matmul(%x, %y) : (tensor<1x2x!u>, tensor<2x1x!w>)
    -> tensor<1x1x!quant.uniform<i32:f32, 0.25>>
  return %z : tensor<1x1x!quant.uniform<i32:f32, 0.25>>
}

// -----

// Movements stay, on storage; the fill value becomes a storage value.

!q = !quant.uniform<i8:f32, 0.5:-3>

// CHECK-LABEL: func.func @movement(
// CHECK:         octet.pad {{.*}}value = -1.000000e+00 : f64{{.*}} -> tensor<4xi8>
// CHECK:         octet.reshape {{.*}} -> tensor<2x2xi8>
func.func @movement(%x: tensor<3x!q>) -> tensor<2x2x!q> {
  %p = octet.pad %x {low = array<i64: 1>, high = array<i64: 0>,
    mode = #octet<pad_mode constant>, value = 1.0 : f64} : (tensor<3x!q>) -> tensor<4x!q>
  %r = octet.reshape %p {shape = array<i64: 2, 2>} : (tensor<4x!q>) -> tensor<2x2x!q>
  return %r : tensor<2x2x!q>
}

// -----

// Guard: an unsigned type moved to a signed one of the same real values costs
// one subtraction and no clamp.

// CHECK-LABEL: func.func @retype(
// CHECK:         arith.extui
// CHECK:         arith.addi
// CHECK-NOT:     arith.maxsi
// CHECK:         arith.trunci
func.func @retype(%x: tensor<3x!quant.uniform<u8:f32, 0.5:3>>)
    -> tensor<3x!quant.uniform<i8:f32, 0.5:-125>> {
  %y = octet.requantize %x : tensor<3x!quant.uniform<u8:f32, 0.5:3>>
    -> tensor<3x!quant.uniform<i8:f32, 0.5:-125>>
  return %y : tensor<3x!quant.uniform<i8:f32, 0.5:-125>>
}

// -----

// Guard: weights computed at run time have one zero point.

func.func @zero_points(%x: tensor<1x2x!quant.uniform<u8:f32, 0.5>>,
    %y: tensor<2x2x!quant.uniform<u8:f32:1, {0.5:1, 0.5:2}>>) -> tensor<1x2xf32> {
  // expected-error@+1 {{weights computed at run time need one zero point for all channels}}
  %z = octet.matmul(%x, %y) : (tensor<1x2x!quant.uniform<u8:f32, 0.5>>,
    tensor<2x2x!quant.uniform<u8:f32:1, {0.5:1, 0.5:2}>>) -> tensor<1x2xf32>
  return %z : tensor<1x2xf32>
}

// -----

// Guard: what no pattern takes is named.

func.func @no_form(%x: tensor<4x!quant.uniform<u8:f32, 0.5>>) -> tensor<f32> {
  // expected-error@+1 {{'octet.reduce' has no lowering on its operand types}}
  %y = octet.reduce prod %x {axes = array<i64: 0>} : (tensor<4x!quant.uniform<u8:f32, 0.5>>) -> tensor<f32>
  return %y : tensor<f32>
}

// -----

// Storage of a model's border is the same bits.

// CHECK-LABEL: func.func @storage(
// CHECK:         %[[Q:.*]] = octet.cast %{{.*}} : tensor<4xui8> -> tensor<4xi8>
// CHECK:         return %[[Q]] : tensor<4xi8>
func.func @storage(%x: tensor<4xui8>) -> tensor<4x!quant.uniform<u8:f32, 0.5>> {
  %q = octet.storage_cast %x : tensor<4xui8> -> tensor<4x!quant.uniform<u8:f32, 0.5>>
  return %q : tensor<4x!quant.uniform<u8:f32, 0.5>>
}

// -----

// Nothing is quantized, so no integer depends on a float's last bits.
// CHECK:       module attributes {octet.free_floats}
// CHECK-LABEL: func.func @only_floats(
func.func @only_floats(%x: tensor<2xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}
