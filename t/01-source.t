# Where a code may stand in a request, and what happens when it stands there
# twice: headers, query arguments and cookies, patterns, percent-encoding.
# docs/request-path.md, "Source".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Healthcode;
use Test::Nginx::Socket 'no_plan';

our $alice = code('ALICE');
our $bob   = code('BOB');

# the same code with every byte percent-encoded, and that encoded once more
our $encoded = join '', map { sprintf '%%%02x', ord } split //, $alice;
our $twice   = $encoded =~ s/%/%25/gr;

our $config = <<'END';
    large_client_header_buffers 4 64k;
    healthcode on;
    healthcode_risk off;
    add_header X-Holder $healthcode_holder always;

    location /t {
        alias {{SITE}}/passed;
    }
    location /header {
        healthcode_source header X-Code;
        alias {{SITE}}/passed;
    }
    location /query {
        healthcode_source query code;
        alias {{SITE}}/passed;
    }
    location /cookie {
        healthcode_source cookie code;
        alias {{SITE}}/passed;
    }
    location /all {
        healthcode_source header X-Code;
        healthcode_source header X-Other;
        healthcode_source query code;
        healthcode_source query hc;
        healthcode_source cookie code;
        alias {{SITE}}/passed;
    }
    location /pattern {
        healthcode_source header X-Code "^code (\S+)$";
        healthcode_source query code "^hc:(.*)$";
        healthcode_source cookie code "^v1:(.+)$";
        alias {{SITE}}/passed;
    }
    location /optional {
        healthcode_source header X-Code "^code(?: (\S+))?$";
        alias {{SITE}}/passed;
    }
    location /rewrite {
        healthcode_source query code;
        location /rewrite/enter/ {
            rewrite ^/rewrite/enter/(.+)$ /rewrite/hall?code=$1 last;
        }
        location /rewrite/break {
            root {{SITE}};
            rewrite ^/rewrite/break/(.+)$ /passed?code=$1 break;
        }
        location /rewrite/hall {
            alias {{SITE}}/passed;
        }
    }
    location /variable {
        healthcode_source variable $http_x_reader;
        healthcode_source variable $server_protocol "^no (.*)$";
        healthcode_source header X-Code;
        healthcode_source cookie code;
        alias {{SITE}}/passed;
    }
    location /mapped {
        set $copied "";
        if ($http_x_reader = 7) {
            set $copied "QR7:$http_x_scan";
        }
        rewrite ^/mapped/again$ /again last;
        healthcode_source variable $copied "^QR\d:(\S+)$";
        alias {{SITE}}/passed;
    }
    location /again {
        healthcode_source variable $copied "^QR\d:(\S+)$";
        alias {{SITE}}/passed;
    }
    location /order {
        healthcode_source variable $http_x_reader "^((?:a+)+)!$";
        healthcode_source list X-List;
        healthcode_source header X-Code;
        alias {{SITE}}/passed;
    }
    location /limit {
        healthcode_source header X-Code "^((?:a+)+)!$";
        alias {{SITE}}/passed;
    }
END

run_tests();

__DATA__

=== TEST 1: two different codes are never "the first wins"
--- config eval: $::config
--- answers
my $garbage = 'garbage';
my @two = ([ 'two honest codes', $alice, $bob ],
           [ 'garbage after a code', $alice, $garbage ],
           [ 'garbage before a code', $garbage, $alice ],
           [ 'a code and the same with a byte more', $alice, "${alice}A" ],
           [ 'a code and the same with a byte less', $alice,
             substr($alice, 0, -1) ]);
[
    map {
        my ($what, $one, $two) = @$_;
        [ "$what in one argument", '400 ambiguous',
          { uri => "/query?code=$one&code=$two" } ],
        [ "$what in two arguments", '400 ambiguous',
          { uri => "/all?hc=$one&code=$two" } ],
        [ "$what in a header and an argument", '400 ambiguous',
          { uri => "/all?code=$two", headers => [ "X-Code: $one" ] } ],
        [ "$what in two headers", '400 ambiguous',
          { uri => '/all', headers => [ "X-Code: $one", "X-Other: $two" ] } ],
        [ "$what in one header that comes twice", '400 ambiguous',
          { uri => '/header', headers => [ "X-Code: $one", "X-Code: $two" ] } ],
    } @two
]
--- no_error_log
[error]



