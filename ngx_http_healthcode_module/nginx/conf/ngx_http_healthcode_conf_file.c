/*
 * Files that lines name: read whole, and named if they hold a secret that
 * everybody may read.
 * Knows no: request, connection, location.  docs/directives.md.
 */

#include "ngx_http_healthcode_conf_file.h"


/* Bytes. */
#define NGX_HTTP_HEALTHCODE_FILE_MAX  (8 * 1024 * 1024)


ngx_int_t
ngx_http_healthcode_conf_file_read(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *text, ngx_file_info_t *info)
{
    off_t       size;
    ssize_t     n;
    ngx_file_t  file;

    ngx_memzero(&file, sizeof(ngx_file_t));
    file.name = *name;
    file.log = cf->log;

    if (ngx_conf_full_name(cf->cycle, &file.name, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    /* a pipe that nobody writes into would be waited for */

    file.fd = ngx_open_file(file.name.data,
                            NGX_FILE_RDONLY|NGX_FILE_NONBLOCK, NGX_FILE_OPEN,
                            0);

    if (file.fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed", &file.name);
        return NGX_ERROR;
    }

    if (ngx_fd_info(file.fd, info) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_fd_info_n " \"%V\" failed", &file.name);
        ngx_close_file(file.fd);
        return NGX_ERROR;
    }

    size = ngx_file_size(info);

    if (!ngx_is_file(info) || size > NGX_HTTP_HEALTHCODE_FILE_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is not a regular file of at most %d bytes",
                           &file.name, NGX_HTTP_HEALTHCODE_FILE_MAX);
        ngx_close_file(file.fd);
        return NGX_ERROR;
    }

    text->data = ngx_pnalloc(cf->pool, (size_t) size + 1);
    n = text->data ? ngx_read_file(&file, text->data, (size_t) size, 0)
                   : NGX_ERROR;

    ngx_close_file(file.fd);

    if (n == NGX_ERROR || n != (ssize_t) size) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" cannot be read whole", &file.name);
        return NGX_ERROR;
    }

    text->len = n;
    text->data[n] = '\0';

    return NGX_OK;
}


void
ngx_http_healthcode_conf_file_secret(ngx_conf_t *cf, ngx_str_t *name,
    ngx_uint_t mode)
{
    ngx_str_t  path = *name;

    if (!(mode & S_IROTH)
        || ngx_conf_full_name(cf->cycle, &path, 1) != NGX_OK)
    {
        return;
    }

    ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                       "healthcode: \"%V\" holds a secret, but everybody on "
                       "this machine may read it; write \"chmod 600 %V\"",
                       name, &path);
}
