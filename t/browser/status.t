# The page of healthcode_status in Chromium, of a real gate with a real Redis:
# status.mjs opens it, and has the gate asked, the store killed and brought back.
# docs/monitoring/page.md.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/lib";
use Test::More;

use Healthcode::Browser qw(play);
use Healthcode::Fixture;
use Healthcode::Nginx;
use Healthcode::Ports qw(free_port);

my $f = Healthcode::Fixture->new;
my $site = $f->path('site');
my $port = free_port();

$f->redis->cmd('HSET', $f->risk('bob'), 'contact', 0);

my $nginx = Healthcode::Nginx->new(module => $f->module, workers => 1,
    http => <<"END")->start;
healthcode_zone gate 1m;
healthcode_code_cache gate;
${\ $f->http_conf(cache => 'gate', timeout => '500ms', connect_timeout => '500ms')}
server {
    listen unix:{{SOCK}};
    listen 127.0.0.1:$port;
    server_name hall.example;
    location /alive { return 204; }
    location = /status { healthcode_status; }
    location = /page { healthcode_status html; }
    location /t { healthcode on; healthcode_name "main entrance"; alias $site/passed; }
    location /side { healthcode on; healthcode_name "<script>alert(1)</script>";
                     alias $site/passed; }
}
END

my %code = map { lc($_) => $f->code($_) } qw(ALICE BOB CAROL);

play("$FindBin::Bin/status.mjs", 900, { SITE => "http://127.0.0.1:$port" },
    # what a request to uri comes to, with the code of that name
    ask  => sub { $nginx->ask($_[0]{code} && $code{ $_[0]{code} }, $_[0]{uri} || '/t') . '' },
    down => sub { $f->redis->down; 1 },
    up   => sub { $f->redis->up; $f->init_store; 1 },
    stop => sub { $nginx->stop; 1 },
);

done_testing;
