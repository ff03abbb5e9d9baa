"""Files that point at addresses: whatever command opens them, a listening server hears nothing."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import sqlite3
import subprocess
import sys
import textwrap
import threading

import geopandas as gpd
import openpyxl
import pyarrow.parquet as pq
import pytest
import shapely
from as_user import run_python

import clusters_geo as cg
from clusters_geo.load import load_report

BOX = [[105.5, 21.0], [105.51, 21.0], [105.51, 21.01], [105.5, 21.01], [105.5, 21.0]]
RING = " ".join(f"{x},{y}" for x, y in BOX)

# The wall of the child is left out, so that what stands before it is what is tried.
RUN = textwrap.dedent("""
    import json, sys
    from clusters_geo.cli import main
    from clusters_geo.reading import child
    child.ENCLOSED = sys.argv[1] == "enclosed"
    for line in sys.stdin:
        sys.argv = ["clusters-geo", *json.loads(line)]
        try:
            main()
        except SystemExit as done:
            print(f"@{done.code}", file=sys.stderr, flush=True)
""")


@pytest.fixture
def listener():
    heard = []
    server = socket.create_server(("127.0.0.1", 0))

    def listen():
        with contextlib.suppress(OSError):
            while True:
                connection, who = server.accept()
                connection.close()
                heard.append(who)

    ear = threading.Thread(target=listen, daemon=True)
    ear.start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}", heard
    # A closed server wakes nobody who waits for it; a last knock does.
    with contextlib.suppress(OSError), socket.create_connection(server.getsockname(), timeout=2):
        pass
    server.shutdown(socket.SHUT_RDWR)
    ear.join(timeout=5)
    server.close()


def feature(**members):
    properties = {"cluster_id": "1", "name": "A", "status": "operating", "district_code": "1"}
    geometry = {"type": "Polygon", "coordinates": [BOX]} | members.pop("geometry", {})
    return {"type": "Feature", "properties": properties, "geometry": geometry} | members


def geojson(crs=None, /, **members):
    return json.dumps(
        {"type": "FeatureCollection", "features": [feature(**members)]} | ({"crs": crs} if crs else {})
    )


def linked(url, kind="link"):
    return {"type": kind, "properties": {"href": url, "url": url, "type": "esriwkt"}}


def texts(url):
    """Return files of text that point at an address, by name."""
    gml = (
        '<?xml version="1.0"?><gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml" '
        f'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xmlns:a="http://a" xsi:schemaLocation="http://a {url}/a.xsd"><gml:featureMember><a:cum><a:name>A'
        "</a:name><a:status>operating</a:status>"
        f'<a:shape xlink:href="{url}/part.gml#x"/><gml:Polygon srsName="{url}/crs"><gml:outerBoundaryIs>'
        f"<gml:LinearRing><gml:coordinates>{RING}</gml:coordinates></gml:LinearRing></gml:outerBoundaryIs>"
        "</gml:Polygon></a:cum></gml:featureMember></gml:FeatureCollection>"
    )
    ring = " ".join(f"{x},{y},0" for x, y in BOX)
    kml = (
        '<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2" '
        f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://a {url}/k.xsd">'
        f"<Document><NetworkLink><Link><href>{url}/n.kml</href></Link></NetworkLink><Placemark><name>A</name>"
        f'<styleUrl>{url}/s.kml#x</styleUrl><ExtendedData><SchemaData schemaUrl="{url}/s#x"/></ExtendedData>'
        f"<Polygon><outerBoundaryIs><LinearRing><coordinates>{ring}</coordinates></LinearRing>"
        f"</outerBoundaryIs></Polygon></Placemark><GroundOverlay><Icon><href>{url}/i.png</href></Icon>"
        "</GroundOverlay></Document></kml>"
    )
    return {
        "top.geojson": geojson(linked(url)),
        "capitals.geojson": geojson(linked(url, "URL")),
        "escaped.geojson": geojson(linked(url))
        .replace('"link"', r'"l\u0069nk"')
        .replace('"crs"', r'"\u0063rs"'),
        "geometry.geojson": geojson(geometry={"crs": linked(url)}),
        "feature.geojson": geojson(None, crs=linked(url)),
        "named.geojson": geojson({"type": "name", "properties": {"name": f"{url}/def/crs/EPSG/0/4326"}}),
        "a.gml": gml,
        "entity.gml": gml.replace("?>", f'?><!DOCTYPE a [<!ENTITY x SYSTEM "{url}/e">]>', 1).replace(
            ">A<", ">&x;<"
        ),
        "a.kml": kml,
        "vrt.geojson": f'<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>/vsicurl/{url}/a.shp'
        "</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>",
        "esri.json": json.dumps({"type": "FeatureCollection", "features": [], "url": url, "next": url}),
    }


def binaries(folder, url):
    """Write files of other kinds that point at an address."""
    table = gpd.GeoDataFrame(
        {"cluster_id": ["1"], "name": ["A"], "status": ["operating"], "district_code": ["1"]},
        geometry=[shapely.Polygon(BOX)],
        crs=4326,
    )
    table.drop(columns="district_code").to_file(folder / "prj.shp")
    (folder / "prj.prj").write_text(f"{url}/crs")
    table.to_file(folder / "srs.gpkg")
    with contextlib.closing(sqlite3.connect(folder / "srs.gpkg")) as db:
        db.execute("UPDATE gpkg_spatial_ref_sys SET definition = ?", (f"{url}/crs",))
        db.commit()
    table.to_parquet(folder / "crs.parquet")
    whole = pq.read_table(folder / "crs.parquet")
    geo = json.loads(whole.schema.metadata[b"geo"])
    geo["columns"]["geometry"]["crs"] = f"{url}/crs"
    pq.write_table(whole.replace_schema_metadata({b"geo": json.dumps(geo)}), folder / "crs.parquet")
    book = openpyxl.Workbook()
    book.active.append(["cluster_id", "name", "status"])
    book.active.append(["1", f'=HYPERLINK("{url}")', "operating"])
    book.active.append(["2", f'=WEBSERVICE("{url}")', f"='[{url}/b.xlsx]S'!A1"])
    book.active["A2"].hyperlink = url
    book.save(folder / "links.xlsx")
    from docx import Document

    document = Document()
    document.add_table(2, 3).cell(0, 0).text = "Chỉ tiêu"
    document.part.relate_to(
        f"{url}/t.dotx",
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate",
        is_external=True,
    )
    document.save(folder / "template.docx")


def jobs(folder):
    register = folder / "r.csv"
    register.write_text("cluster_id,name,status\n1,A,operating\n")
    boxes = gpd.GeoDataFrame(
        {"cluster_id": ["1"], "name": ["A"], "status": ["operating"]},
        geometry=[shapely.Polygon(BOX)],
        crs=4326,
    )
    boxes.to_file(folder / "boxes.gpkg")
    for file in sorted(p for p in folder.iterdir() if p.suffix not in {".prj", ".dbf", ".shx", ".cpg"}):
        yield ["inspect", str(file)]
        if file.suffix in {".xlsx", ".docx"}:
            yield ["form-in", str(file), "--period", "2026-H1", "-o", str(folder / "in")]
            yield ["audit", "--totals", str(file)]
        if file.suffix != ".docx":
            yield ["summary", str(file)]
            yield ["convert", str(file), str(folder / "out" / f"{file.name}.gpkg"), "--boundaries", str(file)]
            yield ["audit", str(file), "--districts", str(file), "-q"]
            yield ["built-up", str(folder / "boxes.gpkg"), str(file)]
    yield ["map", str(folder / "top.geojson"), "-o", str(folder / "out" / "map.html")]


def run_alone(option):
    return subprocess.run([shutil.which("unshare"), option, "true"], check=False).returncode


def run(commands, *, enclosed, without_network=False):
    told, how = "\n".join(map(json.dumps, commands)), "enclosed" if enclosed else "open"
    if without_network:
        way = [shutil.which("unshare"), "-rn", sys.executable, "-c", RUN, how]
        done = subprocess.run(way, input=told, capture_output=True, text=True, timeout=400, check=False)
    else:
        done = run_python(RUN, how, given=told)
    codes = [line for line in done.stderr.splitlines() if line.startswith("@")]
    assert len(codes) == len(commands), done.stderr[-2000:]
    return codes, done.stderr


def test_no_file_makes_a_command_reach_the_network(tmp_path, listener):
    url, heard = listener
    for name, text in texts(url).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    binaries(tmp_path, url)
    commands = list(jobs(tmp_path))
    codes, said = run(commands, enclosed=False)
    assert heard == []
    assert set(codes) <= {"@0", "@1", "@2"}, [
        (job, code) for job, code in zip(commands, codes, strict=True) if code not in {"@0", "@1", "@2"}
    ] + [said[-1500:]]
    # The listener is one that would have heard.
    socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))).close()


def test_without_a_network_the_answers_are_the_same(tmp_path, listener):
    if shutil.which("unshare") is None or run_alone("-rn"):
        pytest.skip("SKIPPED: this system does not let a process give up its network (unshare -rn)")
    url, heard = listener
    for name, text in texts(url).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    commands = [["inspect", str(tmp_path / name)] for name in texts(url)]
    assert run(commands, enclosed=True, without_network=True)[0] == run(commands, enclosed=False)[0]
    assert heard == []


@pytest.mark.parametrize("name", ["top.geojson", "capitals.geojson", "escaped.geojson"])
def test_a_linked_system_is_left_alone_and_said(tmp_path, name):
    file = tmp_path / name
    file.write_text(texts("http://127.0.0.1:9")[name])
    table = cg.load_clusters(file)
    assert table.crs == "EPSG:4326"
    assert "crs.link" in [n.code for n in load_report(table).doubts]
    assert file.read_text() == texts("http://127.0.0.1:9")[name]


def test_a_linked_system_in_a_large_file_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("clusters_geo.reading.opening._MAX_REWRITTEN_BYTES", 100)
    file = tmp_path / "a.geojson"
    file.write_text(geojson(linked("http://127.0.0.1:9")))
    with pytest.raises(cg.SourceError, match="by a link"):
        cg.load_clusters(file)
    file.write_text(geojson(note="url"))
    assert len(cg.load_clusters(file)) == 1


def test_a_child_has_no_network(listener):
    from clusters_geo.reading import child

    if not child.ENCLOSED:
        pytest.skip("SKIPPED: there is no child process on this system")

    def knock():
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=2):
            return "reached"
        return "cut off"

    url, heard = listener
    host, port = url.removeprefix("http://").split(":")
    assert knock() == "reached"
    told = child.in_child(knock, path="a.kml", size=1)
    if told == "reached":
        pytest.skip("SKIPPED: this system lets no process give up its network")
    assert len(heard) == 1
