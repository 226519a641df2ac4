"""Every error the gateway raises: one tree, each class with a code.

A ``ClientError`` may be shown to whoever sent the request. An ``InternalError`` is masked towards
the client and logged with an error id. Problems that come in numbers (composition errors, errors of
fields) are data.

::

    GatewayError
    ├── ClientError                    its text may be shown
    │   ├── RequestRefused             the HTTP request is not taken; has a status of its own
    │   │   ├── RequestMalformed           400 BAD_REQUEST
    │   │   │   ├── BodyNotJson                400 INVALID_JSON
    │   │   │   └── HeaderInvalid              400 INVALID_HEADER
    │   │   ├── QueryMissing               400 MISSING_QUERY
    │   │   ├── PersistedQueryNotFound     200 PERSISTED_QUERY_NOT_FOUND
    │   │   ├── PersistedQueriesOff        200 PERSISTED_QUERY_NOT_SUPPORTED
    │   │   ├── PersistedQueryMismatch     400 PERSISTED_QUERY_HASH_MISMATCH
    │   │   ├── BatchRefused               400 BATCHING_NOT_SUPPORTED
    │   │   ├── BatchTooLong               400 BATCH_LIMIT_EXCEEDED
    │   │   ├── MultipartInvalid           400 INVALID_MULTIPART
    │   │   ├── TooManyFiles               413 TOO_MANY_FILES
    │   │   ├── FileTooLarge               413 FILE_TOO_LARGE
    │   │   ├── CsrfSuspected              403 CSRF_PREVENTION_FAILED
    │   │   ├── OperationForbidden         403 UNAUTHORIZED_OPERATION
    │   │   ├── PathUnknown                404 NOT_FOUND
    │   │   ├── MethodRefused              405 METHOD_NOT_ALLOWED
    │   │   │   └── MutationOverGet            405 MUTATION_NOT_ALLOWED_OVER_HTTP_GET
    │   │   ├── NothingAcceptable          406 NOT_ACCEPTABLE
    │   │   ├── BodyTimeout                408 REQUEST_TIMEOUT
    │   │   ├── BodyTooLarge               413 PAYLOAD_TOO_LARGE
    │   │   ├── ContentTypeRefused         415 UNSUPPORTED_CONTENT_TYPE
    │   │   ├── ContentTypeMissing         415 MISSING_CONTENT_TYPE
    │   │   ├── Unauthenticated            401 UNAUTHENTICATED
    │   │   │   ├── TokenMissing               401 MISSING_TOKEN
    │   │   │   ├── TokenMalformed             401 MALFORMED_TOKEN
    │   │   │   └── TokenExpired               401 TOKEN_EXPIRED
    │   │   ├── UpstreamAway               502 UPSTREAM_UNAVAILABLE
    │   │   ├── NotReady                   503 NOT_READY
    │   │   ├── KeysUnavailable            503 SIGNING_KEYS_UNAVAILABLE
    │   │   ├── Overloaded                 503 OVERLOADED
    │   │   └── DeadlineExceeded           504 GATEWAY_TIMEOUT
    │   └── OperationRefused           the request arrived, its operation cannot be run
    │       ├── DocumentInvalid            GRAPHQL_PARSE_FAILED
    │       ├── ValidationFailed           GRAPHQL_VALIDATION_FAILED
    │       ├── OperationUnknown           OPERATION_RESOLUTION_FAILURE
    │       ├── VariablesInvalid           BAD_USER_INPUT
    │       ├── IntrospectionRefused       INTROSPECTION_DISABLED
    │       ├── SubscriptionsUnsupported   SUBSCRIPTIONS_NOT_SUPPORTED
    │       ├── UploadRefused              UPLOAD_NOT_ALLOWED
    │       ├── NestingTooDeep             RECURSION_LIMIT_EXCEEDED
    │       └── LimitExceeded
    │           ├── DepthLimitExceeded         MAX_DEPTH_LIMIT
    │           ├── AliasLimitExceeded         MAX_ALIASES_LIMIT
    │           ├── RootFieldLimitExceeded     MAX_ROOT_FIELDS_LIMIT
    │           ├── DirectiveLimitExceeded     MAX_DIRECTIVES_LIMIT
    │           ├── TokenLimitExceeded         MAX_TOKENS_LIMIT
    │           └── PlanningLimitExceeded      MAX_PLANNING_STEPS_LIMIT
    └── InternalError                  INTERNAL_SERVER_ERROR; masked, logged with an error id
        ├── ConfigInvalid              CONFIG_INVALID
        ├── SubgraphSchemaUnavailable  SUBGRAPH_SCHEMA_UNAVAILABLE
        ├── CompositionFailed          COMPOSITION_FAILED
        ├── SupergraphInvalid          SUPERGRAPH_INVALID
        ├── PlanningError              QUERY_PLAN_BUILD_FAILED
        ├── ExecutionError             PLAN_EXECUTION_FAILED
        └── TransportError             SUBGRAPH_REQUEST_FAILED; becomes an error of fields
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

DEFAULT_SUBGRAPH_CODE = "DOWNSTREAM_SERVICE_ERROR"
"""For errors that a subgraph reported without a code."""

INVALID_VALUE_CODE = "RESPONSE_VALIDATION_FAILED"
"""For values of a subgraph that are not as the API schema says."""

DENIED_CODE = "UNAUTHORIZED_FIELD_OR_TYPE"
"""For places of an operation that the caller may not see."""

MISHAP_CODES = frozenset(
    {
        DEFAULT_SUBGRAPH_CODE,
        "ERROR",
        "EXCEPTION",
        "INTERNAL",
        "INTERNAL_ERROR",
        "INTERNAL_SERVER_ERROR",
        "SERVER_ERROR",
        "UNEXPECTED_ERROR",
        "UNHANDLED_EXCEPTION",
        "UNKNOWN",
        "UNKNOWN_ERROR",
        # What the gateway asked does not fit the subgraph's schema: nothing that a client could have done otherwise.
        "GRAPHQL_PARSE_FAILED",
        "GRAPHQL_VALIDATION_FAILED",
        "OPERATION_RESOLUTION_FAILURE",
    }
)
"""What subgraphs report that speaks of a failure inside; ``docs/errors.md`` lists the same."""


def is_mishap_code(code: object) -> bool:
    """Whether a subgraph that reports ``code`` speaks of a failure inside, rather than refusing with a reason."""
    return not isinstance(code, str) or code.upper().replace("-", "_") in MISHAP_CODES


class GatewayError(Exception):
    """Root of the tree."""

    code: ClassVar[str] = "INTERNAL_SERVER_ERROR"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and where in the document it is."""

    message: str
    locations: tuple[tuple[int, int], ...] = ()
    """Line and column, both from 1."""


