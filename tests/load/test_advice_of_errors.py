"""What an error tells to say is said, and the same call goes through with the right answer."""

from __future__ import annotations

import csv
import re
import zipfile
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pyarrow.parquet as pq
import pyproj
import pytest
import shapely
from advice_cases import BOX, EAST, HEAD, NORTH, ON, ROW, WGS_PLANE, layer, sheets, table, text

import clusters_geo as cg
from clusters_geo import forms
from clusters_geo.errors import ClustersGeoError
from clusters_geo.maps.slider import save_slider

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True)
class Refused:
    """A call that is refused, what the error names, and what comes of the call with that said."""

    code: str
    write: Callable[[Path], Any]  # what is worked on: a file or a table
    call: Callable[..., Any]
    wrong: dict[str, Any]
    named: str
    said: dict[str, Any]
    right: Any
    after: Callable[[Path], Any] | None = (
        None  # what is worked on once the advice was followed; None: the same
    )


def of_file(code, write, wrong, named, said, right):  # noqa: PLR0913, PLR0917 - a row of the table
    """A register that is loaded; `right` is a column of it."""
    column, values = right

    def load(file, **how):
        how = {o: v(file.parent) if callable(v) else v for o, v in how.items()}
        loaded = cg.load_clusters(file, **how)
        return (cg.area_ha(loaded).round(1) if column == "ha" else loaded[column]).tolist()

    return Refused(code, write, load, wrong, named, said, values)


def two_layers(folder):
    layer(BOX, name=["Cũ"])(folder)
    shapes = gpd.GeoDataFrame({"name": ["Mới"], "status": "operating"}, geometry=[BOX], crs=5897)
    shapes.to_file(folder / "lop.gpkg", layer="moi")
    shapes[:0].to_file(folder / "lop.gpkg", layer="rong")
    return folder / "lop.gpkg"


def of_a_lost_datum(folder):
    gpd.GeoDataFrame({"name": ["A"], "status": "operating"}, geometry=[BOX], crs=5897).to_file(
        folder / "a.shp"
    )
    (folder / "a.prj").write_text(pyproj.CRS(WGS_PLANE).to_wkt("WKT1_GDAL"))
    return folder / "a.shp"


LOCAL = 'LOCAL_CS["own",UNIT["metre",1]]'
JAPANESE = "name,status\n東英県工業団地,operating\n".encode("cp932")
REGISTER = table(HEAD[:1] + HEAD[2:3], ["Kiến Thành", ON])


def in_parquet(folder):
    layer(BOX, name=["Kiến Thành"], status=["operating"])(folder)
    gpd.read_file(folder / "lop.gpkg").to_parquet(folder / "lop.parquet")
    return folder / "lop.parquet"


def unnamed(folder):
    """A layer whose names stand in a column that no table lists."""
    gpd.GeoDataFrame({"nhan": ["Kiến Thành"]}, geometry=[BOX], crs=5897).to_file(folder / "nhan.gpkg")
    return folder / "nhan.gpkg"


def zipped(folder):
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.write(layer(BOX)(folder), "lop.gpkg")
    return folder / "a.zip"


def from_archive(file, *, inside, **how):
    return cg.load_clusters(f"/vsizip/{file}/lop.gpkg" if inside else file, **how)["name"].tolist()


