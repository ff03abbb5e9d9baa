"""Footprints by the batch, from memory or from the bytes of a file, behind one small interface."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np
import shapely

from clusters_geo.measure.built_up.wkb import shapes_from_wkb, wkb_bounds

if TYPE_CHECKING:
    from concurrent.futures import Future

    import pyarrow as pa

    from clusters_geo.measure.built_up.arrays import Floats, Ints, Shapes

__all__ = ["ROWS_A_BATCH", "ROWS_IN_MEMORY", "Batch", "FarBatch", "ShapeBatch", "WkbBatch"]

# Of a file: enough for numpy to be busy, little enough for a small memory.
ROWS_A_BATCH = 65_536

# Of a table, which is in memory anyway: fewer steps in Python, so that threads seldom wait for each other.
ROWS_IN_MEMORY = 250_000


class Batch(Protocol):
    """Some footprints, not looked at yet."""

    @property
    def groups(self) -> Shapes | None:
        """The value of the grouping column for each, shape (n,), or None."""
        ...

    @property
    def streamed(self) -> bool:
        """Whether the batch is gone once it is measured, so that its shapes are better kept small."""
        ...

    @property
    def read(self) -> bool:
        """Whether its rows are footprints, not boxes around many that were left unread."""
        ...

    def bounds(self) -> Floats:
        """Return west, south, east, north of each, NaN where it is missing or empty, shape (n, 4)."""
        ...

    def take(self, rows: Ints) -> Shapes:
        """Return the shapes of some rows."""
        ...

    def name(self, row: int) -> str:
        """Return how to find a row in its table or file."""
        ...


@dataclass(frozen=True, slots=True)
class ShapeBatch:
    """Footprints in memory, their `boxes` (n, 4) perhaps on the way from another thread."""

    streamed: ClassVar[bool] = False
    read: ClassVar[bool] = True
    shapes: Shapes
    groups: Shapes | None = None
    first_row: int = 0
    boxes: Future[Floats] | None = None

    def bounds(self) -> Floats:
        """Return the boxes, shape (n, 4)."""
        return shapely.bounds(self.shapes) if self.boxes is None else self.boxes.result()

    def take(self, rows: Ints) -> Shapes:
        """Return the shapes of some rows."""
        taken: Shapes = self.shapes[rows]
        return taken

    def name(self, row: int) -> str:
        """Return how to find a row in its table."""
        return f"row {self.first_row + row}"


@dataclass(frozen=True, slots=True)
class WkbBatch:
    """Footprints in well-known binary form, as an Arrow column: only those near a cluster become shapes.

    `fids` are the numbers of the features in a file of which only some were read.
    """

    streamed: ClassVar[bool] = True
    read: ClassVar[bool] = True
    column: pa.Array
    groups: Shapes | None = None
    first_row: int = 0
    fids: Ints | None = None

    def bounds(self) -> Floats:
        """Return the boxes, shape (n, 4)."""
        return wkb_bounds(self.column)

    def take(self, rows: Ints) -> Shapes:
        """Return the shapes of some rows."""
        return shapes_from_wkb(self.column, rows)

    def name(self, row: int) -> str:
        """Return how to find a row in its file."""
        return f"row {self.first_row + row}" if self.fids is None else f"feature {self.fids[row]}"


@dataclass(frozen=True, slots=True)
class FarBatch:
    """Footprints so far from all clusters that they were not read: the boxes around heaps of them."""

    streamed: ClassVar[bool] = True
    read: ClassVar[bool] = False
    boxes: Floats
    groups: Shapes | None = None

    def bounds(self) -> Floats:
        """Return the boxes, shape (n, 4)."""
        return self.boxes

    def take(self, rows: Ints) -> Shapes:
        """Return the boxes as shapes."""
        taken: Shapes = np.asarray(shapely.box(*self.boxes[rows].T))
        return taken

    def name(self, row: int) -> str:
        """Return how to find a heap."""
        return f"row group {row}"
