"""What a district map can show, how it is drawn, and into which classes its values fall.

Rates and densities may fill a district with colour. An absolute amount may not, since a large district would
look important only for being large; it is drawn as a circle with an area in proportion.
"""

from __future__ import annotations

import math
import warnings
from bisect import bisect_right
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import pandas as pd

from clusters_geo.errors import EngineError, SchemaError
from clusters_geo.maps.plain import plain_text
from clusters_geo.names import did_you_mean
from clusters_geo.schema import column
from clusters_geo.words import Words, catalogue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from clusters_geo.maps.plain import JSON

__all__ = [
    "MEASURES",
    "Classes",
    "Classing",
    "Measure",
    "class_breaks",
    "classes",
    "opens_on",
    "own_measure",
    "rests_on",
    "stated_by",
]

Classing = Literal["auto", "law", "quantiles", "equal", "jenks"]

# More shades than five cannot be told apart on a phone in daylight.
_CLASSES = 5
# 50 %: below it no further cluster is established in the unit (Decree 32/2024/NĐ-CP, art. 8.1.c); 100 % is
# full, and 80 %, a limit of ours, nearly so.
_LIMITS = (0.5, 0.8, 1.0)
# What a planner asks first; hectares by km² say least, and open a map only where they are asked for.
_OPENING = ("fill_rate", "lawful_fill_rate", "build_out_rate", "planned_ha", "operating_clusters")


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of a unit: `kind` decides between colour (rate, density) and circle (amount).

    `field` is the column of the clusters that their symbols are filled by, if any; `vi`, `en` are the labels.
    """

    name: str
    kind: Literal["rate", "density", "amount"]
    unit: str
    decimals: int
    field: str | None = None
    label: Words | None = None

    @property
    def words(self) -> Words:
        """Its label."""
        return self.label or catalogue("map")[f"figure.{self.name}"]

    @property
    def places(self) -> int:
        """To how many decimals its values are shown, as numbers: 66.7 % is 0.667."""
        return self.decimals + (2 if self.kind == "rate" else 0)


MEASURES: tuple[Measure, ...] = (
    Measure("fill_rate", "rate", "%", 1, "fill_rate"),
    Measure("lawful_fill_rate", "rate", "%", 1, "lawful_fill_rate"),
    Measure("build_out_rate", "rate", "%", 1, "build_out_rate"),
    Measure("planned_density", "density", "ha/km²", 2),
    Measure("planned_ha", "amount", "ha", 1),
    Measure("built_ha", "amount", "ha", 1),
    Measure("operating_clusters", "amount", "clusters", 0),
    Measure("under_construction", "amount", "clusters", 0),
    Measure("pending_sites", "amount", "clusters", 0),
)


@dataclass(frozen=True, slots=True)
class Classes:
    """What a map opens on, and how classes are formed: by limits of the user's own, or by a method."""

    measure: str | None
    classing: Classing
    breaks: tuple[float, ...] | None

    def of(self, measure: Measure, values: pd.Series) -> tuple[str, list[float]]:
        """Return how the classes of a measure are formed, and their inner borders."""
        if self.breaks is not None and measure.name == self.measure:
            return "own", [*self.breaks]
        method = self.classing
        if method == "auto":
            method = "law" if measure.kind == "rate" else "quantiles"
        if method == "law":
            # Limits of rates mean nothing for hectares.
            return ("law", [*_LIMITS]) if measure.kind == "rate" else ("quantiles", class_breaks(values))
        return method, class_breaks(values, method)


def classes(
    measure: str | None = None, classing: str = "auto", breaks: Sequence[float] | None = None
) -> Classes:
    """Return what was chosen, checked.

    Raises
    ------
    SchemaError
        If there is no such way to form classes, or the breaks do not rise.

    Examples
    --------
    >>> classes("fill_rate", breaks=[0.3, 0.6]).breaks
    (0.3, 0.6)
    """
    known: dict[str, Classing] = {name: name for name in get_args(Classing)}
    if classing not in known:
        raise SchemaError("map.unknown-classing", classing=classing, allowed=list(known))
    if breaks is None:
        return Classes(measure, known[classing], None)
    numbers = tuple(float(b) for b in breaks)
    rising = all(a < b for a, b in pairwise(numbers)) and all(map(math.isfinite, numbers))
    if not rising or not 1 <= len(numbers) < _CLASSES:
        raise SchemaError("map.breaks", breaks=[*numbers], most=_CLASSES - 1)
    return Classes(measure, known[classing], numbers)


def own_measure(name: str, clusters: pd.DataFrame) -> Measure:
    """Return any numeric column of the register as a measure: a share is a rate, all else an amount.

    Raises
    ------
    SchemaError
        If there is no such column, or it holds no numbers.

    Examples
    --------
    >>> import pandas as pd
    >>> own_measure("workers", pd.DataFrame({"workers": [900, 1200]})).kind
    'amount'
    """
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    numeric = [
        str(column)
        for column in clusters.columns
        if is_numeric_dtype(clusters[column]) and not is_bool_dtype(clusters[column])
    ]
    if name not in numeric:
        near = did_you_mean(name, [m.name for m in MEASURES] + numeric)
        raise SchemaError(
            "map.unknown-measure", measure=name, near=near or [*(m.name for m in MEASURES), *numeric][:18]
        )
    label, unit = Words(plain_text(name), plain_text(name)), ""
    with suppress(KeyError):  # a column of the user's own is not declared
        declared = column(name)
        label, unit = Words(declared.vi, declared.en), declared.unit
    if unit == "share":
        return Measure(name, "rate", "%", 1, name, label)
    whole = (clusters[name].dropna() % 1 == 0).all()
    return Measure(name, "amount", unit, 0 if whole else 1, name, label)


