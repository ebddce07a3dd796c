// SPDX-License-Identifier: Apache-2.0
// Takes and gives back device memory at random, as often as it is told, and says what it holds:
// quotas.py compares that with what the manager says.
//
//   standard input    "play N": N steps; "take BYTES": one buffer; "drop": give everything back;
//                     "hide BYTES": releases what is in use, and asks for more
//   standard output   "held BYTES shared PIECES refused TIMES", after each
#include <algorithm>
#include <iostream>
#include <random>
#include <string>

#include "tests/e2e/programs/check.h"

namespace {

class Player {
 public:
  Player(const e2e::Session& session, unsigned seed)
      : session_(session), random_(seed), kinds_(seed % 4 == 0 ? 6 : 5) {
    cl_ulong limit = 0;
    e2e::Ok(
        clGetDeviceInfo(session.device, CL_DEVICE_GLOBAL_MEM_SIZE, sizeof limit, &limit, nullptr));
    limit_ = limit;
    host_.resize(2 * limit_);
  }

  void Play(int steps) {
    for (int i = 0; i < steps; ++i) {
      if (pieces_.empty() || random_() % 5 < 3) {
        const size_t bytes = 1 + random_() % (limit_ / 4);
        random_() % 16 == 0 ? TakeBuffer(limit_ + bytes) : Take(bytes);
      } else {
        Drop(random_() % pieces_.size());
      }
    }
  }

  // Of the program's own memory, its copy, or none.
  void TakeBuffer(size_t bytes) {
    constexpr cl_mem_flags kFlags[] = {CL_MEM_READ_WRITE, CL_MEM_USE_HOST_PTR, CL_MEM_COPY_HOST_PTR,
                                       CL_MEM_COPY_HOST_PTR | CL_MEM_HOST_NO_ACCESS};
    const cl_mem_flags flags = kFlags[random_() % std::size(kFlags)];
    cl_int code = CL_SUCCESS;
    cl_mem buffer = clCreateBuffer(session_.context, flags, bytes,
                                   flags == CL_MEM_READ_WRITE ? nullptr : host_.data(), &code);
    Keep({buffer, nullptr, bytes}, code);
  }

  void DropAll() {
    while (!pieces_.empty()) Drop(pieces_.size() - 1);
  }

  void Tell() {
    e2e::Ok(clFinish(session_.queue));  // behind every release
    const auto is_shared = [](const Piece& piece) { return piece.shared != nullptr; };
    std::printf("held %zu shared %zu refused %zu\n", held_,
                static_cast<size_t>(std::ranges::count_if(pieces_, is_shared)), refused_);
    std::fflush(stdout);
  }

  // More than half of the quota, which the program releases while a command waits that writes to
  // it, and while an image lies in it: there is no room for as much again until then.
  void Hide(size_t bytes) {
    cl_mem buffer = MakeBuffer(bytes);
    cl_int code = CL_SUCCESS;
    cl_event gate = clCreateUserEvent(session_.context, &code);
    e2e::Ok(code);
    const cl_int zero = 0;
    e2e::Ok(clEnqueueFillBuffer(session_.queue, buffer, &zero, sizeof zero, 0, bytes, 1, &gate,
                                nullptr));
    e2e::Ok(clFlush(session_.queue));
    e2e::Ok(clReleaseMemObject(buffer));
    ExpectNoRoom(bytes);
    e2e::Ok(clSetUserEventStatus(gate, CL_COMPLETE));
    e2e::Ok(clFinish(session_.queue));
    e2e::Ok(clReleaseEvent(gate));
    buffer = MakeBuffer(bytes);
    const cl_image_format format = {.image_channel_order = CL_R,
                                    .image_channel_data_type = CL_UNSIGNED_INT32};
    cl_image_desc desc = {};
    desc.image_type = CL_MEM_OBJECT_IMAGE1D_BUFFER;
    desc.image_width = kRow;
    desc.buffer = buffer;
    cl_mem image =
        clCreateImage(session_.context, CL_MEM_READ_WRITE, &format, &desc, nullptr, &code);
    e2e::Ok(code);
    e2e::Ok(clReleaseMemObject(buffer));
    ExpectNoRoom(bytes);
    e2e::Ok(clReleaseMemObject(image));
  }

