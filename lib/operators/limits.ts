/**
 * What libtorch does not check itself: arguments that would end the process or never end. Found by
 * random calls (test/64.fuzz.test.ts); PyTorch in Python ends just so.
 */
import { type LimitKind, native } from '../native'

const polynomials = `
  chebyshev_polynomial_t chebyshev_polynomial_u chebyshev_polynomial_v chebyshev_polynomial_w
  hermite_polynomial_h hermite_polynomial_he laguerre_polynomial_l legendre_polynomial_p
  shifted_chebyshev_polynomial_t shifted_chebyshev_polynomial_u shifted_chebyshev_polynomial_v
  shifted_chebyshev_polynomial_w`

const words = (text: string) => text.trim().split(/\s+/)

type Row = [operator: string, parameter: string, kind: LimitKind, bound?: number]

/** Bounds of single arguments (native/argument_limits.h). Names are those of namespace aten. */
const limits: Row[] = [
  // A loop of n steps.
  ...words(polynomials).map((name): Row => [`special_${name}`, 'n', 'atMost', 2 ** 20]),
  ['align_tensors', 'tensors', 'nonempty'],
  ['_stack', 'tensors', 'nonempty'],
  ['histogramdd', 'bins', 'nonempty'],
  ['_histogramdd_bin_edges', 'bins', 'nonempty'],
  ['_histogramdd_from_bin_cts', 'bins', 'nonempty'],
  ['lstm_cell', 'hx', 'length', 2],
  ...['lstm', 'gru', 'rnn_tanh', 'rnn_relu'].map((name): Row => [name, 'input', 'strided']),
  ['_local_scalar_dense', 'self', 'nonempty'],
  ['native_batch_norm', 'input', 'nonempty'],
  ['batch_norm_update_stats', 'input', 'nonempty'],
  ['copy', 'self', 'strided'],
  ['index_copy_', 'index', 'strided'],
  ['index_copy_', 'source', 'strided'],
  ['view_copy', 'self', 'strided'],
  ['replication_pad1d', 'padding', 'atMost', 2 ** 31],
  ['replication_pad2d', 'padding', 'atMost', 2 ** 31],
  ['replication_pad3d', 'padding', 'atMost', 2 ** 31],
  // Squared without a look at what becomes of it.
  ['pixel_shuffle', 'upscaleFactor', 'atMost', 2 ** 31],
  ['pixel_unshuffle', 'downscaleFactor', 'atMost', 2 ** 31],
  ['range', 'out', 'floating'],
  ['_fft_c2c', 'dim', 'within']
]

/**
 * Operators that check next to nothing, as libtorch calls them itself with arguments that it has
 * checked before. `ops` refuses them, `ops.unchecked` does not.
 */
const names = `
  aten::_adaptive_avg_pool2d_backward aten::_adaptive_avg_pool3d_backward
  aten::_batch_norm_impl_index_backward aten::_batch_norm_no_update aten::_batch_norm_with_update
  aten::_cdist_backward aten::_cholesky_solve_helper aten::_chunk_cat
  aten::_compute_linear_combination aten::_convert_indices_from_coo_to_csr
  aten::_convert_indices_from_csr_to_coo aten::_ctc_loss_backward aten::_cummax_helper
  aten::_cummin_helper aten::_dyn_quant_matmul_4bit aten::_dyn_quant_pack_4bit_weight
  aten::_efficientzerotensor aten::_embedding_bag aten::_embedding_bag_backward
  aten::_embedding_bag_dense_backward aten::_embedding_bag_forward_only
  aten::_embedding_bag_per_sample_weights_backward aten::_embedding_bag_sparse_backward
  aten::_fft_c2r aten::_fft_r2c aten::_foreach_copy aten::_native_batch_norm_legit
  aten::_native_decoder_only_multi_head_attention aten::_new_zeros_with_same_feature_meta
  aten::_nnpack_spatial_convolution aten::_pad_packed_sequence aten::_pdist_backward
  aten::_pdist_forward aten::_remove_batch_dim aten::_reshape_alias aten::_reshape_alias_copy
  aten::_scaled_dot_product_attention_math aten::_slow_conv2d_backward aten::_slow_conv2d_forward
  aten::_sobol_engine_ff_ aten::_sobol_engine_initialize_state_ aten::_sobol_engine_scramble_
  aten::_sparse_mm aten::_symeig_helper aten::_thnn_differentiable_gru_cell_backward
  aten::_thnn_differentiable_lstm_cell_backward aten::_transform_bias_rescale_qkv aten::_weight_norm
  aten::_weight_norm_interface aten::_weight_norm_interface_backward
  aten::adaptive_max_pool2d_backward aten::adaptive_max_pool3d_backward aten::align_to
  aten::batch_norm_backward aten::choose_qparams_optimized aten::embedding_backward
  aten::fractional_max_pool2d_backward aten::fractional_max_pool3d_backward
  aten::huber_loss_backward aten::matrix_exp_backward aten::mkldnn_reorder_conv2d_weight
  aten::mkldnn_reorder_conv3d_weight aten::mkldnn_rnn_layer aten::mse_loss_backward
  aten::native_batch_norm_backward aten::native_channel_shuffle aten::quantized_lstm_cell
  aten::reflection_pad1d_backward aten::reflection_pad2d_backward aten::reflection_pad3d_backward
  aten::replication_pad1d_backward aten::replication_pad2d_backward aten::replication_pad3d_backward
  aten::rrelu_with_noise aten::slow_conv3d aten::slow_conv3d_forward aten::smooth_l1_loss_backward
  aten::thnn_conv2d aten::unfold_backward inductor::_reinterpret_tensor
  mkldnn::_reorder_mkldnn_rnn_layer_weight onednn::qlinear_pointwise onednn::qlinear_prepack
  prepacked::conv2d_transpose_clamp_prepack quantized::embedding_bag_2bit_prepack
  quantized::embedding_bag_4bit_prepack quantized::embedding_bag_byte_prepack`

/** By their whole names, such as `aten::_fft_c2r`. */
export const unchecked: ReadonlySet<string> = new Set(words(names))

for (const [name, parameter, kind, bound] of limits) {
  native.limitOperator(`aten::${name}`, parameter, kind, bound ?? 0)
}
