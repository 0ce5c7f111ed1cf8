# What `nginx -t` says by the lines of nginx's other modules: a location of
# healthcode_status that is open to all is named, one that a rule guards, of nginx
# or of anybody, never is; a gate that auth_request asks refuses with no 2xx.
# docs/directives.md, "healthcode_status" and "healthcode_reply".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use Healthcode::Fixture;
use Healthcode::Nginx;
use Healthcode::Ports qw(free_ports);

my $f = Healthcode::Fixture->new(no_redis => 1);
my $gates = $f->pepper_conf . $f->issuer_conf('site')
          . $f->store_conf('flags', server => '127.0.0.1:6379');
my $nginx = Healthcode::Nginx->new(module => $f->module,
                                   http => 'server { listen unix:{{SOCK}}; }');

my ($port, $other) = free_ports(2);

$f->write('users', "desk:{PLAIN}open-sesame\n");
my $users = $f->path('users');
my ($key, $cert) = map { $f->path($_) } 'server.key', 'server.crt';
is(system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
          . "-subj /CN=gate -days 1 -keyout $key -out $cert 2>/dev/null"), 0,
   'a certificate');
my $tls = "ssl_certificate $cert; ssl_certificate_key $key; "
        . "ssl_client_certificate $cert;";


# The locations that nginx -t warns of, of a configuration that starts; LISTEN
# is an address that others reach.
sub warned {
    my ($case, $http, @wanted) = @_;
    $http =~ s/\bLISTEN\b/listen $port/g;
    $http =~ s/\bPORT\b/$port/g;
    $http =~ s/\bOTHER\b/$other/g;
    $nginx->configure("$gates$http");
    my ($status, $out) = $nginx->check;
    is($status, 0, "$case: it starts") or diag $out;
    my @said = $out =~ /\[warn\] healthcode: location "(.*?)" shows everybody/g;
    is_deeply(\@said, \@wanted, $case) or diag $out;
    return $out;
}

my $status = 'healthcode_status;';
my $pages  = 'location = /ask { return 204; } location @page { return 403; }';

# Of a location of the status, with these lines in it, before it, and around.
sub location {
    my ($lines, $server, $http) = @_;
    return join ' ', $http // '', 'server { LISTEN;', $server // '', $pages,
                     "location = /s { $lines $status } }";
}


# ---- open ----

my $out = warned('nothing', location(''), '/s');
like($out, qr/: \Q$_\E in \S+nginx\.conf:\d+$/m, 'in these words')
    for 'location "/s" shows everybody what "healthcode_status" has; write "allow '
        . '127.0.0.1; deny all;" there, or "allow all;" if that is meant';
like(warned('of a server with a name', location('', 'server_name gate.example;'),
            '/s'), qr{that is meant in server "gate.example" in \S+:\d+$}m,
     'which are named, too');

for my $case (
    [ 'a format',                  'server { LISTEN; location /s { healthcode_status html; } }' ],
    [ 'an address of no listen',   "server { listen 0.0.0.0:PORT; location /s { $status } }" ],
    [ 'loopback, and all others',  'server { listen 127.0.0.1:OTHER; LISTEN; location /s { '
                                   . "$status } }" ],
    [ 'a password that is off',    location('auth_basic off;') ],
    [ 'a file of passwords alone', location("auth_basic_user_file $users;") ],
    [ 'one that is turned off',    location('auth_basic off;', "auth_basic desk; "
                                            . "auth_basic_user_file $users;") ],
    [ 'nobody to ask',             location('auth_request off;') ],
    [ 'satisfy',                   location('satisfy any;') ],
    [ 'limits of how often',       location('limit_req zone=a;', '',
                                   'limit_req_zone $remote_addr zone=a:1m rate=1r/s;') ],
    [ 'audit',                     location('healthcode audit;') ],
    [ 'a gate that is off',        location('healthcode off;', 'healthcode on;') ],
    [ 'a gate elsewhere',          location('', 'location /t { healthcode on; satisfy any;'
                                            . 'healthcode_reply deny 403; }') ],
    [ 'rules elsewhere',           location('', 'location /t { deny all; }') ],
    [ 'a server elsewhere',        location('') . ' server { listen unix:{{SOCK}}; deny all; }' ],
    [ 'other methods',             location('limit_except GET { deny all; }') ],
    [ 'only HEAD',                 location('limit_except GET POST { healthcode on; }') ],
    [ 'a certificate that may be there', "$tls server { listen PORT ssl; ssl_verify_client "
                                   . "optional; location /s { $status } }" ],
    [ 'a certificate, but not here', "$tls server { listen PORT; listen 127.0.0.1:OTHER ssl; "
                                   . "ssl_verify_client on; location /s { $status } }" ],
    [ 'the client of a proxy',     location('', 'set_real_ip_from 10.0.0.0/8;') ],
) {
    warned($case->[0], $case->[1], '/s');
}

