"""The reference for 60.parity.test.ts: the version, then everything it compares as JSON."""

import json

import torch

print(torch.__version__, flush=True)

import draws  # noqa: E402
import modules  # noqa: E402
import operators  # noqa: E402
import training  # noqa: E402

# The order of a sum, and so its last bit, depends on the number of threads.
torch.set_num_threads(1)
print(
    json.dumps(
        {
            "training": training.results(),
            "draws": draws.results(),
            "modules": modules.results(),
            "operators": operators.results(),
        }
    )
)
