"""The calls of operators.json: values and gradients. operators.ts does the same in TypeScript."""

import json
import pathlib

import torch

from bits import bits
from keywords import keywords

TABLE = json.loads(pathlib.Path(__file__).with_suffix(".json").read_text())


def inputs():
    torch.manual_seed(7)
    made = {}
    for name, (factory, *args) in TABLE["inputs"].items():
        args, options = keywords(args)
        tensor = getattr(torch, factory)(*args, **options)
        made[name] = tensor.requires_grad_() if tensor.is_floating_point() else tensor
    return made


def call(name, *args):
    tensors = inputs()
    used = []

    def tensor_of(arg):
        if isinstance(arg, list):
            return [tensor_of(item) for item in arg]
        if not isinstance(arg, str):
            return arg
        if arg not in used:
            used.append(arg)
        return tensors[arg]

    args, options = keywords(args)
    args = [tensor_of(arg) for arg in args]
    if name.endswith("_"):
        args[0] = args[0].clone()
    function = getattr(torch.Tensor, name, None) or getattr(torch.ops.aten, name)
    result = function(*args, **options)
    outputs = list(result) if isinstance(result, (tuple, list)) else [result]
    if isinstance(outputs[0], torch.Tensor) and outputs[0].requires_grad:
        gradient = torch.randn(outputs[0].shape, dtype=outputs[0].dtype)
        outputs[0].backward(gradient)
    grads = [tensors[name].grad for name in used]
    return {
        "outputs": [bits(out) if isinstance(out, torch.Tensor) else out for out in outputs],
        "grads": [None if grad is None else bits(grad) for grad in grads],
    }


def results():
    return [call(*line) for line in TABLE["calls"]]
