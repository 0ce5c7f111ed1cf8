# Whose signature a code carries: every algorithm, keys that belong to one
# algorithm and one issuer, keys with and without a kid, types, and signatures
# that are almost right.  docs/token-format.md, "Issuers and keys".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Math::BigInt;
use MIME::Base64 qw(encode_base64);

use Healthcode;
use Test::Nginx::Socket 'no_plan';

our $f = fixture;

our $config = <<'END';
    location /t {
        healthcode on;
        healthcode_risk off;
        alias {{SITE}}/passed;
        add_header X-Verdict "$healthcode_verdict $healthcode_reason" always;
        add_header X-Issuer $healthcode_issuer always;
    }
END

our $alice = code('ALICE');
our $bob   = code('BOB');
our $hs    = issue(key => 'nat-hs', sub => 'hans');

# An honest payload of an issuer.
sub payload {
    my ($issuer, %claims) = @_;
    return json($f->claims(iss => $Healthcode::Fixture::ISS{$issuer}, %claims));
}

# A code with any header, payload and secret; header members of undef are left
# out.
sub made {
    my ($secret, $issuer, %header) = @_;
    return jws($secret, json($f->header(%header)), payload($issuer));
}

# A code with its signature (bytes) replaced.
sub resigned {
    my ($code, $signature) = @_;
    return $code =~ s/[^.]*$/b64($signature)/re;
}

sub signature_of { unb64((split /\./, $_[0])[2]) }

# Part number $i of one code in another.
sub swapped {
    my ($code, $other, $i) = @_;
    my @parts = split /\./, $code;
    $parts[$i] = (split /\./, $other)[$i];
    return join '.', @parts;
}

# DER of r||s, as OpenSSL writes it.
sub der {
    my ($raw) = @_;
    my $body = '';
    for my $part (substr($raw, 0, 32), substr($raw, 32)) {
        $part =~ s/^\0+//;
        $part = "\0$part" if ord($part) > 127;
        $body .= "\x02" . chr(length $part) . $part;
    }
    return "\x30" . chr(length $body) . $body;
}

# Ed25519: the same signature with the group order added to S.
sub malleable {
    my ($raw) = @_;
    my $order = Math::BigInt->new(2)->bpow(252)
        ->badd('27742317777372353535851937790883648493');
    my $s = Math::BigInt->from_bytes(scalar reverse substr $raw, 32);
    my $sum = reverse $s->badd($order)->to_bytes;
    return substr($raw, 0, 32) . substr($sum . "\0" x 32, 0, 32);
}

# DER of a public key -> PEM.
sub pem {
    my ($der) = @_;
    my $text = encode_base64($der, "\n");
    return "-----BEGIN PUBLIC KEY-----\n$text-----END PUBLIC KEY-----\n";
}

my $es = $f->jwk('nat-es');
my $ed = $f->jwk('nat-ed');
our $es_point = unb64($es->{x}) . unb64($es->{y});
our $es_pem = pem(pack('H*', '3059301306072a8648ce3d020106082a8648ce3d030107'
                           . '03420004') . $es_point);
our $ed_pem = pem(pack('H*', '302a300506032b6570032100') . unb64($ed->{x}));

$f->write('es.pem', $es_pem);
$f->write('ed.pem', $ed_pem);
$f->write('both.pem', $es_pem . $ed_pem);

# Ten secrets without kid, one after the other.
our @ten = map { "secret number $_ of ten, 32 bytes or more" } 1 .. 10;
$f->write('ten.jwks', json({ keys => [
    map { { kty => 'oct', alg => 'HS256', k => b64($_) } } @ten ] }), 0600);

# Ten keys with the same secrets, all with a kid.
$f->write('named.jwks', json({ keys => [
    map { { kty => 'oct', alg => 'HS256', kid => "k$_", k => b64($ten[$_]) } }
        0 .. 9 ] }), 0600);

sub with_issuer {
    return $f->pepper_conf . $f->issuer_conf(@_);
}

# A code of the issuer that has a key of each algorithm.
sub every {
    my ($alg, %opt) = @_;
    my %by = (kid => $alg, sub => 'alice', %opt);
    return $f->tool('issue', '--key', $f->path("$alg.key"), '--iss',
                    $Healthcode::Fixture::ISS{every},
                    map { ("--$_", $by{$_}) } sort keys %by);
}

run_tests();

__DATA__

