"""Whoever has waited long enough for the doctor stops it, and nothing is left half done."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from isthmus.cli.demo_project import Ports, write_project

pytestmark = pytest.mark.slow
PATIENCE_S = 60
#: What a shell starts in the background ignores the signal, and so does whatever that starts.
AS_AT_A_TERMINAL = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("isthmus", run_name="__main__", alter_sys=True)
"""


def test_the_doctor_may_be_stopped_while_a_system_takes_its_time(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(PATIENCE_S)
        port = int(silent.getsockname()[1])
        write_project(tmp_path, Ports(port, port, port))
        command = [sys.executable, "-c", AS_AT_A_TERMINAL, "doctor", "-C", str(tmp_path)]
        doctor = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            asked, _address = silent.accept()  # it asks, and gets no answer
            doctor.send_signal(signal.SIGINT)
            said = doctor.communicate(timeout=PATIENCE_S)[0].decode()
            asked.close()
        finally:
            doctor.kill()
            doctor.wait()
    assert doctor.returncode == 130
    assert "stopped; nothing was changed" in said
    assert "Traceback" not in said
