"""Doubts of files as people have them, and what advice has them do; `tests/load/test_advice.py` does it.

Each file is the smallest that raises the doubt, made by the library that its makers use.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import ezdxf
import geopandas as gpd
import openpyxl
import shapely

from clusters_geo.reading.text import encode

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Write = Callable[[Path], Path]

ON = "Đang hoạt động"
HEAD = ["Tên CCN", "Huyện", "Trạng thái", "Diện tích (ha)"]
ROW = ["Kiến Thành", "Cần Đước", ON, 51.7]
EAST, NORTH = 587_000, 2_326_000
BOX = shapely.box(EAST, NORTH, EAST + 500, NORTH + 400)  # 20 ha
TYPED = ["Cụm Phùng Xá", "Cụm Bát Tràng", "Cụm Đồng Sen"]


@dataclass(frozen=True)
class Case:
    """A file that raises a doubt, what its advice names, the file and the words after it was followed."""

    code: str
    before: Write
    remedy: str = ""  # the argument that the sentence names
    said: dict[str, Any] = field(default_factory=dict)  # what is said in return
    after: Write | None = None  # the file as the advice wants it; None for the same file
    given: dict[str, Any] = field(default_factory=dict)  # what was said before
    right: dict[str, list[Any]] = field(default_factory=dict)  # what then loads; "ha" of the shapes


def sheets(named: dict[str, Any], change: Callable[[Any], object] = id) -> Write:
    def write(folder: Path) -> Path:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, rows in named.items():
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(row)
        change(book)
        book.save(folder / "so.xlsx")
        book.close()
        return folder / "so.xlsx"

    return write


def table(*rows: list[Any], change: Callable[[Any], object] = id) -> Write:
    return sheets({"Sheet1": rows}, lambda book: change(book.worksheets[0]))


def text(content: str | bytes, name: str = "so.csv", beside: dict[str, str] | None = None) -> Write:
    def write(folder: Path) -> Path:
        for other, text in (beside or {}).items():
            (folder / other).write_text(text, encoding="utf-8")
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return folder / name

    return write


def layer(*shapes: Any, crs: Any = "EPSG:5897", **columns: Any) -> Write:
    def write(folder: Path) -> Path:
        known = {"name": [f"C{n}" for n in range(len(shapes))], "status": "operating", **columns}
        gpd.GeoDataFrame(known, geometry=list(shapes), crs=crs).to_file(folder / "lop.gpkg")
        return folder / "lop.gpkg"

    return write


def shapefile(*names: str, encoding: str, cpg: str = "") -> Write:
    """Names as bytes of an encoding in a Shapefile, and what it states of them."""

    def write(folder: Path) -> Path:
        known = {"name": [f"{n:050d}" for n in range(len(names))], "status": "operating"}
        gpd.GeoDataFrame(known, geometry=[BOX] * len(names), crs=5897).to_file(folder / "lop.shp")
        content = (folder / "lop.dbf").read_bytes()
        for n, name in enumerate(names):
            typed = encode(name, encoding) if encoding in {"tcvn3", "vni"} else name.encode(encoding)
            content = content.replace(f"{n:050d}".encode(), typed.ljust(50))
        (folder / "lop.dbf").write_bytes(content)
        (folder / "lop.cpg").write_text(cpg) if cpg else (folder / "lop.cpg").unlink()
        return folder / "lop.shp"

    return write


def drawing(*labels: str, off: bool = False) -> Write:
    def write(folder: Path) -> Path:
        document = ezdxf.new("R2010")
        tat = document.layers.add("QH")
        if off:
            tat.off()
        model = document.modelspace()
        for at, of in ((0, "0"), (800, "QH")):
            x = EAST + at
            corners = [(x, NORTH), (x + 400, NORTH), (x + 400, NORTH + 400), (x, NORTH + 400)]
            model.add_lwpolyline(corners, close=True, dxfattribs={"layer": of})
        model.add_text("CCN Hai", dxfattribs={"insert": (EAST + 900, NORTH + 100), "layer": "QH"})
        for n, label in enumerate(labels):
            model.add_text(label, dxfattribs={"insert": (EAST + 100, NORTH + 100 + 100 * n)})
        document.saveas(folder / "ve.dxf")
        return folder / "ve.dxf"

    return write


def csv_in(encoding: str, *names: str) -> Write:
    rows = ["Tên CCN;Trạng thái", *(f"{name};Đang hoạt động" for name in names)]
    typed = "\n".join(rows)
    return text(encode(typed, encoding) if encoding in {"tcvn3", "vni"} else typed.encode(encoding))


def typed_sheet(*names: str) -> Write:
    """A workbook typed in a font of TCVN3: Latin letters that look Vietnamese only in that font."""

    def old(value: Any) -> Any:
        return encode(value, "tcvn3").decode("latin-1") if isinstance(value, str) else value

    return table([old(h) for h in HEAD], *([old(v) for v in (name, "Cần Đước", ON, 51.7)] for name in names))


def corner_table(stated: float) -> Write:
    corners = [(0, 0), (500, 0), (500, 400), (0, 400)]
    rows = [["A", n, NORTH + y, EAST + x, stated] for n, (x, y) in enumerate(corners, start=1)]
    return table(["Tên CCN", "Điểm", "X", "Y", "Diện tích (ha)"], *rows)


def kml(within: str) -> Write:
    ring = "105.8,21,0 105.81,21,0 105.81,21.01,0 105.8,21.01,0 105.8,21,0"
    polygon = f"<Polygon><outerBoundaryIs><LinearRing><coordinates>{ring}</coordinates>"
    polygon += "</LinearRing></outerBoundaryIs></Polygon>"
    place = f"<Placemark><name>{{}}</name>{polygon}</Placemark>"
    inner = within if within.startswith("<") else place.format(within)
    body = f"<Folder><name>Cụm</name>{place.format('A')}{inner}</Folder>"
    return text(f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{body}</Document></kml>', "so.kml")


CORNERS = [(EAST, NORTH), (EAST + 500, NORTH), (EAST + 500, NORTH + 400), (EAST, NORTH + 400)]
FAR = shapely.Point(0, 0).buffer(500)
SHORT = [[*HEAD[:1], "Trạng thái", "Diện tích (ha)"], ["Kiến Thành", ON, 20], ["Phùng Xá", ON, 20]]
KEYED = [["cluster_id", *HEAD[:1], "Trạng thái"], ["01", "Kiến Thành", ON], ["02", "Phùng Xá", ON]]
# Degrees about a local origin, of a datum that nothing relates to another.
OWN = (
    'GEOGCS["own",DATUM["own",SPHEROID["Krassowsky 1940",6378245,298.3]],'
    'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]'
)
DEGREES = shapely.box(105.8, 21, 105.81, 21.01)
WGS_PLANE = "+proj=tmerc +lat_0=0 +lon_0=105 +k=0.9999 +x_0=500000 +y_0=0 +ellps=WGS84 +units=m +no_defs"
# Of a survey with zeros of its own: its figures look like those of Hà Nội with x and y exchanged.
SHIFTED = (
    "+proj=tmerc +lat_0=0 +lon_0=105 +k=0.9999 +x_0=2239000 +y_0=-1739000 +ellps=WGS84 "
    "+towgs84=-191.90441429,-39.30318279,-111.45032835,0.00928836,-0.01975479,0.00427372,0.252906278 +units=m"
)
TURNED = shapely.box(NORTH, EAST, NORTH + 400, EAST + 500)
WKT = "POLYGON ((105.8 21, 105.81 21, 105.81 21.01, 105.8 21))"


def hide_row(sheet: Any) -> None:
    sheet.row_dimensions[3].hidden = True


def hide_column(sheet: Any) -> None:
    sheet.column_dimensions["D"].hidden = True


def hide_sheet(book: Any) -> None:
    book["Cũ"].sheet_state = "hidden"


def merge(sheet: Any) -> None:
    sheet.merge_cells("D2:D3")


def boundaries(*names: str, **columns: Any) -> Write:
    """A layer of boundaries beside a register, which is what is loaded."""
    rows = [shapely.box(EAST + 900 * n, NORTH, EAST + 900 * n + 500, NORTH + 400) for n in range(len(names))]
    return layer(*rows, name=list(names), **columns)


def units(names: list[str], apart: float) -> Write:
    """Units of 500 m, side by side or one over the other; a layer of the same name is written anew."""
    shapes = [
        shapely.box(EAST + apart * n, NORTH, EAST + apart * n + 500, NORTH + 400) for n in range(len(names))
    ]

    def write(folder: Path) -> Path:
        gpd.GeoDataFrame({"name": names}, geometry=shapes, crs=5897).to_file(folder / f"xa-{apart}.gpkg")
        return folder / f"xa-{apart}.gpkg"

    return write


SHAPES = [
    Case(
        "shapes.none",
        table(*SHORT),
        "boundaries=",
        {"boundaries": boundaries("Kiến Thành", "Phùng Xá")},
        right={"ha": [20.0, 20.0]},
    ),
    Case(
        "shapes.points",
        layer(shapely.Point(EAST, NORTH), name=["Phùng Xá"]),
        "boundaries=",
        {"boundaries": boundaries("Phùng Xá")},
        right={"ha": [20.0]},
    ),
    Case(
        "shapes.no-boundary",
        table(*KEYED),
        given={"boundaries": boundaries("Kiến Thành", "Lô B")},
        said={"boundaries": boundaries("Kiến Thành", "Lô B", cluster_id=["01", "02"])},
        right={"ha": [20.0, 20.0]},
    ),
    Case("shapes.missing", layer(BOX, None), after=layer(BOX, BOX), right={"ha": [20.0, 20.0]}),
    Case("shapes.empty", layer(BOX, shapely.Polygon()), after=layer(BOX, BOX), right={"ha": [20.0, 20.0]}),
    Case("shapes.empty", layer(BOX, shapely.Polygon()), after=layer(BOX), right={"ha": [20.0]}),
    Case("shapes.outside", layer(BOX, BOX, FAR), after=layer(BOX, BOX), right={"ha": [20.0, 20.0]}),
    Case("shapes.lines", layer(shapely.LineString(CORNERS)), after=layer(BOX), right={"ha": [20.0]}),
    Case(
        "shapes.lines",
        layer(shapely.LineString(CORNERS)),
        after=layer(shapely.LineString([*CORNERS, CORNERS[0]])),
        right={"ha": [20.0]},
    ),
    Case(
        "shapes.nearly-closed",
        layer(shapely.LineString([*CORNERS, (EAST, NORTH + 2)])),
        after=layer(shapely.LineString([*CORNERS, CORNERS[0]])),
        right={"ha": [20.0]},
    ),
    Case(
        "shapes.no-label",
        drawing(),
        given={"crs": 5897},
        said={"crs": 5897},
        after=drawing("CCN Một"),
        right={"name": ["CCN Một", "CCN Hai"]},
    ),
    Case(
        "shapes.several-labels",
        drawing("CCN Một", "CCN Cũ"),
        given={"crs": 5897},
        said={"crs": 5897},
        after=drawing("CCN Một"),
        right={"name": ["CCN Một", "CCN Hai"]},
    ),
    Case(
        "shapes.hidden-layers",
        drawing("CCN Một", off=True),
        given={"crs": 5897},
        said={"crs": 5897},
        after=drawing("CCN Một"),
        right={"name": ["CCN Một", "CCN Hai"]},
    ),
    Case(
        "shapes.unreadable-text",
        table(["Tên CCN", "geom"], *(["A", WKT] for _ in range(4)), ["B", "POLYGON ((105.8"]),
        after=table(["Tên CCN", "geom"], *(["A", WKT] for _ in range(4)), ["B", WKT]),
        right={"name": ["A", "A", "A", "A", "B"]},
    ),
    Case(
        "shapes.area-differs",
        corner_table(25),
        given={"crs": 5897},
        said={"crs": 5897},
        after=corner_table(20),
    ),
    Case("file.links", kml("<NetworkLink><Link><href>x.kml</href></Link></NetworkLink>"), after=kml("B")),
]

TEXTS = [
    Case(
        "text.file-encoding",
        csv_in("tcvn3", *TYPED),
        "encoding=",
        {"encoding": "tcvn3"},
        right={"name": TYPED},
    ),
    Case(
        "text.encoding",
        shapefile(*TYPED, encoding="tcvn3"),
        "encoding=",
        {"encoding": "tcvn3"},
        right={"name": TYPED},
    ),
    Case(
        "text.open-encoding",
        shapefile("Bình lộc", encoding="vni"),
        "encoding=",
        {"encoding": "vni"},
        right={"name": ["Bình lộc"]},
    ),
    Case(
        "text.unreadable",
        shapefile("ハノイ工業団地", "東英県ソフト", encoding="cp932"),
        "encoding=",
        {"encoding": "cp932"},
        right={"name": ["ハノイ工業団地", "東英県ソフト"]},
    ),
    Case(
        "text.contradicts",
        shapefile(*TYPED[:2], encoding="tcvn3", cpg="GBK"),
        "encoding=",
        {"encoding": "tcvn3"},
        right={"name": TYPED[:2]},
    ),
    Case(
        "text.not-in-encoding",
        layer(BOX, name=["Cụm Phùng Xá"]),
        "encoding=",
        {},
        given={"encoding": "tcvn3"},
        right={"name": ["Cụm Phùng Xá"]},
    ),
    Case(
        "text.sheet-encoding", typed_sheet(*TYPED), "encoding=", {"encoding": "tcvn3"}, right={"name": TYPED}
    ),
    Case(
        "text.capital-font",
        shapefile("ứng dụng công nghệ", "ổn định sản xuất", encoding="tcvn3"),
        after=layer(BOX, BOX, name=["Ứng dụng công nghệ", "Ổn định sản xuất"]),
        right={"name": ["Ứng dụng công nghệ", "Ổn định sản xuất"]},
    ),
]

SYSTEMS = [
    Case("crs.degrees", table(["Tên CCN", "geom"], ["A", WKT]), "crs=", {"crs": "EPSG:4756"}),
    Case("crs.ballpark", layer(DEGREES, crs=OWN), "crs=", {"crs": "EPSG:4756"}),
    Case("crs.datum", layer(BOX, crs=WGS_PLANE), "crs=", {"crs": 5897}, given={"crs": WGS_PLANE}),
    Case("crs.meridian", layer(BOX, crs=5899), "region=", {"crs": 5897}, right={"ha": [20.0]}),
    Case("crs.said", layer(BOX), "crs=", {"crs": 5897}, given={"crs": 3405}, right={"ha": [20.0]}),
    Case("crs.swapped", layer(TURNED), "crs=", {"crs": SHIFTED}, right={"ha": [20.0]}),
    Case(
        "crs.link",
        text(
            '{"type": "FeatureCollection", "crs": {"type": "link", "link": "x"}, "features": ['
            '{"type": "Feature", "properties": {"name": "A"}, "geometry": {"type": "Polygon", "coordinates":'
            "[[[105.8, 21], [105.81, 21], [105.81, 21.01], [105.8, 21]]]}}]}",
            "a.geojson",
        ),
        "crs=",
        {"crs": "EPSG:4756"},
    ),
]

FIGURES = [
    Case(
        "numbers.area-unit",
        layer(BOX, AREA=[200_500.0], DT=[19.0]),
        "columns=",
        {"columns": {"DT": "planned_ha"}},
        right={"planned_ha": [19.0]},
    ),
    Case(
        "numbers.area-unknown",
        layer(BOX, AREA=[60.0]),
        "columns=",
        {"columns": {"AREA": "planned_ha"}},
        right={"planned_ha": [60.0]},
    ),
    Case(
        "numbers.area-said",
        layer(BOX, **{"Diện tích quy hoạch": [200_000.0]}),
        after=layer(BOX, **{"Diện tích quy hoạch (m2)": [200_000.0]}),
        right={"planned_ha": [20.0]},
    ),
    *(
        Case(
            "numbers.area-row-unit",
            layer(BOX, BOX, BOX, planned_ha=["20", "20", "200000"]),
            after=layer(BOX, BOX, BOX, planned_ha=["20", "20", mended]),
            right={"planned_ha": [20.0, 20.0, 20.0]},
        )
        for mended in ("20", "200000 m2")
    ),
    Case(
        "numbers.area-apart",
        layer(BOX, BOX, planned_ha=[20.0, 70.0]),
        after=layer(BOX, BOX, planned_ha=[20.0, 20.0]),
        right={"planned_ha": [20.0, 20.0]},
    ),
    Case(
        "numbers.open-mark",
        text("Tên CCN;Trạng thái;Diện tích (ha)\nA;Đang hoạt động;1.686\n"),
        "decimal=",
        {"decimal": "."},
        right={"planned_ha": [1.686]},
    ),
    Case(
        "numbers.file-mark",
        text("Tên CCN;Trạng thái;Diện tích (ha);Đã cho thuê (ha)\nA;Đang hoạt động;1.686;1,5\n"),
        "decimal=",
        {"decimal": "."},
        right={"planned_ha": [1.686], "leased_ha": [1.5]},
    ),
    Case(
        "numbers.mark",
        text("Tên CCN;Trạng thái;Diện tích (ha)\nA;Đang hoạt động;12,7\nB;Đang hoạt động;1,686\n"),
        "decimal=",
        {"decimal": "."},
        right={"planned_ha": [12.7, 1686.0]},
    ),
    Case(
        "numbers.formulas",
        table(HEAD, [*ROW[:3], "=50+1.7"]),
        after=table(HEAD, ROW),
        right={"planned_ha": [51.7]},
    ),
    Case(
        "rows.merged-figure",
        table(HEAD, ROW, ["B", "C", ON, None], change=merge),
        after=table(HEAD, [*ROW[:3], 30], ["B", "C", ON, 21.7]),
        right={"planned_ha": [30, 21.7]},
    ),
]

HEADINGS = [
    Case(
        "columns.cut",
        text("name,status,services_h\nA,operating,2\n"),
        "columns=",
        {"columns": {"services_h": "leased_ha"}},
        right={"leased_ha": [2.0]},
    ),
    Case(
        "columns.second",
        table([*HEAD, "Tên cụm công nghiệp"], [*ROW, "Phùng Xá"]),
        "columns=",
        {"columns": {"Tên cụm công nghiệp": "name"}},
        right={"name": ["Phùng Xá"]},
    ),
    Case(
        "columns.hidden",
        table(HEAD, ROW, change=hide_column),
        after=table(HEAD, ROW),
        right={"planned_ha": [51.7]},
    ),
    Case(
        "columns.absent",
        text("Tên CCN;Điểm\nA;B\n", beside={"so.toml": '[columns]\n"Tên cũ" = "district"\n'}),
        "[columns]",
        given={"mapping": "so.toml"},
        said={"mapping": "so.toml"},
        after=text("Tên CCN;Điểm\nA;B\n", beside={"so.toml": '[columns]\n"Điểm" = "district"\n'}),
        right={"district": ["B"]},
    ),
    Case(
        "rows.hidden",
        table(HEAD, ROW, ["B", "C", ON, 5], change=hide_row),
        after=table(HEAD, ROW, ["B", "C", ON, 5]),
        right={"planned_ha": [51.7, 5]},
    ),
    Case(
        "rows.hidden-sheets",
        sheets({"Mới": [HEAD, ROW], "Cũ": [HEAD, ["B", "C", ON, 5]]}, hide_sheet),
        "layer=",
        {"layer": "Cũ"},
        right={"planned_ha": [5]},
    ),
]

CASES = [*SHAPES, *TEXTS, *SYSTEMS, *FIGURES, *HEADINGS]
