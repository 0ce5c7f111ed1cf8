#!/usr/bin/perl
# The command `healthcode` and every algorithm, against the openssl command line
# both ways: what one signs the other verifies.  Private JWKs that are torn, and
# what `inspect` says to a code that does not hold.
# From the root: prove -l t/51-algorithms.t

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Digest::SHA qw(hmac_sha256 hmac_sha384 hmac_sha512 sha256);
use JSON::PP ();
use MIME::Base64 qw(encode_base64 encode_base64url decode_base64
                    decode_base64url);
use Test::More;

use Healthcode::Fixture;
use Healthcode::Process;

my $ROOT = "$FindBin::Bin/..";
my $COMMAND = ($ENV{HEALTHCODE_BUILD} || "$ROOT/build") . '/healthcode';

-x $COMMAND or die "$COMMAND is missing: run \"make build\" first\n";

my $SM2_ID = '1234567812345678';
my $f = Healthcode::Fixture->folder;
my $tmp = $f->dir;
my $json = JSON::PP->new->utf8->canonical;
my ($status, $out);
my %secrets;    # what may stand in no output


# ---- small tools ----

# path(NAME [, TEXT]): a file of the temporary folder, with this text.
sub path { return @_ > 1 ? $f->write(@_) : $f->path(@_) }

sub contents { return $f->read("$tmp/$_[0]") }


# Runs the command; sets $status and $out, of standard error too.
sub run {
    my $process = Healthcode::Process->spawn([ $COMMAND, @_ ]);
    my $end = $process->wait(30) // die "healthcode @_: no end\n";
    ($status, $out) = ($end >> 8, $process->output);
    my @told = grep { index($out, $_) >= 0 } keys %secrets;
    ok(0, "healthcode @_ tells a secret: $secrets{$told[0]}") if @told;
    return $out;
}


sub answers {
    my ($name, $want, $says) = @_;
    is($status, $want, "$name: exit $want") or diag(substr $out, 0, 1200);
    like($out, $says, "$name: says so") if defined $says;
}


sub openssl {
    my $process = Healthcode::Process->spawn([ 'openssl', @_ ]);
    my $end = $process->wait(30) // die "openssl @_: no end\n";
    return $end == 0;
}


sub openssl_does {
    openssl(@_) or die "openssl @_ failed\n";
}


sub part { $json->decode(decode_base64url((split /\./, $_[0])[$_[1]])) }
sub jwk  { $json->decode(contents($_[0])) }

# DER of a tag and what is in it.
sub der {
    my ($tag, @content) = @_;
    my $body = join '', @content;
    my $n = length $body;
    my $length = $n < 128 ? chr $n : $n < 256 ? "\x81" . chr $n
                           : "\x82" . pack 'n', $n;
    return chr($tag) . $length . $body;
}

sub der_integer {
    my ($n) = @_;
    $n =~ s/^\0+(?=.)//s;
    return der(2, ord($n) & 0x80 ? "\0$n" : $n);
}

# r || s -> DER, and back.
sub pair_to_der {
    my ($raw) = @_;
    my $n = length($raw) / 2;
    return der(0x30, map { der_integer($_) } unpack "a$n a*", $raw);
}

sub der_to_pair {
    my ($der, $n) = @_;
    $der =~ s/^\x30(?:[\x00-\x7f]|\x81.)//s or die 'no DER';
    my $raw = '';
    for (1, 2) {
        my $len = ord substr $der, 1, 1;
        my $number = substr $der, 2, $len, '';
        substr $der, 0, 2, '';
        $number =~ s/^\0+//;
        $raw .= "\0" x ($n - length $number) . $number;
    }
    return $raw;
}

my %CURVE = (
    'P-256'     => pack('H*', '2a8648ce3d030107'),
    'P-384'     => pack('H*', '2b81040022'),
    'P-521'     => pack('H*', '2b81040023'),
    'SM2-P-256' => pack('H*', '2a811ccf5501822d'),
);

# A public JWK -> PEM, without the command's help.
sub pem {
    my ($jwk) = @_;
    my %raw = map { $_ => decode_base64url($jwk->{$_}) }
        grep { defined $jwk->{$_} } qw(x y n e);
    my ($algorithm, $key) =
          $jwk->{kty} eq 'OKP' ? (der(6, "\x2b\x65\x70"), $raw{x})
        : $jwk->{kty} eq 'RSA'
        ? (der(6, pack 'H*', '2a864886f70d010101') . der(5),
           der(0x30, der_integer($raw{n}), der_integer($raw{e})))
        : (der(6, pack 'H*', '2a8648ce3d0201') . der(6, $CURVE{ $jwk->{crv} }),
           "\4$raw{x}$raw{y}");
    my $text = encode_base64(der(0x30, der(0x30, $algorithm),
                                 der(3, "\0$key")));
    return "-----BEGIN PUBLIC KEY-----\n$text-----END PUBLIC KEY-----\n";
}


# ---- the algorithms ----

my @PSS = ('-sigopt', 'rsa_padding_mode:pss', '-sigopt',
           'rsa_pss_saltlen:digest');

# name, kty, crv, bytes of a signature, how openssl makes a key, how it signs
my @ALGORITHMS = (
    (map { [ "HS$_", 'oct', undef, $_ / 8 ] } 256, 384, 512),
    (map { [ "RS$_", 'RSA', undef, 256,
             [ '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048' ],
             [ 'dgst', "-sha$_" ] ] } 256, 384, 512),
    (map { [ "PS$_", 'RSA', undef, 256,
             [ '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048' ],
             [ 'dgst', "-sha$_", @PSS ] ] } 256, 384, 512),
    (map { [ $_->[0], 'EC', $_->[1], 2 * $_->[2],
             [ '-algorithm', 'EC', '-pkeyopt', "ec_paramgen_curve:$_->[1]" ],
             [ 'dgst', $_->[3] ] ] }
        [ 'ES256', 'P-256', 32, '-sha256' ],
        [ 'ES384', 'P-384', 48, '-sha384' ],
        [ 'ES512', 'P-521', 66, '-sha512' ]),
    (map { [ $_, 'OKP', 'Ed25519', 64, [ '-algorithm', 'ED25519' ],
             [ 'pkeyutl', '-rawin' ] ] } 'EdDSA', 'Ed25519'),
    [ 'SGD_SM3_SM2', 'EC', 'SM2-P-256', 64, [ '-algorithm', 'SM2' ],
      [ 'pkeyutl', '-rawin', '-digest', 'sm3', '-pkeyopt',
        "distid:$SM2_ID" ] ],
);

my %HMAC = (HS256 => \&hmac_sha256, HS384 => \&hmac_sha384,
            HS512 => \&hmac_sha512);
my %MEMBERS = (oct => [ ['k'], [] ], OKP => [ ['x'], ['d'] ],
               EC => [ [ 'x', 'y' ], ['d'] ],
               RSA => [ [ 'n', 'e' ], [qw(d p q dp dq qi)] ]);