=== TEST 2: the same bytes twice are one code
--- config eval: $::config
--- answers
[
    [ 'in one argument', 200,
      { uri => "/query?code=$alice&code=$alice" } ],
    [ 'plain and percent-encoded', 200,
      { uri => "/query?code=$alice&x=1&code=$encoded" } ],
    [ 'in a header and an argument', 200,
      { uri => "/all?hc=$alice", headers => [ "X-Code: $alice" ] } ],
    [ 'in two headers', 200,
      { uri => '/all',
        headers => [ "X-Code: $alice", "X-Other: $alice" ] } ],
    [ 'in a header that comes twice', 200,
      { uri => '/header',
        headers => [ "X-Code: $alice", "X-Code: $alice" ] } ],
    [ 'in a cookie that comes twice', 200,
      { uri => '/cookie',
        headers => [ "Cookie: code=$alice; a=b; code=$alice" ] } ],
    [ 'fifty times', 200,
      { uri => '/query?' . join('&', ("code=$alice") x 50) } ],
    [ 'and a third, different one, is still seen', '400 ambiguous',
      { uri => '/query?' . join('&', ("code=$alice") x 50, "code=$bob") } ],
]
--- no_error_log
[error]



=== TEST 3: an empty value carries no code
--- config eval: $::config
--- answers
[
    [ 'an argument', '401 missing', { uri => '/query?code=' } ],
    [ 'an argument without an equals sign', '401 missing',
      { uri => '/query?code' } ],
    [ 'no query at all', '401 missing', { uri => '/query' } ],
    [ 'an empty query', '401 missing', { uri => '/query?' } ],
    [ 'a header', '401 missing',
      { uri => '/header', headers => [ 'X-Code:' ] } ],
    [ 'a header of spaces', '401 missing',
      { uri => '/header', headers => [ 'X-Code:    ' ] } ],
    [ 'a cookie', '401 missing',
      { uri => '/cookie', headers => [ 'Cookie: code=' ] } ],
    [ 'a cookie without an equals sign', '401 missing',
      { uri => '/cookie', headers => [ 'Cookie: code' ] } ],
    [ 'an empty line of cookies', '401 missing',
      { uri => '/cookie', headers => [ 'Cookie:' ] } ],
    [ 'an empty argument beside a full one does not count', 200,
      { uri => "/query?code=&code=$alice&code" } ],
    [ 'an empty header beside a full one does not count', 200,
      { uri => '/header', headers => [ 'X-Code:', "X-Code: $alice" ] } ],
    [ 'a group that matches nothing', '401 missing',
      { uri => '/pattern?code=hc:' } ],
    [ 'a group that takes no part', '401 missing',
      { uri => '/optional', headers => [ 'X-Code: code' ] } ],
]
--- no_error_log
[error]



=== TEST 4: without a source line the code is the bearer of Authorization
--- config eval: $::config
--- answers
my @row = map { my ($what, $answer, $line) = @$_;
                [ $what, $answer, { headers => [ $line ] } ] } (
    [ 'bearer in small letters', 200, "Authorization: bearer $alice" ],
    [ 'BEARER in capitals', 200, "Authorization: BEARER $alice" ],
    [ 'the header name in any case', 200, "aUTHORIZATION: Bearer $alice" ],
    [ 'several spaces before the code', 200,
      "Authorization: Bearer    $alice" ],
    [ 'spaces after the code', 200, "Authorization: Bearer $alice   " ],
    [ 'no space before the code', '401 missing',
      "Authorization: Bearer$alice" ],
    [ 'a tab before the code', '401 missing',
      "Authorization: Bearer\t$alice" ],
    [ 'another scheme', '401 missing', "Authorization: Basic $alice" ],
    [ 'a scheme that ends in bearer', '401 missing',
      "Authorization: XBearer $alice" ],
    [ 'a bearer that is not the first scheme', '401 missing',
      "Authorization: Basic x, Bearer $alice" ],
    [ 'no scheme', '401 missing', "Authorization: $alice" ],
    [ 'a scheme alone', '401 missing', 'Authorization: Bearer' ],
    [ 'two codes in one value', '401 missing',
      "Authorization: Bearer $alice $bob" ],
    [ 'another header', '401 missing', "Proxy-Authorization: Bearer $alice" ],
    [ 'a cookie', '401 missing', "Cookie: code=$alice" ],
);
[ @row,
  [ 'two lines of it', qr/^400 /, { headers => [
      "Authorization: Bearer $alice", "Authorization: Bearer $bob" ] } ],
  [ 'an argument', '401 missing', { uri => "/t?code=$alice" } ],
  [ 'an argument named as a header', '401 missing',
    { uri => "/t?Authorization=Bearer%20$alice" } ] ]
