"""The schedules of schedulers.json, step by step. schedulers.ts does the same in TypeScript."""

import json
import math
import pathlib
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


def trace(row):
    optimizer = optimizer_of(row)
    scheduler = build(optimizer, row["scheduler"])
    is_plateau = row["scheduler"][0] == "ReduceLROnPlateau"
    values, saved = [rates(optimizer)], None
    for step in range(1, STEPS + 1):
        if is_plateau:
            scheduler.step(metric(step))
        elif "epochs" in row:
            scheduler.step(step * row["epochs"])
        else:
            scheduler.step()
        values.append(rates(optimizer))
        if step == SAVED:
            saved = plain(scheduler.state_dict())
    return {"values": values, "last": scheduler._last_lr, "saved": saved}


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


def results():
    rows = [row for row in ROWS if version(row.get("since", "1.13")) <= version(torch.__version__)]
    return [
        {
            **trace(row),
            "jumps": jumps(row) if has_epochs(row) else None,
            "resumed": resumed(row) if has_epochs(row) else None,
        }
        for row in rows
    ]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(torch.__version__, flush=True)
    print(json.dumps({"names": lr_scheduler.__all__, "rows": results()}))
