"""Prints tensors of many types, shapes and ranges as JSON, each with PyTorch's text for it."""

import json
import math

import torch

cases = []


def plain(value):
    """A value JSON can hold exactly: NaN, infinities and long integers become strings."""
    if isinstance(value, complex):
        return {"re": plain(value.real), "im": plain(value.imag)}
    if isinstance(value, float) and not math.isfinite(value):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
    if isinstance(value, int) and abs(value) > 2**53:
        return str(value)
    return value


def add(tensor):
    cases.append(
        {
            "shape": list(tensor.shape),
            "dtype": str(tensor.dtype).replace("torch.", ""),
            "values": [plain(value) for value in tensor.detach().reshape(-1).tolist()],
            "requiresGrad": tensor.requires_grad,
            "gradFn": type(tensor.grad_fn).__name__ if tensor.grad_fn else None,
            "expected": repr(tensor),
        }
    )


inf, nan = math.inf, math.nan
floats = [torch.float32, torch.float64, torch.float16, torch.bfloat16]
ints = [torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8]
torch.manual_seed(1)

# Styles of floats: whole, fixed, scientific, and the borders between them.
for values in [
    [1.0, 2.0, 3.0],
    [0.1, -0.25, 3.14159],
    [1.0, 1000.0],
    [1.0, 1001.0],
    [0.5, 500.0],
    [0.5, 501.0],
    [1e8],
    [1e8 + 8],
    [1e-4],
    [1.0001e-4],
    [9.9999e-5, 0.5],
    [1e-300, 1e300],
    [1e-45, 3.4e38],
    [0.0, -0.0],
    [-0.0, 1.5],
    [-0.0, 1e-7],
    [-1e-5, -0.09],
    [nan, inf, -inf],
    [nan, 1.0, -inf],
    [nan, 1.5, inf, 0.0],
    [nan, 1e-9, -inf, 0.0],
    [1 / 32, 3 / 32, 5 / 32, -7 / 32],
    [100005.0, 100015.0, 2.0, -100025.0],
    [0.99995, 0.99994999],
    [9.99995, 99999.5, 999995.0],
    [123456792.0, -16777216.0],
]:
    add(torch.tensor(values, dtype=torch.float64))
    add(torch.tensor(values, dtype=torch.float32))
for dtype in floats:
    for shape in [(), (3,), (2, 3), (11,), (2, 2, 3)]:
        add(torch.randn(shape).to(dtype))
    add(torch.tensor([0.1, 60000.0, 2.0]).to(dtype))
    add((torch.randn(40) * 1e3).round().to(dtype))
    add(torch.randn(13, 110).to(dtype))

# Whole numbers and booleans.
for dtype in ints:
    add(torch.tensor(7, dtype=dtype))
    add(torch.randint(0, 100, (3, 25)).to(dtype))
    add(torch.arange(2000).to(dtype))
add(torch.tensor([-(2**63), 2**63 - 1, 2**53 + 1]))
add(torch.tensor([[-128, 127]], dtype=torch.int8))
add(torch.tensor(True))
add(torch.tensor([True, True]))
add(torch.rand(5, 17) > 0.5)
add(torch.rand(40, 40) > 0.5)

# Complex numbers: either part has a style of its own.
for values in [
    [1 + 2j, -3.5 - 4j],
    [1j, -1j, 0j],
    [complex(-0.0, -0.0), complex(0.0, 1.5)],
    [1e-5 + 1e9j, 1 + 2j],
    [1 + 1e-5j, 1000 + 1j, 1001 + 2j],
    [complex(nan, inf), complex(-inf, nan), 1.5 - 2.25j],
    [1 / 32 + 3j / 32],
]:
    add(torch.tensor(values, dtype=torch.complex64))
    add(torch.tensor(values, dtype=torch.complex128))
for dtype in [torch.complex64, torch.complex128]:
    for shape in [(), (1,), (7,), (2, 9), (2, 2, 3), (13, 110), (1001,), (0,), (0, 3)]:
        add(torch.randn(shape, dtype=dtype))
    add(torch.randn(5, dtype=dtype).conj())
    leaf = torch.randn(4, dtype=dtype, requires_grad=True)
    add(leaf)
    add(leaf * 2)

# Empty tensors.
for shape in [(0,), (0, 3), (3, 0), (2, 0, 4)]:
    for dtype in [torch.float32, torch.float64, torch.int64, torch.bool]:
        add(torch.empty(shape, dtype=dtype))
add(torch.empty(0, 3, requires_grad=True))

# Shapes, and the borders of summaries.
for shape in [(1,), (1, 1), (30,), (3, 1), (1, 2, 1, 2), (2, 3, 2, 2), (1000,), (1001,), (25, 40)]:
    add(torch.randn(shape))
for shape in [(6, 6, 6, 6), (7, 143), (143, 7), (1001, 1), (1, 1001), (2, 501), (20, 10, 10)]:
    add(torch.randn(shape))
    add(torch.randn(shape, dtype=torch.float64) * 1e7)
add(torch.arange(10**5).reshape(10, 100, 100))
add(torch.arange(3000) * 10**14)
middle = torch.ones(3000)
middle[1500] = 1e-6
add(middle)

# Suffixes, and the lines they wrap to.
for size in range(1, 12):
    leaf = torch.randn(size, dtype=torch.float64, requires_grad=True)
    add(leaf)
    add(leaf * 2)
    add(torch.randn(size, requires_grad=True).exp())
weight = torch.randn(4, 3, requires_grad=True)
add(weight)
add(torch.addmm(torch.zeros(4), torch.randn(2, 3), weight.t()))
add((weight**2).sum())
add(torch.nn.functional.mse_loss(weight, torch.zeros(4, 3)))
add(torch.randn(60, 60, dtype=torch.float64, requires_grad=True) + 1)
add(torch.nn.Linear(3, 2).weight.detach().requires_grad_())

print(json.dumps({"version": torch.__version__, "cases": cases}))
