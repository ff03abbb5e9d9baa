"""A small register of three clusters in Hà Nội, and how to write it in every format that is read."""

from __future__ import annotations

import zipfile
from pathlib import Path

import docx
import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

DRIVERS = {
    "gpkg": "GPKG",
    "shp": "ESRI Shapefile",
    "geojson": "GeoJSON",
    "fgb": "FlatGeobuf",
    "kml": "LIBKML",
    "kmz": "LIBKML",
    "gml": "GML",
    "tab": "MapInfo File",
    "mif": "MapInfo File",
    "gdb": "OpenFileGDB",
    "dxf": "DXF",
    "dgn": "DGN",
}
DRAWN = {"dxf", "dgn"}
LONLAT = {"geojson", "kml", "kmz"}
LOSES_DATUM = {"tab", "mif", "dxf", "dgn"}
PLAIN = {"csv", "xlsx", "xls", "ods", "docx"}
EVERY_ENDING = (*DRIVERS, "parquet", *PLAIN)


def register():
    squares = [(585_000, 2_330_000), (596_000, 2_318_000), (562_000, 2_335_000)]
    return gpd.GeoDataFrame(
        {
            "cluster_id": ["001", "002", "003"],
            "name": ["Phùng Xá", "Bát Tràng", "Võng Xuyên"],
            "status": ["operating", "pending", "under_construction"],
            "planned_ha": [40.5, 20.0, None],
            "workers": pd.array([9_007_199_254_740_993, None, 3], dtype="Int64"),
        },
        geometry=[shapely.box(x, y, x + 600, y + 500) for x, y in squares],
        crs="EPSG:5897",
    )


def write_document(table, path):
    """Write a table as Word does, a paragraph above it."""
    paper = docx.Document()
    paper.add_paragraph("Phụ lục")
    plain = pd.DataFrame(table.drop(columns="geometry")).astype("string").fillna("")
    rows = paper.add_table(rows=0, cols=len(plain.columns))
    for values in [plain.columns, *plain.to_numpy()]:
        for cell, value in zip(rows.add_row().cells, values, strict=True):
            cell.text = value
    paper.save(path)


def write(table, path):
    """Write a table as GDAL writes it, without this package's own writer."""
    ending = path.suffix.lstrip(".")
    if ending in LONLAT:
        table = table.to_crs(4326)
    if ending in DRAWN:
        table = table[["geometry"]]
    if ending == "parquet":
        table.to_parquet(path)
    elif ending == "csv":
        pd.DataFrame(table.drop(columns="geometry")).to_csv(path, index=False)
    elif ending == "xlsx":
        pd.DataFrame(table.drop(columns="geometry")).to_excel(path, index=False)
    elif ending in {"xls", "ods"}:
        # The same three clusters as LibreOffice saves them.
        path.write_bytes((Path(__file__).parent / f"sheets/register.{ending}").read_bytes())
    elif ending == "xlsb":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("xl/workbook.bin", b"")
    elif ending == "docx":
        write_document(table, path)
    else:
        options = {
            "mif": {"FORMAT": "MIF"},
            "gdb": {"TARGET_ARCGIS_VERSION": "ARCGIS_PRO_3_2_OR_LATER"},
        }.get(ending, {})
        if ending in {"kml", "kmz"}:
            # KML has one time for a feature and no whole number beyond 32 bits.
            table = table.assign(workers=table["workers"].astype("string"))
        pyogrio.write_dataframe(table, path, driver=DRIVERS[ending], **options)
    return path


@pytest.fixture
def make(tmp_path):
    """Return a function that writes the small register, or another table, under a name."""

    def _make(name, table=None):
        return write(register() if table is None else table, tmp_path / name)

    return _make


@pytest.fixture
def small():
    return register()
