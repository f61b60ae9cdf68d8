// Convolutions, pooling, resampling, norms.
'use strict'

const { B, I, ONES, P, T, V, form } = require('./specs')

const [image, kernel] = [T(2, 3, 8, 8), T(4, 3, 3, 3)]
const [line, lineKernel] = [T(2, 3, 10), T(4, 3, 3)]
const [volume, volumeKernel] = [T(1, 2, 5, 5, 5), T(3, 2, 2, 2, 2)]
const mask = [true, true, true]
const mkl = (spec) => form(spec, 'mkldnn')

/** upsample_*: one overload takes sizes, `vec` sizes or factors. */
function upsample(input, sizes, aligned) {
  const flags = aligned ? [false] : []
  return [
    [input, sizes, ...flags],
    [input, sizes, ...flags, null],
    [input, null, ...flags, sizes.map(() => 2)]
  ]
}

function upsampleBackward(input, sizes, aligned) {
  const flags = aligned ? [false] : []
  const grad = T(...input.shape.slice(0, 2), ...sizes)
  const factors = sizes.map((size, i) => size / input.shape[i + 2])
  return [
    [grad, sizes, input.shape, ...flags],
    [grad, sizes, input.shape, ...flags, null],
    [grad, null, input.shape, ...flags, factors]
  ]
}

