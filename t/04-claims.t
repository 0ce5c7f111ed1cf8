# What a code says, once its signature holds: times at each boundary plus and
# minus a second, audience, status, and the order in which the rules speak.
# docs/token-format.md, "Claims".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Healthcode;
use Test::Nginx::Socket 'no_plan';

our $config = <<'END';
    healthcode on;
    healthcode_risk off;

    location /t {
        alias {{SITE}}/passed;
    }
    location /strict {
        healthcode_leeway 0;
        alias {{SITE}}/passed;
    }
    location /minute {
        healthcode_max_age 1m;
        alias {{SITE}}/passed;
    }
    location /generous {
        healthcode_leeway 30s;
        alias {{SITE}}/passed;
    }
    location /audience {
        healthcode_audience gate-1 gate-2;
        alias {{SITE}}/passed;
    }
END

# A row whose code is made at the last moment, from times relative to now.
sub at {
    my ($what, $answer, $uri, %times) = @_;
    return [ $what, $answer, sub {
        my $now = time;
        my %claims = map { $_ => defined $times{$_} ? $now + $times{$_} : undef }
            keys %times;
        my $code = site(claims => \%claims);
        return { uri => $uri, headers => [ "Authorization: Bearer $code" ] };
    } ];
}

# A code whose member is this JSON text.
sub raw_claim {
    my ($name, $text) = @_;
    my $claims = fixture->claims;
    delete $claims->{$name};
    return site(claims => "{\"$name\":$text," . substr json($claims), 1);
}

# A row for /audience.
sub aud {
    my ($what, $answer, $aud) = @_;
    my $code = site(claims => { aud => $aud });
    return [ $what, $answer, { uri => '/audience', headers => [
        "Authorization: Bearer $code" ] } ];
}

# The usual gate, whose site has these lines, too.
sub with_lines {
    return join '', fixture->pepper_conf, fixture->issuer_conf('site', @_),
        map({ fixture->issuer_conf($_) } 'national', 'province'),
        fixture->store_conf('flags');
}

run_tests();

__DATA__

=== TEST 1: a code ends with exp, within the leeway of five seconds
--- config eval: $::config
--- answers
[
    at('a second left', 200, '/t', iat => -600, exp => 1),
    at('ended now', 200, '/t', iat => -600, exp => 0),
    at('ended four seconds ago', 200, '/t', iat => -600, exp => -4),
    at('ended five seconds ago', '401 expired', '/t',
             iat => -600, exp => -5),
    at('ended six seconds ago', '401 expired', '/t',
             iat => -600, exp => -6),
    at('ended long ago', '401 expired', '/t',
             iat => -864000, exp => -863100),
    at('ended in 1970', '401 expired', '/t',
             iat => -time, exp => 900 - time),
]
--- no_error_log
[error]



=== TEST 2: without leeway a code ends with exp to the second
--- config eval: $::config
--- answers
[
    at('a second left', 200, '/strict', iat => -600, exp => 1),
    at('ended now', '401 expired', '/strict', iat => -600, exp => 0),
    at('ended a second ago', '401 expired', '/strict',
             iat => -600, exp => -1),
]
--- no_error_log
[error]



=== TEST 3: a code begins with iat, within the leeway
--- config eval: $::config
--- answers
[
    at('issued now', 200, '/t', iat => 0, exp => 900),
    at('issued in five seconds', 200, '/t', iat => 5, exp => 900),
    at('issued in six seconds', '401 not_yet_valid', '/t',
             iat => 6, exp => 900),
    at('issued tomorrow', '401 not_yet_valid', '/t',
             iat => 86400, exp => 87300),
    at('without leeway: issued now', 200, '/strict',
             iat => 0, exp => 900),
    at('without leeway: issued in a second', '401 not_yet_valid',
             '/strict', iat => 1, exp => 900),
    at('more leeway: issued in 30 seconds', 200, '/generous',
             iat => 30, exp => 900),
    at('more leeway: issued in 31 seconds', '401 not_yet_valid',
             '/generous', iat => 31, exp => 900),
]
--- no_error_log
[error]



=== TEST 4: a code begins with nbf too, within the leeway
--- config eval: $::config
--- answers
[
    at('from a second ago', 200, '/t', nbf => -1),
    at('from now', 200, '/t', nbf => 0),
    at('from in five seconds', 200, '/t', nbf => 5),
    at('from in six seconds', '401 not_yet_valid', '/t', nbf => 6),
    at('without leeway: from now', 200, '/strict', nbf => 0),
    at('without leeway: from in a second', '401 not_yet_valid',
             '/strict', nbf => 1),
]
--- no_error_log
[error]