 private:
  struct Piece {
    cl_mem object;
    void* shared;  // SVM, if there is no object
    size_t bytes;
  };

  cl_mem MakeBuffer(size_t bytes) {
    cl_int code = CL_SUCCESS;
    cl_mem buffer = clCreateBuffer(session_.context, CL_MEM_READ_WRITE, bytes, nullptr, &code);
    e2e::Ok(code);
    return buffer;
  }

  void ExpectNoRoom(size_t bytes) {
    cl_int code = CL_SUCCESS;
    cl_mem more = clCreateBuffer(session_.context, CL_MEM_READ_WRITE, bytes, nullptr, &code);
    e2e::Expect(more == nullptr && code == CL_MEM_OBJECT_ALLOCATION_FAILURE,
                "no room beside what is released and in use");
  }

  // A piece of some kind.
  void Take(size_t bytes) {
    bytes = (bytes + kRow) / kRow * kRow;
    const cl_image_format format = {.image_channel_order = CL_R,
                                    .image_channel_data_type = CL_UNSIGNED_INT8};
    cl_int code = CL_SUCCESS;
    Piece piece = {nullptr, nullptr, bytes};
    switch (random_() % kinds_) {
      case 0: {
        cl_image_desc desc = {};
        desc.image_type = CL_MEM_OBJECT_IMAGE2D;
        desc.image_width = kRow;
        desc.image_height = bytes / kRow;
        piece.object =
            clCreateImage(session_.context, CL_MEM_READ_WRITE, &format, &desc, nullptr, &code);
        break;
      }
      case 1:
        piece.object = clCreateImage2D(session_.context, CL_MEM_READ_WRITE, &format, kRow,
                                       bytes / kRow, 0, nullptr, &code);
        break;
      case 2:
        piece.object = clCreateImage3D(session_.context, CL_MEM_READ_WRITE, &format, kRow / 2,
                                       bytes / kRow, 2, 0, 0, nullptr, &code);
        break;
      case 5:
        piece.shared = clSVMAlloc(session_.context, CL_MEM_READ_WRITE, bytes, 0);
        code = piece.shared == nullptr ? CL_MEM_OBJECT_ALLOCATION_FAILURE : CL_SUCCESS;
        break;
      default:
        return TakeBuffer(bytes);
    }
    Keep(piece, code);
  }

  // Neither object nor SVM: it was refused.
  void Keep(const Piece& piece, cl_int code) {
    const bool made = piece.object != nullptr || piece.shared != nullptr;
    e2e::Expect(code == (made ? CL_SUCCESS : CL_MEM_OBJECT_ALLOCATION_FAILURE),
                "made, or refused with this error");
    if (!made) {
      ++refused_;
      return;
    }
    held_ += piece.bytes;
    e2e::Expect(held_ <= limit_, "no more than its quota");
    pieces_.push_back(piece);
  }

  void Drop(size_t index) {
    const Piece piece = pieces_[index];
    if (piece.object != nullptr) {
      e2e::Ok(clReleaseMemObject(piece.object));
    } else {
      clSVMFree(session_.context, piece.shared);
    }
    held_ -= piece.bytes;
    pieces_[index] = pieces_.back();
    pieces_.pop_back();
  }

  static constexpr size_t kRow =
      1024;  // the width of an image, and what all sizes are multiples of

  const e2e::Session& session_;
  std::mt19937 random_;
  const unsigned kinds_;  // the last one, SVM, in one program of four
  std::vector<Piece> pieces_;
  std::vector<char> host_;
  size_t limit_ = 0;
  size_t held_ = 0;
  size_t refused_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const e2e::Session session;
  Player player(session, argc > 1 ? static_cast<unsigned>(std::stoul(argv[1])) : 1);
  player.Tell();
  std::string word;
  while (std::cin >> word) {
    if (word == "drop") player.DropAll();
    if (word == "play") {
      int steps = 0;
      std::cin >> steps;
      player.Play(steps);
    }
    if (word == "hide") {
      size_t bytes = 0;
      std::cin >> bytes;
      player.Hide(bytes);
    }
    if (word == "take") {
      size_t bytes = 0;
      std::cin >> bytes;
      player.TakeBuffer(bytes);
    }
    player.Tell();
  }
  return e2e::g_failures == 0 ? 0 : 1;
}
