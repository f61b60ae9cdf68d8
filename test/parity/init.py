"""The calls of init.json by seed. init.ts does the same in TypeScript."""

import json
import pathlib
import warnings

import torch
from torch.nn import init

from bits import bits

TABLE = json.loads(pathlib.Path(__file__).with_suffix(".json").read_text())


def call(name, shape, *args):
    options = args[-1] if args and isinstance(args[-1], dict) else {}
    given = dict(options)
    dtype = getattr(torch, given.pop("dtype", "float32"))
    torch.manual_seed(11)
    tensor = torch.zeros(shape, dtype=dtype, requires_grad=True)
    if given.pop("transposed", False):
        tensor = tensor.detach().t()
    positional = args[:-1] if options else args
    filled = getattr(init, name)(tensor, *positional, **given)
    # The draw after it shows that as many were made.
    return [bits(filled), bits(torch.rand(1))]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(torch.__version__, flush=True)
    torch.set_num_threads(1)
    gains = [float(init.calculate_gain(*line)) for line in TABLE["gains"]]
    names = [name for name in dir(init) if name.endswith("_") and not name.startswith("_")]
    calls = [call(*line) for line in TABLE["calls"]]
    print(json.dumps({"gains": gains, "names": names, "calls": calls}))
