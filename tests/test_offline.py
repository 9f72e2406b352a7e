"""The tests' own promise: none of them can reach a network."""

from __future__ import annotations

import os
import socket
import urllib.request
from pathlib import Path

import pytest
from conftest import MODELS
from pytest_socket import SocketBlockedError


@pytest.mark.filterwarnings("ignore:A test tried")
def test_no_test_can_open_a_socket() -> None:
    with pytest.raises(SocketBlockedError):
        socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    with pytest.raises(SocketBlockedError):
        socket.create_connection(("127.0.0.1", 9), timeout=1)
    with pytest.raises(SocketBlockedError):
        urllib.request.urlopen("http://127.0.0.1:9/", timeout=1)


def test_the_users_home_is_out_of_reach(tmp_path_factory: pytest.TempPathFactory) -> None:
    assert Path.home().is_relative_to(tmp_path_factory.getbasetemp())
    assert Path(os.environ["AGENTINSTRUCT_MODELS"]) == MODELS
