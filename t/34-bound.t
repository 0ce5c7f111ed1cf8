# A code that is bound to a key is not a bearer code: it passes only where the
# location checks it and the client has shown the certificate that the code
# names, in a handshake that is over.  What another client, location or server
# may do with it changes nothing.  docs/directives.md, "healthcode_bound".

use strict;
use warnings;

use Digest::SHA qw(sha256);
use FindBin;
use IO::Select;
use lib "$FindBin::Bin/lib";
use MIME::Base64 qw(decode_base64);
use Test::More;
use Time::HiRes qw(sleep);

use Healthcode::Fixture;
use Healthcode::Http qw(answers answer_of dial get);
use Healthcode::Jws qw(b64 json jws);
use Healthcode::Nginx;
use Healthcode::Process;
use Healthcode::Server;

my $f = Healthcode::Fixture->new;
my $site = $f->path('site');
my %client = map { $_ => make_certificate($_) } qw(one two server);

my $conf = $f->http_conf(cache => 'gate');
my $tls = "ssl_certificate $client{server}{pem}; ssl_certificate_key $client{server}{key};";
my $locations = <<"END";
    add_header X-Known "\$healthcode_code_cache \$healthcode_risk_cache" always;
    location /alive { return 204; }
    location /bearer { healthcode on; alias $site/passed; }
    location /tls { healthcode on; healthcode_bound tls; alias $site/passed;
        location /tls/off { healthcode_bound off; alias $site/passed; }
        location /tls/inherits { alias $site/passed; }
    }
    location /cached { healthcode on; healthcode_bound tls; alias $site/passed;
        healthcode_code_cache gate; }
    location /cached-bearer { healthcode on; alias $site/passed;
        healthcode_code_cache gate; }
    location /claims { healthcode on; healthcode_bound tls; alias $site/passed;
        healthcode_code_cache gate; healthcode_require ward = 7; }
    location /must { healthcode on; healthcode_bound tls; alias $site/passed;
        healthcode_require "/cnf/x5t#S256" ~ .; }
    location /audit { healthcode audit; alias $site/passed;
        add_header X-Reason \$healthcode_reason; }
    location = /from-tls { healthcode on; healthcode_bound tls; root $site;
        try_files /nowhere /bearer; }
    location = /from-bearer { healthcode on; root $site;
        try_files /nowhere /tls; }
    location = /from-same { healthcode on; healthcode_bound tls; root $site;
        try_files /nowhere /tls; }
END

my $nginx = Healthcode::Nginx->new(module => $f->module, http => <<"END")->start;
healthcode_zone gate 1m;
$conf
server {
    listen unix:{{SOCK}};
    listen unix:{{ROOT}}/tls.sock ssl http2;
    $tls
    ssl_verify_client optional_no_ca;
$locations
}
server {
    listen unix:{{ROOT}}/early.sock ssl;
    $tls
    ssl_protocols TLSv1.3;
    ssl_early_data on;
    ssl_verify_client optional_no_ca;
$locations
}
server {
    listen unix:{{ROOT}}/old.sock ssl;
    $tls
    ssl_protocols TLSv1.2;
    ssl_verify_client optional_no_ca;
$locations
}
server {
    listen unix:{{ROOT}}/asks-nobody.sock ssl;
    $tls
$locations
}
END


# {pem, key, x5t}: a certificate that signs itself, and its thumbprint by core
# Perl.
sub make_certificate {
    my ($name) = @_;
    my ($pem, $key) = map { $f->path("$name.$_") } qw(pem key);
    my $made = Healthcode::Process->spawn([ qw(openssl req -x509 -newkey ec -pkeyopt
        ec_paramgen_curve:P-256 -nodes -days 2 -subj), "/CN=$name", '-keyout', $key,
        '-out', $pem ]);
    $made->wait(20) == 0 or die $made->output;
    my ($body) = $f->read("$name.pem") =~ /-----BEGIN CERTIFICATE-----(.*?)-----END/s;
    return { pem => $pem, key => $key, x5t => b64(sha256(decode_base64($body))) };
}


