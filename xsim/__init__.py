"""xsim: a local simulator of Cortex XSOAR's fetch cycle."""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"
__all__ = ["__version__", "run"]


def __getattr__(name: str) -> Any:
    # Imported lazily: `import xsim` must stay cheap, for the pytest plugin and for `xsim --help`.
    if name == "run":
        from xsim.api import run

        return run
    raise AttributeError(f"module 'xsim' has no attribute '{name}'")