=== TEST 5: no code may be made to live longer than fifteen minutes
--- config eval: $::config
--- answers
[
    at('fifteen minutes', 200, '/t', iat => 0, exp => 900),
    at('a second more', '401 lifetime', '/t', iat => 0, exp => 901),
    at('leeway does not lengthen it', '401 lifetime', '/generous',
             iat => 0, exp => 901),
    at('a day', '401 lifetime', '/t', iat => 0, exp => 86400),
    at('to the year 9999', '401 lifetime', '/t',
             iat => 0, exp => 253402300799 - time() - 10),
    at('an end before its beginning', '401 lifetime', '/t',
             iat => 0, exp => -1),
    at('an end at its beginning, which is leeway alone', 200, '/t',
             iat => 0, exp => 0),
    at('a long life is named before its end', '401 lifetime', '/t',
             iat => -5000, exp => -1000),
]
--- no_error_log
[error]



=== TEST 6: a location may want younger codes than the issuer makes
--- config eval: $::config
--- answers
[
    at('a minute old', 200, '/minute', iat => -60, exp => 840),
    at('a minute and the leeway', 200, '/minute', iat => -65, exp => 835),
    at('a second more', '401 too_old', '/minute', iat => -66, exp => 834),
    at('the same elsewhere', 200, '/t', iat => -66, exp => 834),
    at('an expired one is called expired first', '401 expired',
             '/minute', iat => -800, exp => -100),
]
--- no_error_log
[error]



=== TEST 7: a location may accept older codes where the issuer makes them
--- http_config eval
main::fixture()->pepper_conf
. main::fixture()->issuer_conf('site', max_age => '1h')
--- config
    location /t {
        healthcode on;
        healthcode_max_age 1h;
        alias {{SITE}}/passed;
    }
    location /usual {
        healthcode on;
        alias {{SITE}}/passed;
    }
--- request
GET /t
--- more_headers
Authorization: Bearer {{CAROL}}
--- answers
[
    at('half an hour old', 200, '/t', iat => -1800, exp => 1800),
    at('half an hour old, where nothing is said', '401 too_old',
             '/usual', iat => -1800, exp => 1800),
    at('905 seconds, where nothing is said', 200,
             '/usual', iat => -905, exp => 1800),
    at('906 seconds, where nothing is said', '401 too_old',
             '/usual', iat => -906, exp => 1800),
    at('made for more than the hour', '401 lifetime', '/t',
             iat => 0, exp => 3601),
]
--- no_error_log
[error]



=== TEST 8: an issuer may make shorter codes
--- http_config eval
main::fixture()->pepper_conf
. main::fixture()->issuer_conf('site', max_age => '5m')
--- config eval: $::config
--- request
GET /t
--- more_headers eval
'Authorization: Bearer ' . main::site(claims => { exp => time + 100 })
--- answers
[
    at('five minutes', 200, '/t', iat => 0, exp => 300),
    at('a second more', '401 lifetime', '/t', iat => 0, exp => 301),
]
--- no_error_log
[error]



=== TEST 9: iss, sub, iat and exp must be there
--- config eval: $::config
--- answers
[
    map({ [ "no $_", '401 malformed', site(claims => { $_ => undef }) ] }
        'iss', 'sub', 'iat', 'exp'),
    [ 'none of them', '401 malformed', site(claims => '{}') ],
    [ 'an empty sub', '401 malformed', site(claims => { sub => '' }) ],
    [ 'an empty iss', '401 malformed', site(claims => { iss => '' }) ],
]
--- no_error_log
[error]



