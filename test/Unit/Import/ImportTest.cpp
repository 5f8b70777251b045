//===- ImportTest.cpp - The structural importer -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a file must say that octet.node cannot be written for by hand: order of
// nodes, symbolic dimensions, external data, model functions, damaged tensors.
//
//===----------------------------------------------------------------------===//

#include "octet/Import/Import.h"
#include "octet/IR/Constants.h"
#include "octet/Import/Passes.h"

#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include "gtest/gtest.h"

#define ONNX_ML 1
#include <onnx/onnx_pb.h>

using namespace mlir;
using namespace mlir::octet;

namespace {

/// A model that tests complete, and what became of it.
struct ImportTest : ::testing::Test {
  ImportTest() : context(MLIRContext::Threading::DISABLED) {
    model.set_ir_version(8);
    auto *opset = model.add_opset_import();
    opset->set_domain("");
    opset->set_version(17);
    graph = model.mutable_graph();
    graph->set_name("test");
  }

  onnx::NodeProto *addNode(StringRef type, std::vector<std::string> inputs,
                           StringRef output) {
    auto *node = graph->add_node();
    node->set_op_type(type.str());
    node->set_name((type + "_of_" + output).str());
    for (auto &input : inputs)
      node->add_input(input);
    node->add_output(output.str());
    return node;
  }

  /// A value with extents; 0 is the symbol "N", -1 has no name.
  void declare(onnx::ValueInfoProto *info, StringRef name,
               std::vector<int64_t> shape, int type) {
    info->set_name(name.str());
    auto *tensor = info->mutable_type()->mutable_tensor_type();
    tensor->set_elem_type(type);
    for (int64_t extent : shape) {
      auto *dimension = tensor->mutable_shape()->add_dim();
      if (extent > 0)
        dimension->set_dim_value(extent);
      else if (extent == 0)
        dimension->set_dim_param("N");
    }
  }
  void addInput(StringRef name, std::vector<int64_t> shape,
                int type = onnx::TensorProto::FLOAT) {
    declare(graph->add_input(), name, shape, type);
  }
  void addOutput(StringRef name) {
    declare(graph->add_output(), name, {}, onnx::TensorProto::FLOAT);
    graph->mutable_output(graph->output_size() - 1)
        ->mutable_type()
        ->mutable_tensor_type()
        ->clear_shape();
  }
  onnx::TensorProto *addFloats(StringRef name, std::vector<float> values) {
    auto *tensor = graph->add_initializer();
    tensor->set_name(name.str());
    tensor->set_data_type(onnx::TensorProto::FLOAT);
    tensor->add_dims(values.size());
    for (float value : values)
      tensor->add_float_data(value);
    return tensor;
  }

  /// Imports and runs the stage; the module as text, or the only error.
  std::string import() {
    std::string text, errors;
    ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
      errors += (errors.empty() ? "" : "\n") + diagnostic.str();
      return success();
    });
    std::string data = model.SerializeAsString();
    OwningOpRef<ModuleOp> module =
        importONNXFromMemory(&context, data, folder, "test", options);
    if (!module)
      return errors;
    EXPECT_TRUE(succeeded(verify(*module)));
    PassManager passes(&context);
    buildImportPipeline(passes);
    if (failed(passes.run(*module)))
      return errors;
    llvm::raw_string_ostream stream(text);
    module->print(stream);
    return text;
  }

  MLIRContext context;
  onnx::ModelProto model;
  onnx::GraphProto *graph;
  ImportOptions options;
  std::string folder;
};

bool contains(StringRef text, StringRef part) {
  return text.find(part) != StringRef::npos;
}

#define EXPECT_CONTAINS(TEXT, PART)                                            \
  EXPECT_TRUE(contains(TEXT, PART)) << std::string(TEXT)

TEST_F(ImportTest, NodesAreSorted) {
  addInput("x", {4});
  addOutput("y");
  addNode("Relu", {"a"}, "y");
  addNode("Neg", {"x"}, "a");
  std::string text = import();
  EXPECT_LT(text.find("octet.neg"), text.find("octet.relu"));
}

TEST_F(ImportTest, CycleIsDiagnosed) {
  addInput("x", {4});
  addOutput("y");
  addNode("Add", {"x", "b"}, "a");
  addNode("Relu", {"a"}, "b");
  addNode("Relu", {"b"}, "y");
  EXPECT_CONTAINS(import(), "node 'Add_of_a' (Add): depends on its own result");
}

TEST_F(ImportTest, BatchDefaultsToOne) {
  addInput("x", {0, 8});
  addOutput("y");
  addNode("Relu", {"x"}, "y");
  EXPECT_CONTAINS(import(), "%arg0: tensor<1x8xf32> {octet.name = \"x\"}");
}

TEST_F(ImportTest, SymbolIsBound) {
  addInput("x", {0, 8});
  addOutput("y");
  addNode("Relu", {"x"}, "y");
  options.bindings["N"] = 5;
  EXPECT_CONTAINS(import(), "tensor<5x8xf32> {octet.name = \"x\"}");
}

TEST_F(ImportTest, OtherSymbolsMustBeBound) {
  addInput("x", {2, 0});
  addOutput("y");
  addNode("Relu", {"x"}, "y");
  EXPECT_CONTAINS(import(), "input 'x': dimension 1 ('N') has no fixed extent; "
                            "give one with --bind N=NUMBER");
}

TEST_F(ImportTest, PositionIsBound) {
  addInput("x", {2, -1});
  addOutput("y");
  addNode("Relu", {"x"}, "y");
  options.bindings["x:1"] = 7;
  EXPECT_CONTAINS(import(), "tensor<2x7xf32> {octet.name = \"x\"}");
}

