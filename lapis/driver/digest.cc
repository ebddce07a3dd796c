// SPDX-License-Identifier: Apache-2.0

#include "lapis/driver/digest.h"

#include <openssl/evp.h>

#include <array>

#include "lapis/model/dump.h"

namespace lapis::driver {

std::string DigestOf(const model::Api& api) {
  const std::string text = model::Dump(api, model::Detail::kWire);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int bytes = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &bytes, EVP_sha256(), nullptr);
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (unsigned int i = 0; i < bytes; ++i) {
    hex += kDigits[digest[i] >> 4];
    hex += kDigits[digest[i] & 15];
  }
  return hex;
}

}  // namespace lapis::driver
