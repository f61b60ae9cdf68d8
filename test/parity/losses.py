"""The loss modules of losses.json: values and gradients, names and printing. losses.ts does the same."""

import inspect
import json
import pathlib
import warnings

import torch
from torch import nn

from bits import bits

TABLE = json.loads(pathlib.Path(__file__).with_suffix(".json").read_text())
DTYPES = ["float32", "float64"]


def city(a, b):
    return (a - b).abs().sum(1)


def inputs(dtype):
    """The inputs, which require gradients, then what does not."""
    torch.manual_seed(9)
    made = {"city": city}
    for name, (factory, *size) in {**TABLE["inputs"], **TABLE["fixed"]}.items():
        tensor = getattr(torch, factory)(*size, dtype=dtype)
        made[name] = tensor.requires_grad_() if name in TABLE["inputs"] else tensor
    for name, (data,) in TABLE["integers"].items():
        made[name] = torch.tensor(data)
    for name, size in TABLE["signs"].items():
        made[name] = torch.randn(size, dtype=dtype).sign()
    return made


def call(dtype, reduction, name, options, given):
    tensors = inputs(getattr(torch, dtype))
    value_of = lambda arg: tensors[arg[1:]] if isinstance(arg, str) else arg
    options = {key: value_of(arg) for key, arg in options.items()}
    module = getattr(nn, name)(**options, reduction=reduction)
    loss = module(*map(value_of, given))
    loss.backward(torch.randn(loss.shape, dtype=loss.dtype))
    leaves = [value_of(arg) for arg in given if arg[1:] in TABLE["inputs"]]
    return {
        "repr": repr(module),
        "state": {key: bits(tensor) for key, tensor in module.state_dict().items()},
        "value": bits(loss),
        "grads": [bits(leaf.grad) if leaf.grad is not None else None for leaf in leaves],
    }


def reductions(name):
    return ["mean", "sum", "none", *(["batchmean"] if name == "KLDivLoss" else [])]


def names():
    return [name for name in dir(nn) if name.endswith("Loss") and inspect.isclass(getattr(nn, name))]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(torch.__version__, flush=True)
    # The order of a sum, and so its last bit, depends on the number of threads.
    torch.set_num_threads(1)
    calls = [
        [call(dtype, reduction, *line) for dtype in DTYPES for reduction in reductions(line[0])]
        for line in TABLE["losses"]
    ]
    print(json.dumps({"names": names(), "calls": calls}))
