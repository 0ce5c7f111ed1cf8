# `healthcode keyset`: what issuers publish, in every form, becomes a set that
# the reader of gates and a real gate take; each key that they could not use is
# a line, and then there is no set.
# docs/operations.md, "Keys of other issuers".

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use MIME::Base64 qw(encode_base64);
use POSIX ();
use Test::More;

use Healthcode::Fixture;
use Healthcode::Jws qw(b64 json);
use Healthcode::Nginx;
use Healthcode::Process;

my $f = Healthcode::Fixture->new(no_redis => 1);
my $COMMAND = "$Healthcode::Fixture::BUILD/healthcode";
my ($status, $out, $err);


# Runs `healthcode keyset ARGS` with this text as its standard input.
sub keyset_with {
    my ($in, @args) = @_;
    my $stdin = $f->write('stdin', $in);
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        open STDIN, '<', $stdin or POSIX::_exit(126);
        open STDOUT, '>', $f->path('out') or POSIX::_exit(126);
        open STDERR, '>', $f->path('err') or POSIX::_exit(126);
        { exec $COMMAND, 'keyset', @args }
        POSIX::_exit(127);
    }
    waitpid $pid, 0;
    $status = $? & 127 ? "signal $?" : $? >> 8;
    ($out, $err) = map { $f->read($_) } qw(out err);
    return $status;
}

sub keyset { return keyset_with('', @_) }

