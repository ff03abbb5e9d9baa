"""What a district map can show, how it is drawn, and into which classes its values fall.

Rates and densities may fill a district with colour. An absolute amount may not, since a large district would
look important only for being large; it is drawn as a circle with an area in proportion.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from clusters_geo.errors import EngineError, SchemaError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["MEASURES", "Classing", "Measure", "class_breaks", "require_classing"]

Classing = Literal["quantiles", "equal", "jenks"]

# More shades than five cannot be told apart on a phone in daylight.
_CLASSES = 5


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of a district: `kind` decides between colour (rate, density) and circle (amount)."""

    name: str
    kind: Literal["rate", "density", "amount"]
    vi: str
    en: str
    unit_vi: str
    unit_en: str
    decimals: int


MEASURES: tuple[Measure, ...] = (
    Measure(
        "build_out_rate",
        "rate",
        "Tỷ lệ xây dựng hạ tầng",
        "Build-out rate",
        "%",
        "%",
        1,
    ),
    Measure("fill_rate", "rate", "Tỷ lệ lấp đầy", "Fill rate", "%", "%", 1),
    Measure(
        "planned_density",
        "density",
        "Mật độ đất cụm công nghiệp",
        "Planned area per km² of district",
        "ha/km²",
        "ha/km²",
        2,
    ),
    Measure(
        "planned_ha",
        "amount",
        "Diện tích theo quy hoạch",
        "Planned area",
        "ha",
        "ha",
        1,
    ),
    Measure("built_ha", "amount", "Diện tích đã xây dựng hạ tầng", "Built area", "ha", "ha", 1),
    Measure("operating_clusters", "amount", "Cụm đang hoạt động", "Operating clusters", "cụm", "clusters", 0),
    Measure("pending_sites", "amount", "Cụm chưa khởi công", "Pending sites", "cụm", "sites", 0),
)


def require_classing(method: str) -> Classing:
    """Return the name of a classing method.

    Raises
    ------
    SchemaError
        If it is none of `quantiles`, `equal` and `jenks`.

    Examples
    --------
    >>> require_classing("equal")
    'equal'
    """
    known: dict[str, Classing] = {name: name for name in get_args(Classing)}
    if method in known:
        return known[method]
    msg = f"{method!r} is not a way to form classes; choose one of {', '.join(get_args(Classing))}."
    raise SchemaError(msg)


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
        msg = (
            "Natural breaks need the package mapclassify, which is not installed: "
            "pip install mapclassify, or choose quantiles or equal."
        )
        raise EngineError(msg) from error
    with warnings.catch_warnings():
        # It asks for numba, which a few hundred districts do not need.
        warnings.simplefilter("ignore")
        upper = mapclassify.FisherJenks(numbers, k=classes).bins[:-1]
    # mapclassify names the largest value of each class; here a border is the smallest of the next.
    return np.array([numbers[numbers > top].min() for top in upper if top < numbers.max()])
