# What a code must look like before anybody looks at its signature: RFC 7515's
# compact form, strict base64url and JSON, and RFC 8725 row by row.  All codes
# here carry a valid signature of the site, so that only the rule can stop them.
# docs/token-format.md, "Token".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Healthcode;
use Test::Nginx::Socket 'no_plan';

our $http = fixture->http_conf . "large_client_header_buffers 4 256k;\n";

our $config = <<'END';
    location /t {
        healthcode on;
        healthcode_risk off;
        healthcode_source header Authorization "(?i)^bearer +(\S+) *$";
        healthcode_source query code;
        alias {{SITE}}/passed;
    }
END

# The bytes of an honest header or payload, with a member put in front: text.
sub with_header { '{' . $_[0] . ',' . substr json(fixture->header), 1 }
sub with_claim  { '{' . $_[0] . ',' . substr json(fixture->claims), 1 }

# A code signed by the site over these header or payload bytes.
sub of_header { site(header => $_[0]) }
sub of_claims { site(claims => $_[0]) }

# A signed code whose three parts are changed as text before signing.
sub signed_text {
    my ($text) = @_;
    return "$text." . sign(fixture->secret, $text);
}

# The alphabet's next character: the same upper bits, another low one.
sub next_char {
    my ($c) = @_;
    my $all = join '', 'A' .. 'Z', 'a' .. 'z', 0 .. 9, '-_';
    return substr $all, (index($all, $c) ^ 1), 1;
}

# A part whose last character has unused bits, set: 4n+2 characters.
sub trailing_bits {
    my ($json) = @_;
    $json .= ' ' while length($json) % 3 != 1;
    my $part = b64($json);
    return substr($part, 0, -1) . next_char(substr $part, -1);
}

# An honest code of exactly $n bytes.
sub of_length {
    my ($n) = @_;
    for my $spaces (0 .. 3) {
        my $h = b64(json(fixture->header) . ' ' x $spaces);
        my $want = $n - length($h) - 2 - 43;
        my $empty = length json(fixture->claims(pad => ''));
        my $pad = int($want * 3 / 4) - $empty;
        my $p = b64(json(fixture->claims(pad => 'x' x $pad)));
        return signed_text("$h.$p") if length $p == $want;
    }
    die "no code of $n bytes";
}

our $honest = site();
our ($h, $p, $s) = split /\./, $honest;

sub must_be {
    my ($answer, @rows) = @_;
    return [ map { [ $_->[0], $answer, $_->[1] ] } @rows ];
}

run_tests();

__DATA__

=== TEST 1: a text that has not three parts is malformed
--- http_config eval: $::http
--- config eval: $::config
--- answers
must_be('401 malformed',
    [ 'one word', 'abc' ],
    [ 'one dot', "$h.$p" ],
    [ 'one dot and the signature', "$p.$s" ],
    [ 'a dot alone', '.' ],
    [ 'two dots alone', '..' ],
    [ 'three dots alone', '...' ],
    [ 'a fourth part', "$honest.$s" ],
    [ 'a fourth, empty part', "$honest." ],
    [ 'a dot in front', ".$honest" ],
    [ 'two dots in the middle', "$h..$p.$s" ],
    [ 'five parts, as an encrypted one has', "$honest.$p.$s" ],
    [ 'an empty header', signed_text(".$p") ],
    [ 'an empty payload', signed_text("$h.") ],
    [ 'JSON serialisation', '{"payload":"e30","signatures":[]}' ],
)
--- no_error_log
[error]



