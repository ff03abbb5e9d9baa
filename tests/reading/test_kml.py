"""KML and KMZ as GDAL, QGIS and Google Earth write them: every layer by its name, no link followed."""

from __future__ import annotations

import threading
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely

import clusters_geo as cg
from clusters_geo.load import load_report
from clusters_geo.reading.files import look_into
from clusters_geo.reading.mapping import mapping_text
from clusters_geo.report.inspection import inspect_file

OPERATING, PENDING = "Cụm đang hoạt động", "Cụm chưa khởi công"
KML = '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">{}</kml>'
PLACE = """<Placemark><name>{name}</name><ExtendedData><Data name="status"><value>pending</value></Data>
</ExtendedData><Polygon><outerBoundaryIs><LinearRing><coordinates>{ring}</coordinates></LinearRing>
</outerBoundaryIs></Polygon></Placemark>"""
LINK = "<NetworkLink><name>{0}</name><Link><href>{0}</href></Link></NetworkLink>"


def place(name, west=105.6):
    corners = [(west, 21), (west + 0.01, 21), (west + 0.01, 21.01), (west, 21.01), (west, 21)]
    return PLACE.format(name=name, ring=" ".join(f"{x:.2f},{y:.2f},0" for x, y in corners))


def layer(name, *places, kind="Folder"):
    return f"<{kind}><name>{name}</name>{''.join(map(place, places))}</{kind}>"


def document(*content):
    return KML.format(f"<Document>{''.join(content)}</Document>")


@pytest.fixture
def packed(tmp_path):
    """Return a function that writes a KMZ with these members."""

    def _packed(members, name="a.kmz"):
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in members.items():
                archive.writestr(member, content)
        return tmp_path / name

    return _packed


def libkml_layout(**layers):
    """Return the members of a KMZ as GDAL lays them out: a main file of links, and a file for each layer."""
    links = "".join(LINK.format(f"layers/{name}.kml") for name in layers)
    inner = {
        f"layers/{name}.kml": KML.format(layer(name, *places, kind="Document"))
        for name, places in layers.items()
    }
    return {"doc.kml": document(links), "layers/": "", **inner}


def two_layers():
    return libkml_layout(**{OPERATING: ["Phùng Xá", "Bát Tràng"], PENDING: ["Võng Xuyên"]})


def folders():
    return document(layer(OPERATING, "Phùng Xá", "Bát Tràng"), layer(PENDING, "Võng Xuyên"))


def test_every_layer_of_a_kmz_is_found_by_its_vietnamese_name(packed):
    file = packed(two_layers())
    assert [(f.name, f.rows) for f in look_into(file)] == [(OPERATING, 2), (PENDING, 1)]
    for name, expected in {OPERATING: ["Phùng Xá", "Bát Tràng"], PENDING: ["Võng Xuyên"]}.items():
        table = cg.load_clusters(file, layer=name)
        assert table["name"].tolist() == expected
        assert load_report(table).layers == [OPERATING, PENDING]
        assert not [n for n in load_report(table).notes if n.topic == "file"]


def test_folders_of_a_kml_are_layers_too(tmp_path):
    file = tmp_path / "sổ cụm.kml"
    file.write_text(folders(), encoding="utf-8")
    assert [f.name for f in look_into(file)] == [OPERATING, PENDING]
    assert cg.load_clusters(file, layer=PENDING)["name"].tolist() == ["Võng Xuyên"]


def test_folders_of_one_register_are_read_as_one(tmp_path):
    file = tmp_path / "a.kml"
    parts = {"Nam Đàn": ["Vân Diên"], "Huyện Quỳ Hợp": ["Châu Quang", "Thung Khuộc"], "Khác": ["Số 1"]}
    file.write_text(document(*(layer(name, *places) for name, places in parts.items())), encoding="utf-8")
    table = cg.load_clusters(file)
    assert table["name"].tolist() == [name for places in parts.values() for name in places]
    assert table["district"].fillna("").tolist() == ["Nam Đàn", "Quỳ Hợp", "Quỳ Hợp", ""]
    assert table["layer"].tolist() == ["Nam Đàn", "Huyện Quỳ Hợp", "Huyện Quỳ Hợp", "Khác"]
    report = load_report(table)
    assert [n.values["layers"] for n in report.notes if n.code == "file.layers-joined"] == [list(parts)]
    assert 'layers = "all"' in mapping_text(report, {})


