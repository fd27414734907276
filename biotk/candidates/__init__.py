"""Concepts that a string may mean: exact matches, training mentions, n-gram neighbours."""
