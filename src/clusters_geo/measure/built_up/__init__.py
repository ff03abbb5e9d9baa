"""Built-up area: hectares of each cluster that building footprints cover."""