warned('each of them, with its name', "server { LISTEN; location /a { $status location /a/b { "
       . "$status } location /a/c { deny all; $status } location /a/d { } } "
       . "location ~ ^/r { $status } }", '/a', '/a/b', '^/r');
warned('the one of two servers', "server { LISTEN; location /s { $status } } "
       . "server { listen 127.0.0.1:OTHER; location /t { $status } }", '/s');
warned('one of an address for itself, beside all others', 'server { LISTEN; } '
       . "server { listen 127.0.0.1:PORT; location /s { $status } }");


# ---- guarded, or it cannot be known ----

for my $case (
    [ 'rules',                     location('allow 127.0.0.1; deny all;') ],
    [ 'rules for IPv6 alone',      location('deny 2001:db8::/32;') ],
    [ 'rules for sockets alone',   location('deny unix:;') ],
    [ 'rules of the server',       location('', 'deny all;') ],
    [ 'rules of all servers',      location('', '', 'deny all;') ],
    [ 'an opening that is meant',  location('allow all;') ],
    [ 'rules around',              "server { LISTEN; location / { deny all; location /s { "
                                   . "$status } } }" ],
    [ 'a password',                location("auth_basic desk; auth_basic_user_file $users;") ],
    [ 'a password of the server',  location('', "auth_basic desk; auth_basic_user_file $users;") ],
    [ 'a password by a variable',  location('auth_basic $arg_a; '
                                            . "auth_basic_user_file $users;") ],
    [ 'a request',                 location('auth_request /ask;') ],
    [ 'a request of the server',   location('', 'auth_request /ask;') ],
    [ 'any of two',                location("satisfy any; allow 10.0.0.0/8; deny all; "
                                            . "auth_basic desk; auth_basic_user_file $users;") ],
    [ 'a gate',                    location('healthcode on;') ],
    [ 'a gate of the server',      location('', 'healthcode on;') ],
    [ 'a condition',               location('if ($http_key != secret) { return 403; }') ],
    [ 'one of the server',         location('', 'if ($http_key != secret) { return 403; }') ],
    [ 'files',                     location('try_files /open =403;') ],
    [ 'internal',                  location('internal;') ],
    [ 'a name',                    "server { LISTEN; location \@s { $status } }" ],
    [ 'other methods only',        location('limit_except POST { deny all; }') ],
    [ 'loopback',                  "server { listen 127.0.0.1:PORT; location /s { $status } }" ],
    [ 'another loopback',          "server { listen 127.9.9.9:PORT; location /s { $status } }" ],
    [ 'a socket',                  "server { listen unix:{{SOCK}}; location /s { $status } }" ],
    [ 'both',                      'server { listen unix:{{SOCK}}; listen 127.0.0.1:PORT; '
                                   . "location /s { $status } }" ],
    [ 'a certificate',             "$tls server { listen PORT ssl; ssl_verify_client on; "
                                   . "location /s { $status } }" ],
    [ 'a certificate, and loopback', "$tls server { listen PORT ssl; listen 127.0.0.1:OTHER; "
                                   . "ssl_verify_client on; location /s { $status } }" ],
    [ 'no status',                 'server { LISTEN; location /s { } }' ],
    [ 'nothing at all',            'server { LISTEN; }' ],
) {
    warned(@$case);
}

