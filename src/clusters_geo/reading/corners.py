"""Tables of corner points, the legal form of a boundary, as outlines; columns of coordinates as points.

In Việt Nam's tables X is the northing and Y the easting. Which of two columns is which is told by the size of
its numbers, since some offices write it the other way round: a northing has seven digits, an easting six.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clusters_geo.area import area_ha
from clusters_geo.names import strip_accents
from clusters_geo.reading.cells import shown
from clusters_geo.reading.figures import figure_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from clusters_geo.reading.cells import Sheet, Value
    from clusters_geo.reading.heads import Head
    from clusters_geo.reading.notes import LoadReport

__all__ = [
    "COORDINATES",
    "Outline",
    "coordinate_headers",
    "is_table_of_corners",
    "meridian_in",
    "name_in_title",
    "note_areas",
    "read_corners",
    "read_points",
]

# What the headers of coordinates mean, the pairs that are looked for first.
COORDINATES = ("@lon", "@lat", "@y", "@x")

# No point of Việt Nam has less as a northing or more as an easting, in any zone.
_LEAST_NORTHING = 850_000.0
_FEWEST = 3
_AREA_SHARE, _ROUNDED_HA = 0.01, 0.01

_MERIDIAN = re.compile(
    r"(?:kinh tuyen(?: truc)?|ktt|meridian|truc)\D{0,12}(10[2-9])\s*[°ºo,\s]*\s*(\d{2})?", re.IGNORECASE
)
_NAMED = re.compile(
    r"(?:cụm\s+công\s+nghiệp|cụm\s+cn|ccn|industrial\s+cluster)\s+((?:[^\W_]+[ \t]*){1,6})", re.IGNORECASE
)
_STOPS = {"tren", "tai", "thuoc", "huyen", "xa", "tinh", "nam", "theo", "ty", "he", "thanh", "cac", "ban"}
_DEGREES = re.compile(
    r"^\s*(\d{1,3})\s*[°ºo]\s*(\d{1,2})\s*['\u2032’]\s*([\d.,]+)?\s*(?:[\"″”]|'')?\s*[NEBĐ]?\s*$",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Outline:
    """The corners of one cluster, ring by ring, and what else stood in its first row."""

    row: int
    name: str
    cells: dict[int, Value] = field(default_factory=dict)
    rings: list[list[tuple[float, float]]] = field(default_factory=lambda: [[]])
    labels: list[str] = field(default_factory=list)

    def shape(self) -> BaseGeometry | None:
        """Return the outline as a polygon, several if its numbering starts anew; None for less than three."""
        import shapely

        polygons = [shapely.Polygon(ring) for ring in self.rings if len(set(ring)) >= _FEWEST]
        if not polygons:
            return None
        return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)


def is_table_of_corners(sheet: Sheet, head: Head, stop: int) -> bool:
    """Return whether a table has several points for one name, or no name beside its points."""
    pair = _pair(head)
    if pair is None:
        return False
    name = head.column("name")
    if name is None:
        return "@point" in head.means or "@ordinal" in head.means
    rows = [at for at in range(head.bottom + 1, stop) if _point(sheet, at, pair) is not None]
    names = [shown(sheet.at(at, name)) for at in rows]
    return len(set(filter(None, names))) < len(rows)


def read_corners(sheet: Sheet, head: Head, stop: int, title: str) -> list[Outline]:
    """Return the outlines of a table of corners.

    Parameters
    ----------
    sheet, head, stop
        The table, up to a row.
    title
        What stands above it: the name of the cluster where the table has none.
    """
    pair, name = _pair(head), head.column("name")
    found: list[Outline] = []
    for at in range(head.bottom + 1, stop):
        point = _point(sheet, at, pair) if pair else None
        said = _name_at(sheet, head, at, name, has_point=point is not None)
        if said and (not found or found[-1].name != said):
            found.append(Outline(at, said, {c: v for c, v in enumerate(sheet.rows[at]) if v is not None}))
        if point is None:
            continue
        if not found:
            found.append(Outline(at, name_in_title(title) or name_in_title(sheet.name) or sheet.name))
        _add(found[-1], point, shown(sheet.at(at, c)) if (c := head.column("@point")) is not None else "")
    return [outline for outline in found if outline.rings[0]]


def note_areas(table: gpd.GeoDataFrame, report: LoadReport) -> None:
    """Doubt stated areas from which those of their corners differ by more than a hundredth.

    The corners are printed to a centimetre and the area to 0.01 ha; what differs more has a corner too few,
    too many or in another order.
    """
    if "planned_ha" not in table or table.crs is None:
        return
    outlined = table[table.geometry.geom_type.isin(["Polygon", "MultiPolygon"])]
    for at, (computed, stated) in enumerate(zip(area_ha(outlined), outlined["planned_ha"], strict=True)):
        is_known = isinstance(stated, int | float) and stated > 0
        if is_known and abs(stated - computed) > max(_AREA_SHARE * computed, _ROUNDED_HA):
            row = table.index.get_loc(outlined.index[at]) + 1
            report.note(
                "shapes.area-differs",
                [row],
                column="planned_ha",
                stated=float(stated),
                computed=float(computed),
            )


def _name_at(sheet: Sheet, head: Head, at: int, name: int | None, *, has_point: bool) -> str:
    if name is not None and (text := shown(sheet.at(at, name))) and (has_point or not text.isdigit()):
        is_aside = not has_point and re.match(r"(?:tong|cong|ghi chu|nguon)\b", strip_accents(text))
        return "" if is_aside else text
    if has_point:
        return ""
    # A line of its own above the points of a cluster.
    words = [shown(v) for v in sheet.rows[at][: head.width] if isinstance(v, str) and len(shown(v)) > 1]
    return name_in_title(words[0]) if len(words) == 1 else ""


def _add(outline: Outline, point: tuple[float, float], label: str) -> None:
    ring = outline.rings[-1]
    if ring and len(ring) >= _FEWEST and (point == ring[0] or (label and label == outline.labels[0])):
        # The first corner again closes a ring; what follows begins another.
        if point != ring[0]:
            outline.rings.append([point])
            outline.labels = [label]
        else:
            outline.rings.append([])
            outline.labels = []
        return
    ring.append(point)
    outline.labels.append(label)


def read_points(sheet: Sheet, head: Head, rows: list[int]) -> list[BaseGeometry | None]:
    """Return the point of each row of a register with columns of coordinates; None where it has none."""
    import shapely

    pair = _pair(head)
    points = [_point(sheet, at, pair) if pair else None for at in rows]
    return [None if p is None else shapely.Point(p) for p in points]


def coordinate_headers(head: Head, names: Sequence[str]) -> list[str]:
    """Return which of the names of a table's columns are of those that its points are read from."""
    return [names[column] for column in _pair(head) or ()]


