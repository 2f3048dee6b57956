"""Trains the tagger: data, training, cross-validation, export, model card. Needs torch; the package does not."""
