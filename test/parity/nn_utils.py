"""Clipping, vectors and norms of weights. nn_utils.ts does the same in TypeScript."""

import json

import torch
from bits import bits, named_bits
from torch import nn
from torch.nn import utils


def described(module):
    return {
        "parameters": named_bits(module.named_parameters()),
        "names": [name for name, _ in module.named_parameters()],
        "buffers": named_bits(module.named_buffers()),
        "state": list(module.state_dict()),
        "weight": bits(module.weight),
    }


def gradients(scale, dtype=torch.float32):
    parameters = [nn.Parameter(torch.zeros(shape, dtype=dtype)) for shape in ([3, 4], [5], [])]
    for parameter in parameters:
        parameter.grad = torch.randn(parameter.shape).to(dtype) * scale
    return [*parameters, nn.Parameter(torch.zeros(2))]


def clipping():
    rows = []
    for p in (2.0, 1.0, 0.5, 3.0, float("inf")):
        for scale in (0.1, 10):
            for count in (1, 4):
                parameters = gradients(scale)[:count]
                norm = utils.clip_grad_norm_(parameters, 1.5, norm_type=p)
                rows.append([bits(norm), [bits(q.grad) for q in parameters if q.grad is not None]])
    for dtype in (torch.float64, torch.bfloat16):
        parameters = gradients(3, dtype)
        norm = utils.clip_grad_norm_(parameters, 1)
        rows.append([bits(norm), [bits(q.grad) for q in parameters if q.grad is not None]])
    rows.append([bits(utils.clip_grad_norm_([], 1)), []])
    parameters = gradients(1)
    parameters[0].grad[0, 0] = float("inf")
    rows.append([bits(utils.clip_grad_norm_(parameters, 1)), [bits(q.grad) for q in parameters[:3]]])
    for bound in (0.5, 0.0):
        parameters = gradients(1)
        utils.clip_grad_value_(parameters, bound)
        rows.append([bits(q.grad) for q in parameters[:3]])
    return rows


def vectors():
    net = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    vector = utils.parameters_to_vector(net.parameters())
    (vector**2).sum().backward()
    grads = [bits(p.grad) for p in net.parameters()]
    utils.vector_to_parameters(torch.arange(13.0), net.parameters())
    return {"vector": bits(vector), "grads": grads, "parameters": named_bits(net.named_parameters())}


def trained(module, steps=3):
    """Outputs and gradients of some steps in training, then in evaluation."""
    log = []
    for step in range(steps):
        if step == steps - 1:
            module.eval()
        output = module(torch.linspace(-1, 1, 6).reshape(2, 3))
        module.zero_grad(set_to_none=True)
        output.square().sum().backward()
        with torch.no_grad():
            for parameter in module.parameters():
                if parameter.grad is not None:
                    parameter.sub_(parameter.grad, alpha=0.01)
        log.append([bits(output), [bits(p.grad) for p in module.parameters() if p.grad is not None]])
    return {"log": log, **described(module)}


def weight_norms():
    rows = []
    for dim in (0, 1, None, -1):
        layer = utils.weight_norm(nn.Linear(3, 4), "weight", dim)
        rows += [described(layer), trained(layer), described(utils.remove_weight_norm(layer))]
    layer = utils.weight_norm(utils.weight_norm(nn.Linear(3, 4)), "bias", dim=0)
    rows.append(trained(layer))
    return rows


def spectral_norms():
    rows = []
    for options in ({}, {"n_power_iterations": 3, "eps": 1e-6}, {"dim": 1}):
        layer = utils.spectral_norm(nn.Linear(3, 4), **options)
        rows += [described(layer), trained(layer), described(utils.remove_spectral_norm(layer))]
    layer = utils.spectral_norm(nn.Linear(3, 4, bias=False))
    rows.append([bits((layer(torch.ones(3)) - layer(torch.zeros(3) + 2)).sum())])
    return rows


if __name__ == "__main__":
    print(torch.__version__, flush=True)
    torch.set_num_threads(1)
    torch.manual_seed(11)
    parts = {
        "clipping": clipping,
        "vectors": vectors,
        "weightNorms": weight_norms,
        "spectralNorms": spectral_norms,
    }
    print(json.dumps({name: part() for name, part in parts.items()}))