TEST_F(ImportTest, UnknownBindingIsAnError) {
  addInput("x", {4});
  addOutput("y");
  addNode("Relu", {"x"}, "y");
  options.bindings["Q"] = 7;
  EXPECT_CONTAINS(import(), "no symbolic dimension or input is called 'Q'");
}

TEST_F(ImportTest, InputBecomesConstant) {
  addInput("x", {4});
  addInput("shape", {2}, onnx::TensorProto::INT64);
  addOutput("y");
  addNode("Reshape", {"x", "shape"}, "y");
  options.bindings["shape"] = 2;
  std::string text = import();
  EXPECT_CONTAINS(text, "shape = array<i64: 2, 2>");
  EXPECT_FALSE(contains(text, "octet.name = \"shape\"")) << text;
}

TEST_F(ImportTest, InitializerAmongInputsIsConstant) {
  addInput("x", {2});
  addInput("w", {2});
  addFloats("w", {1, 2});
  addOutput("y");
  addNode("Add", {"x", "w"}, "y");
  EXPECT_FALSE(contains(import(), "octet.name = \"w\""));
}

TEST_F(ImportTest, FunctionIsExpanded) {
  auto *opset = model.add_opset_import();
  opset->set_domain("local");
  opset->set_version(1);
  auto *function = model.add_functions();
  function->set_domain("local");
  function->set_name("Leaky");
  function->add_input("a");
  function->add_output("b");
  function->add_attribute("slope");
  auto *imported = function->add_opset_import();
  imported->set_version(17);
  auto *inner = function->add_node();
  inner->set_op_type("LeakyRelu");
  inner->add_input("a");
  inner->add_output("b");
  auto *reference = inner->add_attribute();
  reference->set_name("alpha");
  reference->set_ref_attr_name("slope");
  reference->set_type(onnx::AttributeProto::FLOAT);
  addInput("x", {4});
  addOutput("y");
  auto *call = addNode("Leaky", {"x"}, "y");
  call->set_domain("local");
  auto *slope = call->add_attribute();
  slope->set_name("slope");
  slope->set_type(onnx::AttributeProto::FLOAT);
  slope->set_f(0.25);
  EXPECT_CONTAINS(import(), "octet.leaky_relu %arg0 {alpha = 2.500000e-01");
}

TEST_F(ImportTest, RecursionIsDiagnosed) {
  auto *function = model.add_functions();
  function->set_domain("local");
  function->set_name("Again");
  function->add_input("a");
  function->add_output("b");
  auto *inner = function->add_node();
  inner->set_domain("local");
  inner->set_op_type("Again");
  inner->add_input("a");
  inner->add_output("b");
  addInput("x", {4});
  addOutput("y");
  addNode("Again", {"x"}, "y")->set_domain("local");
  EXPECT_CONTAINS(import(), "model functions call each other");
}

TEST_F(ImportTest, ExternalDataIsRead) {
  SmallString<128> directory;
  ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("octet", directory));
  folder = directory.str().str();
  std::string file = folder + "/weights.bin";
  {
    std::error_code error;
    llvm::raw_fd_ostream stream(file, error);
    float values[] = {9, 3, 4};
    stream.write(reinterpret_cast<char *>(values), sizeof(values));
  }
  addInput("x", {2});
  addOutput("y");
  addNode("Add", {"x", "w"}, "y");
  auto *tensor = addFloats("w", {0, 0});
  tensor->clear_float_data();
  tensor->set_data_location(onnx::TensorProto::EXTERNAL);
  auto add = [&](StringRef key, StringRef value) {
    auto *entry = tensor->add_external_data();
    entry->set_key(key.str());
    entry->set_value(value.str());
  };
  add("location", "weights.bin");
  add("offset", "4");
  add("length", "8");
  EXPECT_CONTAINS(import(), "dense<[3.000000e+00, 4.000000e+00]>");
  tensor->mutable_external_data(0)->set_value("../weights.bin");
  EXPECT_CONTAINS(import(), "lies outside of the model's folder");
  llvm::sys::fs::remove_directories(directory);
}

TEST_F(ImportTest, TensorOfWrongSizeIsRefused) {
  addInput("x", {2});
  addOutput("y");
  addNode("Add", {"x", "w"}, "y");
  addFloats("w", {1, 2})->set_dims(0, 3);
  EXPECT_EQ(import(), "initializer 'w': has 8 bytes of data, expected 12");
}

TEST_F(ImportTest, NamesInMessagesArePrintable) {
  addInput("x", {2});
  addOutput("y");
  addNode("Frob", {"x"}, "y")->set_name("a\nb");
  EXPECT_CONTAINS(import(), "node 'a?b' (Frob): operator is not supported");
}

TEST_F(ImportTest, LocationsNameTheNodes) {
  addInput("x", {2});
  addOutput("y");
  addNode("Relu", {"x"}, "y");
  std::string data = model.SerializeAsString();
  auto module = importONNXFromMemory(&context, data, "", "test");
  ASSERT_TRUE(module);
  module->walk([](NodeOp node) { EXPECT_EQ(getNodeName(node), "Relu_of_y"); });
}

TEST_F(ImportTest, TableIsSorted) {
  std::vector<SupportedOp> ops = getSupportedOps();
  EXPECT_GT(ops.size(), 100u);
  for (size_t i = 1; i < ops.size(); ++i) {
    EXPECT_LE(std::tie(ops[i - 1].domain, ops[i - 1].opType),
              std::tie(ops[i].domain, ops[i].opType));
    // Versions of one operator must not overlap.
    if (ops[i - 1].domain == ops[i].domain &&
        ops[i - 1].opType == ops[i].opType)
      EXPECT_LT(ops[i - 1].until, ops[i].since) << ops[i].opType.str();
  }
}

} // namespace
