# Rules about claims of a location's own choice, and claims as variables: who is
# refused and told which claim it was, and that nothing of a code is known
# before its signature held.  docs/token-format.md, "Claim rules".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Healthcode;
use Healthcode::Http qw(get exchange answers);
use Test::Nginx::Socket 'no_plan';

my $f = fixture;
$f->write('users', "guard:{PLAIN}open-sesame\n");
$f->write('site/page.shtml', 'level <!--# echo var="healthcode_claim_level" -->'
                             . '/<!--# include virtual="/part" -->');
$f->write('site/part.shtml', '<!--# echo var="healthcode_claim_level" -->');

our $http = $f->http_conf . <<'END';
    log_format claims '[$healthcode_failed_claim][$healthcode_claim_level]'
                      '[$healthcode_claim_sub]';
END

our $rules = <<'END';
    healthcode on;
    healthcode_risk off;
    add_header X-Verdict "$healthcode_verdict $healthcode_reason" always;
    add_header X-Failed $healthcode_failed_claim always;

    location /equal {
        healthcode_require level = 3;
        alias {{SITE}}/passed;
    }
    location /word {
        healthcode_require level = yes;
        alias {{SITE}}/passed;
    }
    location /other {
        healthcode_require level != yes;
        alias {{SITE}}/passed;
    }
    location /in {
        healthcode_require level in 1 two true;
        alias {{SITE}}/passed;
    }
    location /one-in {
        healthcode_require level in yes;
        alias {{SITE}}/passed;
    }
    location /pattern {
        healthcode_require level ~ "^(A|B)[0-9]+$";
        alias {{SITE}}/passed;
    }
    location /slow {
        healthcode_require level ~ "^(a+)+$";
        alias {{SITE}}/passed;
    }
    location /true {
        healthcode_require level = true;
        alias {{SITE}}/passed;
    }
    location /large {
        healthcode_require level = 18446744073709551615;
        alias {{SITE}}/passed;
    }
    location /subject {
        healthcode_require sub in carol dave;
        alias {{SITE}}/passed;
    }
    location /two {
        healthcode_require level = 3;
        healthcode_require ward ~ "^7";
        alias {{SITE}}/passed;
    }
    location /odd {
        healthcode_require 'https://x.example/a"b\c' = x;
        alias {{SITE}}/passed;
    }
    location /blank {
        healthcode_require level = "";
        alias {{SITE}}/passed;
    }
    location /dollar {
        healthcode_require level = "$uri";
        alias {{SITE}}/passed;
    }
    location /roles {
        healthcode_require /realm_access/roles = gate;
        alias {{SITE}}/passed;
    }
    location /first {
        healthcode_require /groups/0/name ~ "^ward-";
        alias {{SITE}}/passed;
    }
    location /slashes {
        healthcode_require "/a~1b\"/~01/~1" != x;
        alias {{SITE}}/passed;
    }
    location /least {
        healthcode_require level >= 3;
        healthcode_require level < 9007199254740993;
        alias {{SITE}}/passed;
    }
    location /below {
        healthcode_require level < 0.5;
        alias {{SITE}}/passed;
    }
    location /most {
        healthcode_require level <= -2;
        alias {{SITE}}/passed;
    }
    location /above {
        healthcode_require level > 18446744073709551614;
        alias {{SITE}}/passed;
    }
END

# Rows: what is done, the answer, where, and members of the payload as JSON.
sub at {
    my ($what, $answer, $uri, $members, %opt) = @_;
    return [ $what, $answer, { uri => $uri, headers => [
        'Authorization: Bearer ' . main::claiming($members, %opt) ] } ];
}

# A code of the site with more members, as JSON text.
sub claiming {
    my ($members, %opt) = @_;
    my $claims = json(fixture->claims(%{ $opt{claims} || {} }));
    $claims =~ s/\}\z/,$members}/ if length $members;
    return site(%opt, claims => $claims);
}

# The header lines X-C-NAME of an answer, as "name=value ...".
sub shown {
    my ($a) = @_;
    return join ' ', map { /^x-c-(.*)/ ? "$1=$a->{header}{$_}" : () }
        sort keys %{ $a->{header} };
}

# GET $uri with a code.
sub ask {
    my ($uri, $code, @more) = @_;
    return get(Healthcode::server(), $uri,
               [ "Authorization: Bearer $code", @more ]);
}

run_tests();

__DATA__

