"""Fifty builds ended by `kill -9`, each at a random moment, with hashing vectors in place of the model."""

import killing

TIMES = 50


def test_after_each_of_fifty_kills_the_service_starts_at_once_and_cites_as_before(tmp_path):
    tally = killing.kill_builds(tmp_path, times=TIMES, seed=20261130)
    print(f"\n{tally}")  # noqa: T201 - read with `pytest -s`
    assert tally.killed == TIMES
    assert {"vectors.npy", "words"} <= tally.left, "and in different parts of the build"
    assert tally.published, "and some after they are over"
