"""Pruning. prune.ts does the same in TypeScript."""

import json

import torch
from bits import named_bits
from nn_utils import described, trained
from torch import nn
from torch.nn import utils
from torch.nn.utils import prune


def pruning():
    def layer():
        return nn.Linear(3, 6)

    def scores():
        return torch.arange(18.0).reshape(6, 3).cos()

    def mask():
        return (torch.arange(18) % 3 != 1).reshape(6, 3)

    methods = {
        "identity": [lambda m: prune.identity(m, "weight")],
        "random": [lambda m: prune.random_unstructured(m, "weight", 5)],
        "random share": [lambda m: prune.random_unstructured(m, "weight", 0.25)],
        "none": [lambda m: prune.random_unstructured(m, "weight", 0)],
        "l1": [lambda m: prune.l1_unstructured(m, "weight", 0.3)],
        "l1 bias": [lambda m: prune.l1_unstructured(m, "bias", 2)],
        "l1 scores": [lambda m: prune.l1_unstructured(m, "weight", 4, importance_scores=scores())],
        "random rows": [lambda m: prune.random_structured(m, "weight", 2, 0)],
        "random columns": [lambda m: prune.random_structured(m, "weight", 0.5, -1)],
        "no rows": [lambda m: prune.random_structured(m, "weight", 0, 0)],
        "l2 rows": [lambda m: prune.ln_structured(m, "weight", 0.5, 2, 0)],
        "l1 columns": [lambda m: prune.ln_structured(m, "weight", 1, 1, 1)],
        "linf rows": [lambda m: prune.ln_structured(m, "weight", 2, float("inf"), -2, importance_scores=scores())],
        "mask": [lambda m: prune.custom_from_mask(m, "weight", mask())],
        "l1 twice": [lambda m: prune.l1_unstructured(m, "weight", 4)] * 2,
        "random on l1": [
            lambda m: prune.l1_unstructured(m, "weight", 0.2),
            lambda m: prune.random_unstructured(m, "weight", 0.5),
        ],
        "rows on weights": [
            lambda m: prune.random_unstructured(m, "weight", 6),
            lambda m: prune.ln_structured(m, "weight", 0.5, 2, 0),
            lambda m: prune.random_structured(m, "weight", 1, 0),
            lambda m: prune.ln_structured(m, "weight", 1, 2, 1),
        ],
        "mask on rows": [
            lambda m: prune.ln_structured(m, "weight", 2, 2, 0),
            lambda m: prune.custom_from_mask(m, "weight", mask()),
            lambda m: prune.identity(m, "weight"),
        ],
    }
    rows = {}
    for name, steps in methods.items():
        module = layer()
        log = []
        for step in steps:
            step(module)
            log.append(described(module))
        log += [prune.is_pruned(module), trained(module)]
        which = "bias" if "bias" in name else "weight"
        prune.remove(module, which)
        log += [prune.is_pruned(module), described(module)]
        rows[name] = log
    for name, method, share in (
        ("global l1", prune.L1Unstructured, 0.4),
        ("global random", prune.RandomUnstructured, 7),
    ):
        net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
        places = [(net[0], "weight"), (net[2], "weight"), (net[0], "bias")]
        prune.global_unstructured(places, pruning_method=method, amount=share)
        prune.global_unstructured(
            places[:2], pruning_method=method, importance_scores={places[0]: torch.ones(4, 3)}, amount=0.5
        )
        net(torch.ones(2, 3)).sum().backward()
        grads = [(key, p.grad) for key, p in net.named_parameters() if p.grad is not None]
        rows[name] = {
            "state": named_bits(net.state_dict().items()),
            "names": list(net.state_dict()),
            "grads": named_bits(grads),
            "pruned": prune.is_pruned(net),
        }
    both = prune.l1_unstructured(prune.l1_unstructured(nn.Linear(3, 4), "weight", 3), "bias", 1)
    rows["both"] = trained(both)
    normed = prune.l1_unstructured(utils.weight_norm(nn.Linear(3, 4)), "weight_v", 3)
    rows["weight norm"] = trained(normed)
    return rows


if __name__ == "__main__":
    print(torch.__version__, flush=True)
    torch.set_num_threads(1)
    torch.manual_seed(11)
    print(json.dumps(pruning()))
