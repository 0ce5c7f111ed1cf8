/*
 * The screens of --help, each at most 24 lines of 80 columns or so.
 * Knows nothing else.  docs/operations.md, "The command".
 */

#include "healthcode_commands.h"


const char  healthcode_main_help[] =
"healthcode: issues health codes, and tells gates live which ones to refuse\n"
"\n"
"    healthcode keygen   make a signing key and the key set for gates\n"
"    healthcode issue    sign a code\n"
"    healthcode inspect  what is in a code, and whether it holds\n"
"    healthcode store    init, check: make a Redis store ready for gates\n"
"    healthcode holder   the pseudonym of a subject in the store\n"
"    healthcode flag     set, clear, show, import: risk flags of holders\n"
"    healthcode region   set, clear, list: risk levels of regions\n"
"    healthcode control  suspend, resume, revoke-key, restore-key, before,\n"
"                        list: issuers and keys\n"
"\n"
"Each explains itself: healthcode flag --help\n"
"\n"
"Exit codes: 0 yes or done; 1 no (it does not hold, it was not set); 2 an\n"
"argument is wrong; 3 could not (the store, a file).\n"
"\n"
"Example, from nothing to a code:\n"
"    healthcode keygen --alg ES256 --kid 2026-a \\\n"
"        --private issuer.jwk --public keys.json\n"
"    healthcode issue --key issuer.jwk --iss https://hc.example --sub 1001\n";


const char  healthcode_keygen_help[] =
"healthcode keygen --alg ALG [--kid NAME] --private FILE --public FILE\n"
"                  [--force]\n"
"\n"
"Makes a signing key: a JWK for the issuer, and a JWK set for the gates\n"
"(\"keys FILE;\" of healthcode_issuer).\n"
"\n"
"    --alg ALG       ES256, EdDSA (Ed25519), or HS256\n"
"    --kid NAME      the key's name in codes; its thumbprint by default\n"
"    --private FILE  the private key, mode 0600\n"
"    --public FILE   the key set, mode 0644; with HS256 it is mode 0600 and\n"
"                    HOLDS THE SHARED SECRET: who reads it can issue codes\n"
"    --force         replace these files if they exist\n"
"\n"
"Prints the thumbprint (RFC 7638), by which \"control revoke-key\" names it.\n"
"\n"
"Example:\n"
"    healthcode keygen --alg ES256 --kid 2026-a \\\n"
"        --private issuer.jwk --public keys.json\n";


const char  healthcode_issue_help[] =
"healthcode issue --key FILE --iss ISS --sub SUB [OPTION]...\n"
"\n"
"Signs a code and prints it.  SUB of - is read from standard input.\n"
"\n"
"    --key FILE      the private JWK that keygen wrote\n"
"    --iss ISS       the issuer, byte for byte as gates are told\n"
"    --aud AUD       for this audience; may be repeated\n"
"    --ttl TIME      how long it lives; 15m by default, and at most for gates\n"
"    --region CODE   a region visited, 2, 4 or 6 digits; may be repeated\n"
"    --claim K=V     a string claim; K:=V a number, true, or any JSON; it\n"
"                    replaces a claim of that name; may be repeated\n"
"    --jti ID        its own number; random by default\n"
"    --iat, --exp, --nbf TIME    Unix seconds, RFC 3339, or +2h, -20m\n"
"    --kid, --typ NAME           of the key, and healthcode+jwt, by default\n"
"An empty value (--jti \"\", --kid \"\", --exp \"\") leaves the member out.\n"
"\n"
"Example:\n"
"    healthcode issue --key issuer.jwk --iss https://hc.example --sub 1001 \\\n"
"        --region 511402 --claim status=normal --claim dose:=2\n";


const char  healthcode_inspect_help[] =
"healthcode inspect [--keys FILE] [OPTION]... [CODE | -]\n"
"\n"
"Says what is in a code, whether it holds, and why not, as a gate would.\n"
"Without CODE, or with -, it is read from standard input.\n"
"\n"
"    --keys FILE      the issuer's JWK set or PEM public key; without it\n"
"                     nobody knows who wrote the code, so it does not hold\n"
"    --iss ISS        the issuer these keys belong to; any by default\n"
"    --audience AUD   the gate's audience; may be repeated\n"
"    --typ TYPE       healthcode+jwt by default; any; none; may be repeated\n"
"    --max-age TIME   15m by default;  --leeway TIME   5s by default\n"
"    --at TIME        judge it at another time\n"
"\n"
"Exit codes: 0 it holds; 1 it does not; 2, 3 as everywhere.  Live flags are\n"
"not looked at: healthcode flag show.\n"
"\n"
"Example:\n"
"    healthcode inspect --keys keys.json - < code.txt\n";


