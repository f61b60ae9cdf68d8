"""Loads what jit.trace wrote into the folder given, runs and trains it."""

import json
import os

import torch

from bits import bits, named_bits
from jit import FOLDER, train

if __name__ == "__main__":
    print(torch.__version__, flush=True)
    torch.set_num_threads(1)
    path = os.path.join(FOLDER, "ours.pt")
    module = torch.jit.load(path)
    line = torch.linspace(-1, 1, 8).reshape(2, 4)
    other = torch.linspace(-2, 1, 12).reshape(3, 4)
    modules = [[name, child.original_name] for name, child in module.named_modules()]
    pair = torch.jit.load(os.path.join(FOLDER, "pair.pt"))
    first, (second, third) = pair(line, other)
    dicts = torch.jit.load(os.path.join(FOLDER, "dict.pt"))(line)
    print(
        json.dumps(
            {
                "training": module.training,
                "parameters": named_bits(module.named_parameters()),
                "needed": [p.requires_grad for p in module.parameters()],
                "buffers": named_bits(module.named_buffers()),
                "modules": modules,
                "output": bits(module(line)),
                "other": bits(module(other)),
                "pair": [bits(first), bits(second), bits(third)],
                "dict": named_bits(dicts.items()),
                "trained": train(path, line, torch.ones(2, 3)),
            }
        )
    )
