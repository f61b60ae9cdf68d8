"""Prints the public names of the places in argv as JSON: [[name, is class], ...] for each."""

import importlib
import json
import sys
import types
import warnings

warnings.simplefilter("ignore")

import torch  # noqa: E402


def is_own(place, value):
    """Whether PyTorch defines it, rather than having imported it from somewhere else."""
    module = getattr(value, "__module__", None) or "torch"
    return isinstance(place, type) or module.split(".")[0] in ("torch", "_VariableFunctions")


def names(text):
    try:
        place = torch.Tensor if text == "torch.Tensor" else importlib.import_module(text)
    except ImportError:
        return []
    listed = getattr(place, "__all__", None) if text not in ("torch", "torch.nn") else None
    found = []
    for name in sorted(listed or dir(place)):
        value = getattr(place, name, None)
        if name[0] == "_" or isinstance(value, types.ModuleType) or not callable(value):
            continue
        if is_own(place, value):
            found.append([name, isinstance(value, type)])
    return found


print(json.dumps({"version": torch.__version__, "names": {text: names(text) for text in sys.argv[1:]}}))