class ClientError(GatewayError):
    """Something the client can mend; its text may be shown.

    Raise it with one text or several: ``raise VariablesInvalid("…", Problem("…", ((1, 7),)))``.
    """

    code: ClassVar[str] = "BAD_REQUEST"

    def __init__(self, *problems: str | Problem) -> None:
        self.problems = tuple(
            problem if isinstance(problem, Problem) else Problem(problem) for problem in problems
        )
        super().__init__(" ".join(problem.message for problem in self.problems))


class RequestRefused(ClientError):
    """The HTTP request is not taken, whatever GraphQL it carries."""

    status: ClassVar[int] = 400
    headers: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Response headers that the status asks for."""


class RequestMalformed(RequestRefused):
    """The request's parameters are of the wrong shape."""


class BodyNotJson(RequestMalformed):
    """The body is not JSON, or not UTF-8."""

    code = "INVALID_JSON"


class HeaderInvalid(RequestMalformed):
    """A header that the gateway reads cannot be read."""

    code = "INVALID_HEADER"


class QueryMissing(RequestRefused):
    """There is no ``query``."""

    code = "MISSING_QUERY"


class PersistedQueryNotFound(RequestRefused):
    """The document of this hash is not known here; clients then send it in full.

    Its status is 200 because that is what clients of automatic persisted queries know: others take it for a failure
    of the way. No cache may keep it.
    """

    code = "PERSISTED_QUERY_NOT_FOUND"
    status = 200
    headers = (("cache-control", "private, no-cache, must-revalidate"),)


