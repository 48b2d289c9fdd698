"""Arithmetics on which the one text of ``iaf_ref`` runs; none is imported until asked for."""