=== TEST 1: a code without the claim fulfils no rule, "!=" neither
--- http_config eval: $::http
--- config eval: $::rules
--- answers
[ map { my $uri = $_; (
    at("$uri: absent", '403 claim', $uri, ''),
    at("$uri: null", '403 claim', $uri, '"level":null'),
    at("$uri: an object", '403 claim', $uri, '"level":{"level":"yes","3":3}'),
    at("$uri: another name", '403 claim', $uri, '"Level":3,"levels":"yes"'),
    at("$uri: further down", '403 claim', $uri, '"x":{"level":3}'),
    at("$uri: an array in an array", '403 claim', $uri,
       '"level":[["yes"],[3],["1"],["A1"]]'),
) } qw(/equal /word /other /in /pattern /true /large
            /least /below /most /above) ]
--- request
GET /equal
--- more_headers eval
'Authorization: Bearer ' . main::claiming('"level":3')
--- no_error_log
[error]



=== TEST 2: "=" compares bytes, numbers as numbers and booleans as words
--- http_config eval: $::http
--- config eval: $::rules
--- answers
[
    at('the word', 200, '/word', '"level":"yes"'),
    at('the word, escaped', 200, '/word', '"level":"\\u0079es"'),
    at('in another case', '403 claim', '/word', '"level":"Yes"'),
    at('and more', '403 claim', '/word', '"level":"yes "'),
    at('less', '403 claim', '/word', '"level":"ye"'),
    at('nothing', '403 claim', '/word', '"level":""'),
    at('a number against a word', '403 claim', '/word', '"level":1'),
    at('true against a word', '403 claim', '/word', '"level":true'),
    at('the number', 200, '/equal', '"level":3'),
    at('the number, a string', 200, '/equal', '"level":"3"'),
    at('the number as a double', 200, '/equal', '"level":3.0'),
    at('the number with an exponent', 200, '/equal', '"level":0.3e1'),
    at('another string of the number', '403 claim', '/equal', '"level":"3.0"'),
    at('another number', '403 claim', '/equal', '"level":4'),
    at('its negative', '403 claim', '/equal', '"level":-3'),
    at('nearly', '403 claim', '/equal', '"level":3.0000001'),
    at('true against a number', '403 claim', '/equal', '"level":true'),
    at('true', 200, '/true', '"level":true'),
    at('the word true', 200, '/true', '"level":"true"'),
    at('false', '403 claim', '/true', '"level":false'),
    at('one', '403 claim', '/true', '"level":1'),
    at('the largest integer', 200, '/large', '"level":18446744073709551615'),
    at('one less', '403 claim', '/large', '"level":18446744073709551614'),
    at('one more', '403 claim', '/large', '"level":18446744073709551617e1'),
    at('the same bits', '403 claim', '/large', '"level":-1'),
    at('an empty string', 200, '/blank', '"level":""'),
    at('not an empty one', '403 claim', '/blank', '"level":"x"'),
    at('no number is empty', '403 claim', '/blank', '"level":0'),
    at('a VALUE may be a variable', 200, '/dollar', '"level":"/dollar"'),
    at('and is not its name', '403 claim', '/dollar', '"level":"$uri"'),
    at('a claim of the gate itself', 200, '/subject', ''),
    at('which is another', '403 claim', '/subject', '',
       claims => { sub => 'mallory' }),
]
--- request
GET /subject
--- more_headers
Authorization: Bearer {{CAROL}}
--- no_error_log
[error]



=== TEST 3: "!=", "in" and "~"
--- http_config eval: $::http
--- config eval: $::rules
--- answers
[
    at('another word', 200, '/other', '"level":"no"'),
    at('a number', 200, '/other', '"level":3'),
    at('false', 200, '/other', '"level":false'),
    at('an empty word', 200, '/other', '"level":""'),
    at('the word', '403 claim', '/other', '"level":"yes"'),
    at('the first of several', 200, '/in', '"level":1'),
    at('the second', 200, '/in', '"level":"two"'),
    at('the third', 200, '/in', '"level":true'),
    at('none of them', '403 claim', '/in', '"level":"three"'),
    at('several at once', '403 claim', '/in', '"level":"1 two"'),
    at('the only one', 200, '/one-in', '"level":"yes"'),
    at('not the only one', '403 claim', '/one-in', '"level":"no"'),
    at('a match', 200, '/pattern', '"level":"A17"'),
    at('no match', '403 claim', '/pattern', '"level":"C17"'),
    at('not the case', '403 claim', '/pattern', '"level":"a17"'),
    at('a number', '403 claim', '/pattern', '"level":17'),
    at('true', '403 claim', '/pattern', '"level":true'),
    at('a short search', 200, '/slow', '"level":"aaaa"'),
    at('a search without end', '403 claim', '/slow',
       '"level":"' . 'a' x 3000 . '!"'),
]
--- request
GET /subject
--- more_headers
Authorization: Bearer {{CAROL}}
--- no_error_log
[error]



