"""Tests of the pages and the HTTP API."""
