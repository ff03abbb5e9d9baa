"""Damaged files of every format: each ends in a table or in a sentence, soon, and in nothing else.

A few of each kind with every run; `make soak` sets CLUSTERS_GEO_MUTATIONS to more.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import textwrap

import geopandas as gpd
import pyogrio
import pytest
import shapely
from as_user import run_python

CASES = int(os.environ.get("CLUSTERS_GEO_MUTATIONS", "4"))
KINDS = {
    "gpkg": "GPKG",
    "shp": "ESRI Shapefile",
    "geojson": "GeoJSON",
    "fgb": "FlatGeobuf",
    "kml": "LIBKML",
    "kmz": "LIBKML",
    "gml": "GML",
    "tab": "MapInfo File",
    "mif": "MapInfo File",
    "dxf": "DXF",
    "dgn": "DGN",
    "gdb": "OpenFileGDB",
    "parquet": "",
    "csv": "",
    "xlsx": "",
    "zip": "",
}

# In a process of its own, so that a crash or a hang of a C library is seen and named. The commands run as
# from the shell: through `main`, which turns whatever is raised into an exit code.
LOADER = textwrap.dedent("""
    import contextlib, io, json, os, re, resource, sys, warnings
    from pathlib import Path
    resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
    import clusters_geo as cg
    from clusters_geo.cli import main
    from clusters_geo.load import load_clusters, load_report

    def loaded(path, crs):
        try:
            str(load_report(load_clusters(path, crs=crs, check=False)))
            return "table"
        except cg.ClustersGeoError as error:
            return "sentence" if str(error) else "no sentence"
        except BaseException as error:
            return f"{type(error).__name__}: {error}"

    def ran(*arguments):
        said = io.StringIO()
        sys.argv = ["clusters-geo", *arguments]
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            try:
                main()
            except SystemExit as done:
                code = done.code
        return code, said.getvalue()

    for line in sys.stdin:
        path, crs = json.loads(line)
        wishes = ["--input-crs", str(crs)] if crs else []
        answer = {"load": loaded(path, crs)}
        answer["inspect"], told = ran("inspect", path, *wishes)
        answer["said"] = len(told.strip()) > 20 and not re.search("Traceback|DecodeError", told)
        out = Path(path).parent / "out.gpkg"
        answer["convert"], told = ran("convert", path, os.fspath(out), *wishes)
        answer["told"] = len(told.strip()) > 20 and not re.search("Traceback|DecodeError", told)
        answer["left"] = sorted(p.name for p in out.parent.iterdir() if p.name.startswith((".out", "out")))
        print("@" + json.dumps(answer), flush=True)
""")


def _write(folder, ending):
    boxes = [shapely.box(562_000 + 900 * n, 2_326_000, 562_500 + 900 * n, 2_326_400) for n in range(6)]
    table = gpd.GeoDataFrame(
        {
            "cluster_id": [f"{n:02d}" for n in range(6)],
            "name": [f"Phùng Xá {n}" for n in range(6)],
            "status": "operating",
            "planned_ha": [10.5 * n for n in range(6)],
        },
        geometry=boxes,
        crs=5897,
    )
    file = folder / f"a.{ending}"
    if ending == "parquet":
        table.to_parquet(file)
    elif ending == "csv":
        table.drop(columns="geometry").to_csv(file, index=False)
    elif ending == "xlsx":
        table.drop(columns="geometry").to_excel(file, index=False)
    elif ending == "zip":
        (folder / "in").mkdir()
        table.to_file(folder / "in" / "a.shp")
        shutil.make_archive(str(folder / "a"), "zip", folder / "in")
        shutil.rmtree(folder / "in")
    else:
        flat = table[["geometry"]] if ending in {"dxf", "dgn"} else table
        flat = flat.to_crs(4326) if ending in {"kml", "kmz", "geojson"} else flat
        pyogrio.write_dataframe(
            flat, file, driver=KINDS[ending], **({"FORMAT": "MIF"} if ending == "mif" else {})
        )
    return file


def _damaged(content, chance):
    content = bytearray(content)
    match chance.randrange(5):
        case 0:
            return bytes(content[: chance.randrange(len(content))])
        case 1:
            start = chance.randrange(len(content))
            return bytes(content[:start] + content[start + chance.randrange(1, 64) :])
        case 2:
            start = chance.randrange(len(content))
            return bytes(content[:start] + chance.randbytes(chance.randrange(1, 32)) + content[start:])
    # Headers matter most; half of the flips hit them.
    reach = min(256, len(content)) if chance.random() < 0.5 else len(content)
    for _ in range(chance.randrange(1, 9)):
        content[chance.randrange(reach)] = chance.randrange(256)
    return bytes(content)


def _damage(folder, chance):
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    victim = chance.choice(files)
    if len(files) > 1 and chance.random() < 0.2:
        victim.unlink()
    else:
        victim.write_bytes(_damaged(victim.read_bytes(), chance))


@pytest.mark.parametrize("ending", sorted(KINDS))
def test_damaged_files_end_in_a_table_or_a_sentence(tmp_path, ending):
    good = tmp_path / "good"
    good.mkdir()
    name = _write(good, ending).name
    chance = random.Random(ending)  # noqa: S311 - the same cases every time
    jobs = []
    for number in range(CASES):
        folder = tmp_path / str(number)
        shutil.copytree(good, folder)
        _damage(folder, chance)
        crs = 5897 if ending in {"tab", "mif", "dxf", "dgn"} else None
        jobs.append(json.dumps([os.fspath(folder / name), crs]))
    done = run_python(LOADER, given="\n".join(jobs))
    answers = [json.loads(line[1:]) for line in done.stdout.splitlines() if line.startswith("@")]
    assert len(answers) == CASES, f"crashed on {jobs[len(answers)]}: {done.stderr[-500:]}"
    strange = {job: answer for job, answer in zip(jobs, answers, strict=True) if not _is_sane(answer)}
    assert not strange
    assert "sentence" in {answer["load"] for answer in answers}
    assert 2 in {answer["inspect"] for answer in answers}


def _is_sane(answer):
    """Return whether all three ended in a table or a sentence, and said so by the same exit codes."""
    codes = {answer["inspect"], answer["convert"]}
    written = ["out.gpkg"] if answer["convert"] == 0 else []
    return (
        answer["load"] in {"table", "sentence"}
        and codes <= {0, 2}
        and answer["said"]
        and answer["told"]
        and answer["left"] == written
        # What cannot be loaded is usable by no command; what can may still hold what cannot be computed with.
        and not (answer["load"] == "sentence" and 0 in codes)
        and answer["inspect"] == answer["convert"]
    )