=== TEST 4: one element of an array is enough; for "!=" all have to differ
--- http_config eval: $::http
--- config eval: $::rules
--- answers
[
    at('one of two', 200, '/word', '"level":["no","yes"]'),
    at('among other types', 200, '/word', '"level":[null,1,{},[],"yes"]'),
    at('none of two', '403 claim', '/word', '"level":["no","perhaps"]'),
    at('an empty array', '403 claim', '/word', '"level":[]'),
    at('a number among numbers', 200, '/equal', '"level":[1,2,3]'),
    at('a match among strings', 200, '/pattern', '"level":["C1","B2"]'),
    at('no match among strings', '403 claim', '/pattern', '"level":["C1","D"]'),
    at('in, among numbers', 200, '/in', '"level":[3,2,1]'),
    at('all differ', 200, '/other', '"level":["no",1,true]'),
    at('one does not', '403 claim', '/other', '"level":["no","yes"]'),
    at('one cannot be compared', '403 claim', '/other', '"level":["no",[]]'),
    at('nor can null', '403 claim', '/other', '"level":["no",null]'),
    at('nothing to differ', 200, '/other', '"level":[]'),
]
--- request
GET /subject
--- more_headers
Authorization: Bearer {{CAROL}}
--- no_error_log
[error]



=== TEST 5: all lines of a location must hold; the first that does not is named
--- http_config eval: $::http
--- config eval: $::rules
--- after
for my $case ([ '"level":3,"ward":"7b"', 200, undef ],
              [ '"level":3,"ward":7', 200, undef ],
              [ '"level":3,"ward":"6"', 403, 'ward' ],
              [ '"level":3', 403, 'ward' ],
              [ '"level":2,"ward":"7"', 403, 'level' ],
              [ '"ward":"6"', 403, 'level' ])
{
    my ($members, $status, $failed) = @$case;
    my $a = ask('/two', claiming($members));
    is($a->{status}, $status, $members);
    is($a->{header}{'x-failed'}, $failed, "$members: the claim");
}
--- request
GET /subject
--- more_headers
Authorization: Bearer {{CAROL}}
--- no_error_log
[error]



=== TEST 6: the answer names the claim, as JSON, and never its value
--- http_config eval: $::http
--- config eval: $::rules
--- request
GET /odd
--- more_headers eval
'Authorization: Bearer ' . main::claiming('"https://x.example/a\\"b\\\\c":"secret"')
--- error_code: 403
--- response_headers
Content-Type: application/problem+json
Cache-Control: no-store
X-Verdict: deny claim
! WWW-Authenticate
--- response_body eval
'{"type":"urn:healthcode:problem:claim","title":"A claim of the code is not what'
. ' is asked for here","status":403,"reason":"claim","class":"holder",'
. '"claim":"https://x.example/a\"b\\\\c"}' . "\r\n"
--- error_log
healthcode: deny reason=claim claim=https://x.example/a"b\c issuer=site kid=site
--- no_error_log
secret
[error]



=== TEST 7: and of a claim with such a name, the value counts
--- http_config eval: $::http
--- config eval: $::rules
--- answers
[ at('it is x', 200, '/odd', '"https://x.example/a\\"b\\\\c":"x"') ]
--- request
GET /subject
--- more_headers
Authorization: Bearer {{CAROL}}
--- no_error_log
[error]



=== TEST 8: another reason names no claim
--- http_config eval: $::http
--- config eval: $::rules
--- request
GET /equal
--- more_headers eval
'Authorization: Bearer ' . main::claiming('"level":4', claims => { status => 'x' })
--- error_code: 403
--- response_headers
X-Verdict: deny status
! X-Failed
--- response_body_like eval
qr/"reason":"status","class":"holder"}\r\n\z/
--- error_log
healthcode: deny reason=status issuer=site kid=site
--- no_error_log
claim=
[error]



=== TEST 9: a location with a line of its own inherits none
--- http_config eval: $::http
--- config
    healthcode on;
    healthcode_risk off;
    healthcode_require level = 3;

    location /inherits {
        alias {{SITE}}/passed;
    }
    location /replaces {
        healthcode_require ward = 7;
        alias {{SITE}}/passed;
    }
    location /above/ {
        healthcode_require ward = 7;
        location /above/nested { alias {{SITE}}/passed; }
    }
