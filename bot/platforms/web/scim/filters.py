"""Translates SCIM filters into queries of the core; filters that are not supported are refused."""

from typing import Any

from scim2_models import InvalidFilterException, Resource, ScimFilter
from scim2_models.path import (
    AttrPath,
    CompareOperator,
    Comparison,
    FilterNode,
    FilterVisitor,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
)

from bot.chat.text import clean
from bot.core.scim.queries import NOTHING, AllOf, AnyOf, Compare, Field, NoneOf, Op, Query
from bot.platforms.web.scim.schemas import Group, User

_USERS = {
    "id": Field.ID,
    "externalid": Field.EXTERNAL_ID,
    "username": Field.USER_NAME,
    "emails": Field.EMAIL,
    "emails.value": Field.EMAIL,
    "emails.type": Field.EMAIL_TYPE,
    "name.givenname": Field.GIVEN_NAME,
    "name.familyname": Field.FAMILY_NAME,
    "active": Field.ACTIVE,
}
_GROUPS = {
    "id": Field.ID,
    "externalid": Field.EXTERNAL_ID,
    "displayname": Field.DISPLAY_NAME,
    "members": Field.MEMBER,
    "members.value": Field.MEMBER,
}
FIELDS: dict[type[Resource[Any]], dict[str, Field]] = {User: _USERS, Group: _GROUPS}
_OPS = {
    CompareOperator.eq: Op.EQ,
    CompareOperator.ne: Op.NE,
    CompareOperator.co: Op.CO,
    CompareOperator.sw: Op.SW,
    CompareOperator.ew: Op.EW,
}
_PARTS = frozenset({Op.CO, Op.SW, Op.EW})


def query_of(model: type[Resource[Any]], wanted: ScimFilter[Any], *, alone: bool = True) -> Query:
    """Return a filter as a query for one kind of resource; raises `InvalidFilterException`.

    If several kinds are searched (not `alone`), an attribute that this kind does not have matches nothing.
    """
    return _Reader(model, alone=alone).visit(wanted.ast)


class _Reader(FilterVisitor[Query]):
    def __init__(self, model: type[Resource[Any]], *, alone: bool, within: str = "") -> None:
        self._model, self._alone, self._within = model, alone, within

    def _field(self, path: AttrPath) -> Field | None:
        own = path.uri is None or path.uri.casefold() == str(self._model.__schema__).casefold()
        name = f"{self._within}{path.attr}{f'.{path.sub_attr}' if path.sub_attr else ''}".casefold()
        field = FIELDS[self._model].get(name) if own else None
        if field is None and self._alone:
            raise InvalidFilterException(detail=f"{path} is nothing that can be searched by here")
        return field

    def visit_comparison(self, node: Comparison) -> Query:
        field, op = self._field(node.attr_path), _OPS.get(node.op)
        if field is None:
            return NOTHING
        if op is None or (op in _PARTS and (field.exact or field is Field.ACTIVE)):
            raise InvalidFilterException(detail=f"{node.attr_path} cannot be compared by {node.op}")
        if field is Field.ACTIVE:
            return Compare(field, op, value=_truth(node.value))
        if not isinstance(node.value, str):
            raise InvalidFilterException(detail=f"{node.attr_path} is compared with a text")
        if clean(node.value) != node.value:  # no stored text has these, and some databases refuse them
            raise InvalidFilterException(detail=f"{node.attr_path} is compared with what cannot be shown")
        return Compare(field, op, node.value)

    def visit_present(self, node: Present) -> Query:
        field = self._field(node.attr_path)
        return NOTHING if field is None else Compare(field, Op.PR)

    def visit_not(self, node: Not) -> Query:
        return NoneOf(self.visit(node.expr))

    def visit_logical_expr(self, node: LogicalExpr) -> Query:
        terms = tuple(self.visit(one) for one in node.terms)
        return AllOf(terms) if node.op == LogicalOperator.and_ else AnyOf(terms)

    def visit_value_path(self, node: ValuePath) -> Query:
        """Translate `emails[type eq "work" and value eq "…"]`, about the one address that is kept."""
        inner: FilterNode = node.val_filter
        return _Reader(self._model, alone=self._alone, within=f"{node.attr_path.attr}.").visit(inner)


def _truth(value: object) -> bool:
    told = str(value).casefold()
    if told not in {"true", "false"}:
        raise InvalidFilterException(detail="active is true or false")
    return told == "true"
