"""The benchmark's rows in Python torch: `worker.py`, or `worker.py compile [MODE]` for torch.compile.

Protocol: a line "time ROW COUNT" in, the nanoseconds of COUNT steps out; "losses ROW COUNT" in, the
losses of the next COUNT steps out.
"""

import sys
import time

import torch
from torch import nn, optim

COMPILES = sys.argv[1:2] == ["compile"]
MODE = sys.argv[2] if len(sys.argv) > 2 else None
SIZES = {
    "8-32-1": [8, 32, 1],
    "64-128-10": [64, 128, 10],
    "784-256-128-10": [784, 256, 128, 10],
    "784-1024-1024-10": [784, 1024, 1024, 10],
}
BATCH = {"8-32-1": 32, "784-1024-1024-10": 256, "cnn": 64}


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(1, 1)

    def forward(self, x):
        return self.linear(x)


def perceptron(sizes):
    layers = []
    for i in range(len(sizes) - 1):
        layers += [nn.ReLU()] if i > 0 else []
        layers.append(nn.Linear(sizes[i], sizes[i + 1]))
    return nn.Sequential(*layers)


def convolutional():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(800, 10),
    )


def make_model(name):
    if name == "document":
        return Model()
    return convolutional() if name == "cnn" else perceptron(SIZES[name])


def make_data(name):
    batch = BATCH.get(name, 128)
    x = torch.randn(*((batch, 1, 28, 28) if name == "cnn" else (batch, SIZES[name][0])))
    return x, torch.randn(batch, 1) if name == "8-32-1" else torch.randint(0, 10, (batch,))


def make_optimizer(kind, parameters):
    if kind == "adam":
        return optim.Adam(parameters, lr=1e-5)
    return optim.SGD(parameters, lr=0.01)


def training(row):
    name, _, kind = row.partition(":")
    torch.manual_seed(0)
    model = make_model(name)
    criterion = nn.MSELoss() if name in ("document", "8-32-1") else nn.CrossEntropyLoss()
    optimizer = make_optimizer(kind, model.parameters())

    def loss_of(x, y):
        return criterion(model(x), y)

    update = optimizer.step
    if COMPILES:
        # backward() of a compiled loss is compiled too; the optimizer as PyTorch's recipe has it.
        loss_of = torch.compile(loss_of, mode=MODE)
        update = torch.compile(lambda: optimizer.step(), mode=MODE)

    def step(x, y):
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(x, y)
        loss.backward()
        update()
        return loss

    if name == "document":
        return lambda: step(torch.tensor([1.0]), torch.tensor([0.0]))
    x, y = make_data(name)
    return lambda: step(x, y)


def detach():
    x = torch.ones(4)
    return lambda: x.detach()


def add():
    a, b = torch.ones(4), torch.ones(4)
    return lambda: a.add(b)


CALLS = {
    "empty-call": lambda: lambda: torch.get_num_threads(),
    "detach": detach,
    "add-4": add,
}


def spent(step, count):
    start = time.perf_counter_ns()
    for _ in range(count):
        step()
    return time.perf_counter_ns() - start


def main():
    torch.set_num_threads(1)
    steps = {}
    how = f", torch.compile, mode {MODE or 'default'}" if COMPILES else ""
    print(f"Python {sys.version.split()[0]}, torch {torch.__version__}{how}", flush=True)
    for line in sys.stdin:
        command, row, count = line.split()
        if row not in steps:
            steps[row] = CALLS[row]() if row in CALLS else training(row)
        if command == "time":
            print(spent(steps[row], int(count)), flush=True)
        else:
            print(*(steps[row]().item() for _ in range(int(count))), flush=True)


if __name__ == "__main__":
    main()
