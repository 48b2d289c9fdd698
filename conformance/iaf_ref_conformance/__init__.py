"""Conformance suite of iaf-ref: identical cases for every implementation of IAF."""
