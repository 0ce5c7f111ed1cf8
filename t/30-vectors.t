# Whether the runner of test vectors can be believed: folders that are made
# here, of the examples of RFC 7515 and RFC 8037 and of keys of the openssl
# command line, some with a wrong label.  CONTRIBUTING.md, "Test vectors".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Digest::SHA qw(hmac_sha256);
use File::Temp ();
use JSON::PP ();
use MIME::Base64 qw(decode_base64url encode_base64url);
use Test::More;

use Healthcode::Process;

my $ROOT   = "$FindBin::Bin/..";
my $BUILD  = $ENV{HEALTHCODE_BUILD} || "$ROOT/build";
my $RUNNER = "$BUILD/vectors/healthcode_vectors";
my $tmp    = File::Temp->newdir('healthcode-vectors-XXXXXXXX', TMPDIR => 1);
my $json   = JSON::PP->new->canonical;

delete @ENV{qw(MAKEFLAGS MFLAGS MAKELEVEL VECTORS)};
system('make', '-s', '-C', "$ROOT/t/vectors", "BUILD=$BUILD") == 0
    or BAIL_OUT('the runner cannot be built');


sub slurp {
    my ($path) = @_;
    open my $file, '<:raw', $path or die "$path: $!\n";
    local $/;
    return scalar <$file>;
}


# The strings that t/unit/mint.h defines, as NAME => text.
sub examples {
    my $source = slurp("$ROOT/t/unit/mint.h") =~ s/\\\n//gr;
    my %text;
    while ($source =~ /^#define (MINT_\w+) +((?:"[^"\n]*"|MINT_\w+| )+)$/mg) {
        my ($name, $parts) = ($1, $2);
        $text{$name} = join '', map { /^"(.*)"$/ ? $1 : $text{$_} }
            $parts =~ /"[^"]*"|MINT_\w+/g;
    }
    return %text;
}


sub run {
    my ($program, @args) = @_;
    my $process = Healthcode::Process->spawn([ $program, @args ]);
    my $status = $process->wait(60) // die "$program: no end\n";
    return ($status >> 8 || $status, $process->output);
}


sub openssl {
    my ($status, $out) = run('openssl', @_);
    die "openssl @_: $out\n" if $status;
    return $out;
}


# A folder of these files, NAME => text or what is to be JSON.
my $folders = 0;
sub folder {
    my (%files) = @_;
    my $dir = "$tmp/" . ++$folders;
    mkdir $dir or die "$dir: $!\n";
    for my $name (keys %files) {
        my $text = $files{$name};
        open my $file, '>:raw', "$dir/$name" or die "$name: $!\n";
        print {$file} ref $text ? $json->encode($text) : $text;
        close $file or die "$name: $!\n";
    }
    return $dir;
}


# (exit status, all that the runner says of a folder of these files)
sub vectors { return run($RUNNER, folder(@_)) }


# The numbers of the tests that it calls failed, in order.
sub failed {
    my ($out) = @_;
    return join ' ', $out =~ /^    failed: tcId (\d+):/mg;
}


sub totals {
    my ($out) = @_;
    return $out =~ /^vectors: (\d+) passed, (\d+) failed, (\d+) not applicable, in \d+ files\n\z/m
        ? "$1 $2 $3" : $out;
}


my %mint = examples();
my ($mac_key, $mac, $pair, $whole) = map { unpack 'H*', decode_base64url($_) }
    @mint{qw(MINT_A1_K MINT_A1_SIGNATURE MINT_A3_SIGNATURE MINT_8037_SIGNATURE)};
my ($mac_text, $pair_text, $whole_text) = map { unpack 'H*', $_ }
    @mint{qw(MINT_A1_TEXT MINT_A3_TEXT MINT_8037_TEXT)};
my $id = 0;


# A test, as it stands in a file; @more are other members.
sub one {
    my ($result, $msg, $sig, @more) = @_;
    return { tcId => ++$id, comment => '', flags => [], msg => $msg,
             sig => $sig, result => $result, @more };
}


sub file {
    my ($algorithm, @groups) = @_;
    return { algorithm => $algorithm, testGroups => \@groups,
             numberOfTests => 0 + map { @{ $_->{tests} } } @groups };
}


