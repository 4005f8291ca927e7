"""The terminal: the commands that can be given there, and what is asked of whoever sits at it."""

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Mapping, Sequence
from getpass import getpass
from pathlib import Path
from typing import Any

import asyncpg
from tortoise.exceptions import OperationalError

from gateways.settings import Unusable

Argument = tuple[tuple[str, ...], dict[str, Any]]


def argument(*names: str, **facts: Any) -> Argument:
    """An argument of a command, as argparse takes it."""
    return names, facts


ARGUMENTS: dict[str, tuple[Argument, ...]] = {
    "serve": (
        argument("--host", help="the address to serve on (SEGL_HOST)"),
        argument("--port", type=int, help="the port (SEGL_PORT)"),
        argument("--workers", type=int, help="how many processes (SEGL_WORKERS)"),
        argument("--demo", action="store_true", help="with demo data and sign-in for all"),
    ),
    "organisation": (
        argument("action", choices=("add",), metavar="add", help="what is left out is asked for"),
        argument("--cvr", metavar="NUMBER", help="the CVR number"),
        argument("--name", help="the registered name"),
        argument("--level", metavar="3|4", help="the highest assurance level of its users"),
        argument("--public", action="store_true", help="a public body, invoiced by EAN number"),
        argument("--ean", metavar="NUMBER", help="the EAN number that pays"),
        argument("--first-name", metavar="NAME", help="of the organisation administrator"),
        argument("--surname", metavar="NAME", help="of the organisation administrator"),
        argument("--email", metavar="ADDRESS", help="of the organisation administrator"),
        argument("--born", metavar="DATE", help="the date of birth, as in 1990-01-31"),
        argument("--cpr-from", metavar="FILE", help="a file with the CPR number; - is piped in"),
    ),
    "authority": (
        argument("action", choices=("init", "rotate"), help="the first keys, or a further one"),
        argument("--name", default="Segl", help="who issues, as its certificates say"),
        argument("--key", default="EC_P384", choices=("EC_P384", "RSA_3072", "RSA_4096")),
    ),
    "token": (
        argument("person", nargs="?", help="a word such as user-administrator, or an e-mail"),
        argument("--person", dest="cpr", metavar="CPR", help="a person by CPR number"),
        argument("--name", help="a person by name, with --born"),
        argument("--born", metavar="DATE", help="the date of birth, as in 1990-01-31"),
    ),
    "explain": (argument("file", help="a GraphQL document; - is piped in"),),
}


def parser(commands: Mapping[str, Callable[..., int]]) -> ArgumentParser:
    """What understands the commands; each is described by the function that it runs."""
    made = ArgumentParser(prog="python server.py", description="Segl's server.")
    known = made.add_subparsers(required=True, metavar="COMMAND")
    for name, run in commands.items():
        text = str(run.__doc__)
        one = known.add_parser(name, help=text, description=text)
        one.set_defaults(run=run)
        for names, facts in ARGUMENTS.get(name, ()):
            one.add_argument(*names, **facts)
    return made


def obeyed(
    commands: Mapping[str, Callable[..., int]],
    arguments: Sequence[str] | None,
    environment: Callable[[], Any],
) -> int:
    """Run the command that is given, and say in a sentence why it cannot be done."""
    given = parser(commands).parse_args(arguments)
    try:
        return int(given.run(environment(), given))
    except Unusable as unusable:
        print(unusable, file=sys.stderr)
    except BrokenPipeError:  # whoever read the output has read enough
        return 0
    except (OSError, asyncpg.PostgresError) as trouble:
        print(f"The database cannot be reached: {trouble}", file=sys.stderr)
    except OperationalError as trouble:
        print(f"The database is not up to date ({trouble}): run migrate first.", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 2


def asked(words: str, is_hidden: bool = False) -> str:
    """What somebody types in answer, unseen if it is hidden; nothing where nobody sits there."""
    if not sys.stdin.isatty():
        return ""
    try:
        return (getpass if is_hidden else input)(f"{words}: ")
    except EOFError:
        return ""


def text_of(file: str) -> str:
    """What stands in a file; or, where it is called -, what is piped in."""
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
    except OSError as trouble:
        raise Unusable(f"{file} cannot be read: {trouble.strerror}") from None
    except UnicodeError:
        raise Unusable(f"{file} cannot be read: it is not UTF-8") from None
