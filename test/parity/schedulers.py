"""The schedules of schedulers.json, step by step. schedulers.ts does the same in TypeScript.

With `restore` it reads states that TypeScript saved, and goes on from these.
"""

import json
import math
import pathlib
import sys
import warnings

import torch
from torch.optim import lr_scheduler

ROWS = json.loads(pathlib.Path(__file__).with_suffix(".json").read_text())
STEPS = 200
SAVED = 77

FUNCTIONS = {
    "@inverse": lambda epoch: 1 / (1 + 0.1 * epoch),
    "@wave": lambda epoch: 0.75 + 0.25 * (epoch % 5 == 0),
    "@shrink": lambda epoch: 1 - 0.5 / (2 + epoch),
}
OF_OTHERS = ["SequentialLR", "ChainedScheduler"]


def optimizer_of(row):
    params = [torch.zeros(1, requires_grad=True) for _ in range(2)]
    if row.get("optimizer") == "Adam":
        return torch.optim.Adam([{"params": [params[0]]}, {"params": [params[1]], "lr": 0.002}], lr=0.01)
    groups = [{"params": [params[0]]}, {"params": [params[1]], "lr": 0.02}]
    return torch.optim.SGD(groups, lr=0.1, momentum=0.9)


def value_of(arg):
    if isinstance(arg, list):
        return [value_of(each) for each in arg]
    return FUNCTIONS.get(arg, arg) if isinstance(arg, str) else arg


def build(optimizer, line, **extra):
    name, args, keywords = line
    made = getattr(lr_scheduler, name)
    if name in OF_OTHERS:
        parts = [build(optimizer, part) for part in args[0]]
        owner = [optimizer] if name == "SequentialLR" else []
        return made(*owner, parts, *args[1:])
    keywords = {key: value_of(arg) for key, arg in keywords.items()}
    return made(optimizer, *map(value_of, args), **keywords, **extra)


def metric(step):
    """Improves, stays, jumps; sometimes there is none."""
    return math.nan if step % 50 == 7 else 1 / (1 + min(step % 90, 30)) + step % 3 / 100


def rates(optimizer):
    groups = optimizer.param_groups
    seconds = [group["betas"][0] if "betas" in group else group["momentum"] for group in groups]
    return [float(value) for value in [*(group["lr"] for group in groups), *seconds]]


def plain(value):
    """What JSON can hold; functions are left out."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items() if not callable(each)}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return str(value) if value in (math.inf, -math.inf) else value


def advance(row, optimizer, scheduler, start, end):
    values = []
    for step in range(start + 1, end + 1):
        if row["scheduler"][0] == "ReduceLROnPlateau":
            scheduler.step(metric(step))
        elif "epochs" in row:
            scheduler.step(step * row["epochs"])
        else:
            scheduler.step()
        values.append(rates(optimizer))
    return values


def trace(row):
    optimizer = optimizer_of(row)
    scheduler = build(optimizer, row["scheduler"])
    values = [rates(optimizer), *advance(row, optimizer, scheduler, 0, SAVED)]
    saved = plain(scheduler.state_dict())
    values += advance(row, optimizer, scheduler, SAVED, STEPS)
    return {"values": values, "last": scheduler._last_lr, "saved": saved}


def restored(row, state, values):
    """The steps after SAVED, by a new scheduler that takes over a state of ours."""
    optimizer = optimizer_of(row)
    scheduler = build(optimizer, row["scheduler"])
    for i, group in enumerate(optimizer.param_groups):
        group["lr"] = values[i]
        if "betas" in group:
            group["betas"] = (values[2 + i], group["betas"][1])
        else:
            group["momentum"] = values[2 + i]
    scheduler.load_state_dict(state)
    return advance(row, optimizer, scheduler, SAVED, STEPS)


def has_epochs(row):
    name = row["scheduler"][0]
    return name not in [*OF_OTHERS, "ReduceLROnPlateau"]


def jumps(row):
    """By number of the epoch, forth and back."""
    optimizer = optimizer_of(row)
    scheduler = build(optimizer, row["scheduler"])
    values = []
    for epoch in [0, 1, 2, 50, 51, 120, 13, 3, 199]:
        scheduler.step(epoch)
        values.append(rates(optimizer))
    return values


def resumed(row):
    """A new scheduler that goes on after epoch 40 of the old one."""
    optimizer = optimizer_of(row)
    scheduler = build(optimizer, row["scheduler"])
    for _ in range(41):
        scheduler.step()
    scheduler = build(optimizer, row["scheduler"], last_epoch=40)
    values = [rates(optimizer)]
    for _ in range(30):
        scheduler.step()
        values.append(rates(optimizer))
    return values


def version(text):
    return [int(part) for part in text.split(".")[:2]]


def rows():
    return [row for row in ROWS if version(row.get("since", "1.13")) <= version(torch.__version__)]


def results():
    return [
        {
            **trace(row),
            "jumps": jumps(row) if has_epochs(row) else None,
            "resumed": resumed(row) if has_epochs(row) else None,
        }
        for row in rows()
    ]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(torch.__version__, flush=True)
    if sys.argv[1:] == ["restore"]:
        # JSON has text alone for the epochs of a MultiStepLR.
        whole = lambda pairs: {int(key) if key.isdigit() else key: value for key, value in pairs}
        given = json.load(sys.stdin, object_pairs_hook=whole)
        print(json.dumps([restored(row, *line) for row, line in zip(rows(), given)]))
    else:
        print(json.dumps({"names": lr_scheduler.__all__, "rows": results()}))
