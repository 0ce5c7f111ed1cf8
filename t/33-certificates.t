# Certificates as keys of a real gate: PEM, DER and "x5c" that the openssl
# command makes, by each of their names; expired ones beside others, chains,
# private keys; two issuers.  Codes are signed by openssl, too.
# docs/token-format.md, "Certificates".

use strict;
use warnings;

use Digest::SHA qw(sha256);
use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use MIME::Base64 qw(encode_base64);
use POSIX qw(strftime);
use Test::More;
use Time::HiRes qw(sleep time);

use Healthcode::Fixture;
use Healthcode::Http qw(get);
use Healthcode::Jws qw(b64 json unb64);
use Healthcode::Nginx;
use Healthcode::Process;

my $f = Healthcode::Fixture->new(no_redis => 1);
my %ISS = (one => 'https://one.example', two => 'https://two.example');
my %ALG = (RS256 => [ qw(-newkey rsa:2048) ], EdDSA => [ qw(-newkey ed25519) ]);


sub openssl {
    my $process = Healthcode::Process->spawn([ 'openssl', @_ ]);
    my $end = $process->wait(30) // die "openssl @_: no end\n";
    $end == 0 or die "openssl @_: " . $process->output . "\n";
}


# A new certificate and what is made of it; ALG, end => a time, openssl => [].
sub certificate {
    my ($name, $alg, %opt) = @_;
    my $path = $f->path($name);
    openssl('req', '-x509', @{ $ALG{$alg} }, qw(-nodes -days 3650 -subj /CN=x
            -outform DER), '-keyout', "$path.key", '-out', "$path.der",
            @{ $opt{openssl} || [] });
    my $der = $f->read("$name.der");
    if (defined $opt{end}) {
        # its own signature is broken then, which nobody looks at
        my $end = strftime('%y%m%d%H%M%SZ', gmtime $opt{end});
        $der =~ s/(\x17\x0d\d{12}Z\x17\x0d)\d{12}Z/$1$end/
            or die 'no times in a certificate';
    }
    my $hash = sha256($der);
    return { alg => $alg, key => "$path.key", der => $der,
             base64 => encode_base64($der, ''),
             pem => "-----BEGIN CERTIFICATE-----\n" . encode_base64($der)
                 . "-----END CERTIFICATE-----\n",
             x5t => b64($hash), short => encode_base64(substr($hash, 0, 8), '') };
}


# A code of this certificate's key: kid => NAME or undef, iss => NAME.
sub code {
    my ($made, %opt) = @_;
    my $now = int time;
    my %header = (alg => $made->{alg}, typ => 'healthcode+jwt',
                  defined $opt{kid} ? (kid => $opt{kid}) : ());
    my $text = b64(json(\%header)) . '.' . b64(json({
        iss => $ISS{ $opt{iss} || 'one' }, sub => 'rosa', iat => $now,
        exp => $now + 900 }));
    my $in = $f->write('text', $text);
    openssl($made->{alg} eq 'RS256'
        ? (qw(dgst -sha256 -sign), $made->{key}, '-out', $f->path('sig'), $in)
        : (qw(pkeyutl -sign -rawin -inkey), $made->{key}, '-in', $in, '-out',
           $f->path('sig')));
    return $text . '.' . b64($f->read('sig'));
}


# A gate: NAME => lines of the issuer.
sub gate {
    my (%lines) = @_;
    my $issuers = join '', map { "healthcode_issuer $_ { iss $ISS{$_};"
        . " algorithms RS256 EdDSA;\n$lines{$_} }\n" } sort keys %lines;
    return Healthcode::Nginx->new(module => $f->module, workers => 1,
        http => <<"END");
$issuers
server {
    listen unix:{{SOCK}};
    location /alive { return 204; }
    location /t { healthcode on; alias ${\ $f->path('site')}/passed; }
    location /status { healthcode_status; }
}
END
}

sub status {
    my ($nginx, $i) = @_;
    my $answer = get($nginx->sock, '/status', []);
    return JSON::PP->new->decode($answer->{body})->{keys}[ $i || 0 ];
}

sub ends {
    my ($nginx) = @_;
    is($nginx->stop, 0, 'the gate ends by itself');
    unlike($nginx->error_log, qr/\[(?:alert|emerg)\]/, 'nothing is alarming');
}


