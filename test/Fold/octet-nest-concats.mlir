// RUN: octet-opt %s --split-input-file --octet-nest-concats | FileCheck %s

// Each begins with the one before it.
// CHECK-LABEL: func @dense
// CHECK-SAME: (%[[A:.*]]: tensor<1x2xf32>, %[[B:.*]]: tensor<1x3xf32>, %[[C:.*]]: tensor<1x1xf32>)
// CHECK: %[[AB:.*]] = octet.concat %[[A]], %[[B]] {
// CHECK: %[[ABC:.*]] = octet.concat %[[AB]], %[[C]] {
// CHECK: octet.concat %[[ABC]], %[[A]], %[[B]] {
func.func @dense(%a: tensor<1x2xf32>, %b: tensor<1x3xf32>, %c: tensor<1x1xf32>)
    -> (tensor<1x5xf32>, tensor<1x6xf32>, tensor<1x11xf32>) {
  %0 = octet.concat %a, %b {axis = 1 : i64} : (tensor<1x2xf32>, tensor<1x3xf32>) -> tensor<1x5xf32>
  %1 = octet.concat %a, %b, %c {axis = 1 : i64} : (tensor<1x2xf32>, tensor<1x3xf32>, tensor<1x1xf32>) -> tensor<1x6xf32>
  %2 = octet.concat %a, %b, %c, %a, %b {axis = 1 : i64}
    : (tensor<1x2xf32>, tensor<1x3xf32>, tensor<1x1xf32>, tensor<1x2xf32>, tensor<1x3xf32>) -> tensor<1x11xf32>
  return %0, %1, %2 : tensor<1x5xf32>, tensor<1x6xf32>, tensor<1x11xf32>
}

// -----

// Another axis, another order, equal ones: nothing changes.
// CHECK-LABEL: func @others
// CHECK-SAME: (%[[A:.*]]: tensor<2x2xf32>, %[[B:.*]]: tensor<2x2xf32>)
// CHECK: octet.concat %[[A]], %[[B]] {axis = 0
// CHECK: octet.concat %[[B]], %[[A]] {axis = 1
// CHECK: octet.concat %[[A]], %[[B]], %[[A]] {axis = 1
// CHECK: octet.concat %[[A]], %[[B]], %[[A]] {axis = 1
func.func @others(%a: tensor<2x2xf32>, %b: tensor<2x2xf32>)
    -> (tensor<4x2xf32>, tensor<2x4xf32>, tensor<2x6xf32>, tensor<2x6xf32>) {
  %0 = octet.concat %a, %b {axis = 0 : i64} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<4x2xf32>
  %1 = octet.concat %b, %a {axis = 1 : i64} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x4xf32>
  %2 = octet.concat %a, %b, %a {axis = 1 : i64} : (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x6xf32>
  %3 = octet.concat %a, %b, %a {axis = 1 : i64} : (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x6xf32>
  return %0, %1, %2, %3 : tensor<4x2xf32>, tensor<2x4xf32>, tensor<2x6xf32>, tensor<2x6xf32>
}
