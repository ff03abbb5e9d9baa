"""Footprints by the batch, from memory or from the bytes of a file, behind one small interface."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

import shapely

from clusters_geo.measure.built_up.wkb import shapes_from_wkb, wkb_bounds

if TYPE_CHECKING:
    import pyarrow as pa

    from clusters_geo.measure.built_up.arrays import Floats, Ints, Shapes

__all__ = ["ROWS_A_BATCH", "ROWS_IN_MEMORY", "Batch", "ShapeBatch", "WkbBatch"]

# Of a file: enough for numpy to be busy, little enough for a small memory.
ROWS_A_BATCH = 65_536

# Of a table, which is in memory anyway: fewer steps in Python, so that threads seldom wait for each other.
ROWS_IN_MEMORY = 250_000


class Batch(Protocol):
    """Some footprints, not looked at yet."""

    @property
    def first_row(self) -> int:
        """The number of the first one in its table or file."""
        ...

    @property
    def groups(self) -> Shapes | None:
        """The value of the grouping column for each, shape (n,), or None."""
        ...

    @property
    def streamed(self) -> bool:
        """Whether the batch is gone once it is measured, so that its shapes are better kept small."""
        ...

    def bounds(self) -> Floats:
        """Return west, south, east, north of each, NaN where it is missing or empty, shape (n, 4)."""
        ...

    def take(self, rows: Ints) -> Shapes:
        """Return the shapes of some rows."""
        ...


@dataclass(frozen=True, slots=True)
class ShapeBatch:
    """Footprints in memory."""

    streamed: ClassVar[bool] = False
    shapes: Shapes
    groups: Shapes | None = None
    first_row: int = 0

    def bounds(self) -> Floats:
        """Return the boxes, shape (n, 4)."""
        return shapely.bounds(self.shapes)

    def take(self, rows: Ints) -> Shapes:
        """Return the shapes of some rows."""
        taken: Shapes = self.shapes[rows]
        return taken


@dataclass(frozen=True, slots=True)
class WkbBatch:
    """Footprints in well-known binary form, as an Arrow column: only those near a cluster become shapes."""

    streamed: ClassVar[bool] = True
    column: pa.Array
    groups: Shapes | None = None
    first_row: int = 0

    def bounds(self) -> Floats:
        """Return the boxes, shape (n, 4)."""
        return wkb_bounds(self.column)

    def take(self, rows: Ints) -> Shapes:
        """Return the shapes of some rows."""
        return shapes_from_wkb(self.column, rows)
