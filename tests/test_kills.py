"""A build that is ended by `kill -9` leaves what was there; `make test-scale` does it fifty times."""

import killing


def test_a_build_killed_at_any_moment_leaves_the_same_answers_and_the_next_one_is_whole(tmp_path):
    tally = killing.kill_builds(tmp_path, times=5, seed=1126)
    assert tally.killed == 5
