"""Validation by JSON schemas: fast with jsonschema-rs, and with jsonschema's error message on failure."""

from typing import Any

import jsonschema
import jsonschema_rs


class Schema:
    """A JSON schema that is compiled once and checked often."""

    def __init__(self, schema: dict[str, Any], *, draft7: bool = False) -> None:
        """Compile the schema as of draft 2020-12, which OpenAPI 3.1 uses, or as of draft 7."""
        quick = jsonschema_rs.Draft7Validator if draft7 else jsonschema_rs.Draft202012Validator
        self._quick = quick(schema)
        self._slow = (jsonschema.Draft7Validator if draft7 else jsonschema.Draft202012Validator)(schema)

    def error(self, value: Any) -> jsonschema.ValidationError | None:
        """Return the most relevant error in a value; None if the value is valid."""
        return (
            None
            if self._quick.is_valid(value)
            else jsonschema.exceptions.best_match(self._slow.iter_errors(value))
        )
