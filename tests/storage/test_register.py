"""A register in a real PostGIS: what is saved comes back, history is kept, nobody's work is lost."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pandas as pd
import psycopg
import pytest
from click.testing import CliRunner
from psycopg import sql
from tests_of_storage import PASSWORD, sample, square

import clusters_geo as cg
from clusters_geo.cli import app
from clusters_geo.crs import vn2000
from clusters_geo.history.vintages import known_cells
from clusters_geo.schema import CLUSTER_COLUMNS, label
from clusters_geo.storage import register
from clusters_geo.storage.register import init_register, load_register, read_log, save_register


@pytest.fixture
def url(server):
    address = server.database()
    init_register(address)
    return address


def test_what_is_saved_comes_back_to_the_bit(url):
    saved = save_register(sample(), url, file="so.xlsx", sha256="a" * 64, who="An")
    assert (saved.added, saved.changed, saved.unchanged) == (3, 0, 0)
    back = load_register(url)
    expected = sample()
    assert list(back.index) == list(expected.index)
    assert [c for c in back if c != "geometry"] == [c for c in expected if c != "geometry"]
    for name in expected.columns.drop("geometry"):
        left, right = back[name], expected[name]
        assert left.isna().tolist() == right.isna().tolist(), name
        assert left.dropna().tolist() == right.dropna().tolist(), name
    assert back["workers"].iloc[0] == 2**53 + 1
    assert back["mã số thuế"].dtype == "Int64"
    assert back.crs == "EPSG:5897"
    assert back.geometry.geom_equals_exact(expected.geometry, 0).tolist() == [True, False, True]
    assert back.geometry.iloc[1] is None


def test_a_hundred_saves_keep_views_grants_indexes_and_policies(server, url):
    init_register(url, roles=True, row_security=True)
    server.sql(
        "CREATE VIEW clusters_geo.lớn AS SELECT name FROM clusters_geo.cluster WHERE planned_ha > 10", url
    )
    server.sql("CREATE INDEX of_mine ON clusters_geo.cluster (name)", url)
    server.sql("GRANT SELECT ON clusters_geo.lớn TO clusters_geo_reader", url)

    def kept():
        return (
            server.sql("SELECT indexname FROM pg_indexes WHERE schemaname = 'clusters_geo' ORDER BY 1", url),
            server.sql("SELECT policyname FROM pg_policies ORDER BY 1", url),
            server.sql("SELECT relname, relacl::text FROM pg_class WHERE relname IN ('lớn', 'cluster')", url),
            server.sql("SELECT oid FROM pg_class WHERE relname = 'cluster'", url),
        )

    before = kept()
    for number in range(100):
        save_register(sample().assign(planned_ha=[20.0 + number, 1.0, 2.0]), url)
    assert kept() == before
    assert ("of_mine",) in before[0]
    assert server.sql("SELECT name FROM clusters_geo.lớn", url) == [("Phùng Xá",)]
    assert len(read_log(url).query("column == 'planned_ha' and cluster_id == 'TT-01'")) == 100


def test_saving_the_same_again_changes_nothing(server, url):
    save_register(sample(), url)
    first = server.sql("SELECT count(*) FROM clusters_geo.event", url)
    again = save_register(load_register(url), url)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 3)
    assert again.revision is None
    assert server.sql("SELECT count(*) FROM clusters_geo.event", url) == first


def test_rows_that_are_not_in_the_table_stay(url):
    save_register(sample(), url)
    save_register(sample().iloc[:1].assign(planned_ha=13.0), url)
    back = load_register(url)
    assert back["planned_ha"].round(3).tolist()[0] == 13.0
    assert len(back) == 3


def test_two_editors_of_one_cell_are_told_and_nothing_is_saved(url):
    save_register(sample(), url, who="An")
    mine, theirs = load_register(url), load_register(url)
    theirs.loc["TT-01", "planned_ha"] = 14.0
    save_register(theirs, url, who="Bình")
    mine.loc["TT-01", "planned_ha"] = 15.0
    mine.loc["GL-02", "name"] = "Bát Tràng 2"
    with pytest.raises(cg.SchemaError, match=r"TT-01, planned_ha: Bình wrote 14 at .*, you 15") as caught:
        save_register(mine, url, who="An")
    assert "TT-01, planned_ha: Bình ghi 14" in caught.value.text("vi")
    assert caught.value.failures["value"].tolist() == ["15"]
    now = load_register(url)
    assert now.loc["TT-01", "planned_ha"] == 14.0
    assert now.loc["GL-02", "name"] == "Bát Tràng"


def test_two_editors_of_different_cells_of_one_row_both_keep_theirs(url):
    save_register(sample(), url)
    mine, theirs = load_register(url), load_register(url)
    theirs.loc["TT-01", "planned_ha"] = 14.0
    theirs.loc["TT-01", "điện thoại"] = "0912"
    save_register(theirs, url)
    mine.loc["TT-01", "name"] = "Phùng Xá 1"
    save_register(mine, url)
    now = load_register(url).loc["TT-01"]
    assert (now["planned_ha"], now["name"], now["điện thoại"]) == (14.0, "Phùng Xá 1", "0912")


def test_an_edit_in_the_database_itself_is_history_too(server, url):
    save_register(sample(), url)
    mine = load_register(url)
    server.sql("UPDATE clusters_geo.cluster SET leased_ha = 3.5 WHERE cluster_id = 'TT-01'", url)
    log = read_log(url)
    told = log[log["column"] == "leased_ha"].iloc[0]
    assert (told["value"], told["who"]) == ("3.5", "planner")
    save_register(mine.assign(note="ghi chú"), url)
    assert load_register(url).loc["TT-01", "leased_ha"] == 3.5


def test_a_vintage_is_what_was_known_on_the_day(url):
    first = sample()
    save_register(first, url)
    later = load_register(url)
    later["as_of"] = pd.Timestamp("2025-12-31")
    later.loc["TT-01", ["planned_ha", "geometry"]] = [20.0, square(570_000)]
    save_register(later, url)
    assert load_register(f"{url}@2022-09-30").loc["TT-01", "planned_ha"] == 12.7
    assert load_register(f"{url}@2022-09-30").geometry.loc["TT-01"].equals(square(562_000))
    assert load_register(f"{url}@2025-12-31").loc["TT-01", "planned_ha"] == 20.0
    assert load_register(f"{url}@2025-12-31").geometry.loc["TT-01"].equals(square(570_000))
    assert len(load_register(f"{url}@2020-01-01")) == 0
    done = CliRunner().invoke(app, ["compare", f"{url}@2020-01-01", url, "--lang", "en"])
    assert "no cluster was known by 2020-01-01" in str(done.exception)
    assert PASSWORD not in str(done.exception)


def test_of_two_saves_on_one_day_the_later_one_speaks(url):
    """In any order of values: the greater one, which decides between two sources of one day, does not."""
    chance, columns = random.Random(17), ["planned_ha", "leased_ha", "workers", "status", "investor"]  # noqa: S311
    days = sorted(chance.choices(["2025-12-31", "2026-06-30", "2026-06-30", "2026-07-01"], k=25))
    save_register(sample().assign(as_of=pd.Timestamp("2025-12-31")), url)
    known = {}
    for day in days:
        table = load_register(url).reindex(columns=[*sample().columns, "leased_ha", "investor"])
        key, name = chance.choice(table.index), chance.choice(columns)
        words = {"status": [None, "operating", "pending"], "investor": [None, "An", "Bình"]}
        table.loc[key, name] = chance.choice(words.get(name, [None, 1, 9, 10, 200]))
        table.loc[key, "as_of"] = pd.Timestamp(day)
        save_register(table, url)
        known[day] = load_register(url)[columns]
    for day, as_saved in known.items():
        shown = load_register(f"{url}@{day}").reindex(as_saved.index)
        for name in columns:
            left = [None if pd.isna(value) else value for value in shown.get(name, [None] * 3)]
            assert left == [None if pd.isna(value) else value for value in as_saved[name]], (day, name)


def test_the_system_is_named_as_everywhere_else(server):
    url = server.database()
    init_register(url, crs="vn2000:Bắc Giang", styles=False)
    save_register(sample(), url)
    back = load_register(url)
    assert back.crs == vn2000("Bắc Giang") != sample().crs
    # A system of another province, and the same ground.
    assert back.to_crs(5897).geometry.iloc[0].equals_exact(sample().geometry.iloc[0], 1e-3)
    for crs in ("vn2000:Atlantis", "EPSG:1", "x"):
        with pytest.raises(cg.CRSError):
            init_register(server.database(), crs=crs)


def test_a_day_that_is_none_is_a_sentence(url):
    with pytest.raises(cg.SchemaError, match="2022-02-30"):
        load_register(f"{url}@2022-02-30")


@pytest.mark.parametrize("day", ["2010-12-31", "2018-06-30", "2022-09-30", "2024-02-29", "2025-12-31"])
def test_the_function_of_the_database_gives_what_python_gives(server, url, day):
    from clusters_geo.reference import load_events

    events = load_events()
    names = ["cluster_id", "what", "column", "value", "unit", "valid_on", "recorded_on", "basis", "qualifier"]
    names += ["source", "file", "cell"]
    rows = events[names].astype("object").where(events[names].notna(), None).itertuples(index=False)
    with psycopg.connect(url) as db, db.cursor() as cursor:
        cursor.execute("INSERT INTO clusters_geo.revision DEFAULT VALUES")
        statement = sql.SQL("INSERT INTO clusters_geo.event ({}, revision) VALUES ({}, 1)").format(
            sql.SQL(", ").join(map(sql.Identifier, names)),
            sql.SQL(", ").join([sql.Placeholder()] * len(names)),
        )
        cursor.executemany(statement, list(rows))
    cells = 'SELECT cluster_id, "column", value FROM clusters_geo.known_cells(%s)'
    found = server.sql(cells, url, (day,))
    expected = known_cells(events, day)
    assert sorted(found) == sorted(
        expected[["cluster_id", "column", "value"]].itertuples(index=False, name=None)
    )
    assert len(found) > 10


def test_the_columns_are_those_of_the_schema_with_their_units(server, url):
    found = dict(
        server.sql(
            "SELECT a.attname, col_description(a.attrelid, a.attnum) FROM pg_attribute a"
            " WHERE a.attrelid = 'clusters_geo.cluster'::regclass AND a.attnum > 0",
            url,
        )
    )
    for column in CLUSTER_COLUMNS:
        assert column.name in found, f"write a migration that adds {column.name}"
        if column.kind != "geometry":
            assert found[column.name] == f"{label(column.name, 'vi')} / {label(column.name, 'en')}"


@pytest.mark.parametrize(
    ("column", "value"),
    [("status", "closed"), ("planned_ha", -1.0), ("fill_rate_declared", 1.5), ("name", "")],
)
def test_the_database_checks_what_the_schema_checks(url, column, value):
    with pytest.raises(cg.SourceError, match="refuses a value") as caught:
        save_register(sample().assign(**{column: value}), url)
    assert column in str(caught.value)
    assert len(load_register(url)) == 0


def test_a_second_file_empties_nothing_that_it_does_not_speak_of(url):
    save_register(sample(), url)
    second = sample().drop(
        columns=["workers", "planned_ha_basis", "planned_ha_source", "điện thoại", "geometry"]
    )
    second["status"] = None
    save_register(second.assign(planned_ha=[12.7, 5.0, 0.4]), url, file="second.csv")
    back, first = load_register(url), sample()
    assert back["workers"].iloc[0] == first["workers"].iloc[0]
    assert back["điện thoại"].tolist()[::2] == first["điện thoại"].tolist()[::2]
    assert back["status"].tolist()[:2] == ["operating", "pending"]
    assert back.geometry.geom_equals_exact(first.geometry, 0).tolist() == [True, False, True]
    assert back["planned_ha"].tolist() == [12.7, 5.0, 0.4]
    # An unchanged figure keeps its source; of a changed one the old source says nothing.
    assert back["planned_ha_source"].isna().tolist() == [False, True, True]
    assert back["planned_ha_basis"].isna().tolist() == [False, True, True]


def test_a_cell_that_was_emptied_is_withdrawn_and_the_log_is_still_read(url):
    save_register(sample().assign(as_of=pd.Timestamp("2022-09-30")), url)
    save_register(sample().assign(planned_ha=[None, 5.0, 0.3], as_of=pd.Timestamp("2023-06-30")), url)
    log = read_log(url)
    emptied = log[(log["cluster_id"] == "TT-01") & (log["column"] == "planned_ha")]
    assert emptied["what"].tolist() == ["set", "withdrawn"]
    assert load_register(f"{url}@2022-12-31").loc["TT-01", "planned_ha"] == 12.7
    assert pd.isna(load_register(f"{url}@2023-12-31").loc["TT-01", "planned_ha"])
    assert load_register(f"{url}@2023-12-31").loc["GL-02", "planned_ha"] == 5.0


@pytest.fixture
def migrations(tmp_path, monkeypatch):
    """Give a folder of migrations to change, as another version of the package has them."""
    folder = shutil.copytree(Path(register.__file__).with_name("migrations"), tmp_path / "migrations")
    monkeypatch.setattr(register, "_MIGRATIONS", folder)
    return folder


def test_a_register_of_the_first_version_is_brought_up_to_date_and_keeps_everything(
    server, migrations, monkeypatch
):
    url = server.database()
    for later in [file for file in migrations.iterdir() if file.name > "0001_z" and file.name[:4].isdigit()]:
        later.unlink()
    assert init_register(url, styles=False) == ["0001_register.sql"]
    save_register(sample(), url)
    save_register(load_register(url).assign(planned_ha=[None, 5.0, 0.3]), url)
    server.sql("CREATE VIEW clusters_geo.seen AS SELECT * FROM clusters_geo.known_cells('2026-01-01')", url)
    assert load_register(f"{url}@2022-09-30").loc["TT-01", "planned_ha"] == 12.7
    before, log = load_register(url), read_log(url)
    monkeypatch.undo()
    with pytest.raises(cg.SourceError, match="register init"):
        load_register(url)
    assert "0002_newest_save_speaks.sql" in init_register(url, styles=False)
    assert init_register(url, styles=False) == []
    pd.testing.assert_frame_equal(pd.DataFrame(load_register(url)), pd.DataFrame(before))
    assert read_log(url).equals(log)
    # What the second save withdrew is withdrawn, in the office's own view as well.
    assert pd.isna(load_register(f"{url}@2022-09-30").loc["TT-01", "planned_ha"])
    seen = "SELECT value FROM clusters_geo.seen WHERE cluster_id = 'TT-01' AND \"column\" = 'planned_ha'"
    assert server.sql(seen, url) == [(None,)]


def test_a_migration_that_fails_leaves_the_register_as_it_was(url, migrations):
    save_register(sample(), url)
    (migrations / "0003_a.sql").write_text("DELETE FROM cluster; DROP TABLE outline;")
    (migrations / "0004_b.sql").write_text("ALTER TABLE nowhere ADD x int;")
    with pytest.raises(cg.SourceError):
        init_register(url)
    for name in ("0003_a.sql", "0004_b.sql"):
        (migrations / name).unlink()
    assert len(load_register(url)) == 3
    assert init_register(url) == []
