/**
 * Random draws by seed: what draws.py does.
 */
import * as torch from 'node-libtorch'
import { nn } from 'node-libtorch'
import { bits, namedBits } from './bits'

export function draws(): { drawn: Record<string, string[]>; layers: Record<string, string>[] } {
  const drawn: Record<string, string[]> = {}
  for (const seed of [0, 1, 2n ** 53n + 1n, 2n ** 64n - 1n, -5]) {
    torch.manualSeed(seed)
    drawn[String(seed)] = [
      torch.rand(7),
      torch.randn(15),
      torch.randn(16),
      torch.randn(5, 7),
      torch.rand(3, { dtype: 'float64' }),
      torch.randn(17, { dtype: 'float64' }),
      torch.randn(4, { dtype: 'bfloat16' }),
      torch.randint(10, [6]),
      torch.randint(-3, 3, [2, 3]),
      torch.randint(0, 2 ** 40, [3]),
      torch.randint(5, [4], { dtype: 'float32' }),
      torch.randperm(30),
      torch.randLike(torch.zeros(2, 2)),
      torch.randnLike(torch.zeros(3, { dtype: 'float64' })),
      torch.empty(9).uniform_(-2, 3),
      torch.empty(20).normal_(1, 0.5)
    ].map(bits)
  }
  torch.manualSeed(9)
  const layers = [
    new nn.Linear(2, 3, { dtype: 'float64' }),
    new nn.Linear(2, 3),
    new nn.Linear(5, 1, { bias: false, dtype: 'bfloat16' }),
    new nn.Linear(13, 64),
    new nn.Linear(4, 4, { dtype: 'float16' }),
    new nn.Linear(20, 20, { dtype: 'float64' })
  ]
  return { drawn, layers: layers.map((layer) => namedBits(layer.namedParameters())) }
}
