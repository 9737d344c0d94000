"""The SCIM schemas and features as published: only attributes that are stored and features that exist."""

from typing import Annotated, Any

from pydantic import Field
from scim2_models import (
    URN,
    AuthenticationScheme,
    Bulk,
    CaseExact,
    ChangePassword,
    ComplexAttribute,
    ETag,
    Filter,
    Mutability,
    Patch,
    Reference,
    Required,
    Resource,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
)

from bot.platforms.web.scim import limits


class Name(ComplexAttribute):
    """What a user is called."""

    given_name: str | None = None
    """The first name."""

    family_name: str | None = None
    """The last name."""


class Email(ComplexAttribute):
    """An e-mail address. One is kept: the primary one, or else the first for work, or the first."""

    value: str | None = None
    """The address."""

    type: str | None = Field(None, examples=["work", "home", "other"])
    """What the address is for."""

    primary: bool | None = None
    """Whether it is the one to write to."""


class Membership(ComplexAttribute):
    """A group that a user is in."""

    value: Annotated[str | None, Mutability.read_only, CaseExact.true] = None
    """The id of the group."""

    ref: Annotated[Reference["Group"] | None, Mutability.read_only] = Field(
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    """Where the group is."""

    display: Annotated[str | None, Mutability.read_only] = None
    """What the group is called."""


class User(Resource[Any]):
    """A person of the district."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Uniqueness.server, Required.true] = None
    """The name by which the identity provider knows the user, mostly an address."""

    name: Name | None = None
    """What the user is called."""

    active: bool | None = None
    """Whether the user may come in. False deactivates them in every school of the district."""

    emails: list[Email] | None = None
    """The user's address."""

    groups: Annotated[list[Membership] | None, Mutability.read_only] = None
    """The groups that the user is in."""


class Member(ComplexAttribute):
    """A user who is in a group."""

    value: Annotated[str | None, Mutability.immutable, CaseExact.true] = None
    """The id of the user."""

    ref: Annotated[Reference["User"] | None, Mutability.immutable] = Field(
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    """Where the user is."""

    type: Annotated[str | None, Mutability.immutable] = Field(None, examples=["User"])
    """Members are users."""


class Group(Resource[Any]):
    """A group of users; an admin may link it to a role at a school."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:Group")

    display_name: Annotated[str | None, Required.true] = None
    """What the group is called."""

    members: list[Member] | None = None
    """Who is in the group."""


# Okta and Entra ID send more than is stored here, and some of it in ways of their own: see docs/scim.md.
POLICY = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)
PROVIDER = ScimProvider(
    models=[User, Group],
    config=ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
        filter=Filter(supported=True, max_results=limits.PAGE),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=False),
        etag=ETag(supported=False),
        authentication_schemes=[
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauthbearertoken,
                name="Bearer token",
                description="The token of a district, in the header Authorization.",
            )
        ],
    ),
    policy=POLICY,
)
