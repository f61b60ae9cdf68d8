"""Gradients by every way of asking for them. autograd.ts does the same in TypeScript.

Run by itself it prints the version, then everything as JSON.
"""

import json

import torch

from bits import bits


class Exp(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        y = x.exp()
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, grad):
        (y,) = ctx.saved_tensors
        return grad * y


class Scale(torch.autograd.Function):
    """An argument that is no tensor, and one that is not followed."""

    @staticmethod
    def forward(ctx, x, factor, offset):
        ctx.factor = factor
        ctx.needs = list(ctx.needs_input_grad)
        return x * factor + offset

    @staticmethod
    def backward(ctx, grad):
        assert ctx.needs == [True, False, False]
        return grad * ctx.factor, None, None


class Double(torch.autograd.Function):
    """In place."""

    @staticmethod
    def forward(ctx, x):
        x.mul_(2)
        ctx.mark_dirty(x)
        return x

    @staticmethod
    def backward(ctx, grad):
        return grad * 2


class SplitSort(torch.autograd.Function):
    """Several results, one of them without gradient."""

    @staticmethod
    def forward(ctx, x):
        values, places = x.sort()
        ctx.mark_non_differentiable(places)
        ctx.save_for_backward(x, places)
        return values, places, x * x

    @staticmethod
    def backward(ctx, values, _, squares):
        x, places = ctx.saved_tensors
        return torch.zeros_like(x).scatter(0, places, values) + squares * x * 2


class Pair(torch.autograd.Function):
    """Is given None, not zeros, where a result has no gradient."""

    @staticmethod
    def forward(ctx, x):
        ctx.set_materialize_grads(False)
        return x * 2, x * 3

    @staticmethod
    def backward(ctx, first, second):
        assert second is None
        return first * 2


def leaf(*values):
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def grads_of_two():
    x, w = leaf(0.3, -1.7, 2.1), leaf(1.9, 0.7, -0.2)
    y, z = (x * w).tanh(), x.exp().sum()
    return torch.autograd.grad(
        [y, z], [x, w], grad_outputs=[torch.tensor([0.1, 0.2, 0.3], dtype=torch.float64), None]
    )


def unused():
    x, w = leaf(0.3, -1.7), leaf(1.9, 0.7)
    y = x.sigmoid()
    first, none = torch.autograd.grad(y.sum(), [x, w], allow_unused=True)
    assert none is None and x.grad is None
    return [first]


def of_a_result():
    x = leaf(0.3, -1.7)
    y = x.sin()
    return torch.autograd.grad(y.pow(3).sum(), y)


def second():
    x = leaf(0.3, 1.7)
    (first,) = torch.autograd.grad(x.pow(4).log().sin().sum(), x, create_graph=True)
    return [first, *torch.autograd.grad(first.square().sum(), x)]


def backward_of_two():
    x, w = leaf(0.3, -1.7), leaf(1.9, 0.7)
    torch.autograd.backward([(x * w).sum(), x.exp().sum()])
    return [x.grad, w.grad]


def backward_to_inputs():
    x, w = leaf(0.3, -1.7), leaf(1.9, 0.7)
    y = x * w
    y.sin().sum().backward(inputs=[w])
    assert x.grad is None
    return [w.grad]


def custom():
    x = leaf(0.3, -1.7)
    Exp.apply(x * x).sum().backward()
    return [x.grad]


def custom_second():
    x = leaf(0.3, -1.7)
    (first,) = torch.autograd.grad(Exp.apply(x).square().sum(), x, create_graph=True)
    return [first, *torch.autograd.grad(first.sum(), x)]


def custom_arguments():
    x = leaf(0.3, -1.7)
    y = Scale.apply(x, 2.5, torch.tensor([1.0, 2.0], dtype=torch.float64))
    y.square().sum().backward()
    return [y, x.grad]


def custom_in_place():
    x = leaf(0.3, -1.7)
    y = x * 3
    z = Double.apply(y)
    assert z is y
    z.square().sum().backward()
    return [z, x.grad, torch.tensor(y._version)]


def custom_in_place_on_view():
    x = leaf(0.3, -1.7, 0.9)
    y = x * 3
    Double.apply(y[:2])
    y.square().sum().backward()
    return [y, x.grad]


def custom_several():
    x = leaf(0.3, -1.7, 0.9)
    values, places, squares = SplitSort.apply(x)
    assert not places.requires_grad
    (values * torch.tensor([1.0, 10.0, 100.0], dtype=torch.float64)).sum().backward(
        retain_graph=True
    )
    first = x.grad.clone()
    (values.sum() + squares.sin().sum()).backward()
    return [values, places, squares, first, x.grad]


def custom_none():
    x = leaf(0.3, -1.7)
    Pair.apply(x)[0].sum().backward()
    return [x.grad]


def hooks():
    x = leaf(0.3, -1.7)
    seen = []
    y = x.exp()
    y.register_hook(lambda grad: seen.append(grad.clone()))
    y.register_hook(lambda grad: grad * 10)
    removed = y.register_hook(lambda grad: grad * 1000)
    removed.remove()
    handle = x.register_hook(lambda grad: grad + 1)
    y.square().sum().backward()
    first = x.grad.clone()
    handle.remove()
    x.sin().sum().backward()
    return [*seen, first, x.grad]


def retained():
    x = leaf(0.3, -1.7)
    y = x.exp()
    y.retain_grad()
    assert y.retains_grad and not x.retains_grad
    y.square().sum().backward()
    return [y.grad, x.grad]


def functional():
    from torch.autograd.functional import hessian, jacobian, jvp, vjp

    x = torch.tensor([0.3, -1.7], dtype=torch.float64)
    w = torch.tensor([1.9, 0.7, -0.4], dtype=torch.float64)
    outer = lambda x, w: x.exp().outer(w.sin())  # noqa: E731
    return [
        *jacobian(outer, (x, w)),
        hessian(lambda x: x.pow(3).prod().sin(), x),
        *jvp(lambda x: x.exp() * x[0], x, torch.tensor([2.0, 5.0], dtype=torch.float64)),
        *vjp(lambda x: x.exp() * x[0], x, torch.tensor([2.0, 5.0], dtype=torch.float64)),
    ]


CASES = [
    grads_of_two,
    unused,
    of_a_result,
    second,
    backward_of_two,
    backward_to_inputs,
    custom,
    custom_second,
    custom_arguments,
    custom_in_place,
    custom_in_place_on_view,
    custom_several,
    custom_none,
    hooks,
    retained,
    functional,
]

if __name__ == "__main__":
    torch.set_num_threads(1)
    print(torch.__version__, flush=True)
    print(json.dumps({case.__name__: [bits(value) for value in case()] for case in CASES}))