const char  healthcode_store_help[] =
"healthcode store init  --redis URL --pepper-file FILE [--force]\n"
"healthcode store check --redis URL --pepper-file FILE [--evicting-ok]\n"
"\n"
"init writes healthcode:meta, by which a gate knows that this is the store\n"
"and that it was not emptied.  What proves the same pepper is kept; another\n"
"one is refused.  check says whether a gate would use the store; exit 1: no.\n"
"\n"
"    --redis URL           redis://[user[:password]@]host[:port][/db]\n"
"                          or unix:PATH[?db=N]\n"
"    --user NAME           the Redis user (ACL), where the URL names none\n"
"    --password-file FILE  of that user; or set REDISCLI_AUTH\n"
"    --pepper-file FILE    the file that gates name in healthcode_pepper_file\n"
"    --timeout TIME        for each answer; 5s by default\n"
"    --wait N              wait for N replicas to have it\n"
"    --force               replace the proof of another pepper: no gate finds\n"
"                          the flags of the old one again\n"
"    --evicting-ok         gates have \"evicting_ok on;\"\n"
"\n"
"Example:\n"
"    healthcode store init --redis unix:/run/redis/redis.sock \\\n"
"        --pepper-file pepper\n";


const char  healthcode_holder_help[] =
"healthcode holder --pepper-file FILE [--space NAME] SUB\n"
"\n"
"Prints the pseudonym under which the store knows a subject: 32 digits.\n"
"SUB of - is read from standard input, where no list of processes shows it.\n"
"\n"
"    --pepper-file FILE  the file that gates name in healthcode_pepper_file\n"
"    --space NAME        the issuer's subject_space; national by default\n"
"\n"
"Example:\n"
"    healthcode holder --pepper-file pepper 1001\n";


const char  healthcode_flag_help[] =
"healthcode flag set   STORE [--until TIME] [OPTION]... SUB FLAG\n"
"healthcode flag clear STORE [OPTION]... SUB FLAG         exit 1: was not set\n"
"healthcode flag show  STORE [--audit] SUB [FLAG]         exit 1: none active\n"
"healthcode flag import STORE [--until TIME] [OPTION]... FILE|-\n"
"\n"
"STORE is --redis URL --pepper-file FILE [--password-file FILE]\n"
"[--timeout 5s], as in healthcode store --help.  SUB of - is read from\n"
"standard input.  FLAG is confirmed, suspected, contact, cotravel, entry,\n"
"quarantine, revoked, or see --custom.\n"
"\n"
"    --until TIME   Unix seconds, RFC 3339, +2h, +14d; 0, the default, is\n"
"                   until cleared\n"
"    --by WHO, --reason TEXT   for the audit entry; the user by default\n"
"    --wait N       wait for N replicas to have it; exit 3 if fewer do\n"
"    --custom       FLAG is this site's own\n"
"    --space NAME   the issuer's subject_space; national by default\n"
"    --hashed       SUB is a holder already; needs no --pepper-file\n"
"\n"
"import reads lines \"SUB FLAG [UNTIL]\", parted by blanks, or by tabs in a\n"
"line that has one.  Bad lines are named and left out (exit 1).  --no-audit\n"
"writes no audit entries, which take far more memory than the flags.\n"
"\n"
"Example:\n"
"    healthcode flag set --redis unix:/run/redis/redis.sock \\\n"
"        --pepper-file pepper --until +14d --reason \"flight 12\" \\\n"
"        1001 cotravel\n";


const char  healthcode_region_help[] =
"healthcode region set   STORE [--until TIME] [--wait N] CODE LEVEL\n"
"healthcode region clear STORE [--wait N] CODE            exit 1: was not set\n"
"healthcode region list  STORE\n"
"\n"
"Of a code's prefixes (51, 5114, 511402) the longest one that is set rules.\n"
"CODE has 2, 4 or 6 digits, LEVEL is low, medium or high.\n"
"\n"
"STORE is --redis URL [--pepper-file FILE] [--password-file FILE]\n"
"[--timeout 5s], as in healthcode store --help.\n"
"\n"
"    --until TIME   Unix seconds, RFC 3339, +2h, +14d; 0, the default, is\n"
"                   until cleared\n"
"    --wait N       wait for N replicas to have it; exit 3 if fewer do\n"
"\n"
"Example:\n"
"    healthcode region set --redis unix:/run/redis/redis.sock --until +14d \\\n"
"        511402 high\n";


const char  healthcode_control_help[] =
"healthcode control suspend     STORE [--until TIME] ISS  refuse its codes\n"
"healthcode control resume      STORE ISS\n"
"healthcode control revoke-key  STORE [--until TIME] THUMBPRINT\n"
"healthcode control restore-key STORE THUMBPRINT\n"
"healthcode control before      STORE ISS TIME|none   refuse older codes\n"
"healthcode control list        STORE\n"
"\n"
"resume, restore-key and \"before ISS none\" exit 1 if there was nothing to\n"
"undo.  A THUMBPRINT is what keygen and inspect print.  TIME is Unix seconds,\n"
"RFC 3339, +2h, -20m, and +0s for now.\n"
"\n"
"STORE is --redis URL [--pepper-file FILE] [--password-file FILE]\n"
"[--timeout 5s], as in healthcode store --help.\n"
"\n"
"    --until TIME   by default until undone\n"
"    --wait N       wait for N replicas to have it; exit 3 if fewer do\n"
"\n"
"Example, a key that leaked:\n"
"    healthcode control revoke-key --redis unix:/run/redis/redis.sock \\\n"
"        kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k\n";
