"""The loaders of loaders.json by seed, several passes each. loaders.ts does the same in TypeScript."""

import json
import pathlib
import warnings

import torch
from torch.utils import data

from bits import bits

TABLE = json.loads(pathlib.Path(__file__).with_suffix(".json").read_text())


def seeded(seed):
    return None if seed is None else torch.Generator().manual_seed(seed)


def sampler(row, dataset):
    kind, *args = row["sampler"]
    generator = seeded(row.get("samplerGenerator"))
    if kind == "random":
        return data.RandomSampler(dataset, args[0], args[1], generator)
    if kind == "weighted":
        return data.WeightedRandomSampler(*args, generator=generator)
    return data.SubsetRandomSampler(*args, generator=generator)


def options(row, dataset):
    if row.get("batched"):
        random = data.RandomSampler(dataset)
        return {"batch_sampler": data.BatchSampler(random, row["batchSize"], False)}
    return {
        "batch_size": row["batchSize"],
        "shuffle": row.get("shuffle", False),
        "drop_last": row.get("dropLast", False),
        "sampler": sampler(row, dataset) if "sampler" in row else None,
    }


def passes(row):
    torch.manual_seed(7)
    dataset = list(range(row["n"]))
    generator = torch.default_generator if row.get("default") else seeded(row.get("generator"))
    given = options(row, dataset)
    loader = data.DataLoader(dataset, generator=generator, **given)
    seen = []
    for _ in range(3):
        batches = []
        for batch in loader:
            batches.append(torch.as_tensor(batch).tolist())
            # Draws of a step between two batches.
            if len(batches) < 3:
                batches.append(torch.randint(1000, ()).item())
            if len(batches) == row.get("stopAfter"):
                break
        seen.append(batches)
        # The draws after it show that as many were made.
        seen.append(torch.randint(1000, ()).item())
        drawing = [generator, getattr(given.get("sampler"), "generator", None)]
        seen.append([one and torch.randint(1000, (), generator=one).item() for one in drawing])
    return seen


class Noisy(data.Dataset):
    """Samples that draw in their worker."""

    def __len__(self):
        return 10

    def __getitem__(self, index):
        return torch.tensor([index, torch.randint(1000, ()).item()])


def workers(count):
    torch.manual_seed(3)
    loader = data.DataLoader(Noisy(), batch_size=3, shuffle=True, num_workers=count)
    seen = [[batch.tolist() for batch in loader] for _ in range(2)]
    return [*seen, torch.randint(1000, ()).item()]


def split(n, lengths, seed):
    torch.manual_seed(1)
    given = {} if seed is None else {"generator": seeded(seed)}
    parts = data.random_split(range(n), lengths, **given)
    return [[list(part) for part in parts], torch.randint(1000, ()).item()]


SPLITS = [[10, [3, 7], None], [10, [3, 7], 42], [30, [0.3, 0.3, 0.4], 42], [11, [0.5, 0.25, 0.25], 1]]


def flat(value):
    """Tensors as their bits."""
    if isinstance(value, torch.Tensor):
        return bits(value)
    if isinstance(value, dict):
        return {key: flat(item) for key, item in value.items()}
    return [flat(item) for item in value] if isinstance(value, (list, tuple)) else value


def collated():
    row = torch.arange(3.0)
    samples = [
        [row, row + 1],
        [1.5, 2.0],
        [True, False],
        [1, 2],
        ["a", "b"],
        [[1.5, row], [2.5, row * 2]],
        [(1.0, True), (2.0, False)],
        [{"x": row, "y": 3}, {"x": row - 1, "y": 4}],
        [{"a": [{"b": row}, "t"]}, {"a": [{"b": row}, "u"]}],
        [torch.ones(2, 2, dtype=torch.int8), torch.zeros(2, 2, dtype=torch.int8)],
    ]
    return [flat(data.default_collate(one)) for one in samples]


def streams():
    class Numbers(data.IterableDataset):
        def __iter__(self):
            return iter(range(7))

    torch.manual_seed(2)
    seen = []
    for given in [{"batch_size": 3}, {"batch_size": 3, "drop_last": True}, {"batch_size": None}]:
        seen.append([torch.as_tensor(batch).tolist() for batch in data.DataLoader(Numbers(), **given)])
        seen.append(torch.randint(1000, ()).item())
    return seen


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(torch.__version__, flush=True)
    torch.set_num_threads(1)
    results = {
        "passes": [passes(row) for row in TABLE],
        "workers": [workers(count) for count in (1, 2)],
        "splits": [split(*one) for one in SPLITS],
        "collated": collated(),
        "streams": streams(),
    }
    print(json.dumps(results))
