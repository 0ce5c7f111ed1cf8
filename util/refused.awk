# util/refused.awk: the pages for people who are refused as C, from the files of
# ngx_http_healthcode_module/pages/refused.  config.make says:
#
#     awk -f util/refused.awk DIR/page.css DIR/KIND.LANG.html ...
#
# The files stay as they are: the module reads them as those of a site.

FNR == 1 { name[++count] = FILENAME }

{ text[count] = text[count] $0 "\n" }


# without regular expressions, in which awks differ
function replace(text, from, to,    at, done) {
    while ((at = index(text, from)) > 0) {
        done = done substr(text, 1, at - 1) to
        text = substr(text, at + length(from))
    }
    return done text
}

# the text as an ngx_str_t of literals, in lines of a macro; "??" could be a
# trigraph
function literal(text,    i, n, lines) {
    text = replace(text, "\\", "\\\\")
    text = replace(text, "\"", "\\\"")
    text = replace(text, "?", "\\?")
    n = split(text, lines, "\n")
    print "ngx_string( \\"
    for (i = 1; i < n; i++) {
        print "    \"" lines[i] "\\n\" \\"
    }
    printf ")"
}

function file_of(path,    n, parts) {
    n = split(path, parts, "/")
    return parts[n]
}

END {
    print "/* Made by util/refused.awk: change what it is made of. */\n"
    print "#define NGX_HTTP_HEALTHCODE_REFUSED_STYLE \\"
    literal(text[1])
    print "\n\n#define NGX_HTTP_HEALTHCODE_REFUSED_PAGES \\"
    for (i = 2; i <= count; i++) {
        print "{ ngx_string(\"" file_of(name[i]) "\"), \\"
        literal(text[i])
        print (i < count) ? " }, \\" : " }"
    }
}
