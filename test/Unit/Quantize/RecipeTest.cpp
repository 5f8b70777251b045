//===- RecipeTest.cpp - Recipes in JSON ------------------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "octet/Quantize/Recipe.h"

#include "gtest/gtest.h"

using namespace mlir;
using namespace mlir::octet;

namespace {

Recipe parse(llvm::StringRef text) {
  llvm::Expected<Recipe> recipe = Recipe::parse(text);
  EXPECT_TRUE(bool(recipe));
  return recipe ? *recipe : Recipe();
}

std::string getError(llvm::StringRef text) {
  llvm::Expected<Recipe> recipe = Recipe::parse(text);
  return recipe ? "" : llvm::toString(recipe.takeError());
}

TEST(Recipe, LaterRulesWinSettingBySetting) {
  Recipe recipe = parse(R"({
    "activation": {"observer": "minmax"},
    "rules": [
      {"op": "Conv", "activation": {"type": "i8", "observer": "entropy"}},
      {"name": "^head/", "activation": {"observer": "mse"}}]})");
  EXPECT_EQ(recipe.getChoice("conv", "body/1").observer, ObserverKind::Entropy);
  RecipeChoice head = recipe.getChoice("conv", "head/1");
  EXPECT_EQ(head.observer, ObserverKind::MSE);
  EXPECT_TRUE(head.activationSigned);
  EXPECT_EQ(recipe.getChoice("add", "x").observer, ObserverKind::MinMax);
}

TEST(Recipe, KnowsOperatorsByBothNames) {
  Recipe recipe = parse(R"({"rules": [
    {"op": "Gemm", "precision": "float"},
    {"op": "AveragePool", "precision": "float"}]})");
  EXPECT_TRUE(recipe.getChoice("matmul", "").staysFloat());
  EXPECT_TRUE(recipe.getChoice("average_pool", "").staysFloat());
  EXPECT_FALSE(recipe.getChoice("max_pool", "").staysFloat());
}

TEST(Recipe, NamesPrecisions) {
  Recipe recipe = parse(R"({"rules": [
    {"op": "Gemm", "precision": "fp16"}, {"op": "Conv", "precision": "int8"}]})");
  EXPECT_EQ(recipe.getChoice("matmul", "").precision, Precision::FP16);
  EXPECT_TRUE(recipe.getChoice("matmul", "").staysFloat());
  EXPECT_FALSE(recipe.getChoice("conv", "").staysFloat());
  EXPECT_NE(getError(R"({"rules": [{"op": "Gemm", "precision": "half"}]})"),
            "");
}

TEST(Recipe, SaysWhatIsWrong) {
  EXPECT_NE(getError("{").find("recipe: "), std::string::npos);
  EXPECT_NE(getError("[]").find("must be an object"), std::string::npos);
  EXPECT_NE(getError(R"({"activation": {"observer": "max"}})")
                .find("minmax, percentile, entropy, mse"),
            std::string::npos);
  EXPECT_NE(
      getError(R"({"rules": [{"name": "("}]})").find("no regular expression"),
      std::string::npos);
  EXPECT_NE(getError(R"({"activation": {"percentile": 10}})").find("above 50"),
            std::string::npos);
  EXPECT_NE(getError(R"({"weights": {}})").find("unknown key 'weights'"),
            std::string::npos);
}

} // namespace
