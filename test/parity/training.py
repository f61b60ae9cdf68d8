"""Training runs, step by step. training.ts does the same in TypeScript."""

import json
import pathlib
import re

import torch
from torch import nn

from bits import bits, named_bits

SETTINGS = json.loads(pathlib.Path(__file__).with_suffix(".json").read_text())


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(1, 1)

    def forward(self, x):
        return self.linear(x)


def record(model, optimizer, inputs, targets):
    criterion = nn.MSELoss()
    initial = named_bits(model.named_parameters())
    losses = []
    for _ in range(1000):
        optimizer.zero_grad(set_to_none=True)
        loss = criterion(model(inputs()), targets())
        loss.backward()
        optimizer.step()
        losses.append(bits(loss))
    state = optimizer.state_dict()["state"]
    buffers = {number: kept.get("momentum_buffer") for number, kept in state.items()}
    return {
        "initial": initial,
        "losses": losses,
        "final": named_bits(model.named_parameters()),
        "momentum": named_bits((k, v) for k, v in buffers.items() if v is not None),
    }


def document():
    torch.manual_seed(0)
    model = Model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    return record(model, optimizer, lambda: torch.tensor([1.0]), lambda: torch.tensor([0.0]))


def mlp(options, dtype):
    torch.manual_seed(42)
    x = torch.randn(64, 13, dtype=dtype)
    y = x.matmul(torch.randn(13, 1, dtype=dtype)).tanh() + torch.randn(64, 1, dtype=dtype) * 0.1
    layers = nn.Linear(13, 64, dtype=dtype), nn.ReLU(), nn.Linear(64, 1, dtype=dtype)
    model = nn.Sequential(*layers)
    options = python_names(options)
    groups = [python_names(group) for group in options.pop("groups", [])]
    params = model.parameters()
    if groups:
        params = [{"params": model[2 * i].parameters(), **group} for i, group in enumerate(groups)]
    return record(model, torch.optim.SGD(params, **options), lambda: x, lambda: y)


def python_names(options):
    return {re.sub("[A-Z]", lambda m: "_" + m[0].lower(), k): v for k, v in options.items()}


def results():
    return {
        "document": document(),
        **{name: mlp(options, torch.float32) for name, options in SETTINGS.items()},
        "float64": mlp(SETTINGS["momentum"], torch.float64),
    }