class PersistedQueriesOff(RequestRefused):
    """Documents are not known by their hashes here; clients then stop sending hashes."""

    code = "PERSISTED_QUERY_NOT_SUPPORTED"
    status = 200
    headers = (("cache-control", "private, no-cache, must-revalidate"),)


class PersistedQueryMismatch(RequestRefused):
    """The hash is of another document than the one that came with it."""

    code = "PERSISTED_QUERY_HASH_MISMATCH"


class BatchRefused(RequestRefused):
    """The body is a list of requests, and batching is off."""

    code = "BATCHING_NOT_SUPPORTED"


class BatchTooLong(RequestRefused):
    """The body is a list of more requests than are taken at once."""

    code = "BATCH_LIMIT_EXCEEDED"


class MultipartInvalid(RequestRefused):
    """The body is not a multipart request for GraphQL, or its map does not fit its operations."""

    code = "INVALID_MULTIPART"


class TooManyFiles(RequestRefused):
    """There are more files than are taken at once."""

    code = "TOO_MANY_FILES"
    status = 413
    headers = (("connection", "close"),)


class FileTooLarge(RequestRefused):
    """A file is longer than the limit."""

    code = "FILE_TOO_LARGE"
    status = 413
    headers = (("connection", "close"),)


class CsrfSuspected(RequestRefused):
    """A browser could have sent this request from a foreign site without asking first."""

    code = "CSRF_PREVENTION_FAILED"
    status = 403


class OperationForbidden(RequestRefused):
    """The operation asks for what the caller may not see, and is not answered in part."""

    code = "UNAUTHORIZED_OPERATION"
    status = 403


class PathUnknown(RequestRefused):
    """Nothing is served at this path."""

    code = "NOT_FOUND"
    status = 404


class MethodRefused(RequestRefused):
    """The path exists, for other methods."""

    code = "METHOD_NOT_ALLOWED"
    status = 405
    headers = (("allow", "GET, POST"),)


class MutationOverGet(MethodRefused):
    """GET is for queries."""

    code = "MUTATION_NOT_ALLOWED_OVER_HTTP_GET"
    headers = (("allow", "POST"),)


class NothingAcceptable(RequestRefused):
    """The gateway writes none of the media types in ``Accept``."""

    code = "NOT_ACCEPTABLE"
    status = 406


class BodyTimeout(RequestRefused):
    """The body did not arrive in time."""

    code = "REQUEST_TIMEOUT"
    status = 408
    headers = (("connection", "close"),)


class BodyTooLarge(RequestRefused):
    """The body is longer than the limit, by its header or by its chunks."""

    code = "PAYLOAD_TOO_LARGE"
    status = 413
    headers = (("connection", "close"),)


class ContentTypeRefused(RequestRefused):
    """The gateway does not read bodies of this media type."""

    code = "UNSUPPORTED_CONTENT_TYPE"
    status = 415


class ContentTypeMissing(RequestRefused):
    """There is a body, and no word on what it is."""

    code = "MISSING_CONTENT_TYPE"
    status = 415


class Unauthenticated(RequestRefused):
    """The token is not one that the gateway trusts."""

    code = "UNAUTHENTICATED"
    status = 401
    headers = (("www-authenticate", 'Bearer error="invalid_token"'),)


class TokenMissing(Unauthenticated):
    """There is no token, and the gateway asks everybody for one."""

    code = "MISSING_TOKEN"
    headers = (("www-authenticate", "Bearer"),)


class TokenMalformed(Unauthenticated):
    """What is there cannot be read as a token."""

    code = "MALFORMED_TOKEN"


class TokenExpired(Unauthenticated):
    """The token was good once."""

    code = "TOKEN_EXPIRED"


class UpstreamAway(RequestRefused):
    """The service to which this path is handed through does not answer."""

    code = "UPSTREAM_UNAVAILABLE"
    status = 502


class NotReady(RequestRefused):
    """The supergraph is not loaded yet, or the gateway is shutting down."""

    code = "NOT_READY"
    status = 503
    headers = (("retry-after", "1"),)


class KeysUnavailable(RequestRefused):
    """The keys to check tokens with have never been fetched, so no token can be judged."""

    code = "SIGNING_KEYS_UNAVAILABLE"
    status = 503
    headers = (("retry-after", "1"),)