# Whether openssl says that this is the signature of text under this public key.
sub holds_elsewhere {
    my ($row, $jwk, $text, $signature, @how) = @_;
    my ($alg, $kty, $how) = @$row[0, 1, 5];
    @how = @{ $how || [] } if !@how;

    return $signature eq $HMAC{$alg}->($text, decode_base64url($jwk->{k}))
        if $kty eq 'oct';

    my @files = (path('key.pem', pem($jwk)), path('text', $text),
                 path('signature', $kty eq 'EC' ? pair_to_der($signature)
                                                 : $signature));
    return $how[0] eq 'dgst'
        ? openssl(@how, '-verify', $files[0], '-signature', $files[2],
                  $files[1])
        : openssl(@how, '-verify', '-pubin', '-inkey', $files[0], '-in',
                  $files[1], '-sigfile', $files[2]);
}


# Its signature by this private PEM (of HMAC: secret).
sub signed_elsewhere {
    my ($row, $key, $text) = @_;
    my ($alg, $kty, $how) = @$row[0, 1, 5];
    return $HMAC{$alg}->($text, $key) if $kty eq 'oct';

    path('text', $text);
    openssl_does($how->[0] eq 'dgst'
        ? (@$how, '-sign', $key, '-out', path('made'), path('text'))
        : (@$how, '-sign', '-inkey', $key, '-in', path('text'), '-out',
           path('made')));
    my $made = contents('made');
    return $kty eq 'EC' ? der_to_pair($made, $row->[3] / 2) : $made;
}


sub text_of {
    my ($header, %claims) = @_;
    my $now = time;
    return join '.', map { encode_base64url($json->encode($_)) }
        { typ => 'healthcode+jwt', %$header },
        { iss => 'i', sub => 's', iat => $now, exp => $now + 900, %claims };
}


run('keygen', '--help');
for my $row (@ALGORITHMS) {
    like($out, qr/\b$row->[0]\b/, "keygen --help has $row->[0]");
}

for my $row (@ALGORITHMS) {
    my ($alg, $kty, $crv, $length, $genpkey) = @$row;
    my ($public_members, $private_members) = @{ $MEMBERS{$kty} };
    my $shared = $kty eq 'oct';

    run('keygen', '--alg', $alg, '--kid', "$alg-1", '--private',
        path("$alg.jwk"), '--public', path("$alg.json"));
    answers("keygen $alg", 0, qr/^kid $alg-1\nthumbprint [\w-]{43}$/m);
    is($out =~ /SHARED SECRET/ ? 1 : 0, $shared ? 1 : 0,
       "keygen $alg says whether the public file is secret");

    my $private = jwk("$alg.jwk");
    my $public = jwk("$alg.json")->{keys}[0];
    my %says = (kty => $kty, alg => $alg, kid => "$alg-1", use => 'sig',
                defined $crv ? (crv => $crv) : ());
    $secrets{ $private->{$_} } = "$_ of $alg"
        for @$private_members, $shared ? 'k' : ();

    is_deeply([ sort keys %$public ], [ sort keys %says, @$public_members ],
              "keygen $alg: the public members, and no other");
    is_deeply([ sort keys %$private ],
              [ sort keys %says, @$public_members, @$private_members ],
              "keygen $alg: all the private members");
    is_deeply([ @$private{ sort keys %says } ], [ @says{ sort keys %says } ],
              "keygen $alg: what they say");
    is(length decode_base64url($public->{ $public_members->[0] }),
       $kty eq 'RSA' ? 256 : $shared ? $length : $length / 2,
       "keygen $alg: the size of the key");

    # what the command signs
    run('issue', '--key', path("$alg.jwk"), '--iss', 'i', '--sub', 's');
    answers("issue $alg", 0, qr/^[\w-]+\.[\w-]+\.[\w-]+\n\z/);
    chomp(my $code = $out);
    my ($text, $signature) = $code =~ /^(.*)\.([^.]*)$/s;
    $signature = decode_base64url($signature);

    is(part($code, 0)->{alg}, $alg, "issue $alg: the name in the header");
    is(length $signature, $length, "issue $alg: $length bytes of signature");
    ok(holds_elsewhere($row, $public, $text, $signature),
       "issue $alg: openssl says it holds");
    ok(!holds_elsewhere($row, $public, "${text}x", $signature),
       "issue $alg: openssl refuses another text");

    run('inspect', '--keys', path("$alg.json"), $code);
    answers("inspect $alg", 0, qr/^signature +holds, \S+ key $alg-1$/m);
    run('inspect', '--keys', path("$alg.json"),
        $code =~ s/\.(.)/$1 eq 'e' ? '.f' : '.e'/er);
    answers("inspect a forged $alg", 1, qr/^verdict +it does not hold: /m);

    # what openssl signs
    my ($key, $keys);
    if ($shared) {
        $key = join '', map { chr(int rand 256) } 1 .. $length;
        $keys = path("$alg.other", $json->encode(
            { kty => 'oct', alg => $alg, k => encode_base64url($key) }));
        $secrets{ encode_base64url($key) } = "k of another $alg";
    } else {
        $key = path("$alg.pem");
        $keys = path("$alg.pub");
        openssl_does('genpkey', @$genpkey, '-out', $key);
        openssl_does('pkey', '-in', $key, '-pubout', '-out', $keys);
    }

    $text = text_of({ alg => $alg });
    my $made = signed_elsewhere($row, $key, $text);
    my $theirs = "$text." . encode_base64url($made);
    run('inspect', '--keys', $keys, $theirs);
    answers("inspect a code of openssl, $alg", 0,
            qr/^signature +holds, \S+ key without a kid$/m);
    if (!$shared) {
        run('issue', '--key', $key, '--alg', $alg, '--iss', 'i', '--sub', 's');
        answers("issue $alg with a PEM key of openssl", 0);
        chomp(my $by_pem = $out);
        is_deeply(part($by_pem, 0), { alg => $alg, typ => 'healthcode+jwt' },
                  "issue $alg with a PEM key: no kid in the header");
        run('inspect', '--keys', $keys, $by_pem);
        answers("inspect a code by the PEM key, $alg", 0,
                qr/^signature +holds, \S+ key without a kid$/m);
    }
    run('inspect', '--keys', path("$alg.json"), $theirs);
    answers("inspect it with another $alg key", 1,
            qr/^why +it holds under no key that was given$/m);
    run('inspect', '--keys', path("$alg.json"), '--keys', $keys, $theirs);
    answers("inspect it with both $alg keys", 0, qr/^verdict +it holds/m);

    for my $changed ([ 'one bit', $made ^ ("\0" x ($length - 1) . "\1") ],
                     [ 'the first bit', $made ^ "\x80" . "\0" x ($length - 1) ],
                     [ 'a byte more', "$made\0" ],
                     [ 'a byte less', substr $made, 0, -1 ],
                     [ 'a zero in front', "\0$made" ])
    {
        run('inspect', '--keys', $keys, "$text."
            . encode_base64url($changed->[1]));
        answers("inspect it with $changed->[0] changed, $alg", 1,
                qr/^verdict +it does not hold: signature: /m);
    }
}


