// Tells whether a build has anything to do: a hash of its inputs lies beside its result.
'use strict'

const crypto = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')

/** All files of a folder, sorted; of a file, itself; of what is not there, none. */
function filesOf(place) {
  if (!fs.existsSync(place)) return []
  if (!fs.statSync(place).isDirectory()) return [place]
  return fs
    .readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .sort()
}

/** Hash of the contents of files and folders, and of any further values. */
function hashOf(places, values) {
  const hash = crypto.createHash('sha256').update(JSON.stringify(values))
  for (const file of places.flatMap(filesOf)) {
    hash.update(`\0${file}\0`).update(fs.readFileSync(file))
  }
  return hash.digest('hex')
}

const isCurrent = (stamp, hash, results) =>
  results.every((file) => fs.existsSync(file)) &&
  fs.existsSync(stamp) &&
  fs.readFileSync(stamp, 'utf8') === hash

module.exports = { hashOf, isCurrent }
