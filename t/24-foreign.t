# What was not made for gates is the application's: a bearer token, a header, a
# cookie of the same name.  And what was is gone from wherever the request goes
# on to, and from what is logged of it.  docs/traces.md.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep);

use Healthcode::Fixture;
use Healthcode::Http qw(get);
use Healthcode::Jws qw(b64 json);
use Healthcode::Nginx;
use Healthcode::Server;

my $f = Healthcode::Fixture->new;

# tokens that no gate has made: of another service, and of no shape at all
my $staff = join '.', b64('{"alg":"RS256","typ":"JWT"}'),
    b64('{"iss":"https://login.example","sub":"staff-7"}'), b64('s' x 256);
my %foreign = (
    'of another service' => $staff,
    'opaque'             => 'mF_9.B5f-4.1JqM',
    'of one part'        => 'mF9B5f41JqM',
    'of an issuer that looks alike' => join('.', b64('{"alg":"none"}'),
        b64('{"iss":"https://site.example/"}'), ''),
    'with our name elsewhere' => join('.', b64('{"alg":"none"}'),
        b64('{"iss":"x","typ":"healthcode+jwt"}'), ''),
);

# ours, whether or not they hold
my %ours = (
    honest  => $f->issue(sub => 'alice'),
    expired => $f->site(claims => { iat => time - 5000, exp => time - 4500 }),
    forged  => $f->site(secret => 'x' x 32),
    'of a type that no issuer uses' => $f->site(header => { typ => 'JWT' }),
    'of an issuer that is unknown here' => $f->site(
        claims => { iss => 'https://unknown.example' }),
    'cut short' => substr($f->issue(sub => 'alice'), 0, 150),
    'with a claim twice' => join('.', b64(json($f->header)),
        b64('{"sub":"a","sub":"b"}'), 'AAAA'),
);
my $alice = $ours{honest};
my $bob = $f->issue(sub => 'bob');

my $record = $f->path('record');
my $upstream = Healthcode::Server->upstream($f->path('up.sock'), $record);
my $up = 'http://unix:' . $f->path('up.sock');
my $site = $f->path('site');

my $nginx = Healthcode::Nginx->new(module => $f->module, http => <<"END");
${\ $f->http_conf }
limit_req_zone \$scheme zone=requests:1m rate=1r/m;
limit_req_zone \$http_x_code\$http_authorization zone=codes:1m rate=1r/m;
map_hash_bucket_size 1024;
map \$http_authorization \$is_staff { default 0; "Bearer $staff" 1; }
log_format seen '\$http_authorization|\$http_x_code|\$http_cookie|\$cookie_code'
    '|\$request|\$args|\$request_uri|\$http_referer';
access_log {{ROOT}}/logs/seen.log seen;
log_subrequest on;
healthcode_source header Authorization "(?i)^bearer +(\\S+) *\$";
healthcode_source header X-Code;
healthcode_source query code;
healthcode_source cookie code;

server {
    listen unix:{{SOCK}};
    root $site;
    if (\$http_cookie = none) { return 204; }
    if (\$http_x_code = none) { return 204; }
    location /on { healthcode on; proxy_pass $up; }
    location /audit { healthcode audit; proxy_pass $up; }
    location /audit-uri { healthcode audit; proxy_pass $up:/else; }
    location /audit-headers {
        healthcode audit;
        proxy_set_header X-Seen "\$http_authorization \$http_cookie";
        proxy_pass $up;
    }
    location /audit-then-off { healthcode audit; try_files /none /off; }
    location /audit-then-on { healthcode audit; try_files /none /on; }
    location /audit-two {
        healthcode audit;
        healthcode_source header X-Code;
        try_files /none /audit-second;
    }
    location /audit-second {
        healthcode audit;
        healthcode_source cookie code;
        proxy_pass $up;
    }
    location /audit-mirror { healthcode audit; mirror /mirrored;
        alias $site/passed; }
    location /audit-asked {
        healthcode audit;
        auth_request /anybody;
        proxy_set_header X-Seen "\$request_uri \$http_referer \$http_x_code";
        proxy_pass $up;
    }
    location /off-asked { auth_request /gate; proxy_pass $up; }
    location /off-plain { auth_request /anybody; proxy_pass $up; }
    location = /anybody { internal; return 204; }
    location /gate { healthcode on; return 204; }
    location /audit-none { healthcode audit; return 204; }
    location /off { proxy_pass $up; }
    location /header-alone {
        healthcode on;
        healthcode_source header X-Code;
        proxy_pass $up;
    }
    location /if { healthcode on; if (\$arg_a) { proxy_pass $up; } }
    location /if-audit { healthcode audit; if (\$arg_a) { proxy_pass $up; } }

    location /staff {
        satisfy any;
        healthcode on;
        auth_request /is-staff;
        proxy_pass $up;
    }
    location = /is-staff {
        internal;
        if (\$is_staff) { return 204; }
        return 401;
    }
    location /asked {
        healthcode on;
        auth_request /sees;
        alias $site/passed;
    }
    location = /sees { internal; proxy_pass $up; }
    location /mirror { healthcode on; mirror /mirrored; alias $site/passed; }
    location = /mirrored { internal; proxy_pass $up; }

    location /limit {
        healthcode on;
        limit_req zone=requests;
        error_page 503 \@busy;
        alias $site/passed;
    }
    location \@busy { proxy_pass $up; }
    location /limit-codes {
        healthcode on;
        limit_req zone=codes;
        alias $site/passed;
    }
    location /early { healthcode on; return 403; }
    location /early-page {
        healthcode on;
        error_page 403 /off;
        return 403;
    }
    location /moved { healthcode on; rewrite ^ /off last; }
    location /page {
        healthcode on;
        error_page 401 = /off;
        alias $site/passed;
    }
}

