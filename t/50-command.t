#!/usr/bin/perl
# The command `healthcode` and the scripts of redis-scripts/, against a real
# redis-server of its own; signatures against the openssl command line and
# Digest::SHA, known answers from RFC 8037.  From the root: prove t/50-command.t

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Digest::SHA qw(hmac_sha256 hmac_sha256_hex);
use IO::Socket::UNIX;
use JSON::PP ();
use MIME::Base64 qw(encode_base64 encode_base64url decode_base64url);
use POSIX qw(WNOHANG);
use Test::More;
use Time::HiRes qw(sleep time);

use Healthcode::Fixture;
use Healthcode::Keys qw(risk_key audit_key meta_key meta_keys is_meta write_proofs
                        set_proofs drop_proofs $META $REGION $CONTROL $DATA $PUSH
                        $ERASED);
use Healthcode::Process;
use Healthcode::Redis;

my $ROOT = "$FindBin::Bin/..";
my $COMMAND = ($ENV{HEALTHCODE_BUILD} || "$ROOT/build") . '/healthcode';
my $PEPPER = 'pepper of the command suite';

-x $COMMAND or die "$COMMAND is missing: run \"make build\" first\n";
delete @ENV{qw(REDISCLI_AUTH REDIS_URL)};

my $f = Healthcode::Fixture->folder;
my $tmp = $f->dir;
my $redis = Healthcode::Redis->start(dir => $tmp);
my @store = ('--redis', 'unix:' . $redis->socket, '--pepper-file',
             path('pepper', "$PEPPER\n"));
my ($status, $out, $err);


# path(NAME [, TEXT]): a file of the temporary folder, with this text.
sub path { return @_ > 1 ? $f->write(@_) : $f->path(@_) }

sub contents { return $f->read("$tmp/$_[0]") }


# Starts the command with $in, a file, as its standard input.
sub start {
    my ($in, @args) = @_;
    my $pid = fork // die "fork: $!";
    return $pid if $pid;

    open STDIN, '<', $in or POSIX::_exit(126);
    open STDOUT, '>', "$tmp/out";
    open STDERR, '>', "$tmp/err";
    { exec $COMMAND, @args }
    POSIX::_exit(127);
}


# Waits for it, 30 s at most; sets $status, $out and $err.
sub finish {
    my ($pid) = @_;
    my $end = time + 30;
    sleep 0.002 while waitpid($pid, WNOHANG) == 0 && time < $end;
    if (time >= $end) {
        kill 'KILL', $pid;
        waitpid $pid, 0;
        $status = 'no end';
    } else {
        $status = $? & 127 ? "signal $?" : $? >> 8;
    }
    ($out, $err) = (contents('out'), contents('err'));
    return $status;
}


sub run      { finish(start('/dev/null', @_)) }
sub run_with { my $text = shift; finish(start(path('in', $text), @_)) }


# Each test of the command: its exit code, and what it says where.
sub answers {
    my ($name, $want, $says) = @_;
    is($status, $want, "$name: exit $want") or diag(substr "$out$err", 0, 800);
    like($want == 0 ? $out : $err . $out, $says, "$name: says so")
        if defined $says;
}


# Redis as it stands: an error is the text of the error.
sub redis { my $r = eval { $redis->cmd(@_) }; $@ ? $@ : $r }
sub hash  { my $r = redis('HGETALL', $_[0]); ref $r ? {@$r} : $r }

