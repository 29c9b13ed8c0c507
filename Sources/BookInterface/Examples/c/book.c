// A backtest in C: replays an order flow (a .flow file) through libcauseway-book.so, takes the
// reports out, and prints what `causeway flow run` prints of the same file.
//
//   cc -std=c11 -O2 book.c -lcauseway-book -o book
//   ./book [--single] FILE.flow
//
// --single: a call for each record instead of one for 256. Exit status 2 for an unusable file.
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "causeway_book.h"

enum { CHUNK = 256 };

// The head of a flow file, and a record of it: little-endian, as this machine.
struct flow_header {
    char magic[8];
    uint32_t prefill, main, id_max, min_tick, max_tick, symbols, live_max, seed;
    uint8_t zeros[24];
};
struct flow_record {
    uint8_t operation, side;
    uint16_t symbol;
    uint32_t id, tick, quantity;
};
_Static_assert(sizeof(struct flow_header) == 64, "layout");
_Static_assert(sizeof(struct flow_record) == 16, "layout");

struct digest {
    uint64_t trades, volume, notional, hash;
};

static void stop(const char *what, const char *why)
{
    fprintf(stderr, "book: %s: %s\n", what, why);
    exit(2);
}

static void check(int code, const char *what)
{
    if (code != CAUSEWAY_BOOK_OK) stop(what, causeway_book_error_text(code));
}

static struct flow_record *read_flow(const char *path, struct flow_header *header)
{
    FILE *file = fopen(path, "rb");
    if (!file) stop(path, "cannot be opened");
    if (fread(header, sizeof *header, 1, file) != 1 || memcmp(header->magic, "LOBFLOW1", 8) != 0)
        stop(path, "is no flow file");
    if (header->min_tick > header->max_tick) stop(path, "its highest tick is below its lowest");
    size_t count = (size_t)header->prefill + header->main;
    struct flow_record *records = malloc(count ? count * sizeof *records : 1);
    if (!records || fread(records, sizeof *records, count, file) != count)
        stop(path, "ends before its last record");
    fclose(file);
    return records;
}

/// The record as a command. What is wrong with it, the book says.
static struct causeway_book_command command_of(
    const struct flow_record *record, const struct flow_header *header)
{
    static const uint8_t operations[4] = {
        CAUSEWAY_BOOK_NEW, CAUSEWAY_BOOK_CANCEL, CAUSEWAY_BOOK_REPLACE, CAUSEWAY_BOOK_NEW};
    struct causeway_book_command command = {0};
    command.operation = record->operation < 4 ? operations[record->operation] : 255;
    command.side = record->side;
    command.order = record->id;
    command.book = record->symbol;
    command.quantity = record->quantity;
    if (record->operation == 2) command.flags = CAUSEWAY_BOOK_LOSE_PRIORITY;
    if (record->operation == 3) command.kind = CAUSEWAY_BOOK_MARKET;
    else command.tick = record->tick - header->min_tick;
    return command;
}

/// Takes out all reports. Only a cancel or replace of an order that is gone may be refused.
static void drain(causeway_book *book, uint32_t min_tick, struct digest *digest)
{
    const struct causeway_book_report *reports;
    for (size_t count; (count = causeway_book_peek(book, &reports)) > 0;) {
        for (size_t i = 0; i < count; i++) {
            const struct causeway_book_report *report = &reports[i];
            if (report->kind == CAUSEWAY_BOOK_TRADE) {
                uint64_t tick = (uint64_t)report->tick + min_tick;
                uint64_t pair = (uint64_t)report->contra << 32 | report->order;
                uint64_t h = (digest->hash ^ pair) * UINT64_C(0x9E3779B97F4A7C15);
                h ^= h >> 29;
                digest->hash = (h ^ (tick << 32 | report->quantity)) * UINT64_C(0xC2B2AE3D27D4EB4F);
                digest->trades++;
                digest->volume += report->quantity;
                digest->notional += tick * report->quantity;
            } else if (report->kind == CAUSEWAY_BOOK_REJECTED) {
                if (report->reason != CAUSEWAY_BOOK_UNKNOWN_ORDER) {
                    fprintf(stderr, "record %" PRIu64 ": ", report->command);
                    check(report->reason, "refused");
                }
            }
        }
        causeway_book_release(book, count);
    }
}