--- answers
[
    at('inherited, and holds', 200, '/inherits', '"level":3'),
    at('inherited, and does not', '403 claim', '/inherits', '"ward":7'),
    at('its own', 200, '/replaces', '"ward":7'),
    at('not the one above', '403 claim', '/replaces', '"level":3'),
    at('of the nearest above', 200, '/above/nested', '"ward":7'),
    at('and no further', '403 claim', '/above/nested', '"level":3'),
]
--- request
GET /inherits
--- more_headers eval
'Authorization: Bearer ' . main::claiming('"level":3')
--- no_error_log
[error]



=== TEST 10: the rules speak after all others about the code, before the store
--- http_config eval: $::http
--- config
    healthcode on;
    healthcode_audience gate-1;
    healthcode_require level = 3;
    location /t { alias {{SITE}}/passed; }
--- redis
HSET {{RISK:carol,site}} confirmed 0
--- request
GET /t
--- more_headers eval
'Authorization: Bearer ' . main::claiming('"level":4', claims => { aud => 'gate-1' })
--- error_code: 403
--- response_body_like: "claim":"level"
--- lookups: 0
--- answers
my @gate = (claims => { aud => 'gate-1' });
[
    at('a flag comes later', '403 flagged', '/t', '"level":3', @gate),
    at('a signature earlier', '401 signature', '/t', '"level":4',
       secret => 'x' x 32, @gate),
    at('an end earlier', '401 expired', '/t', '"level":4',
       claims => { iat => time - 500, exp => time - 100 }),
    at('an audience earlier', '401 audience', '/t', '"level":4'),
    at('a status earlier', '403 status', '/t', '"level":4',
       claims => { aud => 'gate-1', status => 'x' }),
]
--- no_error_log
[error]



=== TEST 11: an error page knows which claim it was
--- http_config eval: $::http
--- config
    location /t {
        healthcode on;
        healthcode_risk off;
        healthcode_require ward = 7;
        error_page 403 /refused;
        access_log $TEST_NGINX_SERVER_ROOT/logs/access.log claims;
    }
    location /refused {
        internal;
        proxy_pass http://127.0.0.1:{{PORT}}/page/$healthcode_failed_claim;
        access_log $TEST_NGINX_SERVER_ROOT/logs/access.log claims;
    }
    location /page/ { return 200 "$uri\n"; }
--- request
GET /t
--- more_headers eval
'Authorization: Bearer ' . main::claiming('"level":5')
--- error_code: 403
--- response_body
/page/ward
--- access_log
[ward][5][carol]
--- no_error_log
[error]



=== TEST 12: audit lets pass, logs the claim and knows all of them
--- http_config eval: $::http
--- config
    location /t {
        healthcode audit;
        healthcode_risk off;
        healthcode_require ward = 7;
        add_header X-Failed $healthcode_failed_claim;
        add_header X-Level $healthcode_claim_level;
        alias {{SITE}}/passed;
    }
--- request
GET /t
--- more_headers eval
'Authorization: Bearer ' . main::claiming('"level":5')
--- response_headers
X-Failed: ward
X-Level: 5
--- error_log
healthcode: audit deny reason=claim claim=ward issuer=site kid=site
--- no_error_log
[error]



=== TEST 13: under "satisfy any" it is a 403, so another credential may speak
--- http_config eval: $::http
--- config
    location /t {
        satisfy any;
        healthcode on;
        healthcode_source query code;
        healthcode_risk off;
        healthcode_require ward = 7;
        auth_basic "guard";
        auth_basic_user_file {{DIR}}/users;
        add_header X-Reason $healthcode_reason always;
        alias {{SITE}}/passed;
    }
--- suppress_stderr
--- request eval
'GET /t?code=' . main::claiming('"ward":7')
--- after
my $code = claiming('"ward":8');
my $a = get(Healthcode::server(), "/t?code=$code", []);
is("$a->{status} $a->{header}{'x-reason'}", '401 claim', 'no password');
$a = get(Healthcode::server(), "/t?code=$code",
         [ 'Authorization: Basic ' . b64('guard:open-sesame') . '=' ]);
is("$a->{status} $a->{header}{'x-reason'}", '200 claim', 'the password');
--- no_error_log
[alert]



=== TEST 14: other rules are another policy, the same rules are the same one
--- http_config eval: $::http
--- config
    healthcode on;
    root {{SITE}};
    location /loose { try_files /nowhere /strict; }
    location /strict {
        healthcode_require level = 3;
        alias {{SITE}}/passed;
    }
    location /above/ {
        healthcode_require level = 3;
        location /above/from { try_files /nowhere /above/to; }
        location /above/to { alias {{SITE}}/passed; }
    }
    location /again { healthcode_require level = 3; try_files /nowhere /strict; }
