//===- EmitTest.cpp - Libraries from hand-written programs -----*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A program of two steps in the LLVM dialect becomes a library of every form;
// the shared one is loaded and run.
//
//===----------------------------------------------------------------------===//

#include "octet/Emit/Emit.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "octet-c/Model.h"
#include "octet/Emit/ModelInfo.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include <cstdlib>
#include <dlfcn.h>
#include <fstream>
#include <gtest/gtest.h>

using namespace mlir;
using namespace mlir::octet;

namespace {

/// Step 0: arena[i] = x[i] * w[i]; step 1: y[i] = arena[i] + arena[i].
constexpr char kProgram[] = R"(
module attributes {octet.model = {
  name = "two-steps",
  inputs = [{name = "x", type = f32, shape = array<i64: 4, 512>}],
  outputs = [{name = "y", type = f32, shape = array<i64: 4, 512>,
              quantized = {type = ui8, scale = 5.0e-01 : f32, zero_point = 3}}],
  nodes = [{name = "mul", op = "Mul", precision = "float", macs = 0,
            read = 12288, written = 12288, kernels = [@mul_a, @mul_b]},
           {name = "add", op = "Add", precision = "float", macs = 0,
            read = 8192, written = 8192, kernels = [@add]}],
  isas = [ISAS], main = @octet_main, arena_bytes = 8192,
  arena_alignment = 64, weight_bytes = 8192,
  largest_live_bytes = 4096}} {
  llvm.mlir.global private constant @w(dense<3.0> : tensor<4x512xf32>)
      {alignment = 64 : i64} : !llvm.array<4 x array<512 x f32>>
  llvm.mlir.global private constant @factor(2.0 : f32) : f32
  llvm.func @octet_rt_launch(!llvm.ptr, i32, i64, !llvm.ptr)

  llvm.func @octet_main(%ctx: !llvm.ptr, %in: !llvm.ptr, %out: !llvm.ptr,
                        %arena: !llvm.ptr) {
    %c0 = llvm.mlir.constant(0 : i32) : i32
    %c1 = llvm.mlir.constant(1 : i32) : i32
    %c2 = llvm.mlir.constant(2 : i32) : i32
    %n = llvm.mlir.constant(2048 : i64) : i64
    %args = llvm.alloca %c2 x !llvm.ptr : (i32) -> !llvm.ptr
    %x = llvm.load %in : !llvm.ptr -> !llvm.ptr
    %y = llvm.load %out : !llvm.ptr -> !llvm.ptr
    %slot = llvm.getelementptr %args[1] : (!llvm.ptr) -> !llvm.ptr, !llvm.ptr
    llvm.store %x, %args : !llvm.ptr, !llvm.ptr
    llvm.store %arena, %slot : !llvm.ptr, !llvm.ptr
    llvm.call @octet_rt_launch(%ctx, %c0, %n, %args)
        : (!llvm.ptr, i32, i64, !llvm.ptr) -> ()
    llvm.store %arena, %args : !llvm.ptr, !llvm.ptr
    llvm.store %y, %slot : !llvm.ptr, !llvm.ptr
    llvm.call @octet_rt_launch(%ctx, %c1, %n, %args)
        : (!llvm.ptr, i32, i64, !llvm.ptr) -> ()
    llvm.return
  }
  llvm.func @mul(%i: i64, %x: !llvm.ptr, %y: !llvm.ptr) {
    %w = llvm.mlir.addressof @w : !llvm.ptr
    %xi = llvm.getelementptr %x[%i] : (!llvm.ptr, i64) -> !llvm.ptr, f32
    %wi = llvm.getelementptr %w[%i] : (!llvm.ptr, i64) -> !llvm.ptr, f32
    %yi = llvm.getelementptr %y[%i] : (!llvm.ptr, i64) -> !llvm.ptr, f32
    %a = llvm.load %xi : !llvm.ptr -> f32
    %b = llvm.load %wi : !llvm.ptr -> f32
    %c = llvm.fmul %a, %b : f32
    llvm.store %c, %yi : f32, !llvm.ptr
    llvm.return
  }
  KERNEL_MUL_A
  KERNEL_MUL_B
  llvm.func @twice(%i: i64, %x: !llvm.ptr, %y: !llvm.ptr) {
    %f = llvm.mlir.addressof @factor : !llvm.ptr
    %xi = llvm.getelementptr %x[%i] : (!llvm.ptr, i64) -> !llvm.ptr, f32
    %yi = llvm.getelementptr %y[%i] : (!llvm.ptr, i64) -> !llvm.ptr, f32
    %a = llvm.load %xi : !llvm.ptr -> f32
    %b = llvm.load %f : !llvm.ptr -> f32
    %c = llvm.fmul %a, %b : f32
    llvm.store %c, %yi : f32, !llvm.ptr
    llvm.return
  }
  KERNEL_ADD
}
)";

