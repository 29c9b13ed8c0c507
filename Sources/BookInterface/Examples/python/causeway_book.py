"""libcauseway-book.so in Python: the structs and functions of causeway_book.h by ctypes.

    book = Book("libcauseway-book.so", orders_max=1000, ticks_max=1000)
    book.list(0, 1000)
    book.new(order=1, book=0, side=SELL, tick=500, quantity=10)
    for report in book.reports(): ...

A refused command raises BookError with the library's own code and words.
"""
import ctypes
from ctypes import POINTER, byref, c_char_p, c_int, c_size_t, c_uint8, c_uint16, c_uint32, c_uint64
from ctypes import c_void_p

ABI = 1
OK, UNKNOWN_ORDER, REPORTS_FULL = 0, 11, 17
NEW, CANCEL, REPLACE = 0, 1, 2
BUY, SELL = 0, 1
DENSE, SPARSE = 0, 1
LIMIT, MARKET, MARKET_TO_LIMIT = 0, 1, 2
DAY, GOOD_TILL_CANCEL, IMMEDIATE_OR_CANCEL, FILL_OR_KILL, GOOD_TILL_TIME = range(5)
CANCEL_AGGRESSOR, CANCEL_RESTING, CANCEL_BOTH, DECREMENT_BOTH = range(4)
POST_ONLY, POST_ONLY_REJECT, LOSE_PRIORITY = 1, 2, 4
RESTED, TRADE, FILLED, CANCELED, REPLACED, DECREMENTED, REJECTED = range(1, 8)
KINDS = ["", "rested", "trade", "filled", "canceled", "replaced", "decremented", "rejected"]


def _struct(name, fields, size):
    made = type(name, (ctypes.Structure,), {"_fields_": fields})
    if ctypes.sizeof(made) != size:
        raise ImportError(f"{name} has {ctypes.sizeof(made)} bytes, not {size}")
    return made


Sizes = _struct("Sizes", [
    ("orders_max", c_uint32), ("books_max", c_uint32), ("ticks_max", c_uint32),
    ("reports_max", c_uint32), ("reports_wanted", c_uint32), ("sparse_max", c_uint32)], 24)
Command = _struct("Command", [
    ("operation", c_uint8), ("side", c_uint8), ("kind", c_uint8), ("time_in_force", c_uint8),
    ("self_match", c_uint8), ("flags", c_uint8), ("reserved", c_uint16), ("order", c_uint32),
    ("book", c_uint32), ("tick", c_uint32), ("quantity", c_uint32), ("owner", c_uint32),
    ("tag", c_uint32)], 32)
Report = _struct("Report", [
    ("command", c_uint64), ("kind", c_uint8), ("reason", c_uint8), ("side", c_uint8),
    ("kept_priority", c_uint8), ("order", c_uint32), ("contra", c_uint32), ("book", c_uint32),
    ("tick", c_uint32), ("quantity", c_uint32), ("leaves", c_uint32), ("contra_leaves", c_uint32),
    ("tag", c_uint32), ("contra_tag", c_uint32)], 48)
Level = _struct("Level", [("tick", c_uint32), ("orders", c_uint32), ("quantity", c_uint64)], 16)
Top = _struct("Top", [("bid", Level), ("offer", Level)], 32)
Status = _struct("Status", [
    ("book", c_uint32), ("side", c_uint32), ("tick", c_uint32), ("leaves", c_uint32),
    ("owner", c_uint32), ("tag", c_uint32), ("lots_ahead", c_uint64), ("orders_ahead", c_uint32),
    ("reserved", c_uint32)], 40)

