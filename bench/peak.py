"""Peak resident memory of the process that trains as bench/peak.js does, in bytes."""

import resource
import sys

import torch

import python

torch.set_num_threads(1)
step = python.mlp_step([784, 1024, 1024, 10], 256)
for _ in range(int(sys.argv[1])):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
