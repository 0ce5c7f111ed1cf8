/*
 * A text as a QR code (ISO/IEC 18004), by libqrencode where this build has it;
 * drawn as SVG and as blocks on a terminal.  Knows no: claims, key, store.
 * docs/token-format.md, "A code as a QR code".
 */

#include <errno.h>
#include <stdlib.h>

#ifdef HEALTHCODE_QR
#include <qrencode.h>
#endif

#include "healthcode_qr.h"


#define HEALTHCODE_QR_WHITE  "\033[30;107m"     /* black on white (ECMA-48) */
#define HEALTHCODE_QR_RESET  "\033[0m"


static bool healthcode_qr_is_dark(const healthcode_qr_t *qr, long x, long y);
static long healthcode_qr_run(const healthcode_qr_t *qr, long x, long y);


healthcode_exit_e
healthcode_qr_find(const char *name, healthcode_qr_draw_pt *draw)
{
    healthcode_qr_draw_pt  found;

    if (strcmp(name, "svg") == 0) {
        found = healthcode_qr_svg;

    } else if (strcmp(name, "png") == 0) {
        found = healthcode_qr_png;

    } else if (strcmp(name, "terminal") == 0) {
        found = healthcode_qr_terminal;

    } else {
        return healthcode_output_usage("--qr: unknown format \"%s\"; write "
                                       "svg, png or terminal", name);
    }

#ifndef HEALTHCODE_QR
    return healthcode_output_failed("--qr: this healthcode was built without "
                                    "QR codes; install libqrencode-dev and "
                                    "libpng-dev, and build it again");
#endif

    *draw = found;

    return HEALTHCODE_EXIT_OK;
}


healthcode_exit_e
healthcode_qr_make(healthcode_str_t text, healthcode_qr_t *qr)
{
#ifdef HEALTHCODE_QR

    size_t   size;
    QRcode  *code;

    if (text.len > HEALTHCODE_QR_MAX) {
        return healthcode_output_failed("--qr: the code has %zu bytes, and a "
                                        "QR code holds at most %d; leave "
                                        "claims out, or take a key whose "
                                        "signatures are shorter, such as "
                                        "ES256", text.len, HEALTHCODE_QR_MAX);
    }

    code = QRcode_encodeData((int) text.len, text.data, 0, QR_ECLEVEL_L);

    if (code == NULL) {
        return healthcode_output_failed("--qr: libqrencode cannot make a QR "
                                        "code: %s", strerror(errno));
    }

    size = (size_t) code->width * (size_t) code->width;
    qr->modules = malloc(size);

    if (qr->modules == NULL) {
        QRcode_free(code);
        return healthcode_output_failed("no memory");
    }

    qr->width = (unsigned) code->width;

    for (size_t i = 0; i < size; i++) {
        qr->modules[i] = code->data[i] & 1;
    }

    QRcode_free(code);

    return HEALTHCODE_EXIT_OK;

#else

    (void) text;
    (void) qr;

    return healthcode_output_failed("--qr: built without QR codes");

#endif
}


void
healthcode_qr_free(healthcode_qr_t *qr)
{
    free(qr->modules);
    qr->modules = NULL;
}


/* What is outside of it is light. */
static bool
healthcode_qr_is_dark(const healthcode_qr_t *qr, long x, long y)
{
    long  width = (long) qr->width;

    return x >= 0 && y >= 0 && x < width && y < width
           && qr->modules[y * width + x];
}


/* How many modules from x on are dark. */
static long
healthcode_qr_run(const healthcode_qr_t *qr, long x, long y)
{
    long  n = 0;

    while (healthcode_qr_is_dark(qr, x + n, y)) {
        n++;
    }

    return n;
}


/* One path for all: a stroke of one module along each run of dark ones. */
bool
healthcode_qr_svg(const healthcode_qr_t *qr, FILE *file)
{
    long      n, width = (long) qr->width;
    unsigned  size = qr->width + 2 * HEALTHCODE_QR_QUIET;

    fprintf(file, "<svg xmlns=\"http://www.w3.org/2000/svg\" "
            "viewBox=\"0 0 %u %u\" shape-rendering=\"crispEdges\">"
            "<rect width=\"%u\" height=\"%u\" fill=\"#fff\"/>"
            "<path stroke=\"#000\" d=\"", size, size, size, size);

    for (long y = 0; y < width; y++) {
        for (long x = 0; x < width; x += n ? n : 1) {
            n = healthcode_qr_run(qr, x, y);

            if (n) {
                fprintf(file, "M%ld %ld.5h%ld", x + HEALTHCODE_QR_QUIET,
                        y + HEALTHCODE_QR_QUIET, n);
            }
        }
    }

    return fputs("\"/></svg>\n", file) >= 0 && !ferror(file);
}


bool
healthcode_qr_terminal(const healthcode_qr_t *qr, FILE *file)
{
    long  end = (long) qr->width + HEALTHCODE_QR_QUIET;

    static const char  *const blocks[2][2] = {
        { " ", "\xe2\x96\x84" },                /* U+2584: the lower half */
        { "\xe2\x96\x80", "\xe2\x96\x88" },     /* U+2580, U+2588 */
    };

    for (long y = -HEALTHCODE_QR_QUIET; y < end; y += 2) {
        fputs(HEALTHCODE_QR_WHITE, file);

        for (long x = -HEALTHCODE_QR_QUIET; x < end; x++) {
            fputs(blocks[healthcode_qr_is_dark(qr, x, y)]
                        [healthcode_qr_is_dark(qr, x, y + 1)], file);
        }

        fputs(HEALTHCODE_QR_RESET "\n", file);
    }

    return !ferror(file);
}