--- request
GET /above/from
--- more_headers eval
'Authorization: Bearer ' . main::claiming('"level":3')
--- response_body
passed
--- lookups: 1
--- answers
[
    at('from none to one', '403 claim', '/loose', '"level":2'),
    at('which holds', 200, '/loose', '"level":3'),
    at('from one to none of its own', '403 claim', '/above/from', '"level":2'),
    at('equal lines', 200, '/again', '"level":3'),
]
--- no_error_log
[error]



=== TEST 15: a claim is a variable: strings as they are, all else as JSON
--- http_config eval: $::http
--- config
    location /t {
        healthcode on;
        healthcode_risk off;
        add_header X-C-V "[$healthcode_claim_v]" always;
        add_header X-C-W $healthcode_claim_w always;
        alias {{SITE}}/passed;
    }
--- request
GET /t
--- more_headers
Authorization: Bearer {{CAROL}}
--- response_headers
X-C-V: []
! X-C-W
--- after
for my $case (
    [ '"x y"' => 'x y' ], [ '"\\u5317"' => "\xe5\x8c\x97" ], [ '""' => '' ],
    [ '"\\"q\\\\"' => '"q\\' ], [ '0' => 0 ], [ '-17' => -17 ],
    [ '18446744073709551615' => '18446744073709551615' ], [ '1.50' => '1.5' ],
    [ 'true' => 'true' ], [ 'false' => 'false' ], [ '[]' => '[]' ],
    [ '[ 1, "x", null ]' => '[1,"x",null]' ],
    [ '{ "a": { "b": [true] } }' => '{"a":{"b":[true]}}' ],
    [ '["a\\nb"]' => '["a\\nb"]' ], [ 'null' => '' ],
    # what could end a line
    [ '"a\\r\\nX-C-Evil: 1"' => '' ], [ '"a\\nb"' => '' ], [ '"\\r"' => '' ],
    [ '"\\t"' => '' ], [ '"\\u0001"' => '' ], [ "\"\x7f\"" => '' ],
    [ "[\"\x7f\"]" => '' ])
{
    my ($json, $want) = @$case;
    my $a = ask('/t', claiming("\"v\":$json"));
    is(shown($a), "v=[$want]", "$json: its text");
    $a = ask('/t', claiming("\"w\":$json"));
    is(shown($a), 'v=[]' . (length $want ? " w=$want" : ''), "$json alone");
}
my $many = '[' . join(',', ('"' . 'x' x 40 . '"', '1e20', '[[]]') x 55) . ']';
my $a = ask('/t', claiming("\"w\":$many"));
my $plain = $many =~ s/1e20/100000000000000000000.0/gr;
is(shown($a), "v=[] w=$plain", 'a large array');
--- no_error_log
[error]



=== TEST 16: the name in a variable is the one of the claim, or its plain form
--- http_config eval: $::http
--- config
    location /t {
        healthcode on;
        healthcode_risk off;
        add_header X-C-Ab $healthcode_claim_aB always;
        add_header X-C-X $healthcode_claim_x_y always;
        add_header X-C-None $healthcode_claim_ always;
        alias {{SITE}}/passed;
    }
--- request
GET /t
--- more_headers
Authorization: Bearer {{CAROL}}
--- response_headers
! X-C-Ab
! X-C-X
! X-C-None
--- after
for my $case (
    [ '"ab":1' => 'ab=1' ], [ '"aB":1' => 'ab=1' ], [ '"AB":1' => 'ab=1' ],
    [ '"AB":1,"ab":2' => 'ab=2' ], [ '"AB":1,"Ab":2' => '' ],
    [ '"AB":1,"Ab":2,"ab":3' => 'ab=3' ],
    [ '"x_y":1' => 'x=1' ], [ '"x.y":1' => 'x=1' ], [ '"X-Y":1' => 'x=1' ],
    [ '"x/y":1,"x y":2' => '' ], [ '"x/y":1,"x_y":2' => 'x=2' ],
    [ '"xy":1' => '' ], [ '"x__y":1' => '' ], [ '"z":{"ab":1}' => '' ])
{
    my ($members, $want) = @$case;
    is(shown(ask('/t', claiming($members))), $want, "$members: found");
}
--- no_error_log
[error]



=== TEST 17: nothing is known of a code whose signature did not hold
--- http_config eval: $::http
--- config
    healthcode on;
    healthcode_risk off;
    healthcode_source header Authorization "(?i)^bearer +(\S+) *$";
    healthcode_source query code;
    healthcode_audience gate-1;
    healthcode_require ward = 7;
    add_header X-Reason $healthcode_reason always;
    add_header X-C-Level $healthcode_claim_level always;
    add_header X-C-Sub $healthcode_claim_sub always;
    add_header X-Age $healthcode_age always;
    location /t { alias {{SITE}}/passed; }
    location /page { error_page 401 403 /t; alias {{SITE}}/passed; }
    location /audit { healthcode audit; alias {{SITE}}/passed; }