SKIP: {
    skip 'this machine has no IPv6', 4
        if !eval { require IO::Socket::IP; IO::Socket::IP->new(Listen => 1,
                                               LocalHost => '::1') };
    warned('loopback of IPv6', "server { listen [::1]:PORT; location /s { $status } }");
    warned('all addresses of IPv6', "server { listen [::]:PORT; location /s { $status } }",
           '/s');
}


SKIP: {
    my $binary = $ENV{TEST_NGINX_BINARY} || 'nginx';
    skip 'this nginx has no HTTP/3', 2 if `$binary -V 2>&1` !~ /http_v3_module/;
    warned('a certificate by QUIC', "$tls server { listen PORT ssl; listen PORT quic; "
           . "ssl_verify_client on; location /s { $status } }");
}


SKIP: {
    my $binary = $ENV{TEST_NGINX_BINARY} || 'nginx';
    my ($minor, $patch) = `$binary -V 2>&1` =~ m{nginx/1\.(\d+)\.(\d+)};
    skip 'this nginx has no line "ssl"', 6
        if !defined $minor || $minor > 25 || ($minor == 25 && $patch > 0);
    warned('a certificate by "ssl on"', "$tls server { LISTEN; ssl on; ssl_verify_client on; "
           . "location /s { $status } }");
    warned('"ssl on" of another server, the first there', "$tls server { LISTEN; ssl on; } "
           . "server { LISTEN; ssl_verify_client on; location /s { $status } }");
    warned('"ssl on", but not in the first one there', "$tls server { LISTEN; } server { LISTEN; "
           . "ssl on; ssl_verify_client on; location /s { $status } }", '/s');
}


# ---- modules of others ----

# With a handler of its own, which lets everybody on. Whom it would let on,
# nobody but itself could tell.
my $OTHER = <<'C';
#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

static ngx_int_t guard(ngx_http_request_t *r) { return NGX_DECLINED; }

static ngx_int_t
init(ngx_conf_t *cf)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    h = ngx_array_push(&cmcf->phases[PHASE].handlers);
    *h = guard;
    return NGX_OK;
}

static ngx_http_module_t  ctx = { NULL, init };
ngx_module_t  other = { NGX_MODULE_V1, &ctx, NULL, NGX_HTTP_MODULE };
ngx_module_t  *ngx_modules[] = { &other, NULL };
char  *ngx_module_names[] = { "other", NULL };
char  *ngx_module_order[] = { NULL };
C

my $src = $ENV{NGINX_SRC} || '/usr/share/nginx/src';
my $objs = "$FindBin::Bin/../build/nginx";

SKIP: {
    skip 'the module is part of this nginx', 1
        if !$f->module || !-e "$objs/ngx_auto_config.h";
    my $cc = join ' ', $ENV{CC} || 'cc', '-shared -fPIC', "-I$objs",
        map { "-I$src/src/$_" } qw(core event event/modules event/quic os/unix http
                                   http/modules http/v2 http/v3);
    $f->write('other.c', $OTHER);

    for my $phase (qw(POST_READ SERVER_REWRITE REWRITE PREACCESS ACCESS
                      PRECONTENT LOG))
    {
        my $so = $f->path("other-$phase.so");
        is(system("$cc -DPHASE=NGX_HTTP_${phase}_PHASE -o $so " . $f->path('other.c')),
           0, "$phase: a module is built");
        my @open = $phase eq 'LOG' ? '/s' : ();
        for my $gate ('', 'location /t { healthcode on; }') {
            local $nginx->{main} = "load_module $so;";
            warned("$phase: a module of others after ours", location('', $gate), @open);
            local $nginx->{module} = $so;
            local $nginx->{main} = 'load_module ' . $f->module . ';';
            warned("$phase: and before", location('', $gate), @open);
        }
    }
}


