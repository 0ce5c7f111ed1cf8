# The hall of "make demo" in Chromium, as the demo starts it: its nginx, its Redis,
# its helper and its certificate.  hall.mjs has it open as three people, and has
# the store stopped and brought back.  docs/demo.md, "Pages".

use strict;
use warnings;

use File::Temp ();
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep);

use Healthcode::Browser qw(play);
use Healthcode::Docs qw(slurp);
use Healthcode::Fixture;
use Healthcode::Nginx;
use Healthcode::Ports qw(free_ports);
use Healthcode::Process;

my $f = Healthcode::Fixture->folder;
my ($port, $tls, $other) = free_ports(3);
my $tmp = $f->dir;
chmod 0755, $tmp;


# ---- the demo ----

my $demo = do {
    local @ENV{qw(TMPDIR PORT TLS_PORT HALL DEMO_ONCE)} = ($tmp, $port, $tls, q(), q());
    Healthcode::Process->spawn([ 'sh', "$Healthcode::Fixture::ROOT/util/demo.sh" ]);
};
for (1 .. 1500) {
    last if $demo->output =~ m{/hall/} || !$demo->running;
    sleep 0.02;
}
like($demo->output, qr{http://127\.0\.0\.1:$port/hall/}, 'the demo starts')
    or BAIL_OUT($demo->output);
my ($dir) = glob "$tmp/healthcode-demo.*";
my @store = ('--redis', "unix:$dir/store/redis.sock", '--pepper-file', "$dir/pepper",
             '--user', 'desk', '--password-file', "$dir/desk.password");
my $redis;


sub down {
    $redis ? $redis->end('TERM')
        : Healthcode::Process->spawn([ 'redis-cli', '-s', "$dir/store/redis.sock",
            '--user', 'desk', '--pass', slurp("$dir/desk.password"), 'shutdown', 'nosave' ])
          ->wait(20);
    return 1;
}


sub up {
    $redis = Healthcode::Process->spawn([ 'redis-server', "$dir/redis.conf" ]);
    for (1 .. 500) {
        last if -S "$dir/store/redis.sock";
        sleep 0.02;
    }
    $f->tool('store', 'init', @store, '--empty');
    return 1;
}


# ---- another site on this machine ----

my $site = Healthcode::Nginx->new(http => <<"END")->start;
server {
    listen unix:{{SOCK}};
    listen 127.0.0.1:$other;
    default_type text/html;
    return 200 "<!doctype html><title>another site</title>";
}
END

play("$FindBin::Bin/hall.mjs", 900,
    { SITE => "http://127.0.0.1:$port", SECURE => "https://127.0.0.1:$tls",
      OTHER => $other, CAMERA => "$tmp/camera.y4m" },
    down => \&down, up => \&up);

$demo->end('TERM');
is(join(' ', glob "$tmp/healthcode-demo.*"), '', 'nothing of the demo is left');
$redis->end('TERM') if $redis;
done_testing;
