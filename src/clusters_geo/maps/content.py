"""What a map shows, as plain data: figures from the full tables, outlines simplified for the screen."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from clusters_geo.area import area_ha
from clusters_geo.crs import MAP_CRS, require_crs
from clusters_geo.errors import SchemaError
from clusters_geo.maps.cells import SAME_RATE, Cells, rates_of
from clusters_geo.maps.extras import credit, places_of, poles
from clusters_geo.maps.measures import MEASURES, opens_on, own_measure, rests_on, stated_by
from clusters_geo.maps.plain import JSON, dictionary, escaped_json, plain_number, plain_text, plain_value
from clusters_geo.maps.topology import DEGREES_PER_STEP, Topology, simplified
from clusters_geo.measure.rates import RATES
from clusters_geo.measure.rates import column as column_of
from clusters_geo.measure.summary import UNKNOWN, summarize, totals_at
from clusters_geo.measure.trust import WHOLE, doubtful_cells, is_fact, province_of
from clusters_geo.reading.notes import ATTRIBUTE
from clusters_geo.report.audit_report import input_file
from clusters_geo.schema import BASES, STATUSES, UNIT_TYPES
from clusters_geo.units.model import unit_labels, unit_level
from clusters_geo.units.places import home_units, named_level
from clusters_geo.words import LANGUAGES, catalogue, round_half_up

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    import geopandas as gpd
    from numpy.typing import NDArray

    from clusters_geo.maps.measures import Classes, Measure
    from clusters_geo.maps.plain import JSON
    from clusters_geo.schema import Language

__all__ = ["Content", "Tables", "files_of"]

# One pixel at zoom 14, where a district fills the screen, is 9 m at Hà Nội's latitude.
TOLERANCE_M = 10.0
# Outlines of a few metres apart are meant to touch.
_TOUCHING_DEGREES = 1e-4
_HA_PER_KM2 = 100.0
_COUNTED = ("clusters", "under_construction", "pending_sites")


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of one map, in degrees, with every figure finite or missing, and the files they are from."""

    clusters: gpd.GeoDataFrame
    districts: gpd.GeoDataFrame
    files: list[JSON]
    level: str

    @classmethod
    def of(
        cls, clusters: gpd.GeoDataFrame, districts: gpd.GeoDataFrame | None, by: str | None = None
    ) -> Tables:
        """Check and copy the tables; without a layer the units are those of the column `by`.

        Raises
        ------
        CRSError
            If a layer has no coordinate system.
        SchemaError
            If clusters have no `status` or `name`, districts no `name`, or there is nothing to draw.
        """
        if districts is None:
            districts = clusters.iloc[:0][[clusters.geometry.name]].assign(name=pd.Series(dtype="string"))
        require_crs(clusters, "clusters")
        require_crs(districts, "districts")
        _require_columns(clusters, "clusters", ("name", "status"))
        _require_columns(districts, "districts", ("name",))
        if clusters.empty and districts.empty:
            raise SchemaError("map.nothing")
        files = files_of(clusters, districts)
        # Namesakes are told apart by the unit above, so that a name on the page is one unit.
        named = districts.assign(name=unit_labels(districts)) if len(districts) else districts
        level = unit_level(districts) if len(districts) else by or named_level(clusters)
        return cls(_finite(clusters.to_crs(MAP_CRS)), _finite(named.to_crs(MAP_CRS)), files, level)


def _require_columns(table: pd.DataFrame, what: str, needed: tuple[str, ...]) -> None:
    missing = [name for name in needed if name not in table]
    if missing:
        raise SchemaError("map.no-column", table={"say": what}, column=missing[0])


