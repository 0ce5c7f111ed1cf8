# Codes that are bound to a key by DPoP (RFC 9449), at two real gates with one
# real Redis: a proof is for one request, and passes once, whichever gate sees
# it; without the store nobody passes by one.
# docs/directives.md, "healthcode_bound".

use strict;
use warnings;

use Digest::SHA qw(sha256);
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep);

use Healthcode::Fixture;
use Healthcode::Http qw(answers answer_of dial get);
use Healthcode::Jws qw(b64 json jws);
use Healthcode::Nginx;
use Healthcode::Openssl;

delete $ENV{HEALTHCODE_CACHED};
$Healthcode::Fixture::CACHED = 0;

my $f       = Healthcode::Fixture->new;
my $redis   = $f->redis;
my $site    = $f->path('site');
my $openssl = Healthcode::Openssl->new($f->dir);
my ($phone, $other) = map { key() } 1 .. 2;
my $ORIGIN  = 'https://hall.example';

# docs/redis-keys.md, "healthcode:mark"
my @RIGHTS = ('~healthcode:mark:*', qw(+evalsha +script|load +hget +set +get));
$redis->cmd('ACL', 'SETUSER', 'gate', @RIGHTS);

my $conf = $f->http_conf(cache => 'gate');
my $dpop = "healthcode on; healthcode_bound dpop; healthcode_dpop_origin $ORIGIN;";