// biome-ignore format: a table
const table = {
  conv1d: [[line, lineKernel, T(4), [2], [1]], [line, lineKernel, T(4), [1], 'same']],
  conv2d: [[image, kernel, T(4), [1, 2], [1, 1], [1, 1]], [image, kernel, T(4), [1, 1], 'same']],
  conv3d: [[volume, volumeKernel, T(3), [1, 1, 1]], [volume, volumeKernel, null, [1, 1, 1], 'valid']],
  conv_transpose1d: [[line, T(3, 4, 3), T(4), [2], [1], [1]]],
  conv_transpose2d: [[image, T(3, 4, 3, 3), T(4), [2, 2], [1, 1], [1, 1]]],
  conv_transpose3d: [[volume, T(2, 3, 2, 2, 2), T(3)]],
  conv_tbc: [[T(5, 2, 3), T(3, 3, 4), T(4), 1]],
  conv_tbc_backward: [[T(5, 2, 4), T(5, 2, 3), T(3, 3, 4), T(4), 1]],
  convolution: [[image, kernel, T(4), [1, 1], [1, 1], [1, 1], false, [0, 0], 1]],
  convolution_overrideable: [[image, kernel, T(4), [1, 1], [1, 1], [1, 1], false, [0, 0], 1]],
  _convolution: [
    [image, kernel, T(4), [1, 1], [1, 1], [1, 1], false, [0, 0], 1, false, false, true, true],
    [image, kernel, T(4), [1, 1], [1, 1], [1, 1], false, [0, 0], 1, false, false, true]
  ],
  _convolution_mode: [[image, kernel, T(4), [1, 1], 'same', [1, 1], 1]],
  convolution_backward: [
    [T(2, 4, 8, 8), image, kernel, [4], [1, 1], [1, 1], [1, 1], false, [0, 0], 1, mask]
  ],
  _convolution_double_backward: [
    [image, kernel, T(4), T(2, 4, 8, 8), kernel, image, [1, 1], [1, 1], [1, 1], false, [0, 0], 1, mask]
  ],
  _slow_conv2d_forward: [[image, kernel, [3, 3], T(4), [1, 1], [1, 1]]],
  _slow_conv2d_backward: [[T(2, 4, 8, 8), image, kernel, [3, 3], [1, 1], [1, 1], mask]],
  thnn_conv2d: [[image, kernel, [3, 3], T(4), [1, 1], [1, 1]]],
  slow_conv3d: [[volume, volumeKernel, [2, 2, 2], T(3), [1, 1, 1], [0, 0, 0]]],
  slow_conv3d_forward: [[volume, volumeKernel, [2, 2, 2], T(3), [1, 1, 1], [0, 0, 0]]],
  slow_conv_dilated2d: [[image, kernel, [3, 3], T(4), [1, 1], [0, 0], [2, 2]]],
  slow_conv_dilated3d: [[volume, volumeKernel, [2, 2, 2], T(3), [1, 1, 1], [0, 0, 0], [2, 2, 2]]],
  slow_conv_transpose2d: [[image, T(3, 4, 3, 3), [3, 3], T(4)]],
  slow_conv_transpose3d: [[volume, T(2, 3, 2, 2, 2), [2, 2, 2], T(3)]],
  mkldnn_convolution: [[image, kernel, T(4), [1, 1], [1, 1], [1, 1], 1]],
  _nnpack_spatial_convolution: [[image, kernel, T(4), [1, 1]]],
  mkldnn_linear: [[mkl(T(2, 3)), T(4, 3), T(4)]],
  mkldnn_max_pool2d: [[mkl(image), [2, 2], [2, 2]]],
  mkldnn_max_pool3d: [[mkl(volume), [2, 2, 2], [2, 2, 2]]],
  mkldnn_adaptive_avg_pool2d: [[mkl(image), [4, 4]]],
  mkldnn_reorder_conv2d_weight: [[mkl(kernel)]],
  mkldnn_reorder_conv3d_weight: [[mkl(volumeKernel)]],
  _mkldnn_reshape: [[mkl(T(2, 6)), [3, 4]]],
  _mkldnn_transpose: [[mkl(T(2, 6)), 0, 1]],
  _mkldnn_transpose_: [[mkl(T(2, 6)), 0, 1]],

  avg_pool1d: [[line, [2], [2]]],
  avg_pool2d: [[image, [2, 2], [2, 2]]],
  avg_pool3d: [[volume, [2, 2, 2], [1, 1, 1]]],
  avg_pool2d_backward: [[T(2, 3, 4, 4), image, [2, 2], [2, 2], [0, 0], false, true, null]],
  avg_pool3d_backward: [[T(1, 2, 4, 4, 4), volume, [2, 2, 2], [1, 1, 1], [0, 0, 0], false, true, null]],
  adaptive_avg_pool1d: [[line, [4]]],
  adaptive_avg_pool2d: [[image, [4, 3]]],
  adaptive_avg_pool3d: [[volume, [2, 3, 2]]],
  _adaptive_avg_pool2d_backward: [[T(2, 3, 4, 4), image]],
  _adaptive_avg_pool3d_backward: [[T(1, 2, 2, 2, 2), volume]],
  adaptive_avg_pool3d_backward: [[T(1, 2, 2, 2, 2), volume]],
  adaptive_max_pool2d_backward: [[T(2, 3, 4, 4), image, I(64, 2, 3, 4, 4)]],
  adaptive_max_pool3d_backward: [[T(1, 2, 2, 2, 2), volume, I(125, 1, 2, 2, 2, 2)]],
  max_pool1d: [[line, [2], [2]]],
  max_pool2d: [[image, [2, 2], [2, 2]]],
  max_pool3d: [[volume, [2, 2, 2], [1, 1, 1]]],
  max_pool2d_with_indices_backward: [
    [T(2, 3, 4, 4), image, [2, 2], [2, 2], [0, 0], [1, 1], false, I(64, 2, 3, 4, 4)]
  ],
  max_pool3d_with_indices_backward: [
    [T(1, 2, 4, 4, 4), volume, [2, 2, 2], [1, 1, 1], [0, 0, 0], [1, 1, 1], false, I(125, 1, 2, 4, 4, 4)]
  ],
  max_pool2d_backward: [[T(2, 3, 4, 4), image, [2, 2], [2, 2]]],
  max_unpool2d: [[T(2, 3, 4, 4), I(64, 2, 3, 4, 4), [8, 8]]],
  max_unpool3d: [[T(1, 2, 2, 2, 2), I(64, 1, 2, 2, 2, 2), [4, 4, 4], [2, 2, 2], [0, 0, 0]]],
  fractional_max_pool2d: [[image, [2, 2], [4, 4], P(2, 3, 2)]],
  fractional_max_pool3d: [[volume, [2, 2, 2], [3, 3, 3], P(1, 2, 3)]],
  fractional_max_pool2d_backward: [[T(2, 3, 4, 4), image, [2, 2], [4, 4], I(64, 2, 3, 4, 4)]],
  fractional_max_pool3d_backward: [
    [T(1, 2, 3, 3, 3), volume, [2, 2, 2], [3, 3, 3], I(125, 1, 2, 3, 3, 3)]
  ],
  im2col: [[image, [2, 2], [1, 1], [0, 0], [2, 2]]],
  col2im: [[T(2, 12, 16), [8, 8], [2, 2], [1, 1], [0, 0], [2, 2]]],
  pixel_shuffle: [[T(1, 4, 3, 3), 2]],
  pixel_unshuffle: [[T(1, 2, 4, 4), 2]],
  channel_shuffle: [[T(1, 4, 3, 3), 2]],
  native_channel_shuffle: [[T(1, 4, 3, 3), 2]],
  math_channel_shuffle: [[T(1, 4, 3, 3), 2]],

  affine_grid_generator: [[T(2, 2, 3), [2, 3, 4, 4], false]],
  affine_grid_generator_backward: [[T(2, 4, 4, 2), [2, 3, 4, 4], false]],
  grid_sampler: [[image, T(2, 4, 4, 2), 0, 0, false]],
  grid_sampler_2d: [[image, T(2, 4, 4, 2), 0, 0, false]],
  grid_sampler_3d: [[volume, T(1, 3, 3, 3, 3), 0, 0, false]],
  _grid_sampler_2d_cpu_fallback: [[image, T(2, 4, 4, 2), 0, 0, false]],
  grid_sampler_2d_backward: [[T(2, 3, 4, 4), image, T(2, 4, 4, 2), 0, 0, false, [true, true]]],
  grid_sampler_3d_backward: [[T(1, 2, 3, 3, 3), volume, T(1, 3, 3, 3, 3), 0, 0, false, [true, true]]],
  _grid_sampler_2d_cpu_fallback_backward: [[T(2, 3, 4, 4), image, T(2, 4, 4, 2), 0, 0, false]],
  reflection_pad1d: [[line, [1, 2]]],
  reflection_pad2d: [[image, [1, 2, 0, 1]]],
  reflection_pad3d: [[volume, [1, 1, 1, 1, 1, 1]]],
  replication_pad1d: [[line, [1, 2]]],
  replication_pad2d: [[image, [1, 2, 0, 1]]],
  replication_pad3d: [[volume, [1, 1, 1, 1, 1, 1]]],
  reflection_pad1d_backward: [[T(2, 3, 13), line, [1, 2]]],
  reflection_pad2d_backward: [[T(2, 3, 10, 10), image, [1, 1, 1, 1]]],
  reflection_pad3d_backward: [[T(1, 2, 7, 7, 7), volume, [1, 1, 1, 1, 1, 1]]],
  replication_pad1d_backward: [[T(2, 3, 13), line, [1, 2]]],
  replication_pad2d_backward: [[T(2, 3, 10, 10), image, [1, 1, 1, 1]]],
  replication_pad3d_backward: [[T(1, 2, 7, 7, 7), volume, [1, 1, 1, 1, 1, 1]]],
  pad: [[image, [1, 1], 'constant', 2], [image, [1, 1, 1, 1], 'reflect']],
  _pad_circular: [[image, [1, 1, 1, 1]]],
  _pad_enum: [[image, [1, 1, 1, 1], 1]],

  batch_norm: [[image, T(3), T(3), T(3), ONES(3), true, 0.1, 1e-5, false]],
  native_batch_norm: [[image, T(3), T(3), T(3), ONES(3), true, 0.1, 1e-5]],
  _native_batch_norm_legit: [[image, T(3), T(3), T(3), ONES(3), true, 0.1, 1e-5], [image, T(3), T(3), true, 0.1, 1e-5]],
  _native_batch_norm_legit_no_training: [[image, T(3), T(3), T(3), ONES(3), 0.1, 1e-5]],
  _batch_norm_no_update: [[image, T(3), T(3), T(3), ONES(3), 0.1, 1e-5]],
  _batch_norm_with_update: [[image, T(3), T(3), T(3), ONES(3), 0.1, 1e-5]],
  _batch_norm_impl_index: [[image, T(3), T(3), T(3), ONES(3), true, 0.1, 1e-5, false]],
  native_batch_norm_backward: [
    [image, image, T(3), T(3), ONES(3), T(3), ONES(3), true, 1e-5, mask]
  ],
  batch_norm_update_stats: [[image, T(3), ONES(3), 0.1]],
  instance_norm: [[image, T(3), T(3), null, null, true, 0.1, 1e-5, false]],
  native_group_norm: [[T(2, 6, 4), T(6), T(6), 2, 6, 4, 3, 1e-5]],
  native_group_norm_backward: [
    [T(2, 6, 4), T(2, 6, 4), T(2, 3), P(2, 3), T(6), 2, 6, 4, 3, mask]
  ],
  group_norm: [[T(2, 6, 4), 3, T(6), T(6)]],
  layer_norm: [[T(2, 3, 4), [3, 4], T(3, 4), T(3, 4)]],
  native_layer_norm: [[T(2, 3, 4), [3, 4], T(3, 4), T(3, 4), 1e-5]],
  native_layer_norm_backward: [
    [T(2, 3, 4), T(2, 3, 4), [3, 4], T(2, 1, 1), P(2, 1, 1), T(3, 4), T(3, 4), mask]
  ],
  rms_norm: [[T(2, 3, 4), [4], T(4)]],
  _fused_rms_norm: [[T(2, 3, 4), [4], T(4), 1e-5]],
  _fused_rms_norm_backward: [[T(2, 3, 4), T(2, 3, 4), [4], P(2, 3, 1), T(4), [true, true]]],
  _weight_norm: [[T(3, 4), P(3, 1), 0]],
  _weight_norm_interface: [[T(3, 4), P(3, 1), 0]],
  _weight_norm_interface_backward: [[T(3, 4), T(3, 4), P(3, 1), P(3), 0]],
  _weight_norm_differentiable_backward: [[T(3, 4), T(3, 4), P(3, 1), P(3), 0]],
  embedding: [[T(5, 3), I(5, 4)]],
  embedding_renorm: [[T(5, 3), I(5, 4), 1, 2]],
  embedding_backward: [[T(4, 3), I(5, 4), 5, -1, false, false], [T(4, 3), I(5, 4), 5, -1, false, true]],
  embedding_dense_backward: [[T(4, 3), I(5, 4), 5, -1, false]],
  embedding_sparse_backward: [[T(4, 3), I(5, 4), 5, -1, false]],
  embedding_bag: [[T(5, 3), I(5, 6), V(0, 2), false, 0, false, null, false, null], [T(5, 3), I(5, 6), V(0, 2)]],
  _embedding_bag: [[T(5, 3), I(5, 6), V(0, 2)]],
  _embedding_bag_forward_only: [[T(5, 3), I(5, 6), V(0, 2)]],
  _embedding_bag_dense_backward: [[T(2, 3), V(0, 1, 2, 3), V(0, 0, 1, 1), V(2, 2), V(0, 0), 5, false, 0, null]],
  _embedding_bag_sparse_backward: [[T(2, 3), V(0, 1, 2, 3), V(0, 2), V(0, 0, 1, 1), V(2, 2), 5, false, 0, null]],
  _embedding_bag_backward: [
    [T(2, 3), V(0, 1, 2, 3), V(0, 2), V(0, 0, 1, 1), V(2, 2), V(0, 0), 5, false, 0, false, null]
  ],
  _embedding_bag_per_sample_weights_backward: [[T(2, 3), T(5, 3), V(0, 1, 2, 3), V(0, 2), V(0, 0, 1, 1), 0]],
  max_pool1d_with_indices: [[line, [2], [2]]],
  _masked_softmax: [[T(2, 3, 4, 4), B(2, 3, 4, 4), 3, 2], [T(2, 3, 4, 4), B(2, 4), 3, 1]],
  _masked_softmax_backward: [[T(2, 3), P(2, 3), B(2, 3), 1]],
  constant_pad_nd: [[image, [1, 2], 0.5]],
  mkldnn_rnn_layer: [[T(3, 2, 4), T(20, 4), T(20, 5), T(20), T(20), T(2, 5), T(2, 5), false, [], 2, 5, 1, true, false, false, false]],
  im2col_backward: [[T(2, 12, 16), [8, 8], [2, 2], [1, 1], [0, 0], [2, 2]]],
  quantized_max_pool1d: [[form(line, 'quantized'), [2], [2], [0], [1]]],
  quantized_max_pool2d: [[form(image, 'quantized'), [2, 2], [2, 2], [0, 0], [1, 1]]],
  quantized_batch_norm: [[form(image, 'quantized'), T(3), T(3), T(3), ONES(3), 1e-5, 0.1, 10]]
}
const resampled = [
  ['linear1d', line, [5], true],
  ['bilinear2d', image, [5, 6], true],
  ['bicubic2d', image, [5, 6], true],
  ['trilinear3d', volume, [3, 4, 6], true],
  ['nearest1d', line, [5], false],
  ['nearest2d', image, [5, 6], false],
  ['nearest3d', volume, [3, 4, 6], false]
]
for (const [name, input, sizes, aligned] of resampled) {
  const names = [`upsample_${name}`]
  if (!aligned) names.push(`_upsample_${name.replace('nearest', 'nearest_exact')}`)
  if (/bilinear|bicubic/.test(name)) names.push(`_upsample_${name}_aa`)
  for (const full of names) {
    table[full] = upsample(input, sizes, aligned)
    table[`${full}_backward`] = upsampleBackward(input, sizes, aligned)
  }
}

module.exports = table
