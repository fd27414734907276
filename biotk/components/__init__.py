"""spaCy components. This package alone imports spaCy.

Use them by name, ``nlp.add_pipe("biotk_linker")``; the entry points are in
:mod:`biotk.components.factories`.
"""
