"""The benchmark's rows in Python torch.

Protocol: a line "ROW STEPS" in, the nanoseconds of that block out.
"""

import sys
import time

import torch
from torch import nn, optim


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(1, 1)

    def forward(self, x):
        return self.linear(x)


def document_step():
    model = Model()
    criterion = nn.MSELoss()
    optimizer = optim.SGD(model.parameters(), lr=0.01)

    def step():
        optimizer.zero_grad(set_to_none=True)
        output = model(torch.tensor([1.0]))
        loss = criterion(output, torch.tensor([0.0]))
        loss.backward()
        optimizer.step()

    return step


def mlp_step(sizes, batch):
    layers = []
    for i in range(len(sizes) - 1):
        layers += [nn.ReLU()] if i > 0 else []
        layers.append(nn.Linear(sizes[i], sizes[i + 1]))
    model = nn.Sequential(*layers)
    criterion = nn.MSELoss()
    optimizer = optim.SGD(model.parameters(), lr=0.01)
    x = torch.randn(batch, sizes[0])
    y = torch.randn(batch, sizes[-1])

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()

    return step


def detach_step():
    x = torch.ones(4)
    return lambda: x.detach()


def add_step():
    a, b = torch.ones(4), torch.ones(4)
    return lambda: a.add(b)


ROWS = {
    "document": document_step,
    "8-32-1": lambda: mlp_step([8, 32, 1], 32),
    "64-128-10": lambda: mlp_step([64, 128, 10], 128),
    "784-256-128-10": lambda: mlp_step([784, 256, 128, 10], 128),
    "empty-call": lambda: lambda: torch.get_num_threads(),
    "detach": detach_step,
    "add-4": add_step,
}


def main():
    torch.set_num_threads(1)
    steps = {}
    print(f"Python {sys.version.split()[0]}, torch {torch.__version__}", flush=True)
    for line in sys.stdin:
        row, count = line.split()
        if row not in steps:
            steps[row] = ROWS[row]()
        step = steps[row]
        start = time.perf_counter_ns()
        for _ in range(int(count)):
            step()
        print(time.perf_counter_ns() - start, flush=True)


if __name__ == "__main__":
    main()
