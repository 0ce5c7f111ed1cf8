# What a cache knew counts after its store is gone: in full until its lease
# ends, so that a store that stalls for less costs a warm holder nothing; and
# after that where healthcode_on_outage says "stale", until the store itself
# says something else.  docs/directives.md, "healthcode_on_outage".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP qw(decode_json);
use Test::More;
use Time::HiRes qw(sleep time);

use Healthcode::Degraded qw(answer_to answer_until);
use Healthcode::Ends qw(ends_well);
use Healthcode::Fixture;
use Healthcode::Http qw(get);
use Healthcode::Keys qw(drop_proofs $REGION);
use Healthcode::Nginx;
use Healthcode::Redis;
use Healthcode::Server;

use constant WAIT => 20;

my $f = Healthcode::Fixture->new;
my %code = ((map { lc $_ => $f->code($_) } qw(ALICE BOB CAROL)),
            dave => $f->issue(sub => 'dave', region => [511402]));
my $redis = Healthcode::Redis->start(dir => $f->dir, name => 'stale',
                                     password => $f->password);
$f->init_store($redis);

my %LINES = (
    none    => '',
    stale   => 'healthcode_on_outage stale=1h;',
    timeout => 'healthcode_on_outage stale=1h timeout;',
    refused => 'healthcode_on_outage stale=1h refused;',
    both    => 'healthcode_on_outage stale=1h timeout;
                healthcode_on_outage stale=1ms refused;',
    mixed   => 'healthcode_on_outage allow auth proof;
                healthcode_on_outage stale=1h refused timeout;',
    short   => 'healthcode_on_outage stale=2s;',
    blink   => 'healthcode_on_outage stale=1ms;',
    old     => 'healthcode_on_outage stale=1h; healthcode_data_max_age 1h;',
    off     => 'healthcode_on_outage stale=1h; healthcode_risk off;',
    region  => 'healthcode_on_outage stale=1h; healthcode_region_deny medium;',
);

sub gate {
    my ($cache, %lines) = @_;
    my $site = $f->path('site');
    my $http = $f->http_conf(server => 'unix:' . $redis->socket,
                             timeout => '300ms', connect_timeout => '300ms',
                             %lines, $cache ? (cache => $cache) : ());
    my $locations = join '', map { "location /$_ { healthcode on; $LINES{$_}
        healthcode_degraded_header on; alias $site/passed; }\n" } sort keys %LINES;
    return Healthcode::Nginx->new(module => $f->module, workers => 1,
                                  http => <<"END")->start;
healthcode_zone hc 1m;
$http
server {
    listen unix:{{SOCK}};
    add_header X-Verdict "\$healthcode_verdict \$healthcode_reason" always;
    add_header X-Word "<\$healthcode_degraded>" always;
    add_header X-Cache "\$healthcode_risk_cache" always;
$locations
    location /audit { healthcode audit; $LINES{stale} alias $site/passed; }
    location /outer { healthcode off; $LINES{stale}
        location /outer/same { healthcode on; alias $site/passed; }
        location /outer/deny { healthcode on; healthcode_on_outage deny;
                               alias $site/passed; } }
    location /status { healthcode_status json; }
}
END
}

sub ask { answer_to($_[0], $_[1], $code{$_[2]}) }

sub until_is {
    my ($nginx, $want, $uri, $who) = @_;
    return answer_until($nginx, WAIT, $want, $uri, $code{$who});
}

