"""A book and the files of others: spreadsheets in, edits back, comparisons, releases and what changed between them."""
