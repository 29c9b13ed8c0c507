"""A backtest in Python: replays an order flow (a .flow file) through libcauseway-book.so, takes the
reports out, and prints what `causeway flow run` prints of the same file.

    python3 book.py libcauseway-book.so FILE.flow

Exit status 2 for an unusable file.
"""
import json
import struct
import sys
import time

from causeway_book import (
    CANCEL, DENSE, LOSE_PRIORITY, MARKET, NEW, REJECTED, REPLACE, SPARSE, TRADE, UNKNOWN_ORDER,
    Book, BookError, Command)

CHUNK = 1024
WORD = (1 << 64) - 1


class Digest:
    def __init__(self):
        self.trades = self.volume = self.notional = 0
        self.hash = 0x243F6A8885A308D3

    def add(self, resting, aggressor, tick, quantity):
        self.trades += 1
        self.volume += quantity
        self.notional += tick * quantity
        mixed = (self.hash ^ (resting << 32 | aggressor)) * 0x9E3779B97F4A7C15 & WORD
        mixed ^= mixed >> 29
        self.hash = (mixed ^ (tick << 32 | quantity)) * 0xC2B2AE3D27D4EB4F & WORD


def read_flow(path):
    """The header's words and the records as commands."""
    with open(path, "rb") as file:
        data = file.read()
    if len(data) < 64 or data[:8] != b"LOBFLOW1":
        raise ValueError(f"{path} is no flow file")
    header = struct.unpack_from("<8I", data, 8)
    count, min_tick = header[0] + header[1], header[3]
    if len(data) != 64 + 16 * count:
        raise ValueError(f"{path} has not the bytes of its {count} records")
    commands = (Command * count)()
    operations = {0: NEW, 1: CANCEL, 2: REPLACE, 3: NEW}
    for command, record in zip(commands, struct.iter_unpack("<BBHIII", data[64:])):
        operation, command.side, command.book, command.order, tick, command.quantity = record
        command.operation = operations.get(operation, 255)
        if operation == 2:
            command.flags = LOSE_PRIORITY
        if operation == 3:
            command.kind = MARKET
        else:
            command.tick = (tick - min_tick) & 0xFFFFFFFF
    return header, commands


def drain(book, min_tick, digest):
    """Only a cancel or replace of an order that is gone may be refused."""
    for report in book.reports():
        if report.kind == TRADE:
            digest.add(report.contra, report.order, report.tick + min_tick, report.quantity)
        elif report.kind == REJECTED and report.reason != UNKNOWN_ORDER:
            text = book.c.error_text(report.reason).decode()
            raise ValueError(f"record {report.command}: {text}")


def main():
    header, commands = read_flow(sys.argv[2])
    prefill, main_count, id_max, min_tick, max_tick, symbols, _, _ = header
    band = max_tick - min_tick + 1
    digest = Digest()
    # Few busy books, or many thin series.
    shape = SPARSE if band * symbols > 1 << 20 else DENSE
    with Book(sys.argv[1], orders_max=id_max, books_max=symbols,
              ticks_max=band * symbols if shape == DENSE else 0,
              sparse_max=symbols if shape == SPARSE else 0,
              reports_wanted=1 << TRADE | 1 << REJECTED) as book:
        for symbol in range(symbols):
            book.list(symbol, band, shape)
        begin, done = time.thread_time_ns(), 0
        while done < len(commands):
            if done == prefill:
                begin = time.thread_time_ns()
            end = prefill if done < prefill else len(commands)
            done += book.apply(commands, done, min(CHUNK, end - done))
            drain(book, min_tick, digest)
        elapsed = time.thread_time_ns() - begin
        print(json.dumps({
            "ns_op": round(elapsed / max(1, main_count), 3), "trades": digest.trades,
            "volume": digest.volume & WORD, "notional": digest.notional & WORD,
            "hash": f"{digest.hash:016x}", "live": book.live_count}))


if __name__ == "__main__":
    try:
        main()
    except (ValueError, BookError, OSError, IndexError) as error:
        print("book:", error, file=sys.stderr)
        sys.exit(2)
