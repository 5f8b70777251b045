//===- Constants.cpp - Constants of the program ----------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Weights are most of the memory that a compilation takes: here equal ones
// become one, and those are given back that nothing uses any more.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "octet/Codegen/Passes.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/xxhash.h"

namespace mlir::octet {
#define GEN_PASS_DEF_RELEASECONSTANTS
#define GEN_PASS_DEF_SHARECONSTANTS
#include "octet/Codegen/Passes.h.inc"
} // namespace mlir::octet

using namespace mlir;
using namespace mlir::octet;

/// The bytes of a resource; empty for other attributes, which the context keeps
/// once anyway.
static ArrayRef<char> getBlob(Attribute attr) {
  auto resource = dyn_cast_or_null<DenseResourceElementsAttr>(attr);
  AsmResourceBlob *blob =
      resource ? resource.getRawHandle().getBlob() : nullptr;
  return blob ? blob->getData() : ArrayRef<char>();
}

static bool areEqual(memref::GlobalOp a, memref::GlobalOp b) {
  Attribute x = a.getInitialValueAttr(), y = b.getInitialValueAttr();
  return a.getType() == b.getType() && a.getAlignment() == b.getAlignment() &&
         (x == y || (!getBlob(x).empty() && getBlob(x) == getBlob(y)));
}

static uint64_t hash(memref::GlobalOp global) {
  Attribute value = global.getInitialValueAttr();
  ArrayRef<char> blob = getBlob(value);
  uint64_t content =
      blob.empty()
          ? uint64_t(mlir::hash_value(value))
          : llvm::xxh3_64bits(ArrayRef(
                reinterpret_cast<const uint8_t *>(blob.data()), blob.size()));
  return llvm::hash_combine(content, global.getType());
}

namespace {
struct ShareConstantsPass
    : public mlir::octet::impl::ShareConstantsBase<ShareConstantsPass> {
  void runOnOperation() override {
    llvm::DenseMap<uint64_t, SmallVector<memref::GlobalOp, 1>> byHash;
    llvm::DenseMap<StringAttr, memref::GlobalOp> serving;
    for (auto global : getOperation().getOps<memref::GlobalOp>()) {
      if (!global.isPrivate() || !global.getConstant() ||
          !isa_and_nonnull<ElementsAttr>(global.getInitialValueAttr()))
        continue;
      SmallVector<memref::GlobalOp, 1> &known = byHash[hash(global)];
      auto *it = llvm::find_if(known, [&](memref::GlobalOp other) {
        return areEqual(other, global);
      });
      if (it == known.end())
        known.push_back(global);
      else
        serving[global.getSymNameAttr()] = *it;
    }
    getOperation().walk([&](memref::GetGlobalOp get) {
      if (memref::GlobalOp other = serving.lookup(get.getNameAttr().getAttr()))
        get.setName(other.getSymName());
    });
    for (auto global :
         llvm::make_early_inc_range(getOperation().getOps<memref::GlobalOp>()))
      if (serving.contains(global.getSymNameAttr())) {
        global.erase();
        ++numShared;
      }
  }
};

struct ReleaseConstantsPass
    : public mlir::octet::impl::ReleaseConstantsBase<ReleaseConstantsPass> {
  void runOnOperation() override {
    auto &manager =
        DenseResourceElementsHandle::getManagerInterface(&getContext())
            .getBlobManager();
    llvm::DenseSet<StringRef> used;
    getOperation().walk([&](Operation *op) {
      for (NamedAttribute attr : op->getAttrDictionary())
        if (auto value = dyn_cast<DenseResourceElementsAttr>(attr.getValue()))
          used.insert(value.getRawHandle().getKey());
    });
    SmallVector<std::string> unused;
    manager.getBlobMap([&](const auto &blobs) {
      for (const auto &blob : blobs)
        if (blob.second.getBlob() &&
            !blob.second.getBlob()->getData().empty() &&
            !used.contains(blob.getKey()))
          unused.push_back(blob.getKey().str());
    });
    for (const std::string &name : unused)
      manager.update(name, AsmResourceBlob());
    numReleased += unused.size();
    markAllAnalysesPreserved();
  }
};
} // namespace
