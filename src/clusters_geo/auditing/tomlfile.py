"""TOML files that people write: rules and accepted findings."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clusters_geo.errors import SourceError

if TYPE_CHECKING:
    import os

__all__ = ["read_toml"]


def read_toml(path: str | os.PathLike[str], otherwise: str) -> dict[str, Any]:
    """Return what a TOML file holds.

    Parameters
    ----------
    path
        The file, in UTF-8.
    otherwise
        What to do if there is no such file, as the end of the message.

    Raises
    ------
    SourceError
        If it cannot be read, or is not TOML.
    """
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}. {otherwise}"
        raise SourceError(msg) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        msg = f"{path} is not valid TOML in UTF-8: {error}. Mend that line."
        raise SourceError(msg) from error
