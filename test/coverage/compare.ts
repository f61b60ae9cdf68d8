/**
 * What our calls gave beside what Python's gave.
 */

/** What came of a call: everything as text (call.js). */
export interface Result {
  outputs?: unknown
  changed?: string[]
  grads?: (string | null)[] | { threw: string } | null
  threw?: string
  code?: string
  /** Of Python: the name of the error's class. */
  kind?: string
  /** Of Python: there is no function or method of this name. */
  absent?: boolean
}

/** One overload, as run.js writes it. */
export interface Case {
  id: string
  text: string
  args?: unknown[]
  result?: Result
  any?: Result
  method?: Result
  failures: { args: unknown[]; refused: boolean; message: string }[]
  crashed: unknown[][]
}

/** The same overload, as parity/coverage.py writes it. */
export interface Reference {
  id: string
  crashed?: boolean
  overload?: Result
  any?: Result
  method?: Result
  failures?: Result[]
}

/** Results whose elements nobody has set. */
const uninitialised =
  /^(empty|new_empty|_empty|_make_dep_token|set|resize|sparse_resize|_resize_output|_cudnn_init|_test_)/
/** Results that differ from run to run: addresses, versions, the seed. */
const unsteady =
  /^(data_ptr|_version|seed|record_stream|_fused_dropout|fbgemm_pack|mkldnn_rnn_layer$|_compute_linear_combination|_ctc_loss$)/

export const baseOf = (id: string): string => id.slice(id.indexOf('::') + 2, id.lastIndexOf('.'))

/** Whether only shapes and dtypes can be compared. */
export const shapesOnly = (id: string): boolean =>
  uninitialised.test(baseOf(id)) || unsteady.test(baseOf(id))

function comparable(value: unknown, heads: boolean): string {
  const text = JSON.stringify(value ?? null)
  return heads ? text.replace(/(\w+\[[\d, ]*\])[^"]*/g, '$1') : text
}

/** Where ours differs from Python's; null where it does not. */
export function difference(id: string, ours: Result, theirs: Result): string | null {
  const heads = shapesOnly(id)
  if ('threw' in theirs) return `Python threw ${theirs.kind}: ${theirs.threw}`
  for (const part of ['outputs', 'changed', 'grads'] as const) {
    const [mine, other] = [ours[part], theirs[part]]
    const threw = [mine, other].map(
      (value) => value !== null && typeof value === 'object' && 'threw' in value
    )
    if (threw[0] && threw[1]) continue
    if (comparable(mine, heads) !== comparable(other, heads))
      return `${part}: ours ${comparable(mine, heads)}, Python's ${comparable(other, heads)}`.slice(
        0,
        400
      )
  }
  return null
}

/** The same for the forms that choose the overload, which have outputs only. */
export function formDifference(id: string, ours: Result, theirs: Result): string | null {
  const heads = shapesOnly(id)
  const [mine, other] = [comparable(ours.outputs, heads), comparable(theirs.outputs, heads)]
  if (ours.threw !== undefined) return `ours threw ${ours.threw.slice(0, 300)}`
  return mine === other ? null : `ours ${mine.slice(0, 200)}, Python's ${other.slice(0, 200)}`
}
