"""Show the workbench page and the demonstration's pages around it."""

from graphiql.desk import Desk, Person, ShownLetter
from graphiql.pages import routes

__all__ = ["Desk", "Person", "ShownLetter", "routes"]