--- no_error_log
[error]



=== TEST 5: the name of an argument is matched byte for byte
--- config eval: $::config
--- answers
[
    map({ [ "not $_", '401 missing', { uri => "/query?$_=$alice" } ] }
        'Code', 'CODE', 'xcode', 'code2', 'cod', 'code%20', 'c%6Fde', '%63ode',
        '?code', 'code[]', 'x;code', '+code', 'a/code'),
    [ 'not in the path', '401 missing', { uri => "/query/code=$alice" } ],
    [ 'first of several', 200, { uri => "/query?code=$alice&a=1&b=2" } ],
    [ 'last of several', 200, { uri => "/query?a=1&b=2&code=$alice" } ],
    [ 'between empty ones', 200, { uri => "/query?&&code=$alice&&" } ],
    [ 'in the absolute form of a request', 200,
      { uri => "http://localhost/query?code=$alice" } ],
]
--- no_error_log
[error]



=== TEST 6: the value of an argument is percent-decoded once
--- config eval: $::config
--- answers
[
    [ 'every byte encoded', 200, { uri => "/query?code=$encoded" } ],
    [ 'capital hexadecimal digits', 200,
      { uri => '/query?code=' . $encoded =~ s/(%..)/\U$1/gr } ],
    [ 'the dots alone encoded', 200,
      { uri => '/query?code=' . $alice =~ s/\./%2e/gr } ],
    [ 'every byte encoded twice', '401 malformed',
      { uri => "/query?code=$twice" } ],
    [ 'one byte encoded twice', '401 malformed',
      { uri => '/query?code=' . $alice =~ s/\./%252e/r } ],
    [ 'a plus sign is no space', '401 malformed',
      { uri => "/query?code=+$alice" } ],
    [ 'an encoded space', '401 malformed',
      { uri => "/query?code=$alice%20" } ],
    [ 'an encoded line feed', '401 malformed',
      { uri => "/query?code=$alice%0a" } ],
    [ 'an encoded NUL after the code', '401 malformed',
      { uri => "/query?code=$alice%00" } ],
    [ 'an encoded NUL before the code', '401 malformed',
      { uri => "/query?code=%00$alice" } ],
    [ 'an escape that is none', '401 malformed',
      { uri => "/query?code=$alice%zz" } ],
    [ 'an escape cut short', '401 malformed',
      { uri => "/query?code=$alice%2" } ],
    [ 'a lone percent sign', '401 malformed',
      { uri => "/query?code=$alice%" } ],
    [ 'a second equals sign', '401 malformed',
      { uri => "/query?code==$alice" } ],
    [ 'a semicolon does not separate', '401 malformed',
      { uri => "/query?code=$alice;code=$alice" } ],
    [ 'an encoded ampersand does not separate', '401 malformed',
      { uri => "/query?code=$alice%26code=$alice" } ],
]
--- no_error_log
[error]



=== TEST 7: a header or cookie is taken as it is, without decoding
--- config eval: $::config
--- answers
[
    [ 'a header', '401 malformed',
      { uri => '/header', headers => [ "X-Code: $encoded" ] } ],
    [ 'a cookie', '401 malformed',
      { uri => '/cookie', headers => [ "Cookie: code=$encoded" ] } ],
    [ 'a header whose name is in other case', 200,
      { uri => '/header', headers => [ "x-cODE: $alice" ] } ],
    [ 'a header with a longer name', '401 missing',
      { uri => '/header', headers => [ "X-Codes: $alice" ] } ],
    [ 'a header with a shorter name', '401 missing',
      { uri => '/header', headers => [ "X-Cod: $alice" ] } ],
    [ 'a header with an underscore, which nginx drops', '401 missing',
      { uri => '/header', headers => [ "X_Code: $alice" ] } ],
    [ 'a header after thirty others', 200,
      { uri => '/header',
        headers => [ (map { "X-H$_: $_" } 1 .. 30), "X-Code: $alice" ] } ],
    [ 'a header list with a comma is one value', '401 malformed',
      { uri => '/header', headers => [ "X-Code: $alice, $alice" ] } ],
]
--- no_error_log
[error]



