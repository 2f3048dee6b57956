"""The desk: a local web application in which an analyst reads, adds, compares and decides.

Server-rendered pages and a JSON API over one book, for one person at one machine. No request leaves the machine.
"""