class Overloaded(RequestRefused):
    """As many requests as allowed are in flight."""

    code = "OVERLOADED"
    status = 503
    headers = (("retry-after", "1"),)


class DeadlineExceeded(RequestRefused):
    """The request took longer than the gateway gives any request."""

    code = "GATEWAY_TIMEOUT"
    status = 504


class OperationRefused(ClientError):
    """The request arrived whole, but its operation cannot be run."""

    is_unprocessable: ClassVar[bool] = True
    """Whether the 2026 draft of GraphQL over HTTP answers 422 instead of 400."""


class DocumentInvalid(OperationRefused):
    """The document is not GraphQL."""

    code = "GRAPHQL_PARSE_FAILED"
    is_unprocessable = False


class ValidationFailed(OperationRefused):
    """The document does not fit the schema."""

    code = "GRAPHQL_VALIDATION_FAILED"


class OperationUnknown(OperationRefused):
    """No operation has the name that was asked for, or there are several and no name."""

    code = "OPERATION_RESOLUTION_FAILURE"


class VariablesInvalid(OperationRefused):
    """The variables do not fit the operation's variable definitions."""

    code = "BAD_USER_INPUT"


class IntrospectionRefused(OperationRefused):
    """The schema is not shown here."""

    code = "INTROSPECTION_DISABLED"


class SubscriptionsUnsupported(OperationRefused):
    """Subscriptions are not served over this protocol."""

    code = "SUBSCRIPTIONS_NOT_SUPPORTED"


class UploadRefused(OperationRefused):
    """Files came along with an operation that takes none: only mutations do."""

    code = "UPLOAD_NOT_ALLOWED"


class NestingTooDeep(OperationRefused):
    """The request is nested deeper than can be walked."""

    code = "RECURSION_LIMIT_EXCEEDED"
    is_unprocessable = False


class LimitExceeded(OperationRefused):
    """The operation is larger than the gateway allows."""

    code = "LIMIT_EXCEEDED"


class DepthLimitExceeded(LimitExceeded):
    """Fields are nested too deep."""

    code = "MAX_DEPTH_LIMIT"


class AliasLimitExceeded(LimitExceeded):
    """There are too many aliases."""

    code = "MAX_ALIASES_LIMIT"


class RootFieldLimitExceeded(LimitExceeded):
    """There are too many fields at the root."""

    code = "MAX_ROOT_FIELDS_LIMIT"


class DirectiveLimitExceeded(LimitExceeded):
    """There are too many directives."""

    code = "MAX_DIRECTIVES_LIMIT"


class TokenLimitExceeded(LimitExceeded):
    """The document has too many lexical tokens."""

    code = "MAX_TOKENS_LIMIT"


class PlanningLimitExceeded(LimitExceeded):
    """Planning the operation would take too many steps."""

    code = "MAX_PLANNING_STEPS_LIMIT"


class InternalError(GatewayError):
    """Something the client cannot mend: masked in answers, logged in full with an error id."""


class ConfigInvalid(InternalError):
    """The configuration cannot be used; the text names the key and what is allowed there."""

    code = "CONFIG_INVALID"


class SubgraphSchemaUnavailable(InternalError):
    """A subgraph did not hand out its SDL in time."""

    code = "SUBGRAPH_SCHEMA_UNAVAILABLE"


class CompositionFailed(InternalError):
    """The subgraphs do not compose, or a contract cannot be kept; the text lists the errors with their codes."""

    code = "COMPOSITION_FAILED"

    def __init__(self, message: str, codes: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.codes = codes
        """Those of the errors, each once."""


class SupergraphInvalid(InternalError):
    """The supergraph SDL cannot be served."""

    code = "SUPERGRAPH_INVALID"


class PlanningError(InternalError):
    """There is no plan for the operation."""

    code = "QUERY_PLAN_BUILD_FAILED"


class ExecutionError(InternalError):
    """A plan could not be carried out."""

    code = "PLAN_EXECUTION_FAILED"


class TransportError(InternalError):
    """A subgraph could not be asked, or what came back is not an answer."""

    code = "SUBGRAPH_REQUEST_FAILED"
