"""Training of the models: recipes, samples of KBs and corpora, objectives, the loop."""
