/**
 * Reading TorchScript files.
 */
import { options as checkOptions, typeError } from '../check'
import { native } from '../native'
import { isBadFile } from '../serialization/bad_file'
import { checkArchive } from './archive'
import { ScriptModule } from './script_module'

export interface LoadOptions {
  /** The device that everything is put on: `'cpu'`, `'cuda:1'`, `'auto'`. Default: where it was. */
  mapLocation?: string
}

/**
 * The module in a TorchScript file that Python's `torch.jit.save` or `ScriptModule.save` wrote. Such
 * a file is a program: load it only where you would run its author's code.
 * @throws Error of the system for a file that is missing, with `code` 'ERR_TORCH_BAD_FILE' and the reason
 * for one that is damaged or no TorchScript
 * Source: https://pytorch.org/docs/stable/generated/torch.jit.load.html
 */
export function load(path: string, options?: LoadOptions): ScriptModule {
  if (typeof path !== 'string' || path === '') throw typeError('path', 'the path of a file', path)
  const { mapLocation } = checkOptions<LoadOptions>('jit.load', options, ['mapLocation'])
  if (mapLocation !== undefined && typeof mapLocation !== 'string')
    throw typeError('mapLocation', "a device such as 'cpu'", mapLocation)
  const device = mapLocation === undefined ? null : native.resolveDevice(mapLocation)
  try {
    checkArchive(path)
  } catch (error) {
    if (isBadFile(error)) error.message = `jit.load('${path}'): ${error.reason}`
    throw error
  }
  return new ScriptModule(native.loadScriptModule(path, device))
}
