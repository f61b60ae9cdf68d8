/**
 * What recording has to know about operators, by their base names. native/ knows none of them.
 */
import { native } from '../native'

const hostRead = 'gives JavaScript a number, which the next steps would not have'
const dataShape = 'gives a result whose shape depends on the data'

function each(reason: string, names: string): [string, string][] {
  return names
    .trim()
    .split(/\s+/)
    .map((name) => [name, reason])
}

/** Base names, or NAME.OVERLOAD. */
const refused: [string, string][] = [
  ...each(hostRead, '_local_scalar_dense equal is_nonzero allclose item'),
  ...each(
    dataShape,
    `nonzero nonzero_numpy argwhere masked_select unique_dim unique_consecutive unique_dim_consecutive
     _unique _unique2 bincount repeat_interleave.Tensor repeat_interleave.self_Tensor _coalesce
     _pad_packed_sequence _pack_padded_sequence`
  ),
  ...each(
    'reads numbers from a tensor that the next steps would not read again',
    'ctc_loss.Tensor tensor_split.tensor_indices_or_sections'
  ),
  ...each(
    'writes to memory by itself',
    '_grid_sampler_2d_cpu_fallback_backward _sobol_engine_draw'
  ),
  ...each('puts other memory under a tensor', 'set_ resize_ resize_as_ set_data')
]

/**
 * Operators that only call others: seen by those, which have out variants. Each does in C++, with the
 * same arguments, no more than the calls that are seen.
 */
const transparent = [
  'relu',
  'relu_',
  'embedding',
  'select_backward',
  'rand',
  'rand_like',
  'randn',
  'randn_like'
]

/** Operators that look at shapes and types only. */
const ignored = [
  'detach_',
  'is_same_size',
  'sym_size',
  'sym_stride',
  'sym_numel',
  'sym_storage_offset',
  'can_cast',
  'result_type',
  'promote_types',
  '_has_compatible_shallow_copy_type',
  '_debug_has_internal_overlap',
  'is_floating_point',
  'is_complex',
  'is_signed',
  'is_pinned',
  'is_inference',
  'is_set_to',
  'dim',
  '_use_cudnn_rnn_flatten_weight',
  '_cudnn_init_dropout_state',
  'cudnn_is_acceptable',
  '_fused_sdp_choice',
  '_nnpack_available',
  'is_vulkan_available',
  'output_nr',
  '_version',
  'retain_grad',
  'retains_grad'
]

/**
 * Change a tensor's shape in place, each with what gives the same place in memory another shape: what
 * has the tensor in the step has that register from then on.
 */
export const viewsInPlace: ReadonlyMap<string, { operator: string; overload?: string }> = new Map([
  ['aten::squeeze_', { operator: 'aten::squeeze' }],
  ['aten::unsqueeze_', { operator: 'aten::unsqueeze' }],
  ['aten::t_', { operator: 'aten::t' }],
  ['aten::transpose_', { operator: 'aten::transpose', overload: 'int' }],
  ['aten::as_strided_', { operator: 'aten::as_strided' }]
])

/** Draw from a generator without having a parameter for it. */
export const random = new Set(
  `rand randn randint randperm rand_like randn_like randint_like bernoulli dropout native_dropout
   _fused_dropout feature_dropout alpha_dropout multinomial normal rrelu rrelu_with_noise
   _scaled_dot_product_flash_attention_for_cpu _scaled_dot_product_flash_attention
   _scaled_dot_product_efficient_attention _flash_attention_forward _efficient_attention_forward
   _cudnn_rnn _fused_sdp_choice`
    .trim()
    .split(/\s+/)
    .map((name) => `aten::${name}`)
)

/** Give views, or parts of what they are given, though their schemas do not say so. */
export const untaggedViews = new Set(
  ['_unsafe_view', 'unsafe_split', 'unsafe_split_with_sizes', 'unsafe_chunk'].map(
    (name) => `aten::${name}`
  )
)

/** Copy what they are given into new memory, of another dtype or order maybe: `copy_` does the same. */
export const copies = new Set(['aten::clone', 'aten::_to_copy'])

/**
 * Out variants that use the result's memory for something larger on the way, and so cannot be given
 * any: losses, which are reduced there.
 */
export const growsOutput = new Set(
  ['huber_loss', 'soft_margin_loss', 'binary_cross_entropy'].map((name) => `aten::${name}`)
)

/** Out variants that are no kernel of the device's own, and yet write nowhere else on the way. */
export const otherOutVariants = new Map([['aten::stack', 'out']])

/**
 * Arguments that operators write to though their schemas do not say so: running means and variances,
 * and before libtorch 2.6 the noise of rrelu.
 */
export const untaggedWrites: ReadonlyMap<string, readonly number[]> = new Map([
  ['aten::rrelu_with_noise', [1]],
  ['aten::native_batch_norm', [3, 4]],
  ['aten::cudnn_batch_norm', [3, 4]],
  ['aten::miopen_batch_norm', [3, 4]],
  ['aten::_batch_norm_impl_index', [3, 4]]
])

/** Whose kernels read and write element by element, so that the result may be written over an operand. */
export const elementwise = new Set(
  `add sub mul div neg abs exp log sqrt rsqrt reciprocal sigmoid tanh clamp clamp_min clamp_max maximum
   minimum addcmul addcdiv lerp threshold threshold_backward sigmoid_backward tanh_backward leaky_relu
   leaky_relu_backward hardtanh hardtanh_backward silu silu_backward softplus softplus_backward elu`
    .trim()
    .split(/\s+/)
    .map((name) => `aten::${name}`)
)

/** Make memory without writing to it. */
export const empties = new Set(
  ['empty', 'empty_like', 'new_empty', 'empty_strided', 'new_empty_strided', 'empty_permuted'].map(
    (name) => `aten::${name}`
  )
)

/** Copies what an operator that works in place needs of its argument in backward, before it does. */
const saving = ['clone']
/** With a mask the shape of the result depends on the data. */
const masked = ['index']
/** Is given constants of libtorch's own. */
const constants = ['lift_fresh']

let areInstalled = false

/** Tells the addon, once. */
export function installRules(): void {
  if (areInstalled) return
  areInstalled = true
  native.setRecordingRules(refused, transparent, ignored, saving, masked, constants)
}
