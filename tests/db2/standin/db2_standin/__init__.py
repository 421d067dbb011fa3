"""A stand-in for Db2 over PostgreSQL, for tests: not Db2, and no proof of it.

A statement in Db2's SQL goes through, in this order:

    lexing       tokens
    blocks       compound blocks (BEGIN ... END), run statement by statement
    refusals     what Db2 refuses and PostgreSQL would take
    statements   statements that PostgreSQL says otherwise, or not at all
    expressions  types, functions, durations and names within a statement
    session      units of work, savepoints, views that are made valid again
    faults       what PostgreSQL objects to, in Db2's words

`sql/` is what a database must have to be one of these: types that count and cut as Db2's do,
functions, operators, and the catalogue. `install.py` puts it there. `driver.py` is the C module
`ibm_db` as far as the real `ibm_db_dbi` asks for it. docs/db2.md says what none of this can prove.
"""
