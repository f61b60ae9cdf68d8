/**
 * Whether derivatives are right: those of backward against finite differences.
 * Source: https://pytorch.org/docs/stable/autograd.html#numerical-gradient-checking
 */
import { boolean, callable, options as checkOptions, finite, typeError } from '../check'
import { refusePromise } from '../modes'
import { ops } from '../operators/ops'
import type { Tensor } from '../tensor'
import { type MaybeTensors, type Tensors, grad, tensorsArgument } from './grad'
import { analytical, distance, isClose, numerical, show } from './jacobians'

export interface GradcheckOptions {
  /** By how much an element is moved. Default 1e-6. */
  eps?: number
  /** How far derivatives may be apart, absolutely. Default 1e-5. */
  atol?: number
  /** And in relation to the numerical one. Default 1e-3. */
  rtol?: number
  /** Whether to throw where they are further apart, or to return false. Default true. */
  raiseException?: boolean
  /** By how much two backwards may differ. Default 0. */
  nondetTol?: number
}

// biome-ignore lint/suspicious/noExplicitAny: as many tensors as there are inputs
type Checked = (...inputs: any[]) => Tensors
const optionNames = ['eps', 'atol', 'rtol', 'raiseException', 'nondetTol']

/** What a check found to be wrong. */
class Mismatch extends Error {}

function settingsOf(name: string, options: GradcheckOptions | undefined, known = optionNames) {
  const given = checkOptions<GradcheckOptions>(name, options, known)
  return {
    eps: finite('eps', given.eps ?? 1e-6, Number.MIN_VALUE),
    atol: finite('atol', given.atol ?? 1e-5, 0),
    rtol: finite('rtol', given.rtol ?? 1e-3, 0),
    nondetTol: finite('nondetTol', given.nondetTol ?? 0, 0),
    raiseException: boolean('raiseException', given.raiseException ?? true)
  }
}

/** The inputs, of which those that require grad are float64, and there is one. */
function inputsArgument(name: string, value: Tensors): Tensor[] {
  const inputs = tensorsArgument('inputs', value)
  const followed = inputs.filter((input) => input.requiresGrad)
  if (followed.length === 0) {
    throw new TypeError(
      `${name}: expected an input that requires grad, got none; make it with { requiresGrad: true }`
    )
  }
  for (const { dtype } of followed) {
    if (dtype !== 'float64') {
      throw typeError(
        'inputs',
        'float64, as finite differences need its precision, and no complex numbers',
        dtype,
        "convert them with to('float64')"
      )
    }
  }
  return inputs
}

function outputsOf(fn: Checked, inputs: readonly Tensor[]): Tensor[] {
  const outputs = tensorsArgument('fn', refusePromise('fn', fn(...inputs)))
  for (const { dtype } of outputs) {
    if (dtype.startsWith('complex'))
      throw typeError('fn', 'real results', dtype, 'return their real and imaginary parts')
  }
  return outputs
}

function check(fn: Checked, inputs: Tensor[], settings: ReturnType<typeof settingsOf>): void {
  const { eps, atol, rtol, nondetTol } = settings
  const followed = inputs.filter((input) => input.requiresGrad)
  const outputs = outputsOf(fn, inputs)
  const real = (all: Tensor[]) => all.filter((_, i) => outputs[i]?.dtype.includes('float'))
  const differences = followed.map((input) =>
    numerical(() => real(outputsOf(fn, inputs)), input, eps)
  )
  for (const [o, output] of real(outputs).entries()) {
    const derived = output.requiresGrad ? analytical(output, followed) : null
    const again = derived && analytical(output, followed)
    for (const i of followed.keys()) {
      const wanted = differences[i]?.[o] ?? []
      const got = derived?.[i] ?? wanted.map((row) => new Float64Array(row.length))
      const where = `output ${o} with respect to input ${inputs.indexOf(followed[i] as Tensor)}`
      if (!isClose(got, wanted, atol, rtol)) {
        throw new Mismatch(
          `gradcheck: the Jacobians of ${where} differ by up to ${distance(got, wanted)}\n` +
            `numerical:\n  ${show(wanted)}\nanalytical:\n  ${show(got)}` +
            (derived ? '' : '\n(the output does not require grad: its graph is cut)')
        )
      }
      const apart = distance(got, again?.[i] ?? got)
      if (apart > nondetTol) {
        throw new Mismatch(
          `gradcheck: two backwards of ${where} differ by ${apart}, more than nondetTol ${nondetTol}`
        )
      }
    }
  }
}

function verdict(raiseException: boolean, run: () => void): boolean {
  try {
    run()
    return true
  } catch (error) {
    if (raiseException || !(error instanceof Mismatch)) throw error
    return false
  }
}

/**
 * Checks the derivative of `fn` at `inputs`: each element of d(result)/d(input) by backward against
 * (fn(x + eps) - fn(x - eps)) / (2 eps). `fn` is called twice an element.
 * @param fn takes the inputs, gives a tensor or an array of tensors
 * @param inputs float64 where they require grad; their elements are moved in place and set back
 * @returns true, or false where `raiseException` is false and derivatives differ
 * @throws Error with both Jacobians where they differ by more than atol + rtol |numerical|;
 * TypeError where no input requires grad, or one that does is not float64, or a result is complex
 * Source: https://pytorch.org/docs/stable/generated/torch.autograd.gradcheck.gradcheck.html
 */
export function gradcheck(fn: Checked, inputs: Tensors, options?: GradcheckOptions): boolean {
  callable('fn', fn)
  const settings = settingsOf('gradcheck', options)
  const list = inputsArgument('gradcheck', inputs)
  return verdict(settings.raiseException, () => check(fn, list, settings))
}

/**
 * Checks the second derivative of `fn`: gradcheck of d(result)/d(input) as a function of the inputs
 * and of the gradients of the results.
 * @param options.gradOutputs the gradients of the results; default drawn from N(0, 1)
 * @returns, @throws as gradcheck does
 * Source: https://pytorch.org/docs/stable/generated/torch.autograd.gradcheck.gradgradcheck.html
 */
export function gradgradcheck(
  fn: Checked,
  inputs: Tensors,
  options?: GradcheckOptions & { gradOutputs?: Exclude<MaybeTensors, null> }
): boolean {
  callable('fn', fn)
  const settings = settingsOf('gradgradcheck', options, ['gradOutputs', ...optionNames])
  const list = inputsArgument('gradgradcheck', inputs)
  const given = options?.gradOutputs
  const directions =
    given === undefined
      ? followedOutputs(fn, list).map((output) => ops.aten.randn_like?.(output.detach()) as Tensor)
      : tensorsArgument('gradOutputs', given).map((direction) => direction.detach().clone())
  for (const direction of directions) direction.requiresGrad_()
  const derivative = (...all: Tensor[]): Tensor[] => {
    const moved = all.slice(0, list.length)
    const gradients = grad(
      followedOutputs(fn, moved),
      moved.filter((input) => input.requiresGrad),
      { gradOutputs: all.slice(list.length), createGraph: true, allowUnused: true }
    )
    return gradients.filter((gradient) => gradient !== null)
  }
  return verdict(settings.raiseException, () =>
    check(derivative, [...list, ...directions], settings)
  )
}

function followedOutputs(fn: Checked, inputs: readonly Tensor[]): Tensor[] {
  return outputsOf(fn, inputs).filter((output) => output.requiresGrad)
}
