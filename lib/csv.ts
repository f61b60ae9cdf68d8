/**
 * Rows of CSV. Source: RFC 4180, with `\n` as the line break.
 */

function cell(value: string | number | null | undefined): string {
  if (typeof value === 'number') return String(value)
  // A line is a row here, so that a row that was cut off can be told.
  const text = (value ?? '').replace(/[\r\n]+/g, ' ')
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** A row with its line break; undefined is an empty cell. */
export function csvRow(values: readonly (string | number | null | undefined)[]): string {
  return `${values.map(cell).join(',')}\n`
}

/** The cells of a row that `csvRow` wrote. */
export function csvCells(row: string): string[] {
  const cells = row.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)
  return [...cells].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? (plain as string))
}
