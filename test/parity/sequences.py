"""Sequences of different lengths: packing, padding, recurrent layers over them. sequences.ts does the same."""

import json
import warnings

import torch
from torch import nn
from torch.nn.utils import rnn

from bits import bits


def texts(value):
    """The bits of every tensor in a result."""
    if isinstance(value, (list, tuple)):
        return [text for one in value for text in texts(one)]
    return ["none" if value is None else bits(value)]


def sequences(lengths):
    return [torch.randn(length, 3).requires_grad_() for length in lengths]


def layer(name, lengths, states, **options):
    """A layer over packed sequences, from states of these widths if any."""
    torch.manual_seed(7)
    module = getattr(nn, name)(3, 4, **options)
    given = sequences(lengths)
    packed = rnn.pack_sequence(given, enforce_sorted=False)
    rows = options.get("num_layers", 1) * (2 if options.get("bidirectional") else 1)
    hx = [torch.randn(rows, len(lengths), width).requires_grad_() for width in states]
    output, last = module(packed, *([tuple(hx) if name == "LSTM" else hx[0]] if hx else []))
    padded, counts = rnn.pad_packed_sequence(output, batch_first=True, padding_value=-1)
    followed = [padded, *(last if name == "LSTM" else [last])]
    torch.autograd.backward(followed, [torch.randn(one.shape) for one in followed])
    return [
        texts(output),
        texts([counts, *followed, *rnn.unpack_sequence(output)]),
        texts([one.grad for one in [*given, *hx, *module.parameters()]]),
    ]


def packing():
    torch.manual_seed(7)
    given = sequences([2, 4, 1])
    padded = rnn.pad_sequence(given, padding_value=9)
    first = rnn.pad_sequence(given, batch_first=True)
    lengths = torch.tensor([2, 4, 1])
    packed = rnn.pack_padded_sequence(padded, lengths, enforce_sorted=False)
    ordered = rnn.pack_padded_sequence(first, [3, 2, 2], batch_first=True)
    labels = rnn.pack_sequence([torch.tensor([1, 2, 3]), torch.tensor([4, 5]), torch.tensor([6])])
    total = rnn.pad_packed_sequence(packed, total_length=6)
    made = {
        "padded": texts([padded, first]),
        "packed": texts([packed, ordered, labels]),
        "moved": texts(packed.to(torch.float64)),
        "total": texts(total),
        "unpadded": texts(rnn.unpad_sequence(first, lengths, batch_first=True)),
        "inverse": texts(rnn.invert_permutation(torch.tensor([2, 0, 3, 1]))),
        "repr": [repr(labels), repr(rnn.pack_sequence(given, enforce_sorted=False))],
    }
    if tuple(int(part) for part in torch.__version__.split(".")[:2]) >= (2, 5):
        made["left"] = texts(rnn.pad_sequence(given, padding_side="left"))
    return made


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(torch.__version__, flush=True)
    torch.set_num_threads(1)
    results = {
        "names": [name for name in rnn.__all__],
        "packing": packing(),
        "layers": [
            layer("RNN", [2, 4, 3], []),
            layer("RNN", [4, 4, 1], [4], nonlinearity="relu", num_layers=2, bidirectional=True, bias=False),
            layer("GRU", [1, 5], [4], num_layers=2, dropout=0.5, batch_first=True),
            layer("GRU", [3, 2, 1], []),
            layer("LSTM", [2, 4, 3], []),
            layer("LSTM", [2, 4, 3], [4, 4], num_layers=2, dropout=0.5, bidirectional=True),
            layer("LSTM", [5, 1, 2], [2, 4], proj_size=2, bidirectional=True),
        ],
    }
    print(json.dumps(results))
