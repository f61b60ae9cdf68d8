/**
 * Numbers as people read them.
 */

/** A loss, a metric, a learning rate: five digits at most. */
export function short(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(5))) : String(value)
}

/** A speed: `12,345` or `0.25`. */
export function rate(value: number): string {
  return value >= 10 ? Math.round(value).toLocaleString('en-US') : String(+value.toPrecision(2))
}

/** `0:05`, `12:03`, `1:02:03`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds)
  const pad = (value: number) => String(value).padStart(2, '0')
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${minutes}:${pad(whole % 60)}`
}

/** Text that others gave, on one line and without a terminal's control codes. */
export function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ')
}
