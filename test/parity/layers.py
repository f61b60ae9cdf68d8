"""The modules of layers/*.json: first weights, results and gradients. layers.ts does the same.

A case is {"layer", "args", "options", "inputs", "keywords", "since", "until"}. Values anywhere in it:
{"$": "randn", "shape"} and its like are tensors drawn by seed, {"$": "module", ...} is another case's
module, lists of them lists. A tensor of floating point that is an input requires a gradient, unless
it says "grad": false. "each": N runs the module N times in each mode, "double": true in float64.
"""

import json
import pathlib
import re
import warnings

import torch
from torch import nn

from bits import bits

FOLDER = pathlib.Path(__file__).with_suffix("")


def snake_case(name):
    return re.sub("[A-Z]", lambda letter: "_" + letter[0].lower(), name)


def version(text):
    return [int(part) for part in text.split(".")[:2]]


def is_for_loaded(case):
    loaded = version(torch.__version__)
    return version(case.get("since", "1.13")) <= loaded < version(case.get("until", "99.0"))


def table():
    cases = [case for file in sorted(FOLDER.glob("*.json")) for case in json.loads(file.read_text())]
    return [case for case in cases if is_for_loaded(case)]


def tensor_of(spec):
    kind, shape = spec["$"], spec.get("shape", [])
    dtype = getattr(torch, spec["dtype"]) if "dtype" in spec else None
    if kind == "tensor":
        return torch.tensor(spec["data"], dtype=dtype or torch.float32)
    if kind == "randint":
        return torch.randint(spec.get("low", 0), spec["high"], shape, dtype=dtype or torch.int64)
    return getattr(torch, kind)(shape, dtype=dtype or torch.float32)


def value_of(value):
    if isinstance(value, list):
        return [value_of(item) for item in value]
    if not isinstance(value, dict):
        return value
    return make(value) if value.get("$") == "module" else tensor_of(value)


def keywords(options):
    made = {snake_case(name): value_of(value) for name, value in options.items()}
    if "dtype" in made:
        made["dtype"] = getattr(torch, made["dtype"])
    return made


def tuples(value):
    """Sizes are lists in JSON; some classes print them as they were given."""
    return tuple(tuples(item) for item in value) if isinstance(value, list) else value


def make(case):
    args = [tuples(value_of(arg)) for arg in case.get("args", [])]
    options = {name: tuples(value) for name, value in keywords(case.get("options", {})).items()}
    return getattr(nn, case["layer"])(*args, **options)


def flat(value):
    """The tensors of a result, lists and tuples unrolled."""
    if isinstance(value, (list, tuple)):
        return [tensor for item in value for tensor in flat(item)]
    return [] if value is None else [value]


def watched(value, spec):
    """The inputs that get gradients."""
    if isinstance(spec, list):
        return [one for pair in zip(value, spec) for one in watched(*pair)]
    if not isinstance(spec, dict) or spec.get("grad") is False or not value.is_floating_point():
        return []
    return [value.requires_grad_()]


def run(module, case):
    module.zero_grad(set_to_none=True)
    inputs = [value_of(spec) for spec in case["inputs"]]
    given = keywords(case.get("keywords", {}))
    specs = case["inputs"] + list(case.get("keywords", {}).values())
    leaves = [one for pair in zip([*inputs, *given.values()], specs) for one in watched(*pair)]
    # Modules that work in place may not change a leaf.
    if case.get("inplace"):
        inputs = [one * 1 if one in set(leaves) else one for one in inputs]
    inputs = [tuple(one) if isinstance(one, list) else one for one in inputs]
    outputs = flat(module(*inputs, **given))
    followed = [out for out in outputs if out.requires_grad]
    torch.autograd.backward(followed, [torch.randn(out.shape, dtype=out.dtype) for out in followed])
    grads = [leaf.grad for leaf in leaves] + [one.grad for one in module.parameters()]
    return {
        "outputs": [bits(out) for out in outputs],
        "grads": [None if grad is None else bits(grad) for grad in grads],
    }


def result(case):
    torch.manual_seed(7)
    module = make(case)
    if case.get("double"):
        module.double()
    made = {
        "repr": repr(module),
        "first": {name: bits(one) for name, one in module.state_dict().items()},
        "parameters": [name for name, _ in module.named_parameters()],
        "modes": [],
    }
    for training in (True, False):
        module.train(training)
        made["modes"] += [run(module, case) for _ in range(case.get("each", 1))]
    made["last"] = {name: bits(one) for name, one in module.state_dict().items()}
    return made


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(torch.__version__, flush=True)
    # The order of a sum, and so its last bit, depends on the number of threads.
    torch.set_num_threads(1)
    print(json.dumps([result(case) for case in table()]))