/// A loop over [lo, hi) that calls BODY(i, args[0], args[1]).
constexpr char kKernel[] = R"(
  llvm.func @NAME(%lo: i64, %hi: i64, %args: !llvm.ptr) {
    %c1 = llvm.mlir.constant(1 : i64) : i64
    %x = llvm.load %args : !llvm.ptr -> !llvm.ptr
    %slot = llvm.getelementptr %args[1] : (!llvm.ptr) -> !llvm.ptr, !llvm.ptr
    %y = llvm.load %slot : !llvm.ptr -> !llvm.ptr
    llvm.br ^head(%lo : i64)
  ^head(%i: i64):
    %more = llvm.icmp "slt" %i, %hi : i64
    llvm.cond_br %more, ^body, ^exit
  ^body:
    llvm.call @BODY(%i, %x, %y) : (i64, !llvm.ptr, !llvm.ptr) -> ()
    %next = llvm.add %i, %c1 : i64
    llvm.br ^head(%next : i64)
  ^exit:
    llvm.return
  }
)";

std::string replace(std::string text, StringRef from, StringRef to) {
  for (size_t at; (at = text.find(from.str())) != std::string::npos;)
    text.replace(at, from.size(), to.str());
  return text;
}

std::string makeKernel(StringRef name, StringRef body) {
  return replace(replace(kKernel, "NAME", name), "BODY", body);
}

std::string makeProgram(StringRef isas) {
  std::string text = replace(kProgram, "ISAS", isas);
  text = replace(text, "KERNEL_MUL_A", makeKernel("mul_a", "mul"));
  text = replace(text, "KERNEL_MUL_B", makeKernel("mul_b", "mul"));
  return replace(text, "KERNEL_ADD", makeKernel("add", "twice"));
}

class EmitTest : public ::testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("emit-test", folder));
    context.loadDialect<LLVM::LLVMDialect>();
    context.getDiagEngine().registerHandler([&](Diagnostic &diagnostic) {
      message = diagnostic.str();
      return success();
    });
  }
  void TearDown() override { llvm::sys::fs::remove_directories(folder); }

  std::string getPath(StringRef name) {
    if (name.starts_with("/"))
      return name.str();
    llvm::SmallString<128> path = folder;
    llvm::sys::path::append(path, name);
    return path.str().str();
  }
  LogicalResult emitText(const std::string &text, EmitOptions &options,
                         StringRef name) {
    OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
    if (!module)
      return failure();
    options.output = getPath(name);
    if (auto kind = getEmitKind(name))
      options.kind = *kind;
    return emit(*module, options);
  }
  LogicalResult emitTwoSteps(EmitOptions &options, StringRef name) {
    bool isX86 = options.target.arch == Arch::X86_64;
    return emitText(
        makeProgram(isX86 ? "\"generic\", \"avx2\"" : "\"neon\", \"dotprod\""),
        options, name);
  }
  std::string read(StringRef name) {
    auto buffer = llvm::MemoryBuffer::getFile(getPath(name));
    return buffer ? (*buffer)->getBuffer().str() : "";
  }
  /// Whether the folder has these files and nothing else.
  void expectFiles(std::vector<std::string> names) {
    std::vector<std::string> found;
    std::error_code error;
    for (llvm::sys::fs::directory_iterator it(folder, error), end; it != end;
         it.increment(error))
      found.push_back(llvm::sys::path::filename(it->path()).str());
    llvm::sort(found);
    EXPECT_EQ(found, names);
  }

  MLIRContext context;
  llvm::SmallString<128> folder;
  std::string message;
};

void expectRuns(const octet_model *model, int threads) {
  std::vector<float> x(2048), y(2048);
  for (size_t i = 0; i < x.size(); ++i)
    x[i] = static_cast<float>(i);
  const void *inputs[] = {x.data()};
  void *outputs[] = {y.data()};
  octet_call call = {};
  call.size = sizeof(call);
  call.num_threads = threads;
  call.inputs = inputs;
  call.outputs = outputs;
  ASSERT_EQ(model->run(&call), OCTET_OK);
  for (size_t i = 0; i < x.size(); ++i)
    ASSERT_EQ(y[i], 6.0f * static_cast<float>(i));
}

