"""Make an index: `build(index_dir, paths)`, `rebuild(index_dir)`, `status(index_dir)`.

What is heavy (segmenter, parsers, the engine) is loaded when they are called.
"""

from .build import build, rebuild, status

__all__ = ["build", "rebuild", "status"]
