/**
 * The report of the coverage test: counts by kind, and what is not covered and why.
 */
import { type Case, baseOf } from './compare'
import { kindOf, reasonFor } from './kinds'

export interface Report {
  libtorch: string
  /** Overloads with a call that gave the same as in Python. */
  overloads: number
  /** Their base names, without in-place twins. */
  operators: number
  inPlace: number
  differentiable: number
  /** Operators by kind. */
  kinds: Record<string, number>
  /** Of the forms that choose the overload: how many gave the same as Python's. */
  forms: Record<'any' | 'method', number>
  /** Base names without any covered overload, by reason. */
  notCovered: Record<string, string[]>
  /** Every covered call: what a gradient check can begin with. */
  cases: { id: string; args: unknown[]; differentiable: boolean }[]
}

const isTwin = (base: string) => /[^_]_$/.test(base) || /^__i/.test(base)

function tally(names: string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

export function reportOf(
  libtorch: string,
  covered: Case[],
  all: Case[],
  forms: Report['forms']
): Report {
  // The first overload stands for its operator; those with `out` come last.
  const byBase = new Map([...covered].reverse().map((found) => [baseOf(found.id), found]))
  const bases = [...byBase.keys()]
  const notCovered: Record<string, string[]> = {}
  for (const found of all) {
    const base = baseOf(found.id)
    if (byBase.has(base)) continue
    const list = (notCovered[reasonFor(found)] ??= [])
    if (!Object.values(notCovered).some((names) => names.includes(base))) list.push(base)
  }
  const differentiable = (found: Case) => Array.isArray(found.result?.grads)
  return {
    libtorch,
    overloads: covered.length,
    operators: bases.filter((base) => !isTwin(base)).length,
    inPlace: bases.filter(isTwin).length,
    differentiable: covered.filter(differentiable).length,
    kinds: tally([...byBase.values()].map(kindOf)),
    forms,
    notCovered,
    cases: covered.map((found) => ({
      id: found.id,
      args: found.args!,
      differentiable: differentiable(found)
    }))
  }
}

/** As it is printed. */
export function text({
  libtorch,
  overloads,
  operators,
  inPlace,
  kinds,
  forms,
  notCovered
}: Report): string {
  const lines = Object.entries(kinds)
    .sort(([, a], [, b]) => b - a)
    .map(([kind, count]) => `  ${String(count).padStart(4)} ${kind}`)
  const missing = Object.entries(notCovered)
    .filter(([, names]) => names.length > 0)
    .map(([reason, names]) => `  ${reason} (${names.length}): ${names.join(' ')}`)
  return [
    `Operators of libtorch ${libtorch} that give Python's bits: ${operators}, and ${inPlace} in-place twins; ${overloads} overloads`,
    ...lines,
    `The overload chosen as in Python: ${forms.any} functions, ${forms.method} methods`,
    'Not covered:',
    ...missing
  ].join('\n')
}
