// docs/pytorch-names.md: Python's names beside ours, and what is missing.
'use strict'

const { camelCase } = require('../generate/camel_case')
const { sections } = require('./sections')

/** A set of the names in a place of the package: 'nn.utils'. */
function namesIn(torch, path) {
  if (path === 'Tensor') {
    const own = Object.getOwnPropertyNames(torch.Tensor.prototype)
    return new Set(own)
  }
  const place = path.split('.').reduce((it, key) => (key === '' ? it : it?.[key]), torch)
  return new Set(place ? Object.keys(place) : [])
}

/** What `name` is called among `ours`, or null. Python's trailing underscore may be left out. */
function ourName(name, ours) {
  const camel = camelCase(name)
  return [name, camel, camel.replace(/_$/, '')].find((candidate) => ours.has(candidate)) ?? null
}

const wanted = (kinds, isClass) => kinds === 'both' || (kinds === 'class') === isClass

/** { python, here, renamed: [[theirs, ours]], same: [], missing: [] } for each section. */
function compare(python, torch) {
  return sections.map(({ python: place, here, kinds }) => {
    const listed = Object.values(python).flatMap((names) => names[place])
    const theirs = listed.filter(([, isClass]) => wanted(kinds, isClass)).map(([name]) => name)
    const ours = namesIn(torch, here)
    const result = { python: place, here, renamed: [], same: [], missing: [] }
    for (const name of [...new Set(theirs)].sort()) {
      const found = ourName(name, ours)
      if (found === null) result.missing.push(name)
      else if (found === name) result.same.push(name)
      else result.renamed.push([name, found])
    }
    return result
  })
}

const list = (names) => names.map((name) => `\`${name}\``).join(', ')

function section({ python, here, renamed, same, missing }) {
  const there = same.length + renamed.length
  const place = here === '' ? 'the package' : `\`${here}\``
  const lines = [`## ${python}`, '']
  lines.push(`In ${place}: ${there} of ${there + missing.length} names.`, '')
  if (missing.length > 0) lines.push(`Missing: ${list(missing)}`, '')
  if (same.length > 0) lines.push(`The same: ${list(same)}`, '')
  if (renamed.length > 0) {
    lines.push('| PyTorch | here |', '|---|---|')
    for (const [theirs, ours] of renamed) lines.push(`| \`${theirs}\` | \`${ours}\` |`)
    lines.push('')
  }
  return lines
}

/** The page. `python`: the names of each version, `torch`: the package. */
function page(python, torch) {
  const compared = compare(python, torch)
  const versions = Object.keys(python).join(' and ')
  const lines = [
    '# PyTorch and node-libtorch, name by name',
    '',
    `Made by \`npm run names\` from the public names of PyTorch ${versions} and those of the package: what`,
    'is missing shows by itself. Names are written in camelCase here; classes keep theirs. Every',
    "operator without a name of Python's is in `ops.aten` all the same.",
    '',
    '| PyTorch | here | names | missing |',
    '|---|---|---|---|',
    ...compared.map(({ python: place, here, same, renamed, missing }) => {
      const there = same.length + renamed.length
      return `| \`${place}\` | ${here === '' ? 'the package' : `\`${here}\``} | ${there} | ${missing.length} |`
    }),
    '',
    ...compared.flatMap(section)
  ]
  return `${lines.join('\n').trimEnd()}\n`
}

module.exports = { page }