# A code of the site with this JSON as its cnf; none if it is undef.
my %made;
sub code {
    my ($cnf, %claims) = @_;
    my $payload = json($f->claims(%claims));
    $payload =~ s/^\{/{"cnf":$cnf,/ if defined $cnf;
    return $made{$payload} //= jws($f->secret, json($f->header), $payload);
}

sub x5t { return sprintf '{"x5t#S256":"%s"}', $client{ $_[0] }{x5t} }


# What $uri answers to a client with the certificate of $who, undef for none.
sub ask_tls {
    my ($who, $uri, $code, %opt) = @_;
    my $curl = Healthcode::Process->spawn([ qw(curl -sSki -m 10), $opt{http} // '--http1.1',
        '--unix-socket', $nginx->root . '/' . ($opt{socket} // 'tls.sock'),
        $who ? ('--cert', $client{$who}{pem}, '--key', $client{$who}{key}) : (),
        '-H', "Authorization: Bearer $code", "https://localhost$uri" ]);
    $curl->wait(15);
    my $text = $curl->output =~ s{^HTTP/2 (\d+) ?\r}{HTTP/1.1 $1 X\r}r;
    my ($answer) = answers($text);
    return wantarray ? ($answer ? answer_of($answer) : $text, $answer)
                     : $answer ? answer_of($answer) : $text;
}


# ---- which codes, shown by whom, where ----

$nginx->ask_until(200, 3, code(undef), '/bearer');

my ($no, $one) = ('401 bound', code(x5t('one')));

for my $row (
    # what, cnf, and what the client "one" gets at /tls, at /bearer
    [ 'no cnf', undef, 200, 200 ],
    [ 'a cnf of null', 'null', 200, 200 ],
    [ 'its certificate', x5t('one'), 200, $no ],
    [ 'another certificate', x5t('two'), $no, $no ],
    [ 'an empty cnf', '{}', $no, $no ],
    [ 'a cnf that is no object', 'true', $no, $no ],
    [ 'a text', json($client{one}{x5t}), $no, $no ],
    [ 'a key for DPoP', '{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}', $no, $no ],
    [ 'a key', '{"jwk":{"kty":"OKP"}}', $no, $no ],
    [ 'its certificate and a key', x5t('one') =~ s/\}$/,"jkt":"x"}/r, $no, $no ],
    [ 'its certificate with padding', x5t('one') =~ s/"\}$/="}/r, $no, $no ],
    [ 'two certificates', sprintf('{"x5t#S256":["%s","%s"]}',
        $client{one}{x5t}, $client{two}{x5t}), $no, $no ],
)
{
    my ($what, $cnf, $bound, $bearer) = @$row;
    my $code = code($cnf);
    is(ask_tls('one', '/tls', $code), $bound, "$what, where it is checked");
    is(ask_tls('one', '/bearer', $code), $bearer, "$what, where it is not");
}

for my $row (
    [ 'another client', 'two', {} ],
    [ 'a client without a certificate', undef, {} ],
    [ 'another client, by HTTP/2', 'two', { http => '--http2' } ],
    [ 'a client without a certificate, by HTTP/2', undef, { http => '--http2' } ],
    [ 'its client, of a server that asks for no certificate', 'one',
      { socket => 'asks-nobody.sock' } ],
)
{
    my ($what, $who, $opt) = @$row;
    for my $uri ('/tls', '/tls/inherits', '/cached', '/tls/off', '/bearer') {
        is(ask_tls($who, $uri, $one, %$opt), $no, "$what at $uri");
    }
    is(ask_tls($who, '/tls', code(undef), %$opt), 200, "$what, with a bearer code");
}
for my $http ('--http1.1', '--http2') {
    my ($said, $answer) = ask_tls('one', '/tls/inherits', $one, http => $http);
    is($said, 200, "its client, $http, where the line is inherited");
    is(ask_tls('one', '/tls/off', $one, http => $http), $no, 'but not where it is off');
}
is(answer_of(get($nginx->sock, '/tls', [ "Authorization: Bearer $one" ])), $no,
   'without TLS');

my (undef, $refused) = ask_tls('two', '/tls', $one);
is($refused->{header}{'www-authenticate'}, 'Bearer realm="healthcode", '
   . 'error="invalid_token", error_description="bound"', 'the challenge of RFC 6750');
is(ask_tls('two', '/audit', $one), 200, 'an audited location lets everybody pass');
is((ask_tls('two', '/audit', $one))[1]{header}{'x-reason'}, 'bound', 'and says what is');

my $log = $nginx->error_log;
like($log, qr/deny reason=bound issuer=site kid=site, cnf $_/, "the log: $_")
    for 'names another client certificate', 'names a client certificate, and none was',
        'binds the code to a key', 'has an x5t#S256 that is not';


# ---- its place among the rules ----

my $old = time - 901;
for my $row (
    [ 'expired', '401 expired', { iat => $old, exp => $old + 800 } ],
    [ 'of another status', $no, { status => 'red' } ],
    [ 'of a flagged holder', $no, { sub => 'flagged' } ],
)
{
    my ($what, $answer, $claims) = @$row;
    $f->admin('flag set flagged confirmed --space site') if $claims->{sub};
    is(ask_tls('two', '/tls', code(x5t('one'), %$claims)), $answer,
       "in another's hand, a code that is $what");
}
is(ask_tls('one', '/tls', code(x5t('one'), sub => 'flagged')), '403 flagged',
   "in its holder's hand a flag counts");
is(ask_tls('one', '/claims', code(x5t('one'), ward => 8)), '403 claim',
   'and so does a rule about claims');


for my $row ([ 'one', $one, 200 ], [ 'two', $one, $no ], [ 'one', code(undef), '403 claim' ],
             [ 'one', code('null'), '403 claim' ])
{
    my ($who, $code, $answer) = @$row;
    is(ask_tls($who, '/must', $code), $answer, "where all codes must be bound: $answer");
}


# ---- it is never known ----

