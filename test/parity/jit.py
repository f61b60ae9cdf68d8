"""Writes TorchScript files into the folder given, loads and trains them: what test/67 does with them."""

import json
import os
import sys
from typing import Dict, List, Optional, Tuple, Union

import torch
from torch import nn

from bits import bits, named_bits

FOLDER = sys.argv[1]


class Scripted(nn.Module):
    """Control flow, a replaced buffer, attributes and methods."""

    calls: torch.Tensor

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
        self.scale = nn.Parameter(torch.tensor([1.0, 0.5, 2.0]))
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64))
        self.labels = ["a", "b"]
        self.gain = 1.5

    def forward(self, x: torch.Tensor, times: int = 2) -> torch.Tensor:
        self.calls = self.calls + 1
        out = self.body(x) * self.scale
        for _ in range(times):
            if bool(out.sum() > 0):
                out = out * 0.5
            else:
                out = out + self.gain
        return out

    @torch.jit.export
    def pair(self, x: torch.Tensor, factor: float = 2.0, flip: bool = False):
        first, second = x * factor, x.sum()
        return (second, first) if flip else (first, second)

    @torch.jit.export
    def described(
        self, items: List[int], by: Optional[Dict[str, torch.Tensor]] = None
    ) -> Tuple[int, Dict[str, float], List[str], Optional[torch.Tensor], bool]:
        total = 0
        for item in items:
            total += item
        found: Optional[torch.Tensor] = None
        if by is not None:
            found = by["x"]
        return total, {"half": total / 2}, self.labels, found, self.training

    @torch.jit.export
    def either(self, value: Union[int, str, List[int]]) -> str:
        if isinstance(value, int):
            return "int"
        elif isinstance(value, str):
            return "str"
        return "list"

    @torch.jit.export
    def refuse(self, x: torch.Tensor) -> torch.Tensor:
        if x.numel() > 0:
            raise ValueError("never this one")
        return x


class Convolved(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 3)
        self.norm = nn.BatchNorm2d(3)
        self.out = nn.Linear(12, 2)

    def forward(self, x):
        return self.out(torch.relu(self.norm(self.conv(x))).flatten(1))


def train(path, example, target, **options):
    module = torch.jit.load(path)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1, momentum=0.9, **options)
    losses = []
    for _ in range(10):
        optimizer.zero_grad()
        loss = ((module(example) - target) ** 2).mean()
        loss.backward()
        optimizer.step()
        losses.append(bits(loss))
    module.eval()
    return {
        "losses": losses,
        "names": [name for name, _ in module.named_parameters()],
        "buffers": [name for name, _ in module.named_buffers()],
        "state": named_bits(module.state_dict().items()),
        "final": bits(module(example)),
    }


def written():
    torch.manual_seed(3)
    scripted = os.path.join(FOLDER, "scripted.pt")
    torch.jit.script(Scripted()).save(scripted)
    traced = os.path.join(FOLDER, "traced.pt")
    example = torch.randn(4, 1, 4, 4)
    torch.jit.trace(Convolved(), example).save(traced)
    torch.save(Convolved().state_dict(), os.path.join(FOLDER, "tensors.pt"))
    line = torch.linspace(-1, 1, 8).reshape(2, 4)
    image = torch.linspace(-1, 1, 64).reshape(4, 1, 4, 4)
    return {
        "scripted": train(scripted, line, torch.ones(2, 3)),
        "traced": train(traced, image, torch.zeros(4, 2)),
    }


if __name__ == "__main__":
    print(torch.__version__, flush=True)
    torch.set_num_threads(1)
    print(json.dumps(written()))
