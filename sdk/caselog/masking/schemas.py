"""Whether an object describes a value instead of holding it: tools are declared by JSON schemas."""

from __future__ import annotations

from typing import Any

_TYPES = frozenset(("string", "integer", "number", "boolean", "object", "array", "null"))
# https://json-schema.org/draft/2020-12, and what OpenAPI adds.
_LITERALS = frozenset(("default", "const", "enum", "example", "examples"))
_COMBINED = frozenset(("items", "anyOf", "oneOf", "allOf", "not", "additionalProperties"))
_KEYWORDS = frozenset(
    ("type", "title", "description", "format", "pattern", "properties", "required", "nullable", "deprecated",
     "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems",
     "maxItems", "uniqueItems", "minProperties", "maxProperties", "readOnly", "writeOnly", "$ref", "strict",
     *_LITERALS, *_COMBINED)
)  # fmt: skip


def is_schema(value: Any, is_property: bool = False) -> bool:  # noqa: FBT001, FBT002
    """Whether all of an object are words of JSON Schema, so that nothing in it is a value but its literals.

    >>> is_schema({"type": "string", "description": "The user's."}), is_schema({"type": "string", "value": "x"})
    (True, False)
    """
    if not isinstance(value, dict) or not value or not _KEYWORDS.issuperset(value):
        return False
    return (is_property or _has_type(value)) and _describes_properties(value) and _combines_schemas(value)


def _has_type(value: dict[str, Any]) -> bool:
    kind = value.get("type", ())
    kinds = kind if isinstance(kind, list) else [kind]
    named = bool(kinds) and all(isinstance(one, str) and one in _TYPES for one in kinds)
    return named or ("type" not in value and not {"$ref", "anyOf", "oneOf", "allOf"}.isdisjoint(value))


def _describes_properties(value: dict[str, Any]) -> bool:
    properties = value.get("properties", {})
    return isinstance(properties, dict) and all(
        is_schema(item, is_property=True) for item in properties.values()
    )


def _combines_schemas(value: dict[str, Any]) -> bool:
    """Whether what is combined are schemas that hold no literals: those could no longer be told by their name."""
    inner = [item for name in _COMBINED.intersection(value) for item in _as_list(value[name])]
    return all(
        isinstance(item, bool) or (is_schema(item, is_property=True) and _LITERALS.isdisjoint(item))
        for item in inner
    )


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
