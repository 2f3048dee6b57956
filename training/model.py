"""MiniLM-L6 as a torch module, with one linear map to all heads, and the loss over what a text supervises."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

from tollbook.extract.tagger import BUCKETS, COLUMNS, HEADS, KINDS, LINK, LINKS, bucket
from training.encode import IGNORE, Encoded

WIDTH, LAYERS, TOKEN_HEADS, INNER = 384, 6, 12, 1536


class Layer(nn.Module):
    """One BERT encoder layer (post-norm)."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH, 1e-12), nn.LayerNorm(WIDTH, 1e-12)
        self.up, self.down = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)
        self.dropout = dropout

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """Hidden states to hidden states; `mask` is additive over keys, None without padding."""
        batch, length, _ = x.shape

        def split(t: Tensor) -> Tensor:
            return t.view(batch, length, TOKEN_HEADS, WIDTH // TOKEN_HEADS).transpose(1, 2)

        q, k, v = split(self.query(x)), split(self.key(x)), split(self.value(x))
        scores = q @ k.transpose(-1, -2) / math.sqrt(WIDTH // TOKEN_HEADS)
        if mask is not None:
            scores = scores + mask
        mixed = (scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, length, WIDTH)
        x = self.norm1(x + F.dropout(self.out(mixed), self.dropout, self.training))
        inner = self.down(F.gelu(self.up(x)))
        out: Tensor = self.norm2(x + F.dropout(inner, self.dropout, self.training))
        return out


class TaggerNet(nn.Module):
    """Pieces to one row of outputs a piece: the heads' logits in the order of HEADS, then the link vectors."""

    def __init__(self, vocabulary: int = 30522, positions: int = 512, dropout: float = 0.1) -> None:
        super().__init__()
        self.words, self.positions = nn.Embedding(vocabulary, WIDTH), nn.Embedding(positions, WIDTH)
        self.kind, self.norm = nn.Parameter(torch.zeros(WIDTH)), nn.LayerNorm(WIDTH, 1e-12)
        self.layers = nn.ModuleList(Layer(dropout) for _ in range(LAYERS))
        self.dropout = dropout
        self.rows = sum(len(v) for v in HEADS.values())
        self.output = nn.Linear(WIDTH, self.rows + LINK * len(LINKS))
        self.act_bias = nn.Parameter(torch.zeros(len(KINDS), len(KINDS)))
        self.act_distance = nn.Parameter(torch.zeros(BUCKETS))
        self.says_distance = nn.Parameter(torch.zeros(BUCKETS))
        with torch.no_grad():
            self.output.weight.normal_(0, 0.02)
            self.output.bias.zero_()

    def forward(self, ids: Tensor, mask: Tensor | None = None) -> Tensor:
        """ids [batch, length] to [batch, length, outputs]; `mask` 1 for a piece, 0 for padding."""
        x = self.words(ids) + self.positions.weight[: ids.shape[1]] + self.kind
        x = F.dropout(self.norm(x), self.dropout, self.training)
        added = None if mask is None else (1.0 - mask[:, None, None, :].float()) * -1e4
        for layer in self.layers:
            x = layer(x, added)
        out: Tensor = self.output(F.dropout(x, self.dropout, self.training))
        return out

    def set_priors(self, encoded: list[Encoded]) -> None:
        """Starts every head at its classes' shares of the training texts.

        Left at zero, the biases are too slow: the body learns the shares instead, by making all pieces alike, and
        takes epochs to come back from there.
        """
        counts = {head: torch.ones(len(labels)) for head, labels in HEADS.items()}
        linked = told = 1.0
        pairs, sentences = 2.0, 2.0
        for text in encoded:
            for head in TOKEN_LOSS:
                for row in text.targets[head]:
                    for target in row:
                        if target != IGNORE:
                            counts[head][target] += 1
            for _, _, row_target in text.sentences:
                target_of: Any = row_target
                told += target_of["act"]
                sentences += 1
                for name in ("type", "scope", "status"):
                    for value in target_of[name]:
                        counts["s_" + name][value] += 1
            for n, item in enumerate(text.items):
                linked += sum(bool(item.acts & other.acts) for other in text.items[n + 1 :])
                pairs += len(text.items) - n - 1
        with torch.no_grad():
            for head, count in counts.items():
                if head != "s_act":
                    self.output.bias[COLUMNS[head]] = (count / count.sum()).log()
            self.output.bias[COLUMNS["s_act"]] = math.log(told / max(1.0, sentences - told))
            self.act_bias.fill_(math.log(linked / max(1.0, pairs - linked)))
            self.says_distance.fill_(-0.5)

    def load_base(self, path: Path) -> None:
        """Fills the encoder with MiniLM's weights (a BERT safetensors file)."""
        raw = load_file(str(path))
        raw = {k.removeprefix("bert."): v for k, v in raw.items()}
        state = self.state_dict()
        state["words.weight"] = raw["embeddings.word_embeddings.weight"]
        state["positions.weight"] = raw["embeddings.position_embeddings.weight"]
        state["kind"] = raw["embeddings.token_type_embeddings.weight"][0]
        for part in ("weight", "bias"):
            state[f"norm.{part}"] = raw[f"embeddings.LayerNorm.{part}"]
            for n in range(LAYERS):
                base = f"encoder.layer.{n}."
                for ours, theirs in (
                    ("query", "attention.self.query"), ("key", "attention.self.key"), ("value", "attention.self.value"),
                    ("out", "attention.output.dense"), ("norm1", "attention.output.LayerNorm"),
                    ("up", "intermediate.dense"), ("down", "output.dense"), ("norm2", "output.LayerNorm"),
                ):  # fmt: skip
                    state[f"layers.{n}.{ours}.{part}"] = raw[f"{base}{theirs}.{part}"]
        self.load_state_dict(state)


WEIGHTS = {
    "figure": 6.0, "who": 0.5, "subset": 0.5, "type": 0.5, "scope": 0.5, "status": 0.25, "place": 3.0,
    "perpetrator": 5.0, "target": 1.5, "group": 1.0, "date": 3.0, "speaker": 4.0,
    "s_act": 1.0, "s_type": 0.7, "s_scope": 0.5, "s_status": 0.25,
    "act_link": 1.0, "says_link": 0.7,
}  # fmt: skip
"""Shares of the loss: every head's part of one order at the start; figures, places and actors count more."""


TOKEN_LOSS = tuple(h for h in HEADS if not h.startswith("s_"))


def outputs(net: TaggerNet, windows: list[list[int]]) -> list[Tensor]:
    """One [pieces, outputs] tensor a window; windows of like length are run together, so that little is padding."""
    order = sorted(range(len(windows)), key=lambda n: len(windows[n]))
    groups: list[list[int]] = [[]]
    for n in order:
        if groups[-1] and len(windows[n]) > 1.25 * len(windows[groups[-1][0]]) + 8:
            groups.append([])
        groups[-1].append(n)
    found: dict[int, Tensor] = {}
    for group in groups:
        length = max(len(windows[n]) for n in group)
        ids = torch.zeros(len(group), length, dtype=torch.long)
        mask = torch.zeros(len(group), length)
        for k, n in enumerate(group):
            ids[k, : len(windows[n])] = torch.tensor(windows[n])
            mask[k, : len(windows[n])] = 1
        out = net(ids, None if bool(mask.all()) else mask)
        found.update((n, out[k, : len(windows[n])]) for k, n in enumerate(group))
    return [found[n] for n in range(len(windows))]


def loss_of(net: TaggerNet, docs: list[Encoded]) -> tuple[Tensor, dict[str, float]]:
    """The weighted loss of a batch of whole texts, and each head's part."""
    out = outputs(net, [w for d in docs for w in d.pieces])
    rows = torch.cat(out)
    parts: dict[str, Tensor] = {}
    for head in TOKEN_LOSS:
        target = torch.tensor([t for doc in docs for row in doc.targets[head] for t in row])
        if (target != IGNORE).any():
            parts[head] = F.cross_entropy(rows[:, COLUMNS[head]], target, ignore_index=IGNORE)
    base = 0
    totals: dict[str, list[Tensor]] = {}
    for doc in docs:
        _sentence_loss(doc, out, base, totals)
        _link_loss(net, doc, out, base, totals)
        base += len(doc.pieces)
    for name, values in totals.items():
        parts[name] = torch.cat([v.reshape(-1) for v in values]).mean()
    total = torch.stack([WEIGHTS[name] * part for name, part in parts.items()]).sum()
    return total, {k: float(v.detach()) for k, v in parts.items()}


def _sentence_loss(doc: Encoded, out: list[Tensor], base: int, totals: dict[str, list[Tensor]]) -> None:
    for window, pieces, target in doc.sentences:
        row: Any = target
        mean = out[base + window][pieces].mean(0)
        act = mean[COLUMNS["s_act"]]
        totals.setdefault("s_act", []).append(
            F.binary_cross_entropy_with_logits(act, torch.tensor([row["act"]])) * row["weight"]
        )
        for name in ("type", "scope", "status"):
            if row[name]:
                logits = mean[COLUMNS["s_" + name]].log_softmax(-1)
                totals.setdefault("s_" + name, []).append(-logits[row[name]].mean())


def _link_loss(net: TaggerNet, doc: Encoded, out: list[Tensor], base: int, totals: dict[str, list[Tensor]]) -> None:
    def vectors(items: list[Any], name: str) -> Tensor:
        return torch.stack([out[base + i.window][i.pieces][:, COLUMNS[name]].mean(0) for i in items])

    items = doc.items
    if len(items) > 1:
        first, second, label = [], [], []
        for a in range(len(items)):
            for b in range(a + 1, len(items)):
                first.append(a)
                second.append(b)
                label.append(float(bool(items[a].acts & items[b].acts)))
        score = (vectors(items, "act_from") @ vectors(items, "act_to").T)[first, second] / math.sqrt(LINK)
        kinds = [KINDS.index(i.kind) for i in items]
        score = score + net.act_bias[[kinds[a] for a in first], [kinds[b] for b in second]]
        score = (
            score
            + net.act_distance[
                [bucket(items[b].sentence - items[a].sentence) for a, b in zip(first, second, strict=True)]
            ]
        )
        totals.setdefault("act_link", []).append(
            F.binary_cross_entropy_with_logits(score, torch.tensor(label), reduction="none")
        )
    figures = [i for i in items if i.says is not None]
    if figures and doc.speakers:
        score = vectors(figures, "says_from") @ vectors(doc.speakers, "says_to").T / math.sqrt(LINK)
        gaps = [[bucket(s.sentence - f.sentence) for s in doc.speakers] for f in figures]
        score = score + net.says_distance[torch.tensor(gaps)]
        label = torch.tensor([[float(n in f.says) for n in range(len(doc.speakers))] for f in figures])
        totals.setdefault("says_link", []).append(F.binary_cross_entropy_with_logits(score, label, reduction="none"))
