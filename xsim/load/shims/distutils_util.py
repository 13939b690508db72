"""Stands in for distutils.util."""

_TRUE = ("y", "yes", "t", "true", "on", "1")
_FALSE = ("n", "no", "f", "false", "off", "0")


def strtobool(val: str) -> int:
    """1 or 0 for a text that means true or false; ValueError for any other."""
    value = val.lower()
    if value not in _TRUE + _FALSE:
        raise ValueError(f"invalid truth value {value!r}")
    return int(value in _TRUE)
