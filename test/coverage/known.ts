/**
 * Where ours and Python's may differ, and why; nothing else may.
 */

export type Known = [ids: RegExp, why: string][]

/** Results of `torch.ops` that need not be the same. */
export const otherResults: Known = [
  [/^aten::as_strided_scatter\./, 'the gradient of libtorch 1.13 holds memory that nobody has set'],
  [/^aten::linalg_lstsq\./, "LAPACK's last bit depends on where the matrices lie in memory"],
  [/^aten::_version\./, "torch.randn's own tensors begin at version 0, those of aten::randn at 1"],
  [
    /^aten::_use_cudnn_rnn_flatten_weight\./,
    "Python's torch has its CUDA half loaded even without a GPU"
  ],
  [
    /^aten::(promote_types|result_type|qscheme)\./,
    'torch.ops shows the code of a dtype, ours its name'
  ]
]

/** `torch.NAME` or `torch.Tensor.NAME` is not just the operator of that name. */
export const otherInPython: Known = [
  [/^aten::_foreach_\w+_\./, "Python's binding of later versions gives its first argument back"],
  [/^aten::(stft|istft|unique_consecutive)\./, 'a Python function with other results'],
  [/^aten::slice_copy\./, "Python's binding of 1.13 reads the default of `end` as 1"]
]
