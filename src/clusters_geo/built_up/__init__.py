"""Built-up area: hectares of each cluster that building footprints cover.

::

    table            built_up_ha: the public function
      engines        this process, or (engine_dask) a Dask cluster; exact, or
        raster       overlaps counted in cells, with a standard error
        sources      a table, (layers) a layer of a file, (nearby) by its index, (parquet) GeoParquet
        hits         a batch of footprints laid on the clusters; their areas added up
          soundness  refused, repaired, left out
          ground     the clusters on their plane, prepared in an index
          kernel     cull, place, measure
          union      ground covered once: contacts, hidden, exposure, sides
            trapezoids, edges    the exact area that two polygons share

The mathematics is drawn in docs/decisions/0006-built-up-kernel.md, that of the cells told in 0010.
"""

from clusters_geo.built_up.measure import built_up_ha

__all__ = ["built_up_ha"]