def test_the_points_of_folders_are_joined_to_a_register(tmp_path):
    (tmp_path / "a.csv").write_text("Tên CCN;Trạng thái\nVân Diên;đang hoạt động\nSố 1;đang hoạt động\n")
    folders = [
        f"<Folder><name>{name}</name><Placemark><name>{place}</name><Point><coordinates>105.6,21</coordinates>"
        "</Point></Placemark></Folder>"
        for name, place in {"Nam Đàn": "Vân Diên", "Vinh": "Số 1"}.items()
    ]
    (tmp_path / "a.kml").write_text(document(*folders), encoding="utf-8")
    table = cg.load_clusters(tmp_path / "a.csv", boundaries=tmp_path / "a.kml")
    assert table.geometry.notna().all()


@pytest.mark.parametrize(
    "content", [(layer("2022", "Phùng Xá"), layer("2025", "Phùng Xá")), (layer("A", "B"), layer("C", "Xã D"))]
)
def test_folders_that_may_be_no_one_register_are_asked_about(tmp_path, content):
    (tmp_path / "a.kml").write_text(document(*content), encoding="utf-8")
    with pytest.raises(cg.SourceError, match=r"or read all with layers=\"all\" \(--layers all\)"):
        cg.load_clusters(tmp_path / "a.kml")
    assert len(cg.load_clusters(tmp_path / "a.kml", layers="all", check=False)) == 2


def test_layers_of_a_geopackage_in_other_systems_are_read_as_one(tmp_path):
    for at, (name, crs) in enumerate({"Nam Đàn": 5897, "Vinh": 4326}.items()):
        shapes = gpd.GeoSeries([shapely.box(500_000, 2_066_000, 500_400, 2_066_500)], crs=5897).to_crs(crs)
        gpd.GeoDataFrame({"name": [f"C{at}"]}, geometry=shapes).to_file(tmp_path / "a.gpkg", layer=name)
    table = cg.load_clusters(tmp_path / "a.gpkg", layers="all", region="Nghệ An", check=False)
    assert table["district"].tolist() == ["Nam Đàn", "Vinh"]
    assert cg.area_ha(table).round(1).tolist() == [20.0, 20.0]


def test_without_a_choice_the_layers_are_listed(packed):
    members = libkml_layout(**{"2022": ["Phùng Xá", "Bát Tràng"], "2025": ["Phùng Xá"]})
    with pytest.raises(cg.SourceError) as caught:
        cg.load_clusters(packed(members))
    assert "2022 (2), 2025 (1)" in str(caught.value)
    assert "--layer" in str(caught.value)
    with pytest.raises(cg.SourceError, match="no layer 'Cụm'"):
        cg.load_clusters(packed(two_layers()), layer="Cụm")


def test_an_inspection_lists_them(packed):
    found = inspect_file(packed(two_layers()))
    assert [f.name for f in found.layers] == [OPERATING, PENDING]
    assert [n.values["column"] for n in found.report.notes if n.code == "file.layers-give"] == ["status"]
    assert inspect_file(packed(two_layers()), layer=PENDING).problem == ""


@pytest.mark.parametrize(
    "main", ["doc.kml", "Sổ cụm 2022.kml", "thư mục/bản đồ.KML", "a!b?.kml", "..\\x.kml"]
)
def test_the_main_file_of_a_kmz_may_be_called_anything(packed, main):
    file = packed({main: document(layer(OPERATING, "Phùng Xá")), "files/anh.png": b"\x89PNG"})
    table = cg.load_clusters(file)
    assert table["name"].tolist() == ["Phùng Xá"]
    assert load_report(table).layer == OPERATING


def test_a_kmz_of_one_layer_needs_no_choice(packed):
    assert cg.load_clusters(packed(libkml_layout(**{OPERATING: ["Phùng Xá"]})))["name"].tolist() == [
        "Phùng Xá"
    ]


def test_folders_that_only_hold_folders_are_no_layers(packed):
    inner = layer(OPERATING, "Phùng Xá")
    file = packed({"doc.kml": document(f"<Folder><name>Hà Nội</name>{inner}</Folder>")})
    assert [f.name for f in look_into(file)] == [OPERATING]
    assert len(cg.load_clusters(file)) == 1


def test_two_layers_of_one_name_are_told_apart(packed):
    members = {f"{n}.kml": document(layer("Cụm", f"Số {n}")) for n in (1, 2)}
    file = packed(members)
    assert [f.name for f in look_into(file)] == ["Cụm", "Cụm (#2)"]
    assert cg.load_clusters(file, layer="Cụm (#2)")["name"].tolist() == ["Số 2"]


