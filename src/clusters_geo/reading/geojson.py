"""GeoJSON looked through before GDAL sees it, because GDAL mends in silence or complains without a row.

Whole numbers beyond 2^63, `NaN`, repeated keys, unclosed rings and ids used twice are legal to one reader
and not to the next; here each is named with the row it stands in.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from clusters_geo.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from clusters_geo.reading.notes import LoadReport

__all__ = ["look_through"]

# Above this the second parsing would cost more than it tells.
_MAX_BYTES = 128 << 20
_INT64 = 1 << 63
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


class _RepeatedKeyError(ValueError):
    """A member of a JSON object that appears twice."""


def look_through(file: Path, report: LoadReport) -> None:
    """Refuse what cannot be read without a guess, and note what can.

    Raises
    ------
    SourceError
        With the line or the row and the member that is wrong.
    """
    if file.stat().st_size > _MAX_BYTES:
        return
    content = _parsed(file)
    kind = content.get("type") if isinstance(content, dict) else None
    if kind not in {"FeatureCollection", "Feature", *_SHAPES}:
        what = "TopoJSON" if kind == "Topology" else f"JSON whose type is {kind!r}"
        msg = f"{file.name} is {what}, not GeoJSON. Export it as GeoJSON."
        raise SourceError(msg)
    features = content.get("features") if kind == "FeatureCollection" else [content]
    if not isinstance(features, list) or not all(isinstance(f, dict) for f in features):
        msg = f'{file.name}: "features" is not a list of features. Export it again.'
        raise SourceError(msg)
    for row, feature in enumerate(features, start=1):
        shape = feature if kind in _SHAPES else feature.get("geometry")
        _check_shape(file, row, shape)
    _note_ids(features, report)
    _note_mixed_kinds(features, report)


def _parsed(file: Path) -> Any:  # noqa: ANN401 - JSON may be anything
    try:
        text = file.read_bytes().decode("utf-8-sig")
        return json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_int64,
        )
    except UnicodeDecodeError as error:
        msg = (
            f"{file.name} is not UTF-8 (byte {error.start}: 0x{error.object[error.start]:02x}). Save it "
            "as UTF-8."
        )
        raise SourceError(msg) from error
    except json.JSONDecodeError as error:
        msg = f"{file.name}, line {error.lineno}, column {error.colno}: {error.msg}. Was it cut short?"
        raise SourceError(msg) from error
    except RecursionError as error:
        msg = f"{file.name} is nested too deeply for data. It is not opened."
        raise SourceError(msg) from error
    except ValueError as error:
        msg = f"{file.name}: {error}. Correct it in the program that wrote the file."
        raise SourceError(msg) from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        twice = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
        first = next((members[k] for k in ("name", "cluster_id", "id") if k in members), "")
        msg = f"the key {twice[0]!r} stands twice in one object{f' (of {first!r})' if first else ''}"
        raise _RepeatedKeyError(msg)
    return members


def _no_constant(text: str) -> float:
    msg = f"{text} is not a number that JSON allows"
    raise ValueError(msg)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        msg = f"the number {text[:40]} is too large to compute with"
        raise ValueError(msg)
    return value


def _int64(text: str) -> int:
    # Python refuses to convert thousands of digits with an error of its own; 20 are too many already.
    value = int(text[:25])
    if not -_INT64 <= value < _INT64:
        msg = f"the whole number {text[:40]} does not fit into 64 bits; write it as text"
        raise ValueError(msg)
    return value


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


def _note_ids(features: list[dict[str, Any]], report: LoadReport) -> None:
    ids = [f["id"] for f in features if isinstance(f.get("id"), str | int)]
    twice = {i for i, count in Counter(ids).items() if count > 1}
    if twice:
        rows = [
            n
            for n, f in enumerate(features, start=1)
            if isinstance(f.get("id"), str | int) and f["id"] in twice
        ]
        report.note("rows.feature-ids", rows, ids=[str(i) for i in sorted(twice, key=str)][:_SHOWN])


def _note_mixed_kinds(features: list[dict[str, Any]], report: LoadReport) -> None:
    kinds: dict[str, dict[str, int]] = {}
    for row, feature in enumerate(features, start=1):
        members = feature.get("properties")
        for key, value in members.items() if isinstance(members, dict) else ():
            if value is not None:
                kinds.setdefault(key, {}).setdefault(_kind(value), row)
    for key, seen in kinds.items():
        if len(seen) > 1:
            said = [{"say": kind, "row": row} for kind, row in seen.items()]
            report.note("columns.mixed", seen.values(), column=key, kinds=said)


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "flags"
    if isinstance(value, int | float):
        return "numbers"
    return "words" if isinstance(value, str) else "lists"
