// RUN: octet-opt %s --octet-widen-floats | FileCheck %s

// The interface keeps its types; the type of most constants is remembered.
// CHECK-LABEL: func @main
// CHECK-SAME: (%[[X:.*]]: tensor<1x2xf16>) -> tensor<1x2xf16> attributes {octet.stored_floats = f16}
func.func @main(%x: tensor<1x2xf16>) -> tensor<1x2xf16> {
  // CHECK: %[[WIDE:.*]] = octet.cast %[[X]] : tensor<1x2xf16> -> tensor<1x2xf32>
  // CHECK: %[[W:.*]] = octet.constant dense<{{\[\[}}5.000000e-01, 6.10351563E-5], [0xFF800000, 0x7FC00000]]> : tensor<2x2xf32>
  %w = octet.constant dense<[[0.5, 6.103515625e-5], [0xFC00, 0x7E00]]> : tensor<2x2xf16> -> tensor<2x2xf16>
  // CHECK: %[[Y:.*]] = octet.matmul(%[[WIDE]], %[[W]]) : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %y = octet.matmul(%x, %w) : (tensor<1x2xf16>, tensor<2x2xf16>) -> tensor<1x2xf16>
  // CHECK: %[[R:.*]] = octet.cast %[[Y]] : tensor<1x2xf32> -> tensor<1x2xf16>
  // CHECK: return %[[R]]
  return %y : tensor<1x2xf16>
}

// Casts between floats inside the model have nothing left to do; others stay.
// CHECK-LABEL: func @casts
// CHECK-NEXT: %[[WIDE:.*]] = octet.cast %{{.*}} : tensor<2xbf16> -> tensor<2xf32>
// CHECK-NEXT: octet.cast %[[WIDE]] : tensor<2xf32> -> tensor<2xi32>
// CHECK-NEXT: octet.cast %{{.*}} : tensor<2xi32> -> tensor<2xf32>
// CHECK-NEXT: return
func.func @casts(%x: tensor<2xbf16>) -> tensor<2xf32> {
  %0 = octet.cast %x : tensor<2xbf16> -> tensor<2xf32>
  %1 = octet.cast %0 : tensor<2xf32> -> tensor<2xbf16>
  %2 = octet.cast %1 : tensor<2xbf16> -> tensor<2xi32>
  %3 = octet.cast %2 : tensor<2xi32> -> tensor<2xbf16>
  %4 = octet.cast %3 : tensor<2xbf16> -> tensor<2xf32>
  return %4 : tensor<2xf32>
}

// An input that is an output, and a cast that is what the model is there for.
// CHECK-LABEL: func @borders
// CHECK-NEXT: %[[WIDE:.*]] = octet.cast %{{.*}} : tensor<2xf16> -> tensor<2xf32>
// CHECK-NEXT: %[[B:.*]] = octet.cast %{{.*}} : tensor<2xf32> -> tensor<2xf16>
// CHECK-NEXT: %[[A:.*]] = octet.cast %[[WIDE]] : tensor<2xf32> -> tensor<2xf16>
// CHECK-NEXT: return %[[A]], %[[B]]
func.func @borders(%x: tensor<2xf16>, %y: tensor<2xf32>) -> (tensor<2xf16>, tensor<2xf16>) {
  %0 = octet.cast %y : tensor<2xf32> -> tensor<2xf16>
  return %x, %0 : tensor<2xf16>, tensor<2xf16>
}

// To round to f32 first would be to round twice.
// CHECK-LABEL: func @rounded_once
// CHECK-NEXT: %[[A:.*]] = octet.cast %{{.*}} : tensor<2xf64> -> tensor<2xf16>
// CHECK-NEXT: return %[[A]]
func.func @rounded_once(%x: tensor<2xf64>) -> tensor<2xf16> {
  %0 = octet.cast %x : tensor<2xf64> -> tensor<2xf16>
  return %0 : tensor<2xf16>
}

// A few numbers in 16 bits do not make a model of 16 bits.
// CHECK-LABEL: func @mixed
// CHECK-NOT: octet.stored_floats
func.func @mixed(%x: tensor<4xf32>) -> tensor<4xf32> {
  %h = octet.constant dense<0.5> : tensor<1xf16> -> tensor<1xf16>
  %w = octet.constant dense<0.5> : tensor<4xf32> -> tensor<4xf32>
  %0 = octet.cast %h : tensor<1xf16> -> tensor<1xf32>
  %1 = octet.mul %x, %w : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %2 = octet.mul %1, %0 : (tensor<4xf32>, tensor<1xf32>) -> tensor<4xf32>
  return %2 : tensor<4xf32>
}

// Scales of quantized types belong to the float they stand for.
// CHECK-LABEL: func @quantized
// CHECK-SAME: tensor<2xf16>) -> tensor<2x!quant.uniform<u8:f16
// CHECK-NEXT: octet.quantize %{{.*}} : tensor<2xf16>
func.func @quantized(%x: tensor<2xf16>) -> tensor<2x!quant.uniform<u8:f16, 5.000000e-01>> {
  %0 = octet.quantize %x : tensor<2xf16> -> tensor<2x!quant.uniform<u8:f16, 0.5>>
  return %0 : tensor<2x!quant.uniform<u8:f16, 0.5>>
}
