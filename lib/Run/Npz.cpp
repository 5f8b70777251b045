//===- Npz.cpp - Arrays in a zip file --------------------------*- C++ -*-===//
//
// Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads the parts of zip that numpy and other writers of .npz use (stored and
// deflated entries, 64-bit sizes), and writes stored entries.
//
//===----------------------------------------------------------------------===//

#include "octet/Run/ArrayFile.h"
#include <cstring>
#include <zlib.h>

using namespace octet;

namespace {
/// Little-endian numbers at an offset; zero beyond the end.
class Bytes {
public:
  explicit Bytes(std::string_view bytes) : bytes(bytes) {}
  uint64_t get(uint64_t offset, unsigned count) const {
    uint64_t value = 0;
    if (offset <= bytes.size() && count <= bytes.size() - offset)
      std::memcpy(&value, bytes.data() + offset, count);
    return value;
  }
  uint64_t size() const { return bytes.size(); }
  std::string_view view(uint64_t offset, uint64_t count) const {
    if (offset > bytes.size() || count > bytes.size() - offset)
      return {};
    return bytes.substr(offset, count);
  }

private:
  std::string_view bytes;
};

struct Entry {
  std::string name;
  uint64_t method, crc, packed, size, offset;
};
} // namespace

static constexpr uint32_t kLocal = 0x04034b50, kCentral = 0x02014b50,
                          kEnd = 0x06054b50, kEnd64 = 0x06064b50,
                          kLocator64 = 0x07064b50;

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

/// Where the central directory is and how many entries it has.
static bool findDirectory(const Bytes &file, uint64_t &offset,
                          uint64_t &count) {
  uint64_t last = file.size() < 22 ? 0 : file.size() - 22;
  for (uint64_t back = 0; back <= std::min<uint64_t>(last, 65535); ++back) {
    uint64_t end = last - back;
    if (file.get(end, 4) != kEnd)
      continue;
    count = file.get(end + 10, 2);
    offset = file.get(end + 16, 4);
    if (end >= 20 && file.get(end - 20, 4) == kLocator64) {
      uint64_t end64 = file.get(end - 12, 8);
      if (file.get(end64, 4) != kEnd64)
        return false;
      count = file.get(end64 + 32, 8);
      offset = file.get(end64 + 48, 8);
    }
    return true;
  }
  return false;
}

/// Sizes that do not fit in 32 bits are in an extra field, in this order.
static void readSizes64(const Bytes &file, uint64_t extra, uint64_t end,
                        Entry &entry) {
  while (extra + 4 <= end) {
    uint64_t id = file.get(extra, 2), length = file.get(extra + 2, 2);
    uint64_t at = extra + 4;
    if (id == 1)
      for (uint64_t *field : {&entry.size, &entry.packed, &entry.offset})
        if (*field == 0xffffffff) {
          *field = file.get(at, 8);
          at += 8;
        }
    extra += 4 + length;
  }
}

static bool readDirectory(const Bytes &file, std::vector<Entry> &entries) {
  uint64_t at = 0, count = 0;
  if (!findDirectory(file, at, count))
    return false;
  for (uint64_t i = 0; i < count; ++i) {
    if (file.get(at, 4) != kCentral)
      return false;
    uint64_t nameLength = file.get(at + 28, 2),
             extraLength = file.get(at + 30, 2);
    Entry entry{std::string(file.view(at + 46, nameLength)),
                file.get(at + 10, 2),
                file.get(at + 16, 4),
                file.get(at + 20, 4),
                file.get(at + 24, 4),
                file.get(at + 42, 4)};
    uint64_t extra = at + 46 + nameLength;
    readSizes64(file, extra, extra + extraLength, entry);
    entries.push_back(std::move(entry));
    at = extra + extraLength + file.get(at + 32, 2);
  }
  return true;
}

static bool inflateTo(std::string_view packed, std::string &out) {
  z_stream stream = {};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
    return false;
  stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef *>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  int status = inflate(&stream, Z_FINISH);
  bool whole = status == Z_STREAM_END && stream.total_out == out.size();
  inflateEnd(&stream);
  return whole;
}