# a line of the server block: nginx does not know the location yet
server {
    listen unix:{{ROOT}}/early.sock;
    healthcode on;
    set \$early \$late;
    set \$late x;
    location /off { healthcode off; proxy_pass $up; }
    location /on { alias $site/passed; }
}
END
$nginx->start;

my ($taken, $logged) = (0, 0);

# What an upstream got since the last call, by lines; waits for it to come.
sub upstream_got {
    my $text = '';
    for (1 .. 100) {
        $text = substr $f->read($record), $taken;
        last if $text =~ /\r\n\r\n/;
        sleep 0.01;
    }
    $taken += length $text;
    return $text;
}


# The lines that were logged since the last call: waits for the first.
sub log_got {
    my $text = '';
    for (1 .. 100) {
        $text = substr $f->read("$nginx->{root}/logs/seen.log"), $logged;
        last if $text =~ /\n/;
        sleep 0.01;
    }
    $logged += length $text;
    return $text;
}


# (status, what the upstream got, what was logged)
sub ask {
    my ($uri, @headers) = @_;
    my $a = get($nginx->sock, $uri, \@headers);
    sleep 0.05;
    my $text = substr $f->read($record), $taken;
    $taken += length $text;
    return ($a->{status}, $text, log_got());
}

sub has { index($_[0], $_[1]) >= 0 }


# ---- audit: what goes on is what came; only logs are masked ----

for my $name (sort keys %foreign) {
    my $token = $foreign{$name};
    my ($status, $got, $log) = ask('/audit', "Authorization: Bearer $token",
                                   "X-Code: $token", "Cookie: code=$token");
    is($status, 200, "audit, a token $name: the request goes on");
    is(scalar(() = $got =~ /\Q$token\E/g), 3, 'and all of it with it');
    ok(has($log, "Bearer $token|$token|code=$token|$token|"),
       'and it is logged as the site has it logged');
}

for my $name (sort keys %ours) {
    my $code = $ours{$name};
    my ($status, $got, $log) = ask("/audit?a=1&code=$code&b=2",
        "Authorization: Bearer $code", "X-Code: $code",
        "Cookie: a=1; code=$code; b=2", "Referer: http://h/?code=$code");
    is($status, 200, "audit, a code $name: the request goes on");
    is(scalar(() = $got =~ /\Q$code\E/g), 5, 'and all of it with it');
    like($got, qr{^GET /audit\?a=1&code=\Q$code\E&b=2 }, 'in its place');
    like($got, qr/^Cookie: a=1; code=\Q$code\E; b=2\r$/m, 'among its like');
    ok(!has($log, $code), 'and it is not in the log');
}

for my $case ([ '/audit-uri', 5 ], [ '/audit-then-off', 4 ],
              [ '/audit-mirror', 5 ], [ '/audit-headers', 7 ])
{
    my ($uri, $times) = @$case;
    my (undef, $got, $log) = ask("$uri?code=$alice",
        "Authorization: Bearer $alice", "X-Code: $alice",
        "Cookie: code=$alice", "Referer: http://h/?code=$alice");
    is(scalar(() = $got =~ /\Q$alice\E/g), $times, "$uri: all goes on");
    ok(!has($log, $alice), 'and nothing of it is in the log, nor in that of a '
       . 'subrequest');
}

