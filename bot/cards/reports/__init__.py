"""Reports: their cards, pictures, files and words."""
