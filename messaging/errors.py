"""Everything that can go wrong between a recorded event and its handler.

MessagingError
├── SubjectInvalid       a name that breaks the naming rules
├── EventInvalid         an event class that cannot be published as declared
├── EnvelopeInvalid      bytes from the broker that are no envelope
├── PayloadInvalid       an envelope's data that does not fit the reader's dataclass
├── SubscriptionInvalid  a subscription that cannot work as declared
├── SettingsInvalid      settings that contradict each other or cannot be read
├── TopologyConflict     a stream or consumer exists and cannot be made to be what we need
├── BrokerError
│   ├── BrokerUnavailable  nobody answered; the same call may succeed later
│   ├── StreamMissing      the broker answers but has no stream for this (a lost store)
│   └── PublishRejected    the broker refuses this message
└── BrokerProcessFailed  the embedded server did not start

The client library's own exceptions are translated once, in ``jetstream.translated``.
"""

from __future__ import annotations

from typing import ClassVar


class MessagingError(Exception):
    """Root of this package's errors."""

    code: ClassVar[str] = "MESSAGING_ERROR"


class SubjectInvalid(MessagingError):
    """A subject, domain or durable name breaks the naming rules."""

    code = "MESSAGING_SUBJECT_INVALID"


class EventInvalid(MessagingError):
    """An event class lacks its subject, names a field it has not, or has a field that JSON cannot carry."""

    code = "MESSAGING_EVENT_INVALID"


class EnvelopeInvalid(MessagingError):
    """The bytes are no envelope; the text says which attribute is at fault."""

    code = "MESSAGING_ENVELOPE_INVALID"


class PayloadInvalid(MessagingError):
    """The data does not fit the dataclass that reads it; the text begins with the path of the field."""

    code = "MESSAGING_PAYLOAD_INVALID"


class SubscriptionInvalid(MessagingError):
    """A subscription cannot work as declared."""

    code = "MESSAGING_SUBSCRIPTION_INVALID"


class SettingsInvalid(MessagingError):
    """A setting cannot be read, or two of them contradict each other."""

    code = "MESSAGING_SETTINGS_INVALID"


class TopologyConflict(MessagingError):
    """What exists on the broker cannot be changed into what is declared."""

    code = "MESSAGING_TOPOLOGY_CONFLICT"


class BrokerError(MessagingError):
    """The broker did not do what it was asked."""

    code = "MESSAGING_BROKER_ERROR"


class BrokerUnavailable(BrokerError):
    """Nobody answered in time. Whether a message was stored is unknown; publishing it again is safe."""

    code = "MESSAGING_BROKER_UNAVAILABLE"


class StreamMissing(BrokerError):
    """The broker answers but has no stream or consumer of that name, as after the loss of its disk."""

    code = "MESSAGING_STREAM_MISSING"


class PublishRejected(BrokerError):
    """The broker refuses this message (too large, not permitted); repeating it will not help."""

    code = "MESSAGING_PUBLISH_REJECTED"


class BrokerProcessFailed(MessagingError):
    """The embedded server could not be started; the text holds the end of its log."""

    code = "MESSAGING_BROKER_PROCESS_FAILED"
