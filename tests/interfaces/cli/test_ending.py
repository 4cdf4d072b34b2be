"""How a command's process ends. It must not depend on what its threads are doing."""

import subprocess
import sys

BUSY_IN_COMPILED_CODE = """
import atexit, sys, threading
from pydantic import BaseModel, field_validator

entered = threading.Event()

class Busy(BaseModel):
    number: int

    @field_validator("number")
    @classmethod
    def counts(cls, number):
        entered.set()
        while True:
            number += 1

threading.Thread(target=lambda: Busy(number=1), daemon=True).start()
entered.wait()
atexit.register(print, "left")
sys.argv = ["crmw", *sys.argv[1:]]
from crm_workflows.interfaces.cli.main import main
main()
"""


def ended(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", BUSY_IN_COMPILED_CODE, *words], capture_output=True, text=True, check=False, timeout=120
    )


def test_a_thread_that_is_still_in_compiled_code_does_not_abort_a_command_that_is_done() -> None:
    done = ended("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("left\n")


def test_nor_does_it_change_the_status_of_a_refusal() -> None:
    refused = ended("nothing-such")
    assert refused.returncode == 2
    assert "nothing-such" in refused.stderr
    assert "FATAL" not in refused.stderr


INTERRUPTED_AS_IT_BEGINS = """
import sys

class CtrlC:
    def find_spec(self, name, *_):
        if name == "typer":
            raise KeyboardInterrupt

sys.meta_path.insert(0, CtrlC())
from crm_workflows.interfaces.cli.main import main
main()
"""


def test_ctrl_c_while_everything_is_still_being_imported_ends_without_a_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_AS_IT_BEGINS], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