=== TEST 8: a cookie is found among others, whatever stands around it
--- config eval: $::config
--- answers
my @row = map { my ($what, $answer, @lines) = @$_;
                [ $what, $answer, { uri => '/cookie', headers => \@lines } ] } (
    [ 'alone', 200, "Cookie: code=$alice" ],
    [ 'first', 200, "Cookie: code=$alice; a=b" ],
    [ 'last', 200, "Cookie: a=b; c=d; code=$alice" ],
    [ 'without spaces', 200, "Cookie: a=b;code=$alice;c=d" ],
    [ 'with many spaces', 200, "Cookie:   a=b;    code=$alice" ],
    [ 'with a semicolon at the end', 200, "Cookie: code=$alice;" ],
    [ 'with empty ones around it', 200, "Cookie: ;; code=$alice;;" ],
    [ 'in the second line', 200, 'Cookie: a=b', "Cookie: code=$alice" ],
    [ 'after one whose name ends alike', 200,
      "Cookie: xcode=$bob; code=$alice" ],
    [ 'after one whose name begins alike', 200,
      "Cookie: codes=$bob; code=$alice" ],
    [ 'after one whose value holds the name', 200,
      "Cookie: a=code=$bob; code=$alice" ],
    [ 'a value that holds the name only', '401 missing',
      "Cookie: a=code=$alice" ],
    [ 'a value of another name only', '401 missing', "Cookie: xcode=$alice" ],
    [ 'a value without a name', '401 missing', "Cookie: =$alice" ],
    [ 'a comma does not separate', '401 missing',
      "Cookie: a=b, code=$alice" ],
    [ 'quotes are part of the value', '401 malformed',
      qq{Cookie: code="$alice"} ],
    [ 'before a thousand of one letter', 200,
      "Cookie: code=$alice" . ';a' x 1000 ],
    [ 'after a thousand of one letter', 200,
      'Cookie: ' . 'a;' x 1000 . "code=$alice" ],
    [ 'quotes hide nothing', '401 malformed',
      qq{Cookie: a="; code=$bob"; code=$alice} ],
);
\@row
--- no_error_log
[error]



=== TEST 8.1: of several cookies of one name the first counts
--- config eval: $::config
--- answers
my $old = site(claims => { iat => time - 5000, exp => time - 4500 });
my @row = map { my ($what, $answer, @lines) = @$_;
                [ $what, $answer, { uri => '/cookie', headers => \@lines } ] } (
    [ 'an old one behind it', 200, "Cookie: code=$alice; code=$old" ],
    [ 'an old one in the next line', 200, "Cookie: code=$alice",
      "Cookie: code=$old" ],
    [ 'another holder behind it', 200, "Cookie: code=$alice; a=b; code=$bob" ],
    [ 'garbage behind it', 200, "Cookie: code=$alice; code=garbage" ],
    [ 'an empty one before it', 200, "Cookie: code=; code=$alice" ],
    [ 'stars before it', 200, "Cookie: code=****; code=$alice" ],
    [ 'an old one before it', '401 expired', "Cookie: code=$old; code=$alice" ],
    [ 'an old one in the line before', '401 expired', "Cookie: code=$old",
      "Cookie: code=$alice" ],
    [ 'garbage before it', '401 malformed',
      "Cookie: code=garbage; code=$alice" ],
);
\@row
--- no_error_log
[error]



