"""대장: what stands in a list of the back-office, as a spreadsheet or as CSV."""