def class_breaks(values: pd.Series, method: Classing = "quantiles") -> list[float]:
    """Return the inner borders between classes of about even weight, rising.

    Parameters
    ----------
    values
        One figure a district; missing and infinite ones are left out.
    method
        `quantiles` (as many districts in each class), `equal` (equal steps) or `jenks` (natural breaks by
        `mapclassify`).

    Returns
    -------
    At most four borders, for at most five classes; a value on a border is in the upper class. Empty where
    all values are the same.

    Raises
    ------
    EngineError
        If `jenks` is asked for and mapclassify is not installed.

    Examples
    --------
    >>> import pandas as pd
    >>> class_breaks(pd.Series([0.0, 1.0, 2.0, 3.0, 4.0, 5.0]), "equal")
    [1.0, 2.0, 3.0, 4.0]
    >>> class_breaks(pd.Series([7.0, float("nan"), float("inf")]))
    []
    """
    numbers = values.to_numpy(dtype=float, na_value=np.nan)
    numbers = numbers[np.isfinite(numbers)]
    distinct = np.unique(numbers)
    if len(distinct) < 2:  # noqa: PLR2004 - one value needs no border
        return []
    classes = min(_CLASSES, len(distinct))
    borders = np.unique(_borders(numbers, classes, method))
    return [float(b) for b in borders if distinct[0] < b <= distinct[-1]]


def _borders(numbers: NDArray[np.float64], classes: int, method: Classing) -> NDArray[np.float64]:
    shares = np.linspace(0, 1, classes + 1)[1:-1]
    if method == "equal":
        return np.linspace(numbers.min(), numbers.max(), classes + 1)[1:-1]
    return _natural_breaks(numbers, classes) if method == "jenks" else np.quantile(numbers, shares)


def _natural_breaks(numbers: NDArray[np.float64], classes: int) -> NDArray[np.float64]:
    try:
        mapclassify = import_module("mapclassify")
    except ImportError as error:
        raise EngineError("map.no-mapclassify") from error
    with warnings.catch_warnings():
        # It asks for numba, which a few hundred districts do not need.
        warnings.simplefilter("ignore")
        upper = mapclassify.FisherJenks(numbers, k=classes).bins[:-1]
    # mapclassify names the largest value of each class; here a border is the smallest of the next.
    return np.array([numbers[numbers > top].min() for top in upper if top < numbers.max()])


def opens_on(measures: list[dict[str, JSON]], wanted: str | None, at_work: int) -> JSON:
    """Return the measure that a map opens on: the one asked for, else the first that tells units apart.

    A rate must be known for half of the units at work (`at_work` of them). Where nothing tells units apart (a
    register with one unit), the first that is known at all opens the map. Without units to draw, the range of
    what clusters have tells.

    Examples
    --------
    >>> rate = {"name": "build_out_rate", "kind": "rate", "shown": [0.826, 0.826], "breaks": [0.5, 0.8]}
    >>> hectares = {"name": "planned_ha", "kind": "amount", "shown": [40.0, 75.0], "breaks": []}
    >>> opens_on([rate, hectares], None, at_work=2)
    'planned_ha'
    """
    known = [m for m in measures if _says_enough(m, at_work)]
    names = {str(m["name"]): _in_two_classes(m) for m in known}
    if wanted in names or wanted in {str(m["name"]) for m in measures}:
        return wanted
    order = [name for name in _OPENING if name in names]
    return next((name for name in order if names[name]), next(iter(order), ""))


def _says_enough(measure: dict[str, JSON], at_work: int) -> bool:
    told = sum(value is not None for value in _told(measure))
    return told > 0 and (measure["kind"] != "rate" or 2 * told >= at_work)


def _in_two_classes(measure: dict[str, JSON]) -> bool:
    """Return whether what is shown is more than one shade, or more than one size of circle."""
    shown = {float(v) for v in _told(measure) if isinstance(v, (int, float)) and v != 0}
    if measure["kind"] == "amount":
        return len(shown) > 1
    borders = [float(b) for b in _list(measure["breaks"]) if isinstance(b, (int, float))]
    return len({bisect_right(borders, value) for value in shown}) > 1


def _told(measure: dict[str, JSON]) -> list[JSON]:
    return _list(measure["shown"]) or _list(measure.get("range", []))


def _list(values: JSON) -> list[JSON]:
    return values if isinstance(values, list) else []


def rests_on(by_unit: pd.DataFrame, measure: Measure) -> list[JSON] | None:
    """Return on how many clusters each unit's rate rests: known as facts, and modelled; None for no rate.

    Examples
    --------
    >>> import clusters_geo as cg
    >>> rate = next(measure for measure in MEASURES if measure.name == "build_out_rate")
    >>> rests_on(cg.summarize(cg.load_hanoi()[0]), rate)
    [[0, 70]]
    """
    rate = measure.name.removeprefix("lawful_")
    if f"{rate}_known_clusters" not in by_unit:
        return None
    counts = (by_unit[f"{rate}_{how}_clusters"].fillna(0) for how in ("known", "modelled"))
    return [[int(known), int(modelled)] for known, modelled in zip(*counts, strict=True)]


def stated_by(by_unit: pd.DataFrame, measure: Measure) -> list[JSON] | None:
    """Return by what each unit's fill rate was averaged, where it rests on stated rates.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"fill_rate_by": ["clusters", None], "fill_rate_stated_clusters": [2, 0]})
    >>> stated_by(table, MEASURES[0])
    ['clusters', None]
    """
    if measure.name not in ("fill_rate", "lawful_fill_rate"):
        return None
    stated = by_unit["fill_rate_by"].where(by_unit["fill_rate_stated_clusters"] > 0)
    return [None if pd.isna(by) else str(by) for by in stated]
