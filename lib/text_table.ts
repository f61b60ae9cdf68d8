/**
 * Tables as text.
 */

/** Lines of cells, the first one the head's: the first `left` columns begin, others end below each other. */
export function textTable(head: readonly string[], rows: readonly string[][], left = 0): string {
  const lines = [head, ...rows]
  const widths = head.map((_, i) => Math.max(...lines.map((cells) => (cells[i] as string).length)))
  const padded = (cell: string, i: number) =>
    i < left ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number)
  return lines.map((cells) => cells.map(padded).join('  ')).join('\n')
}