sub ecdsa {
    my ($tests, @more) = @_;
    return file('ECDSA', { type => 'EcdsaP1363Verify', sha => 'SHA-256',
        publicKey => { curve => 'secp256r1' }, tests => $tests,
        publicKeyJwk => $json->decode(jwk_a3()), @more });
}


sub jwk_a3 {
    return $json->encode({ kty => 'EC', crv => 'P-256',
                           x => $mint{MINT_A3_X}, y => $mint{MINT_A3_Y} });
}


sub eddsa {
    my ($tests, @more) = @_;
    return file('EDDSA', { type => 'EddsaVerify', tests => $tests,
        publicKey => { curve => 'edwards25519' }, publicKeyJwk => {
            kty => 'OKP', crv => 'Ed25519', x => $mint{MINT_8037_X} }, @more });
}


sub hmac {
    my ($tests, %more) = @_;
    for my $test (@$tests) {
        $test->{tag} = delete $test->{sig};
        $test->{key} //= $mac_key;
    }
    return file($more{algorithm} || 'HMACSHA256', { type => 'MacTest',
        keySize => 512, tagSize => $more{tagSize} || 256, tests => $tests });
}


# The last byte is another one.
sub spoilt {
    my ($hex) = @_;
    return substr($hex, 0, -2) . sprintf '%02x', 1 ^ hex substr $hex, -2;
}


# ---- what is right ----

my ($status, $out) = vectors(
    'ecdsa.json' => ecdsa([ one(valid => $pair_text, $pair),
                            one(invalid => $pair_text, spoilt($pair)) ]),
    'eddsa.json' => eddsa([ one(valid => $whole_text, $whole),
                            one(invalid => spoilt($whole_text), $whole),
                            one(invalid => $whole_text, '') ]),
    'hmac.json'  => hmac([ one(valid => $mac_text, $mac),
                           one(invalid => '', $mac) ]),
    'README'     => 'no vectors',
);
is($status, 0, 'a folder with true labels passes');
is(totals($out), '7 0 0', 'and each of its tests ran');
is($out, <<'END', 'it is told file by file, and totals last');
ecdsa.json                                      2 passed, 0 failed, 0 not applicable
eddsa.json                                      3 passed, 0 failed, 0 not applicable
hmac.json                                       2 passed, 0 failed, 0 not applicable
vectors: 7 passed, 0 failed, 0 not applicable, in 3 files
END

# ---- wrong labels ----

$id = 0;
($status, $out) = vectors(
    'ecdsa.json' => ecdsa([ one(valid => $pair_text, $pair),
                            one(valid => $pair_text, spoilt($pair)),
                            one(invalid => $pair_text, spoilt($pair)),
                            one(invalid => $pair_text, $pair) ]),
    'eddsa.json' => eddsa([ one(valid => $whole_text, $whole),
                            one(valid => $whole_text, spoilt($whole)),
                            one(invalid => $whole_text, $whole) ]),
    'hmac.json'  => hmac([ one(valid => $mac_text, $mac),
                           one(valid => $mac_text, spoilt($mac)),
                           one(invalid => $mac_text, $mac) ]),
);
is($status, 1, 'one wrong label is a failure of the whole');
is(failed($out), '2 4 6 7 9 10', 'exactly the wrong labels are told');
is(totals($out), '4 6 0', 'and counted');
like($out, qr/tcId 2: valid, but refused$/m, 'a signature that is none');
like($out, qr/tcId 4: invalid, but accepted$/m, 'a signature that is one');

# ---- what is acceptable ----

$id = 0;
($status, $out) = vectors('acceptable.json' => ecdsa([
    one(acceptable => $pair_text, spoilt($pair), flags => ['MissingNull']),
    one(acceptable => $pair_text, $pair, flags => ['MissingNull']),
    one(acceptable => $pair_text, $pair, flags => ['SmallPublicKey']),
    one(acceptable => $pair_text, spoilt($pair), flags => ['SmallPublicKey']),
    one(acceptable => $pair_text, $pair,
        flags => [ 'SmallPublicKey', 'MissingNull' ]),
    one(acceptable => $pair_text, $pair),
    one(perhaps => $pair_text, $pair),
]));
is(failed($out), '2 4 5 6 7',
   'acceptable is invalid, unless only the key is not to everybody\'s taste');