# ---- two names of one algorithm (RFC 9864) ----

for my $pair ([ 'EdDSA', 'Ed25519' ], [ 'Ed25519', 'EdDSA' ]) {
    my ($name, $other) = @$pair;
    run('issue', '--key', path("$name.jwk"), '--alg', $other, '--iss', 'i',
        '--sub', 's');
    answers("an $name key signs as $other", 0);
    chomp(my $code = $out);
    is(part($code, 0)->{alg}, $other, "$other is in the header");
    run('inspect', '--keys', path("$name.json"), $code);
    answers("an $name key verifies $other", 0, qr/^verdict +it holds/m);
}


# ---- sizes of RSA ----

for my $bits (2048, 3072) {
    run('keygen', '--alg', 'PS256', '--bits', $bits, '--private',
        path("rsa-$bits.jwk"), '--public', path("rsa-$bits.json"));
    answers("keygen --bits $bits", 0);
    is(8 * length decode_base64url(jwk("rsa-$bits.json")->{keys}[0]{n}), $bits,
       "an RSA key of $bits bits");
}


# ---- SM2: the signer's id ----

my ($sm2) = grep { $_->[0] eq 'SGD_SM3_SM2' } @ALGORITHMS;

for my $case ([ $SM2_ID ], [ 'ALICE123@YAHOO.COM' ], [ '' ],
              [ "x" x 8190 ])
{
    my ($id) = @$case;
    my $name = 'id "' . substr($id, 0, 20) . '"';
    run('issue', '--key', path('SGD_SM3_SM2.jwk'), '--iss', 'i', '--sub', 's',
        '--sm2-id', $id);
    answers("issue with $name", 0);
    chomp(my $code = $out);
    my ($text, $signature) = $code =~ /^(.*)\.([^.]*)$/s;

    # openssl's own command takes no empty id, and has none without the option
    my @by = $id eq '' ? () : ('-pkeyopt', "distid:$id");
    if (length $id < 1000) {
        ok(holds_elsewhere($sm2, jwk('SGD_SM3_SM2.json')->{keys}[0], $text,
                           decode_base64url($signature), 'pkeyutl', '-rawin',
                           '-digest', 'sm3', @by),
           "openssl pkeyutl says it holds with $name");
        @by = $id eq '' ? () : ('-sigopt', "distid:$id");
        ok(holds_elsewhere($sm2, jwk('SGD_SM3_SM2.json')->{keys}[0], $text,
                           decode_base64url($signature), 'dgst', '-sm3', @by),
           "openssl dgst says it holds with $name");
    }

    run('inspect', '--keys', path('SGD_SM3_SM2.json'), '--sm2-id', $id, $code);
    answers("inspect with $name", 0, qr/^verdict +it holds/m);
    run('inspect', '--keys', path('SGD_SM3_SM2.json'), $code);
    answers("inspect $name with the usual one", $id eq $SM2_ID ? 0 : 1);
    run('inspect', '--keys', path('SGD_SM3_SM2.json'), '--sm2-id', 'bob',
        $code);
    answers("inspect $name with another", 1, qr/^verdict.* signature: /m);
    next if $id ne '' && $id ne $SM2_ID;
    like($out, qr/^why +it DOES hold where the signer's id is "\Q$id\E"/m,
         "inspect knows the slip of $name");
    unlike($out, qr/under no key/, 'and does not deny it');
}


# ---- names of an issuer's own ----

run('issue', '--key', path('SGD_SM3_SM2.jwk'), '--alg', 'SM2-SM3', '--iss',
    'i', '--sub', 's');
answers('issue --alg SM2-SM3', 0);
chomp(my $aliased = $out);
is(part($aliased, 0)->{alg}, 'SM2-SM3', 'the alias is in the header');

run('inspect', '--keys', path('SGD_SM3_SM2.json'), $aliased);
answers('inspect without the alias', 1, qr/^verdict +.* algorithm: /m);
like($out, qr/^why +an issuer's own name .*--alg-alias "SM2-SM3"=ALG$/m,
     'it says how to name it');
like($out, qr/^why +it DOES hold under the SGD_SM3_SM2 key "SGD_SM3_SM2-1": that is what the issuer seems to call "SM2-SM3"$/m,
     'and what it seems to be');
run('inspect', '--keys', path('SGD_SM3_SM2.json'), '--alg-alias',
    'other=ES256', '--alg-alias', 'SM2-SM3=SGD_SM3_SM2', $aliased);
answers('inspect with the alias', 0, qr/^verdict +it holds/m);
run('inspect', '--keys', path('SGD_SM3_SM2.json'), '--alg-alias',
    'SM2-SM3=ES256', $aliased);
answers('inspect with an alias of another algorithm', 1, qr/algorithm: /);

my $set = jwk('SGD_SM3_SM2.json');
$set->{keys}[0]{alg} = 'SM2-SM3';
path('alias.json', $json->encode($set));
run('inspect', '--keys', path('alias.json'), $aliased);
answers('a key under an alias that is not named', 3, qr/has no key/);
run('inspect', '--keys', path('alias.json'), '--alg-alias',
    'SM2-SM3=SGD_SM3_SM2', $aliased);
answers('a key under an alias that is', 0);

for my $case (
    [ 2, qr/the key is for ES256 and cannot sign ES384/, 'ES256', '--alg',
      'ES384' ],
    [ 2, qr/the key is for RS256 and cannot sign PS256/, 'RS256', '--alg',
      'PS256' ],
    [ 2, qr/--sm2-id: the key is for ES256, not for SM2/, 'ES256', '--sm2-id',
      'x' ],
    [ 2, qr/--sm2-id: the key is for Ed25519, not/, 'Ed25519', '--sm2-id',
      $SM2_ID ],
) {
    my ($want, $says, $key, @args) = @$case;
    run('issue', '--key', path("$key.jwk"), '--iss', 'i', '--sub', 's', @args);
    answers("issue with an $key key and @args", $want, $says);
}


# ---- private keys that are torn, weak, or say too little ----

sub changed {
    my ($name, %changes) = @_;
    my $jwk = jwk("$name.jwk");
    for my $member (keys %changes) {
        my $value = $changes{$member};
        $value = $value->($jwk->{$member}) if ref $value eq 'CODE';
        defined $value ? ($jwk->{$member} = $value) : delete $jwk->{$member};
    }
    return path('torn.jwk', $json->encode($jwk));
}

