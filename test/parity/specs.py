"""Arguments as JSON, and the values that they stand for: what fixtures/specs.js does in JavaScript."""

import torch


def drawn(spec):
    draw, shape, dtype = spec["draw"], spec["shape"], getattr(torch, spec["dtype"])
    if draw == "randint":
        return torch.randint(spec["low"], spec["high"], shape, dtype=dtype)
    if draw == "values":
        elements = [torch.full([1], value(number), dtype=dtype) for number in spec["values"]]
        return torch.cat([torch.zeros([0], dtype=dtype), *elements]).reshape(shape)
    if draw == "spd":
        root = torch.randn(shape, dtype=dtype)
        square = torch.matmul(root, root.transpose(-2, -1).conj())
        return torch.add(square, torch.eye(shape[-1], dtype=dtype)).detach()
    return getattr(torch, draw)(shape, dtype=dtype)


VIEWS = {
    "transposed": lambda made: made.transpose(-2, -1),
    "sliced": lambda made: torch.ops.aten.slice(made, -1, 0, None, 2),
    "expanded": lambda made: made.unsqueeze(0).expand([2, *made.shape]),
    "conj": lambda made: made.conj(),
    "sparse": lambda made: made.to_sparse(),
    "csr": lambda made: made.to_sparse_csr(),
    "mkldnn": lambda made: made.to_mkldnn(),
    "quantized": lambda made: torch.quantize_per_tensor(made, 0.1, 10, torch.quint8),
}


def tensor_of(spec):
    made = drawn(spec)
    if "as" in spec:
        made = VIEWS[spec["as"]](made)
    if spec.get("grad"):
        made.requires_grad = True
    return made


def named(spec):
    if spec["kind"] == "device":
        return torch.device(spec["value"])
    return getattr(torch, spec["value"])


OBJECTS = {
    "tensor": tensor_of,
    "number": lambda spec: float(spec["value"]),
    "bigint": lambda spec: int(spec["value"]),
    "complex": lambda spec: complex(spec["re"], spec["im"]),
    "generator": lambda spec: torch.Generator().manual_seed(spec["seed"]),
    "name": named,
}


def value(spec):
    """The value that a spec stands for. Tensors draw from the default generator."""
    if isinstance(spec, list):
        return [value(item) for item in spec]
    if not isinstance(spec, dict):
        return spec
    return OBJECTS[spec["$"]](spec)


def snake_case(name):
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name)
