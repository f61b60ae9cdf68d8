/**
 * Pruning on real data: a 64-128-10 network learns handwritten digits, half of its weights, those of
 * the smallest magnitude, are set to zero, and what is left is trained on. Prints the accuracy on the
 * last 360 images, which training never sees, before, after and at the end.
 *
 *   node build/examples/prune.js
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import { type Tensor, manualSeed, nn, noGrad, optim, randperm, tensor } from 'node-libtorch'

import { root } from './repository'

const heldOut = 360
const batchSize = 32

interface Digits {
  /** `[size, 64]`, from 0 to 1. */
  images: Tensor
  /** `[size]`, int64. */
  labels: Tensor
  size: number
}

/** The digits, in the file's order: those to train on, and the last 360. */
export function loadDigits(): { train: Digits; test: Digits } {
  const file = path.join(root, 'examples', 'data', 'digits.csv.gz')
  const text: string[][] = parse(gunzipSync(readFileSync(file)))
  const rows = text.map((cells) => cells.map(Number))
  const digits = (part: number[][]): Digits => ({
    images: tensor(part.map((row) => row.slice(0, 64))).div(16),
    labels: tensor(
      part.map((row) => row[64] as number),
      { dtype: 'int64' }
    ),
    size: part.length
  })
  return { train: digits(rows.slice(0, -heldOut)), test: digits(rows.slice(-heldOut)) }
}

function trainFor(epochs: number, model: nn.Module, { images, labels, size }: Digits): void {
  const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 })
  const criterion = new nn.CrossEntropyLoss()
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = randperm(size)
    for (let start = 0; start < size; start += batchSize) {
      const batch = order.index(`${start}:${Math.min(start + batchSize, size)}`)
      optimizer.zeroGrad()
      criterion(model(images.index(batch)), labels.index(batch)).backward()
      optimizer.step()
    }
  }
}

/** Share of the digits that the model names rightly. */
function accuracy(model: nn.Module, { images, labels, size }: Digits): number {
  return noGrad(() => model(images).argmax(1).eq(labels).sum().item() / size)
}

export interface Accuracies {
  before: number
  pruned: number
  tuned: number
  /** Share of the weights that are zero in the end. */
  sparsity: number
}

export function run({ seed = 0, epochs = 30, fineTuning = 10 } = {}): Accuracies {
  manualSeed(seed)
  const { train, test } = loadDigits()
  const layers = [new nn.Linear(64, 128), new nn.Linear(128, 10)] as const
  const model = new nn.Sequential(layers[0], new nn.ReLU(), layers[1])
  trainFor(epochs, model, train)
  const before = accuracy(model, test)

  const weights = layers.map((layer): [nn.Module, string] => [layer, 'weight'])
  nn.utils.prune.globalUnstructured(weights, nn.utils.prune.L1Unstructured, { amount: 0.5 })
  const pruned = accuracy(model, test)
  // The masks keep what is zero at zero.
  trainFor(fineTuning, model, train)
  for (const layer of layers) nn.utils.prune.remove(layer, 'weight')
  const zeros = layers.map(({ weight }) => weight.eq(0).sum().item())
  const count = layers.map(({ weight }) => weight.numel())
  const sum = (values: number[]) => values.reduce((a, b) => a + b, 0)
  return { before, pruned, tuned: accuracy(model, test), sparsity: sum(zeros) / sum(count) }
}

if (require.main === module) {
  const { before, pruned, tuned, sparsity } = run()
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`
  console.log(`accuracy before pruning:         ${percent(before)}`)
  console.log(`with half of the weights pruned: ${percent(pruned)}`)
  console.log(`after fine-tuning:               ${percent(tuned)}`)
  console.log(`weights that are zero:           ${percent(sparsity)}`)
}
