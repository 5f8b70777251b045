// RUN: octet-opt %s --split-input-file --octet-expose-observers | FileCheck %s

// The function returns what each observer sees, in their order, and nothing else.
// CHECK-LABEL: func @two
// CHECK-SAME: (%[[X:.*]]: tensor<4xf32>) -> (tensor<4xf32> {octet.name = "observer_0"}, tensor<4xf32> {octet.name = "observer_1"})
// CHECK-NEXT: %[[Y:.*]] = octet.add %[[X]], %[[X]]
// CHECK-NOT: octet.observe
// CHECK: return %[[X]], %[[Y]]
func.func @two(%x: tensor<4xf32>) -> (tensor<4xf32> {octet.name = "y"}) {
  %0 = octet.observe %x by <> : tensor<4xf32>
  %y = octet.add %0, %0 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %1 = octet.observe %y by <> : tensor<4xf32>
  return %1 : tensor<4xf32>
}

// -----

// An observer behind another sees the same value.
// CHECK-LABEL: func @observed_twice
// CHECK-SAME: (%[[X:.*]]: tensor<4xf32>)
// CHECK-NEXT: return %[[X]], %[[X]]
func.func @observed_twice(%x: tensor<4xf32>) -> (tensor<4xf32> {octet.name = "y"}) {
  %0 = octet.observe %x by <> : tensor<4xf32>
  %1 = octet.observe %0 by <> : tensor<4xf32>
  return %1 : tensor<4xf32>
}

// -----

// Nothing to observe, nothing to return.
// CHECK-LABEL: func @none(%{{.*}}: tensor<4xf32>)
// CHECK-NEXT: return{{$}}
func.func @none(%x: tensor<4xf32>) -> (tensor<4xf32> {octet.name = "y"}) {
  return %x : tensor<4xf32>
}
