"""A small network under autocast, and GradScaler over 50 steps: what autocast.ts does."""

import json

import torch
import torch.nn.functional as F

from bits import bits

SHAPES = [[3, 1, 3, 3], [3], [8, 48], [8], [8, 5]]


def network():
    torch.manual_seed(7)
    params = [torch.randn(shape).mul_(0.5).requires_grad_() for shape in SHAPES]
    conv, conv_bias, linear, linear_bias, last = params
    image = torch.randn(4, 1, 6, 6, requires_grad=True)
    target, classes = torch.randn(4, 5), torch.tensor([0, 4, 2, 2])
    seen = []

    def note(tensor):
        seen.append(bits(tensor))
        return tensor

    with torch.autocast("cpu", dtype=torch.bfloat16):
        hidden = note(F.conv2d(image, conv, conv_bias).relu())
        hidden = note(F.linear(hidden.flatten(1), linear, linear_bias))
        with torch.autocast("cpu", enabled=False):
            hidden = note(hidden.float().tanh())
        logits = note(hidden.matmul(last))
        note(logits.softmax(-1))
        note(F.layer_norm(hidden, [8]))
        note(torch.cat([logits, target]))
        losses = [
            note(F.cross_entropy(logits, classes)),
            note(F.mse_loss(logits, target)),
            note(F.smooth_l1_loss(logits, target)),
        ]
        loss = note(losses[0] + losses[1] + losses[2])
    loss.backward()
    return {"seen": seen, "grads": [bits(tensor.grad) for tensor in [*params, image]]}


def scaler():
    torch.manual_seed(9)
    weight = torch.randn(3, 4).requires_grad_()
    bias = torch.zeros(3).requires_grad_()
    x, target = torch.randn(6, 4), torch.randn(6, 3)
    optimizer = torch.optim.SGD([{"params": [weight]}, {"params": [bias]}], lr=0.05, momentum=0.9)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0, growth_interval=6)
    steps = []
    for step in range(50):
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = F.mse_loss(F.linear(x, weight, bias), target)
        scaler.scale(loss).backward()
        if step in (3, 17, 18):
            bias.grad[0] = float("inf")
        if step == 31:
            weight.grad[1, 1] = float("nan")
        if step % 7 == 0:
            scaler.unscale_(optimizer)
        if step == 40:
            scaler.set_growth_factor(4.0)
            scaler.set_backoff_factor(0.25)
        scaler.step(optimizer)
        scaler.update()
        steps.append([scaler.get_scale(), bits(weight), bits(bias), bits(weight.grad)])
    return {"steps": steps, "state": scaler.state_dict()}


if __name__ == "__main__":
    print(torch.__version__, flush=True)
    torch.set_num_threads(1)
    modern = hasattr(torch, "amp") and hasattr(torch.amp, "GradScaler")
    print(json.dumps({"network": network(), "scaler": scaler() if modern else None}))