=== TEST 10: a time is a whole number of seconds of the years 1970 to 9999
--- config eval: $::config
--- answers
# with those of this second a slow machine makes codes that live too long
my $now = time;
[
    map({ my $name = $_;
        map { [ "$name: $_", '401 malformed', raw_claim($name, $_) ] }
            'true', '""', "\"$now\"", "\"$now.0\"", '[]', "[$now]", '{}', '-1',
            '-1.0', "-$now", "$now.5", "$now.001", "${now}000", "${now}000.0",
            "${now}123.5", '1.7e12', '1e999', '253402300800.0', '253402300800', '9223372036854775807', '9223372036854775808',
            '-9223372036854775808', '18446744073709551615',
            '18446744073709551616', '1' . '0' x 400
    } 'iat', 'exp', 'nbf'),
    map({ [ "$_: null", '401 malformed', raw_claim($_, 'null') ] } 'iat', 'exp'),
    map({ my ($name, $at) = @$_;
        map { [ "$name: $_", 200, raw_claim($name, $_) ] }
            "$at.0", "$at.000", sprintf('%.9fe9', $at / 1e9),
            sprintf('%d.%dE+8', $at / 1e8, $at % 1e8 + 1e8) =~ s/\.1/./r
    } [ iat => $now + 3 ], [ exp => $now + 600 ], [ nbf => $now ]),
    map({ [ "nbf: $_", 200, raw_claim('nbf', $_) ] } 'null', '0.0', '-0.0',
        '1e9'),
    [ 'a time of digits behind a point still ends', '401 expired',
      site(claims => sprintf '{"exp":%d.0,%s', $now - 6,
           substr json({ map({ $_ => fixture->claims->{$_} } 'iss', 'sub'),
                         iat => $now - 600 }), 1) ],
    [ 'and still begins', '401 not_yet_valid',
      raw_claim('nbf', sprintf '%d.0', $now + 60) ],
    [ 'nbf of zero is allowed', 200, raw_claim('nbf', '0') ],
    [ 'the last second of 9999 is a time, though not a lifetime',
      '401 lifetime', raw_claim('exp', '253402300799') ],
    [ 'and not one at which a code begins', '401 lifetime',
      raw_claim('iat', '253402300799') ],
    [ 'nbf in 9999', '401 not_yet_valid',
      raw_claim('nbf', '253402300799') ],
]
--- no_error_log
[error]



=== TEST 11: a claim of another type than RFC 7519 gives it is malformed
--- config eval: $::config
--- answers
[
    map({ my $name = $_;
        map { [ "$name: $_", '401 malformed', raw_claim($name, $_) ] }
            '1', 'true', '[]', '["x"]'
    } 'iss', 'sub', 'jti', 'status'),
    map({ [ "$_: null", '401 malformed', raw_claim($_, 'null') ] }
        'iss', 'sub', 'status'),
    map({ [ "$_: {}", '401 malformed', raw_claim($_, '{}') ] }
        'iss', 'sub', 'jti'),
    map({ [ "status: $_", '403 status_unsupported', raw_claim('status', $_) ] }
        '{}', '{"status_list":{"idx":7,"uri":"https://i.example/1"}}'),
    [ 'jti: null is none', 200, raw_claim('jti', 'null') ],
    [ 'aud: null is none', 200, raw_claim('aud', 'null') ],
    [ 'which is not the audience of a gate that asks for one', '401 audience',
      sub { { uri => '/audience', headers => [ 'Authorization: Bearer '
              . raw_claim('aud', 'null') ] } } ],
    map({ [ "aud: $_", '401 malformed', raw_claim('aud', $_) ] }
        '1', 'true', '{}', '[1]', '["gate-1",null]', '[["gate-1"]]'),
    map({ [ "regions: $_", '401 malformed', raw_claim('regions', $_) ] }
        'null', '1', '"511402"', '{}', '[511402]', '[null]', '[["511402"]]',
        '["5"]', '["511"]', '["51140"]', '["5114020"]', '["51140211"]',
        '["51a4"]', '["51 4"]', '["-114"]', '["+114"]', '[""]', '["51.4"]',
        '["\uff15\uff11"]', '["51","x"]', '[[1,2]]', '[[1,2,3,4]]',
        '[[1,2,3,4,5,6]]', '[{"a":1,"b":2}]', '["51",[[],[]]]',
        '[' . join(',', ('"51"') x 65) . ']'),
    map({ [ "regions: $_", 200, raw_claim('regions', $_) ] }
        '[]', '["51"]', '["5114"]', '["511402"]',
        '[' . join(',', ('"511402"') x 64) . ']'),
]
--- no_error_log
[error]



=== TEST 12: where an audience is required, one of the code's must be it
--- config eval: $::config
--- answers
[
    aud('the first', 200, 'gate-1'),
    aud('the second', 200, 'gate-2'),
    aud('in a list', 200, [ 'other', 'gate-2', 'third' ]),
    aud('none', '401 audience', undef),
    aud('another', '401 audience', 'gate-3'),
    aud('an empty one', '401 audience', ''),
    aud('an empty list', '401 audience', []),
    aud('a list of others', '401 audience', [ 'gate-3', 'gate-4' ]),
    aud('in capital letters', '401 audience', 'GATE-1'),
    aud('one that begins alike', '401 audience', 'gate-12'),
    aud('one that is shorter', '401 audience', 'gate'),
    aud('both in one string', '401 audience', 'gate-1 gate-2'),
    aud('with a space', '401 audience', 'gate-1 '),
    [ 'where none is required any will do', 200,
      site(claims => { aud => 'elsewhere' }) ],
]
--- no_error_log
[error]



