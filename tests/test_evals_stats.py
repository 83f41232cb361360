import pytest

from evals import stats


def test_a_share_has_the_wilson_interval_of_the_textbook():
    found = stats.share(9, 10)
    assert (found.value, found.n) == (0.9, 10)
    assert (found.low, found.high) == pytest.approx((0.5958, 0.9821), abs=1e-4)


def test_a_full_share_reaches_one_and_still_has_a_width():
    found = stats.share(20, 20)
    assert found.high == pytest.approx(1.0)
    assert found.low == pytest.approx(0.8389, abs=1e-4)


def test_nothing_gives_no_number():
    assert stats.share(0, 0) is None
    assert stats.mean([]) is None
    assert stats.quantile([], 0.5) is None
    assert stats.mcnemar([], []) is None
    assert stats.paired_mean([], []) is None
    assert stats.unpaired_mean([1.0], []) is None


def test_the_interval_of_a_mean_holds_it_and_is_the_same_every_time():
    values = [0.0, 0.5, 1.0, 1.0, 1.0, 0.5, 0.0, 1.0]
    found = stats.mean(values)
    assert found == stats.mean(values)
    assert found.low < found.value == 0.625 < found.high


def test_observations_that_belong_together_make_the_interval_wider():
    values = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0] * 5
    groups = [i // 3 for i in range(30)]
    alone, together = stats.mean(values), stats.mean(values, groups)
    assert together.high - together.low > 1.4 * (alone.high - alone.low)


def test_mcnemar_is_the_exact_binomial_of_the_changed_pairs():
    before = [1.0] * 9 + [0.0] + [1.0] * 30
    after = [0.0] * 9 + [1.0] + [1.0] * 30
    found = stats.mcnemar(before, after)
    assert found.p == pytest.approx(2 * (1 + 10) / 2**10)
    assert found.value == pytest.approx(-8 / 40)
    assert found.worse


def test_five_lost_cases_are_not_yet_a_difference():
    found = stats.mcnemar([1.0] * 5 + [0.0] * 20, [0.0] * 25)
    assert found.p == pytest.approx(0.0625)
    assert not found.worse


def test_two_equal_runs_do_not_differ():
    values = [0.3, 0.7, 1.0]
    assert stats.mcnemar([1.0, 0.0], [1.0, 0.0]).p == 1.0
    assert stats.paired_mean(values, values).p == 1.0


def test_a_steady_fall_is_seen_by_the_paired_bootstrap_and_noise_is_not():
    before = [0.2 + 0.01 * i for i in range(40)]
    assert stats.paired_mean(before, [b - 0.05 - 0.001 * i for i, b in enumerate(before)]).worse
    assert not stats.paired_mean(before, [b + (0.05 if i % 2 else -0.05) for i, b in enumerate(before)]).worse


def test_holm_multiplies_the_smallest_first_and_never_falls():
    assert stats.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert stats.holm([0.9, 0.8]) == [1.0, 1.0]
    assert stats.holm([]) == []