TEST_F(EmitTest, sharedLibraryRuns) {
  for (unsigned threads : {1u, 2u}) {
    EmitOptions options;
    options.threads = threads;
    std::string name = "m" + std::to_string(threads) + ".so";
    ASSERT_TRUE(succeeded(emitTwoSteps(options, name))) << message;
    void *library = dlopen(getPath(name).c_str(), RTLD_NOW | RTLD_LOCAL);
    ASSERT_TRUE(library) << dlerror();
    auto get = reinterpret_cast<const octet_model *(*)()>(
        dlsym(library, "octet_get_model"));
    ASSERT_TRUE(get);
    EXPECT_TRUE(dlsym(library, "two_steps_model"));
    EXPECT_FALSE(dlsym(library, "octet_rt_launch"));
    const octet_model *model = get();
    EXPECT_STREQ(model->name, "two-steps");
    EXPECT_EQ(model->num_nodes, 2);
    EXPECT_STREQ(model->inputs[0].name, "x");
    EXPECT_EQ(model->inputs[0].bytes, 8192u);
    EXPECT_EQ(model->outputs[0].quantized_type, OCTET_TYPE_U8);
    EXPECT_EQ(model->outputs[0].zero_point, 3);
    EXPECT_EQ(model->outputs[0].quantized_bytes, 2048u);
    EXPECT_EQ(model->outputs[0].scale, 0.5f);
    EXPECT_EQ(model->run_quantized, nullptr);
    expectRuns(model, 1);
    expectRuns(model, 3);
    EXPECT_EQ(model->set_isa("generic"), OCTET_OK);
    EXPECT_EQ(model->isa(), 0);
    EXPECT_EQ(model->set_isa("amx"), OCTET_BAD_ISA);
    expectRuns(model, 1);
    dlclose(library);
  }
  expectFiles({"m1.h", "m1.so", "m2.h", "m2.so"});
}

TEST_F(EmitTest, everyFormForEveryArchitecture) {
  for (StringRef target : {"x86-64", "aarch64"}) {
    EmitOptions options;
    options.target = llvm::cantFail(Target::parse(target));
    for (StringRef form : {"o", "a", "so", "s", "ll"}) {
      std::string name = (target + "." + form).str();
      EXPECT_TRUE(succeeded(emitTwoSteps(options, name))) << message;
      EXPECT_FALSE(read(name).empty()) << name;
    }
  }
  // The machine of an ELF file is at offset 18: 62 is x86-64, 183 is AArch64.
  EXPECT_EQ(static_cast<unsigned char>(read("x86-64.so")[18]), 62);
  EXPECT_EQ(static_cast<unsigned char>(read("aarch64.so")[18]), 183);
  EXPECT_EQ(static_cast<unsigned char>(read("aarch64.o")[18]), 183);
  EXPECT_NE(read("aarch64.ll").find("+dotprod"), std::string::npos);
}

/// A C program that needs the header and the library only. It runs every
/// instruction set that the CPU has, with one and three threads.
constexpr char kProgramInC[] = R"(
#include "m.h"
static float x[2048], y[2048];
int main(void) {
  const octet_model *model = two_steps_model();
  const void *inputs[TWO_STEPS_NUM_INPUTS] = {x};
  void *outputs[TWO_STEPS_NUM_OUTPUTS] = {y};
  octet_call call = {sizeof(call), 1, inputs, outputs};
  int ran = 0;
  for (int i = 0; i < 2048; ++i)
    x[i] = (float)i;
  for (int isa = 0; isa < model->num_isas; ++isa) {
    if (model->set_isa(model->isas[isa]) != OCTET_OK)
      continue;
    call.num_threads = 1 + 2 * isa;
    if (model->run(&call) != OCTET_OK)
      return 2;
    for (int i = 0; i < 2048; ++i)
      if (y[i] != 6.0f * i)
        return 3;
    ++ran;
  }
  return ran ? 0 : 4;
}
)";

TEST_F(EmitTest, librariesLinkIntoC) {
  struct Way {
    const char *target, *compiler, *emulator;
  } ways[] = {{"x86-64", "cc", ""},
              {"aarch64", "aarch64-linux-gnu-gcc",
               "qemu-aarch64-static -cpu max -L /usr/aarch64-linux-gnu "}};
  std::ofstream(getPath("main.c")) << kProgramInC;
  for (const Way &way : ways) {
    StringRef emulator = StringRef(way.emulator).split(' ').first;
    bool isHost =
        emulator.empty() && Target::host().getArchName() == way.target;
    if (!isHost && !llvm::sys::findProgramByName(emulator))
      continue; // no way to run it here
    if (!llvm::sys::findProgramByName(way.compiler))
      continue;
    for (StringRef library : {"m.a", "m.o", "m.so"}) {
      EmitOptions options;
      options.target = llvm::cantFail(Target::parse(way.target));
      ASSERT_TRUE(succeeded(emitTwoSteps(options, library))) << message;
      std::string command = "cd " + folder.str().str() + " && " + way.compiler +
                            " -std=c99 -Wall -Werror main.c " + library.str() +
                            " -o main -lpthread && " + "LD_LIBRARY_PATH=. " +
                            way.emulator + " ./main";
      EXPECT_EQ(std::system(command.c_str()), 0) << command;
    }
  }
}

