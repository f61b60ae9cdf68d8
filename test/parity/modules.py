"""How modules print and what they call their parts. modules.ts does the same in TypeScript."""

import torch
from torch import nn


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2, 3), nn.ReLU(inplace=True), nn.Linear(3, 2, bias=False))
        self.scale = nn.Parameter(torch.ones(2))
        self.register_buffer("count", torch.tensor(0))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = Block()
        self.empty = nn.Sequential()
        self.second = Block()
        self.shared = self.first.layers
        self.loss = nn.MSELoss(reduction="sum")
        self.tied = nn.Linear(2, 3)
        self.tied.weight = self.first.layers[0].weight


def results():
    modules = [Net(), Block(), nn.Linear(1, 1), nn.ReLU(), nn.Sequential(nn.Sequential(nn.ReLU()))]
    return [
        {
            "repr": repr(module),
            "parameters": [name for name, _ in module.named_parameters()],
            "buffers": [name for name, _ in module.named_buffers()],
            "modules": [name for name, _ in module.named_modules()],
            "children": [name for name, _ in module.named_children()],
            "state": list(module.state_dict()),
        }
        for module in modules
    ]
