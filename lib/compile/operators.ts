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

const refused: [string, string][] = [
  ...each(hostRead, '_local_scalar_dense equal is_nonzero allclose item'),
  ...each(
    dataShape,
    `nonzero nonzero_numpy argwhere masked_select unique_dim unique_consecutive unique_dim_consecutive
     _unique _unique2 bincount histc_auto repeat_interleave.Tensor combinations _coalesce
     _pad_packed_sequence _pack_padded_sequence`
  ),
  ...each(
    'puts other memory under a tensor',
    'set_ resize_ resize_as_ set_data squeeze_ unsqueeze_ t_ transpose_ swapaxes_ swapdims_ as_strided_'
  )
]

/**
 * Operators that only call others: seen by those, which have out variants. Each does in C++, with the
 * same arguments, no more than the calls that are seen.
 */
const transparent = ['relu', 'relu_']

/** Operators that look at shapes and types only. */
const ignored = [
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

/** Draw from a generator without having a parameter for it. */
export const random = new Set(
  `rand randn randint randperm rand_like randn_like randint_like bernoulli dropout native_dropout
   _fused_dropout feature_dropout alpha_dropout multinomial normal rrelu rrelu_with_noise
   _scaled_dot_product_flash_attention_for_cpu _fused_sdp_choice`
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

let areInstalled = false

/** Tells the addon, once. */
export function installRules(): void {
  if (areInstalled) return
  areInstalled = true
  native.setRecordingRules(refused, transparent, ignored)
}
