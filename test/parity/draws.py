"""Random draws by seed. draws.ts does the same in TypeScript."""

import torch
from torch import nn

from bits import bits, named_bits


def results():
    drawn = {}
    for seed in [0, 1, 2**53 + 1, 2**64 - 1, -5]:
        torch.manual_seed(seed)
        drawn[str(seed)] = [
            bits(tensor)
            for tensor in [
                torch.rand(7),
                # From 16 elements on, normal draws are made in another way.
                torch.randn(15),
                torch.randn(16),
                torch.randn(5, 7),
                torch.rand(3, dtype=torch.float64),
                torch.randn(17, dtype=torch.float64),
                torch.randn(4, dtype=torch.bfloat16),
                torch.randint(10, (6,)),
                torch.randint(-3, 3, (2, 3)),
                torch.randint(0, 2**40, (3,)),
                torch.randint(5, (4,), dtype=torch.float32),
                torch.randperm(30),
                torch.rand_like(torch.zeros(2, 2)),
                torch.randn_like(torch.zeros(3, dtype=torch.float64)),
                torch.empty(9).uniform_(-2, 3),
                torch.empty(20).normal_(1, 0.5),
            ]
        ]
    torch.manual_seed(9)
    layers = [
        nn.Linear(2, 3, dtype=torch.float64),
        nn.Linear(2, 3),
        nn.Linear(5, 1, bias=False, dtype=torch.bfloat16),
        nn.Linear(13, 64),
        nn.Linear(4, 4, dtype=torch.float16),
        nn.Linear(20, 20, dtype=torch.float64),
    ]
    return {"drawn": drawn, "layers": [named_bits(layer.named_parameters()) for layer in layers]}
