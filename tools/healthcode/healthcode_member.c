/*
 * NAME=TEXT and NAME:=JSON of the command line -> a member of a JSON object.
 * Knows no claim and no header.  docs/token-format.md, "How to make a code".
 */

#include "healthcode_member.h"
#include "healthcode_output.h"


bool
healthcode_member_read(const char *name, const char *text,
    yyjson_mut_doc *doc, healthcode_member_t *member)
{
    size_t           len;
    yyjson_doc      *json;
    const char      *equals = strchr(text, '=');
    yyjson_mut_val  *value;

    if (equals == NULL || equals == text || strncmp(text, ":=", 2) == 0) {
        healthcode_output_usage("%s: \"%s\" has no name, or no value; write "
                                "NAME=TEXT or NAME:=JSON", name, text);
        return false;
    }

    len = (size_t) (equals - text);

    if (text[len - 1] != ':') {
        value = yyjson_mut_str(doc, equals + 1);

    } else {
        len--;
        json = yyjson_read(equals + 1, strlen(equals + 1),
                           YYJSON_READ_NUMBER_AS_RAW);
        value = yyjson_val_mut_copy(doc, yyjson_doc_get_root(json));
        yyjson_doc_free(json);
    }

    if (value == NULL) {
        healthcode_output_usage("%s: \"%s\" has no JSON after := (a text goes "
                                "after = alone)", name, text);
        return false;
    }

    member->name = healthcode_str_from(text, len);
    member->value = value;

    return true;
}


bool
healthcode_member_put(const healthcode_member_t *member, yyjson_mut_doc *doc,
    yyjson_mut_val *root)
{
    yyjson_mut_val  *name;

    name = yyjson_mut_strn(doc, (const char *) member->name.data,
                           member->name.len);

    return yyjson_mut_obj_put(root, name, member->value);
}
