//===- TensorReader.cpp - Tensors and element types of ONNX -===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Nothing in a file is trusted: dimensions, sizes, offsets and paths are
// checked before they are used.
//
//===----------------------------------------------------------------------===//

#include "TensorReader.h"

#include "octet/IR/Constants.h"

#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/Path.h"

#include <cstring>

using namespace mlir;
using namespace mlir::octet;
using onnx::TensorProto;

/// Values of TensorProto::DataType that are newer than the schema we build on.
enum { kUInt4 = 21, kInt4 = 22 };

/// More elements than this are taken for a mistake.
static constexpr int64_t kMaxElements = int64_t(1) << 40;

/// Data above this size is kept where it is instead of being copied.
static constexpr size_t kKeepBytes = 4096;

Type mlir::octet::getElementTypeOf(MLIRContext *context, int dataType) {
  auto signless = [&](int bits) { return IntegerType::get(context, bits); };
  auto unsignedType = [&](int bits) {
    return IntegerType::get(context, bits, IntegerType::Unsigned);
  };
  switch (dataType) {
  case TensorProto::FLOAT:
    return Float32Type::get(context);
  case TensorProto::DOUBLE:
    return Float64Type::get(context);
  case TensorProto::FLOAT16:
    return Float16Type::get(context);
  case TensorProto::BFLOAT16:
    return BFloat16Type::get(context);
  case TensorProto::BOOL:
    return signless(1);
  case TensorProto::INT8:
    return signless(8);
  case TensorProto::INT16:
    return signless(16);
  case TensorProto::INT32:
    return signless(32);
  case TensorProto::INT64:
    return signless(64);
  case TensorProto::UINT8:
    return unsignedType(8);
  case TensorProto::UINT16:
    return unsignedType(16);
  case TensorProto::UINT32:
    return unsignedType(32);
  case TensorProto::UINT64:
    return unsignedType(64);
  case kUInt4:
    return unsignedType(4);
  case kInt4:
    return signless(4);
  }
  return {};
}

std::string mlir::octet::getDataTypeName(int dataType) {
  if (onnx::TensorProto_DataType_IsValid(dataType))
    return StringRef(
               TensorProto::DataType_Name(TensorProto::DataType(dataType)))
        .lower();
  return "number " + std::to_string(dataType);
}

InFlightDiagnostic TensorReader::error(const Twine &what) {
  return emitError(loc) << what << ": ";
}

RankedTensorType TensorReader::getType(const TensorProto &tensor,
                                       const Twine &what) {
  Type element = getElementTypeOf(loc.getContext(), tensor.data_type());
  if (!element) {
    error(what) << "elements of type " << getDataTypeName(tensor.data_type())
                << " are not supported";
    return {};
  }
  int64_t count = 1;
  SmallVector<int64_t> shape(tensor.dims().begin(), tensor.dims().end());
  for (int64_t extent : shape) {
    if (extent < 0 || (extent && count > kMaxElements / extent)) {
      error(what) << "extents [" << ArrayRef<int64_t>(shape)
                  << "] are negative or too large";
      return {};
    }
    count *= extent;
  }
  return RankedTensorType::get(shape, element);
}

ElementsAttr TensorReader::read(TensorProto &tensor, const Twine &what) {
  RankedTensorType type = getType(tensor, what);
  if (!type)
    return {};
  if (tensor.has_segment()) {
    error(what) << "segmented tensors are not supported; save the model anew";
    return {};
  }
  if (tensor.data_location() == TensorProto::EXTERNAL)
    return readExternal(tensor, type, what);
  return tensor.has_raw_data() ? readRaw(tensor, type, what)
                               : readTyped(tensor, type, what);
}

//===----------------------------------------------------------------------===//
// Raw bytes
//===----------------------------------------------------------------------===//

/// Bytes that `type` takes in a file, where two 4-bit elements share one.
static size_t getFileBytes(RankedTensorType type) {
  size_t count = type.getNumElements();
  if (type.getElementTypeBitWidth() == 4)
    return llvm::divideCeil(count, 2);
  return count * getElementBytes(type.getElementType());
}

/// A constant from bytes as a file holds them.
static ElementsAttr makeFromFileBytes(RankedTensorType type,
                                      ArrayRef<char> bytes) {
  unsigned bits = type.getElementTypeBitWidth();
  if (bits >= 8)
    return makeElements(type, bytes);
  std::vector<char> elements(type.getNumElements());
  for (size_t i = 0; i < elements.size(); ++i)
    elements[i] =
        bits == 1 ? bytes[i] != 0 : (uint8_t(bytes[i / 2]) >> (i % 2 * 4)) & 15;
  return makeElements(type, elements);
}

/// A constant over bytes that `owner` keeps alive.
template <typename Owner>
static ElementsAttr makeResource(RankedTensorType type, ArrayRef<char> bytes,
                                 StringRef name, Owner owner) {
  auto release = [owner](void *, size_t, size_t) mutable { owner.reset(); };
  AsmResourceBlob blob(bytes, /*dataAlignment=*/8, std::move(release),
                       /*dataIsMutable=*/false);
  return DenseResourceElementsAttr::get(type, name.empty() ? "c" : name,
                                        std::move(blob));
}

