"""Layers of units that others publish, fetched when somebody asks for them, and never otherwise.

Which there are stands in `data/unit_sources.csv`: address, hosts, licence, attribution. A file is kept whole
or not at all; beside it, as `FILE.source.toml`, stands where it comes from and how it must be cited, which
maps made with it then show. Its SHA-256 is that of the table, or that of the first download.
"""

from __future__ import annotations

import hashlib
import json
import logging
import tempfile
import time
import tomllib
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from clusters_geo.data import read_rows
from clusters_geo.errors import EngineError, SourceError
from clusters_geo.reading.fetching import Fetched, fetch
from clusters_geo.writing import refusal, write_text

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from types import ModuleType

    import geopandas as gpd

    from clusters_geo.schema import Language

    Told = Callable[[int, int | None], None]

__all__ = ["UnitSource", "attribution_of", "cited", "download_units", "unit_sources"]

# Before the second and the third attempt; a server that answers with an error of its own is asked again.
PAUSES_S = (1.0, 3.0)
MAX_BYTES = 500e6
# More than any note of ours is long.
_MAX_NOTE_BYTES = 65_536
_BEGINNINGS = {"geojson": b"{", "zip": b"PK\x03\x04"}
_FOR_GOOD = ("leads elsewhere", "too large to fetch", "malformed address")


class UnitSource(NamedTuple):
    """A layer that can be downloaded: its name, what it is, where it is published, how it must be cited."""

    name: str
    level: str
    vi: str
    en: str
    page: str
    address: str
    hosts: str
    file: str
    format: str
    licence: str
    licence_url: str
    attribution: str
    sha256: str

    def label(self, lang: Language = "vi") -> str:
        """Return what it is."""
        return self.vi if lang == "vi" else self.en


def unit_sources() -> dict[str, UnitSource]:
    """Return what can be downloaded, by its name.

    Examples
    --------
    >>> unit_sources()["hdx-cod-ab"].licence
    'CC BY 3.0 IGO'
    """
    return {row["name"]: UnitSource(**row) for row in read_rows("unit_sources.csv")}


def download_units(
    name: str,
    folder: str | os.PathLike[str] | None = None,
    *,
    offline: bool = False,
    told: Told | None = None,
) -> Path:
    """Download a layer of units, unless it has been, and return where it lies.

    Parameters
    ----------
    name
        One of `unit_sources`.
    folder
        Where to keep it; otherwise the folder that the system has for caches.
    offline
        Whether to take only what has been downloaded.
    told
        Is told how many bytes have arrived, and of how many, if that is known.

    Returns
    -------
    A file for `load_units`. Where it comes from, its licence and how to cite it stand beside it.

    Raises
    ------
    EngineError
        If pooch is not installed.
    SourceError
        If there is no such source, or the file cannot be fetched, is another than before, is no such file but
        a page that says something, or has not been downloaded; nothing was written.

    Examples
    --------
    >>> download_units("hdx-cod-ab", tmp, offline=True)
    Traceback (most recent call last):
        ...
    clusters_geo.errors.SourceError: vnm_admin_boundaries.geojson.zip has not been downloaded to ...
    """
    source = _known(name)
    target = Path(_pooch().os_cache("clusters-geo") if folder is None else folder) / source.file
    expected = source.sha256 or _note(target).get("sha256", "")
    if offline:
        return _already_there(target, expected)
    pooch = _pooch()
    # pooch says each step on its own; what a person has to know is said by us.
    pooch.get_logger().setLevel(logging.ERROR)
    asked = _Asked(source, told)
    store = pooch.create(
        path=target.parent,
        base_url="",
        registry={source.file: f"sha256:{expected}" if expected else None},
        urls={source.file: source.address},
    )
    try:
        store.fetch(source.file, downloader=asked)
        if asked.fetched is not None:
            write_text(_beside(target), _told_of(source, asked.fetched))
    except SourceError:
        raise
    except ValueError as error:
        if asked.fetched is None:
            raise
        told_hash = {"expected": expected[:12], "found": asked.fetched.sha256[:12]}
        raise SourceError("download.changed", file=source.file, path=target, **told_hash) from error
    except OSError as error:
        raise refusal(target, error) from error
    return target


