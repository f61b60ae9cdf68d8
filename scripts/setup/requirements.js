// Which NVIDIA packages a torch wheel needs, and which of them its CPU half needs.
'use strict'

// A library's name -> what the names of its package contain.
const packageWords = {
  libcudart: ['cudart', 'cuda-runtime'],
  libcupti: ['cupti'],
  libcublas: ['cublas'],
  libcublasLt: ['cublas'],
  libcudnn: ['cudnn'],
  libcufft: ['cufft'],
  libcufile: ['cufile'],
  libcurand: ['curand'],
  libcusolver: ['cusolver'],
  libcusparse: ['cusparse'],
  libcusparseLt: ['cusparselt'],
  libnccl: ['nccl'],
  libnvJitLink: ['nvjitlink'],
  libnvToolsExt: ['nvtx'],
  libnvrtc: ['nvrtc'],
  libnvshmem_host: ['nvshmem']
}

/** [{ name, extras, version }] of the nvidia-* and cuda-toolkit lines in a wheel's METADATA. */
function nvidiaRequirements(metadata) {
  const machine = { x64: 'x86_64', arm64: 'aarch64' }[process.arch]
  const line = /^Requires-Dist:\s*(nvidia-[\w-]+|cuda-toolkit)(?:\[([^\]]*)\])?\s*([^;\n]*)(.*)$/gm
  return [...metadata.matchAll(line)]
    .filter(([, , , , marker]) => !/extra\s*==/.test(marker))
    .filter(([, , , , marker]) => {
      const wanted = marker.match(/platform_machine\s*==\s*["'](\w+)["']/)?.[1]
      return !wanted || wanted === machine
    })
    .map(([, name, extras = '', version]) => ({
      name,
      extras: extras
        .split(',')
        .map((word) => word.trim())
        .filter(Boolean),
      version: version.replace(/[()\s]/g, '')
    }))
}

const specifier = ({ name, extras, version }) =>
  `${name}${extras.length ? `[${extras.join(',')}]` : ''}${version}`

/** What pip is to install for the libraries named, or everything where `libraries` is null. */
function specifiers(requirements, libraries) {
  if (!libraries) return requirements.map(specifier)
  const words = libraries.map((library) => packageWords[library.replace(/\.so.*/, '')] ?? [])
  const chosen = requirements
    .map((requirement) => {
      const wanted = (text) => words.flat().some((word) => text === word || text.includes(word))
      if (requirement.extras.length === 0) return wanted(requirement.name) ? requirement : null
      const extras = requirement.extras.filter(wanted)
      return extras.length ? { ...requirement, extras } : null
    })
    .filter(Boolean)
  // A library that no known package brings: all of them, rather than a libtorch that cannot load.
  const isServed = (own) =>
    chosen.some(({ name, extras }) =>
      own.some((word) => [name, ...extras].some((text) => text.includes(word)))
    )
  return (words.every(isServed) ? chosen : requirements).map(specifier)
}

module.exports = { nvidiaRequirements, specifiers }
