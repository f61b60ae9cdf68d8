// Losses.
'use strict'

const { B, D, I, ONES, P, T, V, as } = require('./specs')

const [scores, classes] = [T(4, 5), I(5, 4)]
const [maps, mapClasses] = [T(2, 5, 3, 3), I(5, 2, 3, 3)]
const ctc = [P(6, 2, 5), V(1, 2, 3, 2, 1, 4), [6, 5], [3, 3]]
const ctcTensors = [P(6, 2, 5), V(1, 2, 3, 2, 1, 4), V(6, 5), V(3, 3)]
const binary = as(B(3, 4), 'float32')

// biome-ignore format: a table
module.exports = {
  nll_loss: [[scores, classes]],
  nll_loss_nd: [[scores, classes]],
  nll_loss_forward: [[scores, classes, P(5), 1, -100]],
  nll_loss_backward: [[T(), scores, classes, null, 1, -100, P()]],
  nll_loss2d: [[maps, mapClasses]],
  nll_loss2d_forward: [[maps, mapClasses, P(5), 1, -100]],
  nll_loss2d_backward: [[T(), maps, mapClasses, null, 1, -100, P()]],
  cross_entropy_loss: [[scores, classes, P(5), 1, -100, 0.1]],
  multi_margin_loss: [[scores, classes]],
  multi_margin_loss_backward: [[T(), scores, classes, 1, 1]],
  multilabel_margin_loss: [[scores, I(5, 4, 5)]],
  multilabel_margin_loss_forward: [[scores, I(5, 4, 5), 1]],
  multilabel_margin_loss_backward: [[T(), scores, I(5, 4, 5), 1, binary5()]],
  cosine_embedding_loss: [[T(3, 4), T(3, 4), ONES(3), 0.1]],
  margin_ranking_loss: [[T(4), T(4), ONES(4), 0.1]],
  hinge_embedding_loss: [[T(3, 4), ONES(3, 4)]],
  triplet_margin_loss: [[T(3, 4), T(3, 4), T(3, 4)]],
  ctc_loss: [ctc, ctcTensors],
  _ctc_loss: [ctc, ctcTensors],
  _ctc_loss_backward: [[T(2), ...ctc, P(2), T(2, 6, 7), 0], [T(2), ...ctcTensors, P(2), T(2, 6, 7), 0]],
  binary_cross_entropy: [[P(3, 4), binary]],
  binary_cross_entropy_with_logits: [[T(3, 4), binary, P(3, 4), P(4)]],
  binary_cross_entropy_backward: [[T(), P(3, 4), binary]],
  kl_div: [[T(3, 4), P(3, 4), 2]],
  poisson_nll_loss: [[T(3, 4), P(3, 4), true, false, 1e-8, 1]],
  soft_margin_loss: [[T(3, 4), ONES(3, 4)]],
  smooth_l1_loss: [[T(3, 4), T(3, 4), 1, 0.5]],
  huber_loss: [[T(3, 4), T(3, 4), 1, 0.5]],
  mse_loss: [[T(3, 4), T(3, 4), 1]],
  l1_loss: [[T(3, 4), T(3, 4), D]]
}

function binary5() {
  return as(B(4, 5), 'float32')
}
