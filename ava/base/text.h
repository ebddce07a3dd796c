// SPDX-License-Identifier: Apache-2.0
#pragma once

// Texts without allocation: in fixed arrays of messages, and in what the guest says when it fails.

#include <cstdarg>
#include <cstddef>
#include <span>
#include <string_view>

namespace ava {

// printf into `out`: always terminated, cut off at its end. Returns the text's length there.
[[gnu::format(printf, 2, 3)]] std::size_t FormatText(std::span<char> out, const char* format, ...);

// Copies, cuts off, terminates, and clears the rest, so that nothing of ours leaks to a peer.
void SetText(std::span<char> out, std::string_view text);

// Up to the first NUL or to the end: for arrays that a peer filled in.
std::string_view TextUntrusted(std::span<const char> in);

// True when `name` fits `pattern`, in which '*' stands for any number of characters.
bool MatchesPattern(std::string_view pattern, std::string_view name);

// "Permission denied" for EACCES; never null.
const char* ErrnoText(int error);

}  // namespace ava
