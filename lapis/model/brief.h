// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "lapis/model/model.h"

namespace lapis::model {

// A function on one line, values as "name: what it is"; '~' marks what inference thinks likely, '?'
// what is open.
//
//   clGetDeviceIDs(platform: cl_platform_id, …, devices: out existing cl_device_id[num_entries], …)
//   -> cl_int
std::string Brief(const Function& function);

}  // namespace lapis::model