my %made = map { $_ => certificate($_, 'RS256') } qw(plain named other);
$made{ed}   = certificate('ed', 'EdDSA');
$made{old}  = certificate('old', 'RS256', end => time - 86400);
$made{late} = certificate('late', 'EdDSA', end => time - 1);


# ---- a folder of certificates, one of them expired; another issuer ----

{
    mkdir $f->path($_) for qw(one two);
    $f->write('one/a.der', $made{plain}{der}, 0600);
    $f->write('one/b.pem', "# of the hospital\n# kid: 2026-a\n$made{named}{pem}"
        . "kid: ed\n$made{ed}{pem}", 0600);
    $f->write('one/c.cer', $made{old}{der}, 0600);
    $f->write('one/d.crt', "kid: late\n$made{late}{pem}", 0600);
    $f->write('one/e.txt', 'no key', 0600);
    $f->write('two/a.crt', $made{other}{pem}, 0600);
    my $nginx = gate(map { $_ => 'keys_dir ' . $f->path($_) . ';' } qw(one two));
    my ($rc, $out) = $nginx->check;
    is($rc, 0, 'certificates are keys');
    like($out, qr{\[warn\].*"one".*one/c\.cer".*its certificate has expired},
         'nginx -t warns of an expired one, with its file and issuer');
    like($out, qr{\[warn\].*one/d\.crt".*line 2: key "late": its certificate},
         'and with its line and kid');
    $nginx->start;

    for my $case ([ 'x5t#S256', 'plain', $made{plain}{x5t}, 200 ],
                  [ 'the short kid', 'plain', $made{plain}{short}, 200 ],
                  [ 'no kid', 'plain', undef, 200 ],
                  [ 'another kid', 'plain', 'other', '401 key' ],
                  [ 'a kid of another certificate', 'plain', $made{ed}{x5t},
                    '401 key' ],
                  [ 'the kid of its line', 'named', '2026-a', 200 ],
                  [ 'x5t#S256 beside such a line', 'named', $made{named}{x5t},
                    '401 key' ],
                  [ 'the kid of a second line', 'ed', 'ed', 200 ],
                  [ 'that kid, and another key', 'named', 'ed', '401 key' ],
                  [ 'an expired certificate', 'old', $made{old}{x5t},
                    '401 key' ],
                  [ 'one that has just expired', 'late', 'late', '401 key' ])
    {
        my ($what, $name, $kid, $want) = @$case;
        is($nginx->ask(code($made{$name}, kid => $kid)), $want,
           "$name: a code by $what: $want");
    }

    is($nginx->ask(code($made{other}, kid => $made{other}{x5t}, iss => 'two')),
       200, 'the other issuer has its own certificate');
    is($nginx->ask(code($made{plain}, kid => $made{plain}{x5t}, iss => 'two')),
       '401 key', 'and not those of the first one');
    is($nginx->ask(code($made{other}, kid => $made{other}{x5t})), '401 key',
       'nor the first one its');
    is(status($nginx)->{keys}, 3, 'three keys count');

    # a new one in its place
    $made{old} = certificate('old', 'RS256');
    $f->replace('one/c.cer', $made{old}{der}, 0600);
    is($nginx->ask_until(200, 10, code($made{old}, kid => $made{old}{x5t})), 200,
       'a renewed certificate counts without a reload');
    is($nginx->ask(code($made{plain}, kid => $made{plain}{short})), 200,
       'beside the others');
    ends($nginx);
}


# ---- a certificate ends while its key is in use ----

{
    my $soon = certificate('soon', 'EdDSA', end => int(time) + 4);
    my $code = code($soon, kid => 'soon');
    $f->write('soon.pem', "kid: soon\n$soon->{pem}$made{plain}{pem}", 0600);
    my $nginx = gate(one => 'keys ' . $f->path('soon.pem') . ';')->start;
    is($nginx->ask($code), 200, 'a certificate that is about to end is a key');
    my $before = status($nginx)->{generation};
    sleep 6;
    is($nginx->ask($code), 200, 'it stays one until keys are read again');
    $nginx->reload;
    is($nginx->ask_until('401 key', 5, $code), '401 key', 'and a reload drops it');
    is($nginx->ask(code($made{plain})), 200, 'alone');
    isnt(status($nginx)->{generation}, $before, 'which is another generation');
    ends($nginx);
}


# ---- x5c ----

{
    my $members = sub {
        my ($name) = @_;
        my $process = Healthcode::Process->spawn([ 'openssl', 'rsa', '-in',
            $made{$name}{key}, qw(-noout -modulus) ]);
        $process->wait(30);
        my ($n) = $process->output =~ /Modulus=([0-9A-F]+)/ or die 'no modulus';
        return (kty => 'RSA', alg => 'RS256', n => b64(pack 'H*', $n), e => 'AQAB');
    };
    my $expired = certificate('expired', 'EdDSA', end => time - 1);
    $f->write('x5c.jwks', json({ keys => [
        { kid => 'alone', x5c => [ $made{plain}{base64}, $made{other}{base64} ] },
        { kty => 'OKP', x5c => [ $made{ed}{base64} ] },
        { kid => 'both', $members->('named'), x5c => [ $made{named}{base64} ] },
        { kid => 'wrong', $members->('other'), x5c => [ $made{old}{base64} ] },
        { kid => 'ended', x5c => [ $expired->{base64} ] },
    ] }), 0600);
    my $nginx = gate(one => 'keys ' . $f->path('x5c.jwks') . ';')->start;
    like($nginx->error_log, qr/\[warn\].*key "wrong": its "x5c" has another key/,
         'a JWK with another key in x5c is skipped');
    like($nginx->error_log, qr/\[warn\].*key "ended": its certificate has expired/,
         'so is one with nothing but an expired certificate');

    for my $case ([ 'plain', 'alone', 200 ], [ 'ed', $made{ed}{short}, 200 ],
                  [ 'named', 'both', 200 ], [ 'other', 'alone', '401 signature' ],
                  [ 'other', 'wrong', '401 key' ], [ 'old', 'wrong', '401 key' ])
    {
        my ($name, $kid, $want) = @$case;
        is($nginx->ask(code($made{$name}, kid => $kid)), $want,
           "x5c: the key of $name under $kid: $want");
    }

    is($nginx->ask(code($expired, kid => 'ended')), '401 key',
       'x5c: an expired key alone opens nothing');
    is(status($nginx)->{keys}, 3, 'three of five are keys');
    ends($nginx);
}


# ---- a chain, an authority, a private key ----

{
    my $root = certificate('root', 'RS256', openssl => [ '-addext',
        'keyUsage=critical,keyCertSign,cRLSign' ]);
    my $leaf = certificate('leaf', 'RS256', openssl => [ '-addext',
        'keyUsage=digitalSignature' ]);
    my $chain = $f->write('chain.pem', $leaf->{pem} . $root->{pem}, 0600);
    my $nginx = gate(one => "keys $chain;")->start;
    is($nginx->ask(code($leaf)), 200, 'the leaf of a chain signs codes');
    is($nginx->ask(code($root)), '401 signature', 'its authority does not');
    unlike($nginx->error_log, qr/\[warn\].*skips/,
           'and that is not worth a warning');
    ends($nginx);

    openssl(qw(pkcs8 -topk8 -nocrypt -outform DER -in), $root->{key}, '-out',
            $f->path('private.der'));
    for my $source ('keys ' . $f->path('private.der'), 'keys_dir ' . $f->dir) {
        my ($rc, $out) = gate(one => "$source;")->check;
        isnt($rc, 0, 'nginx does not start with a private key in DER');
        like($out, qr/private.der".*it is a private key; write only its public/,
             'and says which file it is');
    }
}


# ---- nothing but an expired one: the other issuer serves ----

{
    my $expired = $f->write('expired.crt', $made{late}{pem}, 0600);
    my $good = $f->write('good.crt', $made{plain}{pem}, 0600);
    my $nginx = gate(one => "keys $expired;", two => "keys $good;");
    my ($rc, $out) = $nginx->check;
    is($rc, 0, 'an issuer whose only certificate has expired stops nobody');
    like($out, qr/\[crit\].*expired\.crt".*"one".*its certificate has expired/,
         'nginx -t says so as crit');
    $nginx->start;
    is($nginx->ask(code($made{late})), '503 keys_unavailable',
       'its codes wait for a key');
    is($nginx->ask(code($made{plain}, iss => 'two')), 200, 'the other one serves');
    ends($nginx);
}

done_testing;
