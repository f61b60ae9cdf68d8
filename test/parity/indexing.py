"""t[...] and t[...] = value for the rows of indexing.json. indexing.ts does the same."""

import json
import pathlib

import torch

from bits import bits

TABLE = json.loads(pathlib.Path(__file__).with_suffix(".json").read_text())


def named():
    torch.manual_seed(3)
    x = torch.randn(TABLE["shape"])
    return x, {
        "mask": x > 0.5,
        "mask3": x[:, :, 0] > 0,
        "index": torch.tensor([2, 0, 2]),
    }


def read(index, tensors):
    if isinstance(index, str) and ":" in index:
        parts = [int(part) if part else None for part in index.split(":")]
        return slice(*parts)
    if index == "...":
        return Ellipsis
    return tensors[index] if isinstance(index, str) else index


def row(indices):
    x, tensors = named()
    x.requires_grad_()
    key = tuple(read(index, tensors) for index in indices)
    part = x[key]
    gradient = torch.randn(part.shape)
    part.backward(gradient)
    filled, replaced, added = x.detach().clone(), x.detach().clone(), x.detach().clone()
    filled[key] = 7.5
    replaced[key] = gradient
    flat = torch.arange(x.numel()).view(x.shape)[key].reshape(-1)
    added.view(-1).index_put_((flat,), gradient.reshape(-1), accumulate=True)
    return {
        "part": bits(part),
        "grad": bits(x.grad),
        "filled": bits(filled),
        "replaced": bits(replaced),
        "added": bits(added),
    }


def refused(indices):
    x, tensors = named()
    try:
        x[tuple(read(index, tensors) for index in indices)]
        return False
    except (IndexError, TypeError):
        return True


def main():
    print(torch.__version__, flush=True)
    torch.set_num_threads(1)
    rows = [row(indices) for indices in TABLE["indices"]]
    print(json.dumps({"rows": rows, "refused": [refused(i) for i in TABLE["wrong"]]}))


main()