READING = [
    of_file(
        "register.no-sheet",
        table(HEAD, ROW),
        {"layer": "x"},
        "layer=",
        {"layer": "Sheet1"},
        ("name", ROW[:1]),
    ),
    of_file(
        "register.other-sheet",
        sheets({"Bìa": [["BÁO CÁO"], ["Kính gửi: Sở"]], "Biểu 01": [HEAD, ROW]}),
        {"layer": "Bìa"},
        "Biểu 01",
        {"layer": "Biểu 01"},
        ("name", ROW[:1]),
    ),
    *(
        of_file(
            "register.layers",
            sheets({"A": [HEAD, ROW], "B": [HEAD, ["B", *ROW[1:]]]}),
            {"layers": "A"},
            "layers=",
            said,
            ("name", names),
        )
        for said, names in (({"layers": "all"}, ["Kiến Thành", "B"]), ({"layer": "A"}, ["Kiến Thành"]))
    ),
    of_file("register.layers-format", in_parquet, {"layers": "all"}, "layers=", {}, ("name", ["Kiến Thành"])),
    of_file("source.no-layer", two_layers, {"layer": "x"}, "layer=", {"layer": "moi"}, ("name", ["Mới"])),
    of_file("load.no-row", two_layers, {"layer": "rong"}, "layer=", {"layer": "moi"}, ("name", ["Mới"])),
    of_file(
        "load.status",
        table(HEAD[:2], ROW[:2]),
        {"status": "xong"},
        "pending",
        {"status": "pending"},
        ("status", ["pending"]),
    ),
    of_file(
        "columns.not-there",
        table(["Mã", *HEAD[1:]], ROW),
        {"columns": {"Mã số": "name"}},
        "columns=",
        {"columns": {"Mã": "name"}},
        ("name", ROW[:1]),
    ),
    of_file(
        "columns.unknown",
        table(["Mã", *HEAD[1:]], ROW),
        {"columns": {"Mã": "nam"}},
        "name",
        {"columns": {"Mã": "name"}},
        ("name", ROW[:1]),
    ),
    of_file(
        "boundaries.no-key",
        REGISTER,
        {"boundaries": unnamed},
        "boundaries_name=",
        {"boundaries": unnamed, "boundaries_name": "nhan"},
        ("ha", [20.0]),
    ),
    of_file(
        "source.no-layer",
        table(HEAD, ["Mới", *ROW[1:3], 20]),
        {"boundaries": two_layers, "boundaries_layer": "x"},
        "boundaries_layer=",
        {"boundaries": two_layers, "boundaries_layer": "moi"},
        ("ha", [20.0]),
    ),
    of_file(
        "text.unreadable",
        text(JAPANESE),
        {},
        "encoding=",
        {"encoding": "cp932"},
        ("name", ["東英県工業団地"]),
    ),
    of_file("crs.lost-datum", of_a_lost_datum, {}, 'crs="EPSG:5897"', {"crs": "EPSG:5897"}, ("ha", [20.0])),
    of_file("crs.local", layer(BOX, crs=LOCAL), {}, 'crs="EPSG:5897"', {"crs": "EPSG:5897"}, ("ha", [20.0])),
    of_file(
        "crs.unknown", layer(BOX), {"crs": "EPSG:1"}, 'crs="EPSG:5897"', {"crs": "EPSG:5897"}, ("ha", [20.0])
    ),
    of_file("vintage.no-folder", table(HEAD, ROW), {"as_of": "2022-09-30"}, "as_of=", {}, ("name", ROW[:1])),
    *(
        Refused("path.in-archive", zipped, from_archive, {"inside": True}, "allow_remote=True", said, ["C0"])
        for said in ({"inside": False}, {"inside": True, "allow_remote": True})
    ),
    Refused(
        "units.no-name",
        unnamed,
        lambda file, **how: cg.load_units(file, level="commune", **how)["name"].tolist(),
        {},
        "columns=",
        {"columns": {"nhan": "name"}},
        ["Kiến Thành"],
    ),
]


def houses(crs=5897, **how):
    """Footprints of a hectare in a file that says how it is made."""

    def write(folder):
        shapes = [shapely.box(EAST, NORTH, EAST + 100, NORTH + 100)]
        table = gpd.GeoDataFrame({"kind": ["a"]}, geometry=shapes, crs=5897).to_crs(crs or 5897)
        path = folder / how.get("name", "nha.parquet")
        table = table if crs else table.set_crs(None, allow_override=True)
        for name in how.get("layers", ()):
            table.to_file(path, layer=name)
        if "layers" not in how:
            table.to_parquet(path, geometry_encoding=how.get("encoding", "WKB"))
        return path

    return write


def of_no_system(folder):
    """GeoParquet that names a coordinate system which nobody knows."""
    path = houses()(folder)
    read = pq.read_table(path)
    geo = re.sub(
        rb'"crs": ?\{.*?\}(?=, "(?:encoding|edges|bbox|geometry_types))',
        b'"crs": "EPSG:1"',
        read.schema.metadata[b"geo"],
    )
    assert b"EPSG:1" in geo
    pq.write_table(read.replace_schema_metadata({b"geo": geo}), path)
    return path


def covered(file, of=None, **how):
    clusters = (
        of
        if of is not None
        else gpd.GeoDataFrame({"cluster_id": ["a"]}, geometry=[BOX], crs=5897).set_index("cluster_id")
    )
    return cg.built_up_ha(clusters, file, **how)["built_up_ha"].round(3).tolist()


def bounded(file, **how):
    """Houses in a register that may have no boundaries itself."""
    how = {option: write(file.parent) for option, write in how.items()}
    return covered(houses()(file.parent), of=cg.load_clusters(file, **how))


def of_houses(code, write, wrong, named, said, after=None):  # noqa: PLR0913, PLR0917 - a row of the table
    return Refused(code, write, covered, wrong, named, said, [1.0], after)


