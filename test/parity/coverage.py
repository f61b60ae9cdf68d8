"""The calls of coverage/run.js: python coverage.py FILE RESULTS. Its call.js does the same in JavaScript.

RESULTS gets a line of JSON an overload. Started again it goes on behind the call that ended the process.
"""

import json
import pathlib
import struct
import sys

import torch

print(torch.__version__, flush=True)

from specs import snake_case, value  # noqa: E402

FORMS = ["to_dense", "dequantize"]
FORMATS = {
    torch.float32: "f",
    torch.float64: "d",
    torch.int64: "q",
    torch.int32: "i",
    torch.int16: "h",
    torch.int8: "b",
    torch.uint8: "B",
    torch.bool: "?",
}


def elements(tensor):
    """NaNs all alike: their bits depend on the compiler. Half precision widens."""
    if tensor.is_complex():
        tensor = torch.view_as_real(tensor.resolve_conj())
    if tensor.dtype in (torch.float16, torch.bfloat16):
        tensor = tensor.float()
    if tensor.layout != torch.strided or tensor.is_quantized:
        raise TypeError("no plain elements")
    values = tensor.reshape(-1).tolist()
    if tensor.is_floating_point():
        values = [float("nan") if number != number else number for number in values]
    return struct.pack(f"<{len(values)}{FORMATS[tensor.dtype]}", *values).hex()


def attempt(run, otherwise=None):
    try:
        return run()
    except Exception:
        return otherwise


def bits(tensor):
    kind = str(tensor.dtype).replace("torch.", "")
    head = attempt(lambda: f"{kind}{list(tensor.shape)}", "without a shape")
    plain = attempt(lambda: elements(tensor.detach()))
    if plain is not None:
        return f"{head} {plain}"
    for form in FORMS:
        dense = attempt(lambda: elements(getattr(torch.ops.aten, form)(tensor.detach())))
        if dense is not None:
            return f"{head} {dense}"
    return head


def shown(result):
    if isinstance(result, torch.Tensor):
        return bits(result)
    if isinstance(result, (list, tuple)):
        return [shown(item) for item in result]
    if isinstance(result, complex):
        return ["complex", shown(result.real), shown(result.imag)]
    if isinstance(result, bool) or result is None or isinstance(result, str):
        return result
    if isinstance(result, int):
        return result if abs(result) < 2**53 else str(result)
    if isinstance(result, float):
        if result != result:
            return "NaN"
        if abs(result) == float("inf"):
            return "Infinity" if result > 0 else "-Infinity"
        return int(result) if result == int(result) else result
    if isinstance(result, (torch.dtype, torch.layout, torch.memory_format)):
        return str(result).replace("torch.", "")
    if isinstance(result, torch.device):
        return str(result)
    return "opaque"


def flat(values):
    for item in values:
        if isinstance(item, (list, tuple)):
            yield from flat(item)
        else:
            yield item


def tensors(values):
    return [item for item in flat(values) if isinstance(item, torch.Tensor)]


def copied(made):
    if isinstance(made, list):
        return [copied(item) for item in made]
    return made.clone() if isinstance(made, torch.Tensor) and made.requires_grad else made


def is_default(spec):
    return isinstance(spec, dict) and spec["$"] == "default"


def values_of(schema, args, leaves):
    values = []
    for spec, argument in zip(args, schema.arguments):
        if is_default(spec):
            values.append(spec)
            continue
        made = value(spec)
        leaves += [tensor for tensor in tensors([made]) if tensor.requires_grad and tensor.is_leaf]
        writes = argument.alias_info is not None and argument.alias_info.is_write
        values.append(copied(made) if writes else made)
    return values


def split(schema, values, form):
    """Positional arguments up to the first that is left out, then keywords."""
    positional, keywords, outs, gap = [], {}, [], False
    for made, argument in zip(values, schema.arguments):
        if is_default(made):
            gap = True
        elif form != "overload" and argument.is_out:
            outs.append(made)
        elif argument.kwarg_only or gap:
            keywords[argument.name] = made
        else:
            positional.append(made)
    if outs:
        keywords["out"] = outs[0] if len(outs) == 1 else tuple(outs)
    return positional, keywords


def backward(outputs, leaves):
    sources = [output for output in outputs if isinstance(output, torch.Tensor) and output.requires_grad]
    if not sources:
        return None
    try:
        for source in sources:
            if source.is_leaf:
                continue
            gradient = torch.randn(source.shape, dtype=source.dtype)
            source.backward(gradient, retain_graph=True)
    except Exception as error:
        return {"threw": str(error).split("\n")[0][:200]}
    return [None if leaf.grad is None else bits(leaf.grad) for leaf in leaves]


def function_of(name, overload, form):
    if form == "overload":
        return getattr(getattr(torch.ops.aten, name), overload)
    return getattr(torch.Tensor if form == "method" else torch, name, None)


def call(name, overload, args, form):
    function = function_of(name, overload, form)
    if function is None:
        return {"absent": True}
    schema = getattr(getattr(torch.ops.aten, name), overload)._schema
    torch.manual_seed(1)
    leaves = []
    values = values_of(schema, args, leaves)
    torch.manual_seed(2)
    positional, keywords = split(schema, values, form)
    result = function(*positional, **keywords)
    if result is NotImplemented:
        return {"absent": True}
    outputs = shown(result)
    if form != "overload":
        return {"outputs": outputs}
    changed = [bits(tensor) for tensor in tensors(values)]
    torch.manual_seed(3)
    given = result if isinstance(result, (list, tuple)) else [result]
    return {"outputs": outputs, "changed": changed, "grads": backward(list(flat(given)), leaves)}


def outcome(*case):
    try:
        return call(*case)
    except Exception as error:
        return {"threw": str(error)[:300], "kind": type(error).__name__}


def results_of(row):
    name, overload = row["id"].split("::")[1].split(".")
    found = {"id": row["id"]}
    if "args" in row:
        for form in ["overload", "any", "method"]:
            found[form] = outcome(name, overload, row["args"], form)
    found["failures"] = [outcome(name, overload, failed["args"], "overload") for failed in row["failures"]]
    return found


def main(calls, results):
    torch.set_num_threads(1)
    results = pathlib.Path(results)
    done = results.read_text().splitlines() if results.exists() else []
    known = {json.loads(line)["id"] for line in done}
    with results.open("a") as file:
        for line in pathlib.Path(calls).read_text().splitlines():
            row = json.loads(line)
            if row["id"] in known:
                continue
            # Stands for a call that ends the process; the line behind it takes its place.
            file.write(json.dumps({"id": row["id"], "crashed": True}) + "\n")
            file.flush()
            file.write(json.dumps(results_of(row)) + "\n")
            file.flush()


main(*sys.argv[1:])
