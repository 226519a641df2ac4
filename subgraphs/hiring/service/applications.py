"""What happens to applications before they are decided: made by strangers, moved by managers, ended by candidates."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from messaging import outbox
from shared.clock import Clock
from shared.errors import ValidationFailed
from shared.identifiers import derived_id, new_id
from subgraphs.hiring.errors import (
    AlreadyApplied,
    ApplicationNotFound,
    TestNotFound,
    TestNotPublished,
    TestSetNotFound,
)
from subgraphs.hiring.events import CandidateInvited
from subgraphs.hiring.models import Application, Attempt, Test
from subgraphs.hiring.repository import HiringRepository
from subgraphs.hiring.states import CLOSED, ApplicationState, AttemptState, TestState

from .steps import SYSTEM, add_step, check_note, move

APPLICANT = "applicant"
"""The actor of an application's first step: nobody is signed in."""

IDLE_AFTER = timedelta(days=30)
"""An application that nobody touches for so long ends; no deadline reaches further."""

MAX_TESTS = 20
MAX_NAME = 100
MAX_VACANCY = 100
MAX_PHOTO_REF = 500
MAX_CONTACT = 254
OLDEST_MONTHS = 480
_EMAIL = re.compile(r"[^\s@,;:<>()\[\]\\\"\x00-\x1f]{1,64}@[^\s@.]+(\.[^\s@.]+)+")
_LOCALE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CatProfile:
    """How somebody looks."""

    name: str
    age_months: int
    breed: str
    fur_colour: str
    photo_ref: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApplication:
    """What a stranger sends."""

    profile: CatProfile
    contact: str
    """An e-mail address."""
    vacancy: str | None = None
    locale: str = "en"


