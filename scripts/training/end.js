// How `train` and `compare` end.
'use strict'

const codes = { SIGINT: 130, SIGTERM: 143 }

/** Notes the first SIGINT or SIGTERM, for the exit code; a second one finds no listener of ours. */
function noteSignal(onSignal = () => {}) {
  const noted = { signal: null, code: 0 }
  const listeners = Object.keys(codes).map((signal) => [
    signal,
    () => {
      noted.forget()
      Object.assign(noted, { signal, code: codes[signal] })
      onSignal()
    }
  ])
  noted.forget = () => {
    for (const [signal, listener] of listeners) process.off(signal, listener)
  }
  for (const [signal, listener] of listeners) process.on(signal, listener)
  return noted
}

// Whoever reads the result may have gone: that is no error of the training.
function print(text) {
  process.stdout.once('error', (error) => {
    if (error.code !== 'EPIPE') throw error
  })
  process.stdout.write(`${text}\n`)
}

module.exports = { noteSignal, print }
