"""The one door for every path out: whole or not at all, through links, never over what is read.

`targets` judges a path, `databases` tells whether another program has a database open, `files` writes.
"""

from clusters_geo.writing.files import (
    finished,
    in_memory,
    new_files,
    replaced_file,
    replaced_folder,
    temporary_folder,
    write_text,
)
from clusters_geo.writing.targets import explained, guarding, refusal, require_ending, target_of

__all__ = [
    "explained",
    "finished",
    "guarding",
    "in_memory",
    "new_files",
    "refusal",
    "replaced_file",
    "replaced_folder",
    "require_ending",
    "target_of",
    "temporary_folder",
    "write_text",
]
