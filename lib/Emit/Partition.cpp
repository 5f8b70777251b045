//===- Partition.cpp - Parts that compile in parallel ----------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels do not call each other, so a module falls into parts of about equal
// work. An LLVM context serves one thread; parts travel to theirs as bitcode.
//
//===----------------------------------------------------------------------===//

#include "Detail.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/SmallSet.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/Support/MemoryBuffer.h"
#include <numeric>

using namespace mlir::octet;
using llvm::Function;
using llvm::GlobalValue;
using llvm::GlobalVariable;

/// The kernels in the table that Metadata.cpp made.
static llvm::SetVector<Function *> getKernels(llvm::Module &module) {
  llvm::SetVector<Function *> kernels;
  GlobalVariable *table = module.getGlobalVariable("octet.kernels", true);
  if (!table)
    return kernels;
  for (llvm::Value *operand : table->getInitializer()->operands())
    if (auto *function = llvm::dyn_cast<Function>(operand))
      kernels.insert(function);
  return kernels;
}

static void joinCallees(Function *function,
                        llvm::EquivalenceClasses<Function *> &classes) {
  if (function->isDeclaration())
    return;
  bool isNew = !classes.contains(function);
  classes.insert(function);
  if (!isNew)
    return;
  for (llvm::Instruction &inst : llvm::instructions(function))
    for (llvm::Value *operand : inst.operands())
      if (auto *callee = llvm::dyn_cast<Function>(operand))
        if (!callee->isDeclaration()) {
          joinCallees(callee, classes);
          classes.unionSets(function, callee);
        }
}

namespace {
/// Functions that must stay together.
struct Cluster {
  uint64_t instructions = 0;
  llvm::SmallVector<Function *> functions;
};
} // namespace

/// Largest first; in the module's order where they are equal.
static std::vector<Cluster> getClusters(llvm::Module &module) {
  llvm::EquivalenceClasses<Function *> classes;
  for (Function *kernel : getKernels(module))
    joinCallees(kernel, classes);
  llvm::MapVector<Function *, Cluster> byLeader;
  for (Function &function : module) {
    if (!classes.contains(&function))
      continue;
    Cluster &cluster = byLeader[classes.getLeaderValue(&function)];
    cluster.instructions += function.getInstructionCount();
    cluster.functions.push_back(&function);
  }
  std::vector<Cluster> clusters;
  for (auto &entry : byLeader)
    clusters.push_back(std::move(entry.second));
  std::vector<size_t> order(clusters.size());
  std::iota(order.begin(), order.end(), 0);
  llvm::sort(order, [&](size_t a, size_t b) {
    uint64_t sizeA = clusters[a].instructions, sizeB = clusters[b].instructions;
    return sizeA != sizeB ? sizeA > sizeB : a < b;
  });
  std::vector<Cluster> sorted;
  for (size_t i : order)
    sorted.push_back(std::move(clusters[i]));
  return sorted;
}

/// Largest cluster first, each to the part that has least.
static void assignFunctions(llvm::Module &module, Partition &result) {
  llvm::SmallVector<uint64_t> load(result.numParts, 0);
  for (const Cluster &cluster : getClusters(module)) {
    unsigned part = llvm::min_element(load) - load.begin();
    load[part] += cluster.instructions;
    for (Function *function : cluster.functions)
      result.parts[function->getName()] = part;
  }
}

static unsigned getPart(const GlobalValue &value, const Partition &partition) {
  auto it = partition.parts.find(value.getName());
  return it == partition.parts.end() ? 0 : it->second;
}

/// The parts of the functions and variables that mention a value.
static void collectUserParts(const llvm::Value &value,
                             const Partition &partition,
                             llvm::SmallSet<unsigned, 4> &parts) {
  for (const llvm::User *user : value.users()) {
    if (auto *inst = llvm::dyn_cast<llvm::Instruction>(user))
      parts.insert(getPart(*inst->getFunction(), partition));
    else if (auto *global = llvm::dyn_cast<GlobalValue>(user))
      parts.insert(getPart(*global, partition));
    else
      collectUserParts(*user, partition, parts);
  }
}

/// A variable belongs where it is used, if that is one part.
static void assignVariables(llvm::Module &module, Partition &result) {
  for (GlobalVariable &global : module.globals()) {
    if (global.isDeclaration() || !global.hasLocalLinkage())
      continue;
    if (!global.hasName())
      global.setName("octet.global");
    llvm::SmallSet<unsigned, 4> users;
    collectUserParts(global, result, users);
    if (users.size() == 1)
      result.parts[global.getName()] = *users.begin();
  }
}

static void makeHidden(GlobalValue &value, llvm::StringRef prefix) {
  value.setName(prefix + "." + value.getName());
  value.setLinkage(GlobalValue::ExternalLinkage);
  value.setVisibility(GlobalValue::HiddenVisibility);
  value.setDSOLocal(true);
}

/// What another part mentions becomes visible to it.
static void shareAcrossParts(llvm::Module &module, llvm::StringRef prefix,
                             Partition &result) {
  llvm::SmallVector<std::pair<GlobalValue *, unsigned>> shared;
  for (GlobalValue &value : module.global_values()) {
    if (value.isDeclaration() || !value.hasLocalLinkage())
      continue;
    llvm::SmallSet<unsigned, 4> users;
    collectUserParts(value, result, users);
    unsigned part = getPart(value, result);
    users.erase(part);
    if (!users.empty())
      shared.emplace_back(&value, part);
  }
  for (auto [value, part] : shared) {
    result.parts.erase(value->getName());
    makeHidden(*value, prefix);
    result.parts[value->getName()] = part;
  }
}

Partition mlir::octet::partition(std::unique_ptr<llvm::Module> module,
                                 unsigned numParts, llvm::StringRef prefix) {
  Partition result;
  result.numParts = std::max<unsigned>(
      1, std::min<size_t>(numParts, getKernels(*module).size()));
  assignFunctions(*module, result);
  assignVariables(*module, result);
  shareAcrossParts(*module, prefix, result);
  llvm::raw_svector_ostream os(result.code);
  llvm::WriteBitcodeToFile(*module, os);
  return result;
}

/// Leaves of a value of another part what this one needs to mention it.
static void makeDeclaration(GlobalValue &value) {
  if (auto *function = llvm::dyn_cast<Function>(&value)) {
    function->deleteBody();
    function->setComdat(nullptr);
    return;
  }
  auto &global = llvm::cast<GlobalVariable>(value);
  global.setInitializer(nullptr);
  global.setLinkage(GlobalValue::ExternalLinkage);
}

llvm::Expected<std::unique_ptr<llvm::Module>>
mlir::octet::loadPart(const Partition &partition, unsigned index,
                      llvm::LLVMContext &context) {
  llvm::Expected<std::unique_ptr<llvm::Module>> module =
      llvm::getLazyBitcodeModule(
          llvm::MemoryBufferRef(partition.code.str(), "part"), context);
  if (!module)
    return module;
  llvm::SmallVector<GlobalValue *> others;
  for (GlobalValue &value : (*module)->global_values())
    if (!value.isDeclaration() && getPart(value, partition) != index)
      others.push_back(&value);
  for (GlobalValue *value : others)
    makeDeclaration(*value);
  if (llvm::Error error = (*module)->materializeAll())
    return std::move(error);
  for (GlobalValue *value : others)
    if (value->use_empty())
      value->eraseFromParent();
  return module;
}