--- request
GET /t
--- more_headers eval
'Authorization: Bearer ' . main::claiming('"level":"known","ward":7',
                                          claims => { aud => 'gate-1' })
--- response_headers
X-C-Level: known
X-C-Sub: carol
--- after
my $m = '"level":"known","ward":7';
my %gate = (aud => 'gate-1');
my $honest = claiming($m, claims => { %gate });
my ($head, $payload, $signature) = split /\./, $honest;
my $evil = unb64($payload) =~ s/"known"/"evil!"/r;
my %code = (
    malformed => "$honest.x",
    unsupported => claiming($m, claims => { %gate }, header => { zip => 'DEF' }),
    issuer => claiming($m, claims => { %gate, iss => 'https://mars.example' }),
    type => claiming($m, claims => { %gate }, header => { typ => 'JWT' }),
    algorithm => claiming($m, claims => { %gate }, header => { alg => 'ES256' }),
    key => claiming($m, claims => { %gate }, header => { kid => 'other' }),
    signature => claiming($m, claims => { %gate }, secret => 'x' x 32),
    'signature of another payload' => join('.', $head, b64($evil), $signature),
    'signature of none' => "$head.$payload.",
    ambiguous => $honest,
);
for my $what (sort keys %code) {
    my ($reason) = $what =~ /^(\w+)/;
    for my $uri ('/t', '/page', '/audit') {
        my $a = $what eq 'ambiguous'
            ? ask("$uri?code=" . site(), $honest) : ask($uri, $code{$what});
        is($a->{header}{'x-reason'}, $reason, "$what at $uri");
        is(shown($a), '', "$what at $uri: nothing is known");
        is($a->{header}{'x-age'}, undef, "$what at $uri: no age either");
    }
}
%code = (
    lifetime => claiming($m, claims => { %gate, exp => time + 9000 }),
    not_yet_valid => claiming($m, claims => { %gate, nbf => time + 100 }),
    expired => claiming($m, claims => { %gate, iat => time - 300,
                                        exp => time - 100 }),
    audience => claiming($m),
    status => claiming($m, claims => { %gate, status => 'x' }),
    claim => claiming('"level":"known"', claims => { %gate }),
);
for my $reason (sort keys %code) {
    for my $uri ('/t', '/page', '/audit') {
        my $a = ask($uri, $code{$reason});
        is($a->{header}{'x-reason'}, $reason, "$reason at $uri");
        is(shown($a), 'level=known sub=carol',
           "$reason at $uri: its issuer did say so");
    }
}
--- no_error_log
[error]



=== TEST 18: nothing is known before the code was judged
--- http_config eval: $::http
--- config
    location /early {
        set $early "<$healthcode_claim_level>";
        healthcode on;
        healthcode_risk off;
        add_header X-C-Early $early;
        add_header X-C-Late $healthcode_claim_level;
        alias {{SITE}}/passed;
    }
    location /open {
        add_header X-C-Late "<$healthcode_claim_level>";
        alias {{SITE}}/passed;
    }
--- request
GET /early
--- more_headers
Authorization: Bearer {{CAROL}}
--- after
my $code = claiming('"level":5');
is(shown(ask('/early', $code)), 'early=<> late=5', 'in the rewrite phase');
is(shown(ask('/open', $code)), 'late=<>', 'where there is no gate');
--- no_error_log
[error]



=== TEST 19: a redirect judges another code, and only what held is known
--- http_config eval: $::http
--- config
    location /first {
        healthcode on;
        healthcode_risk off;
        healthcode_source cookie code;
        try_files /nowhere /second;
    }
    location /second {
        healthcode on;
        healthcode_risk off;
        healthcode_source header X-Code;
        set $early $healthcode_claim_level;
        add_header X-C-Early $early always;
        add_header X-C-Late $healthcode_claim_level always;
        alias {{SITE}}/passed;
    }
--- request
GET /first
--- more_headers eval
'Cookie: code=' . main::claiming('"level":1')
--- response_headers
X-C-Early: 1
X-C-Late: 1
--- after
my $cookie = 'Cookie: code=' . claiming('"level":1');
my $a = get(Healthcode::server(), '/first',
            [ $cookie, 'X-Code: ' . claiming('"level":2') ]);
