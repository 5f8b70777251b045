// RUN: octet-opt %s --octet-narrow-weights="precision=fp16" | FileCheck %s --check-prefixes=CHECK,FP16
// RUN: octet-opt %s --octet-narrow-weights="precision=bf16" | FileCheck %s --check-prefixes=CHECK,BF16
// RUN: octet-opt %s --octet-narrow-weights | FileCheck %s --check-prefix=STORED
// RUN: octet-opt %s --octet-narrow-weights="precision=fp16 recipe='{\"rules\":[{\"name\":\"keep\",\"precision\":\"float\"},{\"name\":\"brain\",\"precision\":\"bf16\"}]}'" | FileCheck %s --check-prefix=RECIPE
// RUN: not octet-opt %s --octet-narrow-weights="precision=half" 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// UNKNOWN: error: precision 'half': expected fp16, bf16 or float

// Rounded to the nearest, ties to even; input, bias and result stay f32.
// CHECK-LABEL: func @product
// FP16: octet.constant dense<{{\[\[}}1.000000e+00, 3.332520e-01], [-2.500000e+00, 2.560000e+02]]> : tensor<2x2xf16>
// BF16: octet.constant dense<{{\[\[}}1.000000e+00, 3.339840e-01], [-2.500000e+00, 2.560000e+02]]> : tensor<2x2xbf16>
// FP16: octet.matmul({{.*}}) {octet.stays_float = "its weights are fp16"} : (tensor<1x2xf32>, tensor<2x2xf16>, tensor<2xf32>) -> tensor<1x2xf32>
// BF16: octet.matmul({{.*}}) {octet.stays_float = "its weights are bf16"} : (tensor<1x2xf32>, tensor<2x2xbf16>, tensor<2xf32>) -> tensor<1x2xf32>
// STORED-LABEL: func @product
// STORED: octet.matmul({{.*}}) : (tensor<1x2xf32>, tensor<2x2xf32>
func.func @product(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w = octet.constant dense<[[1.0, 0.3333333], [-2.5, 256.1]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %b = octet.constant dense<0.3333333> : tensor<2xf32> -> tensor<2xf32>
  %y = octet.matmul(%x, %w, bias %b) : (tensor<1x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// What a table gives is widened; a product may share the constant.
// CHECK-LABEL: func @table
// CHECK-COUNT-1: octet.constant
// FP16: %[[GATHERED:.*]] = octet.gather {{.*}} -> tensor<3x2xf16>
// FP16: octet.cast %[[GATHERED]] : tensor<3x2xf16> -> tensor<3x2xf32>
// FP16: octet.matmul({{.*}} : (tensor<3x2xf32>, tensor<4x2xf16>) -> tensor<3x4xf32>
// BF16: octet.gather {{.*}} -> tensor<3x2xbf16>
func.func @table(%i: tensor<3xi64>) -> tensor<3x4xf32> {
  %t = octet.constant dense<0.5> : tensor<4x2xf32> -> tensor<4x2xf32>
  %g = octet.gather %t, %i {axis = 0 : i64} : (tensor<4x2xf32>, tensor<3xi64>) -> tensor<3x2xf32>
  %y = octet.matmul(%g, %t) {transpose_rhs} : (tensor<3x2xf32>, tensor<4x2xf32>) -> tensor<3x4xf32>
  return %y : tensor<3x4xf32>
}

// f16 ends at 65504; bf16 goes as far as f32.
// CHECK-LABEL: func @beyond_range
// FP16: octet.matmul({{.*}}) {octet.stays_float = "fp16 cannot hold its weights: they leave its range; they stay f32"} : (tensor<1x2xf32>, tensor<2x1xf32>)
// BF16: octet.matmul({{.*}} tensor<2x1xbf16>)
func.func @beyond_range(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %w = octet.constant dense<[[70000.0], [1.0]]> : tensor<2x1xf32> -> tensor<2x1xf32>
  %y = octet.matmul(%x, %w) : (tensor<1x2xf32>, tensor<2x1xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// All below f16's normal numbers: most of their bits would be lost.
// CHECK-LABEL: func @below_range
// FP16: octet.matmul({{.*}} tensor<2x1xf32>)
// BF16: octet.matmul({{.*}} tensor<2x1xbf16>)
func.func @below_range(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %w = octet.constant dense<[[1.1e-7], [2.3e-7]]> : tensor<2x1xf32> -> tensor<2x1xf32>
  %y = octet.matmul(%x, %w) : (tensor<1x2xf32>, tensor<2x1xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// A few small ones among larger ones weigh nothing.
// CHECK-LABEL: func @some_small
// FP16: octet.matmul({{.*}} tensor<2x1xf16>)
func.func @some_small(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %w = octet.constant dense<[[1.1e-7], [1.0]]> : tensor<2x1xf32> -> tensor<2x1xf32>
  %y = octet.matmul(%x, %w) : (tensor<1x2xf32>, tensor<2x1xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// CHECK-LABEL: func @not_finite
// CHECK: octet.matmul({{.*}} tensor<2x1xf32>)
func.func @not_finite(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %w = octet.constant dense<[[0x7F800000], [1.0]]> : tensor<2x1xf32> -> tensor<2x1xf32>
  %y = octet.matmul(%x, %w) : (tensor<1x2xf32>, tensor<2x1xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// Each matrix of a batch meets a kernel that takes f32; so do computed weights.
// CHECK-LABEL: func @batched
// CHECK: octet.matmul({{.*}} tensor<3x2x1xf32>)
// CHECK: octet.matmul({{.*}} tensor<3x1x1xf32>)
func.func @batched(%x: tensor<3x1x2xf32>) -> tensor<3x1x1xf32> {
  %w = octet.constant dense<0.5> : tensor<3x2x1xf32> -> tensor<3x2x1xf32>
  %y = octet.matmul(%x, %w) : (tensor<3x1x2xf32>, tensor<3x2x1xf32>) -> tensor<3x1x1xf32>
  %z = octet.matmul(%y, %y) : (tensor<3x1x1xf32>, tensor<3x1x1xf32>) -> tensor<3x1x1xf32>
  return %z : tensor<3x1x1xf32>
}

// Integers have weights of their own.
// CHECK-LABEL: func @integers
// CHECK: octet.matmul({{.*}} tensor<2x1xf32>)
func.func @integers(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %w = octet.constant dense<0.5> : tensor<2x1xf32> -> tensor<2x1xf32>
  %y = octet.matmul(%x, %w) {octet.scheme = #octet.scheme<>} : (tensor<1x2xf32>, tensor<2x1xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// A model that was stored in 16 bits is stored so again.
// STORED-LABEL: func @stored
// STORED: octet.matmul({{.*}} tensor<2x1xbf16>)
func.func @stored(%x: tensor<1x2xf32>) -> tensor<1x1xf32> attributes {octet.stored_floats = bf16} {
  %w = octet.constant dense<0.5> : tensor<2x1xf32> -> tensor<2x1xf32>
  %y = octet.matmul(%x, %w) : (tensor<1x2xf32>, tensor<2x1xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// RECIPE-LABEL: func @rules
// RECIPE: octet.matmul({{.*}} tensor<2x2xf32>)
// RECIPE: octet.matmul({{.*}} tensor<2x2xbf16>)
// RECIPE: octet.matmul({{.*}} tensor<2x2xf16>)
func.func @rules(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w = octet.constant dense<0.5> : tensor<2x2xf32> -> tensor<2x2xf32>
  %0 = octet.matmul(%x, %w) : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32> loc("keep")
  %1 = octet.matmul(%0, %w) : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32> loc("brain")
  %2 = octet.matmul(%1, %w) : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32> loc("usual")
  return %2 : tensor<1x2xf32>
}