/// The bytes of an entry; false where the file is damaged.
static bool readEntry(const Bytes &file, const Entry &entry, std::string &out) {
  if (file.get(entry.offset, 4) != kLocal)
    return false;
  uint64_t start = entry.offset + 30 + file.get(entry.offset + 26, 2) +
                   file.get(entry.offset + 28, 2);
  std::string_view packed = file.view(start, entry.packed);
  if (packed.size() != entry.packed)
    return false;
  // Deflate shrinks to a 1032nd at best: more is no size to believe.
  bool isStored = entry.method == 0;
  if (isStored ? entry.size != entry.packed
               : entry.size / 1040 > entry.packed || entry.packed >> 32 ||
                     entry.size >> 32)
    return false;
  if (isStored) {
    out.assign(packed);
  } else {
    out.resize(entry.size);
    if (!inflateTo(packed, out))
      return false;
  }
  uint64_t crc = 0;
  for (size_t at = 0; at < out.size(); at += 1 << 30)
    crc = crc32(static_cast<uLong>(crc),
                reinterpret_cast<const Bytef *>(out.data() + at),
                static_cast<uInt>(std::min<size_t>(out.size() - at, 1 << 30)));
  return crc == entry.crc;
}

static std::string dropExtension(const std::string &name) {
  size_t at = name.size() - std::min<size_t>(name.size(), 4);
  return name.substr(at) == ".npy" ? name.substr(0, at) : name;
}

static std::string joinNames(const std::vector<Entry> &entries) {
  std::string names;
  for (const Entry &entry : entries)
    names += (names.empty() ? "" : ", ") + dropExtension(entry.name);
  return names;
}

static Result addEntry(const Bytes &file, const Entry &entry,
                       const std::string &name, Arrays &arrays) {
  std::string bytes;
  if (entry.method != 0 && entry.method != 8)
    return Error{"is packed by a method that is not deflate"};
  if (!readEntry(file, entry, bytes))
    return Error{"is damaged"};
  Expected<Array> array = parseNpy(bytes);
  if (!array)
    return array.error();
  arrays[name] = std::move(*array);
  return Success{};
}

Expected<Arrays> octet::readNpz(const std::string &path,
                                const std::string &key) {
  Expected<std::string> bytes = readFile(path);
  if (!bytes)
    return bytes.error();
  Bytes file(*bytes);
  std::vector<Entry> entries;
  if (!readDirectory(file, entries))
    return Error{"'" + path + "' is not a .npz file or is cut off"};
  Arrays arrays;
  for (const Entry &entry : entries) {
    std::string name = dropExtension(entry.name);
    if (!key.empty() && name != key)
      continue;
    Result added = addEntry(file, entry, name, arrays);
    if (!added)
      return Error{"'" + name + "' in '" + path + "' " + added.error().message};
  }
  if (!key.empty() && arrays.empty())
    return Error{"'" + path + "' has no array '" + key + "', but " +
                 (entries.empty() ? "none at all" : joinNames(entries))};
  return arrays;
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

static void put(std::string &out, uint64_t value, unsigned count) {
  for (unsigned i = 0; i < count; ++i)
    out += static_cast<char>(value >> (8 * i) & 255);
}

/// What local header and directory share: version to sizes and name length.
static void putCommon(std::string &out, const Entry &entry) {
  put(out, 20, 2);         // version needed
  put(out, 1 << 11, 2);    // names are UTF-8
  put(out, 0, 2);          // stored
  put(out, 0x00210000, 4); // 1 January 1980: the same bytes every time
  put(out, entry.crc, 4);
  put(out, entry.packed, 4);
  put(out, entry.size, 4);
  put(out, entry.name.size(), 2);
  put(out, 0, 2); // no extra field
}

static uint64_t getCrc(const std::string &bytes) {
  return crc32(0, reinterpret_cast<const Bytef *>(bytes.data()),
               static_cast<uInt>(bytes.size()));
}

Result octet::writeNpz(const std::string &path, const Arrays &arrays) {
  std::string out, directory;
  for (const auto &[name, array] : arrays) {
    std::string bytes = formatNpy(array);
    if ((out.size() + bytes.size()) >> 32)
      return Error{"cannot write '" + path + "': it would exceed 4 GB"};
    Entry entry{name + ".npy", 0,         getCrc(bytes), bytes.size(),
                bytes.size(),  out.size()};
    put(out, kLocal, 4);
    putCommon(out, entry);
    out += entry.name + bytes;

    put(directory, kCentral, 4);
    put(directory, 20, 2); // version made by
    putCommon(directory, entry);
    directory.append(10, '\0'); // no comment, disk 0, attributes
    put(directory, entry.offset, 4);
    directory += entry.name;
  }
  uint64_t offset = out.size();
  out += directory;
  put(out, kEnd, 4);
  put(out, 0, 4); // disks
  put(out, arrays.size(), 2);
  put(out, arrays.size(), 2);
  put(out, directory.size(), 4);
  put(out, offset, 4);
  put(out, 0, 2); // no comment
  return writeFile(path, out);
}
