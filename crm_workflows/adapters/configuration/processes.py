"""The procedures that are installed, each imported when it is first looked at. It must not run any."""

import threading
from collections.abc import Iterator, Mapping

from crm_workflows.adapters.configuration.flow_files import import_flow, import_flows
from crm_workflows.domain.errors import ConfigurationError
from crm_workflows.engine.procedure import Procedure
from crm_workflows.engine.requests import gate_check


class Processes(Mapping[tuple[str, int], Procedure]):
    """Every process by name and version, imported at the first look. Safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loaded: dict[tuple[str, int], Procedure] | None = None
        self._looked_at: dict[tuple[str, int], Procedure | None] = {}

    @property
    def is_loaded(self) -> bool:
        """Whether they have been imported."""
        return self._loaded is not None

    def load(self) -> dict[tuple[str, int], Procedure]:
        """Import them now, so that an author's mistake shows at start; raises AuthorMistake."""
        with self._lock:
            if self._loaded is None:
                self._loaded = load_processes()
            return self._loaded

    def __getitem__(self, key: tuple[str, int]) -> Procedure:
        return self._alone(key) or self.load()[key]

    def _alone(self, key: tuple[str, int]) -> Procedure | None:
        """Its own package only, and once: who looks at one case or a list of them need not wait for all others."""
        with self._lock:
            if self._loaded is None and key not in self._looked_at:
                self._looked_at[key] = import_flow(*key)
            return self._looked_at.get(key) if self._loaded is None else None

    def __iter__(self) -> Iterator[tuple[str, int]]:
        return iter(self.load())

    def __len__(self) -> int:
        return len(self.load())


def load_processes() -> dict[tuple[str, int], Procedure]:
    """Every process of the product and, after `add_own_flows`, of the company, by name and version.

    ConfigurationError, with file and line, for files that cannot be imported and gates that could never come out.
    """
    found = import_flows()
    wrong = [str(fault) for fault in gate_check.faults_as_written(found)]
    if wrong:
        raise ConfigurationError(wrong)
    return found
