# docs/examples/forward-auth.conf and forward-auth/: HAProxy and Caddy of Debian,
# each with its recipe as it stands, ask a real gate, a real Redis beside it, and
# hand its answer to the client.  make proxies.

use strict;
use warnings;

use File::Temp ();
use FindBin;
use Time::HiRes qw(sleep);
use lib "$FindBin::Bin/../lib";

use Test::More;

use Healthcode::Docs qw(slurp tame);
use Healthcode::Fixture;
use Healthcode::Http qw(get);
use Healthcode::Ports qw(free_ports);
use Healthcode::Process;
use Healthcode::Redis;
use IO::Socket::INET;

my $ROOT = $Healthcode::Fixture::ROOT;
my $RECIPES = "$ROOT/docs/examples/forward-auth";
my $f = Healthcode::Fixture->new(no_redis => 1);
my $tmp = File::Temp->newdir('healthcode-proxies-XXXXXXXX', TMPDIR => 1);
my $dir = "$tmp";
my %port;

@port{8080, 8081, 8082, 9000} = free_ports(4);


sub spew {
    my ($path, $text, $mode) = @_;
    open my $out, '>:raw', $path or die "$path: $!\n";
    print $out $text;
    close $out or die "$path: $!\n";
    chmod $mode // 0644, $path;
}


sub listens {
    my ($port, $process) = @_;
    for (1 .. 500) {
        return 1 if IO::Socket::INET->new("127.0.0.1:$port");
        return 0 if !$process->running;
        sleep 0.02;
    }
    return 0;
}


# A recipe with ports of ours; $at is where the proxy listens.
sub recipe {
    my ($name, $at) = @_;
    my $text = slurp("$RECIPES/$name");
    my %to = (%port, 8081 => $at);
    $text =~ s{(127\.0\.0\.1:|http://:)(\d+)\b}{$1 . ($to{$2} // $2)}ge;
    $text =~ s{/etc/haproxy/}{$dir/}g;
    return $text;
}


# ---- the gate, and an application that shows what it gets ----

chmod 0755, $dir;
mkdir "$dir/$_" for qw(logs modules healthcode);
symlink $_, "$dir/modules/" . s{.*/}{}r for $f->module, glob "$ROOT/build/*.so.*";
$f->tool('keygen', '--alg', 'ES256', '--private', "$dir/national.jwk",
         '--public', "$dir/healthcode/national.jwks");
spew("$dir/healthcode/pepper", 'p' x 32, 0600);
spew("$dir/healthcode/gate.password", 'secret', 0600);

my $conf = tame(slurp("$ROOT/docs/examples/forward-auth.conf"), $dir, %port);
$conf =~ s/\}\s*\z/<<"END"/e;

    server {
        listen 127.0.0.1:$port{9000};

        location \/ {
            return 200 "\$request_method \$request_uri|\$http_authorization";
        }
    }
}
END
spew("$dir/nginx.conf", $conf);

my $redis = Healthcode::Redis->start(dir => $dir, password => 'secret');
my @store = ('--redis', "unix:$dir/redis.sock", '--pepper-file',
             "$dir/healthcode/pepper");
$f->tool('store', 'init', @store, '--empty');

my $user = $> == 0 ? 'user root; ' : '';
my $nginx = Healthcode::Process->spawn([ 'nginx', '-p', "$dir/", '-c',
    "$dir/nginx.conf", '-e', "$dir/logs/error.log", '-g',
    "${user}pid $dir/nginx.pid; daemon off;" ]);
ok(listens($port{8080}, $nginx), 'the gate listens') or diag($nginx->output);

sub code {
    return $f->tool('issue', '--key', "$dir/national.jwk", '--iss',
        'https://national.example', '--sub', @_) =~ s/\n//gr;
}


# ---- the proxies ----

my %proxy;

spew("$dir/healthcode.lua", recipe('healthcode.lua', 0));
spew("$dir/haproxy.cfg", recipe('haproxy.cfg', $port{8081}));
$proxy{HAProxy} = [ $port{8081}, Healthcode::Process->spawn(
    [ 'haproxy', '-db', '-f', "$dir/haproxy.cfg" ]) ];

spew("$dir/Caddyfile", recipe('Caddyfile', $port{8082}));
$ENV{HOME} = $ENV{XDG_DATA_HOME} = $ENV{XDG_CONFIG_HOME} = $dir;
$proxy{Caddy} = [ $port{8082}, Healthcode::Process->spawn(
    [ 'caddy', 'run', '--config', "$dir/Caddyfile", '--adapter', 'caddyfile' ]) ];

my $alice = code('alice');
my $bob = code('bob');
my $old = code('carol', '--iat', '-20m');

for my $name (sort keys %proxy) {
    my ($port, $process) = @{ $proxy{$name} };
    ok(listens($port, $process), "$name listens") or diag($process->output);
}

sub ask {
    my ($name, $path, $code, @more) = @_;
    return get("127.0.0.1:$proxy{$name}[0]", $path,
               [ $code ? "Authorization: Bearer $code" : (), @more ]);
}

for my $name (sort keys %proxy) {
    my $a = ask($name, '/hall/?a=1', $alice, 'X-Forwarded-For: 192.0.2.1');
    is("$a->{status} $a->{body}", '200 GET /hall/?a=1|',
       "$name: a pass, and the application gets no code");
    $a = ask($name, '/hall/');
    is($a->{status}, 401, "$name: no code");
    is($a->{header}{'www-authenticate'}, 'Bearer realm="healthcode"',
       "$name: the challenge reaches the client");
    like($a->{body}, qr/"reason":"missing"/, "$name: and the reason");
    $a = ask($name, '/hall/', $old);
    is($a->{status}, 401, "$name: an old code");
    like($a->{body}, qr/"reason":"expired"/, "$name: and its reason");
}

my $asked = slurp("$dir/logs/asked.log");
is(scalar(() = $asked =~ m{^127\.0\.0\.1 GET /hall/ allow ok$}mg),
   scalar(keys %proxy),
   'the gate notes what a trusted proxy was asked, and whom it was asked by')
    or diag($asked);
unlike($asked, qr/192\.0\.2\.1/, 'and not whom the client says to be');

$f->tool('flag', 'set', @store, 'alice', 'contact');
is(ask($_, '/hall/', $alice)->{status}, 403, "$_: a flag") for sort keys %proxy;

$redis->down;
for my $name (sort keys %proxy) {
    my $a = ask($name, '/hall/', $bob);
    is($a->{status}, 503, "$name: an outage reaches the client as 503");
    is($a->{header}{'retry-after'}, 1, "$name: and when to try again");
}

$nginx->end('QUIT');
isnt(ask($_, '/hall/', $bob)->{status}, 200, "$_: no gate, no pass")
    for sort keys %proxy;

$_->[1]->end('TERM') for values %proxy;
unlike($_->[1]->output, qr/\Q${\ substr $alice, 0, 60}\E/, 'no code in its output')
    for values %proxy;

done_testing();
