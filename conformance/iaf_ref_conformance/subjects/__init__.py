"""Subjects that come with the suite."""