for my $uri ('/cached', '/claims') {
    my $code = code(x5t('one'), ward => 7, jti => $uri);
    for my $n (1 .. 2) {
        my ($said, $answer) = ask_tls('one', $uri, $code);
        is($said, 200, "$uri: its client, time $n");
        like($answer->{header}{'x-known'}, qr/^MISS/, 'and it is verified again');
        is(ask_tls('two', $uri, $code), $no, "$uri: another client, time $n");
        is(ask_tls('one', '/cached-bearer', $code), $no,
           'and where nobody checks it, with the same cache');
    }
    my $bearer = code(undef, ward => 7, jti => $uri);
    ask_tls('one', $uri, $bearer);
    like((ask_tls('two', $uri, $bearer))[1]{header}{'x-known'}, qr/^HIT/,
         "$uri: a bearer code is known as ever");
}


# ---- two locations of one request ----

for my $row ([ '/from-tls', 'one', $no ], [ '/from-bearer', 'one', $no ],
             [ '/from-same', 'one', 200 ], [ '/from-same', 'two', $no ])
{
    my ($uri, $who, $answer) = @$row;
    is(ask_tls($who, $uri, $one), $answer, "$uri by $who");
}
is(ask_tls('two', $_, code(undef)), 200, "$_ with a bearer code")
    for qw(/from-tls /from-bearer /from-same);


# ---- sessions that are resumed ----

# Sends a request by `openssl s_client`; all that it says.
sub s_client {
    my ($socket, $who, $request, @more) = @_;
    $f->write('request', $request);
    my $client = Healthcode::Process->spawn([ 'sh', '-c', '(cat "$0"; sleep 1.5) | '
        . 'exec "$@"', $f->path('request'), qw(openssl s_client -ign_eof -unix),
        $socket =~ m{/} ? $socket : $nginx->root . "/$socket", '-cert', $client{$who}{pem}, '-key',
        $client{$who}{key}, @more ]);
    $client->wait(20);
    return $client->output;
}

sub verdicts { $nginx->error_log =~ /healthcode: (\w+ reason=\w+)/g }

my $request = "GET /tls HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            . "Authorization: Bearer $one\r\n\r\n";
$f->write('early', $request);

for my $socket ('old.sock', 'early.sock') {
    like(s_client($socket, 'one', $request, '-sess_out', $f->path('session')),
         qr/New, TLS.*HTTP\/1.1 200/s, "$socket: a session begins");
    like(s_client($socket, 'two', $request, '-sess_in', $f->path('session')),
         qr/Reused, TLS.*HTTP\/1.1 200/s, 'who resumes it had the key then');
}

# Who sees what a client sends first, early data with it, may send it again.
my $relay = Healthcode::Server->start($f->path('relay.sock'), sub {
    my ($client) = @_;
    my $got = '';
    my $select = IO::Select->new($client);
    1 while $select->can_read(1) && sysread $client, $got, 65536, length $got;
    $f->replace('recorded', $got);
});
s_client($relay->path, 'one', '', '-sess_in', $f->path('session'), '-early_data',
         $f->path('early'));
$relay->stop;

SKIP: {
    my $recorded = $f->read('recorded');
    skip 'this OpenSSL sends no early data', 3 if length $recorded < length $request;
    my @verdicts = verdicts();
    my $socket = dial($nginx->root . '/early.sock');
    syswrite $socket, $recorded;
    for (1 .. 100) { last if verdicts() > @verdicts; sleep 0.02 }
    my @now = verdicts();
    is(scalar @now, @verdicts + 1, 'a request that is sent again before a handshake');
    is($now[-1], 'deny reason=bound', 'proves nothing');
    is(ask_tls('one', '/tls', $one, socket => 'early.sock'), 200,
       'while its client passes there');
}


# ---- what nginx -t says ----

sub check {
    my ($lines, $server) = @_;
    return Healthcode::Nginx->new(module => $f->module, http => $conf
        =~ s/cache gate;//r . "server { listen unix:{{SOCK}} ssl; $tls $server\n"
        . "location /t { healthcode on; $lines } }")->check;
}

my $warned = qr/\[warn\].*location "\/t" checks bound codes by TLS, but its server asks no/;
for my $row ([ 'healthcode_bound tls;', '', 1 ], [ 'healthcode_bound off;', '', 0 ],
             [ '', '', 0 ], map({ [ 'healthcode_bound tls;', "ssl_verify_client $_;",
                                    $_ eq 'off' ] } qw(optional_no_ca off)),
             [ 'healthcode_bound tls;', 'ssl_verify_client optional; '
               . "ssl_client_certificate $client{one}{pem};", 0 ])
{
    my ($lines, $server, $warns) = @$row;
    my ($status, $out) = check($lines, $server);
    is($status, 0, "nginx -t: $lines $server") or diag($out);
    is($out =~ $warned ? 1 : 0, $warns ? 1 : 0, 'and what it says of certificates');
}

is($nginx->stop, 0, 'the gate ends by itself');
unlike($nginx->error_log, qr/\[(?:error|alert|crit|emerg)\]/, 'and nothing is wrong in its log');

done_testing();
