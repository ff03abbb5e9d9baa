"""`python -m clusters_geo.cli`, for machines where scripts are not on the path."""

from clusters_geo.cli import program

program()
