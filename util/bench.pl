#!/usr/bin/perl
# What a gate costs: nginx CPU per request, from /proc/PID/schedstat, of the
# same request to the same location with and without the module, alternated in
# one run.  One worker on one core; Redis and the load generator on another.
#
#     make bench B=gate [ROUNDS=45] [SECONDS=1] [CONNECTIONS=64]

use strict;
use warnings;

use Digest::SHA qw(hmac_sha256 hmac_sha256_hex);
use File::Basename qw(dirname);
use File::Temp ();
use IO::Socket::INET;
use MIME::Base64 qw(encode_base64url);
use POSIX ();
use Time::HiRes qw(sleep);

my $root        = dirname(dirname(File::Spec->rel2abs(__FILE__)));
my $rounds      = $ENV{ROUNDS}      || 45;
my $seconds     = $ENV{SECONDS}     || 1;
my $connections = $ENV{CONNECTIONS} || 64;

my $HOLDERS  = 10_000;
my $REGIONS  = 3_000;
my $CONTROLS = 100;
my $SECRET   = 'a secret of the benchmark, 32 by';
my $PEPPER   = 'a pepper of the benchmark';

my $dir = File::Temp->newdir('healthcode-bench-XXXXXXXX', TMPDIR => 1);
chmod 0755, $dir;
my @started;
my $owner = $$;


sub start {
    my (@command) = @_;
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        open STDOUT, '>>', "$dir/out";
        open STDERR, '>&', \*STDOUT;
        exec @command or POSIX::_exit(127);
    }
    push @started, $pid;
    return $pid;
}


END {
    if ($$ == $owner) {
        my $status = $?;
        kill TERM => $_ for reverse @started;
        waitpid $_, 0 for @started;
        $? = $status;
    }
}


sub wait_for {
    my ($what, $ready) = @_;
    for (1 .. 100) {
        return if $ready->();
        sleep 0.05;
    }
    die "bench: $what did not start\n" . slurp("$dir/out");
}


sub slurp {
    my ($name) = @_;
    open my $file, '<', $name or return '';
    local $/;
    return scalar <$file>;
}


sub spew {
    my ($name, $text) = @_;
    open my $file, '>', "$dir/$name" or die "$dir/$name: $!";
    print {$file} $text;
    close $file or die "$dir/$name: $!";
    return "$dir/$name";
}


sub free_port {
    my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1)
        or die "bench: no free port: $!\n";
    return $socket->sockport;
}


sub code {
    my ($subject) = @_;
    my $now = time;
    my $header = '{"alg":"HS256","typ":"healthcode+jwt","kid":"bench"}';
    my $payload = sprintf '{"iss":"https://bench.example","sub":"%s",'
        . '"iat":%d,"exp":%d,"jti":"%016x","status":"normal",'
        . '"regions":["510114","310101"]}', $subject, $now, $now + 900,
        $subject;
    my $text = encode_base64url($header) . '.' . encode_base64url($payload);
    return "$text." . encode_base64url(hmac_sha256($text, $SECRET));
}


sub fill_redis {
    my ($socket) = @_;
    my @lines = sprintf 'HSET healthcode:meta schema 1 instance bench '
        . 'pepper_check %s',
        substr hmac_sha256_hex('healthcode check', $PEPPER), 0, 32;
    push @lines, sprintf 'HSET healthcode:region %06d "low 0"', 100_000 + $_
        for 1 .. $REGIONS;
    push @lines, "HSET healthcode:control issuer:https://i$_.example 1"
        for 1 .. $CONTROLS;
    spew('fill', join "\n", @lines, '');
    system("redis-cli -s $socket --pipe < $dir/fill > $dir/filled 2>&1") == 0
        && system("grep -q 'errors: 0' $dir/filled") == 0
        or system("redis-cli -s $socket < $dir/fill > $dir/filled 2>&1") == 0
        or die "bench: Redis cannot be filled\n";
}


# Nanoseconds that the process was on a CPU, and its user and system ticks.
sub cpu {
    my ($pid) = @_;
    my ($ns) = split ' ', slurp("/proc/$pid/schedstat");
    my @stat = split ' ', slurp("/proc/$pid/stat") =~ s/^.*\) //sr;
    return ($ns, $stat[11], $stat[12]);
}