# The kids of the set that was printed, in its order; those without are "-".
sub kids {
    my $set = eval { JSON::PP->new->decode($out) } or return "no set: $out$err";
    return join ' ', map { $_->{kid} // '-' } @{ $set->{keys} };
}

sub openssl {
    my $process = Healthcode::Process->spawn([ 'openssl', @_ ]);
    my $end = $process->wait(30) // die "openssl @_: no end\n";
    $end == 0 or die "openssl @_: " . $process->output . "\n";
    return $process->output;
}

# A certificate of a new Ed25519 key: its DER, base64 and PEM.
sub certificate {
    my ($name, @args) = @_;
    my $der = $f->path("$name.der");
    openssl(qw(req -x509 -newkey ed25519 -nodes -days 30 -subj /CN=x -outform
               DER), '-keyout', $f->path("$name.private"), '-out', $der, @args);
    my $bytes = $f->read("$name.der");
    return { der => $bytes, base64 => encode_base64($bytes, ''),
             pem => "-----BEGIN CERTIFICATE-----\n" . encode_base64($bytes)
                 . "-----END CERTIFICATE-----\n" };
}

my %made = map { $_ => certificate($_) } qw(a b c);
my $es = $f->jwk('nat-es');
my $ed = $f->jwk('nat-ed');
my $prov = $f->jwk('prov-es');


# ---- forms ----

my @forms = (
    [ 'a JWK', json($es), 'nat-es' ],
    [ 'a JWK set', json({ keys => [ $es, $ed ] }), 'nat-es nat-ed' ],
    [ 'a list of JWKs', json([ $es, $ed ]), 'nat-es nat-ed' ],
    [ 'a list of JWK sets', json([ { keys => [ $es ] }, { keys => [ $ed ] } ]),
      'nat-es nat-ed' ],
    [ 'JWK sets by country', json({ eu => { AT => { keys => [ $es ] },
        DE => { keys => [ $ed ] } } }), 'nat-es nat-ed' ],
    [ 'PEM', "# kid: one\n$made{a}{pem}\nkid: two\n$made{b}{pem}", 'one two' ],
    [ 'PEM by kid', json({ one => $made{a}{pem}, two => $made{b}{pem} }),
      'one two' ],
    [ 'PEM beside its kid', json([ { kid => 'one', pem => $made{a}{pem},
        name => 'x' } ]), 'one' ],
    [ 'certificates in base64', json({ certificates => [
        { country => 'X', kid => 'one', rawData => $made{a}{base64} },
        { country => 'Y', kid => 'two', rawData => $made{b}{base64} } ] }),
      'one two' ],
    [ 'x5c', json({ keys => [ { kid => 'one',
        x5c => [ $made{a}{base64}, $made{b}{base64} ] } ] }), 'one' ],
    [ 'a key twice', json([ $es, { keys => [ $es, $es ] } ]), 'nat-es' ],
    [ 'a key by two kids', json([ $es, { %$es, kid => 'other' } ]),
      'nat-es other' ],
);

for my $form (@forms) {
    my ($what, $text, $want) = @$form;
    is(keyset_with($text, '-'), 0, "$what: exit 0") or diag($err);
    is(kids(), $want, "$what: its keys");
    my $n = split ' ', $want;
    like($err, qr/\A$n keys, generation [0-9a-f]{16}\n\z/, "$what: their number");
}

is(keyset_with($made{a}{der}, '-'), 0, 'a certificate in DER: exit 0');
my ($long, $short) = split ' ', kids();
like($long, qr/^[\w-]{43}$/, 'it has its x5t#S256');
like($short, qr{^[\w+/]{11}=$}, 'and its short kid');
is(substr(MIME::Base64::encode_base64url(MIME::Base64::decode_base64($short)), 0, 10),
   substr($long, 0, 10), 'which begin with the same bytes');

openssl(qw(req -x509 -newkey rsa:2048 -nodes -subj /CN=x -outform DER), '-keyout',
        $f->path('rsa.private'), '-out', $f->path('rsa.der'));
is(keyset($f->path('rsa.der')), 0, 'an RSA certificate: exit 0');
is(join(' ', map { $_->{alg} // '-' } @{ JSON::PP->new->decode($out)->{keys} }), '- -',
   'which serves several algorithms, and has no alg');
like($err, qr/\A2 keys,/, 'and is counted by its two names');
is(keyset('--alg', 'PS256', $f->path('rsa.der')), 0, 'it serves one by --alg: exit 0');
is(JSON::PP->new->decode($out)->{keys}[0]{alg}, 'PS256', 'which is its alg then');

mkdir $f->path('folder');
$f->write('folder/a.der', $made{a}{der});
$f->write('folder/b.pem', "kid: b\n$made{b}{pem}");
$f->write('folder/c.jwks', json({ keys => [ $es ] }));
$f->write('folder/README', '{ not a key');
$f->write('folder/.hidden.pem', 'x');
is(keyset($f->path('folder'), $f->path('prov-es.jwks')), 0, 'a folder: exit 0');
is(kids(), "$long $short b nat-es prov-es", 'with its key files, and another file');


# ---- what is printed is what a gate reads ----

{
    is(keyset($f->path('folder')), 0, 'a set is made again');
    my ($generation) = $err =~ /generation (\w+)/;
    is($generation, substr(sha256_hex(pack('Q>', length $out) . $out), 0, 16),
       'its generation is that of its bytes');
    my $keys = $f->write('made.jwks', $out, 0600);
    my $nginx = Healthcode::Nginx->new(module => $f->module, http => <<"END");
healthcode_issuer national {
    iss $Healthcode::Fixture::ISS{national}; algorithms ES256 EdDSA; keys $keys;
}
server { listen unix:{{SOCK}}; location /alive { return 204; }
    location /t { healthcode on; alias ${\ $f->path('site')}/passed; } }
END
    my ($rc, $said) = $nginx->check;
    is($rc, 0, 'nginx -t takes it');
    unlike($said, qr/skips|\[crit\]/, 'and every key of it');
    $nginx->start;
    is($nginx->ask($f->issue(key => 'nat-es')), 200, 'a code passes by it');
    is($nginx->ask($f->issue(key => 'nat-ed')), '401 key',
       'one whose key was not there does not');
    is($nginx->stop, 0, 'the gate ends by itself');
}


# ---- what cannot be used ----

my @broken = map { { kty => 'EC', crv => 'P-256', kid => "broken-$_", x => 'AA',
                     y => 'AA' } } 1 .. 12;

is(keyset_with(json({ keys => [ $es, @broken ] }), '-'), 1, 'broken keys: exit 1');
is($out, '', 'nothing is printed');
my @lines = split /\n/, $err;
is(scalar @lines, 13, 'each of them has a line, and then there is a last one');
like($lines[$_ - 1],
     qr/^healthcode keyset: -#\/keys\/$_: (?:line 1: )?key "broken-$_": its /,
     "line $_ names the place, the key and what is wrong") for 1, 12;
like($lines[12], qr/no set was made: 12 cannot be used, 1 can/, 'which counts them');

is(keyset_with(json({ keys => [ $es, @broken ] }), '--partial', '-'), 0,
   '--partial: exit 0');
is(kids(), 'nat-es', 'it prints what is left');
is(scalar(split /\n/, $err), 13, 'and says the same of the others');

is(keyset_with(json({ keys => \@broken }), '--partial', '-'), 1,
   '--partial of nothing: exit 1');
is($out, '', 'prints nothing');

my $private = JSON::PP->new->decode($f->read('nat-es.key'));
for my $args ([], ['--partial']) {
    is(keyset_with(json({ keys => [ $ed, $private ] }), @$args, '-'), 1,
       "a private key, @$args: exit 1");
    is($out, '', 'nothing is printed');
    like($err, qr/key "nat-es": it is a private key/, 'it says why');
    unlike($err, qr/\Q$private->{d}/, 'and not its secret');
}

is(keyset($f->path('a.private')), 1, 'a private key in PEM: exit 1');
like($err, qr/a\.private: line 1: it is a private key/, 'it says why');
is(keyset('--partial', $f->path('site.jwks'), $f->path('nat-ed.jwks')), 0,
   'a shared secret: exit 0 with --partial');
is(kids(), 'nat-ed', 'it is left out');
like($err, qr/key "site": it is a shared secret, which is not published/, 'and named');
is(keyset('--at', '+29d', $f->path('a.der')), 0, 'a certificate of 30 days');
is(keyset('--at', '+31d', $f->path('a.der'), $f->path('nat-es.jwks')), 1,
   'will be over in 31');
like($err, qr/a\.der: its certificate has expired.*\n.*1 cannot be used, 1 can/,
     'it says so');

for my $case ([ 'nothing', '', qr/-: it is empty/ ],
              [ 'broken JSON', "{\n\"keys\":[}", qr/-: line 2: it is not strict JSON/ ],
              [ 'an empty set', '{"keys":[]}', qr/-: it has no key/ ],
              [ 'other text', 'hello', qr/-: it is neither a JWK set nor/ ],
              [ 'x5c of another key', json({ keys => [ { %$es,
                x5c => [ $made{a}{base64} ] } ] }), qr/has another key than/ ])
{
    my ($what, $text, $says) = @$case;
    is(keyset_with($text, '-'), 1, "$what: exit 1");
    like($err, $says, "$what: says why");
    is($out, '', "$what: prints nothing");
}

is(keyset_with('[{"a":1}]', '-'), 3, 'a list without keys: exit 3');
like($err, qr/"-": there is no key in it/, 'it says so');
is(keyset_with('[' x 400 . ']' x 400, '-'), 3, 'a list that is too deep: exit 3');
like($err, qr/too deep/, 'it says so');
is(keyset($f->path('nowhere')), 3, 'no such file: exit 3');
mkdir $f->path('empty');
is(keyset($f->path('empty')), 3, 'a folder without keys: exit 3');
like($err, qr/there is no key file in this directory/, 'it says so');


# ---- inspect reads certificates, too ----

{
    my $code = $f->tool('issue', '--key', $f->path('a.private'), '--iss', 'x', '--sub',
                        '1', '--kid', $short);
    my @args = ('inspect', '--keys', $f->path('folder/a.der'));
    my ($rc, $said) = $f->try_tool(@args, $code);
    is($rc, 0, 'inspect finds the key of a certificate') or diag($said);
    ($rc, $said) = $f->try_tool(@args, '--at', '+31d', $code);
    isnt($rc, 0, 'but not after its end');
    like($said, qr/its certificate has expired/, 'as it says');
}


# ---- which keys ----

is(keyset('--alg', 'EdDSA', map { $f->path("$_.jwks") } qw(nat-es nat-ed)), 1,
   '--alg: a source without such a key is not usable');
is(keyset_with(json({ keys => [ $es, $ed ] }), '--alg', 'EdDSA', '--partial', '-'),
   0, '--alg of a set');
is(kids(), 'nat-ed', 'leaves the other keys out');
is(keyset_with(json({ %$ed, alg => 'X-ED' }), '--alg-alias', 'X-ED=EdDSA', '-'), 0,
   '--alg-alias');
is(JSON::PP->new->decode($out)->{keys}[0]{alg}, 'EdDSA', 'is written as its algorithm');

my $directory = json({ participants => [
    { iss => 'https://a.example', keys => [ $es ] },
    { issuer => { iss => 'https://b.example' }, keys => [ $ed ] },
    { issuer => 'https://a.example', keys => [ $prov ] } ] });
is(keyset_with($directory, '-'), 2, 'a list of several issuers: exit 2');
like($err, qr{keys of "https://a\.example" and of other issuers.*--iss}, 'it says so');
is(keyset_with($directory, '--iss', 'https://a.example', '-'), 0, '--iss: exit 0');
is(kids(), 'nat-es prov-es', 'has the keys of this one alone');
is(keyset_with($directory, '--iss', 'https://b.example', '-'), 0,
   'the other issuer: exit 0');
is(kids(), 'nat-ed', 'has its own');
is(keyset_with($directory, '--iss', 'https://c.example', '-'), 1,
   'an issuer that is not there: exit 1');


# ---- arguments ----

for my $case ([ qr/SOURCE is missing/ ], [ qr/unknown algorithm "none"/, '--alg',
                'none', 'x' ], [ qr/--at/, '--at', 'tomorrow', 'x' ],
              [ qr/unknown option --redis/, '--redis', 'x' ])
{
    my ($says, @args) = @$case;
    is(keyset(@args), 2, "keyset @args: exit 2");
    like($err, $says, 'it says why');
}

done_testing;
