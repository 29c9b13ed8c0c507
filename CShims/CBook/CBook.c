// The texts of the codes. Everything else of causeway_book.h is written in Swift (BookInterface).
#include "causeway_book.h"

const char *causeway_book_error_text(int code)
{
    switch (code) {
    case CAUSEWAY_BOOK_OK: return "success";
    case CAUSEWAY_BOOK_NULL: return "a pointer that must not be null is null";
    case CAUSEWAY_BOOK_WRONG_ABI: return "header and library have different ABI numbers";
    case CAUSEWAY_BOOK_BAD_SIZES: return "a size is zero or too large";
    case CAUSEWAY_BOOK_NO_MEMORY: return "the machine does not give so much memory";
    case CAUSEWAY_BOOK_BAD_BOOK: return "no such book, or it is not listed";
    case CAUSEWAY_BOOK_ALREADY_LISTED: return "the book is listed already";
    case CAUSEWAY_BOOK_BAD_BAND: return "a band has 1 to 16777215 ticks";
    case CAUSEWAY_BOOK_TICKS_FULL: return "ticks_max or sparse_max is used up";
    case CAUSEWAY_BOOK_BAD_ORDER: return "an order number is 1 to orders_max";
    case CAUSEWAY_BOOK_ORDER_IN_USE: return "an order rests under this number";
    case CAUSEWAY_BOOK_UNKNOWN_ORDER: return "no order rests under this number";
    case CAUSEWAY_BOOK_BAD_ENUMERATION: return "a field holds none of its named values";
    case CAUSEWAY_BOOK_BAD_QUANTITY: return "a quantity is at least 1 lot";
    case CAUSEWAY_BOOK_BAD_PRICE: return "the price is outside the band";
    case CAUSEWAY_BOOK_POST_ONLY_WOULD_CROSS: return "a post-only order would take";
    case CAUSEWAY_BOOK_FILL_OR_KILL_UNFILLABLE: return "not all of it can trade at once";
    case CAUSEWAY_BOOK_REPORTS_FULL: return "the report ring might overflow: take reports out";
    default: return "no such code";
    }
}
