"""How the tables of calls hold keyword arguments."""

import torch


def keywords(args):
    """Arguments and keyword arguments, which a trailing object holds."""
    if not args or not isinstance(args[-1], dict):
        return args, {}
    given = dict(args[-1])
    if "dtype" in given:
        given["dtype"] = getattr(torch, given["dtype"])
    return args[:-1], given
