"""The description of everything under ``/api/v1`` (OpenAPI 3.1), exact to the last answer code; and that nothing is
asked which it does not name."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute

from archiver.web import door
from archiver.web.places import BadPlace
from archiver.web.programs.answers import Problem

PREFIX: Final = "/api/v1"
PROBLEM_TYPE: Final = "application/problem+json"
_ABOUT = """Everything the pages show, for programs: read with a token (`Authorization: Bearer …`) or a session, and
changed with a token that names the action.

A list has pages: `next` of one is `after` of the following; null is the last. Times are UTC. Every refusal is a
problem (RFC 9457). What you may not see does not exist for you, in no number either."""
_ANSWERS: Final = {
    "400": "A parameter is missing, unknown, given twice or not usable.",
    "401": "Nobody is signed in, the token does not count, or it has to be shown once more who it is.",
    "403": "Your roles, or your token, are not for that.",
    "404": "There is no such thing, or not for you.",
    "409": "It is not any more as you take it to be, or the key was used for something else.",
    "413": "That is more than is taken.",
    "422": "What was sent cannot be used: `errors` names the fields.",
    "429": "More than is answered in a minute: `Retry-After` says in how many seconds to ask on.",
    "503": "The database does not answer, or a search took too long: try again.",
}
_OF_ACTS: Final = ("409", "413", "422")
_SECURITY: Final = {
    "token": {"type": "http", "scheme": "bearer", "description": "Made on your own page (/me)."},
    "session": {"type": "apiKey", "in": "cookie", "name": "archiver-session", "description": "As the pages use it."},
}


def routes(part: str, under: str = "", *, prefix: str = PREFIX) -> APIRouter:
    """Routes of one part, below :data:`PREFIX`."""
    return APIRouter(prefix=prefix + under, tags=[part], dependencies=[Depends(known_only)])


def known_only(request: Request) -> None:
    """A parameter that is not described, or given twice, is a mistake that would go unnoticed.

    Raises:
        BadPlace: there is one.
    """
    asked = [name for name, _ in request.query_params.multi_items()]
    unknown = sorted(set(asked) - _names(request.scope["route"]))
    if unknown:
        raise BadPlace(f"there is no parameter {unknown[0][:40]!r} here")
    if len(asked) != len(set(asked)):
        raise BadPlace("a parameter is given twice")


def described(app: FastAPI) -> dict[str, Any]:
    """The description, made once."""
    if app.openapi_schema is None:
        routes = [one for one in door.routes(app) if one.path.startswith(PREFIX) and one.include_in_schema]
        made = get_openapi(
            title=app.title,
            version=app.version,
            openapi_version="3.1.0",
            description=_ABOUT,
            routes=list[BaseRoute](routes),
        )
        _finish(made)
        app.openapi_schema = made
    return app.openapi_schema


def _names(route: Any) -> set[str]:
    """Names of the parameters that a route takes in its query."""
    return {one.alias for one in _params(route.dependant)}


def _params(dependant: Any) -> list[Any]:
    return [*dependant.query_params, *(one for each in dependant.dependencies for one in _params(each))]


def _finish(made: dict[str, Any]) -> None:
    parts = made.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    problem = Problem.model_json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs")
    schemas["Problem"] = problem
    parts["securitySchemes"] = dict(_SECURITY)
    made["security"] = [{name: []} for name in _SECURITY]
    content = {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    parts["responses"] = {code: {"description": said, "content": content} for code, said in _ANSWERS.items()}
    parts["responses"]["429"]["headers"] = {"Retry-After": {"description": "seconds", "schema": {"type": "integer"}}}
    for operations in made["paths"].values():
        for method, operation in operations.items():
            answers = operation["responses"]
            answers.pop("422", None)
            codes = [code for code in _ANSWERS if method == "post" or code not in _OF_ACTS]
            answers.update({code: {"$ref": f"#/components/responses/{code}"} for code in codes})
            if method == "post":
                operation["security"] = [{"token": []}]
