// The venue's order books as a library: price-time priority, the very code the venue runs.
//
// A handle holds up to `books_max` books. Orders are named by the caller: a number 1…`orders_max`
// that is free again once its order has ended. Prices are ticks above the lowest price of the
// book's band; quantities are lots. What happens is written as reports into the handle's ring,
// from which the caller takes them when it likes; nothing calls back.
//
// Threads: a handle belongs to one thread at a time. Handles share nothing: several threads may
// use several handles without locks. `causeway_book_error_text`, `causeway_book_abi` and
// `causeway_book_memory_bytes` may be called from any thread.
//
// Memory is taken in `causeway_book_create` and `causeway_book_list` alone. Nothing locks.
//
// Errors: every function that can fail returns a CAUSEWAY_BOOK_… code, 0 for success. A call that
// fails has no effect, other than the REJECTED report of a refused command. Any argument may have
// any value, a null pointer included; only a pointer that is neither null nor what the
// function asks for (a destroyed handle, an array shorter than its count) is beyond its powers.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Grows when a struct or the meaning of a call changes.
#define CAUSEWAY_BOOK_ABI 1u

/// Order books and their reports; made by `causeway_book_create`.
typedef struct causeway_book causeway_book;

/// What the functions return.
enum {
    CAUSEWAY_BOOK_OK = 0,
    /// A pointer that must not be null is.
    CAUSEWAY_BOOK_NULL = 1,
    /// The caller was compiled against another header.
    CAUSEWAY_BOOK_WRONG_ABI = 2,
    /// `causeway_book_sizes`: a size is 0 or too large, or a wanted kind does not exist.
    CAUSEWAY_BOOK_BAD_SIZES = 3,
    /// The machine has not so much memory, or does not give it.
    CAUSEWAY_BOOK_NO_MEMORY = 4,
    /// No such book, or not listed.
    CAUSEWAY_BOOK_BAD_BOOK = 5,
    CAUSEWAY_BOOK_ALREADY_LISTED = 6,
    /// A band of 0 or more than 2^24 - 1 ticks.
    CAUSEWAY_BOOK_BAD_BAND = 7,
    /// The bands of all dense books exceed `ticks_max`, or there are `sparse_max` sparse ones.
    CAUSEWAY_BOOK_TICKS_FULL = 8,
    /// An order number of 0 or above `orders_max`: the book is full.
    CAUSEWAY_BOOK_BAD_ORDER = 9,
    /// A new order under the number of one that rests.
    CAUSEWAY_BOOK_ORDER_IN_USE = 10,
    /// No order rests under this number (any more).
    CAUSEWAY_BOOK_UNKNOWN_ORDER = 11,
    /// A field that holds none of its named values, or a reserved one that is not 0.
    CAUSEWAY_BOOK_BAD_ENUMERATION = 12,
    /// A quantity of 0.
    CAUSEWAY_BOOK_BAD_QUANTITY = 13,
    /// A price outside the band.
    CAUSEWAY_BOOK_BAD_PRICE = 14,
    /// A post-only order would take, and may not or cannot slide.
    CAUSEWAY_BOOK_POST_ONLY_WOULD_CROSS = 15,
    /// Fill or kill: not all of it can trade at once.
    CAUSEWAY_BOOK_FILL_OR_KILL_UNFILLABLE = 16,
    /// The report ring might not hold what the command could cause: take reports out, call again.
    CAUSEWAY_BOOK_REPORTS_FULL = 17,
};

/// What a handle is made for.
struct causeway_book_sizes {
    /// Orders are named 1…`orders_max`; at most 2^30.
    uint32_t orders_max;  // offset 0
    /// Books are named 0…`books_max - 1`; at most 2^20.
    uint32_t books_max;  // 4
    /// Ticks of the bands of all dense books together; at most 2^30, and 0 only without any.
    uint32_t ticks_max;  // 8
    /// Reports the ring holds, rounded up to a power of two; at most 2^30. With `orders_max` + 1 a
    /// command is never refused when the ring is empty.
    uint32_t reports_max;  // 12
    /// Kinds of report that are written: bit 1 << CAUSEWAY_BOOK_TRADE and so on; 0 = all.
    uint32_t reports_wanted;  // 16
    /// Sparse books.
    uint32_t sparse_max;  // 20
};

/// The shape of a book; a matter of speed and memory alone.
enum {
    /// An array of all prices of the band: for few books that trade much.
    CAUSEWAY_BOOK_DENSE = 0,
    /// Only the prices that hold orders: for thousands of books with few orders in a wide band.
    CAUSEWAY_BOOK_SPARSE = 1,
};

