"""Writes a mart to a file: CSV, XLSX or Parquet, whole or not at all."""