def _pooch() -> ModuleType:
    try:
        return import_module("pooch")
    except ImportError as error:
        raise EngineError("download.extra", module=str(error.name)) from error


def attribution_of(path: str | os.PathLike[str]) -> str:
    """Return how a downloaded file must be cited, licence and all; "" if it was not downloaded by us.

    Examples
    --------
    >>> attribution_of("register.gpkg")
    ''
    """
    return _note(Path(path)).get("attribution", "")


def cited(table: gpd.GeoDataFrame, path: str | os.PathLike[str]) -> gpd.GeoDataFrame:
    """Return units with how they must be cited, where they were downloaded, so that maps show it."""
    attribution = attribution_of(path)
    return table.assign(source=attribution) if attribution else table


def _known(name: str) -> UnitSource:
    sources = unit_sources()
    if name not in sources:
        raise SourceError("download.no-source", name=name, known=list(sources))
    return sources[name]


def _already_there(target: Path, expected: str) -> Path:
    if not target.is_file():
        raise SourceError("download.offline", file=target.name, folder=target.parent)
    with target.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if expected and found != expected:
        raise SourceError("download.damaged", path=target, expected=expected[:12], found=found[:12])
    return target


def _beside(target: Path) -> Path:
    return target.with_name(f"{target.name}.source.toml")


def _note(target: Path) -> dict[str, str]:
    """Return what was noted beside a file; nothing if there is no such note, or it is none of ours."""
    note = _beside(target)
    try:
        if not note.is_file() or note.stat().st_size > _MAX_NOTE_BYTES:
            return {}
        told = tomllib.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {key: value for key, value in told.items() if isinstance(value, str)}


def _told_of(source: UnitSource, fetched: Fetched) -> str:
    told = {name: getattr(source, name) for name in ("name", "attribution", "licence", "licence_url", "page")}
    told |= {"address": source.address, "fetched_at": fetched.at, "sha256": fetched.sha256}
    # A string of JSON is a string of TOML.
    return "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in told.items())


class _Asked:
    """What pooch calls to download a file: our own door, three times if need be."""

    def __init__(self, source: UnitSource, told: Told | None) -> None:
        self._source, self._told = source, told
        self.fetched: Fetched | None = None

    def __call__(self, url: str, output_file: str | os.PathLike[str], _: object) -> None:
        """Fetch `url` and put it where pooch wants it, if it is what it should be."""
        target = Path(output_file)
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            fetched = self._fetched(url, Path(folder))
            self._require_kind(fetched.path)
            fetched.path.replace(target)
        self.fetched = fetched

    def _fetched(self, url: str, folder: Path) -> Fetched:
        for pause in (*PAUSES_S, None):
            try:
                return fetch(
                    url,
                    folder,
                    shown=self._source.address,
                    max_bytes=MAX_BYTES,
                    hosts=self._source.hosts.split(),
                    told=self._told,
                )
            except SourceError as error:
                if pause is None or _is_for_good(error):
                    raise
                time.sleep(pause)
        raise AssertionError

    def _require_kind(self, path: Path) -> None:
        with path.open("rb") as file:
            beginning = file.read(512).removeprefix(b"\xef\xbb\xbf").lstrip()
        if beginning.startswith(_BEGINNINGS[self._source.format]):
            return
        found: dict[str, str] = {"say": "another beginning", "beginning": repr(beginning[:20])}
        if beginning[:1] == b"<":
            found = {"say": "a page instead"}
        elif beginning.startswith(b"version https://git-lfs"):
            found = {"say": "a pointer"}
        told = {"address": self._source.address, "wanted": self._source.format, "page": self._source.page}
        raise SourceError("download.not-that", found=found, **told)


def _is_for_good(error: SourceError) -> bool:
    """Return whether asking again would be of no use."""
    why = error.values.get("why")
    if not isinstance(why, dict):
        return False
    return why.get("say") in _FOR_GOOD or str(why.get("answer", "")).startswith("4")
