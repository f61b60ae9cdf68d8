/**
 * What kind of operator a name is, and why one has no working call.
 */
import { type Case, baseOf } from './compare'

// biome-ignore format: a table
const kinds: [kind: string, names: RegExp][] = [
  ['random', /rand|normal|uniform|bernoulli|multinomial|poisson$|exponential|cauchy|geometric|dropout|binomial|dirichlet|_gamma|rrelu/],
  ['losses', /loss|cross_entropy|kl_div|cosine_similarity/],
  ['norms and normalisation', /batch_norm|layer_norm|group_norm|instance_norm|rms_norm|weight_norm|renorm|^norm|_norm$|native_norm|softmax/],
  ['linear algebra', /linalg|^(add|addb|addm|baddb|b|m|sm|hsp|sspadd)mm?$|^(mm|mv|bmm|addmm|addmv|addr|addbmm|baddbmm|dot|vdot|inner|outer|ger|matmul|linear|bilinear|einsum|tensordot|kron|cross|cdist|pdist|chain_matmul|matrix_|cholesky|lu_|qr|svd|eig|symeig|orgqr|ormqr|geqrf|lstsq|triangular_solve|inverse|pinverse|det|logdet|slogdet|trace)|mm$|_cdist|_cholesky/],
  ['convolutions and pooling', /conv|pool|upsample|grid_sampl|affine_grid|im2col|col2im|pixel_|channel_shuffle|_pad|^pad|mkldnn_linear/],
  ['recurrent networks and attention', /lstm|gru|rnn|attention|transformer|packed_sequence|padded/],
  ['factories', /^(zeros|ones|full|empty|arange|range|linspace|logspace|eye|tril_indices|triu_indices|new_|scalar_tensor|.*_window|.*_like|complex|polar|from_file|_efficientzerotensor)/],
  ['views', /^(view|reshape|_reshape|expand|permute|transpose|t$|t_$|squeeze|unsqueeze|flatten|unflatten|narrow|select$|slice$|split|chunk|unbind|diagonal$|as_strided|detach|alias|swap|move|adjoint|mT|mH|ravel|unfold|real$|imag$|unsafe_|tensor_split|[hvd]split|.*_copy$|movedim|numpy_T|matrix_H|lift|view_as)/],
  ['indexing', /index|gather|scatter|take|put|mask|where|nonzero|embedding|select|slice|searchsorted|bucketize|one_hot|diag|tril|triu|roll|flip|rot90|repeat|tile|cat$|stack|unique|argwhere|block_diag|meshgrid|combinations|cartesian/],
  ['reductions', /^_?(sum|mean|prod|max$|min$|amax|amin|aminmax|all|any|std|var|median|nanmedian|mode|logsumexp|cum|logcumsum|nansum|nanmean|count_nonzero|argmax|argmin|kthvalue|sort|argsort|msort|topk|quantile|nanquantile|hist|bincount|std_mean|var_mean|trapz|trapezoid|dist$|segment_reduce|diff|gradient|corrcoef|cov|equal|allclose|_aminmax)/],
  ['sparse and quantized', /sparse|quantiz|coalesce|csr|csc|crow|ccol|q_|dequantize|int_repr|_nnz|values$|indices$|mkldnn|fbgemm/],
  ['Fourier transforms', /fft|stft/],
  ['lists of tensors', /foreach|_fused|_amp/]
]

/** Schemas whose only tensors are `self`, or `self` and one more. */
function elementwise({ text }: Case): string {
  const tensors =
    text.slice(text.indexOf('('), text.indexOf(' -> ')).match(/Tensor(\([a-z]!?\))? \w+/g) ?? []
  const gives = / -> Tensor(\([a-z]!?\))?$/.test(text)
  if (!gives || /backward|_jvp/.test(text)) return 'other'
  if (tensors.length === 1)
    return /Scalar|int|float/.test(text.split(',')[1] ?? '')
      ? 'elementwise binary'
      : 'elementwise unary'
  return tensors.length === 2 ? 'elementwise binary' : 'other'
}

export function kindOf(found: Case): string {
  const base = baseOf(found.id)
  if (/[^_]_$/.test(base) || /^__i/.test(base)) return 'in-place'
  if (/backward|_jvp/.test(base)) return 'backward kernels'
  return kinds.find(([, names]) => names.test(base))?.[0] ?? elementwise(found)
}

// biome-ignore format: a table
const reasons: [reason: string, names: RegExp, message: RegExp][] = [
  ['needs CUDA or another device', /cudnn|cufft|miopen|mps|cuda|pin_memory|triton|flash|efficient_attention|cutlass|xpu|hpu|thnn_fused|_amp_|depthwise/, /CUDA|MPS|Vulkan|is not supported on this platform/],
  ['needs a nested tensor', /nested|padded_tensor/, /nested tensor/i],
  ['needs named tensors', /align_to|refine_names|rename/, /Dimname/],
  ['needs a class of libtorch', /record_stream/, /expected (\S*__torch__|Stream|Storage|Any)/],
  ['needs a quantized tensor', /quant|fbgemm|q_/, /quantized dtype|FBGEMM/],
  ['needs a sparse tensor', /sparse|csr|coalesce|_values|_indices|col_indices|row_indices/, /(?!)/],
  ['is for forward differentiation', /_jvp|_make_dual|_fw_primal/, /(?!)/],
  ['has no kernel for the CPU', /(?!)/, /Could not run|not implemented for|only available|not compiled|not supported/]
]

/** Why no candidate worked. */
export function reasonFor({ id, crashed, failures, args }: Case): string {
  if (args) return 'does not give what Python gives'
  if (crashed.length > 0) return 'crashes libtorch'
  const messages = failures.map(({ message }) => message).join('\n')
  const found =
    reasons.find(([, names]) => names.test(id)) ??
    reasons.find(([, , message]) => message.test(messages))
  if (found) return found[0]
  if (failures.length > 0 && failures.every(({ refused }) => refused))
    return 'the converter refuses what was tried'
  return 'no valid arguments found'
}
