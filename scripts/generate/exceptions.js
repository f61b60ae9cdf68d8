// Where the generator does not follow Python: what lib/ writes by hand is left out, for one. By the
// operators' own names.
'use strict'

const words = (text) => text.trim().split(/\s+/)

/** Methods of the class Tensor (lib/tensor.ts). */
const methods = words(`
  at backward index index_put index_put_ is_shared item numel register_hook requires_grad_
  retain_grad share_memory_ to to_typed_array tolist
`)

/** Functions of lib/creation.ts, lib/data.ts, lib/indexing.ts and lib/tensor.ts. */
const functions = words(`
  arange empty empty_like eye full full_like is_tensor linspace ones ones_like rand rand_like randint
  randn randn_like randperm slice tensor zeros zeros_like
`)

/** Named tensors, which PyTorch never finished: here a string is not the name of a dimension. */
const named = words('align_as align_tensors align_to refine_names rename rename_')

/** Methods though Python writes them otherwise: x[1:5:2] is x.slice(0, 1, 5, 2). */
const more = words('slice')

/** Attributes of Python's Tensor that are operators: the operator's name by the attribute's. */
const properties = {
  H: 'matrix_H',
  T: 'numpy_T',
  imag: 'imag',
  mH: 'mH',
  mT: 'mT',
  real: 'real'
}

module.exports = {
  leftOutMethods: new Set([...methods, ...named]),
  leftOutFunctions: new Set([...functions, ...named]),
  moreMethods: new Set(more),
  properties
}