=== TEST 1: codes of each algorithm and of each issuer pass
--- config eval: $::config
--- answers
[
    [ 'ES256', 200, $alice ],
    [ 'EdDSA', 200, $bob ],
    [ 'HS256', 200, $hs ],
    [ 'HS256 by the independent signer', 200, site() ],
    [ 'HS256 with the key of the command, by the independent signer', 200,
      made($f->hs_secret('nat-hs'), 'national', kid => 'nat-hs') ],
    [ 'a province', 200, issue(key => 'prov-es') ],
]
--- no_error_log
[error]



=== TEST 2: the algorithm belongs to the key, never to the code (RFC 8725 3.1)
--- config eval: $::config
--- answers
my $f = $f;
my $jwk = json($f->jwk('nat-es'));
my @public = ([ 'the JWK', $jwk ], [ 'the JWK set', $f->read('nat-es.jwks') ],
    [ 'the JWK set of the issuer', $f->read('national.jwks') ],
    [ 'the PEM', $es_pem ], [ 'the PEM without its last newline',
      $es_pem =~ s/\n$//r ],
    [ 'the point', $es_point ], [ 'the point with its first byte',
      "\x04$es_point" ], [ 'x', substr $es_point, 0, 32 ]);
[
    map({ my ($what, $secret) = @$_;
        [ "HS256 with $what as the secret, under the kid of the ES256 key",
          '401 key', made($secret, 'national', kid => 'nat-es') ],
        [ "HS256 with $what as the secret, without kid", '401 signature',
          made($secret, 'national', kid => undef) ],
        [ "HS256 with $what as the secret, where there is no HS256",
          '401 algorithm', made($secret, 'province', kid => 'prov-es') ],
    } @public),
    [ 'the kid of an HS256 key under ES256', '401 key',
      made('x' x 32, 'national', alg => 'ES256', kid => 'nat-hs') ],
    [ 'EdDSA under the kid of the ES256 key', '401 key',
      made('x' x 32, 'national', alg => 'EdDSA', kid => 'nat-es') ],
    [ 'ES256 where only HS256 is used', '401 algorithm',
      made($f->secret, 'site', alg => 'ES256') ],
    [ 'an ES256 code called EdDSA, without kid', '401 signature',
      do { my @p = split /\./, $alice;
           join '.', b64('{"alg":"EdDSA","typ":"healthcode+jwt"}'),
                @p[1, 2] } ],
]
--- no_error_log
[error]



=== TEST 3: a key signs for its own issuer only
--- config eval: $::config
--- answers
my $f = $f;
my $national = $Healthcode::Fixture::ISS{national};
[
    [ 'a province that calls itself national, under its own kid', '401 key',
      issue(key => 'prov-es', iss => $national) ],
    [ 'and under the national kid', '401 signature',
      do { my $code = issue(key => 'prov-es', iss => $national);
           swapped($code, $alice, 0) } ],
    [ 'a site that calls itself national, under its own kid', '401 key',
      made($f->secret, 'national') ],
    [ 'and under the national kid', '401 signature',
      made($f->secret, 'national', kid => 'nat-hs') ],
    [ 'and without kid', '401 signature',
      made($f->secret, 'national', kid => undef) ],
    [ 'the national key under the name of the site', '401 signature',
      made($f->hs_secret('nat-hs'), 'site', kid => 'site') ],
    [ 'an issuer that is not known', '401 issuer',
      site(claims => { iss => 'https://mallory.example' }) ],
    [ 'an issuer in capital letters', '401 issuer',
      site(claims => { iss => 'HTTPS://SITE.EXAMPLE' }) ],
    [ 'an issuer with a slash more', '401 issuer',
      site(claims => { iss => 'https://site.example/' }) ],
    [ 'an issuer with a byte less', '401 issuer',
      site(claims => { iss => 'https://site.exampl' }) ],
    [ 'the name of the issuer in the configuration', '401 issuer',
      site(claims => { iss => 'site' }) ],
]
--- no_error_log
[error]



=== TEST 4: whatever was signed cannot be exchanged afterwards
--- config eval: $::config
--- answers
my ($one, $two) = (site(), site(claims => { sub => 'mallory' }));
my $eve = issue(sub => 'eve');
[
    [ 'the payload of an HS256 code', '401 signature',
      swapped($one, $two, 1) ],
    [ 'the payload of an ES256 code', '401 signature',
      swapped($alice, $eve, 1) ],
    [ 'the payload of an EdDSA code', '401 signature',
      swapped($bob, issue(key => 'nat-ed', sub => 'eve'), 1) ],
    [ 'the signature of an HS256 code', '401 signature',
      swapped($one, $two, 2) ],
    [ 'the signature of an ES256 code', '401 signature',
      swapped($alice, $eve, 2) ],
    [ 'the header of an HS256 code, by one of the same meaning',
      '401 signature',
      do { my @p = split /\./, $one;
           join '.', b64('{"typ":"healthcode+jwt","alg":"HS256"}'),
                @p[1, 2] } ],
    [ 'no signature for HS256', '401 signature', resigned($one, '') ],
    [ 'no signature for ES256', '401 signature', resigned($alice, '') ],
    [ 'no signature for EdDSA', '401 signature', resigned($bob, '') ],
]
--- no_error_log
[error]



=== TEST 5: a signature that is almost one is none
--- config eval: $::config
--- answers
my $one = site();
my %raw = (HS256 => signature_of($one),
           ES256 => signature_of($alice),
           EdDSA => signature_of($bob));
my %code = (HS256 => $one, ES256 => $alice, EdDSA => $bob);
[
    map({ my $alg = $_; my $raw = $raw{$alg}; my $n = length $raw;
        map { [ "$alg: $_->[0]", '401 signature',
                resigned($code{$alg}, $_->[1]) ] }
            [ 'all zero', "\0" x $n ],
            [ 'all ones', "\xff" x $n ],
            [ 'one byte short', substr $raw, 0, -1 ],
            [ 'the first byte missing', substr $raw, 1 ],
            [ 'a byte more', "$raw\0" ],
            [ 'a byte in front', "\0$raw" ],
            [ 'half of it', substr $raw, 0, $n / 2 ],
            [ 'twice', $raw x 2 ],
            [ 'reversed', scalar reverse $raw ],
            [ 'a thousand bytes', $raw . "\0" x 1000 ],
            [ 'one bit changed', $raw ^ ("\0" x ($n - 1) . "\1") ],
    } 'HS256', 'ES256', 'EdDSA'),
    [ 'ES256: r is zero', '401 signature',
      resigned($alice, "\0" x 32 . substr $raw{ES256}, 32) ],
    [ 'ES256: s is zero', '401 signature',
      resigned($alice, substr($raw{ES256}, 0, 32) . "\0" x 32) ],
    [ 'ES256: r and s exchanged', '401 signature',
      resigned($alice, substr($raw{ES256}, 32)
                               . substr $raw{ES256}, 0, 32) ],
    [ 'ES256: in DER', '401 signature',
      resigned($alice, der($raw{ES256})) ],
    [ 'EdDSA: the group order added to S', '401 signature',
      resigned($bob, malleable($raw{EdDSA})) ],
    [ 'HS256: the first 16 bytes', '401 signature',
      resigned($one, substr $raw{HS256}, 0, 16) ],
    [ 'HS256 with an empty secret', '401 signature',
      made('', 'site') ],
]
--- no_error_log
[error]



=== TEST 6: a code without kid is tried against the keys of its algorithm
--- config eval: $::config
--- answers
my $f = $f;
[
    [ 'the only key', 200, made($f->secret, 'site', kid => undef) ],
    [ 'one among others of other algorithms', 200,
      made($f->hs_secret('nat-hs'), 'national', kid => undef) ],
    [ 'a secret that nobody has', '401 signature',
      made('z' x 32, 'site', kid => undef) ],
]
--- no_error_log
[error]



=== TEST 7: of many keys a code without kid is tried against eight
--- http_config eval: main::with_issuer('site', keys => $::f->path('named.jwks'))
--- config eval: $::config
--- request
GET /t
--- more_headers eval
'Authorization: Bearer ' . main::made($::ten[0], 'site', kid => undef)
--- answers
[
    map({ [ 'key ' . ($_ + 1) . ' of ten', $_ < 8 ? 200 : '401 signature',
            made($ten[$_], 'site', kid => undef) ] } 0 .. 9),
    map({ [ 'key ' . ($_ + 1) . ' of ten by its kid', 200,
            made($ten[$_], 'site', kid => "k$_") ] } 0 .. 9),
    [ 'a kid with the secret of another', '401 signature',
      made($ten[1], 'site', kid => 'k0') ],
]
--- no_error_log
[error]



=== TEST 8: a key without kid fits any kid
--- http_config eval: main::with_issuer('site', keys => $::f->path('ten.jwks'))
--- config eval: $::config
--- request
GET /t
--- more_headers eval
'Authorization: Bearer ' . main::made($::ten[0], 'site', kid => 'any')
--- answers
[
    [ 'no kid', 200, made($ten[7], 'site', kid => undef) ],
    [ 'another kid', 200, made($ten[7], 'site', kid => 'other') ],
    [ 'but only eight are tried', '401 signature',
      made($ten[8], 'site', kid => 'other') ],
]
--- no_error_log
[error]



=== TEST 9: an unknown kid is no reason to try other keys
--- config eval: $::config
--- answers
my $f = $f;
[
    [ 'with the right secret', '401 key',
      made($f->secret, 'site', kid => 'unknown') ],
    [ 'with an empty kid', '401 key',
      made($f->secret, 'site', kid => '') ],
    [ 'with a kid that begins as the right one', '401 key',
      made($f->secret, 'site', kid => 'site-2') ],
]
--- no_error_log
[error]



=== TEST 10: a PEM public key is as good as a JWK
--- http_config eval
main::with_issuer('national', keys => $::f->path('es.pem'),
                  algorithms => 'ES256')
--- config eval: $::config
--- answers
[
    [ 'another algorithm', '401 algorithm', $bob ],
    [ 'HS256 with the PEM as secret', '401 algorithm',
      made($es_pem, 'national', kid => undef) ],
    [ 'an almost right signature', '401 signature',
      resigned($alice, "\1" x 64) ],
]
--- no_error_log
[error]



=== TEST 11: a file of several PEM keys has them all
--- http_config eval
main::with_issuer('national', keys => $::f->path('both.pem'),
                  algorithms => 'ES256 EdDSA')
--- config eval: $::config
--- answers
[ [ 'EdDSA', 200, $bob ] ]
--- no_error_log
[error]



=== TEST 12: the algorithms of an issuer bound what its keys may be used for
--- http_config eval
main::with_issuer('national', algorithms => 'ES256')
--- config eval: $::config
--- answers
[
    [ 'EdDSA', '401 algorithm', $bob ],
    [ 'HS256', '401 algorithm', $hs ],
]
--- no_error_log
[error]



=== TEST 13: only codes of the type healthcode+jwt pass by default (RFC 8725 3.11)
--- config eval: $::config
--- answers
my $f = $f;
sub typed { made($f->secret, 'site', typ => $_[0]) }
[
    [ 'no type', '401 type', typed(undef) ],
    map({ [ "type \"$_\"", '401 type', typed($_) ] } 'JWT', 'jwt', 'at+jwt',
        'healthcode', 'healthcode+jw', 'healthcode+jwt2', ' healthcode+jwt',
        'healthcode+jwt;x=y', 'text/healthcode+jwt',
        'application/x/healthcode+jwt', 'application/', '', 'any', 'none'),
    map({ [ "type \"$_\"", 200, typed($_) ] } 'healthcode+jwt',
        'HealthCode+JWT', 'application/healthcode+jwt',
        'APPLICATION/healthcode+jwt'),
]
--- no_error_log
[error]



=== TEST 14: an issuer may accept other types
--- http_config eval
main::with_issuer('site', typ => 'JWT Badge+JWT')
--- config eval: $::config
--- more_headers eval
'Authorization: Bearer ' . main::made($::f->secret, 'site', typ => 'JWT')
--- request
GET /t
--- answers
sub of_type { made($f->secret, 'site', typ => $_[0]) }
[
    [ 'the second of them', 200, of_type('badge+jwt') ],
    [ 'the default one is not among them', '401 type',
      of_type('healthcode+jwt') ],
    [ 'none', '401 type', of_type(undef) ],
]
--- no_error_log
[error]



=== TEST 15: "typ any" does not look at the type
--- http_config eval
main::with_issuer('site', typ => 'any')
--- config eval: $::config
--- more_headers eval
'Authorization: Bearer ' . main::made($::f->secret, 'site', typ => undef)
--- request
GET /t
--- answers
[
    [ 'any word', 200, made($f->secret, 'site', typ => 'x') ],
    [ 'but a number is malformed', '401 malformed',
      made($f->secret, 'site', typ => 1) ],
]
--- no_error_log
[error]



=== TEST 16: "typ none" accepts that there is none, and nothing else by itself
--- http_config eval
main::with_issuer('site', typ => 'none healthcode+jwt')
--- config eval: $::config
--- more_headers eval
'Authorization: Bearer ' . main::made($::f->secret, 'site', typ => undef)
--- request
GET /t
--- answers
[
    [ 'the type beside it', 200,
      made($f->secret, 'site', typ => 'healthcode+jwt') ],
    [ 'another type', '401 type',
      made($f->secret, 'site', typ => 'JWT') ],
    [ 'a type called none', '401 type',
      made($f->secret, 'site', typ => 'none') ],
]
--- no_error_log
[error]



=== TEST 17: nobody is named as the issuer before the signature's issuer is known
--- config eval: $::config
--- request
GET /t
--- more_headers eval
'Authorization: Bearer ' . main::site(claims => { iss => 'https://x.example' })
--- error_code: 401
--- response_headers
X-Verdict: deny issuer
! X-Issuer
--- no_error_log
[error]



=== TEST 18: codes of every algorithm pass, and no other with that signature
--- http_config eval: main::with_issuer('every', $::f->every)
--- config eval: $::config
--- request
GET /t
--- more_headers eval
'Authorization: Bearer ' . main::every('ES384')
--- answers
my @algorithms = split ' ', { $f->every }->{algorithms};
[
    map { my $alg = $_; my $code = every($alg); my $raw = signature_of($code);
          my $n = length $raw;
        [ $alg, 200, $code ],
        [ "$alg without kid", 200, every($alg, kid => '') ],
        [ "$alg under the name of another key", '401 key',
          every($alg, kid => $alg eq 'ES256' ? 'ES384' : 'ES256') ],
        [ "$alg with another payload", '401 signature',
          swapped($code, every($alg, sub => 'eve'), 1) ],
        map { [ "$alg: $_->[0]", '401 signature',
                resigned($code, $_->[1]) ] }
            [ 'all zero', "\0" x $n ],
            [ 'all ones', "\xff" x $n ],
            [ 'one byte short', substr $raw, 0, -1 ],
            [ 'the first byte missing', substr $raw, 1 ],
            [ 'a byte more', "$raw\0" ],
            [ 'a zero in front', "\0$raw" ],
            [ 'nothing', '' ],
            [ 'one bit changed', $raw ^ ("\0" x ($n - 1) . "\1") ]
    } @algorithms
]
--- no_error_log
[error]



=== TEST 19: a code under the name of another algorithm is signed by nobody
--- http_config eval: main::with_issuer('every', $::f->every)
--- config eval: $::config
--- request
GET /t
--- more_headers eval
'Authorization: Bearer ' . main::every('PS256')
--- answers
sub renamed {
    my ($code, $alg, $kid) = @_;
    my @parts = split /\./, $code;
    $parts[0] = b64(json({ alg => $alg, typ => 'healthcode+jwt',
                           $kid ? (kid => $kid) : () }));
    return join '.', @parts;
}
[
    map({ my ($alg, $other) = @$_; my $code = every($alg);
        [ "$alg as $other", '401 signature', renamed($code, $other) ],
        [ "$alg as $other with the kid of its key", '401 key',
          renamed($code, $other, $alg) ],
        [ "$alg as $other with a kid of the other", '401 signature',
          renamed($code, $other, $other) ],
    } [ 'RS256', 'PS256' ], [ 'PS256', 'RS256' ], [ 'RS256', 'RS512' ],
      [ 'ES256', 'SGD_SM3_SM2' ], [ 'SGD_SM3_SM2', 'ES256' ],
      [ 'ES256', 'ES384' ], [ 'HS256', 'HS512' ], [ 'EdDSA', 'ES256' ]),
    [ 'EdDSA as Ed25519, which it is', 200, every('EdDSA', alg => 'Ed25519') ],
    [ 'and with the name changed afterwards', '401 signature',
      renamed(every('EdDSA'), 'Ed25519') ],
    map { [ "$_, which is no name here", '401 algorithm',
            every('ES256', alg => $_) ] }
        'es256', 'ES256K', 'none', 'ED25519', 'Ed448', 'SM2', 'RSA-OAEP',
]
--- no_error_log
[error]



=== TEST 20: an issuer may have names of its own for its algorithms, in codes and in keys
--- http_config eval
my $f = $::f;
my %every = $f->every;
my $jwk = { %{ $f->jwk('SGD_SM3_SM2') }, alg => 'SM2' };
$f->write('alias.jwks', main::json({ keys => [ $jwk, $f->jwk('ES256') ] }));
$f->pepper_conf . $f->issuer_conf('every', keys => $f->path('alias.jwks'),
    algorithms => 'SGD_SM3_SM2 ES256',
    alg_alias => 'SM2 SGD_SM3_SM2; alg_alias SM3withSM2 SGD_SM3_SM2')
--- config eval: $::config
--- request
GET /t
--- more_headers eval
'Authorization: Bearer ' . main::every('SGD_SM3_SM2')
--- answers
[
    [ 'by the name of the algorithm', 200, every('SGD_SM3_SM2') ],
    [ 'by one alias', 200, every('SGD_SM3_SM2', alg => 'SM2') ],
    [ 'by another', 200, every('SGD_SM3_SM2', alg => 'SM3withSM2') ],
    [ 'by no alias', '401 algorithm', every('SGD_SM3_SM2', alg => 'sm2') ],
    [ 'an alias makes no key fit another algorithm', '401 key',
      every('ES256', alg => 'SM2') ],
    [ 'nor without kid', '401 signature',
      every('ES256', alg => 'SM2', kid => '') ],
]
--- no_error_log
[error]



=== TEST 21: SM2 signs the name of the signer too, which is the issuer's
--- http_config eval
my $f = $::f;
my %every = $f->every;
$f->pepper_conf . $f->issuer_conf('every', %every, sm2_id => '"the issuer"')
--- config eval: $::config
--- request
GET /t
--- more_headers eval
'Authorization: Bearer ' . main::every('SGD_SM3_SM2', 'sm2-id' => 'the issuer')
--- answers
[
    [ 'the name of the issuer', 200,
      every('SGD_SM3_SM2', 'sm2-id' => 'the issuer') ],
    [ 'the usual name', '401 signature', every('SGD_SM3_SM2') ],
    [ 'another', '401 signature',
      every('SGD_SM3_SM2', 'sm2-id' => 'the issue') ],
    [ 'none', '401 signature', every('SGD_SM3_SM2', 'sm2-id' => '') ],
    [ 'which changes nothing for others', 200, every('ES256') ],
]
--- no_error_log
[error]



=== TEST 22: a key without "alg" serves each algorithm of its family that the issuer names
--- http_config eval
my $f = $::f;
my %every = $f->every;
my $rsa = $f->jwk('RS256');
delete $rsa->{alg};
my $private = JSON::PP->new->decode($f->read('RS256.key'));
delete $private->{alg};
$f->write('noalg.key', main::json($private), 0600);
$f->write('noalg.jwks', main::json({ keys => [ $rsa, $f->jwk('PS384') ] }));
$f->pepper_conf . $f->issuer_conf('every', keys => $f->path('noalg.jwks'),
    algorithms => 'RS256 PS256 PS384')
--- config eval: $::config
--- request
GET /t
--- more_headers eval
'Authorization: Bearer ' . main::every('noalg', kid => 'RS256', alg => 'PS256')
--- answers
[
    [ 'RS256', 200, every('noalg', kid => 'RS256', alg => 'RS256') ],
    [ 'PS256', 200, every('noalg', kid => 'RS256', alg => 'PS256') ],
    [ 'PS256 without kid', 200, every('noalg', kid => '', alg => 'PS256') ],
    [ 'PS384 without kid', 200, every('noalg', kid => '', alg => 'PS384') ],
    [ 'what the issuer does not name', '401 algorithm',
      every('noalg', kid => 'RS256', alg => 'RS512') ],
    [ 'a key with "alg" serves that one', 200, every('PS384') ],
    [ 'and no other', '401 key', every('RS256', kid => 'PS384') ],
]
--- no_error_log
[error]



=== TEST 23: keys as they are found: standard base64, a byte order mark, SM2 by another name
--- http_config eval
my $f = $::f;
my %every = $f->every;
my @keys = map { $f->jwk($_) } qw(RS256 ES256 EdDSA SGD_SM3_SM2);
for my $jwk (@keys) {
    for my $member (grep { exists $jwk->{$_} } qw(n e x y)) {
        $jwk->{$member} =~ tr{-_}{+/};
        $jwk->{$member} .= '=' x (-length($jwk->{$member}) % 4);
    }
    $jwk->{d} = undef;
}
$keys[3]{crv} = 'sm2p256v1';
$f->write('found.jwks', "\xef\xbb\xbf" . main::json({ keys => \@keys }));
$f->pepper_conf . $f->issuer_conf('every', keys => $f->path('found.jwks'),
    algorithms => 'RS256 ES256 EdDSA SGD_SM3_SM2')
--- config eval: $::config
--- request
GET /t
--- more_headers eval
'Authorization: Bearer ' . main::every('RS256')
--- answers
[
    map { [ $_, 200, every($_) ] } qw(RS256 ES256 EdDSA SGD_SM3_SM2)
]
--- no_error_log
[error]
