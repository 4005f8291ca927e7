"""What stories of files send, and how they read what comes back."""

from typing import Any

from models.user_files import HEADINGS

HEAD = ";".join(HEADINGS)
IMPORT = """
fragment Facts on UserImport {
  id version status fileName policy isDryRun startedAt finishedAt failureReason percentDone
  uploadedBy { name }
  counts { rows creates updates deletes bad done }
  removals { count share isConfirmationNeeded }
}
"""


def changing(operation: str) -> str:
    """The document of a change that answers with an import."""
    kind = operation[0].upper() + operation[1:]
    return f"""
        mutation ($input: {kind}Input!, $dryRun: Boolean) {{
          {operation}(input: $input, dryRun: $dryRun) {{
            userImport {{ ...Facts }}
            errors {{ code message path ... on Invalid {{ constraint suggestion }} }}
          }}
        }}
        {IMPORT}
    """


UPLOAD = changing("uploadUserFile")
START = changing("startUserImport")
CANCEL = changing("cancelUserImport")
UNDO = f"""
    mutation ($input: UndoUserImportInput!, $dryRun: Boolean) {{
      undoUserImport(input: $input, dryRun: $dryRun) {{
        userImport {{ ...Facts }}
        conflicts {{ kind count examples {{ id }} }}
        errors {{ code message path ... on Conflict {{ usages {{ kind count }} }} }}
      }}
    }}
    {IMPORT}
"""
READ = (
    """
    query ($id: ID!, $action: ImportAction, $code: ProblemCode) {
      userImport(id: $id) {
        ...Facts
        plan(action: $action) {
          totalCount
          nodes { line action isDone changes { field old new } user { id status name } }
        }
        rowErrors(code: $code) {
          nodes { line column code messageInDanish messageInEnglish suggestion }
        }
        users { nodes { name status } }
      }
    }
"""
    + IMPORT
)


def row(action: str, **cells: Any) -> str:
    """A row with some cells, named as the headings are, but for hyphens."""
    named = {name.replace("-", "_"): str(cell) for name, cell in cells.items()}
    return ";".join([action, *(named.get(one.replace("-", "_"), "") for one in HEADINGS[1:])])


def created(number: int, **cells: Any) -> str:
    """A row that creates a user with a replacement CPR number."""
    usual = {
        "Fornavn": "Ny",
        "Efternavn": f"Bruger {number}",
        "CPR": f"61019{number % 100_000:05}",
        "Email": f"ny{number}@example.dk",
        "TargetIAL": "3",
    }
    return row("C", **{**usual, **cells})


def file(*rows: str) -> str:
    return "\n".join((HEAD, *rows)) + "\n"
