"""Containers: names, order, printing, results. containers.ts does the same in TypeScript."""

from collections import OrderedDict

import torch
from bits import bits, named_bits
from torch import nn


def linear(inputs, outputs):
    return nn.Linear(inputs, outputs)


class Blocks(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([linear(2, 2) for _ in range(3)])
        self.layers.append(nn.ReLU())
        self.layers.insert(1, linear(2, 2))
        self.layers.extend([nn.ReLU(), nn.Sequential(linear(2, 2), nn.ReLU())])
        self.layers.append(nn.Sequential(linear(2, 2), nn.ReLU()))
        self.layers.pop(0)
        self.heads = nn.ModuleDict([("10", linear(2, 1)), ("2", linear(2, 3)), ("size", nn.ReLU())])
        self.heads["b"] = linear(2, 2)
        self.heads.update(OrderedDict([("a", linear(2, 1)), ("2", linear(2, 4))]))
        del self.heads["size"]
        self.empty = nn.ModuleList()
        self.weights = nn.ParameterList([torch.ones(2, 3), torch.zeros(1), 5, "x", None])
        self.weights.append(nn.Parameter(torch.ones([]), requires_grad=False))
        self.named = nn.ParameterDict({"right": torch.zeros(3), "left": torch.ones(2, 2)})
        self.named["9"] = torch.zeros(1)
        self.named.update(OrderedDict([("zed", torch.ones(1)), ("beta", 0.5)]))

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.heads["b"](x) * self.named["left"].sum() + self.weights[1]


class State(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_parameter("absent", None)
        self.register_buffer("later", None)
        self.register_buffer("cache", torch.ones(2), persistent=False)
        self.register_buffer("kept", torch.zeros(1))
        self.register_parameter("scale", nn.Parameter(torch.ones(1)))
        self.register_module("child", linear(1, 1))
        self.register_module("nothing", None)
        self.later = torch.tensor([1, 2])


def named_sequential():
    return nn.Sequential(OrderedDict([("hidden", linear(2, 3)), ("act", nn.ReLU()), ("out", linear(3, 1))]))


def shared_sequential():
    relu, layer = nn.ReLU(), linear(2, 2)
    return nn.Sequential(layer, relu, layer, relu)


def described(module):
    return {
        "repr": repr(module),
        "parameters": named_bits(module.named_parameters()),
        "own": [name for name, _ in module.named_parameters(recurse=False)],
        "prefixed": [name for name, _ in module.named_parameters("net")],
        "buffers": [name for name, _ in module.named_buffers()],
        "modules": [name for name, _ in module.named_modules()],
        "children": [name for name, _ in module.named_children()],
        "state": list(module.state_dict()),
    }


def results():
    torch.manual_seed(7)
    modules = {
        "blocks": Blocks(),
        "state": State(),
        "named": named_sequential(),
        "shared": shared_sequential(),
        "list": nn.ModuleList([nn.ReLU()]),
        "nested": nn.ModuleList([nn.ModuleList([nn.ReLU(), nn.ReLU()]) for _ in range(2)]),
        "parameters": nn.ParameterList([torch.ones(1)]),
        "types": nn.ParameterDict(
            [("of_" + name, torch.ones(1, dtype=getattr(torch, name))) for name in ("float32", "float64", "float16", "bfloat16")]
        ),
    }
    x = torch.tensor([[1.0, -2.0], [0.5, 3.0]])
    outputs = {}
    for name in ("blocks", "named", "shared"):
        output = modules[name](x)
        output.sum().backward()
        grads = [(key, p.grad) for key, p in modules[name].named_parameters() if p.grad is not None]
        outputs[name] = {"output": bits(output), "grads": named_bits(grads)}
    return {
        "modules": {name: described(module) for name, module in modules.items()},
        "outputs": outputs,
        "double": named_bits(State().double().named_buffers()),
        "half": named_bits(State().half().state_dict().items()),
        "type": named_bits(State().requires_grad_(False).type(torch.float64).state_dict().items()),
    }


if __name__ == "__main__":
    import json

    print(torch.__version__, flush=True)
    torch.set_num_threads(1)
    print(json.dumps(results()))