static void run(
    causeway_book *book, const struct causeway_book_command *commands, size_t count,
    int is_single, uint32_t min_tick, struct digest *digest)
{
    for (size_t done = 0; done < count;) {
        size_t applied = 0;
        int code;
        if (is_single) {
            const struct causeway_book_command *next = &commands[done];
            if (next->operation == CAUSEWAY_BOOK_CANCEL)
                code = causeway_book_cancel(book, next->order);
            else
                code = causeway_book_submit(book, next);
            applied = code != CAUSEWAY_BOOK_REPORTS_FULL;
        } else {
            size_t wanted = count - done < CHUNK ? count - done : CHUNK;
            code = causeway_book_apply(book, commands + done, wanted, &applied);
        }
        if (code == CAUSEWAY_BOOK_REPORTS_FULL && !applied && !causeway_book_report_count(book))
            check(code, "an empty ring");
        done += applied;
        drain(book, min_tick, digest);
    }
}

static double cpu_nanoseconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

int main(int argc, char **argv)
{
    int is_single = argc == 3 && strcmp(argv[1], "--single") == 0;
    if (argc != 2 + is_single) stop("usage", "book [--single] FILE.flow");
    struct flow_header header;
    struct flow_record *records = read_flow(argv[argc - 1], &header);
    size_t count = (size_t)header.prefill + header.main;

    uint64_t band = (uint64_t)header.max_tick - header.min_tick + 1;
    uint64_t ticks = band * header.symbols;
    // Few busy books, or many thin series.
    uint32_t shape = ticks > (1u << 20) ? CAUSEWAY_BOOK_SPARSE : CAUSEWAY_BOOK_DENSE;
    struct causeway_book_sizes sizes = {
        .orders_max = header.id_max,
        .books_max = header.symbols,
        .ticks_max = shape == CAUSEWAY_BOOK_DENSE ? (uint32_t)ticks : 0,
        .sparse_max = shape == CAUSEWAY_BOOK_SPARSE ? header.symbols : 0,
        .reports_max = header.id_max + 1,
        // What a backtest that only looks at trades asks for.
        .reports_wanted = 1u << CAUSEWAY_BOOK_TRADE | 1u << CAUSEWAY_BOOK_REJECTED,
    };
    causeway_book *book;
    check(causeway_book_create(CAUSEWAY_BOOK_ABI, &sizes, &book), "create");
    for (uint32_t symbol = 0; symbol < header.symbols; symbol++)
        check(causeway_book_list(book, symbol, (uint32_t)band, shape), "list");

    struct causeway_book_command *commands = malloc(count ? count * sizeof *commands : 1);
    if (!commands) stop("commands", "no memory");
    for (size_t i = 0; i < count; i++) commands[i] = command_of(&records[i], &header);

    struct digest digest = {.hash = UINT64_C(0x243F6A8885A308D3)};
    run(book, commands, header.prefill, is_single, header.min_tick, &digest);
    double begin = cpu_nanoseconds();
    run(book, commands + header.prefill, header.main, is_single, header.min_tick, &digest);
    double end = cpu_nanoseconds();

    printf("{\"ns_op\":%.3f,\"trades\":%" PRIu64 ",\"volume\":%" PRIu64 ",\"notional\":%" PRIu64
           ",\"hash\":\"%016" PRIx64 "\",\"live\":%" PRIu32 "}\n",
           header.main ? (end - begin) / header.main : 0.0, digest.trades, digest.volume,
           digest.notional, digest.hash, causeway_book_live_count(book));
    causeway_book_destroy(book);
    free(commands);
    free(records);
    return 0;
}
