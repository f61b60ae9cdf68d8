"""Peak resident memory of 40 steps, by the benchmark's script in a process of its own."""

import pathlib
import subprocess
import sys

import torch

SCRIPT = pathlib.Path(__file__).parent.parent.parent / "bench" / "peak.py"
print(torch.__version__, flush=True)
print(subprocess.check_output([sys.executable, str(SCRIPT), "40"], text=True).strip())
