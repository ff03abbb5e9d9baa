"""The clusters on one plane, and the way of a footprint from its own coordinates to that plane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import pyproj
import shapely

from clusters_geo.built_up.index import LOOKUP_CELL_M, ClusterIndex, Lookup
from clusters_geo.crs import TransverseMercator, crs_of, require_crs, to_transverse_mercator
from clusters_geo.errors import CRSError, SchemaError

if TYPE_CHECKING:
    import geopandas as gpd

    from clusters_geo.built_up.edges import Bools, Floats, Ints, Shapes

__all__ = ["Ground"]

_M2_PER_HA = 10_000.0
_METRES_PER_DEGREE = 111_320.0
_HALF_TURN_DEGREES = 180.0


@dataclass(frozen=True, slots=True)
class Ground:
    """The clusters, ready to be laid under footprints of one coordinate system.

    Attributes
    ----------
    index
        The clusters on their plane, metres.
    plane
        The constants of that plane.
    crs
        The system of the footprints.
    lookup
        The look-up of the clusters in that system.
    to_plane
        The transformation from there to the plane; None if the footprints are on it already.
    """

    index: ClusterIndex
    plane: TransverseMercator
    crs: pyproj.CRS
    lookup: Lookup
    to_plane: pyproj.Transformer | None

    @classmethod
    def of(cls, clusters: gpd.GeoSeries, crs: pyproj.CRS) -> Self:
        """Prepare clusters for footprints in a coordinate system.

        Raises
        ------
        CRSError
            If the clusters have no coordinate system, or reach too far for one plane.
        SchemaError
            If a cluster has no boundary to measure on.
        """
        own = require_crs(clusters, "clusters")
        _require_boundaries(clusters)
        found = to_transverse_mercator(clusters)
        if found is None:
            raise CRSError("built-up.too-wide")
        flat, plane = found
        index, on = ClusterIndex.of(flat), crs_of(plane, own)
        if on == crs:
            return cls(index, plane, crs, index.lookup, None)
        to_plane = pyproj.Transformer.from_crs(crs, on, always_xy=True)
        lookup = Lookup.of(_boxes_elsewhere(index.bounds, to_plane), cell=_cell(crs))
        return cls(index, plane, crs, lookup, to_plane)

    def project(self, shapes: Shapes) -> Shapes:
        """Bring shapes from their own coordinates to the plane of the clusters."""
        if self.to_plane is None:
            return shapes
        flat: Shapes = np.asarray(shapely.transform(shapes, self._flattened))
        return flat

    def _flattened(self, xy: Floats) -> Floats:
        to_plane = self.to_plane
        return xy if to_plane is None else np.column_stack(to_plane.transform(*xy.T))

    def impossible(self, bounds: Floats) -> Bools:
        """Find boxes that no building has: without end, or more than half-way round the globe."""
        wrong: Bools = np.asarray(np.isinf(bounds).any(axis=1))
        if self.crs.is_geographic:
            wrong |= bounds[:, 2] - bounds[:, 0] > _HALF_TURN_DEGREES
        return wrong

    def hectares(self, m2: Floats, bounds: Floats, cluster: Ints) -> Floats:
        """Return geodesic hectares of plane areas that lie within boxes and clusters, shape (n,)."""
        of = self.index.bounds[cluster]
        west, south = np.maximum(bounds[:, 0], of[:, 0]), np.maximum(bounds[:, 1], of[:, 1])
        east, north = np.minimum(bounds[:, 2], of[:, 2]), np.minimum(bounds[:, 3], of[:, 3])
        scale2 = self.plane.squared_point_scale(
            (west + east) / 2, (south + north) / 2, (east - west) ** 2 / 12
        )
        return m2 / scale2 / _M2_PER_HA


def _require_boundaries(clusters: gpd.GeoSeries) -> None:
    if not len(clusters):
        raise SchemaError("built-up.no-clusters")
    shapes = np.asarray(clusters.array)
    polygons = np.isin(shapely.get_type_id(shapes), (3, 6)) & ~shapely.is_empty(shapes)
    bad = np.flatnonzero(~(polygons & shapely.is_valid(shapes)))
    if len(bad):
        names = ", ".join(str(name) for name in clusters.index[bad[:5]])
        raise SchemaError("built-up.no-boundary", bad=len(bad), shapes=len(shapes), names=names)


def _boxes_elsewhere(bounds: Floats, to_plane: pyproj.Transformer) -> Floats:
    """Return boxes in the system of the footprints that surely contain boxes on the plane, shape (n, 4)."""
    boxes = np.array([to_plane.transform_bounds(w, s, e, n, direction="INVERSE") for w, s, e, n in bounds])
    # A curved side can bulge between the points tried; by far less than this.
    margin = 0.01 * (boxes[:, 2:] - boxes[:, :2])
    boxes[:, :2] -= margin
    boxes[:, 2:] += margin
    if not np.isfinite(boxes).all():
        raise CRSError("built-up.other-world", source_crs=to_plane.source_crs)
    return boxes


def _cell(crs: pyproj.CRS) -> float:
    return LOOKUP_CELL_M / _METRES_PER_DEGREE if crs.is_geographic else LOOKUP_CELL_M
