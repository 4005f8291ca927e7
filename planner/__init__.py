"""The reader: what a schema declares of its reads, and the SQL statements that follow from it.

A schema declares what its types show (`declarations`). A level of the answer is one statement
(`statements`) for all rows above it, with the conditions that a filter puts (`conditions`) and the
stretch of a long list that is asked for (`pages`). `tables` knows what Tortoise knows. No word here
is of the domain.
"""
