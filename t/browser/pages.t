# The pages for people who are refused in Chromium, of a real gate with a real
# Redis: pages.mjs comes to it with codes that are refused, and when it is busy.
# docs/pages.md.

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

$f->redis->cmd('HSET', $f->risk('alice'), 'contact', 0);
$f->admin('store touch --source city');

my $nginx = Healthcode::Nginx->new(module => $f->module, workers => 1,
    http => <<"END")->start;
${\ $f->http_conf(timeout => '500ms', connect_timeout => '500ms')}
map \$cookie_staff \$staff_realm { 1 "Staff"; default off; }
healthcode_contact renew      https://code.example/open;
healthcode_contact correction mailto:correct\@hall.example;
healthcode_contact hotline    tel:+861012345;
healthcode_contact lane       "Gate B, left of the entrance";
server {
    listen unix:{{SOCK}};
    listen 127.0.0.1:$port;
    default_type text/html;
    location /alive { return 204; }
    location / { return 200 home; }
    location /renew { healthcode on; alias $site/passed; }
    location /code { healthcode on; alias $site/passed; }
    location /holder { healthcode on; alias $site/passed; }
    location /condition { healthcode on; healthcode_require role = doctor; alias $site/passed; }
    location /busy { healthcode on; error_page 405 =200 \$uri; alias $site/passed; }
    location /other { healthcode on; alias $site/passed; }
    location /any { satisfy any; healthcode on; auth_basic \$staff_realm;
                    auth_basic_user_file $f->{dir}/none; alias $site/passed; }
}
END

# as a browser sends it; "busy" is shown a good code while there is no store
my %code = (
    renew     => sub { $f->site(claims => { iat => time - 5000, exp => time - 4500 }) },
    code      => sub { 'x' },
    holder    => sub { $f->code('ALICE') },
    condition => sub { $f->code('BOB') },
    busy      => sub { $f->code('BOB') },
    other     => sub { $f->site(claims => { status => {} }) },
);
my $is_down = 0;

sub down {
    $f->redis->down if !$is_down;
    $is_down = 1;
}

sub up {
    if ($is_down) {
        $f->redis->up;
        $f->init_store;
        $f->redis->cmd('HSET', $f->risk('alice'), 'contact', 0);
        $f->admin('store touch --source city');
        $nginx->ask_until(200, 30, $f->code('BOB'), '/busy');
    }
    $is_down = 0;
}

play("$FindBin::Bin/pages.mjs", 900, { SITE => "http://127.0.0.1:$port" },
    show => sub { my $kind = $_[0]{kind}; $kind eq 'busy' ? down() : up();
                  'Bearer ' . $code{$kind}->() },
    down => sub { down(); 1 },
    up   => sub { up(); 1 },
);

done_testing;
