"""Passwords of administrators: hashes that can be kept, and guesses that have to wait."""

import pytest
from admindesk import HASH, OTHER_HASH, PASSWORD

from assistant.admin import passwords
from assistant.admin.passwords import FREE, Gate, administrators
from assistant.errors import SettingsError


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def gate(clock):
    return Gate({"kari": HASH, "ola": OTHER_HASH}, clock)


def test_a_hash_is_of_one_password_and_never_the_same_twice():
    assert passwords.matches(PASSWORD, HASH)
    assert not passwords.matches(PASSWORD + " ", HASH)
    assert passwords.hashed(PASSWORD) != HASH


def test_a_hash_holds_nothing_that_a_shell_or_a_compose_file_reads_as_its_own():
    assert set("$`\"'\\ {}#") & set(HASH) == set()


def test_every_administrator_has_a_name_and_one_without_is_called_admin():
    assert administrators(f"kari={HASH}  ola={OTHER_HASH}\n") == {"kari": HASH, "ola": OTHER_HASH}
    assert administrators(HASH) == {"admin": HASH}
    assert administrators("") == {}


@pytest.mark.parametrize(
    "setting",
    [
        "passord", "kari=passord", f"kari={HASH} kari={OTHER_HASH}", f"={HASH[:-1]}", f"k:ri={HASH}",
        HASH.replace("scrypt:15", "scrypt:40"), HASH.replace("scrypt:15", "scrypt:2"),
    ],
    ids=["plain", "named plain", "one name twice", "no name", "no word as name", "too dear", "too cheap"],
)  # fmt: skip
def test_a_setting_that_cannot_be_used_stops_the_start_and_is_not_repeated(setting):
    with pytest.raises(SettingsError, match="assistant admin password") as caught:
        administrators(setting)
    assert "passord" not in str(caught.value).replace("assistant admin password", "")


def test_the_right_password_is_let_in_and_the_wrong_one_is_not(gate):
    assert gate.admits("kari", PASSWORD, "10.0.0.1")
    assert not gate.admits("kari", "feil", "10.0.0.1")
    assert not gate.admits("ola", PASSWORD, "10.0.0.1")
    assert not gate.admits("ingen", PASSWORD, "10.0.0.1")
    assert not gate.admits("kari", "x" * 100_000, "10.0.0.1")


def guess(gate, times, name="kari", address="10.0.0.1"):
    for _ in range(times):
        assert not gate.admits(name, "feil", address)


def test_who_guesses_has_to_wait_longer_each_time_and_even_the_right_password_waits(gate, clock):
    guess(gate, FREE - 1)
    assert gate.wait("kari", "10.0.0.1") == 0
    waits = []
    for _ in range(5):
        guess(gate, 1)
        waits.append(gate.wait("kari", "10.0.0.1"))
        assert not gate.admits("kari", PASSWORD, "10.0.0.1")
        clock.now += waits[-1]
        assert gate.wait("kari", "10.0.0.1") == 0
    assert waits == sorted(waits)
    assert waits[-1] > 8 * waits[0]
    assert gate.admits("kari", PASSWORD, "10.0.0.1")
    assert gate.wait("kari", "10.0.0.1") == 0


def test_a_guesser_of_many_names_is_stopped_by_her_address(gate):
    for number in range(FREE):
        guess(gate, 1, f"navn{number}")
    assert gate.wait("kari", "10.0.0.1") > 0
    assert gate.wait("kari", "10.0.0.2") == 0


def test_nobody_can_shut_an_administrator_out_for_longer_than_a_minute(gate, clock):
    for number in range(30):
        guess(gate, 1, "kari", f"10.0.1.{number}")
        clock.now += 61
    guess(gate, 1, "kari", "10.0.2.1")
    assert 0 < gate.wait("kari", "10.9.9.9") <= 61
    assert gate.wait("ola", "10.9.9.9") == 0


def test_wrong_tries_are_forgotten_after_an_hour(gate, clock):
    guess(gate, FREE)
    clock.now += passwords.FORGET_SECONDS + 1
    guess(gate, 1)
    assert gate.wait("kari", "10.0.0.1") == 0


def test_tries_from_very_many_addresses_are_not_all_remembered(gate, monkeypatch):
    monkeypatch.setattr(passwords, "matches", lambda *_: False)
    monkeypatch.setattr(passwords, "REMEMBERED", 50)
    for number in range(500):
        guess(gate, 1, f"navn{number}", f"adresse{number}")
    assert len(gate._tries) <= 52


def test_the_fingerprint_follows_the_password():
    one, other = Gate({"kari": HASH}), Gate({"kari": OTHER_HASH})
    assert one.fingerprint("kari") != other.fingerprint("kari")
    assert one.fingerprint("ola") is None
