"""Zipped layers, unpacked with limits: how large, how many, how far they expand, and nothing nested."""

from __future__ import annotations

import re
import shutil
import zipfile
import zlib
from pathlib import Path, PurePath, PurePosixPath

from clusters_geo.errors import SourceError
from clusters_geo.reading.formats import FORMATS

__all__ = [
    "DAMAGED",
    "MAX_EXPANSION",
    "MAX_UNPACKED_BYTES",
    "plain_stem",
    "refuse_bomb",
    "refuse_nested",
    "unpack",
    "unpack_kmz",
]

# What zipfile raises of a damaged or foreign archive: NotImplementedError of a way to pack that it does not
# know, RuntimeError of a member under a password.
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)

MAX_EXPANSION = 200
MAX_UNPACKED_BYTES = 1 << 30
_MAX_MEMBERS = 1_000
_SMALL_BYTES = 10 << 20

_ARCHIVES = {".zip", ".kmz", ".rar", ".7z", ".gz", ".tgz", ".bz2", ".xz", ".tar"}
_MAIN = {ending for f in FORMATS for ending in f.endings if f.driver and f.name != "KMZ"}
# pyogrio takes what stands behind ! for a member of an archive.
_SPECIAL = re.compile(r"[!|?*]")
_KEPT = _MAIN | {ending for f in FORMATS for ending in (*f.needed, *f.beside)}


def plain_stem(path: PurePath) -> str:
    """Return the stem of a file's name without what readers take for more than a name.

    Examples
    --------
    >>> plain_stem(PurePosixPath("cụm!2022.kml"))
    'cụm_2022'
    """
    return _SPECIAL.sub("_", path.stem)


def refuse_bomb(
    file: Path, *, allow_large: bool = False, most_bytes: int = MAX_UNPACKED_BYTES
) -> list[zipfile.ZipInfo]:
    """Return the members of a zip archive that is safe to unpack.

    Raises
    ------
    SourceError
        If it is damaged, encrypted, has over 1,000 members, unpacks to over 1 GiB (without `allow_large`)
        or to over 200 times its size.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            members = [m for m in archive.infolist() if not m.is_dir()]
    except (*DAMAGED, ValueError) as error:
        raise SourceError("archive.unreadable", file=file.name, reason=str(error)) from error
    size = sum(m.file_size for m in members)
    packed = max(1, file.stat().st_size)
    if len(members) > _MAX_MEMBERS or (size > most_bytes and not allow_large):
        raise SourceError(
            "archive.large",
            file=file.name,
            size=size / 1000000.0,
            members=len(members),
            most=most_bytes / 1000000.0,
            most_members=_MAX_MEMBERS,
        )
    if size > _SMALL_BYTES and size / packed > MAX_EXPANSION:
        raise SourceError("archive.bomb", file=file.name, times=size / packed, size=size / 1000000.0)
    names = [m.filename for m in members]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise SourceError("archive.twice", path=file.name, member=twice[:80])
    if any(m.flag_bits & 1 for m in members):
        raise SourceError("archive.password", file=file.name)
    return members


def refuse_nested(file: Path, members: list[zipfile.ZipInfo]) -> None:
    """Refuse an archive that holds another.

    Raises
    ------
    SourceError
        With the name of the inner one.
    """
    nested = [m.filename for m in members if PurePosixPath(m.filename).suffix.lower() in _ARCHIVES]
    if nested:
        raise SourceError("archive.nested", file=file.name, member=nested[0])


def unpack(file: Path, folder: Path, member: str = "", *, allow_large: bool = False) -> Path:
    """Unpack one layer of an archive into a folder and return its main file.

    Parameters
    ----------
    file
        The archive.
    folder
        Where to write.
    member
        The layer, or a folder in the archive that holds no other; "" if there is only one.
    allow_large
        Whether to unpack more than 1 GiB.

    Raises
    ------
    SourceError
        As `refuse_bomb`; also if there is no layer in it, several, or another archive.
    """
    members = refuse_bomb(file, allow_large=allow_large)
    refuse_nested(file, members)
    main = _main_member(file, [_inside(m) for m in members], member)
    with zipfile.ZipFile(file) as archive:
        for packed in members:
            path = _inside(packed)
            if _belongs(path, main):
                within = folder if main.suffix != ".gdb" else folder / main.name
                _write(archive, packed, within / path.name)
    return folder / main.name


def unpack_kmz(file: Path, folder: Path, *, allow_large: bool = False) -> tuple[Path, ...]:
    """Unpack each KML of a KMZ into a folder of its own, where no link of one reaches another.

    GDAL opens what the links of the main KML name, and loses those whose names are not ASCII. Read one by
    one, all are found and nothing outside the archive is.

    Raises
    ------
    SourceError
        As `refuse_bomb`; also if there is no KML in it, or another archive.
    """
    members = refuse_bomb(file, allow_large=allow_large)
    refuse_nested(file, members)
    found = [(m, path) for m in members if _is_kml(path := _inside(m))]
    if not found:
        raise SourceError("archive.no-kml", file=file.name)
    parts = []
    with zipfile.ZipFile(file) as archive:
        for number, (member, path) in enumerate(found):
            parts.append(folder / str(number) / f"{plain_stem(path)}.kml")
            _write(archive, member, parts[-1])
    return tuple(parts)


def _is_kml(path: PurePosixPath) -> bool:
    return path.suffix.lower() == ".kml" and not path.name.startswith(".") and "__MACOSX" not in path.parts


def _inside(member: zipfile.ZipInfo) -> PurePosixPath:
    return PurePosixPath(member.filename.replace("\\", "/"))


def _main_member(file: Path, paths: list[PurePosixPath], wanted: str) -> PurePosixPath:
    layers = {p for p in paths if p.suffix.lower() in _MAIN - {".gdb"} and not p.name.startswith(".")}
    layers |= {p.parent for p in paths if p.parent.suffix.lower() == ".gdb"}
    layers = {p for p in layers if "__MACOSX" not in p.parts}
    chosen = {p for p in layers if not wanted or PurePosixPath(wanted) in (p, *p.parents)}
    if len(chosen) != 1:
        listed = sorted(str(p) for p in layers)[:5]
        code = "archive.no-layers" if not listed else "archive.not-in-it" if wanted else "archive.several"
        raise SourceError(code, file=file.name, listed=", ".join(listed), wanted=wanted)
    return chosen.pop()


def _belongs(path: PurePosixPath, main: PurePosixPath) -> bool:
    if main.suffix.lower() == ".gdb":
        return path.parent == main
    stem = main.stem.lower() + "."
    ending = path.name.lower()[len(stem) - 1 :]
    return path.parent == main.parent and path.name.lower().startswith(stem) and ending in _KEPT


def _write(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        # zipfile stops at the size that the directory declares, which was checked.
        with archive.open(member) as packed, target.open("wb") as plain:
            shutil.copyfileobj(packed, plain)
    except DAMAGED as error:
        raise SourceError(
            "archive.damaged-member", file=archive.filename, member=member.filename, reason=str(error)
        ) from error