like($out, qr/^    1 acceptable, and held to be (?:in)?valid: $/m, 'and told');

# ---- keys ----

my ($point, $other) = map {
    openssl(qw(ecparam -genkey -noout -name prime256v1 -out), "$tmp/$_");
    openssl(qw(pkey -pubout -outform DER -in), "$tmp/$_", '-out', "$tmp/$_.der");
    unpack 'H*', slurp("$tmp/$_.der");
} qw(point other);
my $a3_der = substr($other, 0, 54) . unpack 'H*',
    join '', map { decode_base64url($_) } @mint{qw(MINT_A3_X MINT_A3_Y)};

$id = 0;
($status, $out) = vectors(
    'a.json' => ecdsa([ one(valid => $pair_text, $pair) ],
                      publicKeyJwk => undef, publicKeyDer => $a3_der),
    'b.json' => ecdsa([ one(valid => $pair_text, $pair) ],
                      publicKeyJwk => undef, keyJwk => $json->decode(jwk_a3()),
                      publicKeyDer => $a3_der),
    'c.json' => ecdsa([ one(valid => $pair_text, $pair),
                        one(invalid => $pair_text, spoilt($pair)) ],
                      publicKeyDer => $other),
    'd.json' => ecdsa([ one(valid => $pair_text, $pair) ],
                      publicKeyJwk => undef),
    'e.json' => ecdsa([ one(valid => $pair_text, $pair),
                        one(invalid => $pair_text, $pair) ],
                      publicKeyJwk => { kty => 'EC', crv => 'P-256',
                          x => $mint{MINT_A3_X}, y => $mint{MINT_A3_X} }),
);
is(failed($out), '3 5 6', 'a key is taken as JWK, as PEM, and as both');
like($out, qr/^a\.json +1 passed, 0 failed/m, 'a key as PEM alone');
like($out, qr/^b\.json +1 passed, 0 failed/m, 'a key as PEM and as keyJwk');
like($out, qr/tcId 3: valid, and its JWK and its PEM differ/,
     'two forms that are two keys');
like($out, qr/tcId 5: there is no key for it$/m, 'no key at all');
like($out, qr/tcId 6: valid, but refused, with its key: line 1: key \S/,
     'a key that is none, in the words of the gate');

# ---- rules of the gate ----

my $short = 'ab' x 31;
$id = 0;
($status, $out) = vectors(
    'cut.json'   => hmac([ one(valid => $mac_text, substr $mac, 0, 32),
                           one(invalid => $mac_text, '00' x 16),
                           one(valid => $mac_text, $mac) ], tagSize => 128),
    'short.json' => hmac([ one(valid => $mac_text, $mac, key => $short),
                           one(invalid => $mac_text, $mac, key => $short),
                           one(valid => $mac_text, $mac, key => '') ]),
);
is(failed($out), '3', 'a tag that is said to be cut has to be refused');
is(totals($out), '2 1 3', 'what a rule refuses is not applicable if valid');
like($out, qr/^    1 not applicable: the tag is cut, /m, 'each reason is told');
like($out, qr/^    2 not applicable: the secret is shorter /m, 'with its count');
like($out, qr/^    1 invalid, and refused before its bytes matter: the secret/m,
     'and where a pass says little');

# ---- RSA, signed by openssl ----

sub rsa {
    my ($type, $bits, $hash, $tests, @more) = @_;
    my ($key, $text) = ("$tmp/rsa$bits", "$tmp/text");
    -e $key or openssl(qw(genpkey -quiet -algorithm RSA -pkeyopt),
                       "rsa_keygen_bits:$bits", '-out', $key);
    openssl(qw(pkey -pubout -outform DER -in), $key, '-out', "$key.der");
    for my $test (@$tests) {
        my ($salt) = $type =~ /Pss/ ? delete $test->{salt} : ();
        open my $out, '>:raw', $text or die "$text: $!\n";
        print {$out} pack 'H*', $test->{msg};
        close $out or die "$text: $!\n";
        openssl('dgst', "-$hash", defined $salt ? (qw(-sigopt rsa_padding_mode:pss -sigopt),
                "rsa_pss_saltlen:$salt") : (), '-sign', $key, '-out', "$text.sig", $text);
        $test->{sig} = unpack 'H*', slurp("$text.sig");
        $test->{sig} = spoilt($test->{sig}) if $test->{result} eq 'invalid';
    }
    return file('RSA', { type => $type, keySize => $bits, tests => $tests,
        sha => 'SHA-' . $hash =~ s/sha//r, publicKeyDer => unpack('H*', slurp("$key.der")),
        publicKey => {}, @more });
}

