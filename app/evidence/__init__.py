"""The evidence, as data: one YAML file a source and version, checked before it is used."""