sub load {
    my ($script, $url, $worker) = @_;
    my @before = cpu($worker);
    my $out = `taskset -c 1 wrk -t1 -c$connections -d${seconds}s -s $script $url 2>&1`;
    my @after = cpu($worker);
    my ($requests) = $out =~ /(\d+) requests in/
        or die "bench: wrk failed: $out\n";
    die "bench: refused requests:\n$out\n" if $out =~ /Non-2xx/;
    my @used = map { $after[$_] - $before[$_] } 0 .. 2;
    my $ticks = POSIX::sysconf(POSIX::_SC_CLK_TCK());
    return ($used[0] / 1000 / $requests,
            $used[1] * 1e6 / $ticks / $requests,
            $used[2] * 1e6 / $ticks / $requests,
            $requests / $seconds);
}


sub median { my @s = sort { $a <=> $b } @_; return $s[@s / 2] }

sub spread {
    my (@values) = @_;
    my @s = sort { $a <=> $b } @values;
    return sprintf '%6.2f  (%.2f to %.2f)', median(@values), $s[0], $s[-1];
}


# ---- the parts ----

my $socket = "$dir/redis.sock";
start(qw(taskset -c 1 redis-server --port 0 --unixsocket), $socket,
      qw(--unixsocketperm 777 --dir), $dir, '--save', '');
wait_for('Redis', sub { -S $socket });
fill_redis($socket);

spew('pepper', $PEPPER);
spew('keys.json', sprintf '{"keys":[{"kty":"oct","alg":"HS256","kid":"bench",'
    . '"k":"%s"}]}', encode_base64url($SECRET));

my $port = free_port();
my $conf = spew('nginx.conf', <<"END");
load_module $root/build/ngx_http_healthcode_module.so;
daemon off; worker_processes 1; pid $dir/nginx.pid;
error_log $dir/error.log error;
events { worker_connections 1024; }
http {
    request_pool_size 8k; access_log off; keepalive_requests 100000000;
    client_body_temp_path $dir/b; proxy_temp_path $dir/p;
    fastcgi_temp_path $dir/f; uwsgi_temp_path $dir/u; scgi_temp_path $dir/s;
    healthcode_pepper_file $dir/pepper;
    healthcode_issuer bench {
        iss https://bench.example; keys $dir/keys.json; algorithms HS256;
    }
    healthcode_store bench { server unix:$socket; timeout 5s; }
    server {
        listen 127.0.0.1:$port;
        location /zero { empty_gif; }
        location /code { healthcode on; healthcode_risk off; empty_gif; }
        location /live { healthcode on; empty_gif; }
    }
}
END

start(qw(taskset -c 0 nginx -p), $dir, '-c', $conf);
wait_for('nginx', sub { IO::Socket::INET->new("127.0.0.1:$port") });
my ($worker) = `pgrep -P @{[ slurp("$dir/nginx.pid") =~ /(\d+)/ ]}` =~ /(\d+)/;

spew('codes', join "\n", map { code($_) } 1 .. $HOLDERS);
for my $path (qw(zero code live)) {
    spew("$path.lua", <<"END");
local requests, i = {}, 0
function init()
    for code in io.lines("$dir/codes") do
        requests[#requests + 1] = wrk.format("GET", "/$path",
            { Authorization = "Bearer " .. code })
    end
end
function request()
    i = i % #requests + 1
    return requests[i]
end
END
}

# ---- the run ----

my %rows = (zero => 'empty_gif, the same request', code => 'HS256, risk off',
            live => 'HS256, live read over a unix socket');
my (%cpu, %user, %system, %rate, %added);

for my $round (0 .. $rounds) {
    for my $path ($round % 2 ? qw(zero code live) : qw(live code zero)) {
        my @used = load("$dir/$path.lua", "http://127.0.0.1:$port", $worker);
        next if $round == 0;    # warms up
        push @{ $cpu{$path} },    $used[0];
        push @{ $user{$path} },   $used[1];
        push @{ $system{$path} }, $used[2];
        push @{ $rate{$path} },   $used[3];
    }
}

printf "%d rounds of %d s, %d connections, %d codes, %d regions, %d controls\n",
    $rounds, $seconds, $connections, $HOLDERS, $REGIONS, $CONTROLS;
printf "%-36s %-26s %6s %6s %9s\n", 'nginx CPU a request, microseconds',
    'median  (min to max)', 'user', 'system', 'requests/s';
for my $path (qw(zero code live)) {
    printf "%-36s %-26s %6.2f %6.2f %9d\n", $rows{$path},
        spread(@{ $cpu{$path} }), median(@{ $user{$path} }),
        median(@{ $system{$path} }), median(@{ $rate{$path} });
}
for my $path (qw(code live)) {
    my @added = map { $cpu{$path}[$_] - $cpu{zero}[$_] } 0 .. $rounds - 1;
    printf "added by: %-26s %s\n", $rows{$path}, spread(@added);
}
