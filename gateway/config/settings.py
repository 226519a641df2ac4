"""What can be set, with its defaults: one frozen dataclass per section of the configuration."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class SchemaFile:
    """The SDL is in a file."""

    path: Path


@dataclass(frozen=True, slots=True)
class SchemaText:
    """The SDL stands in the configuration."""

    sdl: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SchemaFromSubgraph:
    """The subgraph is asked for its SDL: when the gateway starts and, if it watches, again and again."""

    url: str


SchemaSource: TypeAlias = SchemaFile | SchemaText | SchemaFromSubgraph


@dataclass(frozen=True, slots=True, kw_only=True)
class SubgraphConfig:
    """One subgraph to compose."""

    name: str
    url: str
    """Where requests go; ``app://NAME`` for a subgraph in this process."""

    schema: SchemaSource
    in_process: str | None = None
    """``package.module:factory``: called without arguments, returns the ASGI app to run here."""


@dataclass(frozen=True, slots=True)
class ComposedSource:
    """The supergraph is composed from subgraphs."""

    subgraphs: tuple[SubgraphConfig, ...]


@dataclass(frozen=True, slots=True)
class SupergraphFile:
    """The supergraph was composed before and is in a file."""

    path: Path


SupergraphSource: TypeAlias = ComposedSource | SupergraphFile


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractConfig:
    """A part of the supergraph, chosen by ``@tag``, as the only thing that clients see."""

    name: str
    include: tuple[str, ...] = ()
    """When not empty, object and interface fields and unions need one of these tags to be seen."""

    exclude: tuple[str, ...] = ()
    """What has one of these tags is hidden; it wins over ``include``."""

    hide_unreachable: bool = False
    """Whether types that no visible field leads to are hidden, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """How the gateway listens and answers."""

    host: str = "127.0.0.1"
    port: int = 4000
    workers: int = 1
    path: str = "/graphql"
    explorer: bool = True
    """Whether a browser that opens ``path`` gets a page to write operations in."""

    strict_status: bool = False
    """Answer 422 and 294 as the 2026 draft of GraphQL over HTTP has it, instead of 400 and 200."""

    request_timeout_seconds: float = 60.0
    keep_alive_seconds: float = 75.0
    max_in_flight: int = 1024
    """Requests worked on at once, per worker; more are answered 503."""

    compress_min_bytes: int = 8192
    """Answers of this size and above are compressed for clients that accept gzip; 0 never."""

    startup_seconds: float = 120.0
    """How long to ask subgraphs for their SDL before giving up."""

    notice_seconds: float = 0.0
    """How long to keep accepting after readiness went off, so that load balancers see it."""

    drain_seconds: float = 30.0
    """How long requests in flight may take when the gateway stops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsConfig:
    """The largest request that is worked on. 0 switches a limit off, except for body and tokens."""

    max_body_bytes: int = 2_000_000
    max_tokens: int = 15_000
    max_depth: int = 64
    max_aliases: int = 256
    max_root_fields: int = 128
    max_directives: int = 256
    max_batch: int = 0
    """Requests in one JSON list; 0 refuses lists."""

    batch_concurrency: int = 10
    """Queries of one list that are worked on at once; a list with a mutation runs in order."""

    max_errors: int = 20
    """Validation errors in one answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersistedQueriesConfig:
    """Documents that clients name by their hash."""

    automatic: bool = True
    """Whether a document is remembered once a client has sent it together with its SHA-256 hash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadsConfig:
    """Files in mutations, as multipart requests. Off unless enabled."""

    enabled: bool = False
    max_files: int = 10
    max_file_bytes: int = 10_000_000
    max_total_bytes: int = 50_000_000
    """All files of one request together."""

    memory_bytes: int = 262_144
    """What is kept of one file in memory; a larger one goes to the disk."""

    receive_seconds: float = 120.0
    """How long a request with files may take to arrive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncrementalConfig:
    """Answers in parts, for clients that read them."""

    enabled: bool = True
    """Whether ``@defer`` is heeded; else everybody has the answer in one piece."""

    max_fragments: int = 32
    """How many fragments of one operation may be deferred; what is in the others comes with what is around them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheControlConfig:
    """Whether answers say how long they may be kept."""

    enabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanExposureConfig:
    """Who may see the plan of an operation in its answer. Nobody unless set."""

    roles: tuple[str, ...] = ()
    """Roles of a verified token."""

    anyone: bool = False
    """For development: whoever asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityConfig:
    """Which access tokens are trusted."""

    jwks_url: str
    """Where the signing keys are; ``app://NAME/path`` for a subgraph in this process."""

    issuer: str | None = None
    audience: str | None = None
    algorithms: tuple[str, ...] = ("EdDSA", "ES256", "RS256")
    clock_skew_seconds: int = 60
    require: bool = False
    """Whether requests without a token are refused; else the subgraphs decide."""

    roles_claim: str = "roles"
    """The claim that holds the roles, by which plans are shown and policies hold; it is written to the log."""

    keys_max_age_seconds: float = 900.0
    unknown_key_seconds: float = 10.0
    """A token that names an unknown key asks for new keys at most this often."""

    fetch_timeout_seconds: float = 5.0


