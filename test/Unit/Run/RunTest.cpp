//===- RunTest.cpp - Arrays, files and calls of lib/Run --------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Round trips through files, damaged files, and feeding batch by batch.
//
//===----------------------------------------------------------------------===//

#include "octet/Run/ArrayFile.h"
#include "octet/Run/Benchmark.h"
#include "octet/Run/Compare.h"
#include "octet/Run/Inputs.h"
#include "octet/Run/Model.h"
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <gtest/gtest.h>

using namespace octet;

namespace {

template <typename T>
Array makeArray(int32_t type, std::vector<int64_t> shape,
                std::vector<T> values) {
  Array array{type, std::move(shape), {}};
  array.data.resize(values.size() * sizeof(T));
  if (!values.empty()) // memcpy takes no null, not even for nothing
    std::memcpy(array.data.data(), values.data(), array.data.size());
  return array;
}

Array makeFloats(std::vector<int64_t> shape, std::vector<float> values) {
  return makeArray(OCTET_TYPE_F32, std::move(shape), std::move(values));
}

class RunTest : public ::testing::Test {
protected:
  void SetUp() override {
    char name[] = "/tmp/octet-run-XXXXXX";
    ASSERT_TRUE(mkdtemp(name));
    folder = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  std::string getPath(const std::string &name) { return folder + "/" + name; }

  std::string folder;
};

//===----------------------------------------------------------------------===//
// Arrays
//===----------------------------------------------------------------------===//

TEST(ArrayTest, halfFloatsRound) {
  Array half = Array::zeros(OCTET_TYPE_F16, {1});
  auto roundTrip = [&](double value) {
    half.set(0, value);
    return half.get(0);
  };
  for (double exact : {0.0, 1.0, -2.5, 65504.0, 6.103515625e-05,
                       5.960464477539063e-08, 1023 * 5.960464477539063e-08})
    EXPECT_EQ(roundTrip(exact), exact);
  EXPECT_EQ(roundTrip(1 + 1.0 / 2048), 1); // tie to even
  EXPECT_EQ(roundTrip(1 + 3.0 / 2048), 1 + 2.0 / 1024);
  EXPECT_EQ(roundTrip(65519), 65504);
  EXPECT_EQ(roundTrip(65520), INFINITY);
  EXPECT_EQ(roundTrip(1e-9), 0);
  EXPECT_TRUE(std::isnan(roundTrip(NAN)));
}

TEST(ArrayTest, integersSaturate) {
  Array bytes = Array::zeros(OCTET_TYPE_U8, {1});
  for (auto [value, expected] :
       {std::pair(-1.0, 0.0), {300.0, 255.0}, {2.5, 2.0}, {3.5, 4.0}}) {
    bytes.set(0, value);
    EXPECT_EQ(bytes.get(0), expected);
  }
  Array longs = Array::zeros(OCTET_TYPE_I64, {1});
  longs.set(0, 1e30);
  int64_t value = 0;
  std::memcpy(&value, longs.data.data(), 8);
  EXPECT_EQ(value, INT64_MAX);
}

TEST(ArrayTest, castRefusesFloatToInteger) {
  EXPECT_FALSE(castArray(makeFloats({1}, {1}), OCTET_TYPE_I64));
  auto cast = castArray(makeArray<uint8_t>(OCTET_TYPE_U8, {2}, {1, 255}),
                        OCTET_TYPE_F32);
  ASSERT_TRUE(cast);
  EXPECT_EQ(cast->get(1), 255);
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

TEST_F(RunTest, npzRoundTrip) {
  Arrays arrays;
  arrays["a"] = makeFloats({2, 3}, {1, 2, 3, 4, 5, 6});
  arrays["scalar"] = makeArray<int64_t>(OCTET_TYPE_I64, {}, {-7});
  arrays["none"] = makeFloats({0, 3}, {});
  arrays["flags"] = makeArray<uint8_t>(OCTET_TYPE_BOOL, {1}, {1});
  ASSERT_TRUE(writeNpz(getPath("a.npz"), arrays));
  auto read = readNpz(getPath("a.npz"));
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), arrays.size());
  for (auto &[name, array] : arrays) {
    EXPECT_EQ((*read)[name].type, array.type) << name;
    EXPECT_EQ((*read)[name].shape, array.shape) << name;
    EXPECT_EQ((*read)[name].data, array.data) << name;
  }
  EXPECT_EQ(readNpz(getPath("a.npz"), "b").error().message,
            "'" + getPath("a.npz") +
                "' has no array 'b', but a, flags, none, scalar");
}

TEST_F(RunTest, damagedFilesAreErrors) {
  Arrays arrays;
  arrays["a"] = makeFloats({2, 3}, {1, 2, 3, 4, 5, 6});
  ASSERT_TRUE(writeNpz(getPath("a.npz"), arrays));
  std::string good = *readFile(getPath("a.npz"));
  for (size_t length = 0; length < good.size(); ++length) {
    ASSERT_TRUE(writeFile(getPath("cut.npz"), good.substr(0, length)));
    EXPECT_FALSE(readNpz(getPath("cut.npz"))) << length;
  }
  for (size_t at = 0; at < good.size() * 8; at += 5) {
    std::string bad = good;
    bad[at / 8] ^= static_cast<char>(1 << at % 8);
    ASSERT_TRUE(writeFile(getPath("bad.npz"), bad));
    (void)readNpz(getPath("bad.npz")); // an error or another field: no crash
  }
  EXPECT_FALSE(readNpz(getPath("absent.npz")));
  EXPECT_FALSE(parseNpy("\x93NUMPY\x01"));
}

TEST_F(RunTest, npyHeaders) {
  auto parse = [](std::string header, std::string data) {
    std::string bytes = "\x93NUMPY";
    bytes += {'\x01', '\0', static_cast<char>(header.size()), '\0'};
    return parseNpy(bytes + header + data);
  };
  auto fortran = parse(
      "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }", "adbecf");
  ASSERT_TRUE(fortran);
  EXPECT_EQ(std::string(fortran->data.begin(), fortran->data.end()), "abcdef");
  EXPECT_FALSE(
      parse("{'descr': '>f4', 'fortran_order': False, 'shape': (1,)}", "abcd"));
  EXPECT_FALSE(parse("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
                     "abcdefgh"));
  EXPECT_FALSE(parse("{'descr': '<f4', 'fortran_order': False, 'shape': "
                     "(99999999999, 99999999999, 99999999)}",
                     "abcd"));
  EXPECT_FALSE(parse("{'descr': '<f4', 'shape': (2,)}", "abcd"));
}

TEST_F(RunTest, tensorProto) {
  // dims 2 and 3, float, name "t", raw data of six floats.
  std::string proto("\x08\x02\x08\x03\x10\x01\x42\x01t\x4a\x18", 11);
  proto += std::string(24, '\0');
  ASSERT_TRUE(writeFile(getPath("raw.pb"), proto));
  auto tensor = readTensorProto(getPath("raw.pb"));
  ASSERT_TRUE(tensor) << tensor.error().message;
  EXPECT_EQ(tensor->first, "t");
  EXPECT_EQ(tensor->second.shape, (std::vector<int64_t>{2, 3}));
  // Packed dims and int64_data with a negative number.
  std::string packed("\x0a\x01\x02\x10\x07\x3a\x0b\x05\xff\xff\xff\xff\xff\xff"
                     "\xff\xff\xff\x01",
                     18);
  ASSERT_TRUE(writeFile(getPath("packed.pb"), packed));
  tensor = readTensorProto(getPath("packed.pb"));
  ASSERT_TRUE(tensor) << tensor.error().message;
  EXPECT_EQ(tensor->second.get(0), 5);
  EXPECT_EQ(tensor->second.get(1), -1);
  for (size_t length = 1; length < proto.size(); ++length) {
    ASSERT_TRUE(writeFile(getPath("cut.pb"), proto.substr(0, length)));
    EXPECT_FALSE(readTensorProto(getPath("cut.pb"))) << length;
  }
}

TEST_F(RunTest, filesAreWholeOrAbsent) {
  EXPECT_EQ(writeFile(getPath("no/such/a"), "x").error().message,
            "cannot write '" + getPath("no/such/a") +
                "': No such file or directory");
  EXPECT_EQ(writeFile("/dev/full", "x").error().message,
            "cannot write '/dev/full': No space left on device");
  EXPECT_FALSE(writeFile(folder, "x"));
  EXPECT_TRUE(std::filesystem::is_empty(folder));
}

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

TEST_F(RunTest, arguments) {
  Arrays arrays;
  arrays["x"] = makeFloats({1}, {1});
  arrays["labels"] = makeFloats({1}, {2});
  ASSERT_TRUE(writeNpz(getPath("a.npz"), arrays));
  Array one = makeFloats({1}, {3});
  ASSERT_TRUE(writeFile(getPath("one.npy"), formatNpy(one)));
  std::vector<std::string> names = {"x", "y=z"};

  auto read = [&](const std::string &argument,
                  const std::string &prefix = "input") {
    Arrays found;
    Result result = readArgument(argument, prefix, names, found);
    if (!result)
      return result.error().message;
    std::string text;
    for (auto &[name, array] : found)
      text += name + ":" + std::to_string(int(array.get(0))) + " ";
    return text;
  };
  std::string npz = getPath("a.npz");
  EXPECT_EQ(read(npz), "x:1 ");
  EXPECT_EQ(read("x=" + npz), "x:1 ");
  EXPECT_EQ(read("y=z=" + npz + ":labels"), "y=z:2 ");
  EXPECT_EQ(read("y=z=" + getPath("one.npy")), "y=z:3 ");
  EXPECT_EQ(read("q=" + npz), "the model has no input 'q', but x, y=z");
  EXPECT_NE(read("y=z=" + npz).find("name one as FILE.npz:KEY"),
            std::string::npos);
  EXPECT_NE(read(npz, "output").find("'labels'"), std::string::npos);
  EXPECT_NE(read(folder).find("no input_*.pb"), std::string::npos);
  EXPECT_NE(read(getPath("one.npy")).find("write NAME="), std::string::npos);
}

TEST_F(RunTest, testDataSetsStack) {
  for (char set = '0'; set < '2'; ++set) {
    std::string path = getPath(std::string("test_data_set_") + set);
    std::filesystem::create_directory(path);
    std::string proto("\x08\x01\x10\x02\x42\x01?\x4a\x01", 9);
    ASSERT_TRUE(writeFile(path + "/input_0.pb", proto + set));
  }
  Arrays arrays;
  ASSERT_TRUE(readArgument(folder, "input", {"x"}, arrays));
  EXPECT_EQ(arrays["x"].shape, std::vector<int64_t>{2});
  EXPECT_EQ(arrays["x"].get(1), '1');
  Arrays named;
  ASSERT_TRUE(readArgument("x=" + folder, "input", {"x"}, named));
  EXPECT_EQ(named["x"].data, arrays["x"].data);
}

//===----------------------------------------------------------------------===//
// Comparing
//===----------------------------------------------------------------------===//

TEST(CompareTest, findsTheLargestDifference) {
  auto compared = compareArrays(makeFloats({2, 2}, {1, 2, 3, 5}),
                                makeFloats({2, 2}, {1, 2.5, 3, 4}), {0.6, 0});
  ASSERT_TRUE(compared);
  EXPECT_EQ(compared->str(),
            "1 of 4 elements differ, most at [1, 1]: 5 instead of 4");
  EXPECT_FALSE(
      compareArrays(makeFloats({2}, {1, 2}), makeFloats({1}, {1}), {}));
  auto nan = compareArrays(makeFloats({2}, {NAN, NAN}),
                           makeFloats({2}, {NAN, 1}), {1, 1});
  EXPECT_EQ(nan->numDifferent, 1);
  EXPECT_FALSE(Tolerance::parse("x"));
  EXPECT_FALSE(Tolerance::parse("1,"));
  EXPECT_FALSE(Tolerance::parse("-1"));
  EXPECT_EQ(Tolerance::parse("1e-3,0.5")->relative, 0.5);
}

//===----------------------------------------------------------------------===//
// Models
//===----------------------------------------------------------------------===//

TEST(ModelTest, feedsBatchByBatch) {
  auto model = Model::load(OCTET_TEST_MODEL);
  ASSERT_TRUE(model) << model.error().message;
  for (int64_t rows = 1; rows <= 5; ++rows) {
    Arrays inputs;
    inputs["x"] = Array::zeros(OCTET_TYPE_U8, {rows, 4});
    for (int64_t row = 0; row < rows; ++row)
      inputs["x"].set(row * 4 + row % 4, double(10 + row));
    inputs["bias"] = makeFloats({4}, {1, 0, 0, 0});
    auto outputs = model->run(inputs, {});
    ASSERT_TRUE(outputs) << outputs.error().message;
    EXPECT_EQ((*outputs)["y"].shape, (std::vector<int64_t>{rows, 4}));
    EXPECT_EQ((*outputs)["top"].shape, std::vector<int64_t>{rows});
    for (int64_t row = 0; row < rows; ++row) {
      EXPECT_EQ((*outputs)["top"].get(row), row % 4);
      EXPECT_EQ((*outputs)["y"].get(row * 4 + row % 4),
                10 + row + (row % 4 == 0));
    }
  }
}

TEST(ModelTest, quantizedForm) {
  auto model = Model::load(OCTET_TEST_MODEL);
  ASSERT_TRUE(model);
  Arrays inputs;
  inputs["x"] = makeFloats({2, 4}, {0, 1, 2, 3, 0, -1, -2, -3});
  inputs["bias"] = makeFloats({4}, {0, 0, 0, 0});
  RunOptions options;
  options.quantized = true;
  auto outputs = model->run(inputs, options);
  ASSERT_TRUE(outputs);
  EXPECT_EQ((*outputs)["y"].type, OCTET_TYPE_I8);
  EXPECT_EQ((*outputs)["y"].get(3), 11);
  Array real = dequantizeArray((*outputs)["y"], *model->findOutput("y"));
  EXPECT_EQ(real.get(7), -3);
}

TEST(ModelTest, badInputsAreErrors) {
  auto model = Model::load(OCTET_TEST_MODEL);
  ASSERT_TRUE(model);
  auto message = [&](Arrays inputs) {
    auto outputs = model->run(inputs, {});
    return outputs ? "" : outputs.error().message;
  };
  Array bias = makeFloats({4}, {0, 0, 0, 0});
  EXPECT_EQ(message({{"bias", bias}}), "no array is given for input 'x'");
  EXPECT_EQ(message({{"bias", bias}, {"x", makeFloats({2, 3}, {})}}),
            "input 'x' takes shape [2, 4], but the array has [2, 3]: all axes "
            "but the first must be equal");
  EXPECT_NE(message({{"bias", bias}, {"x", Array::zeros(1, {0, 4})}}), "");
  EXPECT_NE(
      message({{"bias", Array::zeros(1, {8})}, {"x", Array::zeros(1, {8, 4})}}),
      "");
  EXPECT_FALSE(Model::load("no/such.so"));
  EXPECT_FALSE(model->setIsa("z80"));
}

TEST(ModelTest, benchmark) {
  auto model = Model::load(OCTET_TEST_MODEL);
  ASSERT_TRUE(model);
  BenchmarkOptions options;
  options.repeat = 11;
  options.profile = true;
  auto result = benchmark(*model, {}, {}, options);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->runs, 11);
  EXPECT_LE(result->minMs, result->medianMs);
  EXPECT_EQ(result->nodeMs.size(), 2u);
  std::string json = formatJson(*model, {}, &*result, {});
  EXPECT_NE(json.find("\"name\": \"sum+\\\"bias\\\"\""), std::string::npos);
}

} // namespace
