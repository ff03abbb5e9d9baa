"""Every door of every command, with files that are damaged or made to do harm: 0, 1 or 2, and a sentence.

The share that runs with all tests is fixed; `make soak` tries more (CLUSTERS_GEO_FUZZ, CLUSTERS_GEO_SEED).
"""

from __future__ import annotations

import json
import os
import random
import textwrap

import docx
import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely
from as_user import run_python
from click.testing import CliRunner

from clusters_geo.cli import app

CASES = int(os.environ.get("CLUSTERS_GEO_FUZZ", "84"))
BATCH = 100
SEED = os.environ.get("CLUSTERS_GEO_SEED", "2026")

WORKER = textwrap.dedent("""
    import contextlib, io, json, os, sys, warnings
    from clusters_geo.cli import main
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        sys.argv = ["clusters-geo", *json.loads(line)]
        out, said = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(said), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                main()
                code = None
            except SystemExit as done:
                code = done.code
            except BaseException as error:
                code = repr(error)
        print(json.dumps([code, out.getvalue(), said.getvalue()]), file=answers, flush=True)
""")

NASTY = [
    *(
        "",
        "NaN",
        "inf",
        "1e400",
        "-0",
        "1.686,5",
        "9" * 400,
        "2024-13-45",
        "=1+1",
        "\x00",
        "\u202e",
        "\U0001d7d9",
        "'",
        '"',
    ),
    *(
        "[",
        "]",
        "{",
        "}",
        ",",
        ";",
        "\n",
        "..",
        "/",
        "\\",
        "true",
        "null",
        "<a>",
        "%s",
        "{0}",
        "a" * 5_000,
        "ổ" * 50,
    ),
]
ROWS = [
    ("1", "Tổng mức đầu tư xây dựng hạ tầng kỹ thuật theo dự án đã được duyệt", "120,5"),
    ("4", "Diện tích đất công nghiệp của dự án đã cho thuê", "12,5"),
]
CHANGES = (
    "cluster_id,name,column,before,after,change,doubt,accept,file,cell\n1,A,workers,120,130,0.08,,TRUE,f,B1\n"
)
TOTALS = (
    "scope,metric,value,unit,as_of,qualifier,role,source\nHà Nội,planned_ha,25,ha,2022-09,exact,control,x\n"
    "A,planned_ha,25,ha,2022-09,about,note,x\n"
)
PROGRAMME = "indicator,year,target,result,achieved_year\nenterprises,2025,10,12,2023\nshare,2025,0.5,,\n"
RULES = (
    '[rules."law.size-above-maximum"]\nseverity = "error"\nmaximum_ha = 80.0\n'
    '[rules."figures.negative"]\nenabled = false\n'
)
BASELINE = (
    '[[accepted]]\nrule = "law.size-below-minimum"\ncluster_id = "1"\nfield = "planned_ha"\nvalue = "4.2"\n'
    'reason = "Formed in 2004"\nexpires = 2027-06-30\n'
)
SCENARIOS = '[mine]\nstarts_per_month = 0.03\nvi = "Của tôi"\nen = "Mine"\n'
MAPPING = '[columns]\n"name" = "name"\n"planned_ha" = "planned_ha"\n'


