"""GeoJSON looked through before GDAL sees it, because GDAL mends in silence or complains without a row.

Whole numbers beyond 2^63, `NaN`, repeated keys, unclosed rings and ids used twice are legal to one reader
and not to the next; here each is named with the row it stands in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clusters_geo.errors import SourceError
from clusters_geo.reading.json_stream import JSONStream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from clusters_geo.reading.notes import LoadReport

__all__ = ["look_through"]

_FEWEST_POSITIONS = 4
_SHOWN = 5

_SHAPES = (
    "Point",
    "MultiPoint",
    "LineString",
    "MultiLineString",
    "Polygon",
    "MultiPolygon",
    "GeometryCollection",
)


def look_through(file: Path, report: LoadReport) -> None:
    """Refuse what cannot be read without a guess, and note what can; feature by feature, whatever the size.

    Raises
    ------
    SourceError
        With the line or the row and the member that is wrong.
    """
    stream, members = JSONStream(file), {}
    seen: _Seen | None = None
    for key in stream.members():
        if key == "features" and stream.is_array():
            seen = _Seen(file)
            for feature in stream.elements():
                seen.look_at(feature)
        else:
            members[key] = stream.value()
    kind = members.get("type")
    if kind not in {"FeatureCollection", "Feature", *_SHAPES}:
        what = "TopoJSON" if kind == "Topology" else f"JSON whose type is {kind!r}"
        msg = f"{file.name} is {what}, not GeoJSON. Export it as GeoJSON."
        raise SourceError(msg)
    if kind == "FeatureCollection" and seen is None:
        raise _no_list(file)
    if kind != "FeatureCollection":
        seen = _Seen(file)
        seen.look_at(members if kind == "Feature" else {"geometry": members})
    if seen is not None:
        seen.tell(report)


@dataclass(slots=True)
class _Seen:
    """What was seen of the features so far: few of them are kept, so that memory stays small."""

    file: Path
    rows: int = 0
    ids: dict[str | int, int] = field(default_factory=dict)
    twice: dict[str | int, list[int]] = field(default_factory=dict)
    kinds: dict[str, dict[str, int]] = field(default_factory=dict)

    def look_at(self, feature: object) -> None:
        """Check one feature, and remember its id and the kinds of its values."""
        if not isinstance(feature, dict):
            raise _no_list(self.file)
        self.rows += 1
        _check_shape(self.file, self.rows, feature.get("geometry"))
        own = feature.get("id")
        if isinstance(own, str | int) and (first := self.ids.setdefault(own, self.rows)) != self.rows:
            self.twice.setdefault(own, [first]).append(self.rows)
        members = feature.get("properties")
        for key, value in members.items() if isinstance(members, dict) else ():
            if value is not None:
                self.kinds.setdefault(key, {}).setdefault(_kind(value), self.rows)

    def tell(self, report: LoadReport) -> None:
        """Note ids used twice, and columns of several kinds."""
        if self.twice:
            rows = sorted(row for listed in self.twice.values() for row in listed)
            ids = [str(i) for i in sorted(self.twice, key=str)]
            report.note("rows.feature-ids", rows, ids=ids[:_SHOWN])
        for key, kinds in self.kinds.items():
            if len(kinds) > 1:
                said = [{"say": kind, "row": row} for kind, row in kinds.items()]
                report.note("columns.mixed", kinds.values(), column=key, kinds=said)


def _no_list(file: Path) -> SourceError:
    return SourceError(f'{file.name}: "features" is not a list of features. Export it again.')


def _check_shape(file: Path, row: int, shape: object) -> None:
    if shape is None:
        return
    kind = shape.get("type") if isinstance(shape, dict) else None
    if not isinstance(shape, dict) or kind not in _SHAPES:
        msg = (
            f"{file.name}, row {row}: the geometry is of the unknown kind {kind!r}. Known: "
            f"{', '.join(_SHAPES)}."
        )
        raise SourceError(msg)
    if kind == "GeometryCollection":
        for part in shape.get("geometries") or []:
            _check_shape(file, row, part)
        return
    for ring in _rings(str(kind), shape.get("coordinates")):
        if not isinstance(ring, list) or (ring and (len(ring) < _FEWEST_POSITIONS or ring[0] != ring[-1])):
            msg = (
                f"{file.name}, row {row}: a ring is not closed: its first and last position differ. Close it."
            )
            raise SourceError(msg)


def _rings(kind: str, coordinates: object) -> Iterator[object]:
    parts = coordinates if isinstance(coordinates, list) else []
    if kind == "Polygon":
        yield from parts
    elif kind == "MultiPolygon":
        for part in parts:
            yield from part if isinstance(part, list) else [part]


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "flags"
    if isinstance(value, int | float):
        return "numbers"
    return "words" if isinstance(value, str) else "lists"