def _finite(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    numbers = table.select_dtypes("floating").columns
    finite = table.assign(**{name: table[name].replace([np.inf, -np.inf], np.nan) for name in numbers})
    # pandas would copy the load report with every column taken; whose register it is must not be lost.
    finite.attrs = {ATTRIBUTE: {"province": province}} if (province := province_of(table)) else {}
    return finite


@dataclass(frozen=True, slots=True)
class Content:
    """What maps of the same tables share, computed once: homes, outlines, measures, totals."""

    tables: Tables
    home: pd.Series
    cells: Cells
    outlines: gpd.GeoDataFrame
    borders: Topology
    poles: NDArray[np.object_]
    square_km: pd.Series
    measures: list[dict[str, JSON]]
    totals: pd.DataFrame
    chosen: JSON

    @classmethod
    def of(cls, tables: Tables, classes: Classes) -> Content:
        """Compute what does not depend on the district a map is about."""
        layer = None if tables.districts.empty else tables.districts
        home = home_units(tables.clusters, layer, by=tables.level)
        shapes = np.asarray(tables.districts.geometry.array)
        outlines = tables.districts.set_geometry(simplified(shapes, TOLERANCE_M), crs=MAP_CRS)
        borders, at = Topology.of(np.asarray(outlines.geometry.array)), poles(shapes)
        square_km = area_ha(tables.districts) / _HA_PER_KM2
        totals = totals_at(tables.clusters, home)
        measures = _measures(tables, totals, square_km, home, classes)
        # Of units that are drawn; without any, clusters alone tell.
        drawn = totals.drop(index=WHOLE) if len(tables.districts) else totals.iloc[:0]
        at_work = int((drawn["operating_clusters"] > 0).sum())
        chosen = opens_on(measures, classes.measure, at_work)
        return cls(
            tables,
            home,
            Cells.of(tables.clusters, home),
            outlines,
            borders,
            at,
            square_km,
            measures,
            totals,
            chosen,
        )

    def page(self, *, findings: pd.DataFrame | None = None, focus: str | None = None) -> dict[str, JSON]:
        """Return everything that one map shows.

        Parameters
        ----------
        findings
            What an audit found, with `cluster_id`, `severity`, `message` and more; None for no layer.
        focus
            Name of the district that the map is about, drawn with its neighbours; None for all.
        """
        clusters, shown = self.tables.clusters, self._shown(focus)
        at = self._about(focus)
        about = clusters.iloc[at]
        content: dict[str, JSON] = {
            "step": DEGREES_PER_STEP,
            "tolerance": TOLERANCE_M,
            "words": _words(),
            "units": {
                key[5:]: unit._asdict() for key, unit in catalogue("map").items() if key[:5] == "unit."
            },
            "focus": None if focus is None else plain_text(focus),
            "totals": next(iter(_plain_totals(self._totals_of(focus).iloc[-1:]).values())),
            # Neighbours are drawn, not chosen.
            "unitTotals": self._unit_totals(shown, focus),
            "adds": self._adds(at, focus),
            "districts": self._districts(shown),
            # Without a layer those that the register names, in the order of tables.
            "homes": [] if len(self.tables.districts) else [plain_text(name) for name in self._named()],
            "measure": self.chosen,
            "level": self.level,
            "measures": [_measure_of(measure, shown) for measure in self.measures],
            "unplaced": _unplaced(about, self.home.iloc[at]),
            "clusters": self.cells.page(at),
            "findings": _findings(findings, about),
            "asOf": _latest(about),
            "sources": _sources(about, self.tables.districts),
        }
        content["sha256"] = hashlib.sha256(escaped_json(content).encode()).hexdigest()
        return content | {"inputs": self.tables.files}

    def without_script(self, *, focus: str | None, lang: Language, title: str) -> str:
        """Return what the page shows where no script runs."""
        from clusters_geo.maps.noscript import without_script

        at = self._about(focus)
        return without_script(
            self.tables.clusters.iloc[at],
            self.outlines,
            self.home.iloc[at],
            level=self.level,
            focus=focus,
            totals=self._totals_of(focus),
            lang=lang,
            title=title,
        )

    def _about(self, focus: str | None) -> NDArray[np.intp]:
        """Return the positions of the clusters that a page is about."""
        here = (
            np.ones(len(self.home), dtype=bool) if focus is None else (self.home == focus).fillna(value=False)
        )
        return np.flatnonzero(here)

    def _adds(self, at: NDArray[np.intp], focus: str | None) -> dict[str, JSON]:
        """Return what each cluster adds to the totals of a page: those of a choice are sums."""
        whole = pd.Series(0, index=self.home.index)
        return self.cells.adds(at, whole if focus is None else self.home)

    def _totals_of(self, focus: str | None) -> pd.DataFrame:
        """Return the totals of what is shown, a row a unit and the last for all: the page's, computed once.

        Only the whole register knows which are confirmed.
        """
        if focus is None:
            return self.totals
        if focus not in self.totals.index:
            return _totals_of_nothing()
        return self.totals.loc[[focus]]

    @property
    def level(self) -> str:
        """Of which level the units are: how the page calls them."""
        return self.tables.level

    def units(self) -> dict[str, JSON]:
        """Return the units alone, with what is told of each: another layer that a page can switch to.

        The homes are in the order of the clusters of `page` without a focus.
        """
        every = list(range(len(self.tables.districts)))
        return {
            "level": self.level,
            "districts": self._districts(every),
            "measures": list(self.measures),
            "unitTotals": self._unit_totals(every),
            "home": dictionary(self.home),
            "unplaced": _unplaced(self.tables.clusters, self.home),
            "source": credit(self.tables.districts),
        }

    def _named(self) -> pd.Index:
        return self.totals.index.drop([WHOLE, UNKNOWN], errors="ignore")

    def _unit_totals(self, shown: list[int], focus: str | None = None) -> dict[str, JSON]:
        names = self.tables.districts["name"].iloc[shown] if len(self.tables.districts) else self._named()
        names = names if focus is None else names[names == focus]
        every = _plain_totals(self.totals[self.totals.index.isin(names)])
        # What is missing or 0 of a count goes without saying.
        return {
            plain_text(n): {k: v for k, v in every[n].items() if v or k == "estimated"}
            for n in names
            if n in every
        }

    def _shown(self, focus: str | None) -> list[int]:
        """Return the positions of the districts to draw: all, or one and those that touch it."""
        districts = self.tables.districts
        if focus is None:
            return list(range(len(districts)))
        shapes = np.asarray(districts.geometry.array)
        one = shapes[int(np.argmax(districts["name"] == focus))]
        near = shapely.dwithin(shapes, one, _TOUCHING_DEGREES)
        return [int(i) for i in np.flatnonzero(near | (districts["name"] == focus).to_numpy())]

    def _districts(self, shown: list[int]) -> dict[str, JSON]:
        drawn, some = self.borders.only(shown), self.tables.districts.iloc[shown]
        nothing = pd.Series(None, index=some.index)
        return {
            "code": [plain_text(code) for code in some.index],
            "name": [plain_text(name) for name in some["name"]],
            "type": dictionary(some.get("type", nothing)),
            "basis": dictionary(some.get("boundary_basis", nothing)),
            "km2": [plain_number(km2, 3) for km2 in self.square_km.iloc[shown]],
            "at": places_of(self.poles[shown]),
            "arcs": drawn.arcs,
            "shapes": drawn.shapes,
        }


@cache
def _totals_of_nothing() -> pd.DataFrame:
    return summarize(pd.DataFrame({"status": pd.Series(dtype="string")}))


def _unplaced(clusters: gpd.GeoDataFrame, home: pd.Series) -> dict[str, JSON]:
    """Return what lies in no known unit, a line of its own: how many clusters, and the operating hectares."""
    figures = ("clusters", "operating_clusters", "pending_sites", "planned_ha", "built_ha")
    if home.notna().all():
        return dict.fromkeys(figures[:3], 0) | dict.fromkeys(figures[3:])
    row = summarize(_plain(clusters[home.isna()])).iloc[0]
    return {name: plain_value(row[name]) for name in figures}


def _words() -> dict[str, JSON]:
    """Return the labels that the schema declares for statuses, bases and kinds of district."""
    unknown = {"unknown": catalogue("reports")["unknown_status"]}
    choices = {"status": STATUSES | unknown, "basis": BASES, "type": UNIT_TYPES}
    return {
        kind: {key: {"vi": vi, "en": en} for key, (vi, en) in words.items()}
        for kind, words in choices.items()
    }


def _plain_totals(totals: pd.DataFrame) -> dict[str, dict[str, JSON]]:
    """Return the totals of each row by its name; what is not counted is 0, what is not known is missing."""
    return {str(name): _plain_row(row) for name, row in totals.to_dict("index").items()}


def _plain_row(row: dict[Hashable, Any]) -> dict[str, JSON]:
    figures = {str(name): plain_value(value) for name, value in row.items() if name != "as_of"}
    counted = [name for name in figures if name.endswith("clusters") or name in _COUNTED]
    figures |= {name: figures[name] or 0 for name in counted}
    same = abs(row["lawful_fill_rate"] - row["fill_rate"]) <= SAME_RATE
    return figures | {"estimated": _marked(row)} | ({"lawful_fill_rate": None} if same else {})


def _marked(row: dict[Hashable, Any]) -> list[JSON]:
    return [name for name in str(row["estimated"]).split("; ") if name in row and pd.notna(row[name])]


def _plain(clusters: gpd.GeoDataFrame) -> pd.DataFrame:
    return pd.DataFrame(clusters.drop(columns=clusters.geometry.name))


def _latest(clusters: gpd.GeoDataFrame) -> JSON:
    return plain_value(pd.to_datetime(clusters["as_of"]).max()) if "as_of" in clusters else None


def _sources(clusters: gpd.GeoDataFrame, districts: gpd.GeoDataFrame) -> list[JSON]:
    """Return the distinct sources, that of the units first, then the most used.

    Paper names only the first ones, and layers of others must be cited there.
    """
    used = [t["source"].dropna().value_counts().index for t in (districts, clusters) if "source" in t]
    return [plain_text(source) for source in dict.fromkeys(source for index in used for source in index)]


def _measures(
    tables: Tables, totals: pd.DataFrame, square_km: pd.Series, home: pd.Series, classes: Classes
) -> list[dict[str, JSON]]:
    clusters, names = tables.clusters, tables.districts["name"]
    own = classes.measure is not None and classes.measure not in {m.name for m in MEASURES}
    measures = (own_measure(str(classes.measure), clusters), *MEASURES) if own else MEASURES
    if names.empty:
        return _measures_of_clusters(clusters, measures, classes)
    if not ((totals["lawful_fill_rate"] - totals["fill_rate"]).abs() > SAME_RATE).any():
        measures = tuple(m for m in measures if m.name != "lawful_fill_rate")
    by_district = totals.drop(index=WHOLE).reindex(index=names).set_index(names.index)
    by_district["planned_density"] = by_district["planned_ha"] / square_km.where(square_km > 0)
    estimated = [text.split("; ") for text in by_district["estimated"].fillna("")]
    marks = {
        m.name: pd.Series([m.name in marked for marked in estimated], index=names.index) for m in measures
    }
    marks["planned_density"] = marks["planned_ha"] | _drawn_roughly(tables, by_district)
    if own:
        name, rows = measures[0].name, _plain(clusters).assign(_home=home)
        by_district[name] = _own_figures(rows, measures[0]).reindex(names).set_axis(names.index)
        doubted = doubtful_cells(rows, name).groupby(rows["_home"].to_numpy()).any()
        marks[name] = doubted.reindex(names, fill_value=False).set_axis(names.index)
    return [_measure(m, by_district, marks[m.name], clusters, classes) for m in measures]


def _drawn_roughly(tables: Tables, by_district: pd.DataFrame) -> pd.Series:
    """Return in which districts hectares are set against an outline that nobody surveyed."""
    basis = tables.districts.get("boundary_basis", pd.Series("", index=tables.districts.index))
    rough = pd.Series(~is_fact(basis).to_numpy(), index=by_district.index)
    return rough & (by_district["planned_ha"] > 0).fillna(value=False)


def _own_figures(rows: pd.DataFrame, measure: Measure) -> pd.Series:
    """Return a column of the register's own by unit: amounts added up, rates averaged cluster by cluster."""
    groups = column_of(rows, measure.name).groupby(rows["_home"].to_numpy())
    return groups.mean() if measure.kind == "rate" else groups.sum(min_count=1)


def _measure(
    measure: Measure,
    by_district: pd.DataFrame,
    marks: pd.Series,
    clusters: pd.DataFrame,
    classes: Classes,
) -> dict[str, JSON]:
    values = by_district[measure.name]
    if measure.kind == "amount" and measure.unit == "clusters":
        # No row for a district in the summary means that it has no cluster, which is a count.
        values = values.fillna(0)
    drawn, shown = _classed(measure, values, clusters, classes)
    return drawn | {
        "values": [plain_number(v) for v in values],
        "shown": [plain_number(v) for v in shown],
        "rests": rests_on(by_district, measure),
        "stated": stated_by(by_district, measure),
        "estimated": [bool(mark) for mark in marks],
        # Where nothing operates no rate and no area is asked for: neither 0 nor unknown.
        "nothing": _nothing_there(measure, by_district),
    }


def _classed(
    measure: Measure, values: pd.Series, clusters: pd.DataFrame, classes: Classes
) -> tuple[dict[str, JSON], pd.Series]:
    """Return how a measure is drawn and classed, and its values as they are shown."""
    # Classes are made of what is shown, or five of them could read "82.6 % – 82.6 %".
    shown = values.astype("float64").map(lambda value: round_half_up(value, measure.places))
    some = shown[shown != 0]
    method, breaks = classes.of(measure, some)
    most = column_of(clusters, measure.field).max() if measure.field and measure.kind == "amount" else 1
    drawn: dict[str, JSON] = {
        "name": measure.name,
        "kind": measure.kind,
        "label": measure.words._asdict(),
        "unit": _unit(measure.unit),
        "decimals": measure.decimals,
        "classing": method,
        "breaks": [plain_number(b) for b in breaks],
        "field": measure.field,
        "full": plain_number(most),
        "range": [plain_number(edge) for edge in (some.min(), some.max())],
    }
    return drawn, shown


def _measures_of_clusters(
    clusters: gpd.GeoDataFrame, measures: tuple[Measure, ...], classes: Classes
) -> list[dict[str, JSON]]:
    """Return what the symbols of clusters can be filled by, where there are no units to draw."""
    of_units: dict[str, JSON] = {"values": [], "shown": [], "estimated": [], "nothing": []}
    rates, found = rates_of(clusters), []
    for measure in measures:
        if measure.field is None:
            continue
        values = rates.get(measure.field, column_of(clusters, measure.field))
        if values.notna().any():
            drawn, _ = _classed(measure, values, clusters, classes)
            found.append(drawn | of_units | {"rests": None, "stated": None})
    return found


def _nothing_there(measure: Measure, by_district: pd.DataFrame) -> list[JSON]:
    if measure.unit == "clusters" or measure.name not in _OF_OPERATING:
        return [False] * len(by_district)
    return [bool(none) for none in by_district["operating_clusters"].fillna(0) == 0]


def _unit(unit: str) -> dict[str, JSON]:
    words = catalogue("map").get(f"unit.{unit}")
    return dict.fromkeys(LANGUAGES, unit) if words is None else dict(words._asdict())


def _measure_of(measure: dict[str, JSON], shown: list[int]) -> dict[str, JSON]:
    """Return a measure for some districts; its classes stay those of all."""
    lists = {name: measure[name] for name in ("values", "shown", "rests", "stated", "estimated", "nothing")}
    return measure | {n: [v[i] for i in shown] for n, v in lists.items() if isinstance(v, list)}


def _findings(findings: pd.DataFrame | None, clusters: gpd.GeoDataFrame) -> list[JSON]:
    if findings is None:
        return []
    rows = findings.reset_index() if findings.index.name == "cluster_id" else findings
    if "cluster_id" not in rows:
        raise SchemaError("map.findings", columns=", ".join(map(str, rows.columns)))
    rows = rows[rows["cluster_id"].isin(clusters.index)]
    wanted = [name for name in ("cluster_id", "severity", "rule", "message", "fix", "source") if name in rows]
    said = _both_languages(findings)
    return [
        {name: said(row[name]) if name in _SAID else plain_value(row[name]) for name in wanted}
        for row in rows[wanted].to_dict("records")
    ]


_OF_OPERATING = (*RATES, "planned_density", "planned_ha", "built_ha")

# What is said of a finding, in both languages where the audit told them.
_SAID = ("message", "fix")


def _both_languages(findings: pd.DataFrame) -> Callable[[object], JSON]:
    other = findings.attrs.get("other_language", {})
    lang = findings.attrs.get("audit", {}).get("lang", "vi")

    def said(text: object) -> JSON:
        own = plain_value(text)
        translated = plain_value(other.get(text, text)) if isinstance(text, str) else own
        return {"vi": own, "en": translated} if lang == "vi" else {"vi": translated, "en": own}

    return said


def files_of(*tables: pd.DataFrame) -> list[JSON]:
    """Return name and SHA-256 of the files that tables were loaded from, as far as these are still there.

    Of a fetched file, which is not, name and SHA-256 stand in the load report.
    """
    loads = [table.attrs[ATTRIBUTE] for table in tables if ATTRIBUTE in table.attrs]
    files: list[JSON] = []
    for path, fetched in {load["path"]: load["sha256"] for load in loads}.items():
        with suppress(OSError):
            sha256 = fetched or input_file(Path(path), None).sha256
            files.append({"name": plain_text(PurePath(path).name), "sha256": sha256})
    return files
