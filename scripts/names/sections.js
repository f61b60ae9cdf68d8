// The parts of PyTorch that are compared, where they are here, and which of Python's names count.
'use strict'

/**
 * Each section: Python's place, ours (a path in the package; '' is the package itself, 'Tensor' its
 * methods), and whether classes, functions or both count.
 */
const sections = [
  { python: 'torch', here: '', kinds: 'function' },
  { python: 'torch.Tensor', here: 'Tensor', kinds: 'function' },
  { python: 'torch.nn', here: 'nn', kinds: 'class' },
  { python: 'torch.nn.functional', here: 'nn.functional', kinds: 'function' },
  { python: 'torch.nn.init', here: 'nn.init', kinds: 'function' },
  { python: 'torch.nn.utils', here: 'nn.utils', kinds: 'function' },
  { python: 'torch.nn.utils.rnn', here: 'nn.utils.rnn', kinds: 'both' },
  { python: 'torch.nn.utils.prune', here: 'nn.utils.prune', kinds: 'function' },
  { python: 'torch.nn.utils.parametrize', here: 'nn.utils.parametrize', kinds: 'function' },
  {
    python: 'torch.nn.utils.parametrizations',
    here: 'nn.utils.parametrizations',
    kinds: 'function'
  },
  { python: 'torch.optim', here: 'optim', kinds: 'class' },
  { python: 'torch.optim.lr_scheduler', here: 'optim.lrScheduler', kinds: 'class' },
  { python: 'torch.autograd', here: 'autograd', kinds: 'both' },
  { python: 'torch.amp', here: 'amp', kinds: 'both' },
  { python: 'torch.jit', here: 'jit', kinds: 'function' },
  { python: 'torch.linalg', here: 'linalg', kinds: 'function' },
  { python: 'torch.fft', here: 'fft', kinds: 'function' },
  { python: 'torch.special', here: 'special', kinds: 'function' },
  { python: 'torch.cuda', here: 'cuda', kinds: 'function' },
  { python: 'torch.utils.data', here: 'utils.data', kinds: 'both' }
]

module.exports = { sections }
