// RUN: octet-opt %s --split-input-file --octet-verify-quantize --verify-diagnostics

func.func @observer_left(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{observer is left; its value was never seen in samples}}
  %o = octet.observe %x by <> : tensor<4xf32>
  return %o : tensor<4xf32>
}

// -----

func.func @undecided(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{operator was not decided: neither a scheme nor a reason to stay float}}
  %o = octet.relu %x : tensor<4xf32> -> tensor<4xf32>
  return %o : tensor<4xf32>
}
