// Owns: many columns of numbers in one buffer, made on any thread and handed to JavaScript as typed arrays over it.
// Knows nothing of: what the columns mean.
#pragma once

#include <napi.h>

#include <cstring>
#include <memory>
#include <type_traits>
#include <vector>

#include "native/base/ip_address.h"

namespace nettrace {

/// Columns are added first; pack() copies them on a working thread; to_js() runs on JavaScript's and copies nothing.
class ColumnPack {
 public:
  /// Begins an object of columns; they become properties of `name` in the result.
  void table(const char* name) { tables_.push_back({name, {}}); }

  /// `values` must live until pack(). An address is 16 bytes of a Uint8Array.
  template <typename T>
  void add(const char* name, const std::vector<T>& values) {
    using Element = std::conditional_t<std::is_same_v<T, IpAddress>, uint8_t, T>;
    static_assert(std::is_arithmetic_v<Element> && sizeof(T) % sizeof(Element) == 0);
    size_ = (size_ + 7) & ~size_t{7};
    tables_.back().columns.push_back({name, values.data(), size_, values.size() * sizeof(T),
                                      values.size() * (sizeof(T) / sizeof(Element)), &array_of<Element>});
    size_ += values.size() * sizeof(T);
  }

  void pack() {
    bytes_ = std::make_unique<uint8_t[]>(size_ > 0 ? size_ : 1);
    for (const Table& table : tables_) {
      for (const Column& column : table.columns) {
        if (column.size > 0) std::memcpy(bytes_.get() + column.offset, column.source, column.size);
      }
    }
  }

  Napi::Object to_js(Napi::Env env) {
    uint8_t* bytes = bytes_.release();
    const Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(
        env, bytes, size_, [](Napi::Env, void* data) { std::unique_ptr<uint8_t[]>(static_cast<uint8_t*>(data)); });
    Napi::Object result = Napi::Object::New(env);
    for (const Table& table : tables_) {
      Napi::Object object = Napi::Object::New(env);
      for (const Column& column : table.columns) {
        object.Set(column.name, column.make(env, buffer, column.offset, column.length));
      }
      result.Set(table.name, object);
    }
    return result;
  }

 private:
  using Maker = Napi::Value (*)(Napi::Env, const Napi::ArrayBuffer&, size_t offset, size_t length);
  template <typename Element>
  static Napi::Value array_of(Napi::Env env, const Napi::ArrayBuffer& buffer, size_t offset, size_t length) {
    return Napi::TypedArrayOf<Element>::New(env, length, buffer, offset);
  }

  struct Column {
    const char* name;
    const void* source;
    size_t offset;
    size_t size;
    size_t length;
    Maker make;
  };
  struct Table {
    const char* name;
    std::vector<Column> columns;
  };
  std::vector<Table> tables_;
  std::unique_ptr<uint8_t[]> bytes_;
  size_t size_ = 0;
};

}  // namespace nettrace
