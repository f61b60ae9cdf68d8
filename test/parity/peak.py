"""Peak resident memory of 40 steps of the benchmark's Python side, in bytes."""

import pathlib
import re
import sys

import torch

ROOT = pathlib.Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT / "bench" / "python"))

import worker  # noqa: E402

print(torch.__version__, flush=True)
torch.set_num_threads(1)
step = worker.training("784-1024-1024-10")
for _ in range(40):
    step()
status = pathlib.Path("/proc/self/status").read_text()
print(int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024)
