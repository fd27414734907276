"""Indexes over the names of a KB, each bound to it by fingerprint."""
