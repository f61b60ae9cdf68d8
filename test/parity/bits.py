"""The bits of tensors as text."""

import struct

import torch

FORMATS = {
    torch.float32: "f",
    torch.float64: "d",
    torch.int64: "q",
    torch.int32: "i",
    torch.int16: "h",
    torch.int8: "b",
    torch.uint8: "B",
    torch.bool: "?",
}


def bits(tensor):
    """dtype, shape and elements, such as 'float32[2] 0000803f00000040'. Half precision widens."""
    kind = str(tensor.dtype).replace("torch.", "")
    tensor = tensor.detach()
    if tensor.dtype in (torch.float16, torch.bfloat16):
        tensor = tensor.float()
    shape = list(tensor.shape)
    if tensor.is_complex():
        tensor = torch.view_as_real(tensor.resolve_conj())
    values = tensor.reshape(-1).tolist()
    packed = struct.pack(f"<{len(values)}{FORMATS[tensor.dtype]}", *values)
    return f"{kind}{shape} {packed.hex()}"


def named_bits(pairs):
    return {name: bits(tensor) for name, tensor in pairs}