TEST_F(EmitTest, headerDescribesTheModel) {
  EmitOptions options;
  ASSERT_TRUE(succeeded(emitTwoSteps(options, "m.a"))) << message;
  std::string header = read("m.h");
  EXPECT_NE(header.find("const octet_model *two_steps_model(void);"),
            std::string::npos);
  EXPECT_NE(header.find("float[4][512]  x"), std::string::npos);
  EXPECT_NE(header.find("TWO_STEPS_ARENA_BYTES 8192"), std::string::npos);
}

TEST_F(EmitTest, unwritableOutputIsAnError) {
  EmitOptions options;
  EXPECT_TRUE(failed(emitTwoSteps(options, "no/such/folder/m.so")));
  EXPECT_NE(message.find("no/such/folder/m.so': No such file"),
            std::string::npos)
      << message;
  expectFiles({});
}

TEST_F(EmitTest, fullDiskIsAnError) {
  EmitOptions options;
  options.kind = EmitKind::LLVMIR;
  EXPECT_TRUE(failed(emitTwoSteps(options, "/dev/full")));
  EXPECT_NE(message.find("'/dev/full': No space left on device"),
            std::string::npos)
      << message;
}

TEST_F(EmitTest, foreignCallsAreRefused) {
  std::string text =
      replace(makeProgram("\"generic\", \"avx2\""), "@twice", "@memrefCopy");
  size_t start = text.find("llvm.func @memrefCopy");
  size_t end = text.find("llvm.func @add");
  text.replace(start, end - start,
               "llvm.func @memrefCopy(i64, !llvm.ptr, !llvm.ptr)\n");
  EmitOptions options;
  EXPECT_TRUE(failed(emitText(text, options, "m.so")));
  EXPECT_NE(message.find("calls 'memrefCopy'"), std::string::npos) << message;
  expectFiles({});
}

TEST_F(EmitTest, brokenDescriptionsAreRefused) {
  EmitOptions options;
  EXPECT_TRUE(failed(emitText("module {}", options, "m.so")));
  EXPECT_NE(message.find("octet.model"), std::string::npos);
  EXPECT_TRUE(
      failed(emitText(makeProgram("\"neon\", \"avx2\""), options, "m.so")));
  EXPECT_NE(message.find("'neon', which is not an instruction set of x86-64"),
            std::string::npos)
      << message;
  EXPECT_TRUE(failed(emitText(makeProgram("\"generic\""), options, "m.so")));
  EXPECT_NE(message.find("one per entry of 'isas'"), std::string::npos);
  EXPECT_TRUE(failed(emitText(replace(makeProgram("\"generic\", \"avx2\""),
                                      "main = @octet_main", "main = @nowhere"),
                              options, "m.so")));
  EXPECT_NE(message.find("@nowhere, which is not defined"), std::string::npos)
      << message;
}

TEST(ModelInfoTest, attachAndGetAgree) {
  MLIRContext context;
  context.loadDialect<LLVM::LLVMDialect>();
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(
      makeProgram("\"generic\", \"avx2\""), &context);
  FailureOr<ModelInfo> info = ModelInfo::get(*module);
  ASSERT_TRUE(succeeded(info));
  EXPECT_EQ(info->nodes[0].kernels.size(), 2u);
  EXPECT_EQ(info->nodes[1].bytesRead, 8192u);
  EXPECT_EQ(info->nodes[1].bytesWritten, 8192u);
  Attribute before = (*module)->getAttr(ModelInfo::kAttrName);
  info->attach(*module);
  EXPECT_EQ((*module)->getAttr(ModelInfo::kAttrName), before);
}

TEST(TargetTest, names) {
  EXPECT_EQ(llvm::cantFail(Target::parse("x86-64")).str(),
            "x86-64+generic+avx2+avxvnni+avx512vnni+amx");
  EXPECT_EQ(llvm::cantFail(Target::parse("x86-64+avx512vnni+avx2")).str(),
            "x86-64+avx2+avx512vnni");
  EXPECT_EQ(llvm::cantFail(Target::parse("aarch64")).str(),
            "aarch64+neon+dotprod+i8mm");
  // The baseline only where the CPU has nothing better.
  size_t count = getHostIsas().size();
  EXPECT_EQ(Target::host().isas.size(), count > 1 ? count - 1 : 1);
  EXPECT_EQ(Target::host().isas.back(), getHostIsas().back());
  EXPECT_EQ(llvm::toString(Target::parse("x86-64+sse9").takeError()),
            "unknown instruction set 'sse9' for x86-64: use generic, avx2, "
            "avxvnni, avxvnniint8, avx512vnni, amx");
  EXPECT_NE(llvm::toString(Target::parse("mips").takeError())
                .find("unknown target 'mips'"),
            std::string::npos);
}

} // namespace
