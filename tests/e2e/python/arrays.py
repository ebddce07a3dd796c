# SPDX-License-Identifier: Apache-2.0
"""pyopencl.array: arithmetic, slices, random access and reductions against numpy."""

import signal

import numpy as np
import pyopencl as cl
import pyopencl.array as cl_array
import pyopencl.clmath as cl_math


def check(label, device, host, tolerance=0.0):
    seen = device.get() if hasattr(device, "get") else np.asarray(device)
    assert np.allclose(seen, host, rtol=tolerance, atol=tolerance), (label, seen, host)
    print(f"{label}: {np.shape(host)}")


def arithmetic(queue):
    a_host = np.linspace(1, 5, 10_000, dtype=np.float32)
    b_host = np.linspace(7, 2, 10_000, dtype=np.float32)
    a, b = cl_array.to_device(queue, a_host), cl_array.to_device(queue, b_host)
    check("sum", a + b, a_host + b_host, 1e-6)
    check("difference", a - 2 * b, a_host - 2 * b_host, 1e-6)
    check("product", a * b, a_host * b_host, 1e-6)
    check("quotient", a / b, a_host / b_host, 1e-6)
    check("power", a**2, a_host**2, 1e-5)
    a += b
    check("in place", a, a_host + b_host, 1e-6)
    check("sine", cl_math.sin(b), np.sin(b_host), 1e-5)
    check("root", cl_math.sqrt(b), np.sqrt(b_host), 1e-6)


def integers(queue):
    host = np.arange(5000, dtype=np.int64)
    device = cl_array.arange(queue, 5000, dtype=np.int64)
    check("range", device, host)
    check("slice", device[100:4000], host[100:4000])
    check("scaled", device * 8 - 1, host * 8 - 1)
    check("compare", (device > 2500).astype(np.int8), (host > 2500).astype(np.int8))
    check("reverse", device.reverse(), host[::-1])
    picked = cl_array.to_device(queue, np.array([5, 3, 4999, 0], np.int32))
    check("take", cl_array.take(device, picked), host[[5, 3, 4999, 0]])
    device[10:20] = 0
    host[10:20] = 0
    check("assign", device, host)


def reductions(queue):
    host = np.arange(1, 20_001, dtype=np.float64)
    device = cl_array.to_device(queue, host)
    check("sum of all", cl_array.sum(device), host.sum())
    check("largest", cl_array.max(device), host.max())
    check("smallest", cl_array.min(device), host.min())
    check("dot", cl_array.dot(device, device), host @ host, 1e-12)
    check("running sum", cl_array.cumsum(device), host.cumsum(), 1e-12)


def shapes(queue):
    host = np.arange(24 * 30, dtype=np.float32).reshape(24, 30)
    device = cl_array.to_device(queue, host)
    check("transposed", device.T.copy(), host.T)
    check("reshaped", device.reshape(30, 24), host.reshape(30, 24))
    check("row", device[3], host[3])
    check("filled", cl_array.zeros(queue, (7, 9), np.int32) + 4, np.full((7, 9), 4))


def main():
    signal.alarm(300)
    context = cl.Context(cl.get_platforms()[0].get_devices())
    queue = cl.CommandQueue(context)
    arithmetic(queue)
    integers(queue)
    reductions(queue)
    shapes(queue)


main()
