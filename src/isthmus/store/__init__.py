"""The one door to the database.

Work reaches it as units: named statements that succeed or fail together and are on disk when
`write` returns. Units waiting at the same time share one commit. The SQL lives in `sql/`.
"""
