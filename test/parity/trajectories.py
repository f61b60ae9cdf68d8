"""Every optimizer on one small network, 1,001 steps. trajectories.ts does the same in TypeScript."""

import copy
import json
import pathlib
import re

import torch
from torch import nn

from bits import bits

SETTINGS = json.loads(pathlib.Path(__file__).with_suffix(".json").read_text())
STEPS = 1001
FURTHER = 10
FLOAT32 = ["Adam", "AdamW", "RMSprop", "Adagrad", "NAdam", "RAdam", "LBFGS"]


def version(text):
    return [int(part) for part in text.split(".")[:2]]


def python_names(options):
    pairs = {re.sub("[A-Z]", lambda m: "_" + m[0].lower(), k): v for k, v in options.items()}
    return {k: tuple(v) if isinstance(v, list) else v for k, v in pairs.items()}


def network(dtype):
    torch.manual_seed(7)
    x = torch.randn(16, 2, dtype=dtype)
    y = (x.sum(1, keepdim=True) * 0.7).sin()
    model = nn.Sequential(
        nn.Linear(2, 8, dtype=dtype),
        nn.Tanh(),
        nn.Linear(8, 8, dtype=dtype),
        nn.Tanh(),
        nn.Linear(8, 1, dtype=dtype),
    )
    return model, x, y


def plain(value):
    """A value of a state as JSON has it."""
    if isinstance(value, torch.Tensor):
        return bits(value)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def named(model):
    return {name: bits(parameter) for name, parameter in model.named_parameters()}


def plain_state(optimizer):
    state = optimizer.state_dict()
    kept = {
        number: {name: plain(value) for name, value in its.items() if value is not None}
        for number, its in state["state"].items()
    }
    return {
        "state": {number: its for number, its in kept.items() if its},
        "param_groups": [
            {name: plain(value) for name, value in group.items()}
            for group in state["param_groups"]
        ],
    }


def run(name, options, dtype, groups=None):
    model, x, y = network(dtype)
    options = python_names({k: v for k, v in options.items() if k != "since"})
    params = model.parameters()
    if groups:
        layers = model[0], model[2], model[4]
        rest = zip(layers, groups)
        params = [{"params": layer.parameters(), **python_names(own)} for layer, own in rest]
    optimizer_class = getattr(torch.optim, name)
    optimizer = optimizer_class(params, **options)
    sign = -1 if options.get("maximize") else 1
    criterion = nn.MSELoss()

    def closure():
        optimizer.zero_grad(set_to_none=True)
        loss = criterion(model(x), y) * sign
        loss.backward()
        return loss

    trajectory = [named(model)]
    for step in range(1, STEPS + 1):
        optimizer.step(closure)
        if step % 100 == 0:
            trajectory.append(named(model))
    saved, last = plain_state(optimizer), named(model)

    # From the saved state on, in a new optimizer with the class's defaults.
    state = copy.deepcopy(optimizer.state_dict())
    fresh = [{"params": group["params"]} for group in optimizer.param_groups]
    optimizer = optimizer_class(fresh, lr=0.5)
    optimizer.load_state_dict(state)
    for _ in range(FURTHER):
        optimizer.step(closure)
    return {
        "trajectory": trajectory,
        "last": last,
        "saved": saved,
        "further": named(model),
        "resumed": plain_state(optimizer),
        "text": str(optimizer),
    }


def results():
    loaded = version(torch.__version__)
    found = {}
    for name, settings in SETTINGS.items():
        for number, options in enumerate(settings):
            if version(options.get("since", "1.13")) <= loaded:
                found[f"{name} {number}"] = run(name, options, torch.float64)
                if name in FLOAT32 and number < 2:
                    found[f"{name} {number} float32"] = run(name, options, torch.float32)
    groups = [{"lr": 0.003}, {"weightDecay": 0.05}, {}]
    for name in SETTINGS:
        if name not in ("LBFGS", "Rprop"):
            found[f"{name} groups"] = run(name, SETTINGS[name][0], torch.float64, groups)
    return found


print(torch.__version__, flush=True)
torch.set_num_threads(1)
print(json.dumps(results()))
