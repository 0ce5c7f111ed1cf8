/*
 * A text as a QR code (ISO/IEC 18004), and that drawn: SVG, PNG, or blocks on a
 * terminal.  Knows no: claims, key, store.
 * docs/token-format.md, "A code as a QR code".
 */

#ifndef HEALTHCODE_QR_H
#define HEALTHCODE_QR_H

#include "healthcode_output.h"


/* Bytes of a text that the largest QR code holds, at level L. */
#define HEALTHCODE_QR_MAX    2953

/* Light modules around, which readers need (section 6.3.8). */
#define HEALTHCODE_QR_QUIET  4


/* A square of width * width modules, rows from the top; not 0: dark. */
typedef struct {
    unsigned   width;
    uint8_t   *modules;
} healthcode_qr_t;

/* False if a write failed, or there is no memory. */
typedef bool (*healthcode_qr_draw_pt)(const healthcode_qr_t *qr, FILE *file);


/*
 * Finds the way to draw that name names: svg, png or terminal.  Any other exit
 * code than _OK: there is no such way, or none in this build, and a message is
 * printed.
 */
healthcode_exit_e healthcode_qr_find(const char *name,
    healthcode_qr_draw_pt *draw);

/*
 * Makes the QR code of text, byte for byte, at level L, since a screen has no
 * dirt and fewer modules are read from further away.  *qr is freed by
 * healthcode_qr_free().  Any other exit code than _OK: text is longer than
 * HEALTHCODE_QR_MAX or there is no memory, *qr is unchanged, and a message is
 * printed.
 */
healthcode_exit_e healthcode_qr_make(healthcode_str_t text,
    healthcode_qr_t *qr);
void healthcode_qr_free(healthcode_qr_t *qr);

/*
 * Each writes qr to file.  SVG: one element, for a file of its own and for a
 * page, whose unit is a module.  PNG: HEALTHCODE_QR_SCALE pixels a module.
 * Terminal: lines of UTF-8, two rows of modules in each, black on white
 * whatever the colours of the terminal are.
 */
#define HEALTHCODE_QR_SCALE  8

bool healthcode_qr_svg(const healthcode_qr_t *qr, FILE *file);
bool healthcode_qr_png(const healthcode_qr_t *qr, FILE *file);
bool healthcode_qr_terminal(const healthcode_qr_t *qr, FILE *file);

#endif
