"""One training: texts in, weights out; a checkpoint after each epoch, so that a stopped run goes on where it was."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from tollbook.extract.tagger import LinkBiases
from tollbook.extract.wordpiece import WordPiece
from training.encode import Encoded, encode
from training.ground import Doc
from training.measure import Rows
from training.model import TaggerNet, loss_of


@dataclass(frozen=True, slots=True)
class Plan:
    """How to train. `frozen` is the number of encoder layers, from the bottom, that stay as they are."""

    epochs: int = 5
    rate: float = 2e-4
    head_rate: float = 2e-3
    windows: int = 5
    seed: int = 7
    frozen: int = 0
    dropout: float = 0.1
    threads: int = 2


def batches(encoded: Sequence[Encoded], size: int, rng: random.Random) -> list[list[Encoded]]:
    """Whole texts in random order, about `size` windows a batch."""
    order = list(encoded)
    rng.shuffle(order)
    out: list[list[Encoded]] = [[]]
    for text in order:
        if out[-1] and sum(len(e.pieces) for e in out[-1]) + len(text.pieces) > size:
            out.append([])
        out[-1].append(text)
    return out


def fit(
    docs: Callable[[int, random.Random], Sequence[Doc]],
    cutter: WordPiece,
    base: Path,
    plan: Plan,
    checkpoint: Path | None = None,
    start: Path | None = None,
) -> TaggerNet:
    """Trains on `docs(epoch, rng)`, other texts or variants every epoch. One torch and thread count: one result.

    Goes on from the weights of the checkpoint `start` where there is one, else from MiniLM's in `base`.
    """
    torch.manual_seed(plan.seed)
    torch.set_num_threads(plan.threads)
    net = TaggerNet(dropout=plan.dropout)
    net.load_base(base)
    net.words.weight.requires_grad = False
    net.positions.weight.requires_grad = False
    for layer in list(net.layers)[: plan.frozen]:
        for weight in layer.parameters():
            weight.requires_grad = False
    head = [p for n, p in net.named_parameters() if n.startswith(("output", "act_", "says_"))]
    body = [p for p in net.parameters() if p.requires_grad and not any(p is h for h in head)]
    steps = torch.optim.AdamW(
        [{"params": body, "lr": plan.rate}, {"params": head, "lr": plan.head_rate}], weight_decay=0.01
    )
    if start is not None:
        net.load_state_dict(torch.load(start, weights_only=False)["net"])
    first = 0
    if checkpoint is not None and checkpoint.exists():
        state = torch.load(checkpoint, weights_only=False)
        net.load_state_dict(state["net"])
        steps.load_state_dict(state["steps"])
        first = state["epoch"]
        torch.set_rng_state(state["torch"])
    for epoch in range(first, plan.epochs):
        rng = random.Random(plan.seed * 1000 + epoch)
        encoded = [e for e in (encode(d, cutter) for d in docs(epoch, rng)) if e.pieces]
        if epoch == 0 and start is None:
            net.set_priors(encoded)
        work = batches(encoded, plan.windows, rng)
        began, seen, summed = time.time(), 0, 0.0
        net.train()
        for n, batch in enumerate(work):
            done = (epoch + n / len(work)) / plan.epochs
            share = min(1.0, done * 12) * (1.0 - done) + 0.02
            for group, rate in zip(steps.param_groups, (plan.rate, plan.head_rate), strict=True):
                group["lr"] = rate * share
            loss, _ = loss_of(net, batch)
            steps.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            steps.step()
            summed += float(loss.detach())
            seen += sum(len(p) for e in batch for p in e.pieces)
            if n % 25 == 24:
                print(
                    f"  {n + 1}/{len(work)} loss {summed / (n + 1):.3f} {seen / (time.time() - began):.0f} pieces/s",
                    flush=True,
                )
        took = time.time() - began
        loss_now = f"loss {summed / len(work):.3f}"
        print(f"epoch {epoch + 1}/{plan.epochs} {loss_now} {seen / took:.0f} pieces/s {took:.0f} s", flush=True)
        if checkpoint is not None:
            state = {"net": net.state_dict(), "steps": steps.state_dict(), "epoch": epoch + 1}
            torch.save({**state, "torch": torch.get_rng_state()}, checkpoint)
    net.eval()
    return net


def runner(net: TaggerNet) -> Callable[[Encoded], Rows]:
    """The outputs of a text's windows, each run by itself as at run time."""

    def run(encoded: Encoded) -> Rows:
        with torch.no_grad():
            return [net(torch.tensor([w]))[0].numpy() for w in encoded.pieces]

    return run


def links_of(net: TaggerNet) -> LinkBiases:
    """The link biases as arrays."""
    return LinkBiases(*(np.asarray(t.detach().numpy()) for t in (net.act_bias, net.act_distance, net.says_distance)))
