"""The reader: turns a validated operation into few SQL statements and the answer; knows no domain.

A schema declares what its types show (`declarations`). Of an operation, `selection` tells which
fields are asked for and what that would cost, `inputs` reads its variables and arguments, and
`compiler` makes a `plan`: a tree of levels. A level (`levels`) is one statement (`statements`, with
the `conditions` of filters, the stretches of `pages` and their `cursors`) for all rows above it,
and the text of the object that each of its rows becomes (`objects`, `plain`, `connections`,
`shapes`). Rows that a foreign key points to are joined (`edges`); lists of plain columns are
`written` by PostgreSQL itself. `runs` runs a plan on one connection; `reader` remembers plans.

    document --selection--> fields --compiler--> levels --runs--> rows --shapes--> answer

What may not be seen is settled while compiling, since the policy's answers are part of the plan: a
level that one may see in part bears one more condition, and a field that one may not see has no
statement at all and a refusal in its place. Whatever the planner does not know how to compile
raises `Unplanned`, and GraphQL's own executor answers, over the same declarations. To see a
document's statements: python server.py explain FILE.
"""
