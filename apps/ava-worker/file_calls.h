// SPDX-License-Identifier: Apache-2.0
#pragma once

// This program's own open, stat, lstat and access, in the place of the C library's, for every
// library in the process: a program's symbols come first. In a thread that compiles for the guest
// they read the guest's files at the guest's paths; in all others, and for whatever writes, they
// are the C library's. It is no border: what the process may reach at all the sandbox says.

#include "ava/worker/guest_files.h"

namespace ava {

// Of the calling thread, from now on; null: the machine's own.
void SeeFilesOf(const worker::GuestFiles* files);

}  // namespace ava
