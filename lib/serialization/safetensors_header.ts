/**
 * The header of a .safetensors file. It is read by its own grammar, which is a small part of JSON's:
 * so nothing can nest, names that come twice are seen, and all else is refused where it stands.
 * Source: https://huggingface.co/docs/safetensors
 */
import { type DType, itemSize } from '../dtype'
import { badFile } from './bad_file'
import { isWellFormed } from '../plain'

/** dtypes by their names in the file. */
export const dtypes: Record<string, DType> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  I64: 'int64',
  I32: 'int32',
  I16: 'int16',
  I8: 'int8',
  U8: 'uint8',
  BOOL: 'bool',
  C64: 'complex64'
}

/** The format's own limit of a header, in bytes. */
export const longestHeader = 100_000_000
const mostTensors = 2 ** 20
/** libtorch's own limit. */
const mostDims = 64

/** Where a tensor lies; `begin` and `end` in bytes from the end of the header on. */
export interface Entry {
  name: string
  dtype: DType
  shape: number[]
  begin: number
  end: number
}

export interface Header {
  entries: Entry[]
  metadata: Record<string, string>
}

/** The header in `bytes`, checked against the `length` of the data after it. */
export function parseHeader(file: string, bytes: Uint8Array, length: number): Header {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw badFile(file, 'the header is not UTF-8')
  }
  if (!text.startsWith('{')) throw badFile(file, "the header does not begin with '{'")
  const header = new HeaderParser(file, text).parse()
  checkLayout(file, header.entries, length)
  return header
}

/** The tensors must cover the data from its first byte to its last, each byte once. */
function checkLayout(file: string, entries: readonly Entry[], length: number): void {
  const sorted = [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)
  let covered = 0
  for (const { name, dtype, shape, begin, end } of sorted) {
    const refuse = (reason: string) => badFile(file, `tensor ${quoted(name)}: ${reason}`)
    if (end < begin) throw refuse(`data_offsets [${begin}, ${end}] end before they begin`)
    if (end > length)
      throw refuse(`data_offsets [${begin}, ${end}] reach beyond the ${length} bytes of data`)
    const bytes = shape.reduce((product, size) => product * size, itemSize(dtype))
    if (!Number.isSafeInteger(bytes)) throw refuse(`shape [${shape}] has too many elements`)
    if (bytes !== end - begin)
      throw refuse(
        `shape [${shape}] of ${dtype} needs ${bytes} bytes, data_offsets [${begin}, ${end}] give ${end - begin}`
      )
    if (begin < covered) throw refuse(`its data overlaps that of another tensor, at byte ${begin}`)
    if (begin > covered) throw refuse(`there is a hole of ${begin - covered} bytes before its data`)
    covered = end
  }
  if (covered !== length)
    throw badFile(file, `${length - covered} bytes after the last tensor belong to none`)
}

