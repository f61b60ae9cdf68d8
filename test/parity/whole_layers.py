"""The modules of whole_layers.json in eval mode, with nothing to be learnt. whole_layers.ts does the same.

There PyTorch runs one operator for a whole layer, on nested tensors where there is padding. Cases are
those of layers.py; "self" gives the one input three times.
"""

import json
import pathlib
import warnings

import torch

from bits import bits
from layers import flat, is_for_loaded, keywords, make, value_of

TABLE = json.loads(pathlib.Path(__file__).with_suffix(".json").read_text())


def result(case):
    torch.manual_seed(7)
    module = make(case).eval()
    inputs = [value_of(spec) for spec in case["inputs"]] * (3 if case.get("self") else 1)
    given = keywords(case.get("keywords", {}))
    with torch.no_grad():
        unrecorded = module(*inputs, **given)
    # Of a frozen model autograd follows nothing either.
    module.requires_grad_(False)
    frozen = module(*inputs, **given)
    return {
        "unrecorded": [bits(one) for one in flat(unrecorded)],
        "frozen": [bits(one) for one in flat(frozen)],
    }


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(torch.__version__, flush=True)
    torch.set_num_threads(1)
    print(json.dumps([result(case) for case in TABLE if is_for_loaded(case)]))
