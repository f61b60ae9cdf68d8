"""Files that Python writes (`write FOLDER`), and what it reads from ours (`read FOLDER`)."""

import collections
import ctypes
import json
import pathlib
import struct
import sys

import torch
from torch import nn

from bits import bits, named_bits

SAFETENSORS = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
DTYPES = [*SAFETENSORS.values(), torch.complex64, torch.complex128]


def save_safetensors(tensors, path, metadata):
    names = {dtype: name for name, dtype in SAFETENSORS.items()}
    header, data = {"__metadata__": metadata}, b""
    for name, tensor in tensors.items():
        tensor = tensor.detach().contiguous()
        part = ctypes.string_at(tensor.data_ptr(), tensor.numel() * tensor.element_size())
        offsets = [len(data), len(data) + len(part)]
        shape = list(tensor.shape)
        header[name] = {"dtype": names[tensor.dtype], "shape": shape, "data_offsets": offsets}
        data += part
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def load_safetensors(path):
    data = bytearray(path.read_bytes())
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        dtype = SAFETENSORS[entry["dtype"]]
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        flat = torch.frombuffer(bytearray(data[begin:end]), dtype=dtype)
        tensors[name] = flat.reshape(entry["shape"])
    return tensors, metadata


def load(path):
    """As 2.x does by default; the weights_only of 1.13 knows no floats."""
    if torch.__version__.startswith("1."):
        return torch.load(path)
    return torch.load(path, weights_only=True)


def described(tensors):
    """Bits and strides."""
    return {name: [bits(tensor), list(tensor.stride())] for name, tensor in tensors.items()}


def samples():
    torch.manual_seed(3)
    made = {}
    for dtype in DTYPES:
        values = torch.randn(3, 4) * 50
        kind = str(dtype).replace("torch.", "")
        made[kind] = values > 0 if dtype == torch.bool else values.abs().to(dtype)
    return made


def views():
    base = torch.arange(24, dtype=torch.float32).reshape(4, 6)
    complex_base = torch.randn(3, dtype=torch.complex64)
    return {
        "base": base,
        "turned": base.t(),
        "part": base[1:3, ::2],
        "scalar": base[2, 3],
        "wide": torch.tensor([1.5]).expand(3, 2),
        "empty": torch.zeros(0, 3),
        "conjugate": complex_base.conj(),
        "complex_base": complex_base,
    }


def new_model():
    return nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 2))


def train(model, optimizer, x, y, steps):
    for _ in range(steps):
        optimizer.zero_grad(set_to_none=True)
        nn.MSELoss()(model(x), y).backward()
        optimizer.step()
    return named_bits(model.named_parameters())


def run_of(model, optimizer, x, y, **other):
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
    return {**state, "x": x, "y": y, **other}


def resume(run, model, optimizer):
    model.load_state_dict(run["model"])
    optimizer.load_state_dict(run["optimizer"])
    return train(model, optimizer, run["x"], run["y"], 10)


def new_adam():
    """With what an optimizer and a module can keep besides float32 tensors of one shape."""
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    groups = [{"params": model[0].parameters(), "lr": 0.5}, {"params": model[2].parameters()}]
    return model, torch.optim.Adam(groups, lr=0.25, betas=(0.75, 0.5), amsgrad=True)


PLAIN = {
    "ints": [0, 255, 256, -1, 2**31, -(2**31), 2**53, -(2**53) - 1, 2**200, -(2**200), 128, -128],
    "floats": [1.5, -0.0, 1e300, float("inf")],
    "text": "h\u00e9 \u65e5\u672c",
    "tuple": (1, (2, 3)),
    "none": None,
    "bools": (True, False),
    "size": torch.Size([2, 3]),
    "dtype": torch.float16,
    "device": torch.device("cpu"),
    "set": {1, 2},
    "bytes": b"\x00\xff",
    "no bytes": b"",
    "complex": 1 + 2j,
    "keys": {1: "a", "b": None, (1, 2): 3},
    "ordered": collections.OrderedDict([("z", 1), ("a", 2)]),
    "counter": collections.Counter({30: 1, 80: 2}),
    "nested": {"a": {"b": [[], {}]}},
    "many": list(range(3000)),
}


def write(folder):
    torch.save(samples(), folder / "samples.pt")
    torch.save(views(), folder / "views.pt")
    torch.save(PLAIN, folder / "plain.pt")
    torch.save(PLAIN, folder / "plain4.pt", pickle_protocol=4)
    weight = nn.Parameter(torch.ones(2))
    torch.save([weight, nn.Parameter(torch.ones(1), False), weight.data], folder / "parameters.pt")
    torch.save({"x": torch.ones(2)}, folder / "old.pt", _use_new_zipfile_serialization=False)
    torch.jit.save(torch.jit.script(nn.Linear(1, 1)), str(folder / "script.pt"))
    real = {name: tensor for name, tensor in samples().items() if "complex" not in name}
    save_safetensors(real, folder / "samples.safetensors", {"by": "Python"})

    torch.manual_seed(1)
    x, y = torch.randn(16, 3), torch.randn(16, 2)
    model = new_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=0.01)
    train(model, optimizer, x, y, 5)
    torch.save(run_of(model, optimizer, x, y), folder / "run.pt")
    save_safetensors(model.state_dict(), folder / "weights.safetensors", {})
    continued = train(model, optimizer, x, y, 10)

    model, optimizer = new_adam()
    train(model, optimizer, x, y, 5)
    torch.save(run_of(model, optimizer, x, y), folder / "adam.pt")
    return {
        "samples": described(samples()),
        # As Python reads them: in 1.13 it forgets that one is a conjugate.
        "views": described(load(folder / "views.pt")),
        "continued": continued,
        "adam": train(model, optimizer, x, y, 10),
    }


def read(folder):
    samples = load(folder / "ours-samples.pt")
    views = load(folder / "ours-views.pt")
    views_described = described(views)
    views["base"].fill_(3)
    parameters = load(folder / "ours-parameters.pt")
    tensors, metadata = load_safetensors(folder / "ours-samples.safetensors")
    run = load(folder / "ours-run.pt")
    model = new_model()
    continued = resume(run, model, torch.optim.SGD(model.parameters(), lr=1.0))
    weights = load_safetensors(folder / "ours-weights.safetensors")[0]
    return {
        "samples": described(samples),
        "views": views_described,
        "shared": views["turned"].tolist(),
        "plain": repr(load(folder / "ours-plain.pt")),
        "wide": bits(load(folder / "ours-wide.pt")["x"]),
        "parameters": [[type(p).__name__, p.requires_grad] for p in parameters],
        "same": parameters[0] is parameters[3],
        "safetensors": described(tensors),
        "metadata": metadata,
        "type": type(run["model"]).__name__,
        "state keys": [type(key).__name__ for key in run["optimizer"]["state"]],
        "continued": continued,
        "weights": named_bits(weights.items()),
        "adam": resume(load(folder / "ours-adam.pt"), *new_adam()),
    }


if __name__ == "__main__":
    print(torch.__version__, flush=True)
    torch.set_num_threads(1)
    command, folder = sys.argv[1:]
    print(json.dumps({"write": write, "read": read}[command](pathlib.Path(folder))))
