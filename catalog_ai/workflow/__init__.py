"""The verbs: everything that changes a row, called alike by admin, API, commands and jobs."""
