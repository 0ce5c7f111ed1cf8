/*
 * Pieces of a text that carry codes, and what is left of it without them.
 * Knows no: nginx, token, request.  docs/request-path.md, "Bodies".
 */

#include "healthcode_cut.h"


void
healthcode_cut_insert(healthcode_cut_t *cuts, size_t n,
    const healthcode_cut_t *cut)
{
    while (n > 0 && cuts[n - 1].start > cut->start) {
        cuts[n] = cuts[n - 1];
        n--;
    }

    cuts[n] = *cut;
}


size_t
healthcode_cut_left(healthcode_str_t text, const healthcode_cut_t *cuts,
    size_t n, uint8_t *left)
{
    size_t  kept = 0, len = 0, end;

    for (size_t i = 0; i <= n; i++) {
        end = (i < n) ? cuts[i].start : text.len;

        if (end > kept) {
            if (left != NULL) {
                memcpy(left + len, text.data + kept, end - kept);
            }

            len += end - kept;
        }

        /* two sources may name one piece, or pieces that overlap */

        if (i < n && cuts[i].end > kept) {
            kept = cuts[i].end;
        }
    }

    return len;
}
