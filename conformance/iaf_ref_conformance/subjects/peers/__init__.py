"""The libraries of the field as subjects: their own networks, maps, inverses and densities."""
