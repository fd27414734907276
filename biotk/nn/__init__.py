"""Neural models: everything that needs torch and transformers is in here.

``Seq2Seq`` and what loads it import torch; they are imported from their own modules, so that the
formats of inputs can be used without it.
"""
