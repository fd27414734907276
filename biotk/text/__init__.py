"""Text: tokens with offsets, normalisation in steps, abbreviations."""