my $flip = sub {
    my $raw = decode_base64url($_[0]);
    return encode_base64url($raw ^ ("\0" x (length($raw) - 1) . "\2"));
};
my $short = sub { encode_base64url(substr decode_base64url($_[0]), 1) };
my $other = sub { my ($from, $member) = @_; jwk("$from.jwk")->{$member} };

openssl_does('genpkey', '-algorithm', 'RSA', '-pkeyopt',
             'rsa_keygen_bits:1024', '-out', path('weak.pem'));

for my $case (
    (map { [ qr/not an RSA key/, 'RS256', $_ => $flip ] }
        qw(n d p q dp dq qi)),
    (map { [ qr/of its n, e, d, .* one is missing/, 'PS384', $_ => undef ] }
        qw(n e p q dp dq qi)),
    [ qr/no private member/, 'RS256', d => undef ],
    [ qr/not an RSA key/, 'RS256', e => 'AQAD' ],
    [ qr/not an RSA key/, 'RS256', e => 'Ag' ],
    [ qr/fewer than 2048 bits/, 'RS256', n => $short ],
    [ qr/one is missing, no base64url/, 'RS256', d => '=' ],
    [ qr/one is missing, no base64url, or too long/, 'RS256',
      n => 'A' x 1400 ],
    [ qr/more than two primes/, 'RS256', oth => [ {} ] ],
    [ qr/not an RSA key/, 'RS256', n => $other->('RS384', 'n') ],
    [ qr/do not belong together/, 'RS256', d => $other->('RS384', 'd') ],
    [ qr/are not the public half/, 'ES256', d => encode_base64url("\1" x 32) ],
    [ qr/are not the public half/, 'ES384', d => encode_base64url("\1" x 48) ],
    [ qr/are not the public half/, 'ES512', d => encode_base64url("\0" x 66) ],
    [ qr/are not the public half/, 'SGD_SM3_SM2', d => $other->('ES256',
                                                                'd') ],
    [ qr/of a wrong length/, 'ES256', d => $other->('ES384', 'd') ],
    [ qr/of a wrong length/, 'ES512', x => $short ],
    [ qr/name no algorithm/, 'ES256', crv => 'SM2-P-256' ],
    [ qr/name no algorithm/, 'SGD_SM3_SM2', crv => 'P-256' ],
    [ qr/are not the public half/, 'SGD_SM3_SM2', crv => 'P-256',
      alg => 'ES256' ],
    [ qr/"x" is not the public half/, 'EdDSA', x => $other->('Ed25519',
                                                             'x') ],
    [ qr/"x" is not the public half/, 'EdDSA', x => undef ],
    [ qr/"d" is not base64url, or of a wrong length/, 'EdDSA', d => $short ],
    (map { [ qr/"k" is not base64url, or shorter than the hash/, $_,
             k => $short ] } qw(HS256 HS384 HS512)),
    [ qr/name no algorithm/, 'HS256', alg => 'RS256' ],
    [ qr/name no algorithm/, 'ES256', alg => 'none' ],
    [ qr/name no algorithm/, 'ES256', alg => undef, crv => 'P-192' ],
    [ qr/no "alg", and several algorithms fit it; add --alg/, 'RS256',
      alg => undef ],
    [ qr/no "alg", and several algorithms fit it; add --alg/, 'HS512',
      alg => undef ],
    [ qr/"kid" is not a string/, 'ES256', kid => 1 ],
) {
    my ($says, $name, @changes) = @$case;
    my ($what) = @changes;
    run('issue', '--key', changed($name, @changes), '--iss', 'i', '--sub',
        's');
    answers("issue with an $name key whose $what is wrong", 3,
            qr/^healthcode issue: --key: "\S+" cannot sign: .*$says/);
}

for my $case ([ 'RS256', 'PS512' ], [ 'PS256', 'RS384' ], [ 'HS512', 'HS384' ],
              [ 'ES384', 'ES384' ])
{
    my ($key, $alg) = @$case;
    run('issue', '--key', changed($key, alg => undef), '--alg', $alg, '--iss',
        'i', '--sub', 's');
    answers("an $key key without \"alg\" signs $alg with --alg", 0);
    chomp(my $code = $out);
    my $set = jwk("$key.json");
    delete $set->{keys}[0]{alg};
    path('plain.json', $json->encode($set));
    run('inspect', '--keys', path('plain.json'), $code);
    answers("its public key without \"alg\" verifies $alg", 0,
            qr/^signature +holds, $alg key $key-1$/m);
}


# ---- private keys in PEM ----

my ($rsa, $ec, $sm2_pem, $ed) = map { path("$_.pem") } qw(RS256 ES256
    SGD_SM3_SM2 EdDSA);

sub pem_issue {
    my ($file, @args) = @_;
    run('issue', '--key', $file, '--iss', 'i', '--sub', 's', @args);
}

# the forms in which one key is written, as openssl writes them
path('password', "four words and more\n");
path('wrong', "three words\n");
path('no-password', '');
openssl_does('rsa', '-in', $rsa, '-traditional', '-out', path('pkcs1.pem'));
openssl_does('ec', '-in', $ec, '-out', path('sec1.pem'));
openssl_does('ecparam', '-name', 'prime256v1', '-genkey', '-out',
             path('params.pem'));
openssl_does('ec', '-in', $sm2_pem, '-out', path('sm2.pem'));
path('sm2-sec1.pem', contents('sm2.pem') =~ s/ (?:SM2|EC) PRIV/ EC PRIV/gr);
openssl_does('pkcs8', '-topk8', '-in', $ec, '-v2', 'aes-256-cbc', '-passout',
             'file:' . path('password'), '-out', path('encrypted.pem'));
openssl_does('pkcs8', '-topk8', '-in', $ed, '-v2', 'aes-256-cbc', '-passout',
             'file:' . path('password'), '-out', path('encrypted-ed.pem'));
openssl_does('rsa', '-in', $rsa, '-traditional', '-aes128', '-passout',
             'file:' . path('password'), '-out', path('encrypted-pkcs1.pem'));
my @opened = ('--password-file', path('password'));

for my $case (
    [ 'PKCS #1', 'pkcs1.pem', 'RS256', '--alg', 'RS256' ],
    [ 'PKCS #1, for PSS', 'pkcs1.pem', 'PS384', '--alg', 'PS384' ],
    [ 'SEC 1', 'sec1.pem', 'ES256' ],
    [ 'SEC 1 after EC PARAMETERS', 'params.pem', 'ES256' ],
    [ 'SM2 as OpenSSL 3 writes it', 'sm2.pem', 'SGD_SM3_SM2' ],
    [ 'SM2 in SEC 1', 'sm2-sec1.pem', 'SGD_SM3_SM2' ],
    [ 'an encrypted PKCS #8', 'encrypted.pem', 'ES256', @opened ],
    [ 'an encrypted Ed25519', 'encrypted-ed.pem', 'EdDSA', @opened ],
    [ 'an encrypted PKCS #1', 'encrypted-pkcs1.pem', 'RS512', '--alg',
      'RS512', @opened ],
    [ 'a password that is not needed', 'sec1.pem', 'ES256', @opened ],
) {
    my ($name, $file, $alg, @args) = @$case;
    pem_issue(path($file), '--kid', 'p', @args);
    answers("issue with $name", 0);
    chomp(my $code = $out);
    is(part($code, 0)->{alg}, $alg, "$name: the only algorithm that fits");
    openssl_does('pkey', '-in', path($file), '-passin', 'file:'
                 . path('password'), '-pubout', '-out', path('pem.pub'));
    run('inspect', '--keys', path('pem.pub'), $code);
    answers("inspect a code by $name", 0, qr/^verdict +it holds/m);
}

