"""Maps: a `folium.Map` for the notebook, and one file that opens anywhere without a network."""

from __future__ import annotations

from clusters_geo.maps.city import ClusterMap, make_map, save_map
from clusters_geo.maps.pack import save_district_maps

__all__ = ["ClusterMap", "make_map", "save_district_maps", "save_map"]
