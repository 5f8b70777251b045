//===- PackingTest.cpp - Tests of the order of packed weights --*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/IR/Kernel/Packing.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace mlir::octet_kernel;

namespace {
class PackingTest : public testing::Test {
protected:
  PackingTest() {
    context.loadDialect<OctetKernelDialect, func::FuncDialect,
                        memref::MemRefDialect>();
  }

  /// A convolution of these types and attributes.
  WeightShape getShape(StringRef input, StringRef weights, StringRef out,
                       StringRef attributes) {
    std::string text =
        ("func.func @f(%x: memref<" + input + ">, %w: memref<" + weights +
         ">, %y: memref<" + out + ">) {\n octet_kernel.conv ins(%x, %w : " +
         "memref<" + input + ">, memref<" + weights + ">) outs(%y : memref<" +
         out + ">) attributes {" + attributes +
         "} {\n^bb0(%sum: i32):\n octet_kernel.yield %sum : i32\n}\n return\n}")
            .str();
    module = parseSourceString<ModuleOp>(text, &context);
    ConvOp conv;
    module->walk([&](ConvOp op) { conv = op; });
    return WeightShape(conv);
  }

  static SmallVector<char> count(int64_t bytes) {
    SmallVector<char> values;
    for (int64_t i = 0; i < bytes; ++i)
      values.push_back(static_cast<char>(i + 1));
    return values;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};
} // namespace

TEST_F(PackingTest, ColumnsTakeFourBytesOfEachChannel) {
  WeightShape shape = getShape("1x1x4x6xi8", "18x1x1x6xi8", "1x1x4x18xi32",
                               "kernel = array<i64: 1, 1>");
  EXPECT_EQ(shape.getPackedElements(Packing::Columns), 2 * 2 * 64);
  SmallVector<char> packed =
      packWeights(shape, Packing::Columns, count(18 * 6));
  EXPECT_EQ(packed[0], 1);
  EXPECT_EQ(packed[3], 4);
  EXPECT_EQ(packed[4], 7);       // second channel
  EXPECT_EQ(packed[64], 5);      // second step
  EXPECT_EQ(packed[66], 0);      // past the reduction
  EXPECT_EQ(packed[2 * 64], 97); // channel 16, in the second panel
  EXPECT_EQ(packed[2 * 64 + 8], 0);
}

// A kernel row is one stretch of input unless it is dilated.
TEST_F(PackingTest, DilationSplitsRows) {
  WeightShape whole = getShape("1x3x8x6xi8", "4x3x3x6xi8", "1x1x6x4xi32",
                               "kernel = array<i64: 3, 3>");
  EXPECT_EQ(whole.getSegments(Packing::Columns), 3);
  EXPECT_EQ(whole.getSteps(Packing::Columns), 5);
  WeightShape split =
      getShape("1x3x10x6xi8", "4x3x3x6xi8", "1x1x6x4xi32",
               "kernel = array<i64: 3, 3>, dilations = array<i64: 1, 2>");
  EXPECT_EQ(split.getSegments(Packing::Columns), 9);
  EXPECT_EQ(split.getSteps(Packing::Columns), 2);
}

TEST_F(PackingTest, GroupsHaveTheirOwnPanels) {
  WeightShape shape = getShape("1x1x4x8xi8", "6x1x1x4xi8", "1x1x4x6xi32",
                               "kernel = array<i64: 1, 1>, groups = 2 : i64");
  SmallVector<char> packed = packWeights(shape, Packing::Columns, count(24));
  EXPECT_EQ(packed.size(), 2u * 64);
  EXPECT_EQ(packed[64], 13);
}

// Two output rows of a 3x3 depthwise kernel use the same four input rows: the
// second one's weights are moved down by one.
TEST_F(PackingTest, TapsServeSeveralRows) {
  WeightShape shape = getShape("1x4x5x2xi8", "2x3x3x1xi8", "1x2x3x2xi32",
                               "kernel = array<i64: 3, 3>, groups = 2 : i64");
  EXPECT_EQ(shape.getVariants(Packing::Taps), 2);
  SmallVector<char> packed = packWeights(shape, Packing::Taps, count(18));
  EXPECT_EQ(ArrayRef<char>(packed).take_front(4), ArrayRef<char>({1, 4, 7, 0}));
  EXPECT_EQ(ArrayRef<char>(packed).slice(3 * 64, 4),
            ArrayRef<char>({0, 1, 4, 7}));
}

TEST(SafePairs, AreThoseThatFitSixteenBits) {
  EXPECT_TRUE(haveSafePairs({64, 64, -64, -64, 127, -128}));
  EXPECT_FALSE(haveSafePairs({64, 65}));
  EXPECT_FALSE(haveSafePairs({-64, -65}));
}
