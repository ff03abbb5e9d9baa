"""How much of a large trial each run of the tests takes; `make soak` takes many times that."""

from __future__ import annotations

import os

__all__ = ["examples"]


def examples(few):
    """Return how many examples to try a property with: a few, times CLUSTERS_GEO_EXAMPLES."""
    return few * int(os.environ.get("CLUSTERS_GEO_EXAMPLES", "1"))