ElementsAttr TensorReader::readRaw(TensorProto &tensor, RankedTensorType type,
                                   const Twine &what) {
  size_t size = tensor.raw_data().size();
  if (size != getFileBytes(type)) {
    error(what) << "has " << size << " bytes of data, expected "
                << getFileBytes(type);
    return {};
  }
  if (size < kKeepBytes || type.getElementTypeBitWidth() < 8)
    return makeFromFileBytes(type, {tensor.raw_data().data(), size});
  std::shared_ptr<std::string> owner(tensor.release_raw_data());
  return makeResource(type, {owner->data(), size}, tensor.name(), owner);
}

//===----------------------------------------------------------------------===//
// External files
//===----------------------------------------------------------------------===//

TensorReader::Buffer TensorReader::openFile(StringRef location,
                                            const Twine &what) {
  Buffer &file = files[location];
  if (file)
    return file;
  namespace path = llvm::sys::path;
  bool leaves = llvm::is_contained(
      llvm::make_range(path::begin(location), path::end(location)), "..");
  SmallString<256> full(folder), real, root;
  path::append(full, location);
  if (location.empty() || leaves || path::is_absolute(location)) {
    error(what) << "external data '" << location
                << "' lies outside of the model's folder";
    return {};
  }
  std::error_code failed = llvm::sys::fs::real_path(full, real);
  if (!failed)
    failed = llvm::sys::fs::real_path(folder.empty() ? "." : folder, root);
  // A symbolic link must not lead out of the folder either.
  root += path::get_separator();
  if (!failed && !real.starts_with(root)) {
    error(what) << "external data '" << location
                << "' links to a file outside of the model's folder; copy it "
                   "there";
    return {};
  }
  auto buffer =
      failed ? failed
             : llvm::MemoryBuffer::getFile(real, /*IsText=*/false,
                                           /*RequiresNullTerminator=*/false);
  if (!buffer) {
    error(what) << "cannot read external data '" << full
                << "': " << buffer.getError().message();
    return {};
  }
  return file = std::move(*buffer);
}

ElementsAttr TensorReader::readExternal(const TensorProto &tensor,
                                        RankedTensorType type,
                                        const Twine &what) {
  StringRef location;
  uint64_t offset = 0, size = getFileBytes(type), length = size;
  for (const auto &entry : tensor.external_data()) {
    StringRef key = entry.key(), value = entry.value();
    bool bad = false;
    if (key == "location")
      location = value;
    else if (key == "offset")
      bad = value.getAsInteger(10, offset);
    else if (key == "length")
      bad = value.getAsInteger(10, length);
    if (bad) {
      error(what) << "external data has " << key << " '" << value << "'";
      return {};
    }
  }
  if (length != size) {
    error(what) << "external data has " << length << " bytes, expected "
                << size;
    return {};
  }
  Buffer file = openFile(location, what);
  if (!file)
    return {};
  if (offset > file->getBufferSize() || size > file->getBufferSize() - offset) {
    error(what) << "external data '" << location << "' has "
                << file->getBufferSize() << " bytes, expected " << size
                << " at offset " << offset;
    return {};
  }
  ArrayRef<char> bytes(file->getBufferStart() + offset, size);
  bool aligned = reinterpret_cast<uintptr_t>(bytes.data()) % 8 == 0;
  if (size < kKeepBytes || type.getElementTypeBitWidth() < 8 || !aligned)
    return makeFromFileBytes(type, bytes);
  return makeResource(type, bytes, tensor.name(), file);
}

//===----------------------------------------------------------------------===//
// Typed fields
//===----------------------------------------------------------------------===//

/// The field's numbers, each cut to the element's bytes.
template <typename Field>
static std::vector<char> narrow(const Field &field, unsigned bytes) {
  std::vector<char> data(field.size() * bytes);
  for (int i = 0; i < field.size(); ++i) {
    auto value = field[i];
    std::memcpy(&data[size_t(i) * bytes], &value, bytes);
  }
  return data;
}

ElementsAttr TensorReader::readTyped(const TensorProto &tensor,
                                     RankedTensorType type, const Twine &what) {
  std::vector<char> bytes;
  unsigned size = getElementBytes(type.getElementType());
  switch (tensor.data_type()) {
  case TensorProto::FLOAT:
    bytes = narrow(tensor.float_data(), size);
    break;
  case TensorProto::DOUBLE:
    bytes = narrow(tensor.double_data(), size);
    break;
  case TensorProto::INT64:
    bytes = narrow(tensor.int64_data(), size);
    break;
  case TensorProto::UINT32:
  case TensorProto::UINT64:
    bytes = narrow(tensor.uint64_data(), size);
    break;
  default:
    bytes = narrow(tensor.int32_data(), size);
  }
  if (bytes.size() != getFileBytes(type)) {
    error(what) << "has " << bytes.size() << " bytes of data, expected "
                << getFileBytes(type);
    return {};
  }
  return makeFromFileBytes(type, bytes);
}