=== TEST 9: a cookie counts only where no other source carries a code
--- config eval: $::config
--- request
GET /all
--- more_headers
X-Code: {{ALICE}}
Cookie: code={{BOB}}
--- response_headers
X-Holder: {{HOLDER:alice}}
--- answers
[
    [ 'beside a code in an argument', 200,
      { uri => "/all?code=$alice", headers => [ "Cookie: code=$bob" ] } ],
    [ 'garbage in a header is not made up for by a cookie', '401 malformed',
      { uri => '/all',
        headers => [ 'X-Code: garbage', "Cookie: code=$alice" ] } ],
    [ 'garbage in a cookie does no harm beside a header', 200,
      { uri => '/all',
        headers => [ "X-Code: $alice", 'Cookie: code=garbage' ] } ],
    [ 'two cookies do no harm beside a header', 200,
      { uri => '/all', headers => [ "X-Code: $alice",
                                    "Cookie: code=$bob; code=garbage" ] } ],
    [ 'an empty header leaves the word to the cookie', 200,
      { uri => '/all', headers => [ 'X-Code:', "Cookie: code=$alice" ] } ],
    [ 'an empty argument too', 200,
      { uri => '/all?code=', headers => [ "Cookie: code=$alice" ] } ],
]
--- no_error_log
[error]



=== TEST 10: a cookie alone is the code
--- config eval: $::config
--- request
GET /all
--- more_headers
Cookie: code={{BOB}}
--- response_headers
X-Holder: {{HOLDER:bob}}
--- no_error_log
[error]



=== TEST 11: the code is the first group of the pattern, and nothing else is
--- config eval: $::config
--- answers
[
    [ 'in a header', 200,
      { uri => '/pattern', headers => [ "X-Code: code $alice" ] } ],
    [ 'in an argument, after decoding', 200,
      { uri => "/pattern?code=hc%3A$encoded" } ],
    [ 'in a cookie', 200,
      { uri => '/pattern',
        headers => [ 'Cookie: code=v1:' . site() ] } ],
    [ 'a header that does not match carries no code', '401 missing',
      { uri => '/pattern', headers => [ "X-Code: $alice" ] } ],
    [ 'an argument that does not match carries no code', '401 missing',
      { uri => "/pattern?code=$alice" } ],
    [ 'what does not match is no second code', 200,
      { uri => "/pattern?code=$bob",
        headers => [ "X-Code: code $alice" ] } ],
    [ 'what does not match leaves the word to a cookie', 200,
      { uri => "/pattern?code=$bob",
        headers => [ 'Cookie: code=v1:' . site() ] } ],
    [ 'two that match are two codes', '400 ambiguous',
      { uri => "/pattern?code=hc:$bob",
        headers => [ "X-Code: code $alice" ] } ],
    [ 'a pattern is anchored where it says so', '401 missing',
      { uri => '/pattern', headers => [ "X-Code: xcode $alice" ] } ],
    [ 'a group may be optional', 200,
      { uri => '/optional', headers => [ "X-Code: code $alice" ] } ],
]
--- no_error_log
[error]



=== TEST 12: a pattern that would run for ages is stopped, and its value denied
--- config eval: $::config
--- request eval
"GET /limit"
--- more_headers eval
'X-Code: ' . 'a' x 8000 . 'b!'
--- error_code: 401
--- response_body_like: "reason": *"malformed"
--- timeout: 2
--- answers
[
    [ 'the same pattern on what it matches', '401 malformed',
      { uri => '/limit', headers => [ 'X-Code: aaaa!' ] } ],
    [ 'and on what it does not match', '401 missing',
      { uri => '/limit', headers => [ 'X-Code: b!' ] } ],
]
--- no_error_log
[error]



=== TEST 13: a long query of other arguments is searched to its end
--- config eval: $::config
--- answers
my $long = join '&', map { "a$_=$_" } 1 .. 3000;
[
    [ 'a code at the end', 200, { uri => "/query?$long&code=$alice" } ],
    [ 'a second code at the end', '400 ambiguous',
      { uri => "/query?code=$bob&$long&code=$alice" } ],
    [ 'no code', '401 missing', { uri => "/query?$long" } ],
]
--- no_error_log
[error]



=== TEST 14: stars alone, which a mask leaves, are no code
--- config eval: $::config
--- answers
my $stars = '*' x length $alice;
[
    [ 'in an argument', '401 missing', { uri => "/query?code=$stars" } ],
    [ 'one star', '401 missing', { uri => '/query?code=*' } ],
    [ 'encoded stars', '401 missing', { uri => '/query?code=%2A%2a' } ],
    [ 'in a header', '401 missing',
      { uri => '/header', headers => [ "X-Code: $stars" ] } ],
    [ 'in a cookie', '401 missing',
      { uri => '/cookie', headers => [ "Cookie: code=$stars" ] } ],
    [ 'behind the prefix of a pattern', '401 missing',
      { uri => "/pattern?code=hc:$stars" } ],
    [ 'they do not beat a cookie', 200,
      { uri => "/all?code=$stars", headers => [ "Cookie: code=$alice" ] } ],
    [ 'they are no second code', 200,
      { uri => "/query?code=$stars&code=$alice" } ],
    [ 'stars around a code are a wrong code', '401 malformed',
      { uri => "/query?code=*$alice" } ],
]
--- no_error_log
[error]