_FUNCTIONS = {
    "abi": (c_uint32, []), "error_text": (c_char_p, [c_int]),
    "memory_bytes": (c_uint64, [POINTER(Sizes)]),
    "create": (c_int, [c_uint32, POINTER(Sizes), POINTER(c_void_p)]),
    "destroy": (None, [c_void_p]), "list": (c_int, [c_void_p] + [c_uint32] * 3),
    "reset": (c_int, [c_void_p]), "submit": (c_int, [c_void_p, POINTER(Command)]),
    "new": (c_int, [c_void_p] + [c_uint32] * 5), "market": (c_int, [c_void_p] + [c_uint32] * 4),
    "replace": (c_int, [c_void_p] + [c_uint32] * 3), "cancel": (c_int, [c_void_p, c_uint32]),
    "apply": (c_int, [c_void_p, POINTER(Command), c_size_t, POINTER(c_size_t)]),
    "poll": (c_size_t, [c_void_p, POINTER(Report), c_size_t]),
    "peek": (c_size_t, [c_void_p, POINTER(POINTER(Report))]),
    "release": (c_size_t, [c_void_p, c_size_t]), "report_count": (c_size_t, [c_void_p]),
    "live_count": (c_uint32, [c_void_p]), "top": (c_int, [c_void_p, c_uint32, POINTER(Top)]),
    "depth": (c_int, [c_void_p, c_uint32, c_uint32, POINTER(Level), c_size_t, POINTER(c_size_t)]),
    "order": (c_int, [c_void_p, c_uint32, POINTER(Status)]),
}


def load(path):
    """The library's functions by their names without `causeway_book_`."""
    library = ctypes.CDLL(path)
    functions = type("Functions", (), {})()
    for name, (result, arguments) in _FUNCTIONS.items():
        function = getattr(library, "causeway_book_" + name)
        function.restype, function.argtypes = result, arguments
        setattr(functions, name, function)
    return functions


class BookError(Exception):
    def __init__(self, code, text):
        super().__init__(f"{text} (code {code})")
        self.code = code


class Book:
    """One handle. Belongs to one thread at a time."""

    def __init__(self, path, *, orders_max, ticks_max=0, books_max=1, sparse_max=0,
                 reports_max=None, reports_wanted=0):
        self.c = load(path)
        sizes = Sizes(orders_max, books_max, ticks_max, reports_max or orders_max + 1,
                      reports_wanted, sparse_max)
        self.handle = c_void_p()
        self.check(self.c.create(ABI, byref(sizes), byref(self.handle)))

    def close(self):
        self.c.destroy(self.handle)
        self.handle = c_void_p()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def check(self, code):
        if code != OK:
            raise BookError(code, self.c.error_text(code).decode())

    def list(self, book, band_ticks, shape=DENSE):
        self.check(self.c.list(self.handle, book, band_ticks, shape))

    def new(self, *, order, book, side, tick, quantity):
        self.check(self.c.new(self.handle, order, book, side, tick, quantity))

    def market(self, *, order, book, side, quantity):
        self.check(self.c.market(self.handle, order, book, side, quantity))

    def replace(self, *, order, tick, quantity):
        self.check(self.c.replace(self.handle, order, tick, quantity))

    def cancel(self, order):
        self.check(self.c.cancel(self.handle, order))

    def submit(self, **fields):
        """Any command: the fields of `Command` by name."""
        self.check(self.c.submit(self.handle, byref(Command(**fields))))

    def apply(self, commands, first, count):
        """Carries out `count` commands of a ctypes array; returns how many. Fewer: take reports."""
        applied = c_size_t()
        start = ctypes.cast(
            ctypes.byref(commands, first * ctypes.sizeof(Command)), POINTER(Command))
        code = self.c.apply(self.handle, start, count, byref(applied))
        if code not in (OK, REPORTS_FULL):
            self.check(code)
        return applied.value

    def reports(self):
        """Takes out all reports, oldest first. Each is good until the next one is asked for."""
        first = POINTER(Report)()
        while count := self.c.peek(self.handle, byref(first)):
            for index in range(count):
                yield first[index]
            self.c.release(self.handle, count)

    @property
    def live_count(self):
        return self.c.live_count(self.handle)

    def top(self, book):
        top = Top()
        self.check(self.c.top(self.handle, book, byref(top)))
        return top

    def depth(self, book, side, levels_max):
        levels, count = (Level * levels_max)(), c_size_t()
        self.check(self.c.depth(self.handle, book, side, levels, levels_max, byref(count)))
        return levels[:count.value]

    def order(self, order):
        status = Status()
        self.check(self.c.order(self.handle, order, byref(status)))
        return status
