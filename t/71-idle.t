# An idle gate: it asks Redis next to nothing, loses a connection
# without a word, and lets nobody pass who was flagged meanwhile.
# docs/connection.md, "Idle".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep time);

use Healthcode::Fixture;
use Healthcode::Http qw(dial get exchange);
use Healthcode::Keys qw($META);
use Healthcode::Nginx;
use Healthcode::Server;

use constant { ARRIVES => 10, IDLE => 3.5 };

delete $ENV{HEALTHCODE_CACHED};
$Healthcode::Fixture::CACHED = 0;

my $f     = Healthcode::Fixture->new;
my $redis = $f->redis;
my $site  = $f->path('site');
my $alice = $f->issue(sub => 'alice');

# A gate with a store of these lines.
sub gate {
    my (%store) = @_;
    my ($pepper, $issuers) = ($f->pepper_conf, $f->issuers_conf);
    my $store = $f->store_conf('flags', timeout => '5s',
                               connect_timeout => '5s', %store);
    return Healthcode::Nginx->new(module => $f->module, level => 'info',
                                  http => <<"END")->start;
healthcode_zone gate 1m;
$pepper $issuers $store
server {
    listen unix:{{SOCK}};
    add_header X-Known "\$healthcode_risk_cache" always;
    location /alive { return 204; }
    location /status { healthcode_status; }
    location /prometheus { healthcode_status prometheus; }
    location /t { healthcode on; alias $site/passed; }
}
END
}

sub ends_well {
    my ($nginx, $what, $expected) = @_;
    is($nginx->stop, 0, "$what: the gate ends by itself");
    my @bad = grep { /\[(error|alert|crit|emerg)\]|exited on signal|is up; it/ }
        grep { !$expected || !/$expected/ } split /\n/, $nginx->error_log;
    is("@bad", '', "$what: no outage is in its log");
    $f->reset_store;
}

sub state_of {
    my ($nginx) = @_;
    my ($store) = @{ JSON::PP->new->decode(
        get($nginx->sock, '/status', [])->{body})->{stores} };
    return $store;
}

sub failures {
    my ($nginx) = @_;
    my $text = get($nginx->sock, '/prometheus', [])->{body};
    my $n = $text =~ /^healthcode_store_up\{/m ? 0 : -1;
    $n += $1 while $text =~ /^healthcode_store_failures_total\{[^}]*\} (\d+)/mg;
    return $n;
}

# Waits until Redis is asked nothing for a second; false: never.
sub sleeps {
    my $last = -1;
    for (1 .. ARRIVES) {
        my $now = $redis->count('role');
        return 1 if $now == $last;
        $last = $now;
        sleep 1;
    }
    return 0;
}


# ---- nobody asks ----

for my $row ([ 'with a cache', cache => 'gate' ], [ 'without a cache' ]) {
    my ($what, @cache) = @$row;
    my $nginx = gate(@cache);
    is($nginx->ask_until(200, ARRIVES, $alice), 200, "$what: alice passes");
    ok(sleeps(), "$what: where nobody stands nobody asks");

    my $asked = $redis->count('role');
    is($nginx->ask($alice), 200, "$what: the first one passes");
    cmp_ok($redis->count('role'), '>', $asked, "$what: and has the role asked");
    is(state_of($nginx)->{up}, JSON::PP::true, "$what: it was up all the time");
    is(failures($nginx), 0, "$what: no failure is counted");
    ends_well($nginx, $what);
}


# ---- flagged meanwhile; and what was known ----

{
    my $nginx = gate(cache => 'gate');
    my $bob = $f->issue(sub => 'bob');
    is($nginx->known_until('200 HIT', ARRIVES, $_), '200 HIT',
       'the holder is known') for $alice, $bob;
    ok(sleeps(), 'nobody asks');
    $f->admin('flag set bob contact');
    sleep 1.1;
    is($nginx->ask($bob), '403 flagged', 'who was flagged meanwhile is refused');
    is($nginx->known($alice), '200 HIT',
       'who was known before is known when the role is');
    my $reads = $redis->reads;
    is($nginx->ask($alice), 200, 'and passes');
    is($redis->reads, $reads, 'without a read');
    ends_well($nginx, 'flagged meanwhile');
}


# ---- a hit keeps it awake ----

{
    my $nginx = gate(cache => 'gate');
    is($nginx->known_until('200 HIT', ARRIVES, $alice), '200 HIT',
       'alice is known');
    $redis->reset_counts;
    my $until = time + IDLE + 1.5;
    my @seen;
    while (time < $until) {
        push @seen, $nginx->known($alice);
        sleep 0.2;
    }
    # a machine that stops us for a lease has one asked again
    cmp_ok(scalar(grep { /HIT$/ } @seen), '>=', @seen - 3,
           'whoever passes by the cache keeps its lease');
    ends_well($nginx, 'a hit');
}


# ---- a connection that ends while nobody asks ----

