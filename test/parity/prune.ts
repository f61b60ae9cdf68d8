/**
 * Pruning: what prune.py does.
 */
import { arange, manualSeed, nn, ones, type Tensor } from 'node-libtorch'

import { namedBits } from './bits'
import { described, trained } from './nn_utils'

const { prune, weightNorm } = nn.utils

type Step = (module: nn.Linear) => nn.Linear

export function pruning(): Record<string, unknown> {
  manualSeed(11)
  const scores = () => arange(18).reshape([6, 3]).cos()
  const mask = () => arange(18).remainder(3).ne(1).reshape([6, 3])
  const methods: Record<string, Step[]> = {
    identity: [(m) => prune.identity(m, 'weight')],
    random: [(m) => prune.randomUnstructured(m, 'weight', 5)],
    'random share': [(m) => prune.randomUnstructured(m, 'weight', 0.25)],
    none: [(m) => prune.randomUnstructured(m, 'weight', 0)],
    l1: [(m) => prune.l1Unstructured(m, 'weight', 0.3)],
    'l1 bias': [(m) => prune.l1Unstructured(m, 'bias', 2)],
    'l1 scores': [(m) => prune.l1Unstructured(m, 'weight', 4, { importanceScores: scores() })],
    'random rows': [(m) => prune.randomStructured(m, 'weight', 2, 0)],
    'random columns': [(m) => prune.randomStructured(m, 'weight', 0.5, -1)],
    'no rows': [(m) => prune.randomStructured(m, 'weight', 0, 0)],
    'l2 rows': [(m) => prune.lnStructured(m, 'weight', 0.5, 2, 0)],
    'l1 columns': [(m) => prune.lnStructured(m, 'weight', 1, 1, 1)],
    'linf rows': [
      (m) => prune.lnStructured(m, 'weight', 2, Infinity, -2, { importanceScores: scores() })
    ],
    mask: [(m) => prune.customFromMask(m, 'weight', mask())],
    'l1 twice': Array<Step>(2).fill((m) => prune.l1Unstructured(m, 'weight', 4)),
    'random on l1': [
      (m) => prune.l1Unstructured(m, 'weight', 0.2),
      (m) => prune.randomUnstructured(m, 'weight', 0.5)
    ],
    'rows on weights': [
      (m) => prune.randomUnstructured(m, 'weight', 6),
      (m) => prune.lnStructured(m, 'weight', 0.5, 2, 0),
      (m) => prune.randomStructured(m, 'weight', 1, 0),
      (m) => prune.lnStructured(m, 'weight', 1, 2, 1)
    ],
    'mask on rows': [
      (m) => prune.lnStructured(m, 'weight', 2, 2, 0),
      (m) => prune.customFromMask(m, 'weight', mask()),
      (m) => prune.identity(m, 'weight')
    ]
  }
  const rows: Record<string, unknown> = {}
  for (const [name, steps] of Object.entries(methods)) {
    const module = new nn.Linear(3, 6)
    const log: unknown[] = []
    for (const step of steps) {
      step(module)
      log.push(described(module))
    }
    log.push(prune.isPruned(module), trained(module))
    prune.remove(module, name.includes('bias') ? 'bias' : 'weight')
    log.push(prune.isPruned(module), described(module))
    rows[name] = log
  }
  for (const [name, method, share] of [
    ['global l1', prune.L1Unstructured, 0.4],
    ['global random', prune.RandomUnstructured, 7]
  ] as const) {
    const net = new nn.Sequential(new nn.Linear(3, 4), new nn.ReLU(), new nn.Linear(4, 2))
    const places = [
      [net[0]!, 'weight'],
      [net[2]!, 'weight'],
      [net[0]!, 'bias']
    ] as const
    prune.globalUnstructured(places, method, { amount: share })
    const importanceScores = [ones(4, 3), null]
    prune.globalUnstructured(places.slice(0, 2), method, { amount: 0.5, importanceScores })
    net(ones(2, 3)).sum().backward()
    const grads = net
      .namedParameters()
      .flatMap(([key, { grad }]): [string, Tensor][] => (grad ? [[key, grad]] : []))
    rows[name] = {
      state: namedBits(Object.entries(net.stateDict())),
      names: Object.keys(net.stateDict()),
      grads: namedBits(grads),
      pruned: prune.isPruned(net)
    }
  }
  const both = prune.l1Unstructured(new nn.Linear(3, 4), 'weight', 3)
  rows['both'] = trained(prune.l1Unstructured(both, 'bias', 1))
  const normed = weightNorm(new nn.Linear(3, 4))
  rows['weight norm'] = trained(prune.l1Unstructured(normed, 'weight_v', 3))
  return rows
}