sub holder {
    my ($sub, $space) = @_;
    return substr hmac_sha256_hex(($space // 'national') . "\0$sub", $PEPPER),
        0, 32;
}

sub risk  { risk_key(holder(@_)) }
sub audit { audit_key(holder(@_)) }

# The audit entries of a subject, oldest first, as "action flag until by reason".
sub history {
    return map {
        my %entry = @{ $_->[1] };
        join ' ', map { $entry{$_} // '-' } qw(action flag until by reason);
    } @{ redis('XRANGE', audit(@_), '-', '+') };
}


# ---- help ----

my @commands = qw(keygen issue inspect keyset store holder flag region control
                  hall report testbed);

for my $words ([], map { [$_] } @commands) {
    my $name = join ' ', 'healthcode', @$words, '--help';
    run(@$words, '--help');
    answers($name, 0, qr/^healthcode\b/);
    like($out, qr/^Example/m, "$name has an example");
    is($err, '', "$name writes no error");
    cmp_ok($out =~ tr/\n//, '<=', 31, "$name fits on a screen");
    is(scalar(grep { length > 79 } split /\n/, $out), 0, "$name fits across");
}

run('flag', 'set', '--help');
answers('--help of a verb', 0, qr/^healthcode flag set/);
run('help', 'region');
answers('help as a word', 0, qr/^healthcode region set/);
my ($version) = do { open my $in, '<', "$ROOT/CHANGES" or die; readline $in }
    =~ /\AChanges with healthcode (\d+\.\d+\.\d+)(?: +\d+ \w+ \d{4})?\n/;
run('--version');
answers('--version, as CHANGES begins', 0, qr/^healthcode \Q$version\E\n\z/);


# ---- arguments that are wrong: exit 2, and a message that names them ----

path('garbage', "no key\n");
path('short', "short\n");
my @key = ('--private', path('x.jwk'), '--public', path('x.json'));
my @issue = ('issue', '--key', path('es.jwk'), '--iss', 'i', '--sub', 's');
my @unix = ('--redis', 'unix:' . $redis->socket);

for my $case (
    [ qr/a command is missing.*keygen, issue/s ],
    [ qr/unknown command "fly"/, 'fly' ],
    [ qr/flag: a command is missing.*set, clear, show, import/s, 'flag' ],
    [ qr/store: unknown command "wipe"/, 'store', 'wipe' ],
    [ qr/--alg is missing; write --alg one of: HS256 .*Ed25519 SGD_SM3_SM2/,
      'keygen', @key ],
    (map { [ qr/--alg: unknown algorithm "$_"; write one of: HS256 .*EdDSA /,
             'keygen', '--alg', $_, @key ] } 'none', 'es256', 'ES256K', ''),
    [ qr/--bits is for RSA; keys for ES256 have one size/,
      'keygen', '--alg', 'ES256', '--bits', '2048', @key ],
    (map { [ qr/--bits: invalid size "$_"; write 2048, 3072 or 4096/,
             'keygen', '--alg', 'RS256', '--bits', $_, @key ] }
     '1024', '2047', '8192', 'x', '', ' 2048'),
    [ qr/--kid: write/, 'keygen', '--alg', 'ES256', '--kid', '', @key ],
    [ qr/--private is missing/, 'keygen', '--alg', 'ES256', @key[2, 3] ],
    [ qr/--public names the same file/, 'keygen', '--alg', 'ES256',
      '--private', path('x'), '--public', path('x') ],
    [ qr/unknown option --colour/, 'keygen', '--colour', 'red' ],
    [ qr/unknown option -k/, 'keygen', '-k', 'red' ],
    [ qr/--kid needs a value; write --kid NAME/, 'keygen', '--kid' ],
    [ qr/--kid needs a value/, 'keygen', '--kid', '--force' ],
    [ qr/--kid is given twice/, 'keygen', '--kid=a', '--kid', 'b' ],
    [ qr/--force takes no value/, 'keygen', '--force=yes' ],
    [ qr/argument 1 is one too many/, 'keygen', '--alg', 'ES256', @key, 'x' ],
    [ qr/--sub is missing/, @issue[0 .. 4] ],
    [ qr/--sub: it is empty/, @issue[0 .. 5], '' ],
    [ qr/--iss: write/, @issue[0 .. 2], '--iss', '', '--sub', 's' ],
    [ qr/--ttl: invalid duration "soon"/, @issue, '--ttl', 'soon' ],
    [ qr/--ttl: invalid duration "-5m"/, @issue, '--ttl', '-5m' ],
    [ qr/--exp: invalid time "later"/, @issue, '--exp', 'later' ],
    [ qr/--iat: invalid time "2026-02-30T00:00:00Z"/,
      @issue, '--iat', '2026-02-30T00:00:00Z' ],
    [ qr/--nbf: invalid time "253402300800"/, @issue, '--nbf', '253402300800' ],
    [ qr/--ttl and --exp/, @issue, '--ttl', '1m', '--exp', '+1m' ],
    [ qr/--region: invalid division code "5114025"/,
      @issue, '--region', '5114025' ],
    [ qr/--region is given too often/,
      @issue, map { ('--region', 11) } 1 .. 65 ],
    (map { my $option = $_;
           (map { [ qr/$option: "\Q$_\E" has no name, or no value; write NAME=TEXT/,
                    @issue, $option, $_ ] } 'dose', '', '=2', ':=2', '='),
           [ qr/$option: "dose:=two" has no JSON after :=/,
             @issue, $option, 'dose:=two' ],
           [ qr/$option: "dose:=" has no JSON after :=/, @issue, $option,
             'dose:=' ] } '--claim', '--header'),
    [ qr/--header: "alg" cannot be set here: .*write --alg NAME/,
      @issue, '--header', 'alg=none' ],
    [ qr/--header: "kid" cannot .*: write --kid NAME/,
      @issue, '--header', 'kid:=7' ],
    [ qr/--header: "typ" cannot .*: write --typ TYPE/,
      @issue, '--header', 'typ=JWT' ],
    [ qr/--header: "crit" cannot .*: gates refuse every extension/,
      @issue, '--header', 'crit:=["b64"]' ],
    (map { [ qr/--header: "b64" cannot .*: gates read base64url alone/,
             @issue, '--header', "b64:=$_" ] } 'false', 'true'),
    [ qr/--header: "zip" cannot .*: gates read no compressed payload/,
      @issue, '--header', 'x5t=1', '--header', 'zip=DEF' ],
    [ qr/--alg: write the name/, @issue, '--alg', '' ],
    map({ [ qr/--qr: unknown format "$_"; write svg, png or terminal/,
            @issue, '--qr', $_ ] } 'gif', '', 'SVG'),
    [ qr/--sm2-id: write at most 8190 bytes/, @issue, '--sm2-id',
      'x' x 8191 ],
    [ qr/--sm2-id: write at most 8191 bytes/, 'inspect', '--sm2-id',
      'x' x 8192, 'a.b.c' ],
    (map { [ qr/--alg-alias: "$_" names no alias; write NAME=ALG/,
             'inspect', '--alg-alias', $_, 'a.b.c' ] } '', 'x', '=ES256'),
    [ qr/--alg-alias: unknown algorithm "SM3"; write one of: .*SGD_SM3_SM2/,
      'inspect', '--alg-alias', 'SM2=SM3', 'a.b.c' ],
    [ qr/--alg-alias: "ES256" is an algorithm already/,
      'inspect', '--alg-alias', 'ES256=HS256', 'a.b.c' ],
    [ qr/--subject: write the name of a claim/,
      'inspect', '--subject', 'a', '--subject', '', 'a.b.c' ],
    (map { [ qr/$_: write the name of a claim/,
             'inspect', $_, '', 'a.b.c' ] } '--regions', '--kind'),
    (map { [ qr/--status: "\Q$_\E" names no claim and value; write CLAIM=VALUE .*or off alone/,
             'inspect', '--status', 's=a', '--status', $_, 'a.b.c' ] }
     'state', 'state=', '=green', '', 'off'),
    [ qr/--status: "b=2" names another claim than the one before/,
      'inspect', '--status', 'a=1', '--status', 'b=2', 'a.b.c' ],
    [ qr/--max-age: invalid duration "x"/, 'inspect', '--max-age', 'x', 'a.b.c' ],
    [ qr/--at: invalid time "x"/, 'inspect', '--at', 'x', 'a.b.c' ],
    [ qr/--pepper-file is missing/, 'holder', '1001' ],
    [ qr/SUB is missing/, 'holder', '--pepper-file', path('pepper') ],
    [ qr/SUB: it is empty/, 'holder', '--pepper-file', path('pepper'), '' ],
    [ qr/--redis is missing; write --redis URL, or set REDIS_URL/, 'store',
      'check', @store[2, 3] ],
    [ qr/--role: write master, or unchecked/, 'store', 'check', @store,
      '--role', 'slave' ],
    [ qr/--role: write master, or unchecked/, 'store', 'rights', '--role', '' ],
    [ qr/--protocol: write resp3, or resp2/, 'store', 'check', @store,
      '--protocol', 'resp4' ],
    [ qr/--redis: .*write redis:/, 'store', 'check', '--redis',
      'http://x', @store[2, 3] ],
    (map { [ qr/--redis: this URL cannot be read/, 'store', 'check', '--redis',
             $_, @store[2, 3] ] }
     'redis://', 'redis://:6379', 'redis://h:0', 'redis://h:65536',
     'redis://h:x', 'redis://h/x', 'redis://h/99999999999', 'unix:',
     'unix:/s?db=', 'redis://u:%zz@h', 'redis://[::1', 'redis://[::1]x',
     'redis://h?x=1', 'redis://h/1x', 'redis://h/1?db=', 'redis://h#1',
     'redis://u:%0@h', 'redis://u:%00@h', 'unix://u:%zz@/s', 'unix:?db=1',
     'redis://u:' . 'x' x 600 . '@h'),
    (map { my ($url, $wrong) = @$_;
           [ qr/--redis: this URL cannot be read: \Q$wrong\E/, 'store', 'check',
             '--redis', $url, @store[2, 3] ] }
     [ 'localhost:6379', 'it does not begin with redis://' ],
     [ 'redis://u:se/same@h', 'its port is not a number' ],
     [ 'redis://:6379', 'it has no host; write / ? # and @ of a password as' ],
     [ 'redis://::1', 'its port is not a number of 1 to 65535; an IPv6' ],
     [ 'redis://[::1', 'what is in [ ] does not end with ]' ],
     [ 'redis://u:100%@h', 'a % in its user or password is not one of' ],
     [ 'redis://h/main', 'its database is not a number' ],
     [ 'redis://h?timeout=1', 'what follows ? is not db=N' ],
     [ 'unix:', 'it has no path of a socket' ]),
    [ qr/the user "gate" has no password/, 'store', 'check',
      '--redis', 'redis://gate@127.0.0.1:1', @store[2, 3] ],
    [ qr/--timeout: invalid duration "x"/, 'store', 'check', @store,
      '--timeout', 'x' ],
    [ qr/--timeout: write/, 'store', 'check', @store, '--timeout', '0' ],
    [ qr/--wait: invalid number "x"/, 'store', 'init', @store, '--wait', 'x' ],
    [ qr/--source is missing/, 'store', 'touch', @store ],
    [ qr/--source is missing/, 'store', 'untouch', @store ],
    (map { [ qr/--source: invalid name .*lower-case letter/, 'store', 'touch',
             @store, '--source', $_ ] }
     '', 'City', '7', 'a b', 'a' x 33, "a\n"),
    [ qr/--at: /, 'store', 'touch', @store, '--source', 'a', '--at', 'x' ],
    [ qr/--force is for an earlier time; add --at TIME/, 'store', 'touch',
      @store, '--source', 'a', '--force' ],
    [ qr/FLAG is missing/, 'flag', 'set', @store, '1001' ],
    [ qr/FLAG: "tired" is not of the national set.*--custom/,
      'flag', 'set', @store, '1001', 'tired' ],
    [ qr/FLAG: "tired" is not of the national set/,
      'flag', 'clear', @store, '1001', 'tired' ],
    [ qr/FLAG: "Tired" is not a flag name/,
      'flag', 'set', @store, '--custom', '1001', 'Tired' ],
    [ qr/FLAG: "" is not a flag name/,
      'flag', 'set', @store, '--custom', '1001', '' ],
    [ qr/--until: invalid time "tomorrow"; write/,
      'flag', 'set', @store, '--until', 'tomorrow', '1001', 'entry' ],
    [ qr/--until: "-2h" lies in the past/,
      'flag', 'set', @store, '--until', '-2h', '1001', 'entry' ],
    [ qr/--until: "1600000000" lies in the past/,
      'flag', 'set', @store, '--until', '1600000000', '1001', 'entry' ],
    [ qr/--by: write/, 'flag', 'set', @store, '--by', "a\nb", '1', 'entry' ],
    [ qr/--reason: write/,
      'flag', 'set', @store, '--reason', 'x' x 257, '1', 'entry' ],
    [ qr/--pepper-file is missing/, 'flag', 'set', @unix, '1001', 'entry' ],
    [ qr/--space is in the hash/,
      'flag', 'show', @store, '--hashed', '--space', 'site', '0' x 32 ],
    [ qr/FILE is missing/, 'flag', 'import', @store ],
    [ qr/LEVEL is missing/, 'region', 'set', @unix, '51' ],
    [ qr/CODE: invalid division code "511"/, 'region', 'set', @unix, '511',
      'high' ],
    [ qr/CODE: invalid division code "5x"/, 'region', 'clear', @unix, '5x' ],
    [ qr/LEVEL: invalid level "red"/, 'region', 'set', @unix, '51', 'red' ],
    [ qr/THUMBPRINT: invalid thumbprint "abc"/,
      'control', 'revoke-key', @unix, 'abc' ],
    [ qr/ISS: write/, 'control', 'suspend', @unix, '' ],
    [ qr/TIME: "\+1h" lies in the future/,
      'control', 'before', @unix, 'i', '+1h' ],
    [ qr/TIME: "0" refuses no code; write none/,
      'control', 'before', @unix, 'i', '0' ],
) {
    my ($says, @args) = @$case;
    run(@args);
    answers("healthcode @args", 2, $says);
}

unlike($err, qr/unix:/, 'a message of arguments does not repeat the rest');
ok(!-e path('x.jwk'), 'a refused keygen leaves no file');


# ---- what cannot be done: exit 3 ----

for my $case (
    [ qr/--key: cannot open ".*none"/, 'issue', '--key', path('none'),
      '--iss', 'i', '--sub', 's' ],
    [ qr/--key: ".*garbage" cannot sign: it is neither a JWK nor PEM/,
      'issue', '--key', path('garbage'), '--iss', 'i', '--sub', 's' ],
    [ qr/--keys: cannot open/, 'inspect', '--keys', path('none'), 'a.b.c' ],
    [ qr/--certificate: cannot open/, 'inspect', '--certificate',
      path('none'), 'a.b.c' ],
    [ qr/--certificate: ".*garbage" does not begin with a certificate/,
      'inspect', '--certificate', path('garbage'), 'a.b.c' ],
    [ qr/--keys: ".*garbage" is not a key set/,
      'inspect', '--keys', path('garbage'), 'a.b.c' ],
    [ qr/--pepper-file: cannot open/, 'holder', '--pepper-file', path('none'),
      '1' ],
    [ qr/--pepper-file: ".*short" holds less than 16/,
      'holder', '--pepper-file', path('short'), '1' ],
    [ qr/--redis: cannot connect to .*nowhere/, 'store', 'check', '--redis',
      'unix:' . path('nowhere'), @store[2, 3] ],
    [ qr/--redis: cannot connect to 127\.0\.0\.1/, 'store', 'check', '--redis',
      'redis://127.0.0.1:1', @store[2, 3] ],
    [ qr/--password-file: cannot open/, 'store', 'check', @store,
      '--password-file', path('none') ],
    [ qr/--private: cannot write/, 'keygen', '--alg', 'ES256', '--private',
      path('none/x'), '--public', path('y') ],
    [ qr/FILE: cannot open/, 'flag', 'import', @store, path('none') ],
) {
    my ($says, @args) = @$case;
    run(@args);
    answers("healthcode @args", 3, $says);
}


# ---- keygen, issue, inspect: every algorithm ----

my $json = JSON::PP->new->utf8;

sub part { $json->decode(decode_base64url((split /\./, $_[0])[$_[1]])) }

# A public key as PEM, from the bytes that RFC 5480 and RFC 8410 put before it.
sub pem {
    my ($jwk) = @_;
    my $der = $jwk->{kty} eq 'EC'
        ? pack('H*', '3059301306072a8648ce3d020106082a8648ce3d03010703420004')
          . decode_base64url($jwk->{x}) . decode_base64url($jwk->{y})
        : pack('H*', '302a300506032b6570032100')
          . decode_base64url($jwk->{x});
    return "-----BEGIN PUBLIC KEY-----\n" . encode_base64($der)
        . "-----END PUBLIC KEY-----\n";
}

# r || s as the DER that openssl reads.
sub der {
    my $body = '';
    for my $n (unpack 'a32 a32', $_[0]) {
        $n =~ s/^\0+(?=.)//s;
        $n = "\0$n" if ord($n) & 0x80;
        $body .= pack 'C C a*', 2, length $n, $n;
    }
    return pack 'C C a*', 0x30, length $body, $body;
}

# Whether openssl, or Digest::SHA, says that this code is signed by this key.
sub holds_elsewhere {
    my ($code, $jwk) = @_;
    my ($text, $signature) = $code =~ /^(.*)\.([^.]*)$/s;
    $signature = decode_base64url($signature);

    return $signature eq hmac_sha256($text, decode_base64url($jwk->{k}))
        if $jwk->{kty} eq 'oct';

    path('key.pem', pem($jwk));
    path('text', $text);
    path('signature', $jwk->{kty} eq 'EC' ? der($signature) : $signature);

    my @openssl = $jwk->{kty} eq 'EC'
        ? ('dgst', '-sha256', '-verify', path('key.pem'), '-signature',
           path('signature'), path('text'))
        : ('pkeyutl', '-verify', '-pubin', '-inkey', path('key.pem'), '-rawin',
           '-in', path('text'), '-sigfile', path('signature'));
    my $process = Healthcode::Process->spawn([ 'openssl', @openssl ]);
    return ($process->wait(10) // 1) == 0;
}

my %code;

for my $row ([ es => 'ES256', 'EC' ], [ ed => 'EdDSA', 'OKP' ],
             [ hs => 'HS256', 'oct' ])
{
    my ($name, $alg, $kty) = @$row;
    my @files = ('--private', path("$name.jwk"), '--public',
                 path("$name.json"));
    my $shared = $alg eq 'HS256';

    run('keygen', '--alg', $alg, '--kid', "$name-1", @files);
    answers("keygen $alg", 0, qr/^kid $name-1\nthumbprint [\w-]{43}$/m);
    is($out =~ /SHARED SECRET/ ? 1 : 0, $shared ? 1 : 0,
       "keygen $alg says whether the public file is secret");

    my $private = $json->decode(contents("$name.jwk"));
    my $public = $json->decode(contents("$name.json"))->{keys}[0];

    is($private->{kty}, $kty, "keygen $alg: kty");
    is_deeply([ @$public{qw(kty alg kid use)} ], [ $kty, $alg, "$name-1",
              'sig' ], "keygen $alg: the public members");
    is(exists $public->{d} ? 1 : 0, 0, "keygen $alg: no d in the public file");
    is(sprintf('%04o', (stat path("$name.jwk"))[2] & 07777), '0600',
       "keygen $alg: the private file is mode 0600");
    is(sprintf('%04o', (stat path("$name.json"))[2] & 07777),
       $shared ? '0600' : '0644', "keygen $alg: mode of the public file");

    my $before = contents("$name.jwk");
    run('keygen', '--alg', $alg, @files);
    answers("keygen $alg over a key", 3, qr/--private: .* exists.*--force/);
    run('keygen', '--alg', $alg, '--private', path("$name.other"),
        '--public', path("$name.json"));
    answers("keygen $alg over a key set", 3, qr/--public: .* exists/);
    ok(!-e path("$name.other"), 'keygen leaves no half of a pair');
    is(contents("$name.jwk"), $before, "keygen $alg left the key as it was");

    run('issue', '--key', path("$name.jwk"), '--iss', 'https://i.example',
        '--sub', '1001', '--aud', 'gate', '--region', '511402', '--region',
        '51', '--claim', 'status=normal', '--claim', 'dose:=2', '--claim',
        'text=2', '--claim', 'ok:=true');
    answers("issue $alg", 0, qr/^[\w-]+\.[\w-]+\.[\w-]+\n\z/);
    chomp(my $code = $out);
    $code{$name} = $code;

    is_deeply(part($code, 0), { alg => $alg, kid => "$name-1",
              typ => 'healthcode+jwt' }, "issue $alg: the header");
    my $claims = part($code, 1);
    is_deeply([ @$claims{qw(iss sub aud status dose text)} ],
              [ 'https://i.example', '1001', 'gate', 'normal', 2, '2' ],
              "issue $alg: the claims");
    is_deeply($claims->{regions}, [ '511402', '51' ], "issue $alg: regions");
    like($claims->{jti}, qr/^[\w-]{22}$/, "issue $alg: a random jti");
    is($claims->{exp} - $claims->{iat}, 900, "issue $alg: 15 minutes");
    cmp_ok(abs($claims->{iat} - time), '<=', 3, "issue $alg: iat is now");

    ok(holds_elsewhere($code, $public), "issue $alg: openssl says it holds");
    (my $forged = $code) =~ s/\.(.)/$1 eq 'e' ? '.f' : '.e'/e;
    ok(!holds_elsewhere($forged, $public), "openssl refuses a forged $alg");

    run('inspect', '--keys', path("$name.json"), $code);
    answers("inspect $alg", 0, qr/^sub +1001\n.*^verdict +it holds/ms);
    like($out, qr/^signature +holds, $alg key $name-1\n +thumbprint /m,
         "inspect $alg names the key");
    run_with("Bearer $code\n", 'inspect', '--keys', path("$name.json"), '-');
    answers("inspect $alg from standard input", 0, qr/it holds/);
    run('inspect', $code);
    answers("inspect $alg without keys", 1, qr/^verdict +not known.*--keys/m);
    run('inspect', '--keys', path("$name.json"), $forged);
    answers("inspect a forged $alg", 1, qr/does not hold/);

    my @now = ('--key', path("$name.jwk"), '--iss', 'i', '--sub', 's');
    run('issue', @now, '--kid', '', '--typ', '', '--jti', '', '--iat', '5',
        '--exp', '7');
    is_deeply([ part($out, 0), part($out, 1) ],
              [ { alg => $alg }, { iss => 'i', sub => 's', iat => 5,
                exp => 7 } ], "issue $alg: an empty value leaves it out");
}

run('keygen', '--alg', 'EdDSA', '--private', path('ed.jwk'), '--public',
    path('ed2.json'), '--force');
answers('keygen --force', 0, qr/^thumbprint/m);
my ($kid) = $out =~ /^kid (.*)$/m;
like($out, qr/^thumbprint \Q$kid\E$/m, 'the kid is the thumbprint by default');
is(sprintf('%04o', (stat path('ed.jwk'))[2] & 07777), '0600',
   'keygen --force keeps mode 0600');
run('inspect', '--keys', path('ed2.json'), $code{ed});
answers('a code of the key before', 1, qr/^verdict.*key: /m);

run('issue', '--key', path('es.json'), '--iss', 'i', '--sub', 's');
answers('issue with a key set', 3, qr/--key: .*JWK set/);
run('inspect', '--keys', path('es.jwk'), $code{es});
answers('inspect with a private key', 3, qr/--keys: .*private key/);

{
    my $jwk = $json->decode(contents('es.jwk'));
    $jwk->{d} = encode_base64url("\1" x 32);
    run('issue', '--key', path('torn.jwk', $json->encode($jwk)), '--iss', 'i',
        '--sub', 's');
    answers('a private key that is not of its public one', 3,
            qr/do not belong together/);
    my $d = delete $jwk->{d};
    run('issue', '--key', path('torn.jwk', $json->encode($jwk)), '--iss', 'i',
        '--sub', 's');
    answers('a public key', 3, qr/no private member/);

    # as many members as "ES256" has letters, and others of no string's type
    for my $alg ([ 0 .. 4 ], { map { $_ => 1 } 'a' .. 'e' }, 5, undef, [[]]) {
        $jwk->{alg} = $alg;
        my $text = $json->encode({ %$jwk, d => $d });
        run('issue', '--key', path('odd.jwk', $text), '--iss', 'i', '--sub',
            's');
        answers('issue with an "alg" of ' . $json->encode([ $alg ]), 3,
                qr/name no algorithm/);
        run('inspect', '--keys', path('odd.json', $json->encode($jwk)),
            $code{es});
        answers('inspect with an "alg" of ' . $json->encode([ $alg ]),
                # a key whose "alg" is null is a key without one
                defined $alg ? (3, qr/no key for these algorithms/)
                             : (0, qr/^signature +holds, ES256/m));
    }
}


# RFC 8037, appendix A: the key of A.1 and A.2, thumbprint A.3, signature A.4.
my $RFC_X = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo';
my $RFC_D = 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A';
my $RFC_THUMBPRINT = 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k';
my $RFC_CODE = 'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.'
    . 'hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt'
    . '9g7sVvpAr_MuM0KAg';

path('rfc.json', qq({"kty":"OKP","crv":"Ed25519","x":"$RFC_X"}));
run('inspect', '--keys', path('rfc.json'), '--typ', 'none', $RFC_CODE);
answers('the code of RFC 8037 A.4, which has no claims', 1,
        qr/^verdict.*malformed/m);
like($out, qr/^signature +holds, EdDSA key without a kid$/m,
     'its signature holds');
like($out, qr/^ +thumbprint \Q$RFC_THUMBPRINT\E$/m,
     'the thumbprint is that of RFC 8037 A.3');
(my $forged = $RFC_CODE) =~ s/MuM0KAg$/MuM0KAw/;
run('inspect', '--keys', path('rfc.json'), '--typ', 'none', $forged);
like($out, qr/^signature +NO, signature/m, 'with one bit changed it does not');

run('issue', '--key', path('rfc.jwk', qq({"kty":"OKP","crv":"Ed25519",)
    . qq("x":"$RFC_X","d":"$RFC_D"})), '--iss', 'i', '--sub', 's');
answers('issue with the key of RFC 8037 A.1', 0);
chomp(my $rfc = $out);
run('inspect', '--keys', path('rfc.json'), $rfc);
answers('its code', 0, qr/it holds/);


# ---- issue and inspect: every reason of a code's own ----

sub issue {
    run('issue', '--key', path('es.jwk'), '--iss', 'i', '--sub', 's', @_);
    die "issue @_: $err" if $status;
    chomp(my $code = $out);
    return $code;
}

for my $case (
    [ 'ok', [] ],
    [ 'ok', [ '--ttl', '900' ] ],
    [ 'ok', [ '--claim', 'status=normal' ] ],
    [ 'lifetime', [ '--ttl', '901s' ] ],
    [ 'lifetime', [ '--iat', '+0s', '--exp', '-1s' ] ],
    [ 'expired', [ '--iat', '-15m', '--ttl', '14m' ] ],
    [ 'not_yet_valid', [ '--iat', '+1m' ] ],
    [ 'not_yet_valid', [ '--nbf', '+1m' ] ],
    [ 'status', [ '--claim', 'status=abnormal' ] ],
    [ 'malformed', [ '--exp', '' ] ],
    [ 'malformed', [ '--iat', '' ] ],
    [ 'malformed', [ '--claim', 'iat:=1e999' ] ],
    [ 'malformed', [ '--claim', 'exp:=1.5' ] ],
    [ 'malformed', [ '--claim', 'sub:=""' ] ],
    [ 'malformed', [ '--claim', 'regions:=["5"]' ] ],
    [ 'type', [ '--typ', 'JWT' ] ],
    [ 'type', [ '--typ', '' ] ],
    [ 'key', [ '--kid', 'other' ] ],
    [ 'audience', [], '--audience', 'gate' ],
    [ 'audience', [ '--aud', 'a', '--aud', 'b' ], '--audience', 'c' ],
    [ 'ok', [ '--aud', 'a', '--aud', 'b' ], '--audience', 'c', '--audience',
      'b' ],
    [ 'ok', [ '--typ', 'JWT' ], '--typ', 'JWT' ],
    [ 'ok', [ '--typ', 'x' ], '--typ', 'any' ],
    [ 'ok', [ '--typ', '' ], '--typ', 'none' ],
    [ 'issuer', [], '--iss', 'another' ],
    [ 'ok', [], '--iss', 'i' ],
    [ 'ok', [ '--ttl', '1h' ], '--max-age', '1h' ],
    [ 'ok', [ '--claim', 'sub:=7' ], '--subject', 'sub' ],
    [ 'ok', [ '--claim', 'sub:=null', '--claim', 'oid=x' ], '--subject',
      'badge', '--subject', 'oid', '--subject', 'sub' ],
    [ 'malformed', [ '--claim', 'sub:=-7' ], '--subject', 'sub' ],
    [ 'ok', [ '--claim', 'status=bad' ], '--status', 'off' ],
    [ 'ok', [ '--claim', 'status:={}' ], '--status', 'off' ],
    [ 'ok', [ '--claim', 'status=bad' ], '--status', 'state=green' ],
    [ 'ok', [ '--claim', 'state=blue' ], '--status', 'state=green',
      '--status', 'state=blue' ],
    [ 'ok', [ '--claim', 'state=a=b' ], '--status', 'state=a=b' ],
    [ 'status', [ '--claim', 'state=normal' ], '--status', 'state=green' ],
    [ 'ok', [ '--claim', 'regions:=["5"]' ], '--regions', 'visited' ],
    [ 'malformed', [ '--claim', 'visited:=["5"]' ], '--regions', 'visited' ],
) {
    my ($reason, $how, @args) = @$case;
    run('inspect', '--keys', path('es.json'), @args, issue(@$how));
    my $name = "a code of @$how, judged by @args";
    answers($name, $reason eq 'ok' ? 0 : 1, $reason eq 'ok'
            ? qr/^verdict +it holds/m
            : qr/^verdict +it does not hold: $reason: /m);
}

# What is wrong with each claim of a malformed code; times as libraries write.
for my $case (
    [ 'iat:="1"', qr/^why +iat is a string; a number of Unix seconds has no/m ],
    [ 'iat:=1.5', qr/^why +iat has a fraction; only whole Unix seconds/m ],
    [ 'iat:=1795464000000', qr/^why +iat is out of range: .* milliseconds/m ],
    [ 'exp:=null', qr/^why +exp is not a number of Unix seconds$/m ],
    [ 'jti:=7', qr/^why +jti is not a string$/m ],
    [ 'regions:=["5"]', qr/^why +regions has a member that is not a division/m ],
) {
    my ($claim, $why) = @$case;
    run('inspect', '--keys', path('es.json'), issue('--claim', $claim));
    answers("inspect of $claim", 1, qr/^verdict.*malformed/m);
    like($out, $why, '... says what is wrong');
    unlike($out, qr/^why +payload/m, '... which is not all of it');
}

my $float = int(time) . '.0';
run('inspect', '--keys', path('es.json'), issue('--ttl', 600, '--claim', "iat:=$float",
    '--claim', 'nbf:=null', '--claim', 'jti:=null'));
answers("inspect of iat $float", 0, qr/^iat +20\d\d-.* ago$/m);

for my $text ('', 'a', 'a.b', 'a.b.c.d', '=.b.c', 'x' x 8193, "\e[2J.b.c") {
    run_with($text, 'inspect', '--keys', path('es.json'));
    answers('inspect ' . substr($text, 0, 9), 1, qr/malformed/);
}

my $escape = issue('--claim', "note=a\e[2Jb", '--kid', "\e]0;k");
run('inspect', $escape);
like($out, qr/^note +a\\x1b\[2Jb$/m, 'inspect lets no claim at the terminal');
unlike($out, qr/\e/, 'nor the header');

# What misleads, as the bytes that the command must show and never write.
my %misleads = (
    "\xe2\x80\xae" => '\xe2\x80\xae',    # U+202E, an override
    "\xe2\x81\xa6" => '\xe2\x81\xa6',    # U+2066, an isolate
    "\xe2\x80\x8f" => '\xe2\x80\x8f',    # U+200F, a mark
    "\xe2\x80\x8b" => '\xe2\x80\x8b',    # U+200B, of no width
    "\xc2\x9b"     => '\xc2\x9b',        # U+009B, CSI
    "\x9b"         => '\x9b',            # the same as a lone byte
    "\xff"         => '\xff',
    "\e"           => '\x1b',
);

# Whether $out shows it and has none of the bytes themselves.
sub shows {
    my ($name, $pattern, $text) = @_;
    like($text, $pattern, "$name is shown as an escape");
    my @raw = grep { index($text, $_) >= 0 } keys %misleads;
    is(scalar @raw, 0, '... and never written') or diag($text);
}

for my $bytes (sort keys %misleads) {
    my $shown = $misleads{$bytes};
    my $text = "a${bytes}b";

    # no claim of a code is anything but UTF-8
    if ($bytes !~ /^[\x9b\xff]/) {
        my $json_text = $text =~ s/\e/\\u001b/r;
        run('inspect', '--keys', path('es.json'), issue('--claim',
            qq(note:="$json_text"), '--claim', qq(deep:=["$json_text"]),
            '--claim', "$text=name"));
        answers("inspect of $shown", 0, qr/it holds/);
        shows("$shown in a claim", qr/^note +a\Q$shown\Eb$/m, $out);
        like($out, qr/^deep +\["a.*b"\]$/m, '... and inside of one');
        like($out, qr/^a\Q$shown\Eb +name$/m, '... and in its name');
    }

    run('inspect', '--keys', path('es.json'), "e30.$text.x");
    shows("$shown in a broken code", qr/malformed/, $out);
    run('flag', 'set', @store, '1001', $text);
    shows("$shown in an argument", qr/FLAG: "a\Q$shown\Eb"/, $err);
    path('odd.json', qq({"keys":[{"kid":"a${bytes}b","kty":"oct","k":1}]}));
    run('inspect', '--keys', path('odd.json'), 'a.b.c');
    shows("$shown in a key set", qr/odd\.json" is not a key set/, $err);
}

run('issue', '--key', path('es.jwk'), '--iss', 'i', '--sub', 's', '--ttl',
    '1h');
like($err, qr/warning: --ttl: gates refuse/, 'issue warns of a long life');
run_with("1001\n", 'issue', '--key', path('es.jwk'), '--iss', 'i', '--sub',
         '-');
is(part($out, 1)->{sub}, '1001', 'issue reads a subject of - from its input');
run('issue', '--key', path('es.jwk'), '--iss', 'i', '--sub', 's', '--claim',
    "note=\xff");
answers('issue of no UTF-8', 2, qr/--claim: write UTF-8/);

run('issue', '--key', path('es.jwk'), '--iss', 'i', '--sub', 's', '--header',
    "note=\xff");
answers('issue of a header that is not UTF-8', 2, qr/--header: write UTF-8/);
{
    my $code = issue('--header', 'x5t=abc', '--header', 'jku=first',
        '--header', 'jku:={"deep":[1,null,"x"]}', '--header', 'n:=1.50',
        '--claim', 'deep:={"roles":["gate",{"a":1.50}]}', '--claim',
        'url=a=b', '--kid', 'es-1');
    is_deeply(part($code, 0), { alg => 'ES256', typ => 'healthcode+jwt',
        kid => 'es-1', x5t => 'abc', jku => { deep => [ 1, undef, 'x' ] },
        n => 1.5 }, 'issue --header: members as they are written');
    is_deeply(part($code, 1)->{deep},
              { roles => [ 'gate', { a => 1.5 } ] },
              'issue --claim: nested claims');
    is(part($code, 1)->{url}, 'a=b', '... and a text that has a =');
    like(decode_base64url((split /\./, $code)[0]), qr/"n":1\.50[,}]/,
         '... numbers byte for byte');
    run('inspect', '--keys', path('es.json'), $code);
    answers('inspect of a code with more in its header', 0);
}


# ---- a subject that looks like another one ----

# What is wrong with it, and the text.
my @unseen = (
    [ 'begins or ends with a blank', ' 4003' ],
    [ 'begins or ends with a blank', '4003 ' ],
    [ 'begins or ends with a blank', ' ' ],
    [ 'a blank that is not a space', "4003\xc2\xa0" ],
    [ 'a blank that is not a space', "40\xc2\xa003" ],
    [ 'a blank that is not a space', "4003\xe3\x80\x80" ],
    [ 'a character that is not seen', "4003\xe2\x80\x8b" ],
    [ 'a character that is not seen', "\xef\xbb\xbf4003" ],
    [ 'a character that is not seen', "40\xe2\x80\xae03" ],
    [ 'a character that is not seen', "4003\r" ],
    [ 'a character that is not seen', "4003\t" ],
    [ 'a character that is not seen', "40\x7f03" ],
    [ 'a character that is not seen', "4003\n4004" ],
    [ 'is not UTF-8', "4003\xa0" ],
    [ 'is not UTF-8', "\xd5\xc5" ],        # a name in GB 18030
);
my @seen = ('4003', '4 003', "\xe5\xbc\xa0\xe4\xb8\x89", "J\xc3\xbcrgen", '-1',
            'a@b.example', '"4003"');

for my $case (@unseen) {
    my ($says, $sub) = @$case;
    my $shown = $sub =~ s/([^ -~])/sprintf '\\x%02x', ord $1/ger;
    my $can = $says !~ /UTF/;

    run('holder', @store[2, 3], $sub);
    answers("holder of \"$shown\"", 2, qr/SUB: it .*\Q$says\E/);
    unlike($err, qr/4003/, '... which is not repeated');
    run_with("$sub\n", 'holder', @store[2, 3], '-');
    answers("holder of \"$shown\" from standard input", 2, qr/\Q$says\E/);
    run('holder', @store[2, 3], '--exact', $sub);
    $can ? is($out, holder($sub) . "\n", '... --exact takes each byte of it')
         : is($status, 2, '... not even with --exact');
    run('issue', '--key', path('es.jwk'), '--iss', 'i', '--sub', $sub);
    answers("issue to \"$shown\"", 2, qr/--sub: it .*\Q$says\E/);
    next if !$can;
    run('issue', '--key', path('es.jwk'), '--iss', 'i', '--exact', '--sub',
        $sub);
    is(part($out, 1)->{sub}, do { utf8::decode(my $t = $sub); $t },
       '... --exact issues it');
}
for my $sub (@seen) {
    run('holder', @store[2, 3], '--', $sub);
    answers("holder of $sub", 0, qr/^\Q@{[ holder($sub) ]}\E$/);
}


# ---- holder ----

run('holder', @store[2, 3], '1001');
answers('holder', 0, qr/^\Q@{[ holder('1001') ]}\E$/);
run('holder', @store[2, 3], '--space', 'site', '1001');
answers('holder of another space', 0, qr/^\Q@{[ holder('1001', 'site') ]}\E$/);
run('holder', @store[2, 3], '--space', 'national:passport', '1001');
answers('holder of a kind', 0, qr/^\Q@{[ holder('1001', 'national:passport') ]}\E$/);
for my $space ('', 'site ', "national:\xe2\x80\x8bpassport", "site\n") {
    run('holder', @store[2, 3], '--space', $space, '1001');
    answers('holder of a space that is not what it looks like', 2, qr/--space: it /);
    run('flag', 'set', @store, '--space', $space, '1001', 'contact');
    answers('nor is a flag set in it', 2, qr/--space: it /);
}
run_with("1001\n", 'holder', @store[2, 3], '-');
answers('holder from standard input', 0, qr/^\Q@{[ holder('1001') ]}\E$/);
run('holder', @store[2, 3], '--', '-1');
answers('holder of -1', 0, qr/^\Q@{[ holder('-1') ]}\E$/);


# ---- store ----

my @writes = (
    [ 'flag', 'set', @store, '1001', 'entry' ],
    [ 'flag', 'clear', @store, '1001', 'entry' ],
    [ 'flag', 'show', @store, '1001' ],
    [ 'flag', 'import', @store, path('one', "1001 entry\n") ],
    [ 'region', 'set', @store, '51', 'high' ],
    [ 'region', 'set', @unix, '51', 'high' ],
    [ 'control', 'suspend', @store, '--new', 'i' ],
    [ 'control', 'add-issuer', @store, 'i' ],
    [ 'control', 'list', @unix ],
    [ 'store', 'touch', @store, '--source', 'city' ],
    [ 'store', 'untouch', @store, '--source', 'city' ],
    [ 'store', 'sources', @store ],
);

for my $args (@writes) {
    run(@$args);
    answers("@$args[0, 1] on a store that was not initialised", 3,
            qr/nothing was done: .*healthcode store init/);
}
is_deeply(redis('KEYS', '*'), [], 'and nothing was written');

run('store', 'check', @store);
answers('store check before init', 1, qr/^NO +meta.*healthcode store init/m);
run('store', 'init', @store);
answers('store init of a store without flags', 3,
        qr/nothing was done: .*no flags.*load the flags first.*--before-init.*--empty/);
run('store', 'init', @store, '--renew');
answers('store init --renew of one', 3, qr/load the flags first/);
run('store', 'init', @store, '--force');
answers('store init --force of one', 3, qr/load the flags first/);
redis('HSET', "other:$_", risk('1001'), 1) for 1 .. 3000;
redis('HSET', 'healthcode:risk:{' . holder('1001') . '}', 'entry', 0);   # schema 1
run('store', 'init', @store);
answers('store init of a store with other keys alone', 3,
        qr/load the flags first/);
is(redis('EXISTS', meta_keys()), 0, 'none of them wrote a proof');
run('flag', 'import', @store, '--before-init', path('one'));
answers('flags are loaded first', 0, qr/^1 set/);
run('store', 'init', @store);
answers('then store init needs no --empty', 0,
        qr/^created: instance [0-9a-f]{32}$/);
redis('FLUSHALL');

run('store', 'init', @store, '--force', '--renew');
answers('--force and --renew', 2, qr/exclude each other/);
run('store', 'init', @store, '--empty');
answers('store init --empty', 0, qr/^created: instance ([0-9a-f]{32})$/);
my ($instance) = $out =~ /instance (\w+)/;
my $check = substr hmac_sha256_hex('healthcode check', $PEPPER), 0, 32;
is_deeply([ map { hash($_) } meta_keys() ],
          [ ({ schema => 2, instance => $instance, pepper_check => $check }) x 258 ],
          'store init: a proof of each part, all alike');
run('store', 'init', @store);
answers('store init again', 0, qr/^kept: .*\Q$instance\E$/);
run('store', 'init', @store, '--force');
answers('store init --force again', 0, qr/^kept: .*\Q$instance\E$/);
run('store', 'init', @store, '--renew');
answers('store init --renew without flags', 3, qr/load the flags first/);
is(hash($META)->{instance}, $instance, 'it is as it was');
run('store', 'init', @store, '--renew', '--empty');
answers('store init --renew --empty', 0,
        qr/^renewed: instance (?!\Q$instance\E)[0-9a-f]{32}$/);
$instance = hash($META)->{instance};
is(join(' ', keys %{ { map { hash($_)->{instance} => 1 } meta_keys() } }), $instance,
   '... in all proofs');
like($out, qr/instance \Q$instance\E$/, 'it is the one that gates read');
redis('HSET', risk('1001'), 'entry', 0);
run('store', 'init', @store, '--renew');
answers('store init --renew with flags', 0,
        qr/^renewed: instance (?!\Q$instance\E)[0-9a-f]{32}$/);
$instance = hash($META)->{instance};
redis('DEL', risk('1001'));
run('store', 'check', @store);
answers('store check', 0, qr/^a gate can use this store$/m);

path('pepper2', 'another pepper of 16 bytes or more');
my @other = (@unix, '--pepper-file', path('pepper2'));
for my $how ([], [ '--empty' ], [ '--renew' ]) {
    run('store', 'init', @other, @$how);
    answers("store init @$how with another pepper", 3,
            qr/another pepper.*--force/);
}
run('store', 'check', @other);
answers('store check with another pepper', 1, qr/^NO +meta .*another pepper/m);
is(hash($META)->{instance}, $instance, 'it is as it was');

for my $args (@writes) {
    my @args = map { $_ eq path('pepper') ? path('pepper2') : $_ } @$args;
    next if "@args" eq "@$args";
    run(@args);
    answers("@args[0, 1] with another pepper", 3,
            qr/--pepper-file: nothing was done: .*another pepper/);
}
is_deeply([ grep { $_ ne $PUSH } @{ redis('KEYS', '*') } ],
          [ grep { is_meta($_) } @{ redis('KEYS', '*') } ], 'nothing was written');

run('store', 'init', @other, '--force', '--empty');
answers('store init --force', 0, qr/^replaced: instance (?!\Q$instance\E)/);
run('store', 'init', @store, '--force', '--empty');
answers('store init --force back', 0, qr/^replaced/);

# Some of the 258 are there, or are not those of the others: nothing is done.
{
    my %meta = %{ hash($META) };
    my $digest = sub { join '|', map { "$_=" . redis('DUMP', $_) } sort @{ redis('KEYS', '*') } };
    my @cases = (
        [ '1 of 258 proofs are missing', [ 'add --missing' ],
          sub { redis('DEL', meta_key('3f')) } ],
        [ '1 of 258 proofs are missing', [ 'add --missing' ],
          sub { redis('DEL', $META) } ],
        [ '255 of 258 proofs are missing', [ 'may be lost with them' ],
          sub { redis('DEL', (meta_keys())[3 .. 257]) } ],
        [ '1 of 258 proofs are of another instance', [ 'add --renew' ],
          sub { redis('HSET', meta_key('r'), 'instance', 'e' x 32) } ],
        [ '2 of 258 proofs are of another pepper', [ 'add --force' ],
          sub { redis('HSET', meta_key($_), 'pepper_check', 'e' x 32) for qw(00 ff) } ],
        [ '1 of 258 proofs are there but of another schema', [ 'add --force' ],
          sub { redis('HSET', $META, 'schema', 1) } ],
        [ '1 of 258 proofs are there but of another schema', [ 'add --force' ],
          sub { redis('HDEL', $META, 'instance') } ],
        [ '1 of 258 proofs are there but of another schema', [ 'add --force' ],
          sub { redis('DEL', meta_key('c4')); redis('SET', meta_key('c4'), 'x') } ],
    );

    for my $case (@cases) {
        my ($says, $advice, $spoil) = @$case;
        write_proofs($redis, %meta);
        $spoil->();
        my $before = $digest->();
        for my $how ([], $says =~ /missing/ ? ([ '--force' ], [ '--renew' ]) : ()) {
            run('store', 'init', @store, '--empty', @$how);
            answers("store init @$how where $says", 3,
                    qr/nothing was done: \Q$says\E.*\Q$advice->[0]\E/);
        }
        is($digest->(), $before, '... and nothing was done');
        run('store', 'check', @store);
        answers("store check where $says", 1, qr/^NO +meta /m);
        like($out, qr/^no gate uses this store$/m, '... so no gate uses it');
    }
    for my $row (
        [ '--missing', 'completed: proofs that were missing: 2, instance', sub {
            redis('DEL', meta_key('3f'), $META) }, 1 ],
        [ '--missing', 'kept:', sub { }, 1 ],
        [ '--missing --renew', 'renewed:', sub { redis('DEL', meta_key('3f')) } ],
        [ '--renew', 'renewed:', sub {
            redis('HSET', meta_key('r'), 'instance', 'e' x 32) } ],
        [ '--force', 'replaced:', sub { redis('HSET', $META, 'schema', 1) } ],
        [ '--missing --force', 'replaced:', sub {
            redis('DEL', meta_key('3f')); redis('SET', meta_key('c4'), 'x') } ],
    ) {
        my ($how, $says, $spoil, $same) = @$row;
        write_proofs($redis, %meta);
        $spoil->();
        run('store', 'init', @store, '--empty', split ' ', $how);
        answers("store init $how", 0, qr/^\Q$says\E/);
        my %seen = map { join(' ', %{ { %meta, %{ hash($_) } } }{qw(schema instance pepper_check)}) => 1 }
            meta_keys();
        is(scalar keys %seen, 1, '... then all are alike');
        my $now = hash($META)->{instance};
        $same ? is($now, $meta{instance}, '... and name the store as before')
              : isnt($now, $meta{instance}, '... and have a new instance');
    }

    # what store check says of each
    write_proofs($redis, %meta);
    redis('DEL', map { meta_key(sprintf '%02x', $_) } 0 .. 9);
    redis('HSET', meta_key('ab'), 'instance', 'e' x 32);
    run('store', 'check', @store);
    answers('store check names the parts', 1,
            qr/^NO   meta     10 of 258 proofs are missing: \{00\} .*\{07\} and 2 more; /m);
    like($out, qr/^NO   meta     1 of 258 proofs are of another store than healthcode:meta:\{c\}: \{ab\};/m,
         '... each with what is wrong');

    # writers ask for the proof of what they write
    write_proofs($redis, %meta);
    my $part = substr holder('1001'), 0, 2;
    my ($other) = grep { substr(holder($_), 0, 2) ne $part } 'a' .. 'z';
    for my $row ([ 'missing', sub { redis('DEL', $_[0]) } ],
        [ 'of another pepper', sub { redis('HSET', $_[0], 'pepper_check', 'e' x 32) } ],
        [ 'of another store', sub { redis('HSET', $_[0], 'instance', 'e' x 32) } ],
        [ 'not valid', sub { redis('DEL', $_[0]); redis('SET', $_[0], 'x') } ])
    {
        my ($what, $spoil) = @$row;
        for my $case ([ $part, 'flag set', '1001', 'entry' ],
            [ $part, 'flag clear', '1001', 'entry' ], [ $part, 'flag show', '1001' ],
            [ $part, 'holder erase', '1001' ],
            [ $part, 'control before', '--holder', '1001', '+0s' ],
            [ 'r', 'region set', '51', 'high' ], [ 'r', 'region clear', '51' ],
            [ 'r', 'region list' ])
        {
            my ($tag, $verb, @words) = @$case;
            write_proofs($redis, %meta);
            $spoil->(meta_key($tag));
            my $before = $digest->();
            run(split(' ', $verb), @store, @words);
            answers("$verb where the proof is $what", 3,
                    qr/nothing was done: healthcode:meta:\{$tag\} is \Q$what\E/);
            is($digest->(), $before, '... and nothing was done');
        }
        run('flag', 'set', @store, $other, 'entry');
        answers('flag set of another part', 0, qr/^set/);
        run('flag', 'clear', @store, $other, 'entry');
        run('flag', 'import', @store, path('one'));
        answers("flag import where a proof is $what", 3,
                qr/nothing was done: 1 of 258 proofs are missing or not/);
        $redis->cmd('FLUSHALL');
    }
    write_proofs($redis, %meta);
    run('store', 'check', @store);
    answers('store check with all of them', 0, qr/^ok +meta /m);
}
drop_proofs($redis);

redis('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
run('store', 'init', @store, '--empty');
answers('store init where keys are evicted', 0, qr/^created/);
like($err, qr/warning: .*maxmemory-policy/, 'it warns');
run('store', 'check', @store);
answers('store check where keys are evicted', 1,
        qr/^NO +memory +.*noeviction/m);
run('store', 'check', @store, '--evicting-ok');
answers('store check --evicting-ok', 0, qr/^a gate can/m);
redis('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');

redis('REPLICAOF', '127.0.0.1', '1');
run('store', 'check', @store);
answers('store check of a replica', 1, qr/^NO +role +it is not a master/m);
run('flag', 'set', @store, '1001', 'entry');
answers('flag set on a replica', 3, qr/nothing was done: it is not a master/);
redis('REPLICAOF', 'NO', 'ONE');

run('store', 'check', $store[0], "$store[1]?db=1", @store[2, 3]);
answers('another database', 1, qr/^NO +meta/m);

redis('CONFIG', 'SET', 'requirepass', 'p@ss:word');
path('password', "p\@ss:word\n");
run('store', 'check', @store);
answers('no password', 3, qr/NOAUTH.*--password-file/);
run('store', 'check', @store, '--password-file', path('short'));
answers('a wrong password', 3, qr/WRONGPASS/);
run('store', 'check', @store, '--password-file', path('password'));
answers('--password-file', 0, qr/^a gate can/m);
$ENV{REDISCLI_AUTH} = 'p@ss:word';
run('store', 'check', @store);
answers('REDISCLI_AUTH', 0, qr/^a gate can/m);

# the URL of the environment, which --redis goes before; who is in it
$ENV{REDIS_URL} = $store[1];
run('store', 'check', @store[2, 3]);
answers('REDIS_URL', 0, qr/^a gate can/m);
$ENV{REDIS_URL} = 'unix:' . path('nowhere');
run('store', 'check', @store);
answers('--redis and REDIS_URL', 0, qr/^a gate can/m);
$ENV{REDIS_URL} = 'redis://u:s%zz@h';
run('store', 'check', @store[2, 3]);
answers('REDIS_URL that cannot be read', 2,
        qr/^healthcode store check: REDIS_URL: this URL cannot be read/);
unlike($err, qr/zz/, '... is not repeated');
delete @ENV{qw(REDIS_URL REDISCLI_AUTH)};

(my $socket = $store[1]) =~ s/^unix://;
for my $url ("unix://default:p%40ss%3Aword\@$socket",
             "unix://:p%40ss%3aword\@$socket?db=0")
{
    run('store', 'check', '--redis', $url, @store[2, 3]);
    answers($url, 0, qr/^a gate can/m);
}
redis('CONFIG', 'SET', 'requirepass', '');

redis('ACL', 'SETUSER', 'desk', 'on', '>p@ss:word', '~*', '&*', '+@all');
run('store', 'check', @store, '--user', 'desk');
answers('--user without a password', 2, qr/"desk" has no password; write/);
run('store', 'check', @store, '--user', 'clerk', '--password-file',
    path('password'));
answers('--user that is none', 3, qr/WRONGPASS/);
run('store', 'check', @store, '--user', 'desk', '--password-file',
    path('password'));
answers('--user', 0, qr/^a gate can/m);
redis('ACL', 'DELUSER', 'desk');


# ---- flag set, clear, show ----

my $now = int time;
redis('SCRIPT', 'FLUSH');
redis('CONFIG', 'RESETSTAT');

run('flag', 'set', @store, '--until', '+2h', '--by', 'clerk', '--reason',
    'a test', '1001', 'contact');
answers('flag set', 0, qr/^set \Q@{[ holder('1001') ]}\E contact until 2/);
is($redis->count('evalsha'), 1, 'a script goes by EVALSHA first');
is($redis->count('eval'), 1, 'and by EVAL where Redis does not know it');
my $until = hash(risk('1001'))->{contact};
cmp_ok(abs($until - $now - 7200), '<=', 3, 'flag set: the until');
is_deeply([ history('1001') ], [ "set contact $until clerk a test" ],
          'flag set: the audit entry');
cmp_ok(redis('TTL', audit('1001')), '>', 86400, 'the audit entries expire');
cmp_ok(redis('TTL', risk('1001')), '>', 7200 + 3600,
       'the key expires well after its flag');

run('flag', 'set', @store, '--until', '+10d', '1001', 'entry');
is($redis->count('eval'), 1, 'the second call needs no EVAL');
cmp_ok(redis('TTL', risk('1001')), '>', 864000, 'the latest flag rules');
run('flag', 'set', @store, '1001', 'confirmed');
answers('flag set without --until', 0, qr/confirmed until cleared$/);
is(hash(risk('1001'))->{confirmed}, 0, 'it is 0');
is(redis('TTL', risk('1001')), -1, 'a flag until cleared keeps the key');
run('flag', 'set', @store, '--until', '+20d', '1001', 'suspected');
is(redis('TTL', risk('1001')), -1, 'also after a flag with an end');
run('flag', 'set', @store, '--until', '+1h', '1001', 'confirmed');
answers('flag set anew', 0, qr/^set anew /);
cmp_ok(redis('TTL', risk('1001')), '>', 20 * 86400, 'then the latest rules');

run('flag', 'show', @store, '1001');
answers('flag show', 0, qr/^active +confirmed +until 2/m);
is(() = $out =~ /^active/mg, 4, 'flag show: every flag');
run('flag', 'show', @store, '1001', 'revoked');
answers('flag show of a flag that is not set', 1, qr/no active flag/);
run('flag', 'show', @store, '--audit', '1001', 'contact');
answers('flag show --audit', 0, qr/by=clerk reason=a test/);

run('flag', 'clear', @store, '--by', 'court', '--reason', 'contested', '1001',
    'suspected');
answers('flag clear', 0, qr/^cleared \Q@{[ holder('1001') ]}\E suspected$/);
ok(!exists hash(risk('1001'))->{suspected}, 'the flag is gone');
like((history('1001'))[-1], qr/^clear suspected \d+ court contested$/,
     'flag clear: the audit entry');
my $ttl = redis('TTL', risk('1001')) - 366 * 86400;
cmp_ok($ttl, '>', 9 * 86400, 'the key outlives what is left');
cmp_ok($ttl, '<', 11 * 86400, 'and is no longer kept for what was cleared');
my $entries = () = history('1001');
run('flag', 'clear', @store, '1001', 'suspected');
answers('flag clear of a flag that is not set', 1,
        qr/has no flag suspected.*nothing was cleared/);
is(scalar(() = history('1001')), $entries, 'leaves no audit entry');
run('flag', 'clear', @store, '1001', $_) for qw(contact entry confirmed);
is(redis('EXISTS', risk('1001')), 0, 'a holder without flags has no key');
run('flag', 'show', @store, '1001');
answers('flag show of no flags', 1, qr/no active flag/);

# What a gate cannot read is set; the key must not expire under it.
redis('HSET', risk('1002'), 'entry', 'soon');
run('flag', 'set', @store, '--until', '+1h', '1002', 'contact');
is(redis('TTL', risk('1002')), -1, 'an unreadable until keeps the key');
run('flag', 'show', @store, '1002', 'entry');
answers('flag show of it', 0, qr/^active +entry .*"soon".*taken? it as set/m);
redis('EXPIRE', risk('1002'), 1000);
run('flag', 'clear', @store, '1002', 'contact');
is(redis('TTL', risk('1002')), -1, 'also after a flag beside it is cleared');
redis('HSET', risk('1002'), 'Odd Name', '0');
run('flag', 'clear', @store, '--custom', '1002', 'Odd Name');
answers('flag clear of an odd name that someone wrote', 0, qr/^cleared/);
redis('HSET', risk('1003'), 'entry', $now - 10);
run('flag', 'show', @store, '1003');
answers('flag show of a flag that is over', 1, qr/^over +entry .*is over$/m);

run('flag', 'set', @store, '--custom', '--space', 'site', '7', 'no-mask_2');
answers('flag set --custom --space', 0, qr/no-mask_2/);
is(hash(risk('7', 'site'))->{'no-mask_2'}, 0, 'it is in that space');
run('flag', 'set', @unix, '--hashed', holder('8'), 'entry');
answers('flag set --hashed without a pepper', 0);
is(hash(risk('8'))->{entry}, 0, 'it is that holder');
run('flag', 'set', @store, '--hashed', '8', 'entry');
answers('flag set --hashed of a subject', 2, qr/SUB: --hashed/);
run_with("9\n", 'flag', 'set', @store, '-', 'entry');
answers('flag set of a subject from standard input', 0);
is(hash(risk('9'))->{entry}, 0, 'it is that one');
run('flag', 'set', @store, '--until', '2099-01-02T03:04:05+08:00', '10',
    'entry');
is(hash(risk('10'))->{entry}, 4070977445, 'RFC 3339 with an offset');
run('flag', 'set', @store, '--until', '2099-01-02', '10', 'entry');
answers('a date alone', 0, qr/2099-01-02T00:00:00Z/);
run('flag', 'set', @store, '--until', '253402300799', '10', 'contact');
answers('the end of the year 9999', 0, qr/9999-12-31T23:59:59Z/);
cmp_ok(redis('TTL', risk('10')), '>', 2e11, 'its key lives on');
run('flag', 'set', @store, '--wait', '1', '--timeout', '100ms', '11', 'entry');
answers('--wait without replicas', 3, qr/--wait: .*only 0 of 1 replicas/);
is(hash(risk('11'))->{entry}, 0, 'the flag is set all the same');
run('flag', 'set', @store, '--wait', '0', '11', 'entry');
answers('--wait 0', 0);

redis('SET', risk('12'), 'x');
run('flag', 'set', @store, '12', 'entry');
answers('a key of another type', 3, qr/the store refused: .*WRONGTYPE/);
redis('SET', audit('13'), 'x');
run('flag', 'set', @store, '13', 'entry');
answers('an audit key of another type', 3, qr/WRONGTYPE/);
is(hash(risk('13'))->{entry}, 0, 'leaves the flag set');
run('flag', 'clear', @store, '13', 'entry');
answers('and does not let it be cleared', 3, qr/WRONGTYPE/);
is(hash(risk('13'))->{entry}, 0, 'it is still set');


# ---- what others wrote into the store ----

for my $bytes (sort keys %misleads) {
    my $shown = $misleads{$bytes};
    my $text = "a${bytes}b";

    redis('HSET', risk('odd'), $text, 0, 'entry', $text);
    redis('XADD', audit('odd'), '*', $text, $text);
    run('flag', 'show', @store, '--audit', 'odd');
    shows("$shown in a flag", qr/^active +a\Q$shown\Eb +until cleared$/m, $out);
    like($out, qr/until "a\Q$shown\Eb", which cannot be read/,
         '... and in its until');
    like($out, qr/ a\Q$shown\Eb=a\Q$shown\Eb$/m, '... and in its history');
    run('flag', 'clear', @store, '--custom', 'odd', $text);
    shows("$shown in what was cleared", qr/^cleared \w+ a\Q$shown\Eb$/m, $out);

    redis('HSET', $REGION, $text, "high $text");
    run('region', 'list', @unix);
    shows("$shown in a region", qr/^a\Q$shown\Eb +high .*"high a\Q$shown\Eb"$/m,
          $out);
    redis('HSET', $CONTROL, "issuer:$text", $text);
    run('control', 'list', @unix);
    shows("$shown in a control", qr/^issuer:a\Q$shown\Eb +active .*\Q$shown\E/m,
          $out);
    run('control', 'resume', @unix, $text);
    shows("$shown in what was resumed", qr/^cleared issuer:a\Q$shown\Eb$/m, $out);
    redis('DEL', risk('odd'), audit('odd'), $REGION,
          $CONTROL);
}


# ---- the scripts by themselves: what they refuse changes nothing ----

sub script {
    my ($name, $nkeys, @words) = @_;
    open my $file, '<', "$ROOT/redis-scripts/$name.lua" or die "$name: $!";
    local $/;
    return redis('EVAL', scalar <$file>, $nkeys, @words);
}

my $later = $now + 3600;
my @keys = (risk('20'), audit('20'));

for my $case (
    [ 'flag-set', 2, @keys, 'entry', 'soon', '', '' ],
    [ 'flag-set', 2, @keys, 'entry', '', '', '' ],
    [ 'flag-set', 2, @keys, 'entry', '-1', '', '' ],
    [ 'flag-set', 2, @keys, 'entry', '1e12', '', '' ],
    [ 'flag-set', 2, @keys, 'entry', "0$later", '', '' ],
    [ 'flag-set', 2, @keys, 'entry', $later . '000', '', '' ],
    [ 'flag-set', 2, @keys, 'entry', $now - 1, '', '' ],
    [ 'flag-set', 2, @keys, 'entry', 1, '', '' ],
    [ 'flag-set', 2, @keys, 'Entry', $later, '', '' ],
    [ 'flag-set', 2, @keys, '', $later, '', '' ],
    [ 'flag-set', 2, @keys, 'a' x 33, $later, '', '' ],
    [ 'flag-set', 2, @keys, 'entry', $later, "a\nb", '' ],
    [ 'flag-set', 2, @keys, 'entry', $later, '', 'x' x 257 ],
    [ 'flag-set', 2, @keys, 'entry', $later ],
    [ 'flag-set', 2, $keys[0], audit('21'), 'entry', $later, '', '' ],
    [ 'flag-set', 2, map({ "healthcode:$_:{20}" } qw(risk audit)), 'entry',
      $later, '', '' ],
    # schema 1, another part, a part of no digits, another length
    [ 'flag-set', 2, map({ s/\{..\}:(.*)/{$1}/r } @keys), 'entry', $later, '', '' ],
    [ 'flag-set', 2, map({ s/\{..\}/{00}/r } @keys), 'entry', $later, '', '' ],
    [ 'flag-set', 2, map({ s/\{..\}/{r}/r } @keys), 'entry', $later, '', '' ],
    [ 'flag-set', 2, map({ "${_}0" } @keys), 'entry', $later, '', '' ],
    [ 'flag-set', 2, map({ s/.$//r } @keys), 'entry', $later, '', '' ],
    [ 'flag-clear', 2, map({ s/\{..\}:(.*)/{$1}/r } @keys), 'entry', '', '' ],
    [ 'flag-clear', 2, map({ s/\{..\}/{00}/r } @keys), 'entry', '', '' ],
    [ 'holder-erase', 2, map({ s/\{..\}/{00}/r } @keys), 'all' ],
    [ 'flag-set', 2, uc $keys[0], $keys[1], 'entry', $later, '', '' ],
    [ 'flag-clear', 2, $keys[0], audit('21'), 'entry', '', '' ],
    [ 'flag-clear', 2, @keys, 'entry', "\1", '' ],
    [ 'holder-erase', 2, @keys ], [ 'holder-erase', 2, @keys, 'some' ],
    [ 'holder-erase', 2, $keys[0], audit('21'), 'keep' ],
    [ 'holder-erase', 2, $META, $keys[1], 'all' ],
    (map { [ 'erase-note', 1, $ERASED, @$_ ] }
     [ 'a', 'b', 1, 2 ], [ "a\n", 'b', 1, 2, 3 ], [ 'a', 'x' x 257, 1, 2, 3 ],
     [ 'a', 'b', 1, '-2', 3 ], [ 'a', 'b', 1, 2, '' ]),
    [ 'erase-note', 1, 'healthcode:audit:{20}', 'a', 'b', 1, 2, 3 ],
    [ 'erase-note', 1, 'healthcode:audit:erased', 'a', 'b', 1, 2, 3 ],
    [ 'region-set', 1, $REGION, '511', 'high', '0' ],
    [ 'region-set', 1, $REGION, '51', 'red', '0' ],
    [ 'region-set', 1, $REGION, '51', 'high', '5' ],
    [ 'region-set', 1, $REGION, '51', 'high', 'x' ],
    [ 'region-set', 1, $CONTROL, '51', 'high', '0' ],
    [ 'region-clear', 1, $META, 'schema' ],
    [ 'region-set', 1, 'healthcode:region', '51', 'high', '0' ],
    [ 'region-clear', 1, 'healthcode:region', '51' ],
    [ 'control-set', 1, $CONTROL, 'issuer:', '0' ],
    [ 'control-set', 1, $CONTROL, 'other:x', '0' ],
    [ 'control-set', 1, $CONTROL, 'key:abc', '0' ],
    [ 'control-set', 1, $CONTROL, 'issuer:x', '5' ],
    [ 'control-set', 1, $CONTROL, 'before:x', '0' ],
    [ 'control-set', 1, $CONTROL, 'known:x', '0' ],
    [ 'control-set', 1, $CONTROL, 'known:', $now ],
    [ 'control-set', 1, $CONTROL, 'known:x', $now + 3600 ],
    [ 'control-set', 1, $CONTROL, 'before:x', $now + 3600 ],
    [ 'control-clear', 1, $META, 'schema' ],
    [ 'control-set', 1, 'healthcode:control', 'issuer:x', '0' ],
    [ 'control-clear', 1, 'healthcode:control', 'issuer:x' ],
    (map { [ 'data-set', 1, $DATA, @$_ ] }
     [ '', 'now', 'later' ], [ 'A', 'now', 'later' ], [ '1', 'now', 'later' ],
     [ 'a b', 'now', 'later' ], [ 'a' x 33, 'now', 'later' ],
     [ 'a', '', 'later' ], [ 'a', '0', 'later' ], [ 'a', '-1', 'later' ],
     [ 'a', "0$now", 'later' ], [ 'a', '1e9', 'later' ], [ 'a', 'x', 'force' ],
     [ 'a', $now + 3600, 'later' ], [ 'a', $now + 3600, 'force' ],
     [ 'a', '9' x 13, 'force' ], [ 'a', 'now', '' ], [ 'a', 'now' ]),
    [ 'data-set', 1, $META, 'schema', 'now', 'force' ],
    [ 'data-clear', 1, $META, 'schema' ],
    [ 'data-set', 1, 'healthcode:data', 'a', 'now', 'force' ],
    [ 'data-clear', 1, 'healthcode:data', 'a' ],
    (map { [ 'tick', 1, 'healthcode:tick:{c}', @$_ ] }
     [ '', 'later' ], [ 'x', 'later' ], [ '-1', 'later' ], [ '1e3', 'later' ],
     [ '1.5', 'later' ], [ '9' x 16, 'force' ], [ 'x', 'force' ], [ '5' ],
     [ '5', '' ], [ '5', 'now' ], [ '5', 'later', '1' ],
     [ ($now + 60) . '000', 'later' ]),
    [ 'tick', 1, $META, '5', 'force' ],
    [ 'tick', 1, 'healthcode:tick', '5', 'force' ],
    [ 'tick', 2, 'healthcode:tick:{c}', $META, '5', 'force' ],
    (map { [ 'store-init', 258, meta_keys(), @$_ ] }
     [ '1', '0' x 32, '0' x 32, 'force', '1', '1', '' ],
     [ '2', 'x', '0' x 32, 'force', '1', '1', '' ],
     [ '2', '0' x 32, '', 'force', '1', '1', '' ],
     [ '2', '0' x 32, '0' x 32, '1', '1', '1', '' ],
     [ '2', '0' x 32, '0' x 32, 'force', '1', '1', '2' ],
     [ '2', '0' x 32, '0' x 32, 'force', '1', '1' ]),
    (map { [ 'store-init', scalar @$_, @$_, '2', '0' x 32, '0' x 32, 'force', '1', '1', '' ] }
     [ $META ], [ (meta_keys())[0 .. 256] ], [ meta_keys(), 'healthcode:meta' ],
     [ reverse meta_keys() ], [ (meta_keys())[0 .. 256], 'healthcode:meta' ]),
) {
    my $before = join ' ', sort @{ redis('KEYS', '*') };
    my $meta = hash($META);
    my $reply = script(@$case);
    my $name = join ' ', $case->[0], grep { !is_meta($_) } @$case[2 .. $#$case];
    like($reply, qr/ERR healthcode $case->[0]: /, "refused: $name");
    is(join(' ', sort @{ redis('KEYS', '*') }), $before, '... no key is new');
    is_deeply(hash($META), $meta, '... meta is as it was');
}

# A store without flags gets no proof, also by the script alone.
{
    my %meta = %{ hash($META) };
    my @init = ('store-init', 258, meta_keys(), '2', $meta{pepper_check}, 'f' x 32);
    for my $how (qw(keep renew force)) {
        drop_proofs($redis);
        is_deeply(script(@init, $how, 0, 0, ''), [ 'empty', '', 0 ],
                  "store-init $how: no flags, no proof");
        is(redis('EXISTS', meta_keys()), 0, '... none is written');
        write_proofs($redis, %meta, 'pepper_check', '0' x 32);
        is(script(@init, $how, 0, 0, '')->[0], $how eq 'force' ? 'empty' : 'pepper',
           "store-init $how: nor in the place of another");
    }
    write_proofs($redis, %meta);
    is_deeply(script(@init, 'keep', 0, 0, ''), [ 'kept', $meta{instance}, 0 ],
              'what proves the same is kept');
    is_deeply(script(@init, 'renew', 0, 0, ''), [ 'empty', $meta{instance}, 0 ],
              'and not renewed without flags');
    is_deeply(hash($META), \%meta, 'it is as it was');
}

script('flag-set', 2, @keys, "f$_", 0, '', '') for 1 .. 64;
like(script('flag-set', 2, @keys, 'entry', 0, '', ''), qr/64 flags already/,
     'a holder has 64 flags at most');
is(script('flag-set', 2, @keys, 'f1', $later, '', ''), 0,
   'one of them can be set anew');

# Expired flags do not count, and are deleted only if there is no room.
redis('HSET', $keys[0], 'f7', $now - 5, 'f8', $now - 50, 'f9', 'soon');
is(script('flag-set', 2, @keys, 'entry', 0, '', ''), 1,
   'flags that are over do not count towards them');
ok(!exists hash($keys[0])->{f8}, 'the one that is over for longest made room');
ok(exists hash($keys[0])->{f7}, 'and no other did');
is(scalar(keys %{ hash($keys[0]) }), 64, 'a gate reads all that are there');
is(script('flag-set', 2, @keys, 'f7', $later, '', ''), 0,
   'one that is over is set anew');
like(script('flag-set', 2, @keys, 'contact', 0, '', ''), qr/64 flags already/,
     'what cannot be read counts: there is no room any more');
redis('DEL', @keys);
redis('HSET', $keys[0], map { ("f$_", $now - 100 - $_) } 1 .. 80);
redis('HSET', $keys[0], map { ("g$_", $later) } 1 .. 40);
is(script('flag-set', 2, @keys, 'entry', $later, '', ''), 1,
   'a holder with more than 64, most of them over');
is(join(' ', sort { $a cmp $b } grep { /^f/ } keys %{ hash($keys[0]) }),
   join(' ', sort map { "f$_" } 1 .. 23), 'keeps those that ended last');
redis('DEL', @keys);

# The clock of Redis may jump, and what has expired by it is gone for good.
my $YEAR = 366 * 86400;
script('flag-set', 2, @keys, 'entry', $later, '', '');
cmp_ok(abs(redis('TTL', $keys[0]) - 3600 - $YEAR), '<', 60,
       'a key outlives its last flag by 366 days');
script('flag-set', 2, @keys, 'contact', $later + 3600, '', '');
script('flag-clear', 2, @keys, 'contact', '', '');
cmp_ok(abs(redis('TTL', $keys[0]) - 3600 - $YEAR), '<', 60,
       'also after another one is cleared');
redis('DEL', @keys);


# ---- region and control ----

run('region', 'set', @store, '--until', '+1h', '511402', 'medium');
answers('region set', 0, qr/^set 511402 medium until 2/);
like(hash($REGION)->{511402}, qr/^medium \d{10}$/, 'its value');
run('region', 'set', @unix, '51', 'low');
is(hash($REGION)->{51}, 'low 0', 'region set without --until');
redis('HSET', $REGION, '52', 'grey', '53', 'high 5');
run('region', 'list', @unix);
answers('region list', 0, qr/^51 +low .*^511402 +medium /ms);
like($out, qr/^52 +high .*"grey"$/m, 'an unreadable level is high');
like($out, qr/^53 +over /m, 'one that is over is said to be');
run('region', 'clear', @unix, '511402');
answers('region clear', 0, qr/^cleared 511402$/);
ok(!exists hash($REGION)->{511402}, 'it is gone');
run('region', 'clear', @unix, '511402');
answers('region clear again', 1, qr/nothing was cleared/);

# An issuer that is misspelled would be suspended, and the one that is meant not.
my $control = sub { my $c = hash($CONTROL);
                    return join ' ', sort keys %$c };
for my $case (
    [ [ 'suspend' ], 'https://i.example', qr/ISS: "https:\/\/i\.example" is new to this store; compare it with "iss" in the gates, and add --new/ ],
    [ [ 'before' ], 'https://i.example', qr/ISS: .* is new to this store; compare/, '-1h' ],
    [ [ 'revoke-code', '--holder', '1', '--jti', '1', '--iss' ],
      'https://i.example', qr/--iss: .* is new to this store; compare/ ],
) {
    my ($words, $iss, $says, @time) = @$case;
    my ($verb, @options) = @$words;
    run('control', $verb, @store, @options, $iss, @time);
    answers("control $verb in a new store", 2, $says);
    is($control->(), '', '... and nothing is written');
}
run('control', 'add-issuer', @unix, 'https://i.example');
answers('control add-issuer', 0, qr{^set known:https://i\.example  an issuer });
is($control->(), 'known:https://i.example', 'its field');
cmp_ok(abs(hash($CONTROL)->{'known:https://i.example'} - time),
       '<', 5, 'and when');
run('control', 'add-issuer', @unix, ' i');
answers('control add-issuer of a blank', 2, qr/ISS: it begins or ends with/);
for my $wrong ('https://i.exampel', 'https://i.example/', 'http://i.example',
               'HTTPS://i.example', 'https://j.example')
{
    run('control', 'suspend', @unix, $wrong);
    answers("control suspend $wrong", 2,
            qr{ISS: "\Q$wrong\E" is new to this store, which knows "https://i\.example"; write that, or add --new});
    run('control', 'before', @unix, $wrong, '-1h');
    answers("control before $wrong", 2, qr{which knows "https://i\.example"});
    run('control', 'revoke-code', @store, '--holder', '1', '--jti', '1', '--iss',
        $wrong);
    answers("control revoke-code --iss $wrong", 2,
            qr{--iss: .* which knows "https://i\.example"});
}
is($control->(), 'known:https://i.example', 'nothing of these is written');
run('control', 'suspend', @unix, 'https://far.off.example.org/of/another/name');
answers('a name that nothing resembles', 2, qr/is new to this store; compare/);
run('control', 'suspend', @unix, '--new', 'https://i.example/');
answers('control suspend --new', 0, qr{^set issuer:https://i\.example/ +active});
is($control->(), 'issuer:https://i.example/ known:https://i.example '
   . 'known:https://i.example/', 'who was suspended is known');
run('control', 'resume', @unix, 'https://i.example/');
run('control', 'suspend', @unix, 'https://i.example/');
answers('and stays known after it was resumed', 0, qr/^set issuer:/);
run('control', 'resume', @unix, 'https://i.example/');
run('control', 'drop-issuer', @unix, 'https://i.example/');
answers('control drop-issuer', 0, qr{^cleared known:https://i\.example/$}m);
run('control', 'drop-issuer', @unix, 'https://i.example/');
answers('control drop-issuer again', 1, qr/nothing was undone/);
run('control', 'suspend', @unix, 'https://i.example/');
answers('then it is new again', 2, qr{which knows "https://i\.example"});

# in a store of before, those that have a control are known
redis('HSET', $CONTROL, 'before:b', 5, 'issuer:i', 0, 'key:k', 0);
for my $iss ('b', 'i') {
    run('control', 'suspend', @unix, $iss);
    answers("control suspend $iss", 0, qr/^set issuer:$iss /);
}
run('control', 'suspend', @unix, 'k');
answers('a key is not an issuer', 2, qr/ISS: "k" is new/);
run('control', 'revoke-key', @unix, '--new', $RFC_THUMBPRINT);
answers('a key is not new', 2, qr/--new/);
redis('DEL', $CONTROL);

run('control', 'suspend', @store, '--new', 'https://i.example');
answers('control suspend', 0, qr{^set issuer:https://i\.example +active});
run('control', 'revoke-key', @unix, '--until', '+1h', $RFC_THUMBPRINT);
answers('control revoke-key', 0, qr/^set key:/);
run('control', 'revoke-key', @unix, '-' . substr $RFC_THUMBPRINT, 1);
answers('control revoke-key of a thumbprint with a dash', 0, qr/^set key:-/);
run('control', 'before', @unix, 'https://i.example', '-20m');
answers('control before', 0, qr/codes issued before 2.* are refused/);
$control = hash($CONTROL);
is($control->{'issuer:https://i.example'}, 0, 'suspended until resumed');
cmp_ok(abs($control->{"key:$RFC_THUMBPRINT"} - time - 3600), '<=', 5,
       'revoked for an hour');
cmp_ok(abs($control->{'before:https://i.example'} - time + 1200), '<=', 5,
       'refused before then');
run('control', 'list', @unix);
is(() = $out =~ /^(issuer|key|before):/mg, 4, 'control list') or diag($out);
for my $words ([ 'resume', 'https://i.example' ],
               [ 'restore-key', $RFC_THUMBPRINT ],
               [ 'before', 'https://i.example', 'none' ])
{
    my ($verb, @args) = @$words;
    run('control', $verb, @unix, @args);
    answers("control @$words", 0, qr/^cleared /);
    run('control', $verb, @unix, @args);
    answers("control @$words again", 1, qr/nothing was undone/);
}
is(scalar(keys %{ hash($CONTROL) }), 2, 'they are gone');


# ---- who feeds the store ----

run('store', 'sources', @unix);
answers('store sources of a store that nobody feeds', 0, qr/^\z/);
run('store', 'touch', @unix, '--source', 'city');
answers('store touch', 0, qr/^touched city 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
cmp_ok(abs(hash($DATA)->{city} - redis('TIME')->[0]), '<=', 5,
       'by the clock of the store');
run('store', 'touch', @unix, '--source', 'hall-2_b', '--at', '-2h');
answers('store touch --at', 0, qr/^touched hall-2_b /);
run('store', 'sources', @unix);
answers('store sources', 0, qr/\A
        city \ \ 20\S+Z\ \ \d+\ s\ ago\n
        hall-2_b \ \ 20\S+Z\ \ 720\d\ s\ ago\n\z/x);

my %sources = %{ hash($DATA) };
run('store', 'touch', @unix, '--source', 'hall-2_b', '--at', '-3h');
answers('store touch back', 1, qr/which is later, so nothing was changed; add --force/);
is_deeply(hash($DATA), \%sources, 'nothing was changed');
run('store', 'touch', @unix, '--source', 'hall-2_b', '--at', '-3h', '--force');
answers('store touch --force', 0, qr/^touched/);
cmp_ok(hash($DATA)->{'hall-2_b'}, '<', $sources{'hall-2_b'},
       'it went back');
run('store', 'touch', @unix, '--source', 'hall-2_b', '--at', '+2m');
answers('store touch of a time to come', 3, qr/lies in the future by the clock/);

# ---- store tick ----

{
    my $tick = 'healthcode:tick:{c}';
    my $ms = sub { my ($s, $us) = @{ redis('TIME') }; $s * 1000 + int($us / 1000) };

    run('store', 'check', @store);
    unlike($out, qr/ tick /, 'store check: no tick');
    run('store', 'tick', @unix, '--once');
    answers('store tick --once', 0, qr/^tick \d{13}$/);
    cmp_ok(abs($ms->() - redis('GET', $tick)), '<', 5000, 'it is the time');
    is(redis('TTL', $tick), -1, 'it does not expire');
    run('store', 'check', @store);
    like($out, qr/^(ok  |warn) tick     \d+\.\d s old$/m, 'store check: how old it is');

    my $later = $ms->() + 900;
    redis('SET', $tick, $later);
    run('store', 'tick', @unix, '--once');
    answers('an earlier tick', 0, qr/^kept a later tick: $later$/);
    is(redis('GET', $tick), $later, 'it does not go back');
    run('store', 'tick', @unix, '--once', '--force');
    answers('--force', 0, qr/^tick \d{13}$/);
    cmp_ok(redis('GET', $tick), '<', $later, 'unless it is told to');

    for my $wrong ($ms->() + 3_600_000, 'x', '') {
        redis('SET', $tick, $wrong);
        run('store', 'check', @store);
        like($out, qr/^warn tick     (?:3[56]\d\d\.\d s ahead of our clock|it cannot be read)/m,
             "store check: \"$wrong\"");
        run('store', 'tick', @unix, '--once');
        answers("what is \"$wrong\" does not stand in the way", 0, qr/^tick \d{13}$/);
    }
    redis('SET', $tick, $ms->() - 60_000);
    run('store', 'check', @store);
    like($out, qr/^warn tick     6\d\.\d s old$/m, 'store check: a tick of a minute ago');

    run('store', 'tick', @unix, '--force');
    answers('store tick --force', 2, qr/add --once/);
    run('store', 'tick', '--redis', 'unix:/nonexistent', '--once');
    answers('store tick of nobody', 3, qr/cannot connect/);
    run('store', 'rights', '--tick');
    answers('store rights --tick', 0, qr/^resetkeys ~healthcode:tick:\{c\} %R~/);
    redis('DEL', $tick);
}

for my $value ('x', '', '-5', redis('TIME')->[0] + 1000) {
    redis('HSET', $DATA, 'city', $value);
    run('store', 'sources', @unix);
    answers("store sources: \"$value\"", 0,
            qr/^city  cannot be read, so gates take it for never: "\Q$value\E"$/m);
    run('store', 'touch', @unix, '--source', 'city');
    answers('it does not stand in the way', 0, qr/^touched/);
}

run('store', 'touch', @unix, '--source', "s$_") for 3 .. 16;
answers('store touch of 16 sources', 0, qr/^touched/);
run('store', 'touch', @unix, '--source', 's17');
answers('store touch of the 17th', 3, qr/there are 16 sources/);
run('store', 'touch', @unix, '--source', 's16');
answers('but of one that is there', 0, qr/^touched/);

run('store', 'untouch', @unix, '--source', 's17');
answers('store untouch of what is not there', 1, qr/no source s17/);
redis('HSET', $DATA, "Odd\e Name", 1);
run('store', 'untouch', @unix, '--source', "Odd\e Name");
answers('store untouch of an odd name', 0, qr/^untouched Odd\\x1b Name$/);
run('store', 'untouch', @unix, '--source', $_)
    for 'city', 'hall-2_b', map { "s$_" } 3 .. 16;
answers('store untouch', 0, qr/^untouched s16$/);
is(redis('EXISTS', $DATA), 0, 'nothing is left');

redis('SET', $DATA, 'x');
run('store', 'touch', @unix, '--source', 'city');
answers('store touch of another type', 3, qr/WRONGTYPE/);
redis('DEL', $DATA);
run('store', 'touch', @unix, '--source', 'city', '--wait', '1', '--timeout',
    '100ms');
answers('store touch --wait', 3, qr/--wait: .*only 0 of 1 replicas/);
redis('DEL', $DATA);


# ---- import ----

sub import_counts { $out =~ /^(\d+) set, (\d+) set anew, (\d+) left out/ }

my $lines = 20000;
my $text = join '', map { "p$_ contact $later\n" } 1 .. $lines;

my $started = time;
run_with($text, 'flag', 'import', @store, '--by', 'bulk', '-');
my $took = time - $started;
answers("import of $lines lines", 0, qr/^$lines set, 0 set anew, 0 left out/);
diag(sprintf '%d flags imported in %.1f s', $lines, $took);
is(scalar(@{ redis('KEYS', 'healthcode:risk:*') }) > $lines ? 1 : 0, 1,
   'each has a key');
for my $n (1, 2, 255, 256, 257, 1024, 1025, 12345, $lines) {
    is_deeply(hash(risk("p$n")), { contact => $later }, "line $n is there");
    is_deeply([ history("p$n") ], [ "set contact $later bulk " ],
              '... with its audit entry');
    cmp_ok(redis('TTL', risk("p$n")), '>', 3600, '... and its expiry');
}
run_with($text, 'flag', 'import', @store, '--no-audit', '-');
answers('the same lines again', 0, qr/^0 set, $lines set anew/);
is(scalar(() = history('p1')), 1, '--no-audit writes no entry');

# A store that came back empty is filled before gates believe it again.
{
    my %meta = %{ hash($META) };
    drop_proofs($redis);
    run_with("lost1 contact\n", 'flag', 'import', @store, '-');
    answers('a store without proof takes no flags', 3, qr/store init/);
    run_with("lost1 contact\n", 'flag', 'import', @store, '--before-init', '-');
    answers('... but before it is initialised', 0, qr/^1 set/);
    is(redis('EXISTS', meta_keys()), 0, '... and has no proof after it');
    write_proofs($redis, %meta);
    run_with("lost1 contact\n", 'flag', 'import', @store, '--before-init', '-');
    answers('with its proof likewise', 0, qr/^0 set, 1 set anew/);
    set_proofs($redis, 'pepper_check', '0' x 32);
    run_with("lost1 contact\n", 'flag', 'import', @store, '--before-init', '-');
    answers('... but not with another pepper', 3, qr/another pepper/);
    write_proofs($redis, %meta);
}

run_with(join('', "\xef\xbb\xbfb1 entry\r\n", "b2  entry   +2h\n", "\n",
              "b 3\tentry\t0\n", "b4 fever\n", "b5\n", "b6 entry 1600000000\n",
              "b7 entry soon\n", "b8 entry 0 more\n", "\tentry\n",
              "b9 ENTRY\n", "b\0 entry\n", 'x' x 70000 . " entry\n",
              'y' x 9000 . " entry\n", "b10 entry\tx\n", 'b11 entry'),
         'flag', 'import', @store, '-');
is($status, 1, 'import with bad lines: exit 1') or diag("$out$err");
is_deeply([ import_counts() ], [ 4, 0, 11 ], 'import with bad lines: counts')
    or diag("$out$err");
for my $n (5 .. 15) {
    like($err, qr/^healthcode flag import: line $n is left out: /m,
         "bad line $n is named");
}
like($err, qr/line 7 is left out: UNTIL .* in the past/, 'and says why');
unlike($err, qr/b\d|fever/, 'no subject is in the messages');
is_deeply(hash(risk($_)), { entry => 0 }, "$_ is set") for 'b1', 'b 3', 'b11';
cmp_ok(hash(risk('b2'))->{entry}, '>', $now + 7000, 'b2 has its until');

# Whoever is flagged by a line is the one whose code says these very bytes.
for my $case (@unseen) {
    my ($says, $sub) = @$case;
    next if $sub =~ /\n|\t/;
    run_with("ok1\tentry\n$sub\tcontact\nok2\tentry\n", 'flag', 'import', @store,
             '-');
    my $shown = $sub =~ s/([^ -~])/sprintf '\\x%02x', ord $1/ger;
    answers("import of \"$shown\"", 1,
            qr/^healthcode flag import: line 2 is left out: SUB .*\Q$says\E/m);
    is((import_counts())[2], 1, '... no other line is');
    is(redis('EXISTS', risk('4003')) + redis('EXISTS', risk($sub)), 0,
       '... nobody is flagged by it');
    next if $says =~ /UTF/;
    run_with("\n$sub\tcontact\n", 'flag', 'import', @store, '--exact', '-');
    answers("import --exact of \"$shown\"", 0, qr/^1 set/);
    is_deeply(hash(risk($sub)), { contact => 0 }, '... flags just that one');
    is(redis('EXISTS', risk('4003')), 0, '... and not another');
    redis('DEL', risk($sub), audit($sub));
}
run_with("  4003   contact  \r\n", 'flag', 'import', @store, '-');
answers('import parts words by any number of blanks', 0, qr/^1 set/);
is_deeply(hash(risk('4003')), { contact => 0 }, '... none is of the subject');
run_with("4003\xc2\xa0contact\n4003\tcontact \n4003\t contact\n"
         . "4003\tcontact\t0 \n", 'flag', 'import', @store, '-');
is_deeply([ $status, import_counts() ], [ 1, 0, 0, 4 ],
          'nor of a flag or an until') or diag("$out$err");

# An issuer that is not the one it looks like is not suspended.
for my $case (@unseen) {
    my ($says, $iss) = @$case;
    my $shown = $iss =~ s/([^ -~])/sprintf '\\x%02x', ord $1/ger;
    run('control', 'suspend', @unix, $iss);
    answers("control suspend \"$shown\"", 2, qr/ISS: it .*\Q$says\E/);
    run('control', 'before', @unix, $iss, '-1h');
    answers("control before \"$shown\"", 2, qr/ISS: it .*\Q$says\E/);
    redis('HSET', $CONTROL, "issuer:$iss", 0, "before:$iss", 5);
    run('control', 'resume', @unix, $iss);
    answers('... but it can be resumed', 0, qr/^cleared/);
    run('control', 'before', @unix, $iss, 'none');
    answers('... and its codes accepted again', 0, qr/^cleared/);
}
run('control', 'suspend', @unix, '--exact', '--new', ' i');
answers('control suspend --exact', 0, qr/^set issuer: i/);
run('control', 'before', @unix, '--exact', ' i', '-1h');
answers('control before --exact', 0, qr/^set before: i/);
redis('DEL', $CONTROL);

run_with("c1 entry\nc2 entry +1h\nc3 tired\n", 'flag', 'import', @store,
         '--until', $later, '--custom', '-');
answers('import --until --custom', 0);
is(hash(risk('c1'))->{entry}, $later, '--until is for lines without one');
cmp_ok(hash(risk('c2'))->{entry}, '!=', $later, 'and not for others');
is(hash(risk('c3'))->{tired}, $later, '--custom allows other flags');
run('flag', 'import', @unix, '--hashed',
    path('hashed', holder('d1') . " entry\nd2 entry\n"));
is_deeply([ $status, import_counts() ], [ 1, 1, 0, 1 ],
          'import --hashed takes holders and nothing else');
is(hash(risk('d1'))->{entry}, 0, 'that holder is set');
run_with('', 'flag', 'import', @store, '-');
answers('import of nothing', 0, qr/^0 set/);

# The script is lost in the middle: no line may be.
redis('CONFIG', 'RESETSTAT');
{
    pipe my $read, my $write or die "pipe: $!";
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        close $write;
        open STDIN, '<&', $read;
        open STDOUT, '>', "$tmp/out";
        open STDERR, '>', "$tmp/err";
        { exec $COMMAND, 'flag', 'import', @store, '--no-audit', '-' }
        POSIX::_exit(127);
    }
    close $read;
    local $SIG{PIPE} = 'IGNORE';
    $write->autoflush;
    for my $round (1 .. 10) {
        print $write map { "q$round-$_ entry $later\n" } 1 .. 1500;
        sleep 0.02;
        redis('SCRIPT', 'FLUSH');
    }
    close $write;
    finish($pid);
    answers('import while the script is lost', 0, qr/^15000 set, 0 set anew/);
    my @missing = grep { !redis('EXISTS', risk($_)) }
        map { my $r = $_; map { "q$r-$_" } 1 .. 1500 } 1 .. 10;
    is(scalar @missing, 0, 'every line is there');
    cmp_ok($redis->count('eval'), '>', 1, 'the script was lost');
}

# Redis has no memory left: the command stops and says where.
redis('CONFIG', 'SET', 'maxmemory', '1mb');
run_with($text, 'flag', 'import', @store, '-');
answers('import where Redis has no memory', 3,
        qr/line 1: the store refused: .*OOM.*from line/s);
redis('CONFIG', 'SET', 'maxmemory', '0');

# It must not wait for ever.
$redis->freeze;
$started = time;
run('flag', 'set', @store, '--timeout', '300ms', '1', 'entry');
$redis->thaw;
answers('a store that does not answer', 3, qr/did not answer/);
cmp_ok(time - $started, '<', 3, 'it waits no longer than --timeout says');

open my $full, '>', '/dev/full' or die "/dev/full: $!";
{
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open STDOUT, '>&', $full;
        open STDERR, '>', "$tmp/err";
        { exec $COMMAND, 'holder', @store[2, 3], '1' }
        POSIX::_exit(127);
    }
    finish($pid);
    is($status, 3, 'an answer that cannot be written is a failure');
}

done_testing();