@pytest.mark.parametrize("names", [("alpha", "beta"), (OPERATING, PENDING)])
def test_what_gdal_wrote_into_a_kmz_is_read_and_what_it_lost_is_said(tmp_path, names):
    # Adding a layer to a KMZ moves the others in the archive, and loses those whose names are not ASCII.
    for at, name in enumerate(names):
        box = shapely.box(105.6 + at / 10, 21, 105.61 + at / 10, 21.01)
        table = gpd.GeoDataFrame({"Name": [f"Cụm {at}"], "status": ["pending"]}, geometry=[box], crs=4326)
        pyogrio.write_dataframe(table, tmp_path / "a.kmz", driver="LIBKML", layer=name, append=at > 0)
    found = [f.name for f in look_into(tmp_path / "a.kmz")]
    table = cg.load_clusters(tmp_path / "a.kmz", layer=names[1])
    assert table["name"].tolist() == ["Cụm 1"]
    lost = [n for n in load_report(table).doubts if n.code == "file.links"]
    assert set(names) - set(found) == {PENDING, OPERATING} & {names[0]} - set(found)
    assert bool(lost) == (names[0] not in found)
    assert all(names[0] in note.message for note in lost)


class _Listener(BaseHTTPRequestHandler):
    asked: list[str]

    def do_GET(self):
        self.asked.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(document(layer("Trap", "Bẫy")).encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def listener():
    """Give the address of a server, and the list of what it was asked for."""
    asked: list[str] = []
    server = HTTPServer(("127.0.0.1", 0), type("Listener", (_Listener,), {"asked": asked}))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/x.kml", asked
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    "href",
    [
        "file:///etc/passwd",
        "/etc/passwd",
        "{folder}/x.kml",
        "file://{folder}/x.kml",
        "../x.kml",
        "../../../../../../../../../../{folder}/x.kml",
        "x.kml",
        "{address}",
        "\\\\host\\share\\x.kml",
    ],
)
@pytest.mark.parametrize("ending", ["kmz", "kml"])
@pytest.mark.parametrize("alone", [True, False])
def test_no_link_is_followed(packed, listener, href, ending, alone):
    address, asked = listener
    folder = packed({}).parent / "in"
    folder.mkdir()
    for trap in (folder.parent / "x.kml", folder / "x.kml"):
        trap.write_text(document(layer("Trap", "Bẫy")), encoding="utf-8")
    link = LINK.format(href.format(folder=folder, address=address))
    content = document(link, "" if alone else layer(OPERATING, "Phùng Xá"))
    file = folder / f"a.{ending}"
    if ending == "kmz":
        packed({"doc.kml": content}, "in/a.kmz")
    else:
        file.write_text(content, encoding="utf-8")
    if alone:
        with pytest.raises(cg.SourceError) as caught:
            cg.load_clusters(file)
        assert "root:" not in str(caught.value)
    else:
        table = cg.load_clusters(file)
        assert table["name"].tolist() == ["Phùng Xá"]
        (note,) = [n for n in load_report(table).doubts if n.code == "file.links"]
        assert "1 links to things outside the file were not opened" in note.message
    assert asked == []


def test_a_virtual_path_in_a_link_is_refused(packed, listener):
    address, asked = listener
    file = packed({"doc.kml": document(LINK.format(f"/vsicurl/{address}"), place("Phùng Xá"))})
    with pytest.raises(cg.SourceError, match="refers to other files or addresses"):
        cg.load_clusters(file)
    assert asked == []


def test_styles_at_an_address_are_not_fetched(packed, listener, monkeypatch):
    monkeypatch.setenv("LIBKML_EXTERNAL_STYLE", "YES")
    monkeypatch.setenv("LIBKML_RESOLVE_STYLE", "YES")
    address, asked = listener
    styled = place("Phùng Xá").replace("</name>", f"</name><styleUrl>{address}#s</styleUrl>", 1)
    assert len(cg.load_clusters(packed({"doc.kml": document(styled)}))) == 1
    assert asked == []


def test_a_link_in_an_archive_member_is_plain_text(packed):
    file = packed({})
    with zipfile.ZipFile(file, "w") as archive:
        link = zipfile.ZipInfo("doc.kml")
        link.external_attr = (0o120777) << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(cg.SourceError, match=r"doc\.kml should be KML"):
        cg.load_clusters(file)


@pytest.mark.parametrize(
    ("members", "what"),
    [
        ({}, "by its ending"),
        ({"a.txt": b"x"}, "holds no KML"),
        ({"__MACOSX/._doc.kml": b"x", ".doc.kml": b"y"}, "holds no KML"),
        ({"doc.kml": b""}, "is empty"),
        ({"doc.kml": b"<html></html>"}, "a web page"),
        ({"doc.kml": b"<OGRVRTDataSource></OGRVRTDataSource>"}, "refers to other files"),
        ({"doc.kml": document().encode(), "b.kml": b"%PDF"}, "a PDF"),
        ({"doc.kml": document().encode()}, "has 0 layers: –|not a single row"),
        ({"doc.kml": document().encode(), "b.zip": b"PK"}, "another archive"),
    ],
)
def test_a_kmz_without_a_layer_says_what_it_holds(packed, members, what):
    with pytest.raises(cg.SourceError, match=what):
        cg.load_clusters(packed(members))