my $sec1 = contents('sec1.pem');
my $around = openssl_does('req', '-x509', '-new', '-key', $ec, '-subj',
    '/CN=hall', '-out', path('certificate.pem'))
    && contents('certificate.pem') . contents('ES256.pub');
my %written = (
    'after a certificate' => "$around$sec1",
    'before a public key' => "$sec1$around",
    'with lines of DOS'   => $sec1 =~ s/\n/\r\n/gr,
    'after a BOM'         => "\xef\xbb\xbf$sec1",
    'after a remark'      => "the key of 2026\n$sec1",
);
for my $how (sort keys %written) {
    pem_issue(path('written.pem', $written{$how}));
    answers("issue with a PEM key $how", 0);
}

openssl_does('genpkey', '-algorithm', 'ED448', '-out', path('ed448.pem'));
openssl_does('genpkey', '-algorithm', 'EC', '-pkeyopt',
             'ec_paramgen_curve:secp256k1', '-out', path('koblitz.pem'));
my $second = contents('params.pem');

# The private number of one key and the point of another (RFC 5915).
sub torn_pem {
    my $number = decode_base64url(jwk('ES256.jwk')->{d});
    my $jwk = jwk('other-ec.jwk');
    my $point = "\0\4" . join '', map { decode_base64url($jwk->{$_}) } 'x', 'y';
    return "-----BEGIN EC PRIVATE KEY-----\n" . encode_base64(der(0x30,
        der(2, "\1"), der(4, $number), der(0xa0, der(6, $CURVE{'P-256'})),
        der(0xa1, der(3, $point)))) . "-----END EC PRIVATE KEY-----\n";
}

run('keygen', '--alg', 'ES256', '--private', path('other-ec.jwk'), '--public',
    path('other-ec.json'));
$secrets{ jwk('other-ec.jwk')->{d} } = 'd of another ES256';

for my $case (
    [ qr/several algorithms fit it; add --alg with one of these: RS256 RS384 RS512 PS256 PS384 PS512$/m,
      $rsa ],
    [ qr/not a key for ES384; it signs ES256$/m, $ec, '--alg', 'ES384' ],
    [ qr/not a key for RS256; it signs EdDSA$/m, $ed, '--alg', 'RS256' ],
    [ qr/not a key for HS256; it signs RS256 /, $rsa, '--alg', 'HS256' ],
    [ qr/RSA key of fewer than 2048 bits/, path('weak.pem'), '--alg',
      'RS256' ],
    [ qr/of type ED448, which no algorithm here has/, path('ed448.pem') ],
    [ qr/of type EC on curve secp256k1, which no algorithm/,
      path('koblitz.pem') ],
    [ qr/encrypted; add --password-file FILE/, path('encrypted.pem') ],
    [ qr/encrypted; add --password-file FILE/, path('encrypted-pkcs1.pem'),
      '--alg', 'RS256' ],
    (map { [ qr/the password of --password-file does not open it/,
             path('encrypted.pem'), '--password-file', path($_) ] } 'wrong',
     'no-password'),
    [ qr/^healthcode issue: --password-file: cannot open/,
      path('encrypted.pem'), '--password-file', path('nowhere') ],
    [ qr/no private key; name the file of the private one/,
      path('ES256.pub') ],
    [ qr/several private keys; leave only the one/,
      path('two.pem', $sec1 . $second) ],
    [ qr/in the form of OpenSSH; "ssh-keygen -p -m PKCS8 -f FILE"/,
      path('ssh.pem', "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n"
           . "-----END OPENSSH PRIVATE KEY-----\n") ],
    [ qr/OpenSSL cannot read this private key/,
      path('cut.pem', substr $sec1, 0, 120) ],
    [ qr/OpenSSL cannot read this private key/,
      path('spoilt.pem', $sec1 =~ s/^M/A/mr) ],
    [ qr/neither a JWK nor PEM/, path('half.pem', '-----BEGIN EC') ],
    [ qr/its numbers do not belong together/, path('torn.pem', torn_pem()) ],
) {
    my ($says, $file, @args) = @$case;
    pem_issue($file, @args);
    answers("issue with $file @args", 3, $says);
}

pem_issue($ec, '--alg', 'national-1');
answers("a PEM key under the issuer's own name of its algorithm", 0);
is(part($out, 0)->{alg}, 'national-1', 'the name is in the header');


# ---- key sets that cannot be read: the file, the line, the key ----

path('set.json', <<'END');
{
  "keys": [
    { "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": "good",
      "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" },
    { "kty": "RSA", "alg": "RS256", "kid": "weak", "e": "AQAB",
      "n": "WEAK" }
  ]
}
END
openssl_does('rsa', '-in', path('weak.pem'), '-pubout', '-out',
             path('weak.pub'));

