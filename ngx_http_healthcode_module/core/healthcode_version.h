/*
 * The version of the module and of the command, which belong together.  Knows
 * no: nginx.  docs/operations.md, "The command".
 */

#ifndef HEALTHCODE_VERSION_H
#define HEALTHCODE_VERSION_H


/* MAJOR.MINOR.PATCH (Semantic Versioning 2.0.0); CHANGES begins with it. */
#define HEALTHCODE_VERSION  "0.1.0"

#endif
