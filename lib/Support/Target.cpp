//===- Target.cpp - Architectures and instruction sets ---------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads `--target` and the table of instruction sets. The host's CPU is asked
// by LLVM here; a compiled library asks by itself (runtime/Cpu.c).
//
//===----------------------------------------------------------------------===//

#include "octet/Support/Target.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/TargetParser/Host.h"

using namespace mlir::octet;

static constexpr Isa kX86Isas[] = {
#define OCTET_X86_ISA(name, features, bits, vectorBits, byDefault)             \
  {llvm::StringLiteral(name), Arch::X86_64, llvm::StringLiteral(features),     \
   vectorBits, byDefault},
#include "octet/Support/Isas.def"
};

static constexpr Isa kArmIsas[] = {
#define OCTET_ARM_ISA(name, features, bits, vectorBits, byDefault)             \
  {llvm::StringLiteral(name), Arch::AArch64, llvm::StringLiteral(features),    \
   vectorBits, byDefault},
#include "octet/Support/Isas.def"
};

llvm::ArrayRef<Isa> mlir::octet::getIsas(Arch arch) {
  if (arch == Arch::X86_64)
    return kX86Isas;
  return kArmIsas;
}

const Isa *mlir::octet::findIsa(Arch arch, llvm::StringRef name) {
  llvm::ArrayRef<Isa> isas = getIsas(arch);
  const Isa *it =
      llvm::find_if(isas, [&](const Isa &isa) { return isa.name == name; });
  return it == isas.end() ? nullptr : it;
}

static constexpr Arch kHostArch =
#if defined(__aarch64__)
    Arch::AArch64;
#else
    Arch::X86_64;
#endif

/// Whether the CPU has all of "+a,+b"; tuning hints do not count.
static bool hasFeatures(const llvm::StringMap<bool> &cpu,
                        llvm::StringRef features) {
  for (llvm::StringRef feature : llvm::split(features, ',')) {
    feature.consume_front("+");
    if (feature.empty() || feature.starts_with("prefer-") ||
        feature.starts_with("disable-"))
      continue;
    if (!cpu.lookup(feature))
      return false;
  }
  return true;
}

llvm::SmallVector<const Isa *> mlir::octet::getHostIsas() {
  llvm::StringMap<bool> cpu = llvm::sys::getHostCPUFeatures();
  llvm::SmallVector<const Isa *> isas;
  for (const Isa &isa : getIsas(kHostArch))
    if (&isa == getIsas(kHostArch).begin() || hasFeatures(cpu, isa.features))
      isas.push_back(&isa);
  return isas;
}

llvm::StringRef Target::getTriple() const {
  return arch == Arch::X86_64 ? "x86_64-unknown-linux-gnu"
                              : "aarch64-unknown-linux-gnu";
}

llvm::StringRef Target::getArchName() const {
  return arch == Arch::X86_64 ? "x86-64" : "aarch64";
}

const Isa *Target::find(llvm::StringRef name) const {
  for (const Isa *isa : isas)
    if (isa->name == name)
      return isa;
  return nullptr;
}

Target Target::host() {
  Target target{kHostArch, getHostIsas()};
  if (target.isas.size() > 1)
    target.isas.erase(target.isas.begin());
  return target;
}

static std::string isaNames(Arch arch) {
  return llvm::join(
      llvm::map_range(getIsas(arch),
                      [](const Isa &isa) { return std::string(isa.name); }),
      ", ");
}

llvm::Expected<Target> Target::parse(llvm::StringRef text) {
  if (text == "host")
    return host();
  auto [name, rest] = text.split('+');
  Target target;
  if (name == "x86-64" || name == "x86_64")
    target.arch = Arch::X86_64;
  else if (name == "aarch64" || name == "arm64")
    target.arch = Arch::AArch64;
  else
    return llvm::createStringError(
        "unknown target '%s': use host, x86-64 or aarch64, the latter two "
        "optionally with instruction sets, e.g. x86-64+avx2+avx512vnni",
        text.str().c_str());

  llvm::SmallVector<llvm::StringRef> names;
  rest.split(names, '+', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef isa : names)
    if (!findIsa(target.arch, isa))
      return llvm::createStringError(
          "unknown instruction set '%s' for %s: use %s", isa.str().c_str(),
          name.str().c_str(), isaNames(target.arch).c_str());
  for (const Isa &isa : getIsas(target.arch))
    if (names.empty() ? isa.byDefault : llvm::is_contained(names, isa.name))
      target.isas.push_back(&isa);
  return target;
}

std::string Target::str() const {
  std::string text = getArchName().str();
  for (const Isa *isa : isas)
    text += ("+" + isa->name).str();
  return text;
}
