// libzstd as Swift sees it: one frame in, one frame out; no pointer outlives a call.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <zstd.h>

#pragma clang assume_nonnull begin

/// Most octets that `byte_count` octets become.
static inline ptrdiff_t causeway_zstd_bound(ptrdiff_t byte_count)
{
    return (ptrdiff_t)ZSTD_compressBound((size_t)byte_count);
}

/// Writes one frame with its content's length and a checksum of it; −1 fails.
static inline ptrdiff_t causeway_zstd_compress(void *out, ptrdiff_t capacity, const void *in,
    ptrdiff_t byte_count, int32_t level)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();
    if (!context) return -1;
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    size_t written = ZSTD_compress2(context, out, (size_t)capacity, in, (size_t)byte_count);
    ZSTD_freeCCtx(context);
    return ZSTD_isError(written) ? -1 : (ptrdiff_t)written;
}

/// The length a frame says its content has: −1 no frame, −2 it does not say.
static inline int64_t causeway_zstd_content(const void *in, ptrdiff_t byte_count)
{
    unsigned long long size = ZSTD_getFrameContentSize(in, (size_t)byte_count);
    if (size == ZSTD_CONTENTSIZE_ERROR || size > INT64_MAX) {
        return size == ZSTD_CONTENTSIZE_UNKNOWN ? -2 : -1;
    }
    return (int64_t)size;
}

/// The length of the first frame itself; −1 when it is none, or cut.
static inline ptrdiff_t causeway_zstd_frame(const void *in, ptrdiff_t byte_count)
{
    size_t size = ZSTD_findFrameCompressedSize(in, (size_t)byte_count);
    return ZSTD_isError(size) ? -1 : (ptrdiff_t)size;
}

/// Opens a frame into `capacity` octets; −1 fails: damage, or more octets than fit.
static inline ptrdiff_t causeway_zstd_decompress(
    void *out, ptrdiff_t capacity, const void *in, ptrdiff_t byte_count)
{
    size_t written = ZSTD_decompress(out, (size_t)capacity, in, (size_t)byte_count);
    return ZSTD_isError(written) ? -1 : (ptrdiff_t)written;
}

#pragma clang assume_nonnull end
