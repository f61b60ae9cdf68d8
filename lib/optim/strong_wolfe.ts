/**
 * The line search of LBFGS: a step that satisfies the strong Wolfe conditions.
 * Source: Nocedal and Wright, Numerical Optimization, algorithms 3.5 and 3.6
 */
import type { Tensor } from '../tensor'
import { absolute, add, div, least, less, lessEqual, most, mul, type Scalar, sub } from './scalar'

/** A point on the line: step, loss, gradient, and the slope along the line. */
interface Point {
  t: Scalar
  f: number
  g: Tensor
  slope: Scalar
}

export interface LineSearch {
  f: number
  g: Tensor
  t: Scalar
  evaluations: number
}

/** Sufficient decrease, and curvature. */
const [c1, c2] = [1e-4, 0.9]
const toleranceChange = 1e-9

/** The minimum, within bounds, of the cubic through two points with their slopes. */
function cubicMinimum(a: Point, b: Point, bounds?: [Scalar, Scalar]): Scalar {
  const inOrder = lessEqual(a.t, b.t)
  const [low, high] = bounds ?? (inOrder ? [a.t, b.t] : [b.t, a.t])
  const d1 = sub(add(a.slope, b.slope), div(3 * (a.f - b.f), sub(a.t, b.t)))
  const square = sub((d1 as Tensor).pow(2), mul(a.slope, b.slope)) as Tensor
  if (!lessEqual(0, square)) return div(add(low, high), 2)
  const d2 = square.sqrt()
  const [from, to] = inOrder ? [a, b] : [b, a]
  const rise = sub(add(to.slope, d2), d1)
  const run = add(sub(to.slope, from.slope), mul(2, d2))
  const t = sub(to.t, mul(sub(to.t, from.t), div(rise, run)))
  return least(most(t, low), high)
}

/**
 * @param evaluate loss and gradient a step of t along d away
 * @param start loss, gradient and slope where the line begins
 * @param maxSearches how often the step is tried anew
 */
export function strongWolfe(
  evaluate: (t: Scalar) => { f: number; g: Tensor },
  d: Tensor,
  firstStep: Scalar,
  start: { f: number; g: Tensor; slope: Tensor },
  maxSearches: number
): LineSearch {
  const norm = d.abs().max() as Tensor
  const at = (t: Scalar): Point => {
    const { f, g } = evaluate(t)
    return { t, f, g, slope: g.dot(d) }
  }
  const origin: Point = { ...start, g: start.g.clone(), t: 0 }
  const tooHigh = ({ t, f }: Point) => less(add(start.f, mul(mul(c1, t), start.slope)), f)
  const isFlat = ({ slope }: Point) => lessEqual(absolute(slope), mul(-c2, start.slope))

  let point = at(firstStep)
  let [evaluations, searches] = [1, 0]
  const again = (t: Scalar) => {
    point = at(t)
    evaluations++
    searches++
  }
  const result = ({ t, f, g }: Point) => ({ t, f, g, evaluations })

  // Steps grow until two of them bracket one that satisfies the conditions.
  let before = origin
  let bracket: [Point, Point] | null = null
  while (searches < maxSearches) {
    if (tooHigh(point) || (searches > 1 && point.f >= before.f)) bracket = [before, point]
    else if (isFlat(point)) return result(point)
    else if (lessEqual(0, point.slope)) bracket = [before, point]
    if (bracket) break
    const shortest = add(point.t, mul(0.01, sub(point.t, before.t)))
    const t = cubicMinimum(before, point, [shortest, mul(point.t, 10)])
    before = point
    again(t)
  }
  bracket ??= [origin, point]

  // The bracket shrinks around it.
  let [low, high] = bracket[0].f <= bracket[1].f ? ([0, 1] as const) : ([1, 0] as const)
  let wasSlow = false
  while (searches < maxSearches) {
    const [first, second] = bracket
    if (less(mul(absolute(sub(second.t, first.t)), norm), toleranceChange)) break
    let t = cubicMinimum(first, second)
    const [left, right] = [least(first.t, second.t), most(first.t, second.t)]
    const margin = mul(0.1, sub(right, left))
    const isNearEdge = less(least(sub(right, t), sub(t, left)), margin)
    if (isNearEdge && (wasSlow || lessEqual(right, t) || lessEqual(t, left))) {
      const isNearRight = less(absolute(sub(t, right)), absolute(sub(t, left)))
      t = isNearRight ? sub(right, margin) : add(left, margin)
      wasSlow = false
    } else {
      wasSlow = isNearEdge
    }
    again(t)
    if (tooHigh(point) || point.f >= bracket[low].f) {
      bracket[high] = point
      ;[low, high] = bracket[0].f <= bracket[1].f ? [0, 1] : [1, 0]
    } else {
      const done = isFlat(point)
      const climbs = mul(point.slope, sub(bracket[high].t, bracket[low].t))
      if (!done && lessEqual(0, climbs)) bracket[high] = bracket[low]
      bracket[low] = point
      if (done) break
    }
  }
  return result(bracket[low])
}
