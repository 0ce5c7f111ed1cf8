# docs/issuers: nginx with the block of each page, and key sets and tokens as the
# page shows them, made with keys of our own.  What a table says of a token is
# what the gate answers; without one of the lines that keep tokens out, one of
# those passes.  docs/issuers/README.md, "How these pages are tested".

use strict;
use warnings;

use File::Basename qw(dirname);
use File::Path qw(make_path);
use FindBin;
use JSON::PP ();
use lib "$FindBin::Bin/lib";
use Test::More;

use Healthcode::Docs qw(document);
use Healthcode::Fixture;
use Healthcode::Http qw(get answer_of);
use Healthcode::Jws qw(b64 json);
use Healthcode::Nginx;
use Healthcode::Openssl;
use Healthcode::Ports qw(free_port);
use Healthcode::Server;

my $ROOT = $Healthcode::Fixture::ROOT;
my $f = Healthcode::Fixture->new;
my $openssl = Healthcode::Openssl->new($f->dir);
my $stranger = $openssl->rsa;
my $published = $f->path('published');
my $NOW = int time;

my %page = map { m{([^/]+)\.md$}; ($1 => document($ROOT, "docs/issuers/$1.md")) }
    glob "$ROOT/docs/issuers/*.md";
my $readme = delete $page{README};
my @platforms = sort grep { fence($page{$_}, 'The token', 'json') } keys %page;
my @exchanges = sort grep { !fence($page{$_}, 'The token', 'json') } keys %page;


# ---- what a page shows ----

