export interface TensorView { shape: readonly number[]; dtype: string; device: string; values: (number|bigint|boolean)[]; requiresGrad: boolean; gradFn: string|null }
export function formatTensor(v: TensorView): string { return String(v.values) }
export function edgeSelection(_s: readonly number[]): number[][] | null { return null }
