/*
 * A QR code as a picture of PNG (RFC 2083), by libpng where this build has it.
 * Knows no: claims, key, store.
 * docs/token-format.md, "A code as a QR code".
 */

#include <stdlib.h>

#ifdef HEALTHCODE_QR
#include <png.h>
#endif

#include "healthcode_qr.h"


#ifdef HEALTHCODE_QR


static void healthcode_qr_png_row(const healthcode_qr_t *qr, long y,
    uint8_t *row, unsigned size);


/* One bit a pixel, 1 for white. */
bool
healthcode_qr_png(const healthcode_qr_t *qr, FILE *file)
{
    unsigned      size;
    uint8_t      *row;
    png_infop     info = NULL;
    png_structp   png;

    size = (qr->width + 2 * HEALTHCODE_QR_QUIET) * HEALTHCODE_QR_SCALE;
    row = malloc((size + 7) / 8);
    png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);

    if (png) {
        info = png_create_info_struct(png);
    }

    /* libpng comes back here if a write fails */
    if (row == NULL || info == NULL || setjmp(png_jmpbuf(png))) {
        png_destroy_write_struct(&png, &info);
        free(row);
        return false;
    }

    png_init_io(png, file);
    png_set_IHDR(png, info, size, size, 1, PNG_COLOR_TYPE_GRAY,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);

    for (unsigned y = 0; y < size; y++) {
        healthcode_qr_png_row(qr, (long) (y / HEALTHCODE_QR_SCALE)
                                  - HEALTHCODE_QR_QUIET, row, size);
        png_write_row(png, row);
    }

    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    free(row);

    return !ferror(file);
}


static void
healthcode_qr_png_row(const healthcode_qr_t *qr, long y, uint8_t *row,
    unsigned size)
{
    long  x, width = (long) qr->width;

    memset(row, 0xff, (size + 7) / 8);

    for (unsigned i = 0; y >= 0 && y < width && i < size; i++) {
        x = (long) (i / HEALTHCODE_QR_SCALE) - HEALTHCODE_QR_QUIET;

        if (x >= 0 && x < width && qr->modules[y * width + x]) {
            row[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
        }
    }
}


#else


bool
healthcode_qr_png(const healthcode_qr_t *qr, FILE *file)
{
    (void) qr;
    (void) file;

    return false;
}


#endif