sub fence {
    my ($doc, $section, $info, $n) = @_;
    my @fences = grep { $_->{section} eq $section && $_->{info} eq $info }
        @{ $doc->{fences} };
    return $fences[$n // 0] ? $fences[$n // 0]{text} : undef;
}

sub shown { return JSON::PP->new->decode(fence(@_[0, 1], 'json', $_[2])) }

# What a table of a page says: [token, "200" or "401 audience"].
sub rows {
    my ($doc, $head) = @_;
    return map { [ $_->{cells}[0], $_->{cells}[1] =~ s/`//gr ] }
        grep { "@{ $_->{head} }" eq ($head // 'shown') . ' answer' } @{ $doc->{rows} };
}

sub line_of { my ($conf, $name) = @_; return $conf =~ /^\s*\Q$name\E\s+(.+);/m ? $1 : '' }


# The lines of a page, with nothing in them outside of this folder.
sub here {
    my ($conf, $name, $dir) = @_;
    $dir //= $name;
    $conf =~ s{proxy_pass(\s+)https://([\w.-]+)(/[^;\s]*);}
              {proxy_pass$1http://unix:{{ROOT}}/published.sock:/$2$3;}g;
    $conf =~ s{http://127\.0\.0\.1:9000}{http://unix:{{ROOT}}/up.sock}g;
    $conf =~ s{/etc/healthcode/}{$f->path($dir) . '/'}ge;
    $conf =~ s/^server \{/server { listen unix:{{ROOT}}\/$name.sock;/m;
    return $conf;
}


# ---- keys and tokens of a platform ----

my %key;      # platform => kid => key
my %token;    # platform => {header, claims}, as of now


sub publish {
    my ($name) = @_;
    my $set = shown($page{$name}, 'The keys');
    my ($url) = fence($page{$name}, 'The gate', 'nginx http')
        =~ m{proxy_pass\s+https://(\S+);} or die "$name: no URL of keys\n";

    for my $jwk (@{ $set->{keys} }) {
        my $key = $key{$name}{ $jwk->{kid} } = $openssl->rsa;
        $jwk->{$_} = $key->{$_} for qw(n e);
        $jwk->{x5c} = [ $key->{x5c} ] if $jwk->{x5c};
    }
    make_path(dirname("$published/$url"));
    $f->write("published/$url", json($set));
}


# The token of the page, issued a moment ago, changed by $change->($token).
sub token {
    my ($name, $change) = @_;
    my $t = { header => shown($page{$name}, 'The token', 0),
              claims => shown($page{$name}, 'The token', 1) };
    ago($t, -($NOW - 10 - $t->{claims}{iat}));
    $t->{key} = $key{$name}{ $t->{header}{kid} };
    $change->($t) if $change;
    return $t->{text} if defined $t->{text};
    delete @{ $t->{claims} }{ grep { !defined $t->{claims}{$_} } keys %{ $t->{claims} } };
    return $openssl->code($t->{key}, $t->{header}, $t->{claims});
}

# All times of it so many seconds earlier.
sub ago {
    my ($t, $seconds) = @_;
    exists $t->{claims}{$_} and $t->{claims}{$_} -= $seconds
        for qw(iat exp nbf auth_time);
}

sub claims { my %c = @_; return sub { @{ $_[0]{claims} }{ keys %c } = values %c } }
sub lives { my ($s) = @_; return sub { $_[0]{claims}{exp} = $_[0]{claims}{iat} + $s } }
sub header { my %h = @_; return sub { @{ $_[0]{header} }{ keys %h } = values %h } }
sub text { my ($text) = @_; return sub { $_[0]{text} = $text } }
sub all { my @changes = @_; return sub { $_->(@_) for @changes } }

my $tenant = '3f8d2c1e-5a6b-4c7d-8e9f-0a1b2c3d4e5f';

# How the tokens of the tables differ from the one above them.
my %CHANGE = (
    keycloak => {
        'the same with `at+jwt`' => header(typ => 'at+jwt'),
        'its ID token' => claims(typ => 'ID', aud => 'booking-app', at_hash => 'x',
                                 scope => undef, realm_access => undef),
        'an ID token for a client that is called `hall-1`' =>
            claims(typ => 'ID', aud => 'hall-1', azp => 'hall-1'),
        'its refresh token, which is signed with HS512' => all(
            header(alg => 'HS512', kid => '689952b1-3c65-409f-a29c-9a49d5bda4fa'),
            claims(typ => 'Refresh', aud => 'https://login.example/realms/staff')),
        'a token of a user without the realm role `gate`' =>
            claims(realm_access => { roles => [ 'offline_access' ] }, roles => [ 'gate' ],
                   resource_access => { gate => { roles => [ 'gate' ] } }),
        'a token that DPoP binds to a key' =>
            claims(cnf => { jkt => '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' }),
        'a token of another realm' => claims(iss => 'https://login.example/realms/guests'),
        'a token without `sub`, of a client without the scope `basic`' => claims(sub => undef),
        'a token of a lifespan of an hour' => lives(3600),
    },
    entra => {
        'its ID token' => claims(aud => '75dbe77f-0000-4e59-85fd-8c127544f17c',
                                 scp => undef, nonce => '12345'),
        'a token that the service asked for itself' =>
            claims(scp => undef, roles => [ 'Gate.Enter' ], idtyp => 'app'),
        'a token of 65 minutes' => lives(3900),
        'a v1.0 token' => claims(iss => "https://sts.windows.net/$tenant/", ver => '1.0'),
        'a token of another tenant' => claims(
            iss => 'https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0'),
        'a token without `oid`' => claims(oid => undef),
    },
    auth0 => {
        'its ID token' => all(header(typ => 'JWT'), claims(
            aud => 'K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja', permissions => undef, nonce => 'x')),
        'a token of the profile *Auth0*' => all(header(typ => 'JWT'), claims(
            jti => undef, client_id => undef, azp => 'K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja')),
        'a token without the permission' => claims(permissions => [ 'read:menu' ]),
        'a token of 24 hours' => lives(86400),
        '`iss` without the slash at its end' => claims(iss => 'https://campus.eu.auth0.com'),
        'a token of an application with sender constraining' =>
            claims(cnf => { 'x5t#S256' => 'A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0' }),
        'an opaque access token' => text('SZzV0Lk1qJc0Yp6RkmJwG3uQ4hXn8e2T'),
    },
    okta => {
        'its ID token' => claims(aud => '0oabucvyc38HLL1ef0h7', sub => '00ujmkLgagxeRrAg20g3',
                                 jti => 'ID.4eAWJOCMB3SX8XewDfVR', amr => [ 'pwd' ]),
        'a token without the scope' => claims(scp => [ 'openid', 'hall-2' ]),
        'a token of an hour' => lives(3600),
        'a token of the org authorization server' =>
            claims(iss => 'https://campus.okta.com', aud => 'https://campus.okta.com'),
        'a token that a service asked for itself, without `uid`' =>
            claims(uid => undef, sub => '0oabucvyc38HLL1ef0h7'),
    },
    cognito => {
        'its ID token' => all(
            sub { $_[0]{header}{kid} = '9z8Yx7wVu6TsRq5pOn4MlKj3iHgF2eDcBa1Z0yXwVut=';
                  $_[0]{key} = $key{cognito}{ $_[0]{header}{kid} } },
            claims(token_use => 'id', aud => '57cbishk4j24pabc1234567890',
                   client_id => undef, scope => undef)),
        'a token of another app client' => claims(client_id => '1zyxwvutsrqponmlkjihgfedcb'),
        'a token for another gate' => claims(scope => 'openid gate/hall-10'),
        'a token of an hour' => lives(3600),
        'a token of another pool' => claims(
            iss => 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example02'),
    },
);

# What no table has, of each platform: [token, change, answer].
sub always {
    my ($name) = @_;
    my @place = $name eq 'cognito'
        ? ([ 'one whose token_use is id', claims(token_use => 'id'), '403 claim' ])
        : ([ 'one for another audience', claims(aud => 'elsewhere'), '401 audience' ],
           [ 'one without an audience', claims(aud => undef), '401 audience' ]);
    return (
        @place,
        [ 'one of another typ', header(typ => 'other+jwt'), '401 type' ],
        [ 'one that is expired', sub { ago($_[0], 910) }, '401 expired' ],
        [ 'one of tomorrow', sub { ago($_[0], -86400) }, '401 not_yet_valid' ],
        [ 'one with a kid that nobody has', header(kid => 'nobody'), '401 key' ],
        [ "one that another's key signed", sub { $_[0]{key} = $stranger }, '401 signature' ],
        [ 'one with HS256', header(alg => 'HS256'), '401 algorithm' ],
        [ 'one without a signature', header(alg => 'none'), '401 algorithm' ],
        [ 'one without iat', claims(iat => undef), '401 malformed' ],
        [ 'one with the ids of 200 groups', claims(groups => [
              map { sprintf '%08x-aaaa-4bbb-8ccc-dddddddddddd', $_ } 1 .. 200 ]),
          '400 (no reason)' ],
        [ 'one with the ids of 80 groups', claims(groups => [
              map { sprintf '%08x-aaaa-4bbb-8ccc-dddddddddddd', $_ } 1 .. 80 ]), '200' ],
    );
}


# ---- the gate ----

sub gate {
    my ($http) = @_;
    return Healthcode::Nginx->new(module => $f->module, http => <<"END")->start;
${\ $f->pepper_conf }
${\ $f->store_conf }
$http
server { listen unix:{{ROOT}}/published.sock; root $published; }
server { listen unix:{{ROOT}}/up.sock; location / { return 200 "passed\\n"; } }
server { listen unix:{{SOCK}}; location /alive { return 204; } }
END
}

sub show {
    my ($nginx, $socket, $code, $uri) = @_;
    return answer_of(get($nginx->root . "/$socket.sock", $uri // '/hall/',
                         [ "Authorization: Bearer $code" ]));
}

# The subject by which the page knows the person of its token.
sub subject {
    my ($name, $conf) = @_;
    return shown($page{$name}, 'The token', 1)->{ line_of($conf, 'subject') || 'sub' };
}

sub flagged {
    my ($space, $subject, $what) = @_;
    $f->admin([ 'flag', $what, '--space', $space, $subject, 'contact' ]);
}


my %conf = map { $_ => fence($page{$_}, 'The gate', 'nginx http')
                       // die "$_: no gate\n" } keys %page;
publish($_) for @platforms;

for my $name (@exchanges) {
    mkdir $f->path($name);
    $f->tool('keygen', '--alg', 'ES256', '--private', $f->path("$name/doors.jwk"),
             '--public', $f->path("$name/doors.jwks"));
}

# A server for each line that keeps tokens out, which does not have this line.
my (@without, $servers);
for my $name (@platforms) {
    my ($location) = $conf{$name} =~ m{^(    location /hall/ \{.*?^    \})}ms;
    while ($location =~ /^( *healthcode_(?:audience|require) .*\n)/mg) {
        my $line = $1;
        my $socket = 'without-' . @without;
        push @without, [ $name, $socket, $line =~ s/^ +|;\s*$//gr ];
        $servers .= here("server {\n" . $location =~ s/^\Q$line\E//mr . "\n}\n", $socket);
    }
}

my $nginx = gate(join '', (map { here($conf{$_}, $_) } sort keys %page), $servers);


# ---- what the tables say ----

my %tokens;   # platform => [[token, code, answer]]

for my $name (@platforms) {
    my %change = ('the token above' => undef, %{ $CHANGE{$name} });
    my @rows = rows($page{$name});
    is_deeply([ sort map { $_->[0] } @rows ], [ sort keys %change ],
              "$name: the table has the tokens that are tried");
    $tokens{$name} = [ map { [ $_->[0], token($name, $change{ $_->[0] }), $_->[1] ] }
                       @rows ];
    push @{ $tokens{$name} }, map { [ $_->[0], token($name, $_->[1]), $_->[2] ] }
        always($name);

    for my $token (@{ $tokens{$name} }) {
        my ($what, $code, $answer) = @$token;
        is(show($nginx, $name, $code), $answer, "$name: $what: $answer");
    }
}

for my $name (@platforms) {
    my $code = $tokens{$name}[0][1];
    my ($last) = $code =~ /(.)$/;
    my ($flipped) = $code =~ s/(.)(.{10})$/($1 eq 'A' ? 'B' : 'A') . $2/er;
    is(show($nginx, $name, $flipped), '401 signature', "$name: a bit of it changed");
    is(show($nginx, $_, $code), '401 issuer', "$name: and not at the gate of $_")
        for grep { $_ ne $name } sort keys %page;
}

# ---- each line is needed ----

for my $without (@without) {
    my ($name, $socket, $line) = @$without;
    my @passed = grep { $_->[2] ne 200 && show($nginx, $socket, $_->[1]) eq '200' }
        @{ $tokens{$name} };
    cmp_ok(scalar @passed, '>', 0, "$name: without \"$line\" a wrong token passes");
    is(show($nginx, $socket, $tokens{$name}[0][1]), '200', "$name: and the right one");
}

# ---- the person ----

my $lax = gate(join '', map { here($conf{$_}, $_)
    =~ s/^(\s*typ\s).*;/$1any;/mr =~ s/^\s*(?:subject|subject_space)\s.*\n//mgr } @platforms);

for my $name (@platforms) {
    my ($code, $space) = ($tokens{$name}[0][1], line_of($conf{$name}, 'subject_space'));
    my $subject = subject($name, $conf{$name});
    my ($typ) = grep { $_->[0] eq 'one of another typ' } @{ $tokens{$name} };

    flagged($space, $subject, 'set');
    is(show($nginx, $name, $code), '403 flagged', "$name: a flag for $subject holds");
    is(show($lax, $name, $code), '200', "$name: by the lines \"subject\" and \"subject_space\"");
    is(show($lax, $name, $typ->[1]), '200', "$name: a typ is refused by the line \"typ\"");
    flagged($space, $subject, 'clear');
    is(show($nginx, $name, $code), '200', "$name: and without the flag the person passes");
}
$lax->stop;


# ---- exchanges ----

# A code of the service of a page.
sub service {
    my ($name, %claims) = @_;
    return $f->tool('issue', '--key', $f->path("$name/doors.jwk"), '--iss',
        $claims{iss} // line_of($conf{$name}, 'iss'), '--sub', $claims{sub} // '1001',
        '--aud', $claims{aud} // 'hall-1',
        $name eq 'openid4vc' ? ('--claim', 'vct=https://health.example/vaccination') : ());
}

# What a wallet has: ES256, signed by nobody here.
sub credential {
    my ($typ, $claims) = @_;
    return b64(json({ alg => 'ES256', typ => $typ })) . '.' . b64(json($claims))
        . '.' . b64('s' x 64);
}

my %opaque = (
    wecom => [ 'access token of WeCom', 'accesstoken000001-Lx7Rz0Kq3',
               'login code of WeCom', 'eh3CZBgG333qs9EdaPbCAP1VaOrjuNkiAZHTWgaWsZQ' ],
    dingtalk => [ 'access token of DingTalk', '6d1bffe2c0a63d1aa8cfb4d1b2e3f405',
                  'authorization code of DingTalk', 'bab02f63c1e030fbb0a1b2c3d4e5f607' ],
);
my $vc = shown($page{openid4vc}, 'What a wallet has');
my $sd_jwt = credential('dc+sd-jwt', $vc);
my %EXCHANGE = (
    wecom => {
        'the code of the service' => service('wecom'),
        'an access token of WeCom' => $opaque{wecom}[1],
        'a login code of WeCom' => $opaque{wecom}[3],
        "the code of another enterprise's service" =>
            service('wecom', iss => 'https://codes.other.example'),
        'a code for another place' => service('wecom', aud => 'hall-2'),
    },
    dingtalk => {
        'the code of the service' => service('dingtalk'),
        'an access token of DingTalk' => $opaque{dingtalk}[1],
        'an authorization code of DingTalk' => $opaque{dingtalk}[3],
        "the code of another organisation's service" =>
            service('dingtalk', iss => 'https://codes.other.example'),
        'a code for another place' => service('dingtalk', aud => 'hall-2'),
    },
    openid4vc => {
        'the code of the verifier' => service('openid4vc'),
        'an SD-JWT VC, as a wallet presents it' => "$sd_jwt~WyJzYWx0IiwibmFtZSIsIlJvc2EiXQ~"
            . credential('kb+jwt', { aud => 'hall-1', nonce => 'n', iat => $NOW }),
        'the JWT of an SD-JWT VC alone, cut off at the first `~`' =>
            credential('dc+sd-jwt', { %$vc, sub => '1001' }),
        'a JWT VC without `iat` and `exp`' => credential('JWT', {
            iss => 'https://health.example', nbf => $NOW, sub => 'did:example:1',
            jti => 'https://health.example/credentials/3732',
            vc => { type => [ 'VerifiableCredential' ] } }),
    },
);

for my $name (@exchanges) {
    my @rows = rows($page{$name});
    is_deeply([ sort map { $_->[0] } @rows ], [ sort keys %{ $EXCHANGE{$name} } ],
              "$name: the table has the tokens that are tried");
    is(show($nginx, $name, $EXCHANGE{$name}{ $_->[0] }), $_->[1], "$name: $_->[0]: $_->[1]")
        for @rows;

    my $space = line_of($conf{$name}, 'subject_space') || 'national';
    flagged($space, '1001', 'set');
    is(show($nginx, $name, service($name)), '403 flagged', "$name: a flag holds");
    is(show($nginx, $_, service($_)), '200', "$name: and for nobody at $_")
        for grep { $_ ne $name } @exchanges;
    flagged($space, '1001', 'clear');
}


# ---- JWT VCs ----

{
    my $name = 'openid4vc';
    my $gate = gate(here(fence($page{$name}, 'An issuer of short JWT VCs', 'nginx http'), $name));
    my $jwt_vc = sub {
        my ($typ, @more) = @_;
        return $f->tool('issue', '--key', $f->path("$name/doors.jwk"), '--iss',
            'https://health.example', '--sub', 'did:example:1', '--typ', $typ, '--aud', 'hall-1',
            '--claim', 'vc:={"type":["VerifiableCredential","HealthCredential"]}', @more) =~ s/.*\n//sr;
    };
    my %shown = (
        'a JWT VC of 15 minutes' => $jwt_vc->('JWT'),
        'a JWT VC of a year' => $jwt_vc->('JWT', '--ttl', '365d'),
        'a JWT VC for any verifier, without `aud`' => $jwt_vc->('JWT', '--claim', 'aud:=null'),
        'a JWT VC of another type' => $jwt_vc->(
            'JWT', '--claim', 'vc:={"type":["VerifiableCredential","DegreeCredential"]}'),
        "a JWT VC with the wallet's key in `cnf`" => $jwt_vc->(
            'JWT', '--claim', 'cnf:=' . json($vc->{cnf})),
        'a JWT VC with a status list, which the gate does not ask' => $jwt_vc->(
            'JWT', '--claim', 'status:={"status_list":{"idx":412,"uri":"https://health.example/1"}}'),
        'the JWT of an SD-JWT VC, cut off at the first `~`' => $jwt_vc->('dc+sd-jwt'),
    );
    my @rows = rows($page{$name}, 'shown there');
    is_deeply([ sort map { $_->[0] } @rows ], [ sort keys %shown ],
              "$name: the second table has the credentials that are tried");
    is(show($gate, $name, $shown{ $_->[0] }), $_->[1], "$name: $_->[0]: $_->[1]") for @rows;
    $gate->stop;
}


# ---- the exchange of README.md, and its resolver ----

{
    my $exchange = fence($readme, 'Exchange', 'nginx http');
    my $login = $openssl->rsa;
    my $service = $f->path('service.sock');
    my $port = free_port();

    mkdir $f->path('exchange');
    $f->write('exchange/login.jwks', json({ keys => [ { kty => 'RSA', alg => 'RS256',
        kid => 'login', n => $login->{n}, e => 'AQAB' } ] }));
    $f->tool('keygen', '--alg', 'ES256', '--private', $f->path('exchange/doors.jwk'),
             '--public', $f->path('exchange/doors.jwks'));

    my $server = Healthcode::Server->start($service, sub {
        my ($client) = @_;
        my $request = Healthcode::Server::take($client, 1) // '';
        my ($subject) = $request =~ /^X-Subject: (.*?)\r$/mi;
        my $body = $request =~ m{^GET /code } && defined $subject
            ? $f->tool('issue', '--key', $f->path('exchange/doors.jwk'), '--iss',
                       'https://codes.example', '--sub', $subject, '--aud', 'hall-1')
            : "passed\n";
        Healthcode::Server::put($client, "HTTP/1.1 200 OK\r\nConnection: close\r\n"
            . 'Content-Length: ' . length($body) . "\r\n\r\n$body", 5);
    });

    my ($dns, $dns_port) = Healthcode::Server::names($f->write('address', '127.0.0.1'));
    my $fetched = fence($readme, 'Keys', 'nginx http')
        =~ s{https://\$keys_host}{http://\$keys_host:$port}r
        =~ s{resolver 127\.0\.0\.53}{resolver 127.0.0.1:$dns_port ipv6=off}r
        =~ s|location / \{ healthcode on; \}|location /hall/ { healthcode on;
            healthcode_issuers staff; proxy_pass http://unix:{{ROOT}}/up.sock; }|r;
    make_path("$published/realms/staff/protocol/openid-connect");
    $f->write('published/realms/staff/protocol/openid-connect/certs',
              $f->read('exchange/login.jwks'));

    # two issuers of one iss are two gates
    my $gate = gate(here($exchange, 'exchange') =~ s{unix:\{\{ROOT\}\}/up\.sock}{unix:$service}gr);
    my $resolving = gate(here($fetched, 'fetched')
        . "server { listen 127.0.0.1:$port; root $published; }\n");

    my $platform = sub {
        my (%claims) = @_;
        return $openssl->code($login, { alg => 'RS256', typ => 'JWT', kid => 'login' },
            { iss => 'https://login.example/realms/staff', sub => 'rosa', typ => 'Bearer',
              aud => 'code-desk', iat => $NOW - 1800, exp => $NOW + 1800, %claims });
    };
    my $ask = sub {
        my ($uri, $code, @headers) = @_;
        return get($gate->root . '/exchange.sock', $uri,
                   [ "Authorization: Bearer $code", @headers ]);
    };

    my $token = $platform->();
    my $code = $ask->('/code', $token)->{body};
    like($code, qr/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/, 'exchange: the service answers with a code');
    is(answer_of($ask->('/hall/', $code)), '200', 'exchange: which the door takes');
    is(answer_of($ask->('/hall/', $token)), '401 issuer', 'exchange: and not the token');
    is(answer_of($ask->('/code', $code)), '401 issuer', 'exchange: nor is it exchanged again');
    is(answer_of($ask->('/code', $platform->(aud => 'hall-1'))), '401 audience',
       'exchange: a token for another place is not exchanged');
    is(answer_of($ask->('/code', $platform->(typ => 'ID'))), '403 claim',
       'exchange: nor an ID token');
    is(answer_of($ask->('/code', $platform->(exp => $NOW + 1801))), '401 lifetime',
       'exchange: nor one that lives longer than an hour');
    is(answer_of($ask->('/code', $platform->(iat => $NOW - 3610, exp => $NOW - 10))),
       '401 expired', 'exchange: nor one that is over');

    my $other = $ask->('/code', $platform->(sub => 'ana'), 'X-Subject: rosa')->{body};
    flagged('staff', 'rosa', 'set');
    is(answer_of($ask->('/hall/', $code)), '403 flagged', 'exchange: a flag stops the code');
    is(answer_of($ask->('/code', $token)), '403 flagged', 'exchange: and the exchange');
    is(answer_of($ask->('/hall/', $other)), '200',
       'exchange: the subject is that of the token, whatever the client says');
    flagged('staff', 'rosa', 'clear');

    is(show($resolving, 'fetched', $platform->(iat => $NOW - 10, exp => $NOW + 890)), '200',
       'keys come from a name that a resolver knows');
    $_->stop for $gate, $resolving, $server;
}


# ---- what the log says ----

my @lines = grep { /reason=(?:malformed|type)\b/ } split /\n/, $nginx->error_log;
cmp_ok(scalar @lines, '>', 15, 'the log has what was malformed or of another type');
is(join("\n", grep { !/ kid=-, (?:code|typ|iat|sub|oid|uid) (?:is|has) / } @lines), '',
   'and says what is wrong with each');
my %said = (
    'the SD-JWT' => qr/malformed issuer=- kid=-, code has a "~": it is an SD-JWT/,
    'opaque tokens' => qr/malformed issuer=- kid=-, code has no dot: it is not a JWT/,
    'a claim' => qr/malformed issuer=okta kid=-, uid is missing/,
    'a typ' => qr/type issuer=auth0 kid=-, typ is not a TYPE of the issuer's "typ"/,
    'a slash' => qr/issuer issuer=- kid=-, iss differs from a known one by a slash at its end/,
    'a missing audience' => qr/audience issuer=okta kid=\S+, aud is missing/,
);
like($nginx->error_log, $said{$_}, "the log names $_") for sort keys %said;
like($nginx->error_log, qr/audience issuer=okta kid=\S+, client:/,
     'and an audience that is another one is not missing');
is(join("\n", grep { /\[(?:crit|alert|emerg)\]/ } split /\n/, $nginx->error_log), '',
   'nothing is alarming');
$nginx->stop;

done_testing();
