/**
 * The order in which an epoch goes through samples.
 */
import { drawSeed } from '../dataset/draws'
import { Generator } from '../generator'
import { randperm } from '../random'
import type { Tensor } from '../tensor'

/**
 * A permutation of 0 to count - 1, int64, with the draws of a DataLoader that shuffles: one for its
 * workers' seed, then, from the default generator, one that seeds the permutation.
 * Source: https://pytorch.org/docs/stable/data.html#torch.utils.data.RandomSampler
 */
export function drawOrder(count: number, generator: Generator | null): Tensor {
  drawSeed(generator ?? undefined)
  return randperm(count, {
    generator: generator ?? new Generator().manualSeed(drawSeed())
  })
}
