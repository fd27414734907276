"""BioTK finds biomedical concepts in text and links them to a knowledge base of the user's own."""

__version__ = "0.1.0.dev0"
