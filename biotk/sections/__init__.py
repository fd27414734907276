"""Sections: a record's parts, each with its title, its body and what it is about."""
