# A site with its own replica: what it says counts for a lag behind the last
# tick of the centre, and while it is cut off for as long as the store says; a
# flag that came before the cut denies all the time, and nothing of a replica
# counts that was started anew, is empty, or reads all anew.
# docs/operations.md, "A site with its own replica".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use Test::More;
use Time::HiRes qw(sleep time);

use Healthcode::Fixture;
use Healthcode::Http qw(get answer_of);
use Healthcode::Nginx;
use Healthcode::Site;

# seconds; the last is how late an answer may be read here
use constant { LAG => 2, OFFLINE => 6, ARRIVES => 15, SLACK => 0.3 };

$Healthcode::Fixture::CACHED = 0;

my $f = Healthcode::Fixture->new(no_redis => 1);
my $s = Healthcode::Site->new($f);
my ($alice, $bob, $carol) = map { $f->issue(sub => $_) } qw(alice bob carol);

ok($s->is_even, 'the replica has what the centre has');

# Waits until the replica has it: what a centre has to do with --wait.
sub flag {
    my ($words) = @_;
    $f->admin("flag $words");
    return time;
}

sub gate {
    my (%store) = @_;
    my $lag = LAG;
    my $offline = delete $store{offline};
    my $replica = "lag=${lag}s" . ($offline ? " offline=${offline}s" : '');
    my $site = $f->path('site');
    my ($pepper, $issuers) = ($f->pepper_conf, $f->issuers_conf);
    my $store = $f->store_conf('flags', server => 'unix:' . $s->site->socket,
                               replica => $replica, %store);
    return Healthcode::Nginx->new(module => $f->module, level => 'info',
                                  workers => 2, http => <<"END")->start;
healthcode_zone gate 1m;
$pepper $issuers $store
server {
    listen unix:{{SOCK}};
    add_header X-Known "\$healthcode_risk_cache" always;
    add_header X-Degraded "\$healthcode_degraded" always;
    location /alive { return 204; }
    location = /status { healthcode_status; }
    location = /metrics { healthcode_status prometheus; }
    location /t { healthcode on; alias $site/passed; }
    location /open {
        healthcode on; healthcode_on_outage allow timeout; alias $site/passed;
    }
}
END
}

