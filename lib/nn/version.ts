/**
 * Where PyTorch's own Python layer computes otherwise from a version on.
 */
import { native } from '../native'

const [major, minor] = native.buildInfo().libtorch.split('.').map(Number) as [number, number]

/** Whether the loaded libtorch is older than `wantedMajor.wantedMinor`. */
export function isBefore(wantedMajor: number, wantedMinor: number): boolean {
  return major < wantedMajor || (major === wantedMajor && minor < wantedMinor)
}

/** Refuses what the loaded libtorch is too old for. */
export function needs(name: string, wantedMajor: number, wantedMinor: number): void {
  if (!isBefore(wantedMajor, wantedMinor)) return
  const { libtorch } = native.buildInfo()
  throw new Error(
    `${name}: the loaded libtorch ${libtorch} does not have it; use ${wantedMajor}.${wantedMinor} or newer`
  )
}
