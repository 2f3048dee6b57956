"""Trains the tagger: data, weak labels, training, cross-validation, export, model card. Needs torch; the package does not."""