BUILT_UP = [
    of_houses("footprints.crs", of_no_system, {}, "crs=", {"crs": 5897}),
    of_houses("built-up.parquet-no-crs", houses(None), {}, "crs=", {"crs": 5897}),
    of_houses("built-up.no-crs", houses(None, name="a.gpkg", layers=["a"]), {}, "crs=", {"crs": 5897}),
    of_houses("built-up.unknown-crs", houses(None), {"crs": "EPSG:1"}, "crs=", {"crs": "EPSG:5897"}),
    of_houses(
        "source.parquet-encoding", houses(encoding="geoarrow"), {}, 'geometry_encoding="WKB"', {}, houses()
    ),
    of_houses("built-up.several-layers", houses(name="a.gpkg", layers="ab"), {}, "layer=", {"layer": "b"}),
    of_houses(
        "built-up.no-layer", houses(name="a.gpkg", layers="ab"), {"layer": "c"}, "layer=", {"layer": "b"}
    ),
    of_houses("built-up.no-column", houses(), {"by": "loai"}, "by=", {"by": "kind"}),
    of_houses(
        "built-up.day", houses(), {"measured_on": "hôm qua"}, "30/09/2022", {"measured_on": "30/09/2022"}
    ),
    of_houses(
        "built-up.cell",
        houses(),
        {"method": "raster", "cell_m": -1},
        "cell_m=1",
        {"method": "raster", "cell_m": 1},
    ),
    of_houses("built-up.no-method", houses(), {"method": "x"}, "method='exact'", {"method": "exact"}),
    of_houses("built-up.no-engine", houses(), {"engine": "x"}, "engine='local'", {"engine": "local"}),
    of_houses(
        "built-up.nothing-to-sample",
        houses(),
        {"disjoint": True, "method": "raster"},
        "disjoint",
        {"disjoint": True},
    ),
]


@cache
def hanoi():
    return cg.load_hanoi()


def of_hanoi(code, call, wrong, named, said, without=()):  # noqa: PLR0913, PLR0917 - a row of the table
    return Refused(code, lambda _: hanoi()[0].drop(columns=list(without)), call, wrong, named, said, 1)


def any_of(make):
    return lambda table, **how: len(make(table, **how)) > 0


def undated(folder):
    return hanoi()[0].drop(columns="as_of"), folder


def slid(file, **how):
    how = {option: write(file.parent) for option, write in how.items()}
    loaded = cg.load_clusters(file, **how)
    return save_slider(loaded, loaded, file.parent / "a.html").exists()


def kept(of, **how):
    return cg.save_vintage(*of, **how).stem


PLANNING = [
    of_hanoi(
        "units.no-names",
        any_of(lambda t, **how: cg.compare(t, t, by="district", **how).by_unit),
        {},
        "units=",
        {"units": hanoi()[1]},
        without=["district"],
    ),
    of_hanoi(
        "chart.no-earlier",
        lambda t, **how: len(cg.chart(t, "bridge", **how).svg) > 0,
        {},
        "earlier=",
        {"earlier": hanoi()[0]},
    ),
    of_hanoi(
        "compare.no-measure",
        lambda t, **how: cg.compare(t, t, **how) is not None,
        {"measure": "x"},
        "measure=",
        {"measure": "planned_ha"},
    ),
    of_hanoi(
        "forecast.no-date",
        any_of(lambda t, **how: cg.forecast_supply(t, "2025", **how)),
        {},
        "as_of=",
        {"as_of": "2022-09-30"},
        without=["as_of"],
    ),
    of_hanoi("eligibility.day", any_of(cg.eligibility), {"on": "x"}, "2024-06-30", {"on": "2024-06-30"}),
    of_hanoi(
        "audit.day",
        lambda t, **how: len(cg.audit(t, **how)) > 0,
        {"on": "x"},
        "2022-09-30",
        {"on": "2022-09-30"},
    ),
    of_hanoi(
        "map.only-of-layer",
        lambda t, **how: cg.make_map(t, only="Thường Tín", **how) is not None,
        {},
        "districts=",
        {"districts": hanoi()[1]},
    ),
    of_hanoi(
        "map.background",
        lambda t, **how: cg.make_map(t, **how) is not None,
        {"tiles": "https://t.example/{z}/{x}/{y}.png"},
        "attribution=",
        {"tiles": "https://t.example/{z}/{x}/{y}.png", "attribution": "A"},
    ),
    of_hanoi(
        "map.choice",
        lambda t, **how: cg.make_map(t, **how) is not None,
        {"theme": "x"},
        "light",
        {"theme": "light"},
    ),
    of_hanoi(
        "forms.which-unit",
        any_of(lambda t, **how: forms.form(t, "03", period="2022-H1", **how)),
        {},
        "unit=",
        {"unit": "Thường Tín"},
    ),
    of_hanoi(
        "forms.which-cluster",
        any_of(lambda t, **how: forms.form(t, "02", period="2022-H1", **how)),
        {},
        "unit=",
        {"unit": hanoi()[0].index[0]},
    ),
    of_hanoi(
        "forms.no-such-unit",
        any_of(
            lambda t, **how: forms.form(t, "03", period="2026-H1", unit="Thường Tín", level="district", **how)
        ),
        {},
        "anyway=True",
        {"anyway": True},
    ),
    Refused("vintage.no-day", undated, kept, {}, "as_of=", {"as_of": "2022-09-30"}, "2022-09-30"),
    Refused(
        "vintage.there",
        lambda folder: (kept(undated(folder), as_of="2022-09-30"), undated(folder))[1],
        kept,
        {"as_of": "2022-09-30"},
        "overwrite=True",
        {"as_of": "2022-09-30", "overwrite": True},
        "2022-09-30",
    ),
    of_hanoi(
        "units.no-spreading",
        any_of(lambda t, **how: cg.crosswalk(t, target=cg.load_units("hanoi-communes"), **how)),
        {"by_area": True},
        "by_area=",
        {},
    ),
    Refused(
        "forms.blank-of-whom",
        lambda folder: folder / "02.xlsx",
        lambda file, **how: forms.save_blank_form("02", file, period="2022-H1", **how) or file.exists(),
        {"unit": hanoi()[0].index[0]},
        "clusters=",
        {"unit": hanoi()[0].index[0], "clusters": hanoi()[0]},
        1,
    ),
    Refused(
        "slider.no-outlines",
        REGISTER,
        slid,
        {},
        "boundaries=",
        {"boundaries": layer(BOX, name=["Kiến Thành"])},
        1,
    ),
    Refused(
        "built-up.no-boundary",
        REGISTER,
        bounded,
        {},
        "boundaries=",
        {"boundaries": layer(BOX, name=["Kiến Thành"])},
        [1.0],
    ),
]

