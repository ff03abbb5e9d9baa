"""Raw tables from files, as they are; repairing and checking them is `clusters_geo.load`'s task."""