my ($es_code, $rs_code) = map {
    run('issue', '--key', path("$_.jwk"), '--iss', 'i', '--sub', 's');
    $out =~ s/\n//r } 'ES256', 'RS256';

for my $case (
    [ qr/"\S+weak\.pub" is not a key set: line 1: it is an RSA key of fewer/,
      path('weak.pub') ],
    [ qr/private key/, path('weak.pem') ],
    [ qr/line 2: it is not strict JSON/, path('bad.json', "{\n}}") ],
    [ qr/"\S+RS256\.jwk" .*private key/, path('RS256.jwk') ],
    [ qr/"\S+empty" .*it is empty/, path('empty', '') ],
    [ qr/cannot open "\S+nowhere"/, path('nowhere') ],
) {
    my ($says, $file) = @$case;
    for my $code ($es_code, $rs_code) {
        run('inspect', '--keys', path('ES256.json'), '--keys', $file, $code);
        answers("inspect with $file", 3, $says);
    }
}


# the curve of SM2 by a name that is found, in both halves of a key
for my $half (qw(jwk json)) {
    my $text = contents("SGD_SM3_SM2.$half");
    ok($text =~ s/"SM2-P-256"/"sm2p256v1"/, "SM2 by another name in the $half");
    path("found.$half", $text);
}
run('issue', '--key', path('found.jwk'), '--iss', 'i', '--sub', 's');
answers('issue with it', 0);
run('inspect', '--keys', path('SGD_SM3_SM2.json'), $out =~ s/\n//r);
answers('which is the same key', 0);
run('issue', '--key', path('SGD_SM3_SM2.jwk'), '--iss', 'i', '--sub', 's');
run('inspect', '--keys', path('found.json'), $out =~ s/\n//r);
answers('and the other way', 0);

run('inspect', '--keys', path('ES256.json'), '--keys', path('set.json'), $es_code);
answers('inspect with a weak key in a set', 0,
        qr/warning: --keys: a gate skips a key of "\S+set\.json": line 5: key "weak": it is an RSA key of fewer/);
unlike($out, qr/skips.*skips/s, 'which is said once');

for my $case (
    [ 'key', [ 'RS384', '--kid', 'weak', '--alg', 'RS384' ],
      qr/^why +the code names the key "weak", which gates skip:\nwhy +it is an RSA key of fewer.*\nwhy +the keys for RS384 are "RS384-1"$/m ],
    [ 'key', [ 'RS384', '--kid', 'other' ],
      qr/names the key "other", and there is none of that name$/m ],
    [ 'algorithm', [ 'RS256' ], qr/says "RS256", and there is no key for/ ],
    [ 'signature', [ 'RS384', '--kid', 'RS384-1', '--claim', 'x=y' ],
      qr/tried with the RS384 key "RS384-1"$/m ],
) {
    my ($reason, $how, $says) = @$case;
    my ($key, @args) = @$how;
    run('issue', '--key', path("$key.jwk"), '--iss', 'i', '--sub', 's', @args);
    my ($code) = $out =~ /^(\S+)$/m;
    $code =~ s/\.(.)(?=[^.]*$)/$1 eq 'e' ? '.f' : '.e'/e if $reason eq 'signature';
    run('inspect', '--keys', path('RS384.json'), '--keys', path('set.json'), $code);
    answers("inspect of @$how with a set of which a key is skipped", 1, $says);
    like($out, qr/^verdict +.*hold: $reason: /m, '... the verdict');
    like($out, qr/^why +1 key is skipped, as the warning says; gates skip/m, '... which may be why');
}


# ---- why a code does not hold, in words ----

my $now = time;
my %claims = (iss => 'i', sub => 's', iat => $now, exp => $now + 900);

sub raw {
    my ($header, $payload, $signature) = @_;
    return join '.', map { encode_base64url(ref $_ ? $json->encode($_) : $_) }
        $header, $payload, $signature;
}

sub issued {
    my ($key, @args) = @_;
    run('issue', '--key', path("$key.jwk"), '--iss', 'i', '--sub', 's', @args);
    my ($code) = $out =~ /^([\w.-]+)$/m or die $out;
    return $code;
}

sub resigned {
    my ($code, $make) = @_;
    my ($text, $signature) = $code =~ /^(.*)\.([^.]*)$/s;
    return "$text." . encode_base64url($make->(decode_base64url($signature)));
}

# An RSA key of openssl, and a code of it whose signature began with a zero byte.
path('zero.json', $json->encode({ kty => 'RSA', alg => 'RS256', e => 'AQAB',
    n => 'vRp78UbKhn5uFnZXiNj3N60xfX_w25AudDulcKA8nhQpLqJhv1-ca4ypYido4B29rH_a'
       . '7RtxA9-HLmG1pMwILVsacS1kTRcJH0zxchhY2NNA0vGB3n_kuvqAmheFtuR7aaok-o7G'
       . 'tdZ_nyyVMd22Ggpst-YGOD4pt1EnjYq_J4VdWLrRZdBy_oy22LUaHuxgAtNGDEGfH-9Y'
       . 'W42peQJutXDFiUJuW83BbLyHJ8easZk_minnOVrp9p6WSwVkH-3ZSyq_r13ThxqiHNEJ'
       . 'FZadNDnh2efErYSButoHVcuB-Cj8XypC8kWgZjQpZ2R3rmZzRIJgk__C40UxOZGluY7R'
       . '2Q' }));
my $without_zero = 'eyJhbGciOiJSUzI1NiIsInR5cCI6ImhlYWx0aGNvZGUrand0In0.eyJpc3M'
    . 'iOiJpIiwic3ViIjoiMjA2IiwiaWF0IjoxLCJleHAiOjJ9.uLsfsqCWY8H8i3TGIOuuUGU51'
    . 'DWK6Sp_MULCJJOaDMqp1BTB2lStOk1dYL0_hqH1Opy6BaQDtc0R0RjFejl5qJ6c_Qr9TnlN'
    . 'i8NWmZ_Gr7BlJBSapCmqlLEm35v0Whu7j52HWXpT_yN96l4WWSpsJY6Jt7U0FUQg1ee_vC4'
    . 'y0lItiD9-O9inurNRVzn-JRn6QCWoSDq_kioTLdRrPhKZ7sba1gu5fUyOM1g-UK8vN8uiSH'
    . 'EJuJ5jjai3_iFMSJVr6Svt7bLIB_IKua7XEzCG61c6RFb0c8JqJm10c9XfZrvlvah_BFX54'
    . 'lE3CKGSRlqMMjFyNWT_FLcJ7ru0-5_h';

# A code that says RS256 and is signed with PS256, by a key without "alg".
sub mislabelled {
    my $text = text_of({ alg => 'RS256' });
    my $modulus = path('modulus');
    openssl_does('rsa', '-in', path('PS256.pem'), '-noout', '-modulus', '-out',
                 $modulus);
    my ($n) = contents('modulus') =~ /=([0-9A-F]+)/;
    path('two.json', $json->encode({ kty => 'RSA', kid => 'two', e => 'AQAB',
                                     n => encode_base64url(pack 'H*', $n) }));
    my ($ps256) = grep { $_->[0] eq 'PS256' } @ALGORITHMS;
    return "$text." . encode_base64url(
        signed_elsewhere($ps256, path('PS256.pem'), $text));
}

my $other_es = path('other-es.jwk');
run('keygen', '--alg', 'ES256', '--kid', 'es-2', '--private', $other_es,
    '--public', path('other-es.json'));
run('keygen', '--alg', 'ES256', '--kid', "\xd0\xb6", '--private',
    path('utf8.jwk'), '--public', path('utf8.json'));
$secrets{ jwk('other-es.jwk')->{d} } = 'd of es-2';

path('unnamed.json', $json->encode({ keys => [ map {
    my $jwk = jwk("$_.json")->{keys}[0]; delete $jwk->{kid}; $jwk } 'ES256',
    'other-es' ] }));

# twelve keys of one algorithm
path('many.json', $json->encode({ keys => [ (map {
    { kty => 'oct', alg => 'HS256', kid => "k$_",
      k => encode_base64url(chr(64 + $_) x 32) } } 1 .. 12) ] }));

my $thumbprint = encode_base64url(sha256(decode_base64(
    contents('certificate.pem') =~ s/-----.*-----\n//gr)));
my @es = ('--keys', path('ES256.json'), '--keys', path('other-es.json'));
my @all = map { ('--keys', path("$_->[0].json")) } @ALGORITHMS;

for my $case (
    # no token
    [ 'malformed', qr/five parts are an encrypted token \(JWE/, 'a.b.c.d.e',
      @es ],
    [ 'malformed', qr/begins as JSON/, '{"payload":"a.b"}', @es ],
    [ 'malformed', qr/signature is missing, with the dot/, 'e30.e30', @es ],
    [ 'malformed', qr/has a "~", as an SD-JWT has/, 'e30.e30.AAAA~WyJh~', @es ],
    [ 'malformed', qr/has no dot, so it is not a JWT/, 'accesstoken000001', @es ],
    [ 'malformed', qr/header has no "alg"/, raw({}, \%claims, 'x'), @es ],
    [ 'malformed', qr/"alg" of the header is not a string/,
      raw({ alg => 1 }, \%claims, 'x'), @es ],
    [ 'malformed', qr/"kid" of the header is not a string/,
      raw({ alg => 'ES256', kid => 7 }, \%claims, 'x'), @es ],
    [ 'malformed', qr/header is not a strict JSON object; .* byte 4: it is not JSON: \w/,
      raw('{"a', \%claims, 'x'), @es ],
    [ 'malformed', qr/header is .* byte 1: it is not an object/,
      raw('[1]', \%claims, 'x'), @es ],
    [ 'malformed', qr/header is .* byte 3: a name stands there twice: "a"$/m,
      raw('{"a":1,"a":2}', \%claims, 'x'), @es ],
    [ 'malformed', qr/byte 11 is 0x0a, a blank, the end of a line/,
      issued('ES256') =~ s/^.{10}\K/\n/r, @es ],
    [ 'malformed', qr/byte 1 is 0x22, '"', which no code has/,
      '"' . issued('ES256') . '"', @es ],
    [ 'malformed', qr/is 0x3d, '='/, issued('ES256') . '==', @es ],
    [ 'unsupported', qr/header has "crit", an extension/,
      raw({ alg => 'ES256', crit => ['x'] }, \%claims, 'x'), @es ],
    [ 'unsupported', qr/header has "b64"/,
      raw({ alg => 'ES256', b64 => JSON::PP::false }, \%claims, 'x'), @es ],

    # no algorithm
    (map { [ 'algorithm', qr/says "$_": it is not signed at all/,
             raw({ alg => $_, typ => 'healthcode+jwt' }, \%claims, ''), @es ] }
     'none', 'None'),
    [ 'algorithm', qr/there is no signature after the last dot/,
      raw({ alg => 'none', typ => 'healthcode+jwt' }, \%claims, ''), @es ],
    [ 'algorithm', qr/says "es256", .*\nwhy +it is written "ES256"/,
      issued('ES256', '--alg', 'es256'), @es ],
    [ 'algorithm', qr/says "RSA-OAEP", which is not an algorithm here/,
      issued('RS256', '--alg', 'RSA-OAEP'), @es ],
    [ 'algorithm', qr/says "RS256", and there is no key.*\nwhy +there are keys for ES256 \(2\), EdDSA \(1\)$/m,
      issued('RS256'), @es, '--keys', path('Ed25519.json') ],
    [ 'algorithm', qr/says "\\x1b\[2J"/, issued('ES256', '--alg', "\e[2J"),
      @es ],

    # no key
    [ 'key', qr/names the key "x", and there is none.*\nwhy +the keys for ES256 are "ES256-1", "es-2"\nwhy +there are keys for ES256 \(2\), EdDSA \(1\)\nwhy +it DOES hold under the ES256 key "ES256-1": the header should name it, and not "x"$/m,
      issued('ES256', '--kid', 'x'), @es, '--keys', path('EdDSA.json') ],
    [ 'key', qr/are "k1", .*"k8", and 4 more\n/,
      issued('HS256', '--kid', 'x'), '--keys', path('many.json') ],
    [ 'key', qr/it holds under no key that was given/,
      issued('HS256', '--kid', 'x'), '--keys', path('many.json') ],

    # no signature of that key
    [ 'signature', qr/tried with the ES256 key "es-2"\nwhy +it DOES hold under the ES256 key "ES256-1": the header should name it, and not "es-2"/,
      issued('ES256', '--kid', 'es-2'), @es ],
    [ 'signature', qr/tried with the ES256 keys one without kid \([\w-]{43}\), one without kid/,
      issued('utf8'), '--keys', path('unnamed.json') ],
    [ 'signature', qr/it holds under no key that was given/,
      issued('utf8', '--kid', 'es-2'), @es ],
    [ 'signature', qr/in DER, as OpenSSL writes it; .* 32 bytes each.*\nwhy +written like that it would hold under the key "ES256-1"$/m,
      resigned(issued('ES256'), \&pair_to_der), @es ],
    [ 'signature', qr/in DER, .* 66 bytes each/,
      resigned(issued('ES512'), \&pair_to_der), @all ],
    [ 'signature', qr/in DER, .* 32 bytes each.*\nwhy +written like that it would hold/,
      resigned(issued('SGD_SM3_SM2'), \&pair_to_der), @all ],
    [ 'signature', qr/has 63 bytes; with this key it has exactly 64/,
      resigned(issued('EdDSA'), sub { substr $_[0], 1 }), @all ],
    [ 'signature', qr/has 1 bytes; with this key it has exactly 256/,
      resigned(issued('RS256'), sub { 'x' }), @all ],
    [ 'signature', qr/no signature after the last dot/,
      resigned(issued('RS256'), sub { '' }), @all ],
    [ 'signature', qr/with its leading zero bytes \(1\), .* it would hold/,
      $without_zero, '--keys', path('zero.json') ],
    [ 'signature', qr/it DOES hold under the PS256 key "two": the header should say this algorithm, not "RS256"/,
      mislabelled(),
      '--keys', path('two.json') ],
    [ 'signature', qr/only 8 keys are tried/,
      do { my $text = text_of({ alg => 'HS256' });
           "$text." . encode_base64url(hmac_sha256($text, 'L' x 32)) },
      '--keys', path('many.json') ],

    # another type, issuer
    [ 'type', qr/has the typ "JWT"; .*\n +healthcode\+jwt$/m,
      issued('ES256', '--typ', 'JWT'), @es ],
    [ 'type', qr/has no typ; --typ none accepts that.*\n +a b$/m,
      issued('ES256', '--typ', ''), @es, '--typ', 'a', '--typ', 'b' ],
    [ 'issuer', qr/its iss is "i"; every byte counts/, issued('ES256'), @es,
      '--iss', 'i/' ],

    # claims
    [ 'malformed', qr/iat is missing/, issued('ES256', '--iat', ''), @es ],
    [ 'malformed', qr/exp is out of range: .* not of milliseconds/,
      issued('ES256', '--claim', 'exp:=1795464900000'), @es ],
    [ 'malformed', qr/iat is out of range/,
      issued('ES256', '--claim', 'iat:=-1'), @es ],
    [ 'malformed', qr/exp has a fraction/, issued('ES256', '--claim',
      'exp:=1.5'), @es ],
    [ 'malformed', qr/sub is empty\nwhy +nbf is a string.*\nwhy +jti is not a string\nwhy +aud is neither.*\nwhy +regions has a member/,
      issued('ES256', '--claim', 'sub:=""', '--claim', 'nbf:="1"', '--claim',
             'jti:=1', '--claim', 'aud:=1', '--claim', 'regions:=[1]'), @es ],
    [ 'malformed', qr/aud has a member that is not a string\nwhy +regions is not an array/,
      issued('ES256', '--claim', 'aud:=[1]', '--claim', 'regions:=1'), @es ],
    [ 'malformed', qr/regions has more than 64/, issued('ES256', '--claim',
      'regions:=[' . join(',', ('"11"') x 65) . ']'), @es ],
    [ 'malformed', qr/payload is not a strict JSON/,
      raw({ alg => 'ES256' }, 'x', 'x'), @es ],
    [ 'malformed', qr/payload is .* byte 7: a string has a NUL in it$/m,
      raw({ alg => 'ES256' }, '{"a":"\u0000"}', 'x'), @es ],
    [ 'malformed', qr/payload is .*: a name stands there twice: "\\x1bb"$/m,
      raw({ alg => 'ES256' },
          '{"a":{"x":[{"\u001bb":1,"c":2,"\u001bb":1}]}}', 'x'), @es ],
    [ 'malformed', qr/payload is .* byte 7: it is not JSON: .*UTF-8/,
      raw({ alg => 'ES256' }, "{\"a\":\"\xff\"}", 'x'), @es ],
    [ 'malformed', qr/payload is .* byte 1: it is not JSON: .*BOM/,
      raw({ alg => 'ES256' }, "\xef\xbb\xbf{}", 'x'), @es ],
    [ 'malformed', qr/payload is .*: it is not JSON: .*infinity/,
      raw({ alg => 'ES256' }, '{"iat":1e999}', 'x'), @es ],

    # times and places
    [ 'lifetime', qr/made to live 901 s; --max-age accepts 900 s/,
      issued('ES256', '--ttl', '901s'), @es ],
    [ 'lifetime', qr/exp lies 1 s before iat/,
      issued('ES256', '--iat', '+0s', '--exp', '-1s'), @es ],
    [ 'expired', qr/it expired 3[67]\d\d s ago; a leeway of 5 s is over/,
      issued('ES256', '--iat', '-74m', '--ttl', '14m'), @es ],
    [ 'not_yet_valid', qr/nbf lies 3[56]\d\d s in the future; the leeway is 5 s/,
      issued('ES256', '--nbf', '+1h'), @es ],
    [ 'not_yet_valid', qr/iat lies 3[56]\d\d s in the future/,
      issued('ES256', '--iat', '+1h'), @es ],
    [ 'audience', qr/names no audience/, issued('ES256'), @es, '--audience',
      'a' ],
    [ 'audience', qr/its aud, above, names none of these:\n +a b$/m,
      issued('ES256', '--aud', 'c'), @es, '--audience', 'a', '--audience',
      'b' ],
    [ 'status', qr/^why +status is "bad"; only "normal" passes$/m,
      issued('ES256', '--claim', 'status=bad'), @es ],
    [ 'status_unsupported', qr/^why +status is an object: another mechanism.*here --status off/m,
      issued('ES256', '--claim', 'status:={"status_list":{}}'), @es ],

    # claims that an issuer names
    [ 'malformed', qr/^why +oid is missing$/m, issued('ES256'), @es,
      '--subject', 'oid' ],
    [ 'malformed', qr/^why +oid is neither a string nor an integer from 0/m,
      issued('ES256', '--claim', 'oid:=null'), @es, '--subject', 'oid',
      '--subject', 'sub' ],
    [ 'malformed', qr/^why +sub is not a string$/m,
      issued('ES256', '--claim', 'sub:=7'), @es ],
    [ 'malformed', qr/^why +state is not a string$/m,
      issued('ES256', '--claim', 'state:=1'), @es, '--status', 'state=1' ],
    [ 'status', qr/^why +state is "\\x1b"; only "green", "blue" pass$/m,
      issued('ES256', '--claim', "state=\e"), @es, '--status',
      'state=green', '--status', 'state=blue' ],
    [ 'status_unsupported', qr/^why +state is an object/m,
      issued('ES256', '--claim', 'state:={}'), @es, '--status', 'state=x' ],
    [ 'malformed', qr/^why +visited has a member that is not a division/m,
      issued('ES256', '--claim', 'visited:=["5"]'), @es, '--regions',
      'visited' ],

    # kinds of subject, and codes that are bound to a key
    [ 'malformed', qr/^why +id_type is missing$/m, issued('ES256'), @es,
      '--kind', 'id_type' ],
    [ 'malformed', qr/^why +id_type /m,
      issued('ES256', '--claim', 'id_type=a:b'), @es, '--kind', 'id_type' ],
    [ 'bound', qr/^why +its cnf /m, issued('ES256', '--claim',
      'cnf:={"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}'), @es ],
    [ 'bound', qr/^why +its cnf /m, issued('ES256', '--claim',
      qq(cnf:={"x5t#S256":"$thumbprint"})), @es ],
    [ 'bound', qr/^why +its cnf names another client certificate/m,
      issued('ES256', '--claim', qq(cnf:={"x5t#S256":") . 'A' x 43 . '"}'),
      @es, '--certificate', path('certificate.pem') ],

    # all causes are printed, not only the first
    [ 'signature', qr/tried with.*it expired/s,
      resigned(issued('ES256', '--iat', '-15m', '--ttl', '1m'),
               sub { 'x' x 64 }), @es ],
) {
    my ($reason, $says, $code, @args) = @$case;
    run('inspect', @args, $code);
    my ($verdict) = $out =~ /^verdict +(.*)$/m;
    like($verdict // $out, qr/^it does not hold: $reason: /,
         "$says: the verdict") or diag($out);
    is($status, 1, "$says: exit 1");
    my ($why) = $out =~ /^verdict.*?\n(.*)\z/ms;
    like($why // '', $says, "$says: is told") or diag($out);
}

run('inspect', @es, '--certificate', path('certificate.pem'), '--kind',
    'id_type', issued('ES256', '--claim', qq(cnf:={"x5t#S256":"$thumbprint"}),
    '--claim', 'id_type=passport'));
answers("inspect of a code that is bound to the client's certificate", 0,
        qr/^verdict +it holds/m);

done_testing();