/// `causeway_book_command.operation`.
enum {
    CAUSEWAY_BOOK_NEW = 0,
    /// Takes an order out. Reads `order` alone.
    CAUSEWAY_BOOK_CANCEL = 1,
    /// New price and open quantity for an order that rests. Book, side, owner and tag stay, and
    /// are not read.
    CAUSEWAY_BOOK_REPLACE = 2,
};

/// `side`.
enum { CAUSEWAY_BOOK_BUY = 0, CAUSEWAY_BOOK_SELL = 1 };

/// `causeway_book_command.kind`.
enum {
    CAUSEWAY_BOOK_LIMIT = 0,
    /// Trades at any price; what is left is cancelled.
    CAUSEWAY_BOOK_MARKET = 1,
    /// Trades at the best opposite price; what is left rests there.
    CAUSEWAY_BOOK_MARKET_TO_LIMIT = 2,
};

/// `causeway_book_command.time_in_force`. The book has no clock: day, good till cancel and good
/// till time rest alike until the caller cancels them.
enum {
    CAUSEWAY_BOOK_DAY = 0,
    CAUSEWAY_BOOK_GOOD_TILL_CANCEL = 1,
    CAUSEWAY_BOOK_IMMEDIATE_OR_CANCEL = 2,
    CAUSEWAY_BOOK_FILL_OR_KILL = 3,
    CAUSEWAY_BOOK_GOOD_TILL_TIME = 4,
};

/// `causeway_book_command.self_match`: what happens when an order would trade with one of the
/// same owner. The aggressor's instruction decides.
enum {
    CAUSEWAY_BOOK_CANCEL_AGGRESSOR = 0,
    CAUSEWAY_BOOK_CANCEL_RESTING = 1,
    CAUSEWAY_BOOK_CANCEL_BOTH = 2,
    /// Both lose the smaller quantity without a trade.
    CAUSEWAY_BOOK_DECREMENT_BOTH = 3,
};

/// `causeway_book_command.flags`.
enum {
    /// Never takes: slides to one tick from the best opposite price.
    CAUSEWAY_BOOK_POST_ONLY = 1,
    /// Never takes: refused when it would. Wins over the slide.
    CAUSEWAY_BOOK_POST_ONLY_REJECT = 2,
    /// Replace only: to the back of the queue even where the order could keep its place.
    CAUSEWAY_BOOK_LOSE_PRIORITY = 4,
};

/// One command, 32 bytes. All zeros but `order` and `quantity`: a limit order to buy at tick 0 of
/// book 0, without owner.
struct causeway_book_command {
    uint8_t operation;  // offset 0
    uint8_t side;  // 1
    uint8_t kind;  // 2
    uint8_t time_in_force;  // 3
    uint8_t self_match;  // 4
    uint8_t flags;  // 5
    /// 0.
    uint16_t reserved;  // 6
    /// The caller's number for the order, 1…`orders_max`.
    uint32_t order;  // 8
    uint32_t book;  // 12
    /// Ticks above the lowest of the band; of limit orders.
    uint32_t tick;  // 16
    /// Lots; of a replace, what shall be open afterwards.
    uint32_t quantity;  // 20
    /// Orders of one owner never trade with each other; 0 = no prevention.
    uint32_t owner;  // 24
    /// Whatever the caller likes; reports about the order carry it.
    uint32_t tag;  // 28
};

/// `causeway_book_report.kind`.
enum {
    /// The new order waits, with `leaves` at `tick`; `quantity` was executed on its way.
    CAUSEWAY_BOOK_RESTED = 1,
    /// `order`, the aggressor, traded `quantity` lots with `contra` at `tick`, the price of the
    /// latter. Where `contra_leaves` is 0 the resting order has ended.
    CAUSEWAY_BOOK_TRADE = 2,
    /// `order`, the aggressor, has ended with a fill; `quantity` was executed by this command.
    CAUSEWAY_BOOK_FILLED = 3,
    /// `order` has ended for `reason`; `quantity` lots were open. In a sweep that cancels an order
    /// of the aggressor's owner, `contra` is the aggressor.
    CAUSEWAY_BOOK_CANCELED = 4,
    /// As RESTED, of an order that was replaced.
    CAUSEWAY_BOOK_REPLACED = 5,
    /// `order`, which rests, and `contra`, its owner's aggressor, each lost `quantity` lots
    /// without a trade. Where `leaves` is 0 the resting order has ended.
    CAUSEWAY_BOOK_DECREMENTED = 6,
    /// The command had no effect; `reason` is the code.
    CAUSEWAY_BOOK_REJECTED = 7,
};

