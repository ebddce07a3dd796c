// SPDX-License-Identifier: Apache-2.0
#pragma once

// Numbers in which a size expression of a spec cannot wrap. The expression's text is the guest's,
// unchanged; here its integer parameters are bound as 128-bit integers, each cut off a little above
// kSizeMax, so that `region[0] * region[1] * region[2] * 16` is exact and what would have wrapped
// shows as over the limit or negative.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "ava/worker/limits.h"

namespace ava::worker {

__extension__ using Wide = __int128;

// Above the limit the low 32 bits stay, so that tests of single bits still see them.
template <class T>
constexpr Wide Capped(T value) {
  if constexpr (std::is_enum_v<T>) {
    return Capped(static_cast<std::underlying_type_t<T>>(value));
  } else {
    const Wide wide = value;
    if (wide > kSizeMax) return kSizeMax | (wide & 0xffffffff);
    return wide < -kSizeMax ? Wide{-kSizeMax} : wide;
  }
}

// An array parameter whose elements an expression reads: `lengths[index]`, `*count`.
template <class T>
class WideArray {
 public:
  explicit WideArray(const T* data) : data_(data) {}
  template <class I>
  Wide operator[](I index) const {
    return data_ == nullptr ? Wide{0} : Capped(data_[static_cast<std::size_t>(index)]);
  }
  Wide operator*() const { return (*this)[0]; }
  operator const T*() const {
    return data_;
  }  // NOLINT(google-explicit-constructor): handed to spec functions

 private:
  const T* data_;
};
template <class T>
WideArray(const T*) -> WideArray<T>;

// A parameter as a size expression is to see it: integers and arrays of them as above, all else as
// it is.
template <class T>
constexpr auto Widened(T value) {
  if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
    return Capped(value);
  } else if constexpr (std::is_pointer_v<T>) {
    using Element = std::remove_cv_t<std::remove_pointer_t<T>>;
    if constexpr (!std::is_integral_v<Element>) {
      return value;
    } else if constexpr (sizeof(Element) == 1) {
      return value;
    } else {
      return WideArray<Element>(value);
    }
  } else {
    return value;
  }
}

}  // namespace ava::worker