def test_a_kml_that_expands_a_thousandfold_is_not_unpacked(packed):
    with pytest.raises(cg.SourceError, match="expand"):
        cg.load_clusters(packed({"doc.kml": document(" " * (60 << 20))}))


# --- what GDAL reads otherwise than it was written

FAULTS = Path(__file__).parent / "faults"


def test_the_names_of_data_are_kept_as_they_were_written():
    table = cg.load_clusters(FAULTS / "silent-kml-data-names/k2_data.kml")
    assert table["planned_ha"].tolist() == [11.5, 12.5]
    assert table["status"].tolist() == ["operating", "operating"]
    (layer_found,) = look_into(FAULTS / "silent-kml-data-names/k2_data.kml")
    assert layer_found.fields[-2:] == ("Diện tích (ha)", "Tình trạng")


def with_data(tmp_path, data, kind="kml"):
    inner = "".join(data)
    text = document(place("A").replace('<Data name="status"><value>pending</value></Data>', inner))
    (tmp_path / "a.kml").write_text(text, encoding="utf-8")
    if kind == "kmz":
        with zipfile.ZipFile(tmp_path / "a.kmz", "w") as archive:
            archive.write(tmp_path / "a.kml", "doc.kml")
    return tmp_path / f"a.{kind}"


@pytest.mark.parametrize("kind", ["kml", "kmz"])
def test_names_that_differ_only_in_accents_stay_apart(tmp_path, kind):
    data = [f'<Data name="{n}"><value>{n} đây</value></Data>' for n in ("Tổ", "Tố", "T&#244; &amp; 'x'")]
    table = cg.load_clusters(with_data(tmp_path, data, kind), check=False)
    assert table["Tổ"].tolist() == ["Tổ đây"]
    assert table["Tố"].tolist() == ["Tố đây"]
    assert table["Tô & 'x'"].tolist() == ["Tô & 'x' đây"]


def test_the_name_that_google_earth_displays_is_the_header(tmp_path):
    data = [
        "<Data name='f1'><displayName>Diện tích (ha)</displayName><value>12,5</value></Data>",
        '<Data name="f2">\n<displayName> Tình trạng </displayName><value>Chưa khởi công</value></Data>',
    ]
    table = cg.load_clusters(with_data(tmp_path, data))
    assert table[["planned_ha", "status"]].to_numpy().tolist() == [[12.5, "pending"]]


def test_a_datum_called_name_stands_beside_the_name(tmp_path):
    data = ['<Data name="NAME"><value>Khác</value></Data>', '<Data name="id"><value>7</value></Data>']
    table = cg.load_clusters(with_data(tmp_path, data), check=False)
    assert table["name"].tolist() == ["A"]
    assert "Khác" in table.iloc[0].tolist()
    assert table.index.tolist() == ["7"]


@pytest.mark.parametrize("within", [True, False])
def test_a_model_cannot_kill_the_process(tmp_path, within):
    model = (
        "<Model id='m'><Location><longitude>105</longitude></Location><Link><href>a.dae</href></Link></Model>"
    )
    text = document(place("A"), f"<Placemark><name>B</name>{model}</Placemark>")
    if within:
        text = text.replace("<Polygon>", f"<MultiGeometry>{model}<Polygon>")
        text = text.replace("</Polygon>", "</Polygon></MultiGeometry>")
    (tmp_path / "a.kml").write_text(text, encoding="utf-8")
    table = cg.load_clusters(tmp_path / "a.kml", check=False)
    assert table["name"].tolist() == ["A", "B"]
    assert table.geometry.isna().tolist() == [False, True]
    notes = {n.code: n.message for n in load_report(table).notes}
    assert notes["shapes.models"].startswith("2 3D" if within else "1 3D")


def test_the_foreign_file_with_a_model_loads():
    table = cg.load_clusters(FAULTS / "crash-kml-model-in-multigeometry/m.kml", check=False)
    assert table["name"].tolist() == ["Nhà xưởng A"]
    assert table.geometry.iloc[0].area > 0


def test_the_owners_kml_is_never_changed(tmp_path):
    file = with_data(tmp_path, ['<Data name="Diện tích"><value>1</value></Data>'])
    before = file.read_bytes()
    cg.load_clusters(file, check=False)
    assert file.read_bytes() == before
    assert not file.is_symlink()