/// `causeway_book_report.reason` of CANCELED.
enum {
    CAUSEWAY_BOOK_BY_REQUEST = 0,
    CAUSEWAY_BOOK_BY_TIME_IN_FORCE = 1,
    CAUSEWAY_BOOK_BY_SELF_MATCH = 4,
};

/// One report, 48 bytes. A command causes the reports of its sweep in the order in which things
/// happen, then one that says what became of its own order.
struct causeway_book_report {
    /// Number of the command that caused it: the commands of a handle count from 1.
    uint64_t command;  // offset 0
    uint8_t kind;  // 8
    uint8_t reason;  // 9
    /// Of `order`; 0 in REJECTED.
    uint8_t side;  // 10
    /// REPLACED: 1 when the order kept its place in the queue.
    uint8_t kept_priority;  // 11
    uint32_t order;  // 12
    /// 0 when there is none.
    uint32_t contra;  // 16
    uint32_t book;  // 20
    /// Ticks above the lowest of the band; 0 for an order that ended without having rested.
    uint32_t tick;  // 24
    uint32_t quantity;  // 28
    /// Lots that `order` still has open.
    uint32_t leaves;  // 32
    /// Lots that `contra` still has open.
    uint32_t contra_leaves;  // 36
    /// Of `order`.
    uint32_t tag;  // 40
    /// Of `contra`.
    uint32_t contra_tag;  // 44
};

/// Price, number and lots of the orders at one price.
struct causeway_book_level {
    uint32_t tick;  // offset 0
    /// 0 = no such level.
    uint32_t orders;  // 4
    uint64_t quantity;  // 8
};

/// The best level of both sides.
struct causeway_book_top_of_book {
    struct causeway_book_level bid;  // offset 0
    struct causeway_book_level offer;  // 16
};

/// An order that rests.
struct causeway_book_order_status {
    uint32_t book;  // offset 0
    uint32_t side;  // 4
    uint32_t tick;  // 8
    uint32_t leaves;  // 12
    uint32_t owner;  // 16
    uint32_t tag;  // 20
    /// Lots at its price that trade before it.
    uint64_t lots_ahead;  // 24
    /// Orders at its price that trade before it.
    uint32_t orders_ahead;  // 32
    uint32_t reserved;  // 36
};

#ifdef __cplusplus
static_assert(sizeof(struct causeway_book_sizes) == 24, "layout");
static_assert(sizeof(struct causeway_book_command) == 32, "layout");
static_assert(sizeof(struct causeway_book_report) == 48, "layout");
static_assert(sizeof(struct causeway_book_level) == 16, "layout");
static_assert(sizeof(struct causeway_book_top_of_book) == 32, "layout");
static_assert(sizeof(struct causeway_book_order_status) == 40, "layout");
#else
_Static_assert(sizeof(struct causeway_book_sizes) == 24, "layout");
_Static_assert(sizeof(struct causeway_book_command) == 32, "layout");
_Static_assert(sizeof(struct causeway_book_report) == 48, "layout");
_Static_assert(sizeof(struct causeway_book_level) == 16, "layout");
_Static_assert(sizeof(struct causeway_book_top_of_book) == 32, "layout");
_Static_assert(sizeof(struct causeway_book_order_status) == 40, "layout");
#endif

// MARK: Life of a handle

/// The ABI the library was built with; compare with CAUSEWAY_BOOK_ABI.
uint32_t causeway_book_abi(void);

/// One line of English for a code; never null, never to be freed.
const char *causeway_book_error_text(int code);

/// Most bytes that a handle of these sizes comes to hold:
///
///     88 × orders + 48 × ring + 64 × books
///       + 41 × ticks + 2.7 KiB × books      with dense books
///       + 53 × orders + 512 × books         with sparse books
///
/// with the ring rounded up to a power of two, and 2 MiB of page rounding for each large array.
/// While a book is listed the levels, and 16 bytes an order, are held twice. 0 for sizes that
/// `causeway_book_create` refuses, and for null.
uint64_t causeway_book_memory_bytes(const struct causeway_book_sizes *sizes);

/// Makes a handle without listed books. `abi` is CAUSEWAY_BOOK_ABI.
///
/// Codes, in this order: NULL, WRONG_ABI, BAD_SIZES, NO_MEMORY. `*out` becomes null on failure.
int causeway_book_create(
    uint32_t abi, const struct causeway_book_sizes *sizes, causeway_book **out);

/// Gives back all memory of a handle; null is allowed. The handle must not be used again.
void causeway_book_destroy(causeway_book *handle);

