//===- Patterns.h - Patterns of the Lower stage, by family ------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A pattern lowers its operator whatever the element types are; the passes say
// which operators are to be lowered when.
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_LIB_LOWER_PATTERNS_H
#define OCTET_LIB_LOWER_PATTERNS_H

#include "mlir/Transforms/DialectConversion.h"

namespace mlir::octet::lower {

void populateConvolutionPatterns(const TypeConverter &converter,
                                 RewritePatternSet &patterns);
void populateTransposedConvolutionPatterns(const TypeConverter &converter,
                                           RewritePatternSet &patterns);
void populateMatMulPatterns(const TypeConverter &converter,
                            RewritePatternSet &patterns);
void populateQuantizationPatterns(const TypeConverter &converter,
                                  RewritePatternSet &patterns);
void populateBinaryPatterns(const TypeConverter &converter,
                            RewritePatternSet &patterns);
void populateElementwisePatterns(const TypeConverter &converter,
                                 RewritePatternSet &patterns);
void populatePoolPatterns(const TypeConverter &converter,
                          RewritePatternSet &patterns);
void populateReducePatterns(const TypeConverter &converter,
                            RewritePatternSet &patterns);
void populateNormalizationPatterns(const TypeConverter &converter,
                                   RewritePatternSet &patterns);
void populateResizePatterns(const TypeConverter &converter,
                            RewritePatternSet &patterns);
void populateMovementPatterns(RewritePatternSet &patterns);

/// Patterns that give movements, constants and functions storage types.
void populateRetypePatterns(const TypeConverter &converter,
                            RewritePatternSet &patterns);

} // namespace mlir::octet::lower

#endif // OCTET_LIB_LOWER_PATTERNS_H
