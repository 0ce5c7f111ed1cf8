# util/script.awk: a script of redis-scripts/ as C, byte for byte.  config.make
# says:
#
#     awk -f util/script.awk redis-scripts/X.lua

# "??" could be a trigraph
{
    gsub(/\\/, "\\\\")
    gsub(/"/, "\\\"")
    gsub(/\?/, "\\?")
    text = text "    \"" $0 "\\n\" \\\n"
}

END {
    n = split(FILENAME, parts, "/")
    name = toupper(parts[n])
    sub(/\..*/, "", name)
    print "/* Made by util/script.awk: change what it is made of. */\n"
    print "#define NGX_HTTP_HEALTHCODE_SCRIPT_" name " \\"
    printf "%s    \"\"\n", text
}
