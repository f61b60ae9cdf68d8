"""What hooks of modules are called with, and what they change. hooks.ts does the same in TypeScript."""

import json

import torch
from bits import bits, named_bits
from torch import nn


def seen(value):
    if value is None:
        return None
    if isinstance(value, torch.Tensor):
        return bits(value)
    if isinstance(value, (tuple, list)):
        return [seen(item) for item in value]
    return value


def gradients(module, *tensors):
    grads = [(name, p.grad) for name, p in module.named_parameters() if p.grad is not None]
    return {"parameters": named_bits(grads), "tensors": seen([tensor.grad for tensor in tensors])}


class Two(nn.Module):
    """Two inputs and a number, two outputs."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(2, 2)
        self.second = nn.Linear(2, 2)

    def forward(self, a, b, scale):
        return self.first(a) * scale, self.second(b) + a, "text"


def x(requires_grad=True):
    return torch.tensor([[1.0, -2.0], [0.5, 3.0]], requires_grad=requires_grad)


def forward_hooks():
    log = []
    net = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1))
    plain = net(x())

    def pre(name, change):
        def hook(module, inputs):
            log.append([name, type(module).__name__, seen(inputs)])
            return change(inputs)

        return hook

    def post(name, change):
        def hook(module, inputs, output):
            log.append([name, type(module).__name__, seen(inputs), seen(output)])
            return change(output)

        return hook

    handles = [
        net[0].register_forward_pre_hook(pre("doubled", lambda inputs: inputs[0] * 2)),
        net[0].register_forward_pre_hook(pre("shifted", lambda inputs: (inputs[0] + 1,))),
        net[0].register_forward_pre_hook(pre("same", lambda inputs: None)),
        net[1].register_forward_hook(post("negated", lambda output: -output)),
        net[1].register_forward_hook(post("same", lambda output: None)),
        net.register_forward_hook(post("outer", lambda output: output * 3)),
    ]
    outputs = [net(x()), net.forward(x()), net[0].forward(x())]
    handles[1].remove()
    handles[3].remove()
    handles[3].remove()
    outputs.append(net(x()))
    for handle in handles:
        handle.remove()
    outputs.append(net(x()))
    return {"log": log, "outputs": seen(outputs), "plain": bits(plain)}


def backward_hooks():
    log = []

    def record(name, change=lambda grads: None):
        def hook(module, grad_inputs, grad_outputs):
            log.append([name, type(module).__name__, seen(grad_inputs), seen(grad_outputs)])
            return change(grad_inputs)

        return hook

    results = []
    # A row of layers, each with hooks.
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    handles = [
        net[0].register_full_backward_hook(record("first", lambda grads: (grads[0] * 2,))),
        net[0].register_full_backward_hook(record("again")),
        net[1].register_full_backward_hook(record("relu", lambda grads: (grads[0] + 1,))),
        net.register_full_backward_hook(record("net")),
    ]
    inputs = x()
    output = net(inputs)
    output.sum().backward(retain_graph=True)
    results.append(gradients(net, inputs))
    output.mean().backward()
    results.append(gradients(net, inputs))
    handles[0].remove()
    handles[2].remove()
    net.zero_grad()
    net(inputs).sum().backward()
    results.append(gradients(net, inputs))

    # No input requires a gradient.
    net.zero_grad(set_to_none=True)
    net(x(False)).sum().backward()
    results.append(gradients(net))

    # Several inputs and outputs, of which one counts.
    for which in (0, 1):
        for flags in ((True, True), (False, True), (True, False)):
            two = Two()
            two.register_full_backward_hook(record(f"two {which} {flags[0]} {flags[1]}".lower()))
            a, b = x(flags[0]), x(flags[1])
            two(a, b, 3)[which].sum().backward()
            results.append(gradients(two, a, b))

    # Without a graph there is nothing to call.
    with torch.no_grad():
        net(x())

    # The gradient of a gradient.
    cubic = nn.Linear(2, 1)
    cubic.register_full_backward_hook(record("double", lambda grads: (grads[0] * grads[0],)))
    inputs = x()
    (grad,) = torch.autograd.grad((cubic(inputs) ** 3).sum(), inputs, create_graph=True)
    log.append("second")
    grad.sum().backward()
    results.append(gradients(cubic, inputs))
    return {"log": log, "results": results}


def backward_pre_hooks():
    log = []
    if not hasattr(nn.Module, "register_full_backward_pre_hook"):
        return None

    def record(name, change=lambda grads: None):
        def hook(module, grad_outputs):
            log.append([name, type(module).__name__, seen(grad_outputs)])
            return change(grad_outputs)

        return hook

    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    net[2].register_full_backward_pre_hook(record("last", lambda grads: (grads[0] * 2,)))
    net[1].register_full_backward_pre_hook(record("relu", lambda grads: (grads[0] + 1,)))
    net[1].register_full_backward_pre_hook(record("relu again"))
    net[1].register_full_backward_hook(
        lambda module, grad_inputs, grad_outputs: log.append([seen(grad_inputs), seen(grad_outputs)])
    )
    net[0].register_full_backward_pre_hook(record("first"), prepend=True)
    net[0].register_full_backward_pre_hook(record("before"), prepend=True)
    results = []
    for flag in (True, False):
        inputs = x(flag)
        net.zero_grad()
        net(inputs).sum().backward()
        results.append(gradients(net, inputs))
    two = Two()
    two.register_full_backward_pre_hook(record("two", lambda grads: (grads[0] * 2, grads[1], grads[2])))
    a, b = x(), x()
    two(a, b, 3)[0].sum().backward()
    results.append(gradients(two, a, b))
    return {"log": log, "results": results}


if __name__ == "__main__":
    print(torch.__version__, flush=True)
    torch.set_num_threads(1)
    torch.manual_seed(3)
    print(
        json.dumps(
            {
                "forward": forward_hooks(),
                "backward": backward_hooks(),
                "backwardPre": backward_pre_hooks(),
            }
        )
    )
