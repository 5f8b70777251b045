//===- Data.cpp - Large constants as an object file ------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Weights need no compiler: they go from the module into an ELF object as they
// are, and are never copied to LLVM.
//
//===----------------------------------------------------------------------===//

#include "Detail.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Support/EndianStream.h"
#include "llvm/Support/MathExtras.h"
#include <cstring>

using namespace mlir;
using namespace mlir::octet;
namespace ELF = llvm::ELF;

/// Constants from this size on stay out of LLVM.
static constexpr size_t kLargeConstantBytes = 4096;

/// The bytes of a constant that are the same in the file; empty for others.
static ArrayRef<char> getBytes(LLVM::GlobalOp global) {
  auto resource =
      dyn_cast_or_null<DenseResourceElementsAttr>(global.getValueOrNull());
  AsmResourceBlob *blob = resource && global.getConstant()
                              ? resource.getRawHandle().getBlob()
                              : nullptr;
  if (!blob || resource.getElementType().getIntOrFloatBitWidth() < 8)
    return {};
  return blob->getData();
}

SmallVector<DataConstant> mlir::octet::takeData(ModuleOp module) {
  SmallVector<DataConstant> data;
  for (auto global : module.getOps<LLVM::GlobalOp>()) {
    ArrayRef<char> bytes = getBytes(global);
    if (bytes.size() < kLargeConstantBytes)
      continue;
    data.push_back({global.getSymName().str(),
                    std::max<uint64_t>(global.getAlignment().value_or(0), 16),
                    bytes});
    global.removeValueAttr();
    global.setLinkage(LLVM::Linkage::External);
  }
  return data;
}

void mlir::octet::declareData(llvm::Module &module, llvm::StringRef prefix,
                              SmallVectorImpl<DataConstant> &data) {
  llvm::erase_if(data, [&](DataConstant &constant) {
    llvm::GlobalVariable *global = module.getGlobalVariable(constant.name);
    if (!global || global->use_empty())
      return true;
    // Models do not collide in a static link.
    global->setName(prefix + "." + constant.name);
    global->setVisibility(llvm::GlobalValue::HiddenVisibility);
    global->setDSOLocal(true);
    constant.name = global->getName().str();
    return false;
  });
}

//===----------------------------------------------------------------------===//
// ELF
//===----------------------------------------------------------------------===//

namespace {
/// The sections of the object, in their order.
enum Section : uint16_t {
  kNull,
  kData,
  kSymbols,
  kNames,
  kSectionNames,
  kStack,
  kNumSections
};

/// Lays out and writes one object.
class ObjectWriter {
public:
  ObjectWriter(ArrayRef<DataConstant> data, Arch arch);
  void write(llvm::raw_ostream &os) const;

private:
  void layOutData(ArrayRef<DataConstant> data);
  void layOutSections();

  ArrayRef<DataConstant> data;
  Arch arch;
  SmallVector<uint64_t> offsets; ///< of each constant in its section
  std::vector<ELF::Elf64_Sym> symbols;
  std::string names = std::string(1, '\0');
  std::string sectionNames = std::string(1, '\0');
  ELF::Elf64_Shdr sections[kNumSections] = {};
};
} // namespace

static uint32_t addName(std::string &table, llvm::StringRef name) {
  uint32_t at = table.size();
  table += name;
  table += '\0';
  return at;
}

ObjectWriter::ObjectWriter(ArrayRef<DataConstant> data, Arch arch)
    : data(data), arch(arch) {
  layOutData(data);
  layOutSections();
}

