// SPDX-License-Identifier: Apache-2.0
// Samplers: every addressing and filter mode, made in both ways, and what they report; and the
// formats that images may have.
#include <algorithm>

#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

void PrintSampler(cl_sampler sampler, cl_context context) {
  cl_context its_context = nullptr;
  cl_uint references = 0;
  cl_bool normalized = 77;
  cl_addressing_mode addressing = 0;
  cl_filter_mode filter = 0;
  Ok(clGetSamplerInfo(sampler, CL_SAMPLER_CONTEXT, sizeof its_context, &its_context, nullptr));
  Ok(clGetSamplerInfo(sampler, CL_SAMPLER_REFERENCE_COUNT, sizeof references, &references,
                      nullptr));
  Ok(clGetSamplerInfo(sampler, CL_SAMPLER_NORMALIZED_COORDS, sizeof normalized, &normalized,
                      nullptr));
  Ok(clGetSamplerInfo(sampler, CL_SAMPLER_ADDRESSING_MODE, sizeof addressing, &addressing,
                      nullptr));
  Ok(clGetSamplerInfo(sampler, CL_SAMPLER_FILTER_MODE, sizeof filter, &filter, nullptr));
  Expect(its_context == context, "a sampler knows its context");
  std::printf("sampler: normalized %u addressing %x filter %x references %u\n", normalized,
              addressing, filter, references);
}

void Modes(const e2e::Session& session) {
  for (const cl_addressing_mode addressing :
       {CL_ADDRESS_NONE, CL_ADDRESS_CLAMP_TO_EDGE, CL_ADDRESS_CLAMP, CL_ADDRESS_REPEAT,
        CL_ADDRESS_MIRRORED_REPEAT}) {
    for (const cl_filter_mode filter : {CL_FILTER_NEAREST, CL_FILTER_LINEAR}) {
      cl_int code = CL_SUCCESS;
      cl_sampler sampler = clCreateSampler(session.context, CL_TRUE, addressing, filter, &code);
      Ok(code);
      PrintSampler(sampler, session.context);
      Ok(clRetainSampler(sampler));
      Ok(clReleaseSampler(sampler));
      Ok(clReleaseSampler(sampler));
    }
  }
}

void ByProperties(const e2e::Session& session) {
  const cl_sampler_properties full[] = {CL_SAMPLER_NORMALIZED_COORDS,
                                        CL_FALSE,
                                        CL_SAMPLER_ADDRESSING_MODE,
                                        CL_ADDRESS_CLAMP,
                                        CL_SAMPLER_FILTER_MODE,
                                        CL_FILTER_LINEAR,
                                        0};
  const cl_sampler_properties some[] = {CL_SAMPLER_ADDRESSING_MODE, CL_ADDRESS_REPEAT, 0};
  for (const cl_sampler_properties* properties :
       {static_cast<const cl_sampler_properties*>(full), some,
        static_cast<const cl_sampler_properties*>(nullptr)}) {
    cl_int code = CL_SUCCESS;
    cl_sampler sampler = clCreateSamplerWithProperties(session.context, properties, &code);
    std::printf("by properties: %s\n", e2e::CodeName(code).c_str());  // PoCL 3.1 refuses NULL.
    if (sampler == nullptr) continue;
    PrintSampler(sampler, session.context);
    Ok(clReleaseSampler(sampler));
  }
}

void Formats(const e2e::Session& session) {
  for (const cl_mem_object_type type : {CL_MEM_OBJECT_IMAGE1D, CL_MEM_OBJECT_IMAGE2D,
                                        CL_MEM_OBJECT_IMAGE3D, CL_MEM_OBJECT_IMAGE2D_ARRAY}) {
    for (const cl_mem_flags flags : {CL_MEM_READ_ONLY, CL_MEM_WRITE_ONLY, CL_MEM_READ_WRITE}) {
      cl_uint count = 0;
      Ok(clGetSupportedImageFormats(session.context, flags, type, 0, nullptr, &count));
      std::vector<cl_image_format> formats(count);
      Ok(clGetSupportedImageFormats(session.context, flags, type, count, formats.data(), nullptr));
      const bool has_rgba8 = std::any_of(formats.begin(), formats.end(), [](const auto& format) {
        return format.image_channel_order == CL_RGBA &&
               format.image_channel_data_type == CL_UNSIGNED_INT8;
      });
      std::printf("formats of type %x flags %llx: %u, checksum %016llx\n", type,
                  static_cast<unsigned long long>(flags), count,
                  static_cast<unsigned long long>(
                      e2e::Checksum(formats.data(), count * sizeof(cl_image_format))));
      Expect(has_rgba8, "the format that all must have");
    }
  }
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  Modes(session);
  ByProperties(session);
  Formats(session);
  return e2e::Finish();
}