sub is_hit {
    my ($nginx, $who) = @_;
    my $answer = get($nginx->sock, '/none', [ 'Authorization: Bearer ' . $code{$who} ]);
    return $answer->{status} == 200 && ($answer->{header}{'x-cache'} // '') eq 'HIT';
}

# A holder is known to have no flag.
sub warm {
    my ($nginx, $what, $who) = @_;
    my $end = time + WAIT;
    $who ||= 'alice';
    sleep 0.03 until is_hit($nginx, $who) || time > $end;
    ok(is_hit($nginx, $who), "$what: $who is known");
}

# What nginx -t says of this line in a location.
sub checked {
    my ($line, $cache) = @_;
    my $http = $f->http_conf(server => 'unix:' . $redis->socket,
                             $cache ? (cache => $cache) : ());
    return Healthcode::Nginx->new(module => $f->module, http => <<"END")->check;
healthcode_zone hc 1m;
$http
server {
    listen unix:{{SOCK}};
    location / { healthcode on; healthcode_degraded_header on; $line return 204; }
}
END
}

sub held {
    my ($nginx) = @_;
    my $json = decode_json(get($nginx->sock, '/status')->{body});
    return $json->{caches}[0]{holders}{stale};
}

# a stall that is shorter than the lease
{
    my $nginx = gate('hc lease=10s');
    warm($nginx, 'a stall');

    my $begun = time;
    $redis->freeze;
    like(until_is($nginx, qr/store_timeout/, '/none', 'bob'), qr/^503 deny/,
         'a stall: who is not known waits and is refused');

    my ($asked, $refused, $thawed) = (0, 0);
    until ($thawed && ask($nginx, '/none', 'carol') =~ /^200 allow ok/) {
        my $answer = ask($nginx, '/none', 'alice');
        my $took = time - $begun;
        # a machine that stood still for so long proves nothing
        last if $took > 7.5;
        $asked++;
        $refused++ if $answer ne '200 allow ok <> -';
        $thawed = 1, $redis->thaw if !$thawed && $took > 3.5;
        sleep 0.02;
    }
    $redis->thaw if !$thawed;
    cmp_ok($asked, '>', 10, "a stall: alice is asked for ($asked times)");
    is($refused, 0, 'a stall: and passes each time, as if there were none');

    like(until_is($nginx, qr/^200/, '/none', 'bob'), qr/^200 allow ok/,
         'a stall: bob passes after it');
    my $flags = $f->risk('alice');
    $redis->cmd('HSET', $flags, 'contact', 0);
    like(until_is($nginx, qr/flagged/, '/none', 'alice'), qr/^403 deny flagged/,
         'a stall: and a flag is heeded');

    $redis->freeze;
    like(until_is($nginx, qr/store_timeout/, '/stale', 'alice'), qr/^503 deny/,
         'a stall: nor was she known before the next one');
    $redis->thaw;
    like(until_is($nginx, qr/flagged/, '/none', 'alice'), qr/^403 deny flagged/,
         'a stall: which ends as well');
    $redis->cmd('DEL', $flags);
    is(held($nginx), 0, 'a stall: nobody passed by what is stale');
    ends_well($nginx, 'a stall');
}

# workers come back one after another: while the lease lasts, whoever asks does
# not wait for the end of a pause
{
    my $nginx = gate('hc lease=10s', timeout => '8s', connect_timeout => '8s');
    warm($nginx, 'a pause');
    my $socket = $redis->socket;

    for my $round (1 .. 3) {
        my $what = "a pause, round $round";
        $code{$round} = $f->issue(sub => "round-$round");
        rename $socket, "$socket.away" or die "rename: $!";
        $redis->kick;
        like(until_is($nginx, qr/store_unavailable/, '/none', 'bob'),
             qr/^503 deny/, "$what: the store is away");
        sleep 2.5;
        rename "$socket.away", $socket or die "rename: $!";
        sleep 0.1;
        is(ask($nginx, '/none', $round), '200 allow ok <> -',
           "$what: it is back for the first who asks");
        warm($nginx, $what);
    }
    ends_well($nginx, 'a pause');
}

# outages that are longer, and what the store says then
for my $outage (
    [ 'timeout', 'store_timeout', sub { $redis->freeze }, sub { $redis->thaw } ],
    [ 'refused', 'store_unavailable',
      sub { $redis->down }, sub { $redis->up; $f->init_store($redis) } ])
{
    my ($class, $reason, $begin, $end) = @$outage;
    my $nginx = gate('hc lease=1s');
    warm($nginx, $class);

    $begin->();
    like(until_is($nginx, qr/ $reason /, '/none', 'alice'),
         qr/^503 deny $reason <> -$/, "$class: who names nothing denies");

    my $pass = "200 allow $reason <stale> stale";
    my $deny = "503 deny $reason <> -";
    is(ask($nginx, "/$_", 'alice'), $pass, "$class: at /$_")
        for 'stale', $class, 'mixed', 'region';
    is(ask($nginx, "/$_", 'alice'), $deny, "$class: at /$_")
        for $class eq 'timeout' ? 'refused' : 'timeout', 'blink', 'old',
            'outer/deny';
    is(ask($nginx, '/both', 'alice'), $class eq 'timeout' ? $pass : $deny,
       "$class: each class has its own time");
    is(ask($nginx, '/outer/same', 'alice'), "200 allow $reason <stale> -",
       "$class: it is inherited with its time");
    is(ask($nginx, '/audit', 'alice'), "200 allow $reason <stale> -",
       "$class: an audit says so, too");
    is(ask($nginx, '/stale', 'bob'), $deny, "$class: who was not known is refused");
    is(ask($nginx, '/off', 'bob'), '200 allow ok <> -',
       "$class: where no store is asked there is no outage");
    is(held($nginx), 6 + ($class eq 'timeout'), "$class: all of that is counted");
    like(until_is($nginx, qr/deny/, '/short', 'alice'), qr/^503 deny $reason <> -$/,
         "$class: it ends in time");
    is(ask($nginx, '/stale', 'alice'), $pass, "$class: and no sooner elsewhere");

    $end->();
    like(until_is($nginx, qr/^200 allow ok/, '/none', 'bob'), qr/ ok <> -$/,
         "$class: it is over");
    ends_well($nginx, $class);
}

# what a store says ends what was known, whatever comes then
for my $said (
    [ 'store_unproven', sub { drop_proofs($redis) },
      sub { $f->init_store($redis) } ],
    [ 'store_auth',
      sub { $redis->cmd('ACL', 'SETUSER', 'gate', 'resetpass', '>another-one');
            $redis->kick },
      sub { $redis->cmd('ACL', 'SETUSER', 'gate', 'resetpass',
                        '>' . $f->password) } ],
    [ 'store_not_master', sub { $redis->cmd('REPLICAOF', '127.0.0.1', 1) },
      sub { $redis->cmd('REPLICAOF', 'NO', 'ONE') } ])
{
    my ($reason, $begin, $end) = @$said;
    my $nginx = gate('hc lease=10s');
    warm($nginx, $reason);

    $begin->();
    like(until_is($nginx, qr/ $reason /, '/stale', 'alice'),
         qr/^503 deny $reason <> -$/, "$reason: it is not among those");
    $redis->freeze;
    like(until_is($nginx, qr/ store_timeout /, '/stale', 'alice'),
         qr/^503 deny store_timeout <> -$/, "$reason: nor does silence undo it");
    $redis->thaw;
    $end->();
    like(until_is($nginx, qr/^200 allow ok/, '/none', 'bob'), qr/ ok <> -$/,
         "$reason: it is over");
    is(held($nginx), 0, "$reason: nobody has passed so");
    ends_well($nginx, $reason);
}

# what is stale is judged by the rules of the location, as it would be if asked
{
    my $nginx = gate('hc lease=1s');
    $redis->cmd('HSET', $REGION, 51, 'medium 0');
    like(until_is($nginx, qr/^200/, '/none', 'dave'), qr/^200 allow ok/,
         'a region: it is no reason to refuse');
    like(until_is($nginx, qr/^403/, '/region', 'dave'), qr/^403 deny region/,
         'a region: or it is');
    warm($nginx, 'a region', 'dave');
    $redis->freeze;
    like(until_is($nginx, qr/ store_timeout /, '/none', 'dave'), qr/^503/,
         'a region: the lease is over');
    like(ask($nginx, '/stale', 'dave'), qr/^200 allow store_timeout <stale>/,
         'a region: where it is none, it is none in an outage');
    like(ask($nginx, '/region', 'dave'), qr/^503 deny store_timeout <>/,
         'a region: where it is one, it is one in an outage');
    $redis->thaw;
    $redis->cmd('DEL', $REGION);
    ends_well($nginx, 'a region');
}

# something else answers in the place of the store
{
    my $nginx = gate('hc lease=10s');
    warm($nginx, 'garbage');
    $redis->down;
    my $server = Healthcode::Server->start($redis->socket, sub {
        syswrite $_[0], "HTTP/1.1 400 Bad Request\r\n\r\n";
    });
    like(until_is($nginx, qr/^503/, '/stale', 'alice'),
         qr/^503 deny store_unavailable <> -$/, 'garbage: ends what was known');
    $server->stop;
    $redis->up;
    $f->init_store($redis);
    like(until_is($nginx, qr/^200/, '/none', 'alice'), qr/^200 allow ok/,
         'garbage: and is over');
    ends_well($nginx, 'garbage');
}

# a worker that leaves hears of no flag any more
{
    my $nginx = gate('hc lease=10s');
    warm($nginx, 'a reload');
    ok($nginx->reload(WAIT), 'a reload: another worker serves');
    like(until_is($nginx, qr/^200/, '/none', 'bob'), qr/^200 allow ok/,
         'a reload: it has read bob');
    $redis->freeze;
    like(ask($nginx, '/stale', 'alice'), qr/^503 deny store_timeout <> -$/,
         'a reload: and knows nothing of alice');
    $redis->thaw;
    like(until_is($nginx, qr/^200/, '/none', 'alice'), qr/^200 allow ok/,
         'a reload: until she is read');
    ends_well($nginx, 'a reload');
}

# what nginx -t says
for my $row (
    [ 'healthcode_on_outage stale=5m auth;', '"auth" cannot be "stale": a store '
      . 'that says so may have lost what was known of it; write "timeout" or '
      . '"refused", or "healthcode_on_outage allow auth;"' ],
    [ 'healthcode_on_outage stale=5m timeout proof;', '"proof" cannot be "stale"' ],
    [ 'healthcode_on_outage stale=5m busy;', '"busy" cannot be let pass' ],
    [ 'healthcode_on_outage stale=5m late;', 'unknown class of outage "late"' ],
    [ 'healthcode_on_outage stale;', 'invalid value "stale"; write a time of 1ms '
      . 'to 1d, such as "stale=5m"' ],
    [ 'healthcode_on_outage stale=0;', 'invalid value "stale=0"; write a time' ],
    [ 'healthcode_on_outage stale=25h;', 'invalid value "stale=25h"' ],
    [ 'healthcode_on_outage stale=x timeout;', 'invalid value "stale=x"' ],
    [ 'healthcode_on_outage old=5m;', 'write "deny", "allow" or "stale=5m"' ],
    [ 'healthcode_on_outage stale=5m timeout timeout;', 'duplicate class' ],
    [ 'healthcode_on_outage allow timeout; healthcode_on_outage stale=5m timeout;',
      'duplicate class of outage "timeout"' ],
    [ 'healthcode_on_outage stale=5m timeout; healthcode_on_outage allow timeout;',
      'duplicate class of outage "timeout"' ],
    [ 'healthcode_on_outage stale=5m refused; healthcode_on_outage allow;',
      'is duplicate; "allow" names all classes' ],
    [ 'healthcode_on_outage allow refused; healthcode_on_outage stale=5m;',
      'is duplicate; "stale" without a class names "timeout" and "refused"' ],
    [ 'healthcode_on_outage stale=5m; healthcode_on_outage deny;',
      'is duplicate; "deny" stands alone' ],
    [ 'healthcode_on_outage deny; healthcode_on_outage stale=5m;',
      'is duplicate; "deny" stands alone' ])
{
    my ($line, $said) = @$row;
    my ($status, $output) = checked($line, 'hc');
    isnt($status, 0, "$line is refused");
    like($output, qr/\Q$said\E/, "$line: it says why");
}

for my $row (
    [ 'healthcode_on_outage stale=5m timeout;', 'hc',
      'notice.*location "/" lets holders pass who had no flag not long before an '
      . 'outage \(healthcode_on_outage stale timeout\)' ],
    [ 'healthcode_on_outage stale=5m;', 'hc', 'notice.*\(healthcode_on_outage stale\)' ],
    [ 'healthcode_on_outage stale=5m;', '', 'warn.*has "healthcode_on_outage stale", '
      . 'but its store has no cache' ],
    [ 'healthcode_on_outage stale=5m; healthcode_risk off;', 'hc',
      'warn.*its store has no cache' ])
{
    my ($line, $cache, $said) = @$row;
    my ($status, $output) = checked($line, $cache);
    is($status, 0, "$line is taken");
    like($output, qr/$said/, "$line: what it does is said");
    unlike($output, qr/healthcode_degraded_header/, "$line: the header has a use");
}

$redis->down;
done_testing;
