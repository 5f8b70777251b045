// RUN: octet-opt %s --split-input-file --octet-assign-schemes | FileCheck %s
// RUN: octet-opt %s --split-input-file \
// RUN:   --octet-assign-schemes='recipe={{"rules":[{"op":"Gemm","precision":"float"},{"op":"Add","activation":{"observer":"minmax","type":"i8"}}]}}' \
// RUN:   | FileCheck %s --check-prefix=RECIPE
// RUN: octet-opt %s --split-input-file --octet-assign-schemes='recipe={{"rules":[{"op":"Add","precision":"int8"}]}}' \
// RUN:   | FileCheck %s --check-prefix=INT8
// RUN: not octet-opt %s --octet-assign-schemes='recipe={{"rule":[]}}' 2>&1 | FileCheck %s --check-prefix=BAD

// BAD: recipe: unknown key 'rule' in the recipe; expected one of: precision, activation, weight, rules

// CHECK-LABEL: func @product_with_constant_weights
// CHECK: octet.matmul{{.*}}octet.scheme = #octet.scheme<observer = mse>
// RECIPE-LABEL: func @product_with_constant_weights
// RECIPE: octet.matmul{{.*}}octet.stays_float = "the recipe says so"
func.func @product_with_constant_weights(%x: tensor<1x4xf32>) -> tensor<1x2xf32> {
  %w = octet.constant dense<1.0> : tensor<4x2xf32> -> tensor<4x2xf32>
  %y = octet.matmul(%x, %w) : (tensor<1x4xf32>, tensor<4x2xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// -----

// CHECK-LABEL: func @convolution_with_computed_weights
// CHECK: octet.conv{{.*}}octet.stays_float = "the weights are computed at run time; make them an initializer"
func.func @convolution_with_computed_weights(%x: tensor<1x1x4x4xf32>, %w: tensor<1x1x1x1xf32>) -> tensor<1x1x4x4xf32> {
  %y = octet.conv(%x, %w) {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64}
    : (tensor<1x1x4x4xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x4x4xf32>
  return %y : tensor<1x1x4x4xf32>
}

// -----

// A function whose result only leaves the model is not worth 8 bits.
// CHECK-LABEL: func @function_at_the_end
// CHECK: octet.add{{.*}}octet.scheme
// CHECK: octet.sigmoid{{.*}}octet.stays_float = "its result reaches no integer arithmetic
// RECIPE-LABEL: func @function_at_the_end
// RECIPE: octet.add{{.*}}#octet.scheme<activation_signed = true>
func.func @function_at_the_end(%x: tensor<4xf32>) -> tensor<4xf32> {
  %s = octet.add %x, %x : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %y = octet.sigmoid %s : tensor<4xf32> -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// CHECK-LABEL: func @no_integer_form
// CHECK: octet.softmax{{.*}}octet.stays_float = "operator 'softmax' has no integer form"
// CHECK: octet.reduce{{.*}}octet.stays_float = "reduction 'l2' has no integer form"
func.func @no_integer_form(%x: tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2xf32>) {
  %y = octet.softmax %x {axis = 1 : i64} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %z = octet.reduce l2 %x {axes = array<i64: 1>} : (tensor<2x4xf32>) -> tensor<2xf32>
  return %y, %z : tensor<2x4xf32>, tensor<2xf32>
}

// -----

// CHECK-LABEL: func @half_precision
// CHECK: octet.add{{.*}}octet.stays_float = "its operands are not f32"
func.func @half_precision(%x: tensor<4xf16>) -> tensor<4xf16> {
  %y = octet.add %x, %x : (tensor<4xf16>, tensor<4xf16>) -> tensor<4xf16>
  return %y : tensor<4xf16>
}

// -----

// What is decoded from scores at the end of a detector needs all their bits.
// CHECK-LABEL: func @decoding
// CHECK: octet.matmul{{.*}}octet.scheme
// CHECK: octet.mul{{.*}}octet.stays_float = "its result reaches no integer arithmetic
// CHECK: octet.softmax{{.*}}octet.stays_float
func.func @decoding(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %w = octet.constant dense<1.0> : tensor<4x4xf32> -> tensor<4x4xf32>
  %s = octet.matmul(%x, %w) : (tensor<2x4xf32>, tensor<4x4xf32>) -> tensor<2x4xf32>
  %m = octet.mul %s, %x : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  %y = octet.softmax %m {axis = 1 : i64} : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----

// The importer knows better, but a recipe has the last word.
// CHECK-LABEL: func @preference
// CHECK: octet.add{{.*}}octet.stays_float = "it would drift"
// RECIPE-LABEL: func @preference
// RECIPE: octet.add{{.*}}octet.stays_float = "it would drift"
// INT8-LABEL: func @preference
// INT8: octet.add{{.*}}octet.scheme
func.func @preference(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = octet.add %x, %x {octet.prefers_float = "it would drift"} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// A sum that goes into a stream of float values, and nowhere else, is float too.
// CHECK-LABEL: func @start_of_a_stream
// CHECK: octet.add{{.*}}octet.stays_float
// CHECK: octet.matmul{{.*}}octet.scheme
func.func @start_of_a_stream(%x: tensor<2x2xf32>, %p: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %w = octet.constant dense<1.0> : tensor<2x2xf32> -> tensor<2x2xf32>
  %s = octet.add %x, %p : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %n = octet.softmax %s {axis = 1 : i64} : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %y = octet.matmul(%n, %w, residual %s) : (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %z = octet.softmax %y {axis = 1 : i64} : (tensor<2x2xf32>) -> tensor<2x2xf32>
  return %z : tensor<2x2xf32>
}