is("$a->{status} " . shown($a), '200 early=1 late=2', 'two honest codes');
$a = get(Healthcode::server(), '/first',
         [ $cookie, 'X-Code: ' . claiming('"level":2', secret => 'x' x 32) ]);
is("$a->{status} " . shown($a), '401 early=1', 'an honest and a forged one');
--- no_error_log
[error]



=== TEST 20: they outlive a live read, a redirect, and stand in subrequests
--- http_config eval: $::http
--- config
    root {{SITE}};
    healthcode on;
    ssi on;
    ssi_types *;
    add_header X-C-Level $healthcode_claim_level always;
    location /t { alias {{SITE}}/passed; }
    location /dir { try_files /nowhere /t; }
    location /off { try_files /nowhere @open; }
    location /page { alias {{SITE}}/page.shtml; }
    location /part { alias {{SITE}}/part.shtml; }
    location @open {
        healthcode off;
        try_files /passed =404;
    }
    location = /seen {
        healthcode off;
        return 200 "$http_x_level|$http_x_list|$http_x_evil\n";
    }
    location /proxy {
        proxy_set_header X-Level $healthcode_claim_level;
        proxy_set_header X-List $healthcode_claim_list;
        proxy_pass http://127.0.0.1:{{PORT}}/seen;
    }
--- request
GET /page
--- more_headers eval
'Authorization: Bearer ' . main::claiming('"level":5')
--- response_body chomp
level 5/5
--- after
my $code = claiming('"level":5,"list":["a\\r\\n",2]');
for my $uri ('/t', '/dir', '/off') {
    fixture()->redis->cmd('CLIENT', 'PAUSE', 200, 'ALL');
    my $a = ask($uri, $code);
    is("$a->{status} " . shown($a), '200 level=5', "$uri: after a slow read");
    cmp_ok($a->{time}, '>=', 0.1, "$uri: which was slow")
        if !$Healthcode::Fixture::CACHED;
}
fixture()->redis->cmd('HSET', fixture()->risk('carol', 'site'), confirmed => 0);
my $a = ask('/t', $code);
is("$a->{status} " . shown($a), '403 level=5', 'a flagged holder');
fixture()->reset_store;
is(ask('/proxy', $code, 'X-Level: 9')->{body}, "5|[\"a\\r\\n\",2]|\n",
   'an upstream is told, and not by the client');
is(ask('/proxy', claiming('"level":"5\\r\\nX-Evil: 1"'), 'X-Level: 9')->{body},
   "||\n", 'and no header is smuggled to it');
--- no_error_log
[error]



=== TEST 21: each request has its own, on one connection
--- http_config eval: $::http
--- config
    location /t {
        healthcode on;
        healthcode_require n ~ "^[0-9]+$";
        add_header X-C-N $healthcode_claim_n always;
        add_header X-C-M $healthcode_claim_n always;
        alias {{SITE}}/passed;
    }
--- request
GET /t
--- more_headers eval
'Authorization: Bearer ' . main::claiming('"n":0')
--- after
my ($bytes, @want) = ('');
for my $i (1 .. 60) {
    my $forged = $i % 3 == 0;
    my $code = claiming("\"n\":$i", $forged ? (secret => 'x' x 32) : ());
    my $last = $i == 60 ? "Connection: close\r\n" : '';
    $bytes .= "GET /t HTTP/1.1\r\nHost: x\r\n${last}"
            . "Authorization: Bearer $code\r\n\r\n";
    push @want, $forged ? '' : "m=$i n=$i";
}
my ($got) = exchange(Healthcode::server(), $bytes);
is(join('|', map { shown($_) } answers($got)), join('|', @want),
   'sixty codes, a third of them forged');
--- no_error_log
[error]



=== TEST 22: a claim that failed under one policy is not named under the next
--- http_config eval: $::http
--- config
    location /t {
        healthcode audit;
        healthcode_risk off;
        healthcode_require ward = 7;
        try_files /nowhere /second;
    }
    location /second {
        healthcode on;
        healthcode_risk off;
        add_header X-Failed "[$healthcode_failed_claim]";
        alias {{SITE}}/passed;
    }
--- request
GET /t
--- more_headers eval
'Authorization: Bearer ' . main::claiming('"level":5')
--- response_headers
X-Failed: []
--- no_error_log
[error]



=== TEST 23: of two refusals the claim of the first one is named
--- http_config eval: $::http
--- config
    healthcode_risk off;
    error_page 403 /second;
    add_header X-Failed "$healthcode_reason $healthcode_failed_claim" always;
    location /t {
        healthcode on;
        healthcode_require ward = 7;
        alias {{SITE}}/passed;
    }
    location /second {
        healthcode on;
        healthcode_require level = 9;
        alias {{SITE}}/passed;
    }
