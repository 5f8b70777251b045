// RUN: octet-opt %s --octet-verify-codegen --split-input-file --verify-diagnostics

// expected-error @below {{has no 'octet.model'}}
module {
}

// -----

module {
  // expected-error @below {{is not of the LLVM dialect}}
  func.func private @f()
}

// -----

module {
  // expected-error @below {{function @malloc is not defined: a library calls nothing but itself}}
  llvm.func @malloc(i64) -> !llvm.ptr
}

// -----

module {
  llvm.func @f(%x: f32) -> f32 {
    // expected-error @below {{would become a call of libm}}
    %0 = llvm.intr.exp(%x) : (f32) -> f32
    llvm.return %0 : f32
  }
}
