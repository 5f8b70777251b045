//===- Recipe.h - What a recipe says -*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OCTET_QUANTIZE_RECIPE_H
#define OCTET_QUANTIZE_RECIPE_H

#include "octet/IR/Octet.h"

#include "llvm/Support/Error.h"
#include "llvm/Support/Regex.h"
#include <optional>

namespace mlir::octet {

/// What a model or an operator computes with. FP16 and BF16: in f32, with
/// constant weights and tables kept in 16 bits.
enum class Precision { Float, Int8, FP16, BF16 };

/// By the name that --precision and recipes use: float, int8, fp16, bf16.
std::optional<Precision> parsePrecision(llvm::StringRef name);
llvm::StringRef getPrecisionName(Precision precision);

/// The choice for one operator.
struct RecipeChoice {
  /// Nothing: as the operator prefers.
  std::optional<Precision> precision;
  bool activationSigned = false;
  bool activationSymmetric = false;
  bool weightPerChannel = true;
  bool correctBias = true;
  ObserverKind observer = ObserverKind::MSE;
  double percentile = 99.999;

  SchemeAttr getScheme(MLIRContext *context) const;
  bool staysFloat() const { return precision && *precision != Precision::Int8; }
};

/// A default choice and rules that change it for some operators; of several
/// rules that match, the later one wins, setting by setting.
///
/// ```json
/// { "activation": {"type": "u8", "symmetric": false, "observer": "mse"},
///   "weight": {"granularity": "channel"},
///   "rules": [ {"op": "Softmax", "precision": "float"},
///              {"name": "^head/.*", "observer": "minmax"} ] }
/// ```
class Recipe {
public:
  /// Reads JSON; an empty text is the default recipe. The error names the key.
  static llvm::Expected<Recipe> parse(llvm::StringRef text);

  /// `opType` is the name in ONNX or in this dialect; case and underscores do
  /// not count. `nodeName` is matched by the rules' regular expressions.
  RecipeChoice getChoice(llvm::StringRef opType,
                         llvm::StringRef nodeName) const;

private:
  struct Rule {
    std::string op;                    ///< normalized; empty: any
    std::shared_ptr<llvm::Regex> name; ///< null: any
    std::function<void(RecipeChoice &)> apply;
  };
  RecipeChoice defaults;
  std::vector<Rule> rules;
};

} // namespace mlir::octet

#endif // OCTET_QUANTIZE_RECIPE_H
