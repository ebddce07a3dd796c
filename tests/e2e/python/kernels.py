# SPDX-License-Identifier: Apache-2.0
"""pyopencl: elementwise, reduction and scan kernels, structs, local memory, arguments of all kinds."""

import signal

import numpy as np
import pyopencl as cl
import pyopencl.array as cl_array
from pyopencl.elementwise import ElementwiseKernel
from pyopencl.reduction import ReductionKernel
from pyopencl.scan import GenericScanKernel

SOURCE = """
typedef struct { int number; float weight; } Item;
kernel void weigh(global const Item *items, global float *out) {
  const int i = get_global_id(0);
  out[i] = items[i].number * items[i].weight;
}
kernel void group_sum(global const int *in, global int *out, local int *room) {
  const int at = get_local_id(0);
  room[at] = in[get_global_id(0)];
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int step = get_local_size(0) / 2; step > 0; step /= 2) {
    if (at < step) room[at] += room[at + step];
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  if (at == 0) out[get_group_id(0)] = room[0];
}
kernel void scalars(global double *out, char a, ushort b, int c, ulong d, float e, double f) {
  out[0] = a; out[1] = b; out[2] = c; out[3] = (double)d; out[4] = e; out[5] = f;
}
"""


def elementwise(context, queue):
    combine = ElementwiseKernel(context, "float a, float *x, float b, float *y, float *z",
                                "z[i] = a * x[i] + b * y[i]", "combine")
    x = np.arange(1000, dtype=np.float32)
    y = x[::-1].copy()
    z = cl_array.empty(queue, 1000, np.float32)
    combine(np.float32(2), cl_array.to_device(queue, x), np.float32(3),
            cl_array.to_device(queue, y), z)
    assert np.array_equal(z.get(), 2 * x + 3 * y)
    print("elementwise:", z.get()[[0, 500, 999]])


def reduction(context, queue):
    squares = ReductionKernel(context, np.float64, neutral="0", reduce_expr="a + b",
                              map_expr="x[i] * x[i]", arguments="__global const double *x")
    host = np.arange(5000, dtype=np.float64)
    total = squares(cl_array.to_device(queue, host)).get()
    assert total == (host * host).sum()
    print("reduction:", total)


def scan(context, queue):
    running = GenericScanKernel(context, np.int32, arguments="__global int *x, __global int *out",
                                input_expr="x[i]", scan_expr="a + b", neutral="0",
                                output_statement="out[i] = item;")
    host = np.arange(3000, dtype=np.int32) % 11
    out = cl_array.empty(queue, 3000, np.int32)
    running(cl_array.to_device(queue, host), out)
    assert np.array_equal(out.get(), host.cumsum())
    print("scan:", out.get()[-1])


def structs(context, queue, program):
    items = np.zeros(100, dtype=[("number", np.int32), ("weight", np.float32)])
    items["number"] = np.arange(100)
    items["weight"] = 0.5
    flags = cl.mem_flags
    source = cl.Buffer(context, flags.READ_ONLY | flags.COPY_HOST_PTR, hostbuf=items)
    out = cl_array.empty(queue, 100, np.float32)
    program.weigh(queue, (100,), None, source, out.data)
    assert np.array_equal(out.get(), items["number"] * items["weight"])
    print("structs:", out.get()[99])


def local_memory(queue, program):
    host = np.arange(1024, dtype=np.int32)
    source = cl_array.to_device(queue, host)
    out = cl_array.empty(queue, 16, np.int32)
    program.group_sum(queue, (1024,), (64,), source.data, out.data, cl.LocalMemory(64 * 4))
    assert np.array_equal(out.get(), host.reshape(16, 64).sum(axis=1))
    print("local memory:", out.get()[:4])


def scalars(queue, program):
    out = cl_array.empty(queue, 6, np.float64)
    program.scalars(queue, (1,), None, out.data, np.int8(-3), np.uint16(60000), np.int32(-70000),
                    np.uint64(9_000_000_000), np.float32(1.5), np.float64(-2.25))
    print("scalars:", out.get())


def failures(context, queue, program):
    try:
        cl.Program(context, "kernel void broken() { undeclared = 1; }").build()
    except cl.RuntimeError as error:
        print("a broken program:", error.code == cl.status_code.BUILD_PROGRAM_FAILURE,
              "undeclared" in str(error))
    try:
        program.weigh(queue, (100,), (7,), None, None)
    except cl.LogicError as error:
        print("a bad local size:", error.code == cl.status_code.INVALID_WORK_GROUP_SIZE)


def main():
    signal.alarm(300)
    context = cl.Context(cl.get_platforms()[0].get_devices())
    queue = cl.CommandQueue(context)
    program = cl.Program(context, SOURCE).build()
    elementwise(context, queue)
    reduction(context, queue)
    scan(context, queue)
    structs(context, queue, program)
    local_memory(queue, program)
    scalars(queue, program)
    failures(context, queue, program)


main()
