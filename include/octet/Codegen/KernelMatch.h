//===- octet/Codegen/KernelMatch.h - Products in linalg --------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads the indexing maps of a linalg.generic as a convolution or a matrix
// product with constant weights, or as a batch of products of two matrices.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_CODEGEN_KERNELMATCH_H
#define OCTET_CODEGEN_KERNELMATCH_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include <string>

namespace mlir::octet {

/// One spatial axis: input position = out * stride + kernel * dilation.
struct WindowAxis {
  int64_t outSize = 1, kernelSize = 1;
  int64_t stride = 1, dilation = 1;
  /// Loops; the kernel's is absent where the window is one element.
  unsigned outDim = 0;
  std::optional<unsigned> kernelDim;
};

/// A sum of products in the form of octet_kernel.conv.
struct KernelMatch {
  /// Mutable as ops are handles.
  mutable linalg::GenericOp op;
  /// Loops over what becomes images (or pixels, where there is no window), in
  /// the order of memory.
  SmallVector<unsigned> leadDims;
  /// At most two, outer first.
  SmallVector<WindowAxis> windows;
  std::optional<unsigned> groupDim, outChannelDim, inChannelDim;
  int64_t leadSize = 1, groups = 1, groupOutChannels = 1, groupChannels = 1;
  bool isUnsigned = false;
  bool isFloat = false;
  /// A sum without factors: all weights are one.
  bool hasUnitWeights = false;
  /// What the sum starts with; zero for floats.
  int64_t initial = 0;

  /// The weights are computed: another matrix for each image and row, whose
  /// loops these are. Both factors may have zero points.
  bool isComputed = false, isWeightUnsigned = false;
  SmallVector<unsigned> imageDims, rowDims;
  int64_t images = 1, rows = 1;
  int64_t inputZero = 0, weightZero = 0;

  /// Fills in all of it, or gives the reason why `op` is no kernel.
  static FailureOr<KernelMatch> get(linalg::GenericOp op,
                                    std::string *reason = nullptr);

  bool isDepthwise() const { return !inChannelDim && groupDim; }
  /// The zero point of computed weights as they are packed, which is signed.
  int64_t getStoredWeightZero() const {
    return weightZero - (isWeightUnsigned ? 128 : 0);
  }
  int64_t getOutChannels() const { return groups * groupOutChannels; }
  SmallVector<int64_t> getInputShape() const;
  SmallVector<int64_t> getOutShape() const;
  SmallVector<int64_t> getKernel() const;
  SmallVector<int64_t> getStrides() const;
  SmallVector<int64_t> getDilations() const;
  /// For each axis of the kernel's output, the loops that make it up.
  SmallVector<SmallVector<unsigned>> getOutDims() const;
  /// The weights as OC x KH x KW x C/groups.
  ElementsAttr getWeights() const;

private:
  /// The window along the kernel's axis 0 (rows) or 1, or null.
  const WindowAxis *getAxis(unsigned axis) const;
};

/// A batch of products of two computed matrices, or nothing.
std::optional<KernelMatch> matchComputedProduct(linalg::GenericOp op);

/// The constant tensor that `value` is, or null.
ElementsAttr getTensorConstant(Value value);

/// Whether the op is a sum over loops, by its iterators and body, that an
/// element-wise producer shall not be fused into.
bool isContraction(linalg::GenericOp op);

} // namespace mlir::octet

#endif // OCTET_CODEGEN_KERNELMATCH_H
