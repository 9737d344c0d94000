"""JSON schemas: a quick yes from jsonschema-rs, and jsonschema's best words for a no."""

from typing import Any

import jsonschema
import jsonschema_rs


class Schema:
    """A schema that is asked often."""

    def __init__(self, schema: dict[str, Any], *, draft7: bool = False) -> None:
        """Read it as of the draft that OpenAPI 3.1 has, or as of the seventh."""
        quick = jsonschema_rs.Draft7Validator if draft7 else jsonschema_rs.Draft202012Validator
        self._quick = quick(schema)
        self._slow = (jsonschema.Draft7Validator if draft7 else jsonschema.Draft202012Validator)(schema)

    def error(self, value: Any) -> jsonschema.ValidationError | None:
        """Say what is most wrong with a value."""
        return (
            None
            if self._quick.is_valid(value)
            else jsonschema.exceptions.best_match(self._slow.iter_errors(value))
        )