@dataclass(frozen=True, slots=True)
class ApplicationService:
    """Changes applications, on behalf of a mutation or of a timer."""

    session: AsyncSession
    clock: Clock

    async def apply(self, wanted: NewApplication) -> Application:
        """Take an application.

        Raises:
            AlreadyApplied: the contact has one that is not decided yet.
            ValidationFailed: the profile, contact, vacancy or locale cannot be meant.
        """
        _check(wanted)
        contact = normal_contact(wanted.contact)
        applications = HiringRepository(self.session)
        if await applications.has_open_application(contact):
            raise AlreadyApplied(
                "This contact has applied already; that application is still open."
            )
        now = self.clock.now()
        profile = wanted.profile
        application = Application(
            id=new_id(),
            name=profile.name.strip(),
            age_months=profile.age_months,
            breed=profile.breed.strip(),
            fur_colour=profile.fur_colour.strip(),
            photo_ref=profile.photo_ref,
            contact=wanted.contact.strip(),
            contact_key=contact,
            open_contact=contact,
            locale=wanted.locale,
            vacancy=wanted.vacancy,
            state=ApplicationState.SUBMITTED,
            version=1,
            created_at=now,
            active_at=now,
        )
        self.session.add(application)
        try:
            await self.session.flush()
        except IntegrityError as error:
            # Two applied at the same moment; the other was first.
            raise AlreadyApplied("This contact has applied already.") from error
        add_step(self.session, self.clock, application, 1, None, actor=APPLICANT)
        return application

    async def mark_contacted(self, application_id: UUID, *, note: str, actor: str) -> Application:
        """A manager has spoken with the candidate.

        Raises:
            ApplicationNotFound: no such application.
            IllegalTransition: it was contacted before, or has ended.
        """
        application = await self._lock(application_id)
        note = check_note("note", note)
        await self._move(application, ApplicationState.CONTACTED, actor=actor, note=note)
        application.contacted_by = actor
        application.contacted_at = self.clock.now()
        return application

    async def assign_tests(
        self,
        application_id: UUID,
        *,
        test_ids: Collection[UUID] = (),
        test_set_id: UUID | None = None,
        deadline: datetime,
        actor: str,
        account_id: UUID | None = None,
    ) -> Application:
        """Give the candidate tests at their present version, and have an account made to take them with.

        The account's id is derived from the application, or that of an earlier application of the same contact;
        ``account_id`` sets another for someone who has an account already.

        Raises:
            ApplicationNotFound, TestNotFound, TestSetNotFound: there is none with that id.
            TestNotPublished: a draft or a retired test cannot be assigned.
            IllegalTransition: the candidate was not contacted yet, or has tests already.
            ValidationFailed: no test at all, too many, or a deadline that is past or too far off.
        """
        application = await self._lock(application_id)
        now = self.clock.now()
        if not now < deadline <= now + IDLE_AFTER:
            raise ValidationFailed(f"A deadline is within the next {IDLE_AFTER.days} days.")
        tests = await self._find_tests(test_ids, test_set_id)
        application.candidate_account_id = account_id or await self._account_for(application)
        for place, test in enumerate(tests):
            self.session.add(await self._attempt(application, place, test, deadline))
        await self._move(application, ApplicationState.TESTS_ASSIGNED, actor=actor)
        invited = CandidateInvited(
            application_id=application.id,
            account_id=application.candidate_account_id,
            email=application.contact,
            display_name=application.name,
            locale=application.locale,
            occurred_at=now,
        )
        outbox.record(self.session, invited)
        return application

    async def withdraw(self, application_id: UUID, *, account_id: UUID) -> Application:
        """The candidate thinks better of it.

        Raises:
            ApplicationNotFound: the account has no such application.
            IllegalTransition: it has ended already.
        """
        application = await self._lock(application_id)
        if application.candidate_account_id != account_id:
            raise ApplicationNotFound(f"Application {application_id} does not exist.")
        await self._move(application, ApplicationState.WITHDRAWN, actor=str(account_id))
        return application

    async def expire_if_idle(self, application_id: UUID) -> bool:
        """End the application if nobody has touched it for 30 days; say whether it was ended."""
        application = await self._lock(application_id)
        is_idle = application.active_at + IDLE_AFTER <= self.clock.now()
        if application.state in CLOSED or not is_idle:
            return False
        await self._move(application, ApplicationState.EXPIRED, actor=SYSTEM)
        return True

    async def _lock(self, application_id: UUID) -> Application:
        application = await HiringRepository(self.session).lock_application(application_id)
        if application is None:
            raise ApplicationNotFound(f"Application {application_id} does not exist.")
        return application

    async def _move(
        self,
        application: Application,
        target: ApplicationState,
        *,
        actor: str,
        note: str | None = None,
    ) -> None:
        await move(self.session, self.clock, application, target, actor=actor, note=note)

    async def _account_for(self, application: Application) -> UUID:
        earlier = await HiringRepository(self.session).find_account_of_contact(
            application.contact_key
        )
        return earlier or candidate_account_id(application.id)

    async def _find_tests(self, test_ids: Collection[UUID], test_set_id: UUID | None) -> list[Test]:
        pool = HiringRepository(self.session)
        wanted = list(test_ids)
        if test_set_id is not None:
            in_set = (await pool.find_set_tests([test_set_id]))[test_set_id]
            if not in_set:
                raise TestSetNotFound(f"Test set {test_set_id} does not exist.")
            wanted = [*in_set, *wanted]
        wanted = list(dict.fromkeys(wanted))
        if not 1 <= len(wanted) <= MAX_TESTS:
            raise ValidationFailed(f"1 to {MAX_TESTS} tests are assigned.")
        found = await pool.find_tests(wanted)
        for test_id in wanted:
            if test_id not in found:
                raise TestNotFound(f"Test {test_id} does not exist.")
            if found[test_id].state is not TestState.PUBLISHED:
                raise TestNotPublished(f"Test {found[test_id].code} is {found[test_id].state}.")
        return [found[test_id] for test_id in wanted]

    async def _attempt(
        self, application: Application, place: int, test: Test, deadline: datetime
    ) -> Attempt:
        key = (test.id, test.version)
        version = (await HiringRepository(self.session).find_versions([key]))[key]
        return Attempt(
            id=new_id(),
            application_id=application.id,
            place=place,
            test_id=test.id,
            test_version=test.version,
            mandatory=version.mandatory,
            state=AttemptState.ASSIGNED,
            ends_at=deadline,
        )


def candidate_account_id(application_id: UUID) -> UUID:
    """Return the id of the account that an application leads to."""
    return derived_id(application_id, "candidate")


def normal_contact(contact: str) -> str:
    """Return what makes two contacts the same."""
    return contact.strip().lower()


def _check(wanted: NewApplication) -> None:
    profile = wanted.profile
    for name, text in (
        ("name", profile.name),
        ("breed", profile.breed),
        ("furColour", profile.fur_colour),
    ):
        if not text.strip() or len(text) > MAX_NAME:
            raise ValidationFailed(f"`{name}` has 1 to {MAX_NAME} characters.")
    if not 0 <= profile.age_months <= OLDEST_MONTHS:
        raise ValidationFailed(f"`ageMonths` is between 0 and {OLDEST_MONTHS}.")
    if profile.photo_ref is not None and not 1 <= len(profile.photo_ref) <= MAX_PHOTO_REF:
        raise ValidationFailed(f"`photoRef` has 1 to {MAX_PHOTO_REF} characters.")
    contact = wanted.contact.strip()
    if len(contact) > MAX_CONTACT or not _EMAIL.fullmatch(contact):
        raise ValidationFailed("`contact` is not an e-mail address.")
    if wanted.vacancy is not None and not 1 <= len(wanted.vacancy) <= MAX_VACANCY:
        raise ValidationFailed(f"`vacancy` has 1 to {MAX_VACANCY} characters.")
    if not _LOCALE.fullmatch(wanted.locale):
        raise ValidationFailed('`locale` is a language tag, such as "en" or "pt-BR".')