function quoted(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 77)}...` : name)
}

class HeaderParser {
  readonly #file: string
  readonly #text: string
  #at = 0

  constructor(file: string, text: string) {
    this.#file = file
    this.#text = text
  }

  parse(): Header {
    const entries: Entry[] = []
    let metadata: Record<string, string> = {}
    this.#members('the header', (name) => {
      if (name === '__metadata__') metadata = this.#metadata()
      else entries.push(this.#entry(name))
      if (entries.length > mostTensors)
        throw badFile(this.#file, `the header lists more than ${mostTensors} tensors`)
    })
    if (this.#peek() !== '') throw this.#unexpected('nothing after the closing brace')
    return { entries, metadata }
  }

  #metadata(): Record<string, string> {
    const pairs: [string, string][] = []
    this.#members('__metadata__', (key) => pairs.push([key, this.#string()]))
    return Object.fromEntries(pairs)
  }

  #entry(name: string): Entry {
    let dtype: DType | undefined
    let shape: number[] | undefined
    let offsets: number[] | undefined
    this.#members(`tensor ${quoted(name)}`, (key) => {
      if (key === 'dtype') dtype = this.#dtype(name)
      else if (key === 'shape') shape = this.#integers(mostDims)
      else if (key === 'data_offsets') offsets = this.#integers(2)
      else
        throw badFile(
          this.#file,
          `tensor ${quoted(name)}: expected dtype, shape and data_offsets, got ${quoted(key)}`
        )
    })
    if (dtype === undefined || shape === undefined || offsets?.length !== 2) {
      throw badFile(
        this.#file,
        `tensor ${quoted(name)}: expected dtype, shape and two data_offsets, got fewer`
      )
    }
    const [begin, end] = offsets as [number, number]
    return { name, dtype, shape, begin, end }
  }

  #dtype(name: string): DType {
    const given = this.#string()
    if (Object.hasOwn(dtypes, given)) return dtypes[given] as DType
    throw badFile(
      this.#file,
      `tensor ${quoted(name)}: unknown dtype ${quoted(given)}; expected one of ${Object.keys(dtypes).join(', ')}`
    )
  }

  /** `{"key": ..., ...}`, where `read` reads what follows a key and its colon. */
  #members(what: string, read: (key: string) => void): void {
    const seen = new Set<string>()
    this.#take('{')
    if (this.#takeIf('}')) return
    do {
      const key = this.#string()
      if (seen.has(key)) throw badFile(this.#file, `${what} has the name ${quoted(key)} twice`)
      seen.add(key)
      this.#take(':')
      read(key)
    } while (this.#takeIf(','))
    this.#take('}')
  }

  #integers(most: number): number[] {
    const list: number[] = []
    this.#take('[')
    if (this.#takeIf(']')) return list
    do {
      if (list.length === most) throw this.#unexpected(`at most ${most} integers`)
      list.push(this.#integer())
    } while (this.#takeIf(','))
    this.#take(']')
    return list
  }

  #integer(): number {
    const digits = this.#match(/(?:0|[1-9][0-9]*)(?![0-9.eE])/y)
    if (digits === undefined) throw this.#unexpected('an integer >= 0')
    const value = Number(digits)
    if (!Number.isSafeInteger(value)) throw badFile(this.#file, `${digits} is beyond 2^53`)
    return value
  }

  #string(): string {
    if (this.#peek() !== '"') throw this.#unexpected('a string')
    let end = this.#at
    do end = this.#text.indexOf('"', end + 1)
    while (end !== -1 && this.#isEscaped(end))
    if (end === -1) throw this.#unexpected('a string that ends')
    let value: string
    try {
      value = JSON.parse(this.#text.slice(this.#at, end + 1)) as string
    } catch {
      throw this.#unexpected('a string as JSON has it')
    }
    if (!isWellFormed(value)) throw this.#unexpected('a string without halves of characters')
    this.#at = end + 1
    return value
  }

  #isEscaped(at: number): boolean {
    let backslashes = 0
    while (this.#text[at - 1 - backslashes] === '\\') backslashes++
    return backslashes % 2 === 1
  }

  /** The next character that is no white space; '' at the end. */
  #peek(): string {
    while (' \n\r\t'.includes(this.#text[this.#at] ?? '?')) this.#at++
    return this.#text[this.#at] ?? ''
  }

  #match(pattern: RegExp): string | undefined {
    this.#peek()
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    this.#at += found?.length ?? 0
    return found
  }

  #takeIf(character: string): boolean {
    if (this.#peek() !== character) return false
    this.#at++
    return true
  }

  #take(character: string): void {
    if (!this.#takeIf(character)) throw this.#unexpected(`'${character}'`)
  }

  #unexpected(expected: string): Error {
    const got = this.#text.slice(this.#at, this.#at + 20)
    return badFile(
      this.#file,
      `header, character ${this.#at}: expected ${expected}, got ${got === '' ? 'its end' : JSON.stringify(got)}`
    )
  }
}