=== TEST 15: a code that a rewrite has put into the arguments is found
--- config eval: $::config
--- answers
[
    [ 'by "last", under one policy', 200,
      { uri => "/rewrite/enter/$alice" } ],
    [ 'by "break", in the location itself', 200,
      { uri => "/rewrite/break/$alice" } ],
    [ 'a wrong one by "last"', '401 malformed',
      { uri => '/rewrite/enter/garbage' } ],
    [ 'a wrong one by "break"', '401 malformed',
      { uri => '/rewrite/break/garbage' } ],
    [ 'beside another one that came', '400 ambiguous',
      { uri => "/rewrite/enter/$bob?code=$alice" } ],
    [ 'beside another one that came, by "break"', '400 ambiguous',
      { uri => "/rewrite/break/$bob?code=$alice" } ],
    [ 'beside the same one', 200,
      { uri => "/rewrite/enter/$alice?code=$alice" } ],
    [ 'without a rewrite', 200, { uri => "/rewrite/hall?code=$alice" } ],
]
--- no_error_log
[error]



=== TEST 16: other ways to write a name carry no code
--- config eval: $::config
--- answers
[
    [ 'an escaped name', '401 missing', { uri => "/query?%63ode=$alice" } ],
    [ 'an escaped name is no second code', 200,
      { uri => "/query?%63ode=$bob&code=$alice" } ],
    [ 'inside another argument', '401 missing',
      { uri => "/query?next=/hall?code=$alice" } ],
    [ 'in a fragment', '401 missing', { uri => "/query?a=1#code=$alice" } ],
    [ 'in a fragment beside a code', 200,
      { uri => "/query?code=$alice#code=$bob" } ],
]
--- no_error_log
[error]



=== TEST 17: a code in a variable counts like one in a header
--- config eval: $::config
--- answers
my $reader = "X-Reader: $alice";
[
    [ 'a code', 200, { uri => '/variable', headers => [ $reader ] } ],
    [ 'none', '401 missing', { uri => '/variable' } ],
    [ 'an empty one', '401 missing',
      { uri => '/variable', headers => [ 'X-Reader: ' ] } ],
    [ 'stars', '401 missing',
      { uri => '/variable', headers => [ 'X-Reader: ***' ] } ],
    [ 'a wrong one', '401 malformed',
      { uri => '/variable', headers => [ 'X-Reader: garbage' ] } ],
    [ 'beside another one in a header', '400 ambiguous',
      { uri => '/variable', headers => [ $reader, "X-Code: $bob" ] } ],
    [ 'beside the same one in a header', 200,
      { uri => '/variable', headers => [ $reader, "X-Code: $alice" ] } ],
    [ 'it beats a cookie', 200,
      { uri => '/variable', headers => [ $reader, "Cookie: code=$bob" ] } ],
    [ 'by its pattern', 200,
      { uri => '/mapped',
        headers => [ 'X-Reader: 7', "X-Scan: $alice" ] } ],
    [ 'if the pattern does not match', '401 missing',
      { uri => '/mapped',
        headers => [ 'X-Reader: 8', "X-Scan: $alice" ] } ],
    [ 'after a redirect', 200,
      { uri => '/mapped/again',
        headers => [ 'X-Reader: 7', "X-Scan: $alice" ] } ],
]
--- no_error_log
[error]



=== TEST 18: what is wrong first does not depend on the order of the lines
--- config eval: $::config
--- answers
my $ages = 'X-Reader: ' . 'a' x 8000 . 'b!';
[
    [ 'a variable is looked at last', '400 ambiguous',
      { uri => '/order',
        headers => [ $ages, "X-List: $alice", "X-Code: $bob" ] } ],
    [ 'and it is looked at', '401 malformed',
      { uri => '/order', headers => [ $ages, "X-Code: $alice" ] } ],
]
--- no_error_log
[error]