=== TEST 13: a status other than normal is refused
--- config eval: $::config
--- answers
[
    [ 'normal', 200, site(claims => { status => 'normal' }) ],
    map({ [ "\"$_\"", '403 status', site(claims => { status => $_ }) ] }
        'abnormal', '', 'Normal', 'NORMAL', 'normal ', ' normal', 'green',
        'ok', 'normal2'),
    [ 'normal written with an escape', 200,
      raw_claim('status', '"n\u006frmal"') ],
]
--- no_error_log
[error]



=== TEST 14: of several faults the first in the order of judgement is named
--- config eval: $::config
--- answers
my $old = { iat => time - 5000, exp => time - 4500 };
my $bad = 'x' x 32;
sub sent { { uri => '/audience',
             headers => [ "Authorization: Bearer $_[0]" ] } }
[
    [ 'malformed claims before a strange issuer', '401 malformed',
      site(claims => { iss => 'x', sub => '' }, secret => $bad) ],
    [ 'the issuer before the type', '401 issuer',
      site(header => { typ => 'JWT' }, claims => { iss => 'x' }) ],
    [ 'the type before the algorithm', '401 type',
      site(header => { typ => 'JWT', alg => 'ES256' }) ],
    [ 'the algorithm before the key', '401 algorithm',
      site(header => { alg => 'ES256', kid => 'x' }) ],
    [ 'the key before the signature', '401 key',
      site(header => { kid => 'x' }, secret => $bad) ],
    [ 'the signature before the times', '401 signature',
      site(claims => $old, secret => $bad) ],
    [ 'the signature before the status', '401 signature',
      site(claims => { status => 'x' }, secret => $bad) ],
    [ 'the times before the audience', '401 expired',
      sent(site(claims => $old)) ],
    [ 'the audience before the status', '401 audience',
      sent(site(claims => { status => 'x' })) ],
    [ 'the start before the end', '401 not_yet_valid',
      site(claims => { %$old, nbf => time + 100 }) ],
]
--- no_error_log
[error]



=== TEST 15: the same code may be shown as often as its holder likes
--- config eval: $::config
--- answers
my $code = site(claims => { jti => 'once' });
[ map { [ "time $_", 200, $code ] } 1 .. 5 ]
--- no_error_log
[error]



=== TEST 15: the log says which claim of a malformed code is wrong, and of which issuer
--- config eval: $::config
--- request
GET /t
--- more_headers eval
'Authorization: Bearer ' . main::raw_claim('iat', time . '000')
--- error_code: 401
--- error_log
healthcode: deny reason=malformed issuer=site kid=-, iat is out of range: it is of Unix seconds, not of milliseconds, from 0 on
--- no_error_log
[error]



=== TEST 16: and never what a stranger wrote there
--- config eval: $::config
--- request
GET /t
--- more_headers eval
'Authorization: Bearer ' . main::site(claims => { iss => 'stranger', exp => 'told' })
--- error_code: 401
--- error_log
healthcode: deny reason=malformed issuer=- kid=-, exp is a string; a number of Unix seconds has no quotes
--- no_error_log
stranger
told



=== TEST 17: a payload that is no JSON names no claim
--- config eval: $::config
--- request
GET /t
--- more_headers eval
'Authorization: Bearer ' . main::site(claims => '[]')
--- error_code: 401
--- error_log
healthcode: deny reason=malformed issuer=- kid=-, payload is not a strict JSON object
--- no_error_log
[error]



=== TEST 18: of what is not a code at all the line names the form
--- config eval: $::config
--- request
GET /t
--- more_headers
Authorization: Bearer x
--- error_code: 401
--- error_log
healthcode: deny reason=malformed issuer=- kid=-, code has no dot: it is not a JWT, client:
--- no_error_log
[error]



=== TEST 19: the log says by whose limit a code lives too long
--- config eval: $::config
--- request
GET /t
--- more_headers eval
'Authorization: Bearer ' . main::site(claims => { iat => time, exp => time + 901 })
--- error_code: 401
--- error_log
healthcode: deny reason=lifetime issuer=site kid=site, exp is later than "max_age" of the issuer allows,
--- no_error_log
[error]



=== TEST 20: or that it ends before it begins
--- config eval: $::config
--- request
GET /t
--- more_headers eval
'Authorization: Bearer ' . main::site(claims => { iat => time, exp => time - 1 })
--- error_code: 401
--- error_log
healthcode: deny reason=lifetime issuer=site kid=site, exp is before iat,
--- no_error_log
[error]



