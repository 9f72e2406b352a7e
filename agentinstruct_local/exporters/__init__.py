"""Writes accepted rows in a format that a trainer reads. One module a format; the folder is the registry.

A module has `export(rows, path, *, test_share=0.1) -> list[Path]`: it writes into the folder `path` and
returns the files, the manifest last.
"""