class AuthorizationMode(StrEnum):
    """What becomes of an operation that asks for something its caller may not see."""

    FILTER = "filter"
    """That is null, with an error; everything else is answered."""

    REJECT = "reject"
    """Nothing is answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRule:
    """Whom a policy allows: callers with a verified token that fits."""

    roles: tuple[str, ...] = ()
    """One of them is needed, unless there are none."""

    claims: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """By name of a claim, the values of which it must have one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationConfig:
    """How ``@authenticated``, ``@requiresScopes`` and ``@policy`` are enforced."""

    mode: AuthorizationMode = AuthorizationMode.FILTER
    scopes_claim: str | None = None
    """The claim that holds a caller's scopes; ``None`` for ``scope`` and ``scp``, whichever are there."""

    policies: tuple[tuple[str, PolicyRule], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CorsConfig:
    """Which browser origins may read answers. None unless set."""

    allow_origins: tuple[str, ...] = ()
    allow_credentials: bool = False
    allow_headers: tuple[str, ...] = (
        "authorization",
        "content-type",
        "graphql-require-preflight",
        "x-request-id",
    )
    max_age_seconds: int = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class CsrfConfig:
    """Whether requests that a foreign page can send unasked are refused."""

    enabled: bool = True
    headers: tuple[str, ...] = (
        "graphql-require-preflight",
        "apollo-require-preflight",
        "x-apollo-operation-name",
        "x-requested-with",
    )
    """Any of these shows that the browser has asked first."""


class SubgraphErrors(StrEnum):
    """What clients see of the errors that subgraphs report."""

    MASKED_INTERNALS = "masked_internals"
    """Errors with a code of their own, without what is for debugging; of all others, code and id."""

    PASSTHROUGH = "passthrough"
    """Everything."""

    MASKED = "masked"
    """Of all, code, path and id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorsConfig:
    """What clients see of errors."""

    subgraph_errors: SubgraphErrors = SubgraphErrors.MASKED_INTERNALS
    subgraphs: tuple[tuple[str, SubgraphErrors], ...] = ()
    """By name, those that differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PropagateHeader:
    """A header of the client's request goes on."""

    name: str
    rename: str | None = None
    """What it is called from then on."""

    default: str | None = None
    """Its value when the client has sent none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PropagateHeaders:
    """Those whose whole names a regular expression matches go on; never the gateway's own."""

    matching: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InsertHeader:
    """A header is set, whatever the client has sent under its name."""

    name: str
    value: str | None = None
    claim: str | None = None
    """Take the value from this claim of the verified token; without it there is no such header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveHeaders:
    """Headers do not go on."""

    name: str | None = None
    matching: str | None = None


HeaderRule: TypeAlias = PropagateHeader | PropagateHeaders | InsertHeader | RemoveHeaders


class HeaderMerge(StrEnum):
    """What becomes of a header that several responses have."""

    FIRST = "first"
    LAST = "last"
    APPEND = "append"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnHeader:
    """A header of a subgraph's response goes to the client."""

    name: str
    rename: str | None = None
    default: str | None = None
    merge: HeaderMerge = HeaderMerge.LAST
    """In the plan's order."""


ResponseHeaderRule: TypeAlias = ReturnHeader | InsertHeader


@dataclass(frozen=True, slots=True, kw_only=True)
class SubgraphHeaders:
    """Which headers go on to one subgraph, and come from it."""

    forward: tuple[str, ...] | None = None
    """In the place of the list for all."""

    requests: tuple[HeaderRule, ...] = ()
    """After the rules for all."""

    responses: tuple[ResponseHeaderRule, ...] = ()
    """After the rules for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadersConfig:
    """Which request headers go on to the subgraphs, and which of their answers' to the client."""

    forward: tuple[str, ...] = ("authorization", "accept-language")
    requests: tuple[HeaderRule, ...] = ()
    """Carried out in order, after ``forward``."""

    responses: tuple[ResponseHeaderRule, ...] = ()

    subgraphs: tuple[tuple[str, SubgraphHeaders], ...] = ()
    """By name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassthroughConfig:
    """A path that another service answers, such as the sign-in pages of an identity provider."""

    prefix: str
    """The path itself and everything below it."""

    url: str
    """The service, without a path; ``app://NAME`` for one in this process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsConfig:
    """How a subgraph behind ``https`` is trusted, and how it can trust the gateway."""

    ca_file: Path | None = None
    """Certificates to trust (PEM), instead of those that the system trusts."""

    certificate_file: Path | None = None
    """The gateway's own certificate and its chain (PEM), for subgraphs that ask for one."""

    key_file: Path | None = None
    """Its private key, when that is not in ``certificate_file``."""

    server_name: str | None = None
    """Who the subgraph's certificate must be for, when that is not the host of its URL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubgraphTraffic:
    """How one subgraph is called."""

    timeout_seconds: float = 30.0
    connect_timeout_seconds: float = 5.0
    keep_alive_seconds: float = 4.0
    """How long a connection may idle; better less than the subgraph allows."""

    max_concurrency: int = 100
    """Requests at once to one subgraph, per worker; more wait their turn."""

    max_waiting: int = 1000
    """How many may wait; more are refused at once."""

    max_retries: int = 2
    """How often a query is sent again when the way to its subgraph fails."""

    retry_percent: int = 20
    """Retries in all, as a share of the requests."""

    retries_per_second: int = 1
    """Retries in all that are allowed besides, however little traffic there is."""

    circuit_breaker: bool = True
    """Whether a subgraph that keeps failing is given pauses."""

    max_response_bytes: int = 64 * 1024 * 1024
    compress_min_bytes: int = 0
    """Requests of this size and above are sent in gzip; 0 never."""

    coalesce_calls: bool = False
    """Whether equal queries to one subgraph that are in flight at once share one call."""

    apq: bool = False
    """Whether operations are sent by their hash, once the subgraph knows them."""

    http2: bool = False
    """Whether HTTP/2 is spoken: over ``https`` when the subgraph agrees, over ``http`` without asking."""

    tls: TlsConfig = field(default_factory=TlsConfig)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficConfig(SubgraphTraffic):
    """How subgraphs are called, unless they have settings of their own."""

    coalesce_queries: bool = False
    """Whether equal queries of one caller that are in flight at once share one execution."""

    subgraphs: tuple[tuple[str, SubgraphTraffic], ...] = ()
    """By name; complete, what was not given filled in from the others."""

    def of(self, subgraph: str) -> SubgraphTraffic:
        """Return how ``subgraph`` is called."""
        return dict(self.subgraphs).get(subgraph, self)


@dataclass(frozen=True, slots=True, kw_only=True)
class CachesConfig:
    """How many entries each cache keeps, per worker."""

    operations: int = 1024
    plans: int = 1024
    tokens: int = 4096
    persisted_queries: int = 1024


class LogFormat(StrEnum):
    """How log lines look."""

    AUTO = "auto"
    JSON = "json"
    TEXT = "text"


class LogLevel(StrEnum):
    """From which level on lines are written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class RequestLogging(StrEnum):
    """Which requests get a line."""

    ALL = "all"
    ERRORS = "errors"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class TelemetryConfig:
    """Logs and metrics."""

    log_format: LogFormat = LogFormat.AUTO
    log_level: LogLevel = LogLevel.INFO
    log_requests: RequestLogging = RequestLogging.ALL
    metrics: bool = True
    """Whether ``/metrics`` is served."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchConfig:
    """Whether the gateway follows what it is made of while it runs."""

    enabled: bool = False
    """Whether files are watched and subgraphs asked for their schemas again."""

    poll_seconds: float = 10.0
    """How often subgraphs are asked, give or take a tenth."""

    warm_operations: int = 100
    """How many operations are planned before a new supergraph is served, those used most first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayConfig:
    """Everything the gateway is told."""

    source: SupergraphSource
    subgraph_urls: tuple[tuple[str, str], ...] = ()
    """Where subgraphs really are, when the supergraph names other addresses."""

    override_labels: tuple[tuple[str, float], ...] = ()
    """For how many percent of requests each label of a progressive override is active."""

    contract: ContractConfig | None = None
    """The contract that is served; ``None`` for the whole supergraph."""

    introspection: bool = True
    server: ServerConfig = field(default_factory=ServerConfig)
    limits: LimitsConfig = field(default_factory=LimitsConfig)
    persisted_queries: PersistedQueriesConfig = field(default_factory=PersistedQueriesConfig)
    uploads: UploadsConfig = field(default_factory=UploadsConfig)
    cache_control: CacheControlConfig = field(default_factory=CacheControlConfig)
    incremental: IncrementalConfig = field(default_factory=IncrementalConfig)
    plan_exposure: PlanExposureConfig = field(default_factory=PlanExposureConfig)
    identity: IdentityConfig | None = None
    authorization: AuthorizationConfig = field(default_factory=AuthorizationConfig)
    cors: CorsConfig = field(default_factory=CorsConfig)
    csrf: CsrfConfig = field(default_factory=CsrfConfig)
    errors: ErrorsConfig = field(default_factory=ErrorsConfig)
    headers: HeadersConfig = field(default_factory=HeadersConfig)
    passthrough: tuple[PassthroughConfig, ...] = ()
    clock_file: Path | None = None
    """The virtual clock that a test profile shares; tokens are judged by it."""

    traffic: TrafficConfig = field(default_factory=TrafficConfig)
    caches: CachesConfig = field(default_factory=CachesConfig)
    watch: WatchConfig = field(default_factory=WatchConfig)
    telemetry: TelemetryConfig = field(default_factory=TelemetryConfig)