void ObjectWriter::layOutData(ArrayRef<DataConstant> data) {
  symbols.push_back({});
  ELF::Elf64_Shdr &section = sections[kData];
  section.sh_addralign = 1;
  for (const DataConstant &constant : data) {
    uint64_t at = llvm::alignTo(section.sh_size, constant.alignment);
    section.sh_size = at + constant.bytes.size();
    section.sh_addralign =
        std::max<uint64_t>(section.sh_addralign, constant.alignment);
    offsets.push_back(at);
    ELF::Elf64_Sym symbol = {};
    symbol.st_name = addName(names, constant.name);
    symbol.setBindingAndType(ELF::STB_GLOBAL, ELF::STT_OBJECT);
    symbol.st_other = ELF::STV_HIDDEN;
    symbol.st_shndx = kData;
    symbol.st_value = at;
    symbol.st_size = constant.bytes.size();
    symbols.push_back(symbol);
  }
}

void ObjectWriter::layOutSections() {
  auto name = [&](Section index, llvm::StringRef text, uint32_t type) {
    sections[index].sh_name = addName(sectionNames, text);
    sections[index].sh_type = type;
  };
  name(kData, ".rodata.octet", ELF::SHT_PROGBITS);
  name(kSymbols, ".symtab", ELF::SHT_SYMTAB);
  name(kNames, ".strtab", ELF::SHT_STRTAB);
  name(kSectionNames, ".shstrtab", ELF::SHT_STRTAB);
  name(kStack, ".note.GNU-stack", ELF::SHT_PROGBITS);
  sections[kData].sh_flags = ELF::SHF_ALLOC;
  ELF::Elf64_Shdr &table = sections[kSymbols];
  table.sh_size = symbols.size() * sizeof(ELF::Elf64_Sym);
  table.sh_link = kNames;
  table.sh_info = 1; // no local symbols but the first
  table.sh_entsize = sizeof(ELF::Elf64_Sym);
  table.sh_addralign = 8;
  sections[kNames].sh_size = names.size();
  sections[kSectionNames].sh_size = sectionNames.size();
  uint64_t at = sizeof(ELF::Elf64_Ehdr) + sizeof(sections);
  for (ELF::Elf64_Shdr &section : llvm::drop_begin(sections)) {
    section.sh_addralign = std::max<uint64_t>(section.sh_addralign, 1);
    section.sh_offset = at = llvm::alignTo(at, section.sh_addralign);
    at += section.sh_size;
  }
}

template <typename T> static void writeRaw(llvm::raw_ostream &os, const T &t) {
  os.write(reinterpret_cast<const char *>(&t), sizeof(t));
}

void ObjectWriter::write(llvm::raw_ostream &os) const {
  static_assert(llvm::sys::IsLittleEndianHost, "as are the targets");
  uint64_t start = os.tell();
  auto pad = [&](uint64_t offset) {
    os.write_zeros(start + offset - os.tell());
  };
  ELF::Elf64_Ehdr header = {};
  std::memcpy(header.e_ident, ELF::ElfMagic, 4);
  header.e_ident[ELF::EI_CLASS] = ELF::ELFCLASS64;
  header.e_ident[ELF::EI_DATA] = ELF::ELFDATA2LSB;
  header.e_ident[ELF::EI_VERSION] = ELF::EV_CURRENT;
  header.e_type = ELF::ET_REL;
  header.e_machine = arch == Arch::X86_64 ? ELF::EM_X86_64 : ELF::EM_AARCH64;
  header.e_version = ELF::EV_CURRENT;
  header.e_shoff = sizeof(header);
  header.e_ehsize = sizeof(header);
  header.e_shentsize = sizeof(ELF::Elf64_Shdr);
  header.e_shnum = kNumSections;
  header.e_shstrndx = kSectionNames;
  writeRaw(os, header);
  writeRaw(os, sections);
  for (auto [constant, offset] : llvm::zip(data, offsets)) {
    pad(sections[kData].sh_offset + offset);
    os.write(constant.bytes.data(), constant.bytes.size());
  }
  pad(sections[kSymbols].sh_offset);
  for (const ELF::Elf64_Sym &symbol : symbols)
    writeRaw(os, symbol);
  os << names << sectionNames;
}

void mlir::octet::writeDataObject(llvm::raw_ostream &os,
                                  ArrayRef<DataConstant> data, Arch arch) {
  ObjectWriter(data, arch).write(os);
}