# the line of a subrequest is not the last thing that nginx does
for my $case ([ '/audit-asked', 8 ], [ '/off-asked', 5 ]) {
    my ($uri, $times) = @$case;
    my ($status, $got, $log) = ask("$uri?code=$alice",
        "Authorization: Bearer $alice", "X-Code: $alice",
        "Cookie: code=$alice", "Referer: http://h/?code=$alice");
    is($status, 200, "$uri: a subrequest was logged, and the request goes on");
    is(scalar(() = $got =~ /\Q$alice\E/g), $times, 'with all that came');
    my ($line) = $log =~ /\A(.*)\n/;
    ok(!has($line, $alice), 'and nothing of it is in the line of the '
       . 'subrequest');
}

{
    my (undef, undef, $log) = ask('/off-plain', 'Referer: http://h/');
    like($log, qr{\A.*\|-\|/off-plain\|http://h/\n},
         'no arguments of a subrequest are logged as none');
}

for my $place ("?code=$alice&a=1", "?a=1&code=$staff") {
    my ($code) = $place =~ /code=([^&]+)/;
    my $a = get("$nginx->{root}/early.sock", "/off$place");
    is($a->{status}, 200, 'a line of the server block was logged');
    like(upstream_got(), qr{^GET /off\Q$place\E },
         'and where there is no gate, the argument goes on');
    ok(!has($nginx->error_log, $code), 'but is not in that line');
    like($nginx->error_log, qr/uninitialized "late".*code=\*+/,
         'which shows where it was');
    log_got();
}
is(get("$nginx->{root}/early.sock", "/on?code=$alice")->{status}, 200,
   'where there is one, it counts');
log_got();

{
    my ($status, undef, $log) = ask("/audit-none?code=$alice",
        "Authorization: Bearer $alice", "Cookie: code=$alice");
    is($status, 204, 'audit, ended in the rewrite phase');
    ok(!has($log, $alice), 'is masked in the log, too');

    ($status, my $got, $log) = ask('/audit-two', "X-Code: $alice",
                                   "Cookie: code=$bob");
    is($status, 200, 'from an audit to another one');
    ok(has($got, $alice) && has($got, $bob), 'all goes on');
    ok(!has($log, $alice) && !has($log, $bob), 'and the log has none of both');

    ($status, $got, $log) = ask('/audit-then-on', "X-Code: $alice",
                                   "Authorization: Bearer $alice");
    is($status, 200, 'from an audit to a gate');
    ok(!has("$got$log", $alice), 'which takes the code out');
    ($status) = ask('/audit-then-on', "Authorization: Bearer $staff",
                    "X-Code: $alice");
    is($status, 400, 'a foreign token beside it is another code');
}


# ---- on: ours is taken, what is not ours stays ----

for my $name (sort keys %ours) {
    my $code = $ours{$name};
    for my $way ([ 'header', "X-Code: $code" ],
                 [ 'bearer', "Authorization: Bearer $code" ],
                 [ 'cookie', "Cookie: code=$code" ])
    {
        my ($what, $line) = @$way;
        my ($status, $got, $log) = ask('/page', $line);
        ok(!has("$got$log", $code),
           "a code $name in a $what is not in what its error page gets, nor "
           . 'in the log');
    }
}

for my $name (sort keys %foreign) {
    my $token = $foreign{$name};
    my ($status, $got, $log) = ask('/page', "Authorization: Bearer $token",
                                   "X-Code: $token", "Cookie: code=$token");
    is(scalar(() = $got =~ /\Q$token\E/g), 3,
       "a token $name stays for the error page");
    ok(has($log, "Bearer $token|$token|code=$token|"), 'and in the log');
}

{
    my ($status, $got, $log) = ask('/on', "X-Code: $alice",
        "Cookie: code=$bob; a=1; code=$alice; code=theirs; code=$ours{forged}");
    is($status, 200, 'a code beside cookies of its name');
    like($got, qr/^Cookie: a=1; code=theirs\r$/m,
         'every cookie that is ours is gone, and theirs is not');
    like($log, qr/^-\|-\|a=1; code=theirs\|theirs\|/m, 'in the log as well');

    ($status, $got, $log) = ask('/on', "Cookie: code=$alice", 'Cookie: b=2',
                                "Cookie: code=$bob");
    is($status, 200, 'the first of two cookies of the name counts');
    unlike($got, qr/code=/, 'and both are gone');
    like($log, qr/^-\|-\|b=2\|-\|/m, 'of several headers, too');

    ($status, $got, $log) = ask('/header-alone', "X-Code: $alice",
                                "Referer: http://h/?code=$alice");
    is($status, 200, 'where no argument is a source');
    ok(!has("$got$log", $alice), 'a Referer is masked all the same');

    ($status, $got, $log) = ask('/if?a=1', "X-Code: $alice", "X-Two: 2");
    is($status, 200, 'in an "if" of the location');
    ok(!has("$got$log", $alice) && has($got, 'X-Two: 2'), 'it is gone as well');

    ($status, $got, $log) = ask('/if-audit?a=1', "X-Code: $alice");
    ok(has($got, $alice) && !has($log, $alice), 'and stays in that of an audit');

    ($status) = ask('/on', "Cookie: code=$ours{expired}; code=$alice");
    is($status, 401, 'the second does not count');
}


# ---- many of them cost as much as many others ----

# Hundredths of a second that the worker has computed.
sub worker_cpu {
    my ($pid) = split ' ', $f->read("/proc/${\ $nginx->pid}/task/"
                                    . $nginx->pid . '/children');
    my @stat = split ' ', $f->read("/proc/$pid/stat");
    return $stat[13] + $stat[14];
}

{
    my $short = b64('{"typ":"healthcode+jwt"}') . '..';
    my %cost;
    for my $name (qw(code else)) {
        my $began = worker_cpu();
        ask('/on', ("Cookie: $name=$short") x 480) for 1 .. 60;
        $cost{$name} = worker_cpu() - $began;
    }
    cmp_ok($cost{code}, '<', 5 * $cost{else} + 5,
           '480 cookies to take out cost as much as 480 to leave');
}


# ---- another credential beside it ----

{
    my ($status, $got) = ask('/staff', "Authorization: Bearer $staff");
    is($status, 200, '"satisfy any": a staff token opens, since it is seen');
    ok(has($got, $staff), 'and goes on');

    ($status, $got) = ask('/staff', "Authorization: Bearer $alice");
    is($status, 200, 'a code opens as well');
    ok(!has($got, $alice), 'and does not go on');

    ($status, $got) = ask('/staff', "Authorization: Bearer $ours{expired}");
    is($status, 401, 'an expired code does not');

    ($status, $got) = ask('/staff', 'Authorization: Bearer nonsense');
    is($status, 401, 'nor does nonsense');

    ($status, $got) = ask('/asked', "X-Code: $alice", 'Authorization: Basic eA==');
    ok(length $got && !has($got, $alice),
       'auth_request asks without the code');
    ok(has($got, 'Basic eA=='), 'and with all else');

    ($status) = ask('/mirror', "X-Code: $alice");
    is($status, 200, 'a request with a mirror');
    ok(!has(upstream_got(), $alice), 'which gets no code');
}


# ---- a request that leaves before the access phase ----

ask('/limit');
for my $code ($alice, $ours{forged}, $ours{expired}) {
    my ($status, $got, $log) = ask("/limit?code=$code", "X-Code: $code",
        "Authorization: Bearer $code", "Cookie: a=1; code=$code");
    ok(length $got, 'limit_req: its error page is asked');
    ok(!has("$got$log", $code), 'and gets no code, nor does the log');
    like($got, qr/^Cookie: a=1\r$/m, 'but the other cookies');
}
{
    my (undef, $got, $log) = ask('/limit', "Authorization: Bearer $staff");
    ok(has($got, $staff), 'limit_req: a foreign token goes on');

    for my $uri ('/early', '/early-page', '/moved') {
        (undef, $got, $log) = ask("$uri?code=$alice", "X-Code: $alice",
            "Authorization: Bearer $alice", "Cookie: code=$alice");
        ok(!has("$got$log", $alice), "$uri: neither upstream nor log has it");
        (undef, $got, $log) = ask($uri, "Authorization: Bearer $staff");
        ok(has("$got$log", $staff), 'and a foreign token stays');
    }
}

# a key of limit_req sees the code: two people do not share it, one does
is(join(' ', map { (ask('/limit-codes', "X-Code: $_"))[0] } $alice, $bob,
        $alice), '200 200 503', 'limit_req may have a code as its key');
ok(!has($nginx->error_log, substr $alice, 20, 40),
   'and the error log does not show it');

is(scalar(() = $nginx->error_log =~ /start worker process /g), 1,
   'it was one worker all along');
is($nginx->stop, 0, 'and ends by itself');
ok($nginx->error_log !~ /\[(alert|emerg)\]|exited on signal/,
   'nothing is alarming in the log');

done_testing;
