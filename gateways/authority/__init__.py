"""The built-in certificate authority: keys in files, certificates in the database."""

from gateways.authority.builtin import BuiltInAuthority
from gateways.authority.keys import KeyFolder, KeysInMemory
from gateways.authority.pages import routes

__all__ = ["BuiltInAuthority", "KeyFolder", "KeysInMemory", "routes"]