{
    my $nginx = gate(cache => 'gate');
    is($nginx->ask_until(200, ARRIVES, $alice), 200, 'alice passes');
    ok(sleeps(), 'nobody asks');

    $redis->kick;
    ok($nginx->logged(qr/\[info\].*has ended a connection that was idle/,
                      ARRIVES), 'Redis ends the connection');
    for (1 .. 100 * ARRIVES) {
        last if $redis->gates;
        sleep 0.01;
    }
    is($redis->gates, 1, 'another one is made at once');
    is($nginx->ask($alice), 200, 'and used');
    is(failures($nginx), 0, 'no failure is counted');
    ends_well($nginx, 'an idle close');
}

{
    my $nginx = gate(cache => 'gate', timeout => '1s');
    $redis->cmd('CONFIG', 'SET', 'timeout', 2);
    is($nginx->ask_until(200, ARRIVES, $alice), 200, 'alice passes');
    ok($nginx->logged(qr/\[info\].*has ended a connection that was idle/,
                      2 * ARRIVES), '"timeout" of Redis ends the connection');
    is($nginx->ask_until(200, ARRIVES, $alice), 200, 'she passes again');
    is(failures($nginx), 0, 'no failure is counted');
    delete $redis->{client};           # it has closed ours, too
    $redis->cmd('CONFIG', 'SET', 'timeout', 0);
    ends_well($nginx, '"timeout" of Redis');
}

{
    my $nginx = gate(cache => 'gate');
    is($nginx->ask_until(200, ARRIVES, $alice), 200, 'alice passes');
    ok(sleeps(), 'nobody asks');
    $redis->down;
    ok($nginx->logged(qr/\[error\].*is down: connect\(\) failed/, ARRIVES),
       'a Redis that is gone is an outage, whether anybody asks or not');
    $redis->up;
    $f->reset_store;
    is($nginx->ask_until(200, ARRIVES, $alice), 200, 'it is back');
    ends_well($nginx, 'a Redis that is gone', qr/is down|is up/);
}


# ---- a connection that is dead, and nobody says so ----

# A store that, once a file says so, is silent on its first connection, or closes
# it when it is asked something; on later ones it answers, or closes them.
sub deaf {
    my ($how, $later) = @_;
    my ($hello, $beat, $more) = Healthcode::Server::proof($f->pepper_check);
    my $meta = substr $beat, index($beat, '%3');
    $f->write('connections', 0);
    return Healthcode::Server->start($f->path("deaf.sock"), sub {
        my ($client, $n) = @_;
        my ($seen, $greeted) = ('', 0);
        $f->write('connections', $n + 1);
        return if $n && $later eq 'refuses';
        while (sysread $client, $seen, 65536, length $seen) {
            if ($greeted && -e $f->path('deaf') && $n == 0) {
                # silent: until the gate gives it up
                1 while $how eq 'silent' && sysread $client, $seen, 65536;
                last;
            }
            while ($seen =~ s/^(.*?\Q$META\E\r\n)(.*TRACKINGINFO\r\n.*?stats\r\n)?//s) {
                my ($asked, $all) = ($1, $2);
                syswrite $client, !$greeted++ ? $hello
                    : $asked =~ /HRANDFIELD/ ? "*0\r\n$meta*3\r\n_\r\n_\r\n_\r\n$meta"
                    : $beat . ($all ? $more : '');
            }
        }
    });
}

for my $how (qw(closes silent)) {
    my $server = deaf($how, 'answers');
    my $nginx = gate(cache => 'gate', server => 'unix:' . $f->path('deaf.sock'),
                     user => undef, password_file => undef);
    is($nginx->ask_until(200, ARRIVES, $alice), 200, "$how: alice passes");
    sleep IDLE;
    $f->write('deaf', 1);
    my $begun = time;
    is($nginx->ask($alice), 200, "$how: the first read is asked once more");
    cmp_ok(time - $begun, '<', 5, "$how: in the time that it has");
    is($f->read('connections'), 2, "$how: on another connection");
    like($nginx->error_log, qr/\[info\].*a connection that was idle/,
         "$how: the log says so, where it is read");
    is(failures($nginx), 0, "$how: no failure is counted");
    unlink $f->path('deaf');
    ends_well($nginx, $how);
    $server->stop;
}

{
    my $server = deaf('closes', 'refuses');
    my $nginx = gate(cache => 'gate', server => 'unix:' . $f->path('deaf.sock'),
                     user => undef, password_file => undef);
    is($nginx->ask_until(200, ARRIVES, $alice), 200, 'alice passes');
    sleep IDLE;
    $f->write('deaf', 1);
    is($nginx->ask($alice), '503 store_unavailable',
       'where the next connection fails as well it is an outage');
    ok($nginx->logged(qr/\[error\].*is down: it closed the connection/, ARRIVES),
       'the log says so');
    unlink $f->path('deaf');
    ends_well($nginx, 'twice', qr/is down|is up/);
    $server->stop;
}

done_testing;
