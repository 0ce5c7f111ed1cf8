# A store by its name: several addresses, IPv6 and IPv4, SRV records.  An address
# that is dead costs nothing but its first attempt, and a gate goes where the
# name leads.  docs/connection.md, "Names".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Select;
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(sleep time);

use Healthcode::Authority;
use Healthcode::Ends qw(ends_well);
use Healthcode::Fixture;
use Healthcode::Nginx;
use Healthcode::Ports qw(free_port);
use Healthcode::Redis;
use Healthcode::Server;

use constant RECOVERY => 15;

my $f     = Healthcode::Fixture->new;
my $site  = $f->path('site');
my $alice = $f->code('ALICE');
my $bob   = $f->code('BOB');

my ($names, $names_port) = Healthcode::Server::zone($f->path('zone'));


# What the name server says from now on.
sub zone { $f->write('zone', join '', map { "$_\n" } @_) }


# A Redis at an address whose store is ready.
my $count = 0;
sub redis {
    my ($host, $port) = @_;
    my $redis = Healthcode::Redis->start(dir => $f->dir, name => 'at' . $count++,
        password => $f->password, conf => [ "port $port", "bind $host" ]);
    $f->init_store($redis);
    return $redis;
}


sub flagged {
    my ($redis) = @_;
    $redis->cmd('HSET', $f->risk('alice'),
                'confirmed', 0);
    return $redis;
}


# Something at this address that accepts whatever comes, says nothing, and writes
# a byte into the file $name for each.
sub mute {
    my ($host, $port, $name) = @_;
    my $listen = IO::Socket::INET->new(LocalAddr => $host, LocalPort => $port,
        Listen => 100, ReuseAddr => 1) or die "$host:$port: $!";
    return Healthcode::Process->spawn(sub {
        my @all;
        for (1 .. 120) {
            while (IO::Select->new($listen)->can_read(1)) {
                push @all, $listen->accept or next;
                open my $out, '>>', $f->path($name) or die $!;
                syswrite $out, 'x';
            }
        }
    });
}


# A gate of a store with this line "server".
sub gate {
    my ($server, %lines) = @_;
    my $cache = $lines{cache} ? 'healthcode_zone gate 1m;' : '';
    my $options = delete $lines{resolver} || '';
    my $http = $f->http_conf(server => $server, %lines);
    return Healthcode::Nginx->new(module => $f->module, http => <<"END")->start;
resolver 127.0.0.1:$names_port $options;
resolver_timeout 5s;
$cache
$http
server {
    listen unix:{{SOCK}};
    location /alive { return 204; }
    location /t { healthcode on; alias $site/passed; }
}
END
}


# The addresses that were left out, in their order.
sub left_out {
    my @left = $_[0]->error_log =~ /: address (\S+) is left out: /g;
    return @left;
}

# What is said at error or warn of a store, except by nginx -t.
sub told {
    return grep { !/ as plain text; / } $_[0]->error_log
        =~ /\[(?:error|warn)\] \S+ (?:\*\d+ )?(healthcode: store .*)$/mg;
}

# Ends the gate's connection once it has served for more than a second: what the
# next request gets.
sub kick {
    my ($nginx, $redis) = @_;
    # with a cache an answer needs no connection
    for (1 .. 500) {
        last if $redis->gates;
        sleep 0.01;
    }
    sleep 1.2;
    $redis->kick;
    for (1 .. 500) {
        last if !$redis->gates;
        sleep 0.01;
    }
    return $nginx->ask_until(200, RECOVERY, $bob);
}


# ---- one of several addresses ----