sub http {
    return <<"END";
healthcode_zone gate 1m;
$conf
server {
    listen unix:{{SOCK}};
    location /alive { return 204; }
    location /t { $dpop alias $site/passed; }
    location /more { $dpop healthcode_require ward = 7; alias $site/passed; }
    location /bearer { healthcode on; alias $site/passed; }
    location /off { $dpop alias $site/passed;
        location /off/here { healthcode_bound off; alias $site/passed; } }
    location /open { $dpop healthcode_on_outage allow timeout refused auth proof;
        alias $site/passed; }
    location /audit { healthcode audit; healthcode_bound dpop;
        healthcode_dpop_origin $ORIGIN; alias $site/passed;
        add_header X-Reason \$healthcode_reason; }
    location = /from { $dpop root $site; try_files /nowhere /more; }
    location /sees { $dpop proxy_pass http://unix:{{ROOT}}/sees.sock; }
    location = /asked { auth_request /gate; alias $site/passed; }
    location = /gate { internal; healthcode_gate; $dpop }
    location /query { $dpop healthcode_source query code; alias $site/passed; }
}
server {
    listen unix:{{ROOT}}/sees.sock;
    location / { return 200 "dpop=\$http_dpop authorization=\$http_authorization\\n"; }
}
END
}

my @gates = map { Healthcode::Nginx->new(module => $f->module, http => http())->start }
    1 .. 2;
my $gate = $gates[0];


# {jwk, jkt, ...}: a key of a phone, and its thumbprint by core Perl.
sub key {
    my $key = $openssl->rsa;
    my %jwk = (kty => 'RSA', n => $key->{n}, e => $key->{e});
    return { %$key, jwk => \%jwk, jkt => b64(sha256(json(\%jwk))) };
}

# A code of the site that is bound to this key; to none if it is undef.
sub code {
    my ($key, %claims) = @_;
    $claims{cnf} = { jkt => $key->{jkt} } if $key;
    return jws($f->secret, json($f->header), json($f->claims(%claims)));
}

my $n = 0;
# A proof for this code at $uri, by the phone; other claims and members.
sub proof {
    my ($code, $uri, %opt) = @_;
    my $key = $opt{key} // $phone;
    return $openssl->code($key,
        { typ => 'dpop+jwt', alg => 'RS256', jwk => $key->{jwk}, %{ $opt{header} // {} } },
        { jti => 'jti-' . ++$n, htm => 'GET', htu => "$ORIGIN$uri", iat => time,
          ath => b64(sha256($code)), %{ $opt{claims} // {} } });
}

sub ask {
    my ($to, $uri, $code, @proofs) = @_;
    return get($to->sock, $uri,
               [ "Authorization: DPoP $code", map { "DPoP: $_" } @proofs ]);
}

sub said { answer_of(ask(@_)) }

my $code = code($phone);
my $bearer = code(undef);

for my $one (@gates) {
    $one->ask_until(200, 5, $bearer, '/bearer');
}


# ---- a proof is for one request ----

{
    my $proof = proof($code, '/t');
    is(said($gate, '/t', $code, $proof), 200, 'its holder passes');
    is(said($gate, '/t', $code, $proof), '403 replayed', 'but not by the same proof again');
    is(said($gates[1], '/t', $code, $proof), '403 replayed', 'nor at another gate');
    is(said($gates[1], '/t', $code, proof($code, '/t')), 200, 'a new one passes there');
    my @forwarded = map { "X-Forwarded-$_" } 'Host: evil.example', 'Proto: http';
    is(answer_of(get($gate->sock, '/t?a=1', [ "Authorization: Bearer $code", @forwarded,
        'DPoP: ' . proof($code, '/t') ])), 200,
       'whatever Host and X-Forwarded say, and with a query');
    is(answer_of(get($gate->sock, '/t', [ "Authorization: Bearer $code", @forwarded,
        'DPoP: ' . proof($code, '/t', claims => { htu => "http://$_/t" }) ])),
       '401 bound', "no proof is for $_") for qw(evil.example localhost);
    is(answer_of(get($gate->sock, "/query?code=$code",
        [ 'DPoP: ' . proof($code, '/query') ])), 200, 'with the code in the query');
    is(answer_of(get($gate->sock, '/t', [ "Authorization: DPoP $code",
        'DPoP: ' . proof($code, '/t', claims => { htm => 'POST' }) ], method => 'POST',
        body => '')), '405 (no reason)', 'of another method, which nginx has no answer to');
}

my $marks = $redis->cmd('KEYS', 'healthcode:mark:*');
is(scalar(grep { /^healthcode:mark:\{([0-9a-f]{2})\}:\1[0-9a-f]{30}$/ } @$marks), 5,
   'each leaves a mark in the store, by its digest');
is(scalar(@$marks), 5, 'and nothing else');
my @lives = map { $redis->cmd('TTL', $_) } @$marks;
is(scalar(grep { $_ > 60 && $_ <= 180 } @lives), 5, 'for three minutes');


# ---- at two gates at once ----

{
    my %ends;
    for my $round (1 .. 15) {
        my $proof = proof($code, '/t');
        my @sockets = map { dial($_->sock) } @gates;
        syswrite $_, "GET /t HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
            . "Authorization: DPoP $code\r\nDPoP: $proof\r\n\r\n" for @sockets;
        my @said = sort map { my $socket = $_;
                              my $got = do { local $/; <$socket> };
                              answer_of((answers($got))[0]) } @sockets;
        $ends{"@said"}++;
    }
    is_deeply(\%ends, { '200 403 replayed' => 15 }, 'exactly one of two passes');
}


# ---- what is refused, and how ----

for my $row (
    [ 'no proof', [], 'DPoP is missing' ],
    [ 'two proofs', [ proof($code, '/t'), proof($code, '/t') ], 'DPoP stands in two headers' ],
    [ 'a proof of another key', [ proof($code, '/t', key => $other) ],
      'DPoP is signed with another key' ],
    [ 'one that another key has signed',
      [ proof($code, '/t', key => { %$phone, pem => $other->{pem} }) ],
      'DPoP has a signature that does not hold' ],
    [ 'one for another place', [ proof($code, '/u') ], 'DPoP has an "htu"' ],
    [ 'one for another method', [ proof($code, '/t', claims => { htm => 'POST' }) ],
      'DPoP has an "htm"' ],
    [ 'one for another code', [ proof(code($phone, jti => 'x'), '/t') ],
      'DPoP has an "ath"' ],
    [ 'an old one', [ proof($code, '/t', claims => { iat => time - 70 }) ],
      'DPoP has an "iat" that is too long ago' ],
    [ 'one of later', [ proof($code, '/t', claims => { iat => time + 90 }) ],
      'DPoP has an "iat" that lies ahead' ],
    [ 'one of another type', [ proof($code, '/t', header => { typ => 'JWT' }) ],
      'DPoP has another "typ"' ],
    [ 'one without an algorithm', [ proof($code, '/t', header => { alg => 'none' }) ],
      'DPoP is signed with an algorithm' ],
    [ 'one with a private key', [ proof($code, '/t',
        header => { jwk => { %{ $phone->{jwk} }, d => 'AQAB' } }) ],
      'DPoP has a private key' ],
    [ 'the code itself', [ $code ], 'DPoP has another "typ"' ],
)
{
    my ($what, $proofs, $log) = @$row;
    my $answer = ask($gate, '/t', $code, @$proofs);
    is(answer_of($answer), '401 bound', $what);
    like($answer->{raw},
         qr/^WWW-Authenticate: DPoP error="invalid_dpop_proof", algs="RS256 .*ES256/m,
         'and its challenge');
    like($gate->error_log, qr/deny reason=bound issuer=site kid=site, \Q$log\E/, "the log: $log");
}

{
    my $raw = ask($gate, '/t', 'x.y.z')->{raw};
    like($raw, qr/^WWW-Authenticate: Bearer realm="healthcode", error="invalid_token"/m,
         'of another refusal, the usual challenge');
    like($raw, qr/^WWW-Authenticate: DPoP algs="/m, 'and one that names algorithms alone');
    unlike(ask($gate, '/bearer', 'x.y.z')->{raw}, qr/DPoP algs/,
           'where no proof is taken there is none');
}

my $x5t = jws($f->secret, json($f->header),
              json($f->claims(cnf => { 'x5t#S256' => $phone->{jkt} })));
for my $row (
    [ 'a bearer code', '/t', $bearer, 200 ],
    [ 'a bearer code with a proof', '/t', $bearer, 200, proof($bearer, '/t') ],
    [ 'a code that names a certificate', '/t', $x5t, '401 bound', proof($x5t, '/t') ],
    [ 'where no proof is checked', '/bearer', $code, '401 missing', proof($code, '/bearer') ],
)
{
    my ($what, $uri, $shown, $answer, @proofs) = @$row;
    is(said($gate, $uri, $shown, @proofs), $answer, $what) if $uri ne '/bearer';
    is(answer_of(get($gate->sock, $uri, [ "Authorization: DPoP $shown", "DPoP: @proofs" ])),
       $answer, "$what, and no code in the scheme DPoP") if $uri eq '/bearer';
}
is(answer_of(get($gate->sock, '/bearer', [ "Authorization: Bearer $code",
    'DPoP: ' . proof($code, '/bearer') ])), '401 bound', 'nor a proof for it there');

is(said($gate, '/off/here', $code, proof($code, '/off/here')), '401 bound',
   'nor one where it is off');

my $old = time - 901;
is(said($gate, '/t', code($phone, iat => $old, exp => $old + 800)), '401 expired',
   'what is wrong with a code comes before its proof');
$f->admin('flag set flagged confirmed --space site');
my $flagged = code($phone, sub => 'flagged');
is(said($gate, '/t', $flagged, proof($flagged, '/t')), '403 flagged', 'flags come behind it');
is(said($gate, '/t', $flagged), '401 bound',
   "and a stranger learns nothing of the holder's");


# ---- one request, several gates ----

{
    my $ward = code($phone, ward => 7);
    my $proof = proof($ward, '/from');
    is(said($gate, '/from', $ward, $proof), 200,
       'a request that another gate judges as well has shown its proof once');
    is(said($gate, '/from', $ward, $proof), '403 replayed', 'another request has not');
    is(said($gate, '/asked', $code, proof($code, '/asked')), 200,
       'a proof is for the URI that was asked for, not for that of a subrequest');
    is(said($gate, '/asked', $code, proof($code, '/gate')), '401 (no reason)',
       'which it is not for');
    like(ask($gate, '/sees', $code, proof($code, '/sees'))->{body},
         qr/^dpop= authorization=$/m, 'the application sees neither code nor proof');

    my $audited = proof($code, '/audit');
    for my $time (1 .. 2) {
        is(ask($gate, '/audit', $code, $audited)->{header}{'x-reason'}, 'ok',
           "an audit marks nothing, time $time");
    }
    is(ask($gate, '/audit', $code)->{header}{'x-reason'}, 'bound', 'but it judges');
}


# ---- the store ----

$redis->cmd('SCRIPT', 'FLUSH');
is(said($gate, '/t', $code, proof($code, '/t')), 200, 'a script that is forgotten is loaded');

$redis->cmd('ACL', 'SETUSER', 'gate', '-evalsha');
is(said($gate, '/t', $code, proof($code, '/t')), '503 store_auth',
   'without the rights nobody passes by a proof');
is(said($gate, '/t', $bearer), 200, 'while bearer codes do');
is(said($gate, '/open', $code, proof($code, '/open')), '503 store_auth',
   'also where an outage opens');
$redis->cmd('ACL', 'SETUSER', 'gate', '+evalsha');
is(said($gate, '/t', $code, proof($code, '/t')), 200, 'with them one passes again');

$redis->down;
like(said($gate, '/t', $code, proof($code, '/t')), qr/^503 store_/, 'without a store nobody');
for (1 .. 100) {
    last if said($gate, '/open', $bearer) eq '200';
    sleep 0.05;
}
is(said($gate, '/open', $bearer), 200, 'where an outage opens, bearer codes pass');
like(said($gate, '/open', $code, proof($code, '/open')), qr/^503 store_/,
     'and nobody by a proof');


# ---- what nginx -t says ----

sub check {
    my ($lines) = @_;
    return Healthcode::Nginx->new(module => $f->module, http => $conf =~ s/cache gate;//r
        . "server { listen unix:{{SOCK}}; location /t { healthcode on; $lines } }")->check;
}

for my $row (
    [ "healthcode_bound dpop; healthcode_dpop_origin $ORIGIN;", undef ],
    [ 'healthcode_bound dpop; healthcode_dpop_origin http://[::1]:8080;', undef ],
    [ 'healthcode_bound dpop;', qr/"healthcode_bound dpop" needs to know for whom/ ],
    [ "healthcode_bound dpop; healthcode_dpop_origin $ORIGIN; healthcode_risk off;",
      qr/"healthcode_bound dpop" needs a store/ ],
    [ 'healthcode_bound both;', qr/invalid value; write "tls"/ ],
    map({ [ "healthcode_bound dpop; healthcode_dpop_origin $_;",
            qr/"healthcode_dpop_origin" directive invalid value; write the scheme/ ] }
        'hall.example', '/', "$ORIGIN/", "$ORIGIN/gate", 'https://a@hall.example',
        'ftp://hall.example', "$ORIGIN?a", '""'),
    [ "healthcode_dpop_origin $ORIGIN; healthcode_dpop_origin $ORIGIN;", qr/is duplicate/ ],
)
{
    my ($lines, $says) = @$row;
    my ($status, $out) = check($lines);
    is($status ? 1 : 0, $says ? 1 : 0, "nginx -t: $lines") or diag($out);
    like($out, $says, 'and what it says') if $says;
}

is($_->stop, 0, 'the gate ends by itself') for @gates;
unlike($_->error_log, qr/\[(?:alert|crit|emerg)\]/, 'and nothing is wrong in its log')
    for @gates;

done_testing();