CASES = [*READING, *BUILT_UP, *PLANNING]


@pytest.mark.filterwarnings("ignore::clusters_geo.errors.DoubtWarning")
@pytest.mark.filterwarnings("ignore:'crs' was not provided")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.code)
def test_what_an_error_tells_to_say_is_right(tmp_path, case):
    thing = case.write(tmp_path)
    with pytest.raises(ClustersGeoError) as refused:
        case.call(thing, **case.wrong)
    assert refused.value.code == case.code
    for lang in ("vi", "en"):
        assert case.named in refused.value.text(lang)
    mended = case.after(tmp_path) if case.after else thing
    assert case.call(mended, **case.said) == case.right


# A file of the true size of a limit takes minutes: here the limits are lowered to what this one has.
LARGE = [
    ("source.large", "opening.MAX_BYTES", in_parquet),
    ("limit.unpacked", "limits.MAX_TABLE_BYTES", in_parquet),
    ("limit.cells", "limits.MAX_CELLS", in_parquet),
    ("limit.cells", "files.MAX_CELLS", layer(BOX, name=["Kiến Thành"], status=["operating"])),
]


@pytest.mark.parametrize(("code", "limit", "write"), LARGE, ids=[limit for _, limit, _ in LARGE])
def test_what_is_large_is_read_when_it_is_said(tmp_path, monkeypatch, code, limit, write):
    file = write(tmp_path)
    monkeypatch.setattr(f"clusters_geo.reading.{limit}", 1)
    with pytest.raises(cg.SourceError, match="allow_large=True") as refused:
        cg.load_clusters(file)
    assert refused.value.code == code
    assert "allow_large=True" in refused.value.text("vi")
    assert cg.load_clusters(file, allow_large=True)["name"].tolist() == ["Kiến Thành"]


# Followed in `test_advice.py` and `test_mapping.py`; `path.address` in `reading/test_remote.py`.
ELSEWHERE = {
    "path.address",
    "register.no-header",
    "register.several-sheets",
    "crs.missing",
    "crs.wrong",
    "source.which-layer",
    "source.which-layers",
}


def test_an_error_that_names_an_argument_has_its_case():
    words = resources.files("clusters_geo.words").joinpath("errors.csv").read_text(encoding="utf-8")
    naming = re.compile(r"\b[a-z_]+=(?!=)|\{option\}|\{advice\}")
    advising = {row["key"] for row in csv.DictReader(words.splitlines()) if naming.search(row["en"])}
    followed = {case.code for case in CASES} | {code for code, *_ in LARGE} | ELSEWHERE
    assert followed == advising
