"""Backups: one archive of rows, files and keys, and what a restored installation has to do first."""
