"""The loop in which a small model is fitted to vectors with PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Parameter

BATCH = 512


def descend(
    parameters: Sequence[Parameter],
    loss_of: Callable[[Tensor], Tensor],
    n: int,
    epochs: int,
    rate: float,
    decay: float,
    report: Callable[[str], None],
) -> None:
    """Fit `parameters` so that the mean loss of `n` rows falls: AdamW, one cycle of the rate.

    `loss_of` gives the mean loss of a batch of row numbers; `report` hears of each epoch.
    """
    import torch

    optimizer = torch.optim.AdamW(parameters, lr=rate, weight_decay=decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=epochs * -(-n // BATCH))
    for epoch in range(epochs):
        total = 0.0
        for batch in torch.randperm(n).split(BATCH):
            loss = loss_of(batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += float(loss.detach()) * len(batch)
        report(f"runde {epoch + 1} av {epochs}: tap {total / n:.3f}")
