// What a libtorch has: its operators, asked of an addon, and the names that its Python gives them.
'use strict'

const { ask } = require('../setup/command')

const schemasOf = `
const addon = require(process.argv[1])
const { libtorch } = addon.buildInfo()
process.stdout.write(JSON.stringify({ version: libtorch, schemas: addon.schemas() }))`

// Attributes that can be called and are no classes.
const namesOf = `
import json, torch
def names(place):
    found = {name: getattr(place, name, None) for name in dir(place) if name[0] != "_"}
    return [name for name, it in found.items() if callable(it) and not isinstance(it, type)]
places = {
    "Tensor": torch.Tensor, "torch": torch,
    "fft": torch.fft, "linalg": torch.linalg, "special": torch.special,
}
print(json.dumps({
    "version": torch.__version__, "names": {key: names(place) for key, place in places.items()}
}))`

function answer(command, args) {
  const { ok, out, err } = ask(command, args, { maxBuffer: 2 ** 28 })
  if (!ok) throw new Error(`${command}: expected JSON, got an error:\n${err.trim()}`)
  return JSON.parse(out)
}

const minor = (version) => version.split('.').slice(0, 2).join('.')

/** { version, schemas, names } of an addon and the Python of the same libtorch. */
function askBoth({ addon, python }) {
  const { version, schemas } = answer(process.execPath, ['-e', schemasOf, addon])
  const { version: theirs, names } = answer(python, ['-c', namesOf])
  if (minor(theirs) !== minor(version)) {
    throw new Error(
      `${python}: expected the torch of ${addon}, ${minor(version)}, got ${theirs}; ` +
        'install that one'
    )
  }
  return { version, schemas, names }
}

module.exports = { askBoth, minor }
