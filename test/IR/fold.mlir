// RUN: octet-opt %s --canonicalize | FileCheck %s

// Indices of a window of attention, 7 by 7 in an image of 56 by 56: folded,
// since a scatter wants them at compile time.
// CHECK-LABEL: func @indices
// CHECK-NEXT: octet.constant dense_resource<{{.*}}> : tensor<49x49x2xi64>
// CHECK-NEXT: return
func.func @indices() -> tensor<49x49x2xi64> {
  %0 = octet.constant dense<1> : tensor<49x49x1xi64> -> tensor<49x49x1xi64>
  %1 = octet.constant dense<2> : tensor<49x49x1xi64> -> tensor<49x49x1xi64>
  %2 = octet.concat %0, %1 {axis = 2 : i64} : (tensor<49x49x1xi64>, tensor<49x49x1xi64>) -> tensor<49x49x2xi64>
  return %2 : tensor<49x49x2xi64>
}

// Megabytes are computed where the model runs.
// CHECK-LABEL: func @large
// CHECK: octet.concat
func.func @large() -> tensor<600x512x2xi64> {
  %0 = octet.constant dense<1> : tensor<600x512x1xi64> -> tensor<600x512x1xi64>
  %1 = octet.constant dense<2> : tensor<600x512x1xi64> -> tensor<600x512x1xi64>
  %2 = octet.concat %0, %1 {axis = 2 : i64} : (tensor<600x512x1xi64>, tensor<600x512x1xi64>) -> tensor<600x512x2xi64>
  return %2 : tensor<600x512x2xi64>
}