=== TEST 2: base64url is strict in each of the three parts
--- http_config eval: $::http
--- config eval: $::config
--- answers
my ($h, $p, $s) = ($h, $p, $s);
must_be('401 malformed',
    [ 'padding after the header', signed_text("$h=.$p") ],
    [ 'padding after the payload', signed_text("$h.$p=") ],
    [ 'padding after the signature', "$h.$p.$s=" ],
    [ 'twofold padding after the signature', "$h.$p.$s==" ],
    [ 'a plus sign in the header', signed_text("+$h.$p") ],
    [ 'a slash in the payload', signed_text("$h./$p") ],
    [ 'a plus sign in the signature', "$h.$p." . ('+' . substr $s, 1) ],
    [ 'a foreign byte in the header', signed_text("$h!.$p") ],
    [ 'a foreign byte in the payload', signed_text("$h.$p~") ],
    [ 'a foreign byte in the signature', "$h.$p.$s*" ],
    [ 'a foreign byte in the middle of the signature',
      "$h.$p." . substr($s, 0, 20) . ',' . substr($s, 21) ],
    [ 'a comma at the end', "$honest," ],
    [ 'a quote at the start', "\"$honest" ],
    [ 'a byte above 127', "$honest\xc3\xa9" ],
    [ 'a length of 4n+1 in the signature', "$h.$p." . substr($s, 0, 41) ],
    [ 'a length of 4n+1 of two signatures', "$h.$p.${s}AA" ],
    [ 'unused bits set in the header',
      signed_text(trailing_bits(json(
          fixture()->header)) . ".$p") ],
    [ 'unused bits set in the payload',
      signed_text("$h." . trailing_bits(json(
          fixture()->claims))) ],
    [ 'unused bits set in the signature',
      "$h.$p." . substr($s, 0, -1) . next_char(substr $s, -1) ],
    map({ my $c = $_; [ sprintf('byte %%%02x before the code', ord $c),
            { uri => sprintf '/t?code=%%%02x%s', ord $c, $honest } ],
          [ sprintf('byte %%%02x inside the code', ord $c),
            { uri => sprintf '/t?code=%s.%s%%%02x.%s', $h, $p, ord $c, $s } ],
          [ sprintf('byte %%%02x after the code', ord $c),
            { uri => sprintf '/t?code=%s%%%02x', $honest, ord $c } ] }
        "\0", "\t", "\n", "\r", ' ', '"', '&', '=', '%', "\x7f", "\x80",
        "\xff"),
)
--- no_error_log
[error]



=== TEST 3: a code longer than 8 KiB is malformed, one byte before it is not
--- http_config eval: $::http
--- config eval: $::config
--- answers
[
    [ '8192 bytes', 200, of_length(8192) ],
    [ '8193 bytes', '401 malformed', of_length(8193) ],
    [ '8195 bytes', '401 malformed', of_length(8195) ],
    [ '16 KiB', '401 malformed', of_length(16384) ],
    [ '64 KiB', '401 malformed', of_length(65536) ],
    [ '64 KiB in an argument', '401 malformed',
      { uri => '/t?code=' . of_length(65536) } ],
    [ '64 KiB of one letter', '401 malformed', 'A' x 65536 ],
    [ '64 KiB of dots', '401 malformed', '.' x 65536 ],
    [ '200 KiB', '401 malformed', of_length(200 * 1024) ],
    [ '64 KiB of percent signs in an argument', '401 malformed',
      { uri => '/t?code=' . '%' x 65536 } ],
    [ '64 KiB of encoded NULs in an argument', '401 malformed',
      { uri => '/t?code=' . '%00' x 21845 } ],
]
--- no_error_log
[error]



