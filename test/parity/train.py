"""Training loops written in Python, for test/91.train-parity.test.ts: parameters by run."""
import json

import torch
from torch.utils.data import DataLoader, TensorDataset

torch.set_num_threads(1)
torch.manual_seed(7)
x = torch.randn(22, 3)
y = x.sin().sum(1, keepdim=True)
criterion = torch.nn.MSELoss()


def network():
    torch.manual_seed(3)
    return torch.nn.Sequential(
        torch.nn.Linear(3, 8), torch.nn.ReLU(), torch.nn.Dropout(0.2), torch.nn.Linear(8, 1)
    )


def run(make, epochs=3, batch_size=5, shuffle=True, drop_last=False, clip=None, accumulate=1, gamma=None):
    model = network()
    optimizer = make(model.parameters())
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma) if gamma else None
    loader = DataLoader(TensorDataset(x, y), batch_size=batch_size, shuffle=shuffle, drop_last=drop_last)
    torch.manual_seed(11)
    for _ in range(epochs):
        batches = list(loader)
        for start in range(0, len(batches), accumulate):
            optimizer.zero_grad(set_to_none=True)
            for a, b in batches[start:start + accumulate]:
                (criterion(model(a), b) / accumulate).backward()
            if clip:
                torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimizer.step()
        if schedule:
            schedule.step()
    return [p.detach().numpy().tobytes().hex() for p in model.parameters()]


def sgd(**options):
    return lambda parameters: torch.optim.SGD(parameters, **options)


def adam(parameters):
    return torch.optim.Adam(parameters, lr=0.01)


print(torch.__version__)
print(json.dumps({
    'stochastic': run(sgd(lr=0.01), batch_size=1),
    'mini-batch': run(sgd(lr=0.05, momentum=0.9)),
    'dropLast': run(sgd(lr=0.05), drop_last=True),
    'Adam': run(adam, batch_size=8),
    'clipped': run(sgd(lr=0.1), clip=0.3),
    'accumulated': run(adam, batch_size=4, accumulate=2),
    'scheduled': run(sgd(lr=0.1), gamma=0.5),
}))