=== TEST 21: and by whose limit it is too old
--- config eval: $::config
--- request
GET /minute
--- more_headers eval
'Authorization: Bearer ' . main::site(claims => { iat => time - 100, exp => time + 100 })
--- error_code: 401
--- error_log
healthcode: deny reason=too_old issuer=site kid=site, iat is longer ago than "healthcode_max_age" of the location allows,
--- no_error_log
[error]



=== TEST 22: of an issuer that other locations take the line has the name
--- http_config eval: main::with_lines()
--- config
    location /t {
        healthcode on;
        healthcode_issuers national province;
        alias {{SITE}}/passed;
    }
--- request
GET /t
--- more_headers eval
'Authorization: Bearer ' . main::site()
--- error_code: 401
--- error_log
healthcode: deny reason=issuer issuer=site kid=-, iss is not one of the location's (healthcode_issuers),
--- no_error_log
[error]



=== TEST 23: of the claims that "subject" names, the first that is there is the subject
--- http_config eval: main::with_lines(subject => 'oid badge sub')
--- config eval: $::config
--- answers
[
    map({ [ "$_ as sub alone", 200, raw_claim('sub', $_) ] } '"carol"', '1001'),
    map({ my $name = $_;
        map({ [ "$name: $_", 200, raw_claim($name, $_) ] } '"x"', '"1"', '0',
            '1001', '9007199254740993', '9223372036854775807'),
        map({ [ "$name: $_, whatever sub is", '401 malformed',
                raw_claim($name, $_) ] } 'null', '""', '-1', '1.0', '1e3',
            '1.5', 'true', '[]', '[1]', '{}', '9223372036854775808')
    } 'oid', 'badge'),
    [ 'none of them', '401 malformed', site(claims => { sub => undef }) ],
    [ 'a name in other letters', '401 malformed',
      site(claims => { sub => undef, OID => 'x' }) ],
]
--- no_error_log
[error]



=== TEST 24: a status is looked for in the claim of the issuer, and passes with its values
--- http_config eval: main::with_lines(status => 'https://site.example/state ok "very well"')
--- config eval: $::config
--- answers
[
    map({ [ "state: $_", 200, raw_claim('https://site.example/state', $_) ] }
        '"ok"', '"very well"'),
    map({ [ "state: $_", '403 status',
            raw_claim('https://site.example/state', $_) ] }
        '"normal"', '""', '"o"', '"okay"', '"very"', '"OK"'),
    map({ [ "state: $_", '401 malformed',
            raw_claim('https://site.example/state', $_) ] }
        '1', 'null', 'true', '["ok"]'),
    [ 'state: {}', '403 status_unsupported',
      raw_claim('https://site.example/state', '{}') ],
    map({ [ "status: $_", 200, raw_claim('status', $_) ] } '"red"', '{}', '1'),
    [ 'nothing', 200, site() ],
]
--- no_error_log
[error]



=== TEST 25: "status off" looks at none
--- http_config eval: main::with_lines(status => 'off')
--- config eval: $::config
--- answers
[
    map({ [ "status: $_", 200, raw_claim('status', $_) ] }
        '"red"', '""', '"normal"', 'null', '1', '[]',
        '{"status_list":{"idx":7,"uri":"https://i.example/1"}}'),
    [ 'but a claim called off', 200, site(claims => { off => 'x' }) ],
]
--- no_error_log
[error]



=== TEST 26: regions are looked for in the claim of the issuer
--- http_config eval: main::with_lines(regions => 'places')
--- config eval: $::config
--- answers
[
    map({ [ "places: $_", 200, raw_claim('places', $_) ] } '[]', '["51"]'),
    map({ [ "places: $_", '401 malformed', raw_claim('places', $_) ] }
        '"51"', '["5"]', 'null'),
    map({ [ "regions: $_", 200, raw_claim('regions', $_) ] }
        '"51"', '["5"]', 'null', '["51"]'),
]
--- no_error_log
[error]



=== TEST 27: the log names the claim that the issuer names
--- http_config eval: main::with_lines(subject => 'oid', status => 'state ok')
--- config eval: $::config
--- request
GET /t
--- more_headers eval
'Authorization: Bearer ' . main::site(claims => { oid => {} })
--- error_code: 401
--- error_log
healthcode: deny reason=malformed issuer=site kid=-, oid is neither a string nor an integer from 0 to 9223372036854775807
--- no_error_log
[error]