/// Makes `book` ready for orders at ticks 0…`band_ticks - 1`. Codes, in this order: NULL, BAD_BOOK,
/// ALREADY_LISTED, BAD_BAND, BAD_ENUMERATION (shape), TICKS_FULL, NO_MEMORY.
int causeway_book_list(
    causeway_book *handle, uint32_t book, uint32_t band_ticks, uint32_t shape);

/// Takes out every order, without reports, and every report; commands count from 1 again. Books
/// stay listed. Time: `orders_max`. Codes: NULL.
int causeway_book_reset(causeway_book *handle);

// MARK: Commands
//
// A refused command has no effect, but its REJECTED report. Codes, in this order:
//
//   NULL
//   REPORTS_FULL           no report: the ring is full
//   BAD_ENUMERATION        operation; of new and replace: kind, time in force, self-match, flags,
//                          reserved, and of new also the side. A replace must be a limit order
//                          that can rest; LOSE_PRIORITY belongs to a replace.
//   BAD_BOOK               new
//   BAD_ORDER
//   ORDER_IN_USE           new
//   UNKNOWN_ORDER          cancel, replace
//   REPORTS_FULL           no report: free places in the ring < 1 + the orders that rest at the
//                          prices the command could reach
//   BAD_QUANTITY, BAD_PRICE, POST_ONLY_WOULD_CROSS, FILL_OR_KILL_UNFILLABLE
//
// A command refused for REPORTS_FULL does not count as a command: take reports out, say it again.
// A ring that was empty is too small for the command, and stays so until the book is thinner.

/// Carries out one command of any kind.
int causeway_book_submit(causeway_book *handle, const struct causeway_book_command *command);

/// A limit order, good till cancel.
int causeway_book_new(
    causeway_book *handle, uint32_t order, uint32_t book, uint32_t side, uint32_t tick,
    uint32_t quantity);

/// A market order.
int causeway_book_market(
    causeway_book *handle, uint32_t order, uint32_t book, uint32_t side, uint32_t quantity);

/// New price and open lots. At the same price with no more lots the order keeps its place in the
/// queue; otherwise it goes to the back, and may trade on the way.
int causeway_book_replace(
    causeway_book *handle, uint32_t order, uint32_t tick, uint32_t quantity);

int causeway_book_cancel(causeway_book *handle, uint32_t order);

/// Carries out `count` commands, one after the other, fetching ahead what the next ones need: the
/// fast way. A refused command leaves its REJECTED report, and the next one is carried out.
///
/// Returns OK when all were, else REPORTS_FULL: `*applied` (which may be null) says how many
/// commands were carried out or rejected; the call goes on from there. NULL when `handle`
/// is null, or `commands` with a `count` other than 0; BAD_SIZES for a `count` above half of all
/// that a size_t can say. `*applied` is then 0.
int causeway_book_apply(
    causeway_book *handle, const struct causeway_book_command *commands, size_t count,
    size_t *applied);

// MARK: Reports, oldest first

/// Copies up to `count` reports to `out` and takes them from the ring; returns how many. 0 for
/// null pointers.
size_t causeway_book_poll(
    causeway_book *handle, struct causeway_book_report *out, size_t count);

/// Lends reports without copying: `*first` points at the oldest, and the number that follows it in
/// one piece is returned; 0 when there is none. Good until the next command or reset. What has
/// been read is taken out with `causeway_book_release`.
size_t causeway_book_peek(
    const causeway_book *handle, const struct causeway_book_report **first);

/// Takes the `count` oldest reports from the ring, at most all; returns how many.
size_t causeway_book_release(causeway_book *handle, size_t count);

/// Reports that wait; 0 for null.
size_t causeway_book_report_count(const causeway_book *handle);

// MARK: What the books hold

/// Orders that rest in all books; 0 for null.
uint32_t causeway_book_live_count(const causeway_book *handle);

/// The best bid and offer. Codes, in this order: NULL, BAD_BOOK.
int causeway_book_top(
    const causeway_book *handle, uint32_t book, struct causeway_book_top_of_book *out);

/// The best `levels_max` levels of a side, best first; `*count` says how many there were, 0 on
/// failure. Codes, in this order: NULL (not `out` for `levels_max` 0), BAD_BOOK, BAD_ENUMERATION.
int causeway_book_depth(
    const causeway_book *handle, uint32_t book, uint32_t side, struct causeway_book_level *out,
    size_t levels_max, size_t *count);

/// Where an order rests, and its place in the queue. Time: the orders before it at its price.
/// Codes, in this order: NULL, BAD_ORDER, UNKNOWN_ORDER.
int causeway_book_order(
    const causeway_book *handle, uint32_t order, struct causeway_book_order_status *out);

#ifdef __cplusplus
}
#endif
