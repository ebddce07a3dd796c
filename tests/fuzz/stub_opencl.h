// SPDX-License-Identifier: Apache-2.0
#pragma once

// Objects of the stub vendor library.

void* StubObject();
void FreeStubObjects();  // those that are alive
