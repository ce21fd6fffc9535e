"""The websocket between a page and its kernel: questions in, answers out, for as long as the visit lasts.

A page's next question reaches the kernel when the page has taken the answer to the last one. What Voila says is read
at once, whoever takes it: Voila would keep it without a bound, and it says each answer on every websocket of a kernel.
Only the one that asked holds it.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from typing import Final

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from websockets.exceptions import ConnectionClosed

from access.errors import AccessError
from lake.errors import LakeError
from serving.service_log import describe_defect
from voila_dashboards.gateway.errors import HeaderNotTrusted
from voila_dashboards.gateway.guard import find_session
from voila_dashboards.gateway.messages import Question, answer_to_page, question_to_kernel, read_question
from voila_dashboards.gateway.origin import is_same_origin
from voila_dashboards.gateway.places import UNBOUNDED, Places
from voila_dashboards.gateway.session_end import SESSION_OVER
from voila_dashboards.gateway.sessions import Session, Sessions
from voila_dashboards.gateway.visits import Visit, Visits
from voila_dashboards.voila.client import Channel, Voila, VoilaSilent

logger = logging.getLogger(__name__)

#: https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1
_GOING_AWAY: Final = 1001
_POLICY_VIOLATION: Final = 1008
_TRY_AGAIN: Final = 1013
#: A person does not ask faster, not even with a key held down; a script that does is cut off.
_MOST_QUESTIONS: Final = 150
_WITHIN_S: Final = 10.0
#: Websockets of one page at once: the newest, and those of lost connections that are not known to be lost yet.
_MOST_SOCKETS: Final = 3
#: Questions of one page that wait for the one under way; what it asks beyond stays with the browser.
_MOST_WAITING: Final = 16
#: Questions of one user, of all his pages, whose answers are made or not yet taken: each may be tens of megabytes.
_MOST_UNDER_WAY: Final = 4


class _Refused(Exception):
    """The page sent something that is not a question."""


class Channels:
    """Joins a page's websocket to its kernel's; ``clock`` gives seconds since the epoch."""

    def __init__(
        self,
        sessions: Sessions,
        visits: Visits,
        voila: Voila,
        clock: Callable[[], float],
        public_url: str | None,
    ) -> None:
        self._sessions = sessions
        self._visits = visits
        self._voila = voila
        self._clock = clock
        self._public_url = public_url
        self._open: dict[Visit, list[asyncio.Event]] = {}
        self._under_way = Places(UNBOUNDED, _MOST_UNDER_WAY)

    async def serve(self, page: WebSocket) -> None:
        """Answer `/api/kernels/<kernel id>/channels`: 403 to other sites, and nothing but a close to the wrong session.

        Nobody signed in, a kernel that is unknown and one that is another's get the same answer. It is accepted
        first, because a browser complains on its console about a handshake that fails; and pages that are left
        alone lose their kernel, pages that are signed out of their session.
        """
        # A websocket is not bound by the same-origin policy: the handshake's Origin is the check.
        if not is_same_origin(page, self._public_url):
            await page.close(_POLICY_VIOLATION)
            return
        session = await self._find_session(page)
        await page.accept()
        visit = None if session is None else self._visits.of_kernel(page.path_params["kernel_id"], session)
        code = _POLICY_VIOLATION
        if visit is not None and visit.kernel_id is not None and visit.comm_id is not None:
            code = await self._connect(page, visit, visit.kernel_id, visit.comm_id)
        if WebSocketState.DISCONNECTED not in {page.application_state, page.client_state}:
            end = None if visit is None else visit.session_end
            with suppress(WebSocketDisconnect):  # it left in this moment
                await (page.close(code) if end is None else page.close(SESSION_OVER, end))

    async def _find_session(self, page: WebSocket) -> Session | None:
        try:
            return await find_session(page, self._sessions)
        except (LakeError, AccessError, HeaderNotTrusted):
            return None

    async def _connect(self, page: WebSocket, visit: Visit, kernel_id: str, comm_id: str) -> int:
        try:
            with self._one_of_few(visit) as gave_way:
                async with _until_ended(
                    self._voila.channel(kernel_id, secrets.token_hex(16)), visit
                ) as kernel:
                    return await self._join(page, kernel, visit, comm_id, gave_way)
        except VoilaSilent as error:
            if visit.ended.is_set():
                return _GOING_AWAY
            logger.warning("A kernel could not be reached: %s", error)
            return _TRY_AGAIN

    @contextmanager
    def _one_of_few(self, visit: Visit) -> Iterator[asyncio.Event]:
        """A place among the page's websockets; the event says that it was given to a newer one."""
        gave_way = asyncio.Event()
        others = self._open.setdefault(visit, [])
        for oldest in others[: max(0, len(others) - _MOST_SOCKETS + 1)]:
            oldest.set()
            others.remove(oldest)
        others.append(gave_way)
        try:
            yield gave_way
        finally:
            if gave_way in others:
                others.remove(gave_way)
            if not others:
                self._open.pop(visit, None)

    async def _join(
        self, page: WebSocket, kernel: Channel, visit: Visit, comm_id: str, gave_way: asyncio.Event
    ) -> int:
        """Pass messages until one side is gone, the visit ends or the page misbehaves; the code to close with."""
        questions: asyncio.Queue[Question] = asyncio.Queue(_MOST_WAITING)
        awaited = _Awaited(comm_id)
        tasks = [
            asyncio.create_task(self._hear_questions(page, questions, visit, comm_id)),
            asyncio.create_task(self._carry(questions, page, kernel, visit, awaited)),
            asyncio.create_task(_hear_answers(kernel, awaited)),
            asyncio.create_task(visit.ended.wait()),
            asyncio.create_task(gave_way.wait()),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
        await asyncio.wait(tasks)
        errors = [None if task.cancelled() else task.exception() for task in tasks]
        for error in errors:
            if error is not None and not isinstance(error, _Refused | WebSocketDisconnect | ConnectionClosed):
                logger.error("A page's messages were not passed on: %s", describe_defect(error))
        return _POLICY_VIOLATION if any(isinstance(error, _Refused) for error in errors) else _GOING_AWAY

    async def _hear_questions(
        self, page: WebSocket, questions: asyncio.Queue[Question], visit: Visit, comm_id: str
    ) -> None:
        recent: deque[float] = deque(maxlen=_MOST_QUESTIONS)
        while True:
            question = read_question(await _receive_text(page), comm_id)
            now = self._clock()
            if question is None or (len(recent) == _MOST_QUESTIONS and now - recent[0] < _WITHIN_S):
                logger.warning("A page sent what is not a question, or too many: its connection is closed.")
                raise _Refused
            recent.append(now)
            visit.last_used_at = now
            await questions.put(question)

    async def _carry(
        self,
        questions: asyncio.Queue[Question],
        page: WebSocket,
        kernel: Channel,
        visit: Visit,
        awaited: _Awaited,
    ) -> None:
        """One question after the other: asked, answered, and the answer taken."""
        while True:
            question = await questions.get()
            async with self._under_way.place(visit.session.viewer.name):
                visit.asked_at = self._clock()
                answer = awaited.expect(question)
                await kernel.send(question_to_kernel(question, awaited.comm_id, secrets.token_hex(16)))
                text = await answer
                visit.asked_at = None
                await page.send_text(text)


@asynccontextmanager
async def _until_ended(opening: AbstractAsyncContextManager[Channel], visit: Visit) -> AsyncIterator[Channel]:
    """The channel, once it is open; raises `VoilaSilent`, also where its kernel has ended, of which Voila is silent."""
    entering = asyncio.ensure_future(opening.__aenter__())
    ended = asyncio.ensure_future(visit.ended.wait())
    try:
        await asyncio.wait({entering, ended}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        ended.cancel()
        if not entering.done():
            entering.cancel()
            await asyncio.gather(entering, return_exceptions=True)
    if entering.cancelled():
        raise VoilaSilent("the kernel has ended")
    channel = entering.result()
    try:
        yield channel
    finally:
        await opening.__aexit__(None, None, None)


async def _receive_text(page: WebSocket) -> str:
    message = await page.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", _GOING_AWAY))
    text = message.get("text")
    if not isinstance(text, str):
        raise _Refused  # binary: the v1 protocol, which our page does not speak
    return text


class _Awaited:
    """The answer that a websocket waits for; of what else its kernel says it wants nothing."""

    def __init__(self, comm_id: str) -> None:
        self.comm_id = comm_id
        self._asked = 0
        self._answer: asyncio.Future[str] | None = None

    def expect(self, question: Question) -> asyncio.Future[str]:
        """The answer to ``question``, as the page may see it."""
        self._asked = question.id
        self._answer = asyncio.get_running_loop().create_future()
        return self._answer

    def hear(self, message: str | bytes) -> None:
        """Look at what the kernel says; nothing is kept of what nobody waits for."""
        if self._answer is None:
            return
        answer = answer_to_page(message, self.comm_id, self._asked)
        if answer is not None and not self._answer.done():
            self._answer.set_result(answer)
            self._answer = None


async def _hear_answers(kernel: Channel, awaited: _Awaited) -> None:
    while True:
        try:
            message = await kernel.recv()
        except ConnectionClosed:
            return
        awaited.hear(message)
