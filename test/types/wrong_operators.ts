// Calls of operators that TypeScript must refuse: each line after a ts-expect-error has one error.
import { add, cat, conv2d, einsum, fft, linalg, ops, stack, sum, where, zeros } from 'node-libtorch'

const x = zeros(2, 3)

// @ts-expect-error a keyword that there is not
x.sum({ axis: 0 })
// @ts-expect-error keywords are spelt in camelCase
x.div(2, { rounding_mode: 'floor' })
// @ts-expect-error a keyword's value is one of a few
x.div(2, { roundingMode: 'round' })
// @ts-expect-error dtypes have PyTorch's names
x.sum({ dtype: 'float' })
// @ts-expect-error dtypes have PyTorch's names, as positional arguments, too
x.softmax(1, 'double')
// @ts-expect-error softmax needs its dim
x.softmax()
// @ts-expect-error transpose needs both dims
x.transpose(0)
// @ts-expect-error the required argument is missing among the keywords
x.indexSelect({ dim: 0 })
// @ts-expect-error a dim is no string
x.sum('0')
// @ts-expect-error keepdim is no number
x.sum(0, 1)
// @ts-expect-error relu takes nothing
x.relu(1)
// @ts-expect-error matmul takes no number
x.matmul(2)
// @ts-expect-error mul takes no list
x.mul([1, 2])
// @ts-expect-error mul has no alpha
x.mul(x, { alpha: 2 })
// @ts-expect-error sizes are numbers
x.reshape('2', 3)
// @ts-expect-error sizes one by one or as an array, not both
x.reshape([2], 3)
// @ts-expect-error names are in camelCase
x.index_select(0, x)
// @ts-expect-error operators whose names begin with _ are no methods
x._softmax(1, false)
// @ts-expect-error no such operator
x.frobnicate()
// @ts-expect-error both bounds are numbers or both are tensors
x.clamp(0, x)
// @ts-expect-error max with a dim gives two tensors
x.max(0).item()
// @ts-expect-error a memory format has its names
x.contiguous({ memoryFormat: 'channelsLast' })
// @ts-expect-error a property is not called
x.T()
// @ts-expect-error a property is not for writing
x.mT = x
// @ts-expect-error a method fills no out, as in Python
x.add(1, { out: x })
// @ts-expect-error a size has a dim
x.size()
// @ts-expect-error the first argument is a tensor
add(1, x)
// @ts-expect-error out is a tensor
add(x, 1, { out: [x] })
// @ts-expect-error two results need two tensors
linalg.qr(x, { out: x })
// @ts-expect-error cat takes an array
cat(x, x)
// @ts-expect-error stack takes tensors
stack([1, 2])
// @ts-expect-error conv2d needs its weight
conv2d(x)
// @ts-expect-error groups is no list
conv2d(x, x, { groups: [1] })
// @ts-expect-error the equation comes first
einsum([x, x], 'ij,jk->ik')
// @ts-expect-error sum of a number
sum(1)
// @ts-expect-error a condition is a tensor
where(true, x, x)
// @ts-expect-error members of namespaces are without its name
linalg.linalgInv(x)
// @ts-expect-error no such transform
fft.fft5(x)
// @ts-expect-error the length is a number
fft.fft(x, 'ortho')
// @ts-expect-error typed operators by their own names, too
ops.aten.relu('x')
// @ts-expect-error a result in place is the tensor
const text: string = x.add_(1)

export { text }