=== TEST 4: a header that is no strict JSON object is malformed
--- http_config eval: $::http
--- config eval: $::config
--- answers
my $ok = json(fixture()->header);
must_be('401 malformed', map { [ $_->[0], of_header($_->[1]) ] }
    [ 'an array', "[$ok]" ],
    [ 'a string', '"HS256"' ],
    [ 'a number', '1' ],
    [ 'null', 'null' ],
    [ 'true', 'true' ],
    [ 'nothing but space', '   ' ],
    [ 'two objects', "$ok$ok" ],
    [ 'bytes after the object', "$ok x" ],
    [ 'bytes before the object', "x$ok" ],
    [ 'a NUL after the object', "$ok\0" ],
    [ 'a byte order mark', "\xef\xbb\xbf$ok" ],
    [ 'UTF-16', join '', map { "$_\0" } split //, $ok ],
    [ 'an object cut short', substr $ok, 0, -1 ],
    [ 'a comma at the end', substr($ok, 0, -1) . ',}' ],
    [ 'a comment', "/* x */$ok" ],
    [ 'single quotes', $ok =~ tr/"/'/r ],
    [ 'names without quotes', $ok =~ s/"alg"/alg/r ],
    [ 'NaN', with_header('"x":NaN') ],
    [ 'Infinity', with_header('"x":Infinity') ],
    [ 'a hexadecimal number', with_header('"x":0x10') ],
    [ 'a number with a leading zero', with_header('"x":01') ],
    [ 'a number with a plus sign', with_header('"x":+1') ],
    [ 'a number past every double', with_header('"x":1e999') ],
    [ 'a control character in a string', with_header("\"x\":\"\1\"") ],
    [ 'a line feed in a string', with_header("\"x\":\"\n\"") ],
    [ 'a NUL in a string', with_header("\"x\":\"\0\"") ],
    [ 'an escaped NUL in a string', with_header('"x":"a\u0000b"') ],
    [ 'an escaped NUL in a name', with_header('"x\u0000":1') ],
    [ 'an escaped NUL at the end of alg',
      '{"alg":"HS256\u0000","typ":"healthcode+jwt","kid":"site"}' ],
    [ 'an unknown escape', with_header('"x":"\x41"') ],
    [ 'a lone high surrogate', with_header('"x":"\ud800"') ],
    [ 'a lone low surrogate', with_header('"x":"\udc00"') ],
    [ 'a byte that is no UTF-8', with_header("\"x\":\"\xff\"") ],
    [ 'a Latin-1 letter', with_header("\"x\":\"\xe9\"") ],
    [ 'an overlong slash', with_header("\"x\":\"\xc0\xaf\"") ],
    [ 'an overlong NUL', with_header("\"x\":\"\xc0\x80\"") ],
    [ 'a surrogate in UTF-8', with_header("\"x\":\"\xed\xa0\x80\"") ],
    [ 'a character cut short', with_header("\"x\":\"\xe2\x82\"") ],
    [ 'a character past U+10FFFF',
      with_header("\"x\":\"\xf4\x90\x80\x80\"") ],
    [ 'a name twice among 65', '{' . join(',', map { "\"m$_\":1" } 1 .. 61, 7)
                    . ',' . substr($ok, 1) ],
    [ '4000 open brackets', '[' x 4000 ],
    [ '4000 open objects', '{"a":' x 1000 ],
)
--- no_error_log
[error]



=== TEST 5: alg must be there, once, and be a string
--- http_config eval: $::http
--- config eval: $::config
--- answers
my $rest = '"typ":"healthcode+jwt","kid":"site"}';
must_be('401 malformed', map { [ $_->[0], of_header($_->[1]) ] }
    [ 'none at all', "{$rest" ],
    [ 'null', "{\"alg\":null,$rest" ],
    [ 'a number', "{\"alg\":256,$rest" ],
    [ 'true', "{\"alg\":true,$rest" ],
    [ 'an array', "{\"alg\":[\"HS256\"],$rest" ],
    [ 'an object', "{\"alg\":{\"HS256\":1},$rest" ],
    [ 'twice the same', "{\"alg\":\"HS256\",\"alg\":\"HS256\",$rest" ],
    [ 'none first, then ours', "{\"alg\":\"none\",\"alg\":\"HS256\",$rest" ],
    [ 'ours first, then none', "{\"alg\":\"HS256\",\"alg\":\"none\",$rest" ],
    [ 'twice, once written with an escape',
      "{\"alg\":\"HS256\",\"a\\u006cg\":\"none\",$rest" ],
)
--- no_error_log
[error]



=== TEST 6: there is no algorithm "none", in any spelling (RFC 8725 3.2)
--- http_config eval: $::http
--- config eval: $::config
--- answers
my @rows;
for my $alg ('none', 'None', 'NONE', 'nOnE', 'none ', '', 'null', 'HS256 ',
             'hs256', 'HS', 'HS2567', 'HS384', 'HS512', 'RS256', 'PS256',
             'ES384', 'A128KW', 'dir', 'RSA1_5')
{
    my $text = b64(json(fixture()->header(alg => $alg)))
             . ".$p";
    push @rows, [ "\"$alg\" with an empty signature", "$text." ],
                [ "\"$alg\" with a valid one", signed_text($text) ];
}
must_be('401 algorithm', @rows)
--- no_error_log
[error]



=== TEST 7: an extension that must be understood is refused (RFC 7515 4.1.11)
--- http_config eval: $::http
--- config eval: $::config
--- answers
must_be('401 unsupported', map {
        [ $_, of_header(with_header($_)) ] }
    '"crit":[]', '"crit":["exp"]', '"crit":["b64"],"b64":true',
    '"crit":["alg"]', '"crit":"exp"', '"crit":null', '"crit":{}',
    '"crit":["http://example.com/UNDEFINED"],"http://example.com/UNDEFINED":true',
    '"zip":"DEF"', '"zip":""', '"zip":null', '"zip":false',
    '"b64":false', '"b64":"true"', '"b64":0', '"b64":1', '"b64":null',
    '"b64":[]')
--- no_error_log
[error]



=== TEST 8: a code cannot bring its own key (RFC 8725 3.10)
--- http_config eval: $::http
--- config eval: $::config
--- answers
my $own = 'k' x 32;
my $jwk = json({ kty => 'oct', kid => 'site', alg => 'HS256',
                       k => b64($own) });
my @members = ("\"jwk\":$jwk", '"jku":"http://127.0.0.1:1/keys"',
               '"x5u":"http://127.0.0.1:1/cert"', '"x5c":["MAA="]',
               '"x5t":"AAAA"');
[
    map({ [ "signed with it: $_", '401 signature',
            site(header => with_header($_), secret => $own) ] }
        @members),
    map({ [ "signed with ours: $_", 200,
            of_header(with_header($_)) ] } @members),
]
--- no_error_log
[error]



=== TEST 9: kid and typ must be strings, and a kid is no path
--- http_config eval: $::http
--- config eval: $::config
--- answers
my %of = map { my $m = $_; ($m => sub {
    my $header = fixture()->header;
    delete $header->{$m};
    of_header("{\"$m\":$_[0]," . substr json($header), 1) }) }
    'kid', 'typ';
[
    map({ my $m = $_; map { [ "$m $_", '401 malformed', $of{$m}->($_) ] }
          'null', '1', '1.5', 'true', '[]', '["site"]', '{}' } 'kid', 'typ'),
    [ 'kid twice', '401 malformed',
      of_header(with_header('"kid":"site"')) ],
    [ 'typ twice', '401 malformed',
      of_header(with_header('"typ":"healthcode+jwt"')) ],
    map({ [ 'a kid of ' . substr($_, 0, 30), '401 key', $of{kid}->("\"$_\"") ] }
        '', ' site', 'site ', 'Site', 'sit', 'site2', '../../../../dev/null',
        '/dev/null', '| true', "' OR '1'='1", '%73ite', 'site\n', '*',
        'x' x 4000),
    [ 'a kid written with an escape is that kid', 200,
      $of{kid}->('"s\u0069te"') ],
]
--- no_error_log
[error]



=== TEST 10: a payload that is no strict JSON object is malformed
--- http_config eval: $::http
--- config eval: $::config
--- answers
my $ok = json(fixture()->claims);
my $deep = '[' x 1000 . ']' x 1000;
[
    @{ must_be('401 malformed', map {
            [ $_->[0], of_claims($_->[1]) ] }
        [ 'an array', "[$ok]" ],
        [ 'a string', '"x"' ],
        [ 'null', 'null' ],
        [ 'two objects', "$ok$ok" ],
        [ 'bytes after the object', "$ok x" ],
        [ 'a NUL after the object', "$ok\0" ],
        [ 'a NUL before the object', "\0$ok" ],
        [ 'an object cut short', substr $ok, 0, -1 ],
        [ 'a byte order mark', "\xef\xbb\xbf$ok" ],
        [ 'a byte that is no UTF-8', with_claim("\"x\":\"\xff\"") ],
        [ 'an overlong slash', with_claim("\"x\":\"\xc0\xaf\"") ],
        [ 'a surrogate in UTF-8', with_claim("\"x\":\"\xed\xa0\x80\"") ],
        [ 'a NUL in a claim', with_claim("\"x\":\"\0\"") ],
        [ 'an escaped NUL in a claim', with_claim('"x":"a\u0000"') ],
        [ 'an escaped NUL deep inside',
          with_claim('"x":[{"y":["a\u0000"]}]') ],
        [ 'a name twice', with_claim('"sub":"mallory"') ],
        [ 'exp twice', with_claim('"exp":9999999999') ],
        [ 'a name twice, once with an escape',
          with_claim('"s\u0075b":"mallory"') ],
        [ 'a name twice in an inner object',
          with_claim('"x":{"a":1,"a":1}') ],
        [ 'a name twice in an object in an array',
          with_claim('"x":[[{"a":1,"a":2}]]') ],
        [ 'a number past every double', with_claim('"x":1e999') ],
        [ 'a negative number past every double', with_claim('"x":-1e999') ],
        [ 'a name twice among 500', '{' . join(',', map { "\"m$_\":1" }
                        1 .. 499, 250) . ',' . substr($ok, 1) ],
        [ 'a name twice among 500 of an inner object', with_claim('"x":{'
            . join(',', map { "\"m$_\":1" } 1 .. 499, 1) . '}') ],
    ) },
    map({ my $n = $_; [ "$n members are read", 200, of_claims(
        '{' . join(',', map { "\"m$_\":1" } 5 .. $n) . ',' . substr($ok, 1)) ] }
        64, 65, 500),
    map({ my $n = $_; [ "an inner object of $n members, as of realms of roles,"
        . ' is read', 200, of_claims(with_claim('"resource_access":{'
            . join(',', map { "\"m$_\":1" } 1 .. $n) . '}')) ] } 64, 65, 500),
    [ 'a thousand brackets in a claim of no meaning are no harm', 200,
      of_claims(with_claim("\"x\":$deep")) ],
    [ 'a name in other letters is another name', 200,
      of_claims(with_claim('"Sub":"mallory"')) ],
    [ 'a very small number is no harm', 200,
      of_claims(with_claim('"x":1e-999')) ],
    [ 'a subject in Chinese', 200,
      site(claims => { sub => "\x{5f20}\x{4e09}" }) ],
]
--- no_error_log
[error]



=== TEST 11: a code cut short anywhere never passes
--- http_config eval: $::http
--- config eval: $::config
--- answers
my $alice = code('ALICE');
[
    [ 'nothing left', '401 missing', { headers => [ 'Authorization: Bearer ' ] } ],
    map({ [ "$_ bytes of an HS256 code", qr/^401 (malformed|signature)$/,
            substr $honest, 0, $_ ] } 1 .. length($honest) - 1),
    map({ [ "$_ bytes of an ES256 code", qr/^401 (malformed|signature)$/,
            substr $alice, 0, $_ ] } 1 .. length($alice) - 1),
]
--- no_error_log
[error]



=== TEST 12: a code with any one character changed never passes
--- http_config eval: $::http
--- config eval: $::config
--- answers
my @rows;
for my $case ([ HS256 => $honest ], [ ES256 => code('ALICE') ],
              [ EdDSA => code('BOB') ])
{
    my ($alg, $code) = @$case;
    for my $i (0 .. length($code) - 1) {
        my $changed = $code;
        my $c = substr $code, $i, 1;
        substr($changed, $i, 1) = $c eq '.' ? 'A' : next_char($c);
        push @rows, [ "character $i of an $alg code", qr/^401 /, $changed ];
    }
}
\@rows
--- no_error_log
[error]



=== TEST 13: raw bytes that HTTP itself forbids are 4xx
--- http_config eval: $::http
--- config eval: $::config
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer $::honest\0\r\n"
. "Connection: close\r\n\r\n"
--- error_code: 400
--- no_error_log
[error]



=== TEST 14: a code with bytes above 127 is malformed
--- http_config eval: $::http
--- config eval: $::config
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: localhost\r\n"
. "Authorization: Bearer \xff\xfe$::honest\r\nConnection: close\r\n\r\n"
--- error_code: 401
--- response_body_like: "reason": *"malformed"
--- no_error_log
[error]
