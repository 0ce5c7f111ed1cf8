/*
 * POST scan: a frame of a camera, grey -> the text of a QR code in it, by
 * libzbar.  Knows no HTTP and no codes.  docs/demo.md, "The helper".
 */

#include <zbar.h>

#include "healthcode_demo.h"


#define HEALTHCODE_DEMO_GREY  0x30303859      /* "Y800", a byte a pixel */


static unsigned healthcode_demo_scan_side(const char *text);
static healthcode_str_t healthcode_demo_scan_find(zbar_image_t *image);


bool
healthcode_demo_scan_init(healthcode_demo_t *demo)
{
    zbar_image_scanner_t  *scanner = zbar_image_scanner_create();

    if (scanner == NULL) {
        return false;
    }

    /* else it shows every code to whoever listens on the system's bus */
    zbar_image_scanner_request_dbus(scanner, 0);

    zbar_image_scanner_set_config(scanner, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
    zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
    zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_BINARY, 1);
    demo->scanner = scanner;

    return true;
}


void
healthcode_demo_scan_free(healthcode_demo_t *demo)
{
    zbar_image_scanner_destroy(demo->scanner);
    demo->scanner = NULL;
}


healthcode_demo_status_e
healthcode_demo_scan(healthcode_demo_t *demo, const healthcode_demo_ask_t *ask,
    healthcode_json_writer_t *json)
{
    unsigned           width, height;
    zbar_image_t      *image;
    healthcode_str_t   text = { NULL, 0 };

    width = healthcode_demo_scan_side(ask->width);
    height = healthcode_demo_scan_side(ask->height);

    if (width == 0 || height == 0) {
        return healthcode_demo_error(demo, HEALTHCODE_DEMO_WRONG,
                                     "\"w\" and \"h\" must be 1 to %d pixels",
                                     HEALTHCODE_DEMO_SIDE_MAX);
    }

    if (ask->frame.len != (size_t) width * height) {
        return healthcode_demo_error(demo, HEALTHCODE_DEMO_WRONG,
                                     "the frame has %zu bytes; %u times %u "
                                     "pixels are %zu", ask->frame.len, width,
                                     height, (size_t) width * height);
    }

    image = zbar_image_create();

    if (image == NULL) {
        return healthcode_demo_error(demo, HEALTHCODE_DEMO_BUSY, "no memory");
    }

    zbar_image_set_format(image, HEALTHCODE_DEMO_GREY);
    zbar_image_set_size(image, width, height);
    zbar_image_set_data(image, ask->frame.data, ask->frame.len, NULL);

    if (zbar_scan_image(demo->scanner, image) > 0) {
        text = healthcode_demo_scan_find(image);
    }

    healthcode_json_writer_name(json, "text");

    if (text.data) {
        healthcode_json_writer_string(json, text);
    } else {
        healthcode_json_writer_word(json, healthcode_str("null"));
    }

    zbar_image_destroy(image);

    return HEALTHCODE_DEMO_OK;
}


/* Decimal digits; 0: it is not a number of pixels. */
static unsigned
healthcode_demo_scan_side(const char *text)
{
    unsigned  side = 0;

    for (; text && *text; text++) {
        if (*text < '0' || *text > '9') {
            return 0;
        }

        side = side * 10 + (unsigned) (*text - '0');

        if (side > HEALTHCODE_DEMO_SIDE_MAX) {
            return 0;
        }
    }

    return side;
}


/* The first QR code, a view into the image. */
static healthcode_str_t
healthcode_demo_scan_find(zbar_image_t *image)
{
    const zbar_symbol_t  *symbol;

    for (symbol = zbar_image_first_symbol(image); symbol;
         symbol = zbar_symbol_next(symbol))
    {
        if (zbar_symbol_get_type(symbol) == ZBAR_QRCODE) {
            return healthcode_str_from(zbar_symbol_get_data(symbol),
                                       zbar_symbol_get_data_length(symbol));
        }
    }

    return healthcode_str_from(NULL, 0);
}