for my $with ('resolved', 'with a cache') {
    my $port = free_port();
    my $redis = flagged(redis('127.0.0.3', $port));
    zone(map { "redis.test A 127.0.0.$_" } 1 .. 4);
    my $nginx = gate("redis.test:$port resolve", $with =~ /cache/
                     ? (cache => 'gate') : ());

    is($nginx->ask($alice), '403 flagged',
       "$with: of four addresses the one that serves is found");
    is($nginx->ask($bob), 200, "$with: by the first request, which waits for it");
    my @left = left_out($nginx);
    cmp_ok(scalar @left, '<=', 3, "$with: the others were tried once at most");
    is(scalar(grep { $_ eq "127.0.0.3:$port" } @left), 0, "$with: and it was not");
    is(join("\n", told($nginx)), '', "$with: which is no outage");

    for (1 .. 3) {
        is(kick($nginx, $redis), 200, "$with: the connection is made again ($_)");
    }
    is(scalar left_out($nginx), scalar @left,
       "$with: to the one that served, without another attempt");

    # none is left
    my $before = @left;
    sleep 1.2;
    $redis->down;
    $nginx->ask_until('503 store_unavailable', RECOVERY, $bob);
    ok($nginx->logged(qr/\[error\].*store "flags" at redis\.test:$port is down: of its 4 addresses none serves, the last one: connect\(\) failed \(111: /, 10),
       "$with: the log says when all have failed, and why the last one");
    is($nginx->ask($bob), '503 store_unavailable', "$with: 503 at once");
    sleep 1;
    # one that is killed may close a new connection before it stops listening
    my @down = grep { /none serves/ && !/it closed the connection/ } told($nginx);
    is(scalar @down, 1, "$with: once, as they are tried again and again");
    cmp_ok(scalar left_out($nginx), '>=', $before + 3,
           "$with: each address of four was tried");

    # another one serves
    my $second = redis('127.0.0.2', $port);
    is($nginx->ask_until(200, RECOVERY, $alice), 200,
       "$with: another address serves");
    is(scalar(grep { /is up; it was down/ } told($nginx)), 1,
       "$with: the log says so once");
    ends_well($nginx, $with);
    $second->down;
}


# ---- families in turn ----

SKIP: {
    my $port = free_port();
    my $redis = eval { redis('127.0.0.9 ::1', $port) };
    skip 'no ::1 here', 7 if !$redis || $redis->cmd('INFO', 'server') eq ''
        || !eval { require IO::Socket::IP;
                   IO::Socket::IP->new(PeerAddr => '::1', PeerPort => $port) };
    zone('redis.test A 127.0.0.9', 'redis.test AAAA ::1');
    my $nginx = gate("redis.test:$port resolve");
    is($nginx->ask_until(200, RECOVERY, $bob), 200, 'an address of each family');
    like($redis->cmd('CLIENT', 'LIST'), qr/addr=\[::1\]:\d+ .*user=gate/,
         'IPv6 comes first');
    ends_well($nginx, 'families');
    $redis->down;

    zone(map({ "redis.test A 127.0.0.$_" } 5 .. 8),
         map { "redis.test AAAA $_" } '::1', '::2');
    my $at = redis('127.0.0.99', $port);
    $nginx = gate("redis.test:$port resolve");
    $nginx->ask_until('503 store_unavailable', RECOVERY, $bob);
    $nginx->logged(qr/none serves/, 10);
    my @families = map { /^\[/ ? 6 : 4 } left_out($nginx);
    is("@families[0 .. 4]", '6 4 6 4 4', 'then the families take turns');
    $at->down;
    ends_well($nginx, 'families in turn');
}


# ---- an address that hangs costs connect_timeout once ----

{
    my $port = free_port();
    my $redis = redis('127.0.0.2', $port);
    my $mute = mute('127.0.0.1', $port, 'hung');
    zone('a.test A 127.0.0.1', 'b.test A 127.0.0.2',
         "_redis._tcp.redis.test SRV 10 0 $port a.test",
         "_redis._tcp.redis.test SRV 20 0 $port b.test");
    my $nginx = gate('redis.test service=redis resolve', timeout => '20s',
                     connect_timeout => '1s', resolver => 'ipv6=off');
    is($nginx->ask($bob), 200, 'a request waits until the next address serves');
    my $hung = length $f->read('hung');
    is($hung, 1, 'the one of the least priority was tried first, once');
    like($nginx->error_log, qr/\[info\].*: address 127\.0\.0\.1:$port is left out: it does not answer in "connect_timeout" \(1000 ms\); it is connected: /,
         'the log has it');
    kick($nginx, $redis) for 1 .. 3;
    is(length $f->read('hung'), $hung, 'and not again for a minute');
    is(join("\n", told($nginx)), '', 'which is no outage');
    ends_well($nginx, 'an address that hangs');
    $mute->end('KILL');
    $redis->down;
}


# ---- an address of a replica ----

{
    my $port = free_port();
    my ($first, $second) = map { redis("127.0.0.$_", $port) } 1, 2;
    $first->cmd('REPLICAOF', '127.0.0.2', '1');
    flagged($second);
    zone('redis.test A 127.0.0.1', 'redis.test A 127.0.0.2');
    my $nginx = gate("redis.test:$port resolve", resolver => 'ipv6=off');
    is($nginx->ask($alice), '403 flagged', 'of a replica and a master: the master');
    is(join("\n", told($nginx)), '', 'which is no outage');

    # they change places
    $first->cmd('REPLICAOF', 'NO', 'ONE');
    $second->cmd('REPLICAOF', '127.0.0.1', '1');
    is($nginx->ask_until(200, RECOVERY, $alice), 200, 'and after a failover, too');

    $first->cmd('REPLICAOF', '127.0.0.2', '1');
    is($nginx->ask_until('503 store_not_master', RECOVERY, $alice),
       '503 store_not_master', 'two replicas are an outage, by its own reason');
    ends_well($nginx, 'a replica');
    $_->down for $first, $second;
}


# ---- SRV records ----

for my $cache (0, 1) {
    my $with = $cache ? 'SRV, with a cache' : 'SRV';
    my ($one, $two) = (free_port(), free_port());
    my ($first, $second) = map { redis('127.0.0.1', $_) } $one, $two;
    flagged($second);
    zone('a.test A 127.0.0.1', "_redis._tcp.redis.test SRV 0 0 $one a.test");
    my $nginx = gate('redis.test service=redis resolve', timeout => '5s',
                     resolver => 'ipv6=off', $cache ? (cache => 'gate') : ());
    is($nginx->ask($alice), 200, "$with: a port of the records");
    is($first->gates, 1, "$with: is where the gate is");

    # the same address, another port
    zone('a.test A 127.0.0.1', "_redis._tcp.redis.test SRV 0 0 $two a.test");
    is($nginx->ask_until('403 flagged', RECOVERY, $alice), '403 flagged',
       "$with: another port is another address");
    is($first->gates, 0, "$with: the first one is left");
    like($nginx->error_log, qr/\[notice\].*leads to another address/,
         "$with: the log says so");

    # one of two targets has no address
    zone('a.test A 127.0.0.1', "_redis._tcp.redis.test SRV 0 0 $two a.test",
         "_redis._tcp.redis.test SRV 1 0 $one gone.test");
    ok($nginx->logged(qr/\[warn\].*store "flags" at redis\.test: target "gone\.test" of its SRV records has no address \(3: Host not found\); it is left out/, 10),
       "$with: a target without an address is named");
    sleep 2.5;
    is(scalar(grep { /gone\.test/ } told($nginx)), 1, "$with: once");
    is($nginx->ask($alice), '403 flagged', "$with: the other one serves");

    # no target has one
    zone("_redis._tcp.redis.test SRV 1 0 $one gone.test");
    $nginx->logged(qr/could not be resolved again/, 10);
    is($nginx->ask($bob), 200, "$with: a connection stays though no target has");
    $second->kick;
    is($nginx->ask_until('503 store_unavailable', RECOVERY, $bob),
       '503 store_unavailable', "$with: unless it is gone, too");
    ok($nginx->logged(qr/\[error\].*is down: no target of its SRV records has an address, such as "gone\.test" \(3: Host not found\); give it a record A or AAAA/, 10),
       "$with: then the log says so");

    # no records
    zone('a.test A 127.0.0.1');
    ok($nginx->logged(qr/\[error\].*is down: its SRV records, of service "redis", could not be resolved \(3: Host not found\); check "service" and the name in "server", and "resolver"/, 15),
       "$with: no records at all");

    # a name server that fails, then all is well
    zone('_redis._tcp.redis.test fails');
    zone('a.test A 127.0.0.1', "_redis._tcp.redis.test SRV 0 0 $one a.test");
    is($nginx->ask_until(200, 30, $alice), 200, "$with: until they are there");
    ends_well($nginx, $with);
    $_->down for $first, $second;
}


# ---- a service of another protocol, and its whole name ----

{
    my $port = free_port();
    my $redis = redis('127.0.0.1', $port);
    zone('a.test A 127.0.0.1', "_flags._udp.redis.test SRV 0 0 $port a.test");
    my $nginx = gate('redis.test resolve service=_flags._udp',
                     resolver => 'ipv6=off');
    is($nginx->ask($bob), 200, 'a service with a dot is the beginning of the name');
    ends_well($nginx, 'a service');
    $redis->down;
}


# ---- weights, among gates ----

{
    my @ports = (free_port(), free_port());
    my @redis = map { redis('127.0.0.1', $_) } @ports;
    zone('a.test A 127.0.0.1', map { "_redis._tcp.redis.test SRV 5 50 $_ a.test" }
                                   @ports);
    my $http = $f->http_conf(server => 'redis.test service=redis resolve');
    my $nginx = Healthcode::Nginx->new(module => $f->module, workers => 12,
        http => <<"END")->start;
resolver 127.0.0.1:$names_port ipv6=off;
$http
server {
    listen unix:{{SOCK}};
    location /alive { return 204; }
    location /t { healthcode on; alias $site/passed; }
}
END
    for (1 .. 500) {
        last if $redis[0]->gates + $redis[1]->gates == 12;
        sleep 0.02;
    }
    is($redis[0]->gates + $redis[1]->gates, 12, 'twelve workers are connected');
    # by chance all to one of two: once in 2,000 runs
    cmp_ok($_->gates, '>', 0, 'to each of two records of one priority') for @redis;
    ends_well($nginx, 'weights');
    $_->down for @redis;
}


# ---- TLS: the certificate is for the name that is written ----

SKIP: {
    my $ca = Healthcode::Authority->new($f->dir, 'ca');
    my @made = map { my $name = $_; eval {
        my $new = $ca->redis(dir => $f->dir, name => "tls-$name",
            password => $f->password,
            certificate => $ca->issue($name, san => "DNS:$name.test"));
        $f->init_store($new);
        $new } } qw(redis a);
    skip 'this Redis was built without TLS', 4 if @made < 2;
    my @ssl = (ssl => 'on', ssl_trusted_certificate => $ca->cert,
               resolver => 'ipv6=off');

    zone('a.test A 127.0.0.1',
         "_redis._tcp.redis.test SRV 0 0 $made[0]{tls_port} a.test");
    my $nginx = gate('redis.test service=redis resolve', @ssl);
    is($nginx->ask_until(200, RECOVERY, $bob), 200,
       'TLS: a certificate for the name of "server"');
    $nginx->stop;

    zone('a.test A 127.0.0.1',
         "_redis._tcp.redis.test SRV 0 0 $made[1]{tls_port} a.test");
    $nginx = gate('redis.test service=redis resolve', @ssl);
    is($nginx->ask_until('503 store_unavailable', RECOVERY, $bob),
       '503 store_unavailable',
       'TLS: not one for the target, which whoever answers for the name server '
       . 'may choose');
    ok($nginx->logged(qr/is down: .*certificate is for another name than "redis\.test"/, 5),
       'TLS: the log says so');
    $nginx->stop;

    $nginx = gate('redis.test service=redis resolve', @ssl, ssl_name => 'a.test');
    is($nginx->ask_until(200, RECOVERY, $bob), 200,
       'TLS: unless "ssl_name" says that it is');
    $nginx->stop;
    $_->down for @made;
}


$names->end('KILL');

done_testing();