my @pss256 = (mgfSha => 'SHA-256', sLen => 32);
$id = 0;
($status, $out) = vectors(
    'pkcs1.json' => rsa('RsassaPkcs1Verify', 2048, 'sha256',
                        [ one(valid => 'ab', ''), one(invalid => 'ab', '') ]),
    'pss.json'   => rsa('RsassaPssVerify', 2048, 'sha256',
                        [ one(valid => 'ab', '', salt => 32),
                          one(invalid => 'ab', '', salt => 32),
                          one(valid => 'ab', '', salt => 20) ], @pss256),
    'salt.json'  => rsa('RsassaPssVerify', 2048, 'sha256',
                        [ one(valid => 'ab', '', salt => 20),
                          one(invalid => 'ab', '', salt => 20),
                          one(valid => 'ab', '', salt => 32) ],
                        mgfSha => 'SHA-256', sLen => 20),
    'mask.json'  => rsa('RsassaPssVerify', 2048, 'sha256',
                        [ one(valid => 'ab', '', salt => 20) ],
                        mgfSha => 'SHA-1', sLen => 32),
    'weak.json'  => rsa('RsassaPkcs1Verify', 1024, 'sha256',
                        [ one(valid => 'ab', ''), one(invalid => 'ab', '') ]),
    'liar.json'  => rsa('RsassaPkcs1Verify', 2048, 'sha256',
                        [ one(valid => 'ab', '') ], keySize => 1024),
    'none.json'  => rsa('RsassaPkcs1Verify', 1024, 'sha256',
                        [ one(valid => 'ab', '') ], publicKeyDer => '3000'),
    'sha1.json'  => rsa('RsassaPkcs1Verify', 2048, 'sha1',
                        [ one(valid => 'ab', ''), one(invalid => 'ab', '') ]),
);
like($out, qr/^pkcs1\.json +2 passed, 0 failed, 0 not/m, 'RSA signatures run');
like($out, qr/^pss\.json +2 passed, 1 failed, 0 not/m, 'with PSS too');
like($out, qr/^salt\.json +0 passed, 1 failed, 2 not/m,
     'a salt of another length is another algorithm');
like($out, qr/^mask\.json +0 passed, 0 failed, 1 not/m, 'another mask too');
like($out, qr/^weak\.json +1 passed, 0 failed, 1 not/m,
     'weak RSA is not applicable, since the gate refuses the key');
like($out, qr/^liar\.json +0 passed, 1 failed, 0 not/m,
     'a rule excuses nothing that the gate does not do');
like($out, qr/^none\.json +0 passed, 1 failed, 0 not/m,
     'nor a key that is refused for another reason');
like($out, qr/^sha1\.json +0 passed, 0 failed, 2 not applicable\n    2 not applicable: no algorithm of a gate: RSA, SHA-1$/m,
     'a hash that no algorithm of a gate has');

# ---- whole codes: JWS with a JWK ----

# A file of codes, [ RESULT, JWS ] each, of one group with these keys.
sub jws {
    my ($keys, @tests) = @_;
    my @made = map { my ($result, $jws) = @$_;
                     { tcId => ++$id, comment => '', flags => [], jws => $jws,
                       result => $result } } @tests;
    return { schema => 'json_web_signature_schema_v1.json', testGroups => [
        { type => 'JsonWebSignature', %$keys, tests => \@made } ],
        numberOfTests => scalar @made };
}


# Of a header and RFC 7515's payload, signed by HMAC with the secret of its A.1.
sub hs256 {
    my ($header, $payload) = @_;
    my $text = join '.', encode_base64url($json->encode($header)),
        $payload // encode_base64url('{"iss":"joe"}');
    return "$text." . encode_base64url(
        hmac_sha256($text, decode_base64url($mint{MINT_A1_K})));
}

