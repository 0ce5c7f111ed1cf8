# docs/examples/cross-origin.conf, as it stands, with scripts of two sites in
# Chromium: the browser, not we, decides what it asks first and what a script may
# read.  cross-origin.mjs asks; docs/examples/README.md.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep);

use Healthcode::Browser qw(certificate listens play);
use Healthcode::Docs qw(slurp tame);
use Healthcode::Fixture;
use Healthcode::Nginx;
use Healthcode::Ports qw(free_ports);
use Healthcode::Process;
use Healthcode::Redis;
use Healthcode::Server;

my $ROOT = $Healthcode::Fixture::ROOT;
my $f = Healthcode::Fixture->new(no_redis => 1);
my $dir = $f->dir;
my ($port, $sites) = free_ports(2);
my $site = 'https://booking.example';


# ---- the API, with an application that answers preflights itself ----

mkdir "$dir/$_" for qw(logs modules healthcode);
symlink $_, "$dir/modules/" . s{.*/}{}r for $f->module, glob "$ROOT/build/*.so.*";
$f->write('healthcode/national.jwks', slurp("$dir/national.jwks"));
$f->write('healthcode/pepper', slurp("$dir/pepper"), 0600);
$f->write('healthcode/gate.password', $f->password, 0600);
$f->write('nginx.conf', tame(slurp("$ROOT/docs/examples/cross-origin.conf"), $dir,
                             8080 => $port));

my $redis = Healthcode::Redis->start(dir => $dir, password => $f->password);
$f->admin('store init --empty', redis => $redis);

my $upstream = Healthcode::Server->upstream("$dir/upstream.sock", "$dir/upstream.txt",
    "Access-Control-Allow-Origin: $site", 'Access-Control-Allow-Headers: Authorization');
my $nginx = Healthcode::Process->spawn([ 'nginx', '-p', "$dir/", '-c', "$dir/nginx.conf",
    '-e', "$dir/logs/error.log", '-g',
    ($> == 0 ? 'user root; ' : '') . "pid $dir/nginx.pid; daemon off;" ]);
ok(listens($port, $nginx), 'nginx starts') or diag($nginx->output);


# ---- the two sites, by https as sites are ----

my ($cert, $key) = certificate($dir, 'booking.example', 'evil.example');
my $front = Healthcode::Nginx->new(http => <<"END")->start;
server {
    listen unix:{{SOCK}};
    listen 127.0.0.1:$sites ssl;
    ssl_certificate     $cert;
    ssl_certificate_key $key;
    default_type text/html;
    return 200 "<!doctype html><title>a site</title>";
}
END

my $seen = 0;

play("$FindBin::Bin/cross-origin.mjs", 120,
    { API => "http://127.0.0.1:$port", SITES => $sites, CODE => $f->code('ALICE') },
    # the methods and statuses that nginx has logged since it was asked last
    log  => sub {
        my $read = sub { slurp("$dir/logs/access.log")
                         =~ m{"([A-Z]+) /\S* HTTP/1\.1" (\d+)}g };
        # nginx writes it behind the answer, and the browser reads the head alone
        for (1 .. 500) {
            last if (() = $read->()) > $seen;
            sleep 0.02;
        }
        sleep 0.1;
        my @lines = $read->();
        my @new = @lines[$seen .. $#lines];
        $seen = @lines;
        return join ' ', @new;
    },
    flag => sub { $f->admin('flag set alice contact', redis => $redis) },
    down => sub { $redis->down; 1 },
);

$nginx->end('QUIT');
$upstream->stop;
done_testing;
