"""Pictures from files: folders, formats, real data sets and their downloads."""
