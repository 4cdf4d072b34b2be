"""A role that only one process of all carries out at a time, on the shared database. It must not know which role."""

import contextlib
import logging
import threading
import uuid
from typing import Final

from crm_workflows.domain.errors import StoreBusy
from crm_workflows.engine.ports import Store
from crm_workflows.engine.running.duties import BEAT_SECONDS, Post
from crm_workflows.engine.running.worker import worker_name
from crm_workflows.interfaces.up.roles import Role

log = logging.getLogger(__name__)
LETTERS: Final = 8


class OnDuty:
    """Waits until the duty of that name is free or its holder silent, then runs the role as long as it is held."""

    def __init__(self, store: Store, role: Role) -> None:
        self.name = role.name
        self._store = store
        self._role = role

    def run(self, stop: threading.Event) -> None:
        """Until told to stop; raises what the role and the store raise, having left the duty to others."""
        # In a container every start has the same host and number.
        post = Post(self._store, self.name, f"{worker_name()}:{uuid.uuid4().hex[:LETTERS]}")
        while not stop.is_set():
            if post.take():
                log.info("on duty", extra={"role": self.name})
                self._hold(post, stop)
            else:
                stop.wait(BEAT_SECONDS)

    def _hold(self, post: Post, stop: threading.Event) -> None:
        off = threading.Event()
        beating = threading.Thread(target=self._beat, args=(post, stop, off), name=f"{self.name}-duty", daemon=True)
        beating.start()
        try:
            self._role.run(off)
        finally:
            off.set()
            beating.join()
            with contextlib.suppress(StoreBusy):  # then it is taken over a few seconds later
                post.leave()

    def _beat(self, post: Post, stop: threading.Event, off: threading.Event) -> None:
        """Signs of life until the role has ended; lets it end when told to, or when the duty is lost."""
        try:
            while not (stop.wait(BEAT_SECONDS) or off.is_set() or self._is_lost(post)):
                pass
        finally:
            off.set()

    def _is_lost(self, post: Post) -> bool:
        try:
            is_held = post.beat()
        except StoreBusy as error:
            if not post.is_overdue:
                return False
            log.warning("off duty: no sign of life can be given", extra={"role": self.name, "error": error.message})
            return True
        if not is_held:
            log.warning("off duty: another process has taken over", extra={"role": self.name})
        return not is_held