# ---- gates that auth_request asks ----

# A gate that refuses with 200, and the location that is said to ask it; "!": the
# gate is said to be internal.
sub asked {
    my ($case, $server, $wanted) = @_;
    $nginx->configure($gates . 'server { listen unix:{{SOCK}}; '
        . ($server =~ s/\bGATE\b/healthcode on; healthcode_gate;/gr) . ' }');
    my ($status, $out) = $nginx->check;
    is($status, 0, "$case: it starts") or diag $out;
    my @said = map { /is internal/ ? '!' : /auth_request of location "(.*?)"/ }
        $out =~ /\[warn\] (.*would take for a pass.*)/g;
    is("@said", $wanted, $case) or diag $out;
    return $out;
}

my $deny  = 'healthcode_reply deny 200 no;';
my $gate  = "location = /gate { GATE $deny }";
my $asked = asked('a gate that is asked', "$gate location /hall/ { auth_request /gate; }",
                  '/hall/');
like($asked, qr/: \Q$_\E in \S+nginx\.conf:\d+$/m, 'in these words')
    for 'location "/gate" answers a refusal with 200, which the auth_request of location '
        . '"/hall/" would take for a pass: it gets the status of the reason instead; write '
        . '401 or 403';
for my $case (
    [ 'lines of the server',       "$deny location = /gate { GATE } location /hall/ { "
                                   . 'auth_request /gate; }', '/hall/' ],
    [ 'asked by all of a server',  "auth_request /gate; $gate location /hall/ { }", '/hall/' ],
    [ 'asked by a part',           "$gate location / { location /hall/ { "
                                   . 'auth_request /gate; auth_request_set $a $status; } }',
                                   '/hall/' ],
    [ 'asked by two, said once',   "$gate location /a { auth_request /gate; } location /b { "
                                   . 'auth_request /gate; }', '/a' ],
    [ 'by an inner URI',           "location /gate { GATE $deny } location /hall/ { "
                                   . 'auth_request /gate/main; }', '/hall/' ],
    [ 'by an expression',          "location ~ ^/g { GATE $deny } location /hall/ { "
                                   . 'auth_request /gate; }', '/hall/' ],
    [ 'internal',                  "location = /gate { internal; GATE $deny } location /hall/ "
                                   . '{ auth_request /gate; }', '!' ],
    [ 'a reason alone',            'location = /gate { GATE healthcode_reply expired 299; } '
                                   . 'location /hall/ { auth_request /gate; }', '/hall/' ],
    [ 'nobody asks',               $gate, '' ],
    [ 'it is not asked there',     "auth_request /gate; location = /gate { GATE $deny } "
                                   . 'location /hall/ { auth_request off; }', '' ],
    [ 'another one is asked',      "$gate location /hall/ { auth_request /gates; }", '' ],
    [ 'another one that is nearer', "location /gate { GATE $deny } location = /gate/main { "
                                   . 'return 204; } location /hall/ { auth_request '
                                   . '/gate/main; }', '' ],
    [ 'with a status of a refusal', 'location = /gate { GATE healthcode_reply deny 403 no; } '
                                   . 'location /hall/ { auth_request /gate; }', '' ],
    [ 'with 200 for an allow',     'location = /gate { GATE healthcode_reply allow 200 yes; } '
                                   . 'location /hall/ { auth_request /gate; }', '' ],
    [ 'of an audit',               "location = /gate { healthcode audit; healthcode_gate; $deny } "
                                   . 'location /hall/ { auth_request /gate; }', '' ],
    [ 'of another server',         "$gate } server { listen unix:{{ROOT}}/two.sock; "
                                   . 'location /hall/ { auth_request /gate; }', '' ],
) {
    asked(@$case);
}

is($nginx->{process}, undef, 'nothing of this was ever started');

done_testing;