def _pair(head: Head) -> tuple[int, int] | None:
    """Return the columns of coordinates as they stand; which is the easting is told by the numbers."""
    for one, other in (COORDINATES[:2], COORDINATES[2:]):
        first, second = head.column(one), head.column(other)
        if first is not None and second is not None:
            return first, second
    return None


def _point(sheet: Sheet, at: int, pair: tuple[int, int]) -> tuple[float, float] | None:
    x, y = (_coordinate(sheet.at(at, column)) for column in pair)
    if x is None or y is None:
        return None
    is_plane = max(abs(x), abs(y)) > 1_000  # noqa: PLR2004 - more than degrees
    swapped = x >= _LEAST_NORTHING > y if is_plane else y > 90 > x  # noqa: PLR2004 - no latitude is beyond
    return (y, x) if swapped else (x, y)


def _coordinate(value: Value) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return float(value)
    if not isinstance(value, str):
        return None
    found = _DEGREES.match(value)
    if found:
        seconds = float((found[3] or "0").replace(",", "."))
        return int(found[1]) + int(found[2]) / 60 + seconds / 3600
    number = figure_of(value, "")
    if number is None:
        # "2317559,012": more than three digits before the mark cannot be thousands.
        number = figure_of(value, "," if "," in value else ".")
    return number


def meridian_in(text: str) -> float | None:
    """Return the central meridian of VN-2000 that a text names.

    Examples
    --------
    >>> meridian_in("(Hệ tọa độ VN-2000, kinh tuyến trục 105°00', múi chiếu 3°)"), meridian_in("KTT 107°45'")
    (105.0, 107.75)
    """
    found = _MERIDIAN.search(strip_accents(text))
    return int(found[1]) + int(found[2] or 0) / 60 if found else None


def name_in_title(text: str) -> str:
    """Return the cluster that a title is about, "" for none.

    Examples
    --------
    >>> (
    ...     name_in_title("BẢNG TỌA ĐỘ RANH GIỚI CCN Đông Sơn, huyện Chương Mỹ"),
    ...     name_in_title("CÁC CỤM CÔNG NGHIỆP"),
    ... )
    ('Đông Sơn', '')
    """
    found = _NAMED.search(" ".join(text.split()))
    words = []
    for word in found[1].split() if found else []:
        if strip_accents(word) in _STOPS:
            break
        words.append(word)
    name = " ".join(words)
    return name.title() if name.isupper() else name
