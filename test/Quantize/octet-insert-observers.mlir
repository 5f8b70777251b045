// RUN: octet-opt %s --split-input-file --octet-insert-observers | FileCheck %s

// One observer for a value, however many read it. An output that integers make is
// observed beside its use, which stays exact.
// CHECK-LABEL: func @read_twice
// CHECK-SAME: (%[[X:.*]]: tensor<4xf32>)
// CHECK: %[[O:.*]] = octet.observe %[[X]] by <observer = mse>
// CHECK: %[[Y:.*]] = octet.add %[[O]], %[[O]]
// CHECK: octet.observe %[[Y]] by <observer = mse>
// CHECK: return %[[Y]]
func.func @read_twice(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = octet.add %x, %x {octet.scheme = #octet.scheme<observer = mse>} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// A movement shares its operand's scale, so only the operand is observed.
// CHECK-LABEL: func @behind_a_movement
// CHECK-SAME: (%[[X:.*]]: tensor<2x2xf32>)
// CHECK: %[[O:.*]] = octet.observe %[[X]]
// CHECK: %[[T:.*]] = octet.reshape %[[O]]
// CHECK-NEXT: octet.add %[[T]], %[[T]]
func.func @behind_a_movement(%x: tensor<2x2xf32>) -> tensor<4xf32> {
  %t = octet.reshape %x {shape = array<i64: 4>, octet.scheme = #octet.scheme<>} : (tensor<2x2xf32>) -> tensor<4xf32>
  %y = octet.add %t, %t {octet.scheme = #octet.scheme<>} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// A sigmoid's range is known.
// CHECK-LABEL: func @fixed_range
// CHECK: octet.observe %arg0
// CHECK: %[[S:.*]] = octet.sigmoid
// CHECK-NEXT: octet.add %[[S]], %[[S]]
func.func @fixed_range(%x: tensor<4xf32>) -> tensor<4xf32> {
  %s = octet.sigmoid %x {octet.scheme = #octet.scheme<>} : tensor<4xf32> -> tensor<4xf32>
  %y = octet.add %s, %s {octet.scheme = #octet.scheme<>} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// Of outputs, those are observed that integers make, seen through movements and
// functions; a range that is known is not, nor what float operators make.
// CHECK-LABEL: func @outputs
// CHECK: octet.observe %arg0
// CHECK: %[[R:.*]] = octet.reshape
// CHECK-NEXT: octet.observe %[[R]] by <>
// CHECK-NEXT: octet.sigmoid
// CHECK-NEXT: octet.exp
// CHECK-NEXT: return
func.func @outputs(%x: tensor<1x4xf32>) -> (tensor<4xf32>, tensor<1x4xf32>, tensor<1x4xf32>) {
  %y = octet.add %x, %x {octet.scheme = #octet.scheme<>} : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  %r = octet.reshape %y {shape = array<i64: 4>, octet.stays_float = "last"} : (tensor<1x4xf32>) -> tensor<4xf32>
  %s = octet.sigmoid %y {octet.stays_float = "last"} : tensor<1x4xf32> -> tensor<1x4xf32>
  %e = octet.exp %x {octet.stays_float = "no form"} : tensor<1x4xf32> -> tensor<1x4xf32>
  return %r, %s, %e : tensor<4xf32>, tensor<1x4xf32>, tensor<1x4xf32>
}

// -----

// A float user keeps the exact value.
// CHECK-LABEL: func @float_user
// CHECK-SAME: (%[[X:.*]]: tensor<1x4xf32>)
// CHECK: %[[O:.*]] = octet.observe %[[X]]
// CHECK: octet.add %[[O]], %[[O]]
// CHECK: octet.softmax %[[X]]
func.func @float_user(%x: tensor<1x4xf32>) -> (tensor<1x4xf32>, tensor<1x4xf32>) {
  %y = octet.add %x, %x {octet.scheme = #octet.scheme<>} : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  %z = octet.softmax %x {axis = 1 : i64, octet.stays_float = "no form"} : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %y, %z : tensor<1x4xf32>, tensor<1x4xf32>
}

// -----

// Under another recipe an observer keeps what it saw, and takes the new scheme.
// CHECK-LABEL: func @again
// CHECK: octet.observe %arg0 by <> seen
// CHECK-NEXT: octet.add
func.func @again(%x: tensor<4xf32>) -> tensor<4xf32> {
  %o = octet.observe %x by <observer = mse> seen <range [-1.0, 1.0], samples [-1.0, 1.0], sum 0.0, count 4> : tensor<4xf32>
  %y = octet.add %o, %o {octet.scheme = #octet.scheme<>} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// An operator that is float now reads the exact values again.
// CHECK-LABEL: func @no_longer
// CHECK-NOT: octet.observe
// CHECK: octet.add %arg0, %arg0
func.func @no_longer(%x: tensor<4xf32>) -> tensor<4xf32> {
  %o = octet.observe %x by <observer = mse> : tensor<4xf32>
  %y = octet.add %o, %o : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// A product wants the means of its input's channels: from the input's observer,
// or from one beside a value whose range is known.
// CHECK-LABEL: func @channels
// CHECK: octet.observe %arg0 by <> channels 1
// CHECK: %[[S:.*]] = octet.sigmoid
// CHECK: octet.observe %[[S]] channels 1
// CHECK: octet.matmul(%[[S]],
func.func @channels(%x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %w = octet.constant dense<1.0> : tensor<4x4xf32> -> tensor<4x4xf32>
  %a = octet.matmul(%x, %w) {octet.scheme = #octet.scheme<>} : (tensor<3x4xf32>, tensor<4x4xf32>) -> tensor<3x4xf32>
  %s = octet.sigmoid %a {octet.scheme = #octet.scheme<>} : tensor<3x4xf32> -> tensor<3x4xf32>
  %y = octet.matmul(%s, %w) {octet.scheme = #octet.scheme<>} : (tensor<3x4xf32>, tensor<4x4xf32>) -> tensor<3x4xf32>
  return %y : tensor<3x4xf32>
}

// -----

// All operands of a concatenation are read, and all are observed.
// CHECK-LABEL: func @concat
// CHECK-DAG: %[[A:.*]] = octet.observe %arg0 by <>
// CHECK-DAG: %[[B:.*]] = octet.observe %arg1 by <>
// CHECK: octet.concat %[[A]], %[[B]]
func.func @concat(%x: tensor<1x2xf32>, %z: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w = octet.constant dense<1.0> : tensor<4x2xf32> -> tensor<4x2xf32>
  %c = octet.concat %x, %z {axis = 1 : i64, octet.scheme = #octet.scheme<>} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x4xf32>
  %y = octet.matmul(%c, %w) {octet.scheme = #octet.scheme<>} : (tensor<1x4xf32>, tensor<4x2xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// -----

// What is added to a result that only a float operator reads is not rounded; the
// same value is where a product reads it.
// CHECK-LABEL: func @real_residual
// CHECK-SAME: (%[[X:.*]]: tensor<2x2xf32>)
// CHECK: %[[O:.*]] = octet.observe %[[X]]
// CHECK: octet.matmul(%[[O]], %{{.*}}, residual %[[X]])
// CHECK-NOT: octet.observe
func.func @real_residual(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %w = octet.constant dense<1.0> : tensor<2x2xf32> -> tensor<2x2xf32>
  %y = octet.matmul(%x, %w, residual %x) {octet.scheme = #octet.scheme<correct_bias = false>}
    : (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %z = octet.softmax %y {axis = 1 : i64} : (tensor<2x2xf32>) -> tensor<2x2xf32>
  return %z : tensor<2x2xf32>
}

// -----

// Between integers the sum is one of integers.
// CHECK-LABEL: func @integer_residual
// CHECK: %[[O:.*]] = octet.observe %arg0
// CHECK: octet.matmul(%[[O]], %{{.*}}, residual %[[O]])
func.func @integer_residual(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %w = octet.constant dense<1.0> : tensor<2x2xf32> -> tensor<2x2xf32>
  %y = octet.matmul(%x, %w, residual %x) {octet.scheme = #octet.scheme<correct_bias = false>}
    : (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  %z = octet.add %y, %y {octet.scheme = #octet.scheme<>} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  return %z : tensor<2x2xf32>
}
