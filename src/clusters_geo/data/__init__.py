"""Facts that a clerk could correct: tables beside this file, and the bundled case in `geodata/`."""

# Small: it only says where the tables lie and how one is read.

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["bundled_file", "data_file", "read_law", "read_rows"]

_HERE = Path(__file__).parent


@cache
def read_rows(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of a table beside this file, or of the bundled case, cells as text.

    Examples
    --------
    >>> read_rows("provinces.csv")[0]["name"]
    'Điện Biên'
    """
    path = _HERE / name if (_HERE / name).exists() else bundled_file(name)
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@cache
def read_law() -> dict[str, Any]:
    """Return the law as `law.toml` has it: `acts`, `articles`, `regimes`, `land_shares`.

    Examples
    --------
    >>> read_law()["acts"]["decree-32"]["from"]
    datetime.date(2024, 5, 1)
    """
    import tomllib

    return tomllib.loads((_HERE / "law.toml").read_text(encoding="utf-8"))


def data_file(name: str) -> Path:
    """Return where a file beside this one lies.

    Examples
    --------
    >>> data_file("scenarios.toml").name
    'scenarios.toml'
    """
    return _HERE / name


def bundled_file(name: str) -> Path:
    """Return where a file of the bundled case lies: in the installed package, or in the checkout.

    Examples
    --------
    >>> bundled_file("totals.csv").name
    'totals.csv'
    """
    installed = _HERE.parent / "geodata" / name
    return installed if installed.exists() else _HERE.parents[2] / "geodata" / name
