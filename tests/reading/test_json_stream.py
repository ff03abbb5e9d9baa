"""JSON read piece by piece is what it is when read whole, and is wrong in the same place."""

from __future__ import annotations

import json
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import clusters_geo as cg
from clusters_geo.load import load_clusters, load_report
from clusters_geo.reading import json_stream
from clusters_geo.reading.json_stream import JSONStream
from clusters_geo.reading.notes import LoadReport
from clusters_geo.reading.quirks import look_through

NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text(), VALUES, max_size=5)


@pytest.fixture
def written(tmp_path):
    def _write(text):
        file = tmp_path / "a.geojson"
        file.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        return file

    return _write


def read(file, chunk, monkeypatch):
    monkeypatch.setattr(json_stream, "_CHUNK_BYTES", chunk)
    stream = JSONStream(file)
    return {key: list(stream.elements()) if stream.is_array() else stream.value() for key in stream.members()}


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=OBJECTS,
    chunk=st.integers(1, 40),
    indent=st.sampled_from([None, 0, 3]),
    ascii_only=st.booleans(),
    mark=st.booleans(),
)
def test_piece_by_piece_is_the_same_as_whole(written, monkeypatch, content, chunk, indent, ascii_only, mark):  # noqa: PLR0913, PLR0917 - drawn by hypothesis
    text = json.dumps(content, indent=indent, ensure_ascii=ascii_only)
    encoded = text.encode("utf-8-sig" if mark else "utf-8", "surrogatepass")
    with monkeypatch.context() as patch:
        if "\\ud" in text or any("\ud800" <= c <= "\udfff" for c in text):
            encoded = json.dumps(content, indent=indent).encode()
        assert read(written(encoded), chunk, patch) == content


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=OBJECTS,
    chunk=st.integers(1, 40),
    cut=st.floats(0, 1),
    junk=st.sampled_from(["", "}", ",", "x", '"']),
)
def test_what_is_cut_or_broken_is_refused_or_still_json(written, monkeypatch, content, chunk, cut, junk):  # noqa: PLR0913, PLR0917 - drawn by hypothesis
    text = json.dumps(content, indent=1)
    at = int(cut * len(text))
    broken = text[:at] + junk + ("" if not junk else text[at:])
    try:
        expected = json.loads(broken)
    except ValueError:
        expected = None
    with monkeypatch.context() as patch:
        if isinstance(expected, dict):
            try:
                assert read(written(broken), chunk, patch) == expected
            except cg.SourceError as error:
                assert "stands twice" in str(error) or "64 bits" in str(error)  # noqa: PT017 - either is right
        else:
            with pytest.raises(cg.SourceError):
                read(written(broken), chunk, patch)


@pytest.mark.parametrize("chunk", [1, 7, 64, 1 << 20])
@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1,\n "b": [1, 2,\n  tru]}',
        '{"a": 1,\n "b": [{"c": 1}\n  {"d": 2}]}',
        '{"a": 1\n\n "b": 2}',
        '{"a": 1,\n\n}',
        '{"a": 1}\n\n x',
        '{"a":\n "' + "x" * 50 + "\n" + '"}',
        '{"b": [1, 2,\n  {"c": ',
    ],
)
def test_the_line_is_that_of_the_whole_file(written, monkeypatch, text, chunk):
    with pytest.raises(json.JSONDecodeError) as whole:
        json.loads(text)
    with pytest.raises(cg.SourceError, match=rf"line {whole.value.lineno}, column \d+: .*cut short"):
        read(written(text), chunk, monkeypatch)


@pytest.mark.parametrize("chunk", [1, 3, 1 << 20])
def test_a_byte_that_is_no_text_is_named_by_its_place_in_the_file(written, monkeypatch, chunk):
    content = '{"tên": "Phùng Xá", "x": "'.encode() + b'\xff"}'
    with pytest.raises(cg.SourceError, match=rf"byte {content.index(0xFF)}: 0xff"):
        read(written(content), chunk, monkeypatch)
    with pytest.raises(cg.SourceError, match=rf"byte {len(content) - 1}: 0xe1"):
        read(written(content.replace(b'\xff"}', b"xx\xe1")), chunk, monkeypatch)


@pytest.mark.parametrize("chunk", [5, 1 << 20])
@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('{"a": 1, "a": 2}', "'a' stands twice"),
        ('{"a": {"name": "x", "b": 1, "b": 2}}', r"'b' stands twice in one object \(of 'x'\)"),
        ('{"a": [123456789012345678901234567890]}', "does not fit into 64 bits"),
        ('{"a": 1e999}', "1e999 is too large"),
        ('{"a": -Infinity}', "-Infinity is not a number"),
        ('{"a": ' + "[" * 100_000, "nested too deeply"),
        ("[1]", r"Expecting '\{'"),
        ('{"a": [1,', "this is not valid JSON"),
    ],
)
def test_what_readers_differ_on_is_refused(written, monkeypatch, text, what, chunk):
    with pytest.raises(cg.SourceError, match=what):
        read(written(text), chunk, monkeypatch)


def collection(count, **first):
    ring = [[105.8, 21], [105.81, 21], [105.81, 21.01], [105.8, 21]]
    features = [
        {
            "type": "Feature",
            "id": n,
            "properties": {"cluster_id": str(n), "name": f"Cụm {n}", "status": "pending", "note": "x" * 200},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }
        for n in range(count)
    ]
    return {**first, "features": features}


def test_the_members_of_a_large_file_are_checked_in_little_memory(written):
    text = json.dumps(collection(20_000, type="FeatureCollection"), ensure_ascii=False)
    broken = text.replace('"id": 19999,', '"id": 3,').replace('"note": "xxx', '"note": 1, "nope": "xxx', 1)
    file = written(broken)
    report = LoadReport("a.geojson")
    tracemalloc.start()
    look_through(file, report)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    assert len(json.loads(broken)["features"]) == 20_000
    whole = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert {n.code: n.rows for n in report.notes} == {
        "rows.feature-ids": (4, 20_000),
        "columns.mixed": (1, 2),
    }
    assert peak < whole / 5


def test_the_kind_may_stand_behind_the_features(written):
    content = collection(2)
    assert len(load_clusters(written(json.dumps({**content, "type": "FeatureCollection"})))) == 2


def test_a_ring_that_is_open_in_the_last_feature_is_named_by_row(written):
    content = json.loads(json.dumps(collection(300, type="FeatureCollection")))
    content["features"][-1]["geometry"]["coordinates"][0].append([0, 0])
    with pytest.raises(cg.SourceError, match="row 300: a ring is not closed"):
        load_clusters(written(json.dumps(content)))


@pytest.mark.parametrize(
    "members", [{"type": "Feature", "features": []}, {"type": "Topology", "features": []}]
)
def test_features_under_another_type_are_not_taken_for_a_collection(written, members):
    with pytest.raises(cg.ClustersGeoError):
        load_clusters(written(json.dumps(members)))


def test_a_clean_file_has_no_notes(written):
    table = load_clusters(written(json.dumps(collection(3, type="FeatureCollection"))))
    assert load_report(table).notes == []
