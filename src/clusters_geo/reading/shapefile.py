"""What GDAL does not check of a Shapefile: whether it is whole, and what its names and text were."""

from __future__ import annotations

import csv
import struct
from typing import TYPE_CHECKING

from clusters_geo.errors import SourceError

if TYPE_CHECKING:
    import pandas as pd

    from clusters_geo.reading.doors import Staged

__all__ = ["declared_encoding", "full_names", "refuse_cut_short"]

_SHP_HEADER, _DBF_HEADER = 100, 32


def refuse_cut_short(source: Staged) -> None:
    """Compare what the two headers of a Shapefile promise with what is there.

    Raises
    ------
    SourceError
        If the table is missing, or one of the two is shorter than it says.
    """
    if ".dbf" in source.missing:
        msg = (
            f"{source.original}: the .dbf with its names and figures is missing beside it. Copy all its "
            "files."
        )
        raise SourceError(msg)
    shapes = source.path.stat().st_size
    with source.path.open("rb") as opened:
        header = opened.read(_SHP_HEADER)
    promised = 2 * struct.unpack(">i", header[24:28])[0] if len(header) == _SHP_HEADER else _SHP_HEADER
    table = source.path.with_suffix(".dbf")
    with table.open("rb") as opened:
        header = opened.read(_DBF_HEADER)
    rows, start, width = (
        struct.unpack("<IHH", header[4:12]) if len(header) == _DBF_HEADER else (1, _DBF_HEADER, 0)
    )
    for file, has, needs in (
        (".shp", shapes, promised),
        (".dbf", table.stat().st_size, start + rows * width),
    ):
        if has < needs:
            msg = (
                f"{source.original}: its {file} has {has:,} of the {needs:,} bytes it should have. Copy "
                "it again."
            )
            raise SourceError(msg)


def declared_encoding(source: Staged) -> str:
    """Return the encoding that the .cpg states; "" if there is none."""
    declared = source.path.with_suffix(".cpg")
    if not declared.exists():
        return ""
    with declared.open("rb") as opened:
        return opened.read(40).decode("ascii", "replace").strip()


def full_names(source: Staged, table: pd.DataFrame) -> pd.DataFrame:
    """Return a Shapefile's table with the names that did not fit, from the list written beside it."""
    names = source.path.with_suffix(".columns.csv")
    if not names.exists():
        return table
    with names.open(encoding="utf-8", newline="") as opened:
        rows = {row[0]: row[1] for row in csv.reader(opened) if len(row) == len(("short", "column"))}
    return table.rename(columns={short: full for short, full in rows.items() if full not in table})
