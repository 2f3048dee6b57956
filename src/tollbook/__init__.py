"""Tollbook reads news reports on armed conflict and keeps the count."""

__version__ = "0.1.0"