my ($a1, $a3, $okp) = map { "$mint{qq(MINT_$_\_TEXT)}.$mint{qq(MINT_$_\_SIGNATURE)}" }
    qw(A1 A3 8037);
my %secret = (kty => 'oct', k => $mint{MINT_A1_K}, alg => 'HS256');
my %point = %{ $json->decode(jwk_a3()) };
my $none = encode_base64url('{"alg":"none"}') . '.e30.';
my $named = hs256({ alg => 'HS256', kid => 'a' });

$id = 0;
($status, $out) = vectors(
    'a1.json'   => jws({ private => \%secret },
        [ valid => $a1 ], [ valid => $named ], [ invalid => "${a1}A" ],
        [ invalid => $none ], [ invalid => '' ], [ invalid => $a3 ],
        [ valid => hs256({ alg => 'HS256' }, '') ],
        [ acceptable => "$a1." ]),
    'a3.json'   => jws({ private => { %point, d => 'AQ' }, public => \%point },
        [ valid => $a3 ], [ invalid => $a3 =~ s/\.../.AA/r ]),
    'okp.json'  => jws({ public => { kty => 'OKP', crv => 'Ed25519',
                                     x => $mint{MINT_8037_X} } },
        [ valid => $okp ]),
    'use.json'  => jws({ public => { %point, use => 'enc' } },
        [ invalid => $a3 ]),
);
is($status, 0, 'codes with true labels pass');
is(totals($out), '12 0 0', 'each of them, whatever its payload is');

$id = 0;
($status, $out) = vectors(
    'a1.json'   => jws({ private => { %secret, kid => 'b' } },
        [ invalid => $a1 ], [ valid => "${a1}A" ], [ valid => "$a1." ],
        [ valid => $named ], [ perhaps => $a1 ], [ valid => undef ],
        [ valid => hs256({ alg => 'HS256', crit => ['x'] }) ]),
    'use.json'  => jws({ public => { %point, use => 'enc' } }, [ valid => $a3 ]),
    'half.json' => jws({ private => { %point, d => 'AQ' } }, [ valid => $a3 ]),
    'key.json'  => jws({}, [ valid => $a3 ]),
);
is(failed($out), '1 2 3 4 5 6 7 9 8', 'exactly the wrong labels are told');
is(totals($out), '0 10 0', 'and a group without a key');
like($out, qr/tcId 1: invalid, but accepted$/m, 'a code that holds');
like($out, qr/tcId 2: valid, but refused: signature$/m, 'one that does not');
like($out, qr/tcId 3: valid, but refused: malformed$/m, 'what is no code');
like($out, qr/tcId 4: valid, but refused: key$/m, 'one of another key');
like($out, qr/tcId 7: valid, but refused: unsupported$/m, 'one with "crit"');
like($out, qr/tcId 8: valid, but refused: keys_unavailable, with its key: it has no key for these algorithms$/m,
     'a key that is for encryption');
like($out, qr/tcId 9: valid, but refused: keys_unavailable, with its key: .*private key/m,
     'a gate takes no private half for the public one');

my $weak = JSON::PP->new->decode('{"kty":"RSA","alg":"RS256","e":"AQAB"}');
$id = 0;
($status, $out) = vectors(
    'other.json' => jws({ private => { %secret, alg => 'HS384' } },
        [ valid => $a1 ], [ invalid => $a1 ]),
    'es521.json' => jws({ public => { %point, alg => 'ES265' } },
        [ valid => $a3 ]),
    'byte.json'  => jws({ private => \%secret },
        [ valid => "$a1=" ], [ valid => "$a1?" ], [ invalid => "$a1 " ]),
    'long.json'  => jws({ private => \%secret },
        [ valid => hs256({ alg => 'HS256' }, 'A' x 8192) ]),
    'both.json'  => jws({ private => \%secret },
        [ valid => $a1 ], [ invalid => $a1 ]),
    'weak.json'  => jws({ public => { %$weak, n => encode_base64url("\xff" x 128) } },
        [ valid => hs256({ alg => 'RS256' }) ]),
);
is($status, 0, 'what a rule of the gate refuses is no failure');
is(totals($out), '3 0 7', 'but not applicable');
like($out, qr/^es521\.json .*\n    1 not applicable: its "alg" is not that of its key/m,
     'the algorithm that is not that of the key, be that one known or not');
