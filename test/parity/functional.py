"""The calls of functional.json: results, gradients and inputs afterwards. functional.ts does the same."""

import inspect
import json
import pathlib
import warnings

import torch
import torch.nn.functional

from bits import bits
from keywords import keywords

TABLE = json.loads(pathlib.Path(__file__).with_suffix(".json").read_text())


def inputs():
    """The inputs, which require gradients, then what does not."""
    torch.manual_seed(7)
    made = {}
    for name, (factory, *args) in {**TABLE["inputs"], **TABLE["fixed"]}.items():
        args, options = keywords(args)
        tensor = getattr(torch, factory)(*args, **options)
        made[name] = tensor.requires_grad_() if name in TABLE["inputs"] else tensor
    for name, shape in TABLE["signs"].items():
        made[name] = torch.randn(shape).sign()
    return made


def call(name, *args):
    tensors = inputs()
    used = []

    def value_of(arg):
        if arg in ("inf", "-inf"):
            return float(arg)
        if not isinstance(arg, str) or not arg.startswith("@"):
            return arg
        key = arg[1:]
        if key not in used:
            used.append(key)
        return tensors[key]

    args, options = keywords(args)
    args = [value_of(arg) for arg in args]
    options = {key: value_of(arg) for key, arg in options.items()}
    # Some of the calls write to it.
    args[0] = args[0].clone()
    result = getattr(torch.nn.functional, name)(*args, **options)
    outputs = list(result) if isinstance(result, (tuple, list)) else [result]
    if outputs[0].requires_grad:
        outputs[0].backward(torch.randn(outputs[0].shape, dtype=outputs[0].dtype))
    grads = [tensors[name].grad for name in used]
    return {
        "outputs": [bits(out) for out in outputs],
        "grads": [None if grad is None else bits(grad) for grad in grads],
        "inputs": [bits(tensors[name]) for name in used],
    }


def version(text):
    return [int(part) for part in text.split(".")[:2]]


def results():
    loaded = version(torch.__version__)
    groups = [group for group in TABLE["groups"] if version(group["since"]) <= loaded]
    return [call(*line) for group in groups for line in group["calls"]]


def names():
    """The public functions of the module."""
    module = torch.nn.functional
    found = [name for name in dir(module) if inspect.isroutine(getattr(module, name))]
    return [name for name in found if not name.startswith("_")]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(torch.__version__, flush=True)
    # The order of a sum, and so its last bit, depends on the number of threads.
    torch.set_num_threads(1)
    print(json.dumps({"calls": results(), "names": names()}))