--- request
GET /t
--- more_headers eval
'Authorization: Bearer ' . main::claiming('"level":5')
--- error_code: 403
--- response_headers
X-Failed: claim ward
--- response_body_like: "reason":"claim","class":"holder","claim":"ward"
--- no_error_log
[error]



=== TEST 24: a claim with a slash first is a JSON pointer, into what is nested
--- http_config eval: $::http
--- config eval: $::rules
--- answers
[
    at('a role', 200, '/roles', '"realm_access":{"roles":["offline","gate"]}'),
    at('one role', 200, '/roles', '"realm_access":{"roles":"gate"}'),
    at('another', '403 claim', '/roles', '"realm_access":{"roles":["offline"]}'),
    at('no role', '403 claim', '/roles', '"realm_access":{"roles":[]}'),
    at('not in the realm', '403 claim', '/roles', '"roles":["gate"]'),
    at('further down', '403 claim', '/roles',
       '"x":{"realm_access":{"roles":["gate"]}}'),
    at('in one member of that name', '403 claim', '/roles',
       '"/realm_access/roles":"gate","realm_access/roles":"gate"'),
    at('an object', '403 claim', '/roles',
       '"realm_access":{"roles":{"gate":"gate"}}'),
    at('a string on the way', '403 claim', '/roles', '"realm_access":"roles"'),
    at('null on the way', '403 claim', '/roles', '"realm_access":null'),
    at('an element', 200, '/first', '"groups":[{"name":"ward-7"},7]'),
    at('the second', '403 claim', '/first',
       '"groups":[{"name":"lab"},{"name":"ward-7"}]'),
    at('a member named 0', 200, '/first', '"groups":{"0":{"name":"ward-7"}}'),
    at('slashes, a quote and tildes', 200, '/slashes',
       '"a/b\"":{"~1":{"/":"y"}}'),
    at('which is the word', '403 claim', '/slashes',
       '"a/b\"":{"~1":{"/":"x"}}'),
    at('decoded twice', '403 claim', '/slashes', '"a/b\"":{"/":{"/":"y"}}'),
    at('not decoded', '403 claim', '/slashes', '"a~1b\"":{"~01":{"~1":"y"}}'),
]
--- request
GET /slashes
--- more_headers
Authorization: Bearer {{CAROL}}
--- error_code: 403
--- response_body_like eval
qr{"reason":"claim","class":"holder","claim":"/a~1b\\"/~01/~1"\}\r\n\z}
--- error_log
healthcode: deny reason=claim claim=/a~1b"/~01/~1 issuer=site kid=site
--- no_error_log
[error]



=== TEST 25: "<", "<=", ">" and ">=" compare numbers, exactly, and nothing else
--- http_config eval: $::http
--- config eval: $::rules
--- answers
[
    at('at least', 200, '/least', '"level":3'),
    at('as a double', 200, '/least', '"level":3.0'),
    at('less', '403 claim', '/least', '"level":2'),
    at('a little less', '403 claim', '/least', '"level":2.9999999'),
    at('negative', '403 claim', '/least', '"level":-4'),
    at('the last integer', 200, '/least', '"level":9007199254740992'),
    at('as a double', 200, '/least', '"level":9007199254740992.0'),
    at('one more', '403 claim', '/least', '"level":9007199254740993'),
    at('huge', '403 claim', '/least', '"level":1e300'),
    at('a string of digits', '403 claim', '/least', '"level":"5"'),
    at('true', '403 claim', '/least', '"level":true'),
    at('an element for each rule', 200, '/least', '"level":["x",1,5]'),
    at('none in an array', '403 claim', '/least', '"level":["5",1,[5]]'),
    at('a fraction', 200, '/below', '"level":0.25'),
    at('that is equal', '403 claim', '/below', '"level":5e-1'),
    at('an integer below', 200, '/below', '"level":0'),
    at('an integer above', '403 claim', '/below', '"level":1'),
    at('true is not 0', '403 claim', '/below', '"level":false'),
    at('a negative number', 200, '/most', '"level":-3'),
    at('that is equal', 200, '/most', '"level":-2.0'),
    at('that is greater', '403 claim', '/most', '"level":-1'),
    at('the largest', 200, '/above', '"level":18446744073709551615'),
    at('one less', '403 claim', '/above', '"level":18446744073709551614'),
    at('one more, as a double', 200, '/above', '"level":18446744073709551616'),
    at('the same bits', '403 claim', '/above', '"level":-1'),
]
--- request
GET /subject
--- more_headers
Authorization: Bearer {{CAROL}}
--- no_error_log
[error]