like($out, qr/^both\.json .*\n    1 not applicable: the same text is a valid one/m,
     'a file that contradicts itself');
like($out, qr/^    1 not applicable: $_/m, "with its reason: $_")
    for 'longer than a code', 'RSA of fewer';

$id = 0;
($status, $out) = vectors(
    'alg.json'  => jws({ private => \%secret },
        [ valid => "${a1}A" ], [ valid => hs256({ alg => 'HS256' }, 'A') ]),
    'kid.json'  => jws({ private => { %secret, kid => 'b' } },
        [ valid => $named ]),
    'zero.json' => jws({ public => { %$weak, n => encode_base64url(
        "\0" x 128 . "\xff" x 128) } }, [ valid => hs256({ alg => 'RS256' }) ]),
    'even.json' => jws({ public => { %$weak, n => encode_base64url("\xff" x 256),
                                     e => 'Ag' } },
        [ valid => hs256({ alg => 'RS256' }) ]),
);
is(totals($out), '0 5 0', 'no rule excuses what is refused for another reason');

# ---- files that are something else, or broken ----

$id = 0;
my $cut = ecdsa([ one(valid => $pair_text, $pair) ]);
$cut->{numberOfTests} = 2;
my $curve = ecdsa([ one(valid => $pair_text, $pair) ],
                  publicKey => { curve => 'secp256k1' });
my $der = ecdsa([ one(valid => $pair_text, $pair),
                  one(valid => $pair_text, $pair) ], type => 'EcdsaVerify');
($status, $out) = vectors(
    'broken.json' => '{"testGroups":[',
    'empty.json'  => '',
    'other.json'  => { name => 'x' },
    'array.json'  => '[1,2]',
    'der.json'    => $der,
    'curve.json'  => $curve,
    'cut.json'    => $cut,
    'hex.json'    => ecdsa([ one(valid => 'xy', $pair), one(valid => '00', 'abc'),
                             one(invalid => '00', undef) ]),
    'tests.json'  => { testGroups => [ { type => 'EddsaVerify' } ] },
    'big.json'    => ecdsa([ one(invalid => '00' x 1048577, $pair) ]),
);
is($status, 1, 'what cannot be read is a failure');
like($out, qr/^broken\.json +0 passed, 1 failed, 0 not applicable\n    failed: no JSON: /m,
     'broken JSON');
like($out, qr/^empty\.json +0 passed, 1 failed/m, 'an empty file');
like($out, qr/^$_\.json +0 passed, 0 failed, 1 not applicable\n    1 not applicable: of another format, without "testGroups"$/m,
     "JSON of something else: $_") for qw(other array);
like($out, qr/^    2 not applicable: of another format, "EcdsaVerify"$/m,
     'a format that is no form of a signature in a code');
like($out, qr/^    1 not applicable: no algorithm of a gate: ECDSA, secp256k1, SHA-256$/m,
     'a curve that no algorithm of a gate has');
like($out, qr/^cut\.json +1 passed, 1 failed.*\n    failed: it says that it has 2 tests, and has 1$/m,
     'a file that lost a test');
like($out, qr/^hex\.json +0 passed, 3 failed/m, 'bytes that cannot be read');
like($out, qr/^tests\.json +0 passed, 1 failed/m, 'a group without tests');
like($out, qr/^big\.json +0 passed, 1 failed/m, 'a text of more than 1 MiB');

# ---- nothing to run ----

($status, $out) = vectors('other.json' => { name => 'x' });
is($status, 1, 'a folder in which nothing applies is a failure');
like($out, qr/^vectors: nothing ran; /m, 'and says so');

($status, $out) = vectors();
is($status, 1, 'an empty folder is a failure');
is(totals($out), '0 0 0', 'with totals');

for ([ [], 'no folder' ], [ [''], 'an empty name' ],
     [ [ "$tmp/none" ], 'a folder that is missing' ])
{
    my ($args, $what) = @$_;
    ($status, $out) = run($RUNNER, @$args);
    is($status, 2, "$what is a mistake of the caller");
    like($out, qr/rite make vectors VECTORS=DIR, /, 'who is told what to write');
}

done_testing();
