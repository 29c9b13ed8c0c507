"""Two sellers, one buyer: the smallest use of the book.

    python3 hello_book.py libcauseway-book.so
"""
import sys

from causeway_book import BUY, KINDS, SELL, Book, BookError

with Book(sys.argv[1], orders_max=100, ticks_max=1000) as book:
    book.list(0, 1000)
    book.new(order=1, book=0, side=SELL, tick=501, quantity=10)
    book.new(order=2, book=0, side=SELL, tick=502, quantity=10)
    book.new(order=3, book=0, side=BUY, tick=502, quantity=15)
    for report in book.reports():
        print(f"{KINDS[report.kind]:9} order {report.order} with {report.contra}"
              f" at {report.tick}: {report.quantity}, open {report.leaves}")
    best = book.top(0).offer
    print(f"best offer {best.quantity} at {best.tick}, {book.live_count} order rests")
    try:
        book.cancel(3)
    except BookError as error:
        print("cancel 3:", error)