def table(rows=3):
    return gpd.GeoDataFrame(
        {
            "cluster_id": [str(n) for n in range(rows)],
            "name": [f"Phú Thị {n}" for n in range(rows)],
            "status": ["operating", "pending", "operating"][:rows],
            "planned_ha": [10.5, 20.25, 7.0][:rows],
        },
        geometry=[shapely.box(105.9 + n / 50, 21, 105.91 + n / 50, 21.01) for n in range(rows)],
        crs=4326,
    )


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Write one sound file for each door."""
    folder = tmp_path_factory.mktemp("doors")
    good = table()
    plain = pd.DataFrame(good.drop(columns="geometry"))
    plain.to_csv(folder / "r.csv", index=False)
    plain.to_excel(folder / "r.xlsx", index=False)
    for name in ("r.geojson", "r.gpkg", "r.fgb"):
        good.to_file(folder / name)
    good.to_parquet(folder / "r.parquet")
    pyogrio.write_dataframe(good, folder / "r.kml", driver="LIBKML")
    pyogrio.write_dataframe(good[["geometry"]], folder / "r.dxf", driver="DXF")
    pyogrio.write_dataframe(good, folder / "r.gml", driver="GML")
    places = good.rename(columns={"cluster_id": "district_code"})[["district_code", "name", "geometry"]]
    places.to_file(folder / "d.geojson")
    for name, text in {
        "changes.csv": CHANGES,
        "totals.csv": TOTALS,
        "programme.csv": PROGRAMME,
        "rules.toml": RULES,
        "baseline.toml": BASELINE,
        "mapping.toml": MAPPING,
        "scenarios.toml": SCENARIOS,
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
    earlier = ["audit", str(folder / "r.csv"), "--fail-on", "never", "-o", str(folder / "since.json")]
    assert CliRunner().invoke(app, earlier).exit_code == 0
    (folder / "form.csv").write_text("\n".join(";".join(row) for row in [("Tên CCN: Phú Thị 0",), *ROWS]))
    book = openpyxl.Workbook()
    written = docx.Document()
    written.add_paragraph("Tên CCN: Phú Thị 0")
    grid = written.add_table(0, 3)
    for row in [("Tên CCN: Phú Thị 0",), ("STT", "Chỉ tiêu", "Kết quả"), *ROWS]:
        book.active.append(row)
        for cell, text in zip(grid.add_row().cells, row, strict=False):
            cell.text = text
    book.save(folder / "form.xlsx")
    written.save(folder / "form.docx")
    return folder


# What goes wrong in `{}`; the rest is sound.
DOORS = {
    "form.csv": ["form-in {} --clusters {r.csv} --period 2026-H1 -o {out}"],
    "form.xlsx": ["form-in {} --clusters {r.csv} --period 2026-H1 -o {out}"],
    "form.docx": ["form-in {} --clusters {r.csv} --period 2026-H1 -o {out}"],
    "changes.csv": [
        "form-in {form.csv} --clusters {r.csv} --period 2026-H1 -o {out} --accept {} --vintage {out}.csv"
    ],
    "totals.csv": ["audit {r.geojson} --totals {} -q"],
    "programme.csv": ["programme {}", "programme {} --format json"],
    "rules.toml": ["audit {r.csv} --rules {} -q"],
    "baseline.toml": ["audit {r.csv} --baseline {} --format json"],
    "mapping.toml": ["summary {r.csv} --mapping {}"],
    "scenarios.toml": ["forecast {r.csv} --to 2030-12-31 --on 2026-01-01 --scenario mine --scenarios {}"],
    "since.json": ["audit {r.csv} --since {} --format json"],
    "d.geojson": [
        "summary {r.geojson} --districts {}",
        "audit {r.geojson} --districts {} --format csv",
        "pipeline {r.geojson} --units {}",
        "convert {r.geojson} {out}.gpkg --units {}",
        "map {r.geojson} --units {} -o {out}.html",
        "summary {r.csv} --boundaries {} --boundaries-name name",
    ],
    "r.csv": [
        "summary {}",
        "form 04 {} --period 2026-H1",
        "inspect {} --format json",
        "compare {r.csv} {} --format json",
        "forecast {} --to 2030-12-31 --on 2026-01-01 --format json",
        "pipeline {} --on 2026-01-01",
    ],
    "r.xlsx": [
        "summary {}",
        "pending {}",
        "inspect {} --format json",
        "compare {} {r.csv}",
        "report {} -o {out}.html",
    ],
    "r.geojson": ["inspect {} --format json", "map {} -o {out}.html", "convert {} {out}.gpkg"],
    "r.gpkg": ["audit {} --format sarif", "built-up {r.geojson} {}", "convert {} {out}.shp"],
    "r.fgb": ["summary {} --format json", "built-up {r.geojson} {}"],
    "r.parquet": ["inspect {} --format json", "built-up {r.geojson} {}"],
    "r.kml": ["inspect {} --format json", "convert {} {out}.geojson"],
    "r.dxf": ["audit {} --crs EPSG:4326 -q", "inspect {} --format json --crs EPSG:4326"],
    "r.gml": ["summary {}", "inspect {} --format json"],
}


def damaged(content, chance):
    content = bytearray(content)
    at = chance.randrange(len(content) + 1)
    match chance.randrange(6):
        case 0:
            return bytes(content[:at])
        case 1:
            return bytes(content[:at] + content[at + chance.randrange(1, 64) :])
        case 2:
            return bytes(content[:at] + chance.randbytes(chance.randrange(1, 32)) + content[at:])
        case 3 | 4:
            token = chance.choice(NASTY).encode()
            return bytes(content[:at] + token + content[at + chance.randrange(8) :])
    for _ in range(chance.randrange(1, 9)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    return bytes(content)


def arguments(command, bad, files, out):
    known = {f.name: f for f in files.iterdir()}
    words = []
    for word in command.split():
        whole = word.replace("{}", str(bad)).replace("{out}", str(out))
        for name, file in known.items():
            whole = whole.replace(f"{{{name}}}", str(file))
        words.append(whole)
    return words


def run(jobs):
    """Run commands one after the other in a process, a hundred in each."""
    return [answer for at in range(0, len(jobs), BATCH) for answer in run_batch(jobs[at : at + BATCH])]


def run_batch(jobs):
    done = run_python(WORKER, given="\n".join(map(json.dumps, jobs)))
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    assert len(answers) == len(jobs), f"it ended at {jobs[len(answers)]}: {done.stderr[-800:]}"
    return answers


def strict(text):
    def no(constant):
        msg = f"{constant} is no JSON"
        raise ValueError(msg)

    return json.loads(text, parse_constant=no)


def fault(job, answer):
    """Return what is wrong with an answer, "" for nothing."""
    code, out, said = answer
    if code not in {0, 1, 2}:
        return f"{code}: {said[-300:]}"
    if "Traceback" in said + out:
        return "a traceback"
    if code == 2 and len((said + out).strip()) < 20:
        return "no sentence"
    if "json" in job and out.strip():
        try:
            strict(out)
        except ValueError as error:
            return f"no JSON: {error}"
    return ""


def test_sound_files_are_what_the_doors_take(files, tmp_path):
    jobs = [
        arguments(command, files / name, files, tmp_path / f"{name}-{n}")
        for name, commands in DOORS.items()
        for n, command in enumerate(commands)
    ]
    answers = run(jobs)
    # A drawing has no register in it; a finding is no fault.
    refused = [
        (j, a) for j, a in zip(jobs, answers, strict=True) if a[0] not in {0, 1} and "r.dxf" not in str(j)
    ]
    assert not refused


def test_damaged_files_at_every_door_end_in_a_code_and_a_sentence(files, tmp_path):
    chance = random.Random(SEED)  # noqa: S311 - the same cases every time
    names = list(DOORS)
    jobs = []
    for number in range(CASES):
        name = names[number % len(names)]
        folder = tmp_path / str(number)
        folder.mkdir()
        bad = folder / name
        bad.write_bytes(damaged((files / name).read_bytes(), chance))
        jobs.append(arguments(chance.choice(DOORS[name]), bad, files, folder / "out"))
    answers = run(jobs)
    strange = [(j, told) for j, a in zip(jobs, answers, strict=True) if (told := fault(j, a))]
    assert not strange
    assert {0, 2} <= {code for code, _, _ in answers}


ADDRESSES = [
    *(
        "http://",
        "https://[::1",
        "https://a:b@c@d/x.gpkg",
        "ftp://x/y.shp",
        "/vsicurl/http://x",
        "/vsizip/a.zip/b",
    ),
    *(
        "postgresql://u:p@h/db",
        "PG:dbname=x",
        "file:///etc/passwd",
        "{}",
        '{"type": "Point"}',
        "\u202ea.gpkg",
        "a" * 5_000,
    ),
    *(
        "con.gpkg",
        "..",
        "/",
        "/dev/zero",
        "/proc/self/mem",
        "~",
        "-",
        "GPKG:a.gpkg:b",
        "https://127.0.0.1:1/a.gpkg",
    ),
]


def test_names_that_are_none_are_refused():
    jobs = [[command, name] for name in ADDRESSES for command in ("summary", "programme")]
    jobs += [["summary", "--allow-remote", name] for name in ADDRESSES if "://" in name or "vsi" in name]
    answers = run(jobs)
    strange = [(j, a) for j, a in zip(jobs, answers, strict=True) if a[0] != 2 or fault(j, a)]
    assert not strange


def test_a_drawing_with_an_empty_shape_and_a_system_of_another_planet(tmp_path):
    boxes = gpd.GeoDataFrame(
        {"name": ["A"]}, geometry=[shapely.box(585_000, 2_330_000, 585_500, 2_330_400)], crs=5897
    )
    boxes.to_file(tmp_path / "moon.shp")
    (tmp_path / "moon.prj").write_text(
        'GEOGCS["Moon",DATUM["D_Moon",SPHEROID["Moon",1737400,0]],PRIMEM["Reference_Meridian",0],'
        'UNIT["Degree",0.0174532925199433]]'
    )
    table().to_file(tmp_path / "r.gpkg")
    line = "0\nLWPOLYLINE\n8\n0\n100\nAcDbPolyline\n90\n0\n70\n1\n"
    (tmp_path / "empty.dxf").write_text(f"0\nSECTION\n2\nENTITIES\n{line}0\nENDSEC\n0\nEOF\n")
    jobs = [
        ["built-up", str(tmp_path / "r.gpkg"), str(tmp_path / "moon.shp")],
        ["summary", str(tmp_path / "moon.shp")],
        ["audit", str(tmp_path / "empty.dxf"), "--crs", "EPSG:5897"],
        ["inspect", str(tmp_path / "empty.dxf"), "--crs", "EPSG:5897", "--format", "json"],
    ]
    answers = run(jobs)
    assert [fault(job, answer) for job, answer in zip(jobs, answers, strict=True)] == [""] * len(jobs)
