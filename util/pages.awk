# util/pages.awk: the page of a folder as C, one of each language.  config.make
# says:
#
#     awk -f util/pages.awk DIR/X.texts DIR/X.css DIR/X.js DIR/X.html
#
# In the HTML, {{NAME}} is a text, and the link to the style, the script, the
# comments "tables", "data" and "texts" are where C, or this, puts something.
# A text that is not there in each language is an error.

FILENAME ~ /\.texts$/ {
    if ($0 ~ /^ /) {
        sub(/^ +/, "")
        language = substr($0, 1, index($0, " ") - 1)
        if (!(language in known)) {
            known[language] = 1
            languages[++spoken] = language
        }
        if ((name, language) in texts) {
            fail("has \"" name "\" twice in " language)
        }
        texts[name, language] = substr($0, length(language) + 2)
    } else if ($0 != "" && $0 !~ /^#/) {
        if ($0 in named) {
            fail("has \"" $0 "\" twice")
        }
        name = $0
        names[++told] = name
        named[name] = 1
    }
    next
}

FILENAME ~ /\.css$/ { style = style $0 "\n"; next }

FILENAME ~ /\.js$/ {
    if (tolower($0) ~ /<\/script|<!--/) {
        fail("has what ends a script, or begins a comment")
    }
    script = script $0 "\n"
    next
}

# the pieces of the page, between those that C puts there
/^<link rel="stylesheet"/ { pieces[count++] = piece "<style>"
                            piece = "</style>\n"; next }
/^<!-- (tables|data) -->$/ { pieces[count++] = piece; piece = ""; next }
/^<script src=/ { pieces[count++] = piece "<script>"
                  piece = "</script>\n"; next }

{ piece = piece $0 "\n" }


function fail(what) {
    print FILENAME ":" FNR ": " what > "/dev/stderr"
    failed = 1
    exit 1
}

# without regular expressions, in which awks differ
function replace(text, from, to,    at, done) {
    while ((at = index(text, from)) > 0) {
        done = done substr(text, 1, at - 1) to
        text = substr(text, at + length(from))
    }
    return done text
}

function html(text) {
    text = replace(text, "&", "&amp;")
    text = replace(text, "<", "&lt;")
    return replace(text, "\"", "&quot;")
}

function json(text) {
    text = replace(text, "\\", "\\\\")
    text = replace(text, "\"", "\\\"")
    return replace(text, "<", "\\u003c")
}

function all_texts(language,    i, result) {
    for (i = 1; i <= told; i++) {
        result = result (i > 1 ? ",\n" : "{") "\"" names[i] "\":\"" \
            json(texts[names[i], language]) "\""
    }
    return result "}\n"
}

function speak(text, language,    at, end, name, done) {
    while ((at = index(text, "{{")) > 0) {
        end = index(text, "}}")
        name = substr(text, at + 2, end - at - 2)
        if (!(name in named)) {
            fail("there is no text \"" name "\"")
        }
        done = done substr(text, 1, at - 1) html(texts[name, language])
        text = substr(text, end + 2)
    }
    return replace(done text, "<!-- texts -->\n", all_texts(language))
}

# the text as an ngx_str_t of literals, in lines of a macro; "??" could be a
# trigraph
function literal(text,    i, n, lines) {
    text = replace(text, "\\", "\\\\")
    text = replace(text, "\"", "\\\"")
    text = replace(text, "?", "\\?")
    n = split(text, lines, "\n")
    print "ngx_string( \\"
    for (i = 1; i <= n; i++) {
        if (i < n || lines[i] != "") {
            print "    \"" lines[i] (i < n ? "\\n" : "") "\" \\"
        }
    }
    printf ")"
}

END {
    if (failed) {
        exit 1
    }
    pieces[count++] = piece
    if (count != 5) {
        fail("has " count - 1 " places for style, tables, data and script")
    }
    for (i = 1; i <= told; i++) {
        for (j = 1; j <= spoken; j++) {
            if (!((names[i], languages[j]) in texts)) {
                fail("\"" names[i] "\" is not told in " languages[j])
            }
        }
    }

    print "/* Made by util/pages.awk: change what it is made of. */\n"
    print "#define NGX_HTTP_HEALTHCODE_PAGE_STYLE \\"
    literal(style)
    print "\n\n#define NGX_HTTP_HEALTHCODE_PAGE_SCRIPT \\"
    literal(script)
    print "\n\n#define NGX_HTTP_HEALTHCODE_PAGES \\"
    for (j = 1; j <= spoken; j++) {
        print "{ healthcode_accept_offer(\"" languages[j] "\", \"\"), \\"
        print "ngx_string(\"" texts["lang", languages[j]] "\"), { \\"
        for (i = 0; i < count; i++) {
            literal(speak(pieces[i], languages[j]))
            print ", \\"
        }
        print (j < spoken) ? "} }, \\" : "} }"
    }
}