sub metric {
    my ($nginx, $name) = @_;
    my $text = get($nginx->sock, '/metrics', [])->{body};
    my $n;
    $n = ($n // 0) + $1 while $text =~ /^$name\{[^}]*\} (-?[\d.]+)/mg;
    return $n;
}

sub store_of {
    my ($nginx) = @_;
    return JSON::PP->new->decode(
        get($nginx->sock, '/status', [])->{body})->{stores}[0];
}

# Asks for $seconds: [time, answer, degraded] of each answer.
sub asked {
    my ($nginx, $seconds, $code) = @_;
    my $until = time + $seconds;
    my @seen;
    while (time < $until) {
        my $answer = get($nginx->sock, '/t', [ "Authorization: Bearer $code" ]);
        push @seen, [ time, answer_of($answer),
                      $answer->{header}{'x-degraded'} // '' ];
        sleep 0.02;
    }
    return @seen;
}

# When the last one passed, less $since; 0: nobody did.
sub last_pass {
    my ($since, @seen) = @_;
    my ($last) = grep { $_->[1] eq '200' } reverse @seen;
    return $last ? $last->[0] - $since : 0;
}

sub log_says {
    my ($nginx, $line, $what) = @_;
    my $n = 0;
    my $until = time + ARRIVES;

    # each worker says it when it tries again; at level info each try is said
    while (!$n && time < $until) {
        $n = grep { !/\[info\]/ && /$line/ } split /\n/, $nginx->error_log;
        last if $n;
        $nginx->ask($alice);
        sleep 0.05;
    }
    cmp_ok($n, '>=', 1, "$what: the log says so") or diag($nginx->error_log);
    cmp_ok($n, '<=', 6, "$what: and no flood of it");
}

sub ends_well {
    my ($nginx, $what) = @_;
    is($nginx->stop, 0, "$what: the gate ends by itself");
    my @bad = grep { /\[(alert|crit|emerg)\]|exited on signal/ }
        split /\n/, $nginx->error_log;
    is("@bad", '', "$what: nothing is wrong");
}

# All is as at first.
sub mend {
    $s->mend;
    $s->tick;
    $f->admin([ qw(flag clear), $_, 'contact' ])
        for grep { $f->redis->cmd('EXISTS', "healthcode:risk:{" . substr($f->holder($_), 0, 2)
                                  . '}:' . $f->holder($_)) } qw(bob carol);
    ok($s->is_even(20), 'the line is mended');
}


# ---- what is written cannot be kept by a replica ----

for my $row ([ 'healthcode_passage', 'healthcode on; healthcode_passage east once=code;' ],
             [ 'healthcode_bound dpop', 'healthcode on; healthcode_bound dpop; '
               . 'healthcode_dpop_origin https://hall.example;' ],
             [ 'healthcode_passage_confirm',
               'healthcode_passage_confirm east id=$arg_id; allow 127.0.0.1; deny all;' ])
{
    my ($name, $lines) = @$row;
    my $nginx = Healthcode::Nginx->new(module => $f->module,
        http => $f->http_conf(replica => 'lag=2s')
            . "server { listen unix:{{SOCK}}; location / { healthcode on; }"
            . " location /t { $lines } }");
    my ($status, $said) = $nginx->check;
    isnt($status, 0, "$name on a replica: nginx -t refuses");
    like($said, qr/"\Q$name\E" writes into its store, but store "flags" is a "replica"/,
         "$name on a replica: and says why");
}


# ---- a site that works ----

for my $row ([ 'with a cache', cache => 'gate' ], [ 'without a cache' ]) {
    my ($what, @cache) = @$row;
    my $nginx = gate(@cache);
    my $reads = sub { $s->centre->count('hrandfield') };

    is($nginx->ask_until(200, ARRIVES, $alice), 200, "$what: alice passes");
    is($nginx->known_until('200 HIT', ARRIVES, $alice), '200 HIT',
       "$what: and is known") if @cache;
    is($nginx->ask($bob), 200, "$what: bob passes");
    my $asked = $reads->();
    flag('set bob contact');
    my $start = time;
    is($nginx->ask_until('403 flagged', ARRIVES, $bob), '403 flagged',
       "$what: until he is flagged at the centre");
    cmp_ok(time - $start, '<', 1, "$what: at once");
    flag('clear bob contact');
    is($nginx->ask_until(200, ARRIVES, $bob), 200, "$what: and cleared there");
    is($reads->(), $asked, "$what: the centre is asked nothing");
    my $store = store_of($nginx);
    ok($store->{up} && !$store->{offline}, "$what: the status says up");
    cmp_ok($store->{tick_age_ms} // 1e9, '<', 1500, "$what: and how old it is");
    is(metric($nginx, 'healthcode_store_offline'), 0, "$what: not offline");
    is(metric($nginx, 'healthcode_lookups_offline_total'), undef,
       "$what: nor was it");
    ends_well($nginx, $what);
}


# ---- the line is cut ----

for my $row ([ 'with a cache', cache => 'gate' ], [ 'without a cache' ]) {
    my ($what, @cache) = @$row;
    my $nginx = gate(@cache);
    is($nginx->ask_until(200, ARRIVES, $_), 200, "$what: all pass")
        for $alice, $bob, $carol;

    $s->cut;
    sleep 0.1;
    my $flagged = flag('set bob contact');
    my @seen = asked($nginx, LAG + 1.5, $bob);
    cmp_ok(last_pass($flagged, @seen), '<', LAG + SLACK,
           "$what: nobody passes who was flagged a lag ago");
    is($seen[-1][1], '503 store_timeout', "$what: but is told to come back");
    is($nginx->ask($alice), '503 store_timeout', "$what: as all are");
    is($nginx->ask($alice, '/open'), 200,
       "$what: unless the location lets that class pass");
    log_says($nginx, qr/\[error\] .*is down: its tick is too old; look at/, $what);
    ok(!store_of($nginx)->{up}, "$what: the status says down");

    mend();
    flag('set bob contact');
    is($nginx->ask_until(200, ARRIVES, $alice), 200, "$what: it is back");
    is($nginx->ask_until('403 flagged', ARRIVES, $bob), '403 flagged',
       "$what: with what came meanwhile");
    log_says($nginx, qr/store "flags" at \S+ is up; it was down/, $what);
    flag('clear bob contact');
    ends_well($nginx, $what);
}


# ---- nobody ticks; ticks by another clock; no tick ----

{
    my $nginx = gate(cache => 'gate');
    is($nginx->ask_until(200, ARRIVES, $alice), 200, 'alice passes');

    $s->stop_tick;
    my $stopped = time;
    my @seen = asked($nginx, LAG + 1.5, $alice);
    cmp_ok(last_pass($stopped, @seen), '<', LAG + SLACK,
           'nobody ticks: nobody passes a lag later');
    is($seen[-1][1], '503 store_timeout', 'nobody ticks: an outage');
    $s->tick;
    is($nginx->ask_until(200, ARRIVES, $alice), 200, 'somebody ticks again');
    $s->stop_tick;

    $s->tick_at(0.8);
    is($nginx->ask_until(200, ARRIVES, $alice), 200,
       'a tick that is less than a second ahead counts');
    $s->tick_at(30);
    is($nginx->ask_until('503 store_unproven', ARRIVES, $alice),
       '503 store_unproven', 'one that is 30 seconds ahead proves nothing');
    log_says($nginx, qr/is down: its tick lies more than a second ahead/, 'ahead');
    sleep 1;
    is($nginx->ask($alice), '503 store_unproven', 'nor does it a second later');
    $s->tick_at(-30);
    is($nginx->ask_until('503 store_timeout', ARRIVES, $alice),
       '503 store_timeout', 'one of 30 seconds ago is too old');

    for my $tick ('', 'x', '-1', '1e12', '1' . '0' x 15) {
        $s->centre->cmd('SET', $s->TICK, $tick);
        is($nginx->ask_until('503 store_unproven', ARRIVES, $alice),
           '503 store_unproven', "a tick of \"$tick\" proves nothing");
    }
    $s->centre->cmd('DEL', $s->TICK);
    is($nginx->ask_until('503 store_unproven', ARRIVES, $alice),
       '503 store_unproven', 'nor does none');
    log_says($nginx, qr/its tick is missing or cannot be read/, 'none');
    $s->centre->cmd('HSET', $s->TICK, 'a', 'b');
    sleep 1.2;
    is($nginx->ask($alice), '503 store_unproven', 'nor one of another type');
    $s->centre->cmd('DEL', $s->TICK);
    $s->tick;
    is($nginx->ask_until(200, ARRIVES, $alice), 200, 'then one that is right');
    ends_well($nginx, 'ticks');
}


# ---- offline ----

for my $row ([ 'with a cache', cache => 'gate' ], [ 'without a cache' ]) {
    my ($what, @cache) = @$row;
    my $nginx = gate(offline => OFFLINE, @cache);
    sleep 2;
    flag('set bob contact');
    is($nginx->ask_until(200, ARRIVES, $alice), 200, "$what: alice passes");
    is($nginx->ask_until('403 flagged', ARRIVES, $bob), '403 flagged',
       "$what: bob does not");

    $s->cut;
    my $cut = time;
    my @bob;
    my @seen;
    while (time < $cut + LAG + OFFLINE + 1.5) {
        push @seen, asked($nginx, 0.3, $alice);
        push @bob, asked($nginx, 0.1, $bob);
    }
    cmp_ok(last_pass($cut, @seen), '>', OFFLINE, "$what: alice goes on passing");
    cmp_ok(last_pass($cut, @seen), '<', LAG + OFFLINE + SLACK,
           "$what: for no longer than that");
    is($seen[-1][1], '503 store_timeout', "$what: then it is an outage");
    is(last_pass($cut, @bob), 0, "$what: bob never passes");
    my @late = grep { $_->[1] eq '200' && $_->[0] > $cut + LAG + SLACK } @seen;
    is(scalar(grep { $_->[2] ne 'offline' } @late), 0,
       "$what: whoever passes is told to be offline");
    my @soon = grep { $_->[0] < $cut + 0.5 } @seen;
    is(scalar(grep { $_->[2] ne '' } @soon), 0, "$what: but not before");
    log_says($nginx, qr/is cut off from its centre; going on with what it has, for 6 s/,
             $what);
    cmp_ok(metric($nginx, 'healthcode_lookups_offline_total'), '>', 10,
           "$what: which is counted");
    mend();
    is($nginx->ask_until(200, ARRIVES, $alice), 200, "$what: it is back");
    my $answer = get($nginx->sock, '/t', [ "Authorization: Bearer $alice" ]);
    is($answer->{header}{'x-degraded'} // '', '', "$what: and not degraded");
    ends_well($nginx, $what);
}


# ---- offline, and a gate or a replica that is started anew ----

{
    my $nginx = gate(offline => 60, cache => 'gate');
    flag('set bob contact');
    $f->admin('flag set carol contact');
    ok($s->is_even, 'both have it');
    sleep 3;    # a replica that was just started does not count offline
    $s->site->cmd('SAVE');
    is($nginx->ask_until('403 flagged', ARRIVES, $bob), '403 flagged', 'flagged');

    $s->cut;
    sleep LAG + 0.5;
    is($nginx->ask($alice), 200, 'offline: alice passes');
    # a worker says how its store stands once a second
    for (1 .. 50) {
        last if store_of($nginx)->{offline};
        $nginx->ask($alice);
        sleep 0.1;
    }
    is(store_of($nginx)->{offline}, JSON::PP::true, 'the status says so');
    is(metric($nginx, 'healthcode_store_offline'), 1, 'and the metric');
    ok($nginx->reload, 'a reload');
    is($nginx->ask_until(200, ARRIVES, $alice), 200, 'she still does');
    is($nginx->ask($bob), '403 flagged', 'and bob still not');

    # a file may have less than there was: bob's flag, say
    $s->site->down;
    $s->site->up;
    is($nginx->ask_until('503 store_timeout', ARRIVES, $alice),
       '503 store_timeout', 'started from a file: nothing counts');
    is($nginx->ask($bob), '503 store_timeout', 'of anybody');
    sleep 1.5;
    is($nginx->ask($alice), '503 store_timeout', 'later neither');
    log_says($nginx, qr/its tick is old, and it was started anew/, 'from a file');

    $s->site->down;
    unlink $f->path('site.rdb');
    $s->site->up;
    is($nginx->ask_until('503 store_unproven', ARRIVES, $alice),
       '503 store_unproven', 'started empty: nothing counts');
    is($nginx->ask($bob), '503 store_unproven', 'of anybody');

    $s->mend;
    is($nginx->ask_until(200, ARRIVES, $alice), 200, 'it has read all anew');
    is($nginx->ask_until('403 flagged', ARRIVES, $bob), '403 flagged',
       'and bob is flagged');
    mend();
    ends_well($nginx, 'started anew');
}


# ---- all is read anew, under load ----

{
    my $nginx = gate(offline => 60, cache => 'gate');
    is($nginx->ask_until(200, ARRIVES, $_), 200, 'all pass') for $alice, $bob;
    my ($full) = $s->centre->cmd('INFO', 'stats') =~ /^sync_full:(\d+)/m;

    $s->cut;
    sleep 0.2;
    flag('set bob contact');
    $s->overflow;
    my @seen = asked($nginx, 1, $alice);
    $s->mend;
    push @seen, asked($nginx, 3, $alice);
    ok($s->is_even, 'the replica has it again');
    my ($now) = $s->centre->cmd('INFO', 'stats') =~ /^sync_full:(\d+)/m;
    cmp_ok($now, '>', $full, 'all was read anew');
    is($nginx->ask_until('403 flagged', ARRIVES, $bob), '403 flagged',
       'bob is flagged then');
    is($nginx->ask_until(200, ARRIVES, $alice), 200, 'alice is not');
    is(scalar(grep { $_->[1] !~ /^(200|503 store_(timeout|unavailable|unproven))$/ }
              @seen), 0, 'and was refused by nothing else');
    mend();
    ends_well($nginx, 'read anew');
}


# ---- what a chained replica says of itself ----

{
    my $nginx = gate(cache => 'gate');
    is($nginx->ask_until(200, ARRIVES, $bob), 200, 'bob passes');
    my $middle = $s->{middle} = $s->server('middle', 'port ' . $s->port('middle'),
        'replicaof 127.0.0.1 ' . $s->port('line'));
    $s->site->cmd('REPLICAOF', '127.0.0.1', $s->port('middle'));
    ok($s->is_even(20), 'a relay of Redis is between');
    is($nginx->ask_until(200, ARRIVES, $bob), 200, 'bob passes');

    $s->cut;
    sleep 0.1;
    my $flagged = flag('set bob contact');
    my @seen = asked($nginx, LAG + 1, $bob);
    is($s->link('master_link_status'), 'up', 'its own link is up all the time');
    cmp_ok(last_pass($flagged, @seen), '<', LAG + SLACK,
           'but nobody passes who was flagged a lag ago');
    is($seen[-1][1], '503 store_timeout', 'it is an outage');

    $s->mend;
    $s->site->cmd('REPLICAOF', '127.0.0.1', $s->port('line'));
    mend();
    delete($s->{middle})->down;
    is($nginx->ask_until(200, ARRIVES, $bob), 200, 'it is back');
    ends_well($nginx, 'chained');
}


# ---- another master at the centre; the replica is made one ----

{
    my $nginx = gate(cache => 'gate');
    my $other = $s->{middle} = $s->server('middle', 'port ' . $s->port('middle'),
        'replicaof 127.0.0.1 ' . $s->port('centre'));
    is($nginx->ask_until(200, ARRIVES, $bob), 200, 'bob passes');
    $f->admin([ qw(flag set bob contact) ]);
    is($s->centre->cmd('WAIT', 2, 5000), 2, 'both replicas have it');

    $s->stop_tick;
    $other->cmd('REPLICAOF', 'NO', 'ONE');
    my $centre = $s->{centre};
    $centre->cmd('REPLICAOF', '127.0.0.1', $s->port('middle'));
    @$s{qw(centre middle)} = ($other, $centre);
    $f->{redis} = $other;
    $s->tick;
    $s->site->cmd('REPLICAOF', '127.0.0.1', $s->port('middle'));
    ok($s->is_even(20), 'another master is followed');
    is($nginx->ask_until(200, ARRIVES, $alice), 200, 'alice passes');
    is($nginx->ask($bob), '403 flagged', 'bob is flagged there, too');
    flag('clear bob contact');
    is($nginx->ask_until(200, ARRIVES, $bob), 200, 'until that is cleared there');

    $s->site->cmd('REPLICAOF', 'NO', 'ONE');
    my $flagged = flag('set bob contact');
    my @seen = asked($nginx, LAG + 1, $bob);
    cmp_ok(last_pass($flagged, @seen), '<', LAG + SLACK,
           'a replica that is made a master is soon too old');
    is($seen[-1][1], '503 store_timeout', 'which is an outage');
    ends_well($nginx, 'another master');
}

$s->end;

done_testing;
