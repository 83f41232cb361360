"""A product keeps to the thread that asks for it."""

from threadpoolctl import threadpool_info

from assistant import cores


def test_numpy_shares_no_product_between_threads():
    cores.one_thread_a_product()
    assert {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"} == {1}


def test_an_assistant_has_seen_to_it(small):
    assert cores.one_thread_a_product.cache_info().currsize == 1
    assert small.build
