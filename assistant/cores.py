"""How many threads numpy may share a product between: one.

The products of an answer take a millisecond each, and a server makes many answers at once. Two threads that
wait for each other gain little while the machine is idle, and lose a whole turn each time it is not.
"""

from __future__ import annotations

from functools import cache

from threadpoolctl import threadpool_limits


@cache
def one_thread_a_product() -> None:
    """Keep the products of this process to the thread that asks for them, from now on."""
    threadpool_limits(1, user_api="blas")
