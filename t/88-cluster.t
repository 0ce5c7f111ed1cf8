# A store that is a Redis Cluster: each part of a read is asked of the node that
# has it, a hit rests on all of them, and nothing that moves, is cut off or comes
# back empty is believed for longer than a lease.  A real one.
# docs/connection.md, "Cluster".

use strict;
use warnings;

use FindBin;
use JSON::PP ();
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep time);

use Healthcode::Authority;
use Healthcode::Cluster;
use Healthcode::Ends qw(ends_well);
use Healthcode::Fixture;
use Healthcode::Http qw(get);
use Healthcode::Keys qw(risk_key meta_key meta_keys $CONTROL $REGION);
use Healthcode::Nginx;

use constant RECOVERY => 30;

my $f    = Healthcode::Fixture->new(no_redis => 1);
my $site = $f->path('site');
my @who  = map { "p$_" } 1 .. 40;
my %code = map { $_ => $f->issue(sub => $_) } @who;
my %is   = map { $_ => $f->holder($_) } @who;


# A gate whose store has these lines; workers and level are its own.
sub gate {
    my (%lines) = @_;
    my %opt = map { $_ => delete $lines{$_} } qw(workers level);
    my $zone = $lines{cache} ? 'healthcode_zone gate 1m;' : '';
    my $http = $f->pepper_conf . $f->issuers_conf
        . $f->store_conf('flags', timeout => '500ms', connect_timeout => '1s', %lines);
    return Healthcode::Nginx->new(module => $f->module,
        (map { $opt{$_} ? ($_ => $opt{$_}) : () } keys %opt), http => <<"END");
$zone
$http
add_header X-Known "\$healthcode_risk_cache" always;
server {
    listen unix:{{SOCK}};
    location /alive { return 204; }
    location /status { healthcode_status json; }
    location /metrics { healthcode_status prometheus; }
    location /t { healthcode on; alias $site/passed; }
}
END
}

# A command with a key behind its name, at the master that has the key.
sub cmd {
    my ($c, $name, $key, @args) = @_;
    return $c->owner($key)->cmd($name, $key, @args);
}

# The proofs of these partitions, or of all.
sub init {
    my ($c, $instance, @keys) = @_;
    cmd($c, 'HSET', $_, schema => 2, instance => $instance,
        pepper_check => $f->pepper_check) for @keys ? @keys : meta_keys();
}

sub flag  { cmd($_[0], 'HSET', risk_key($is{$_[1]}), confirmed => 0) }
sub clear { cmd($_[0], 'DEL', risk_key($is{$_[1]})) }

# Lines of a store whose seeds are these nodes.
sub lines {
    return (cluster => 'on',
            server => join '; server ', map { "127.0.0.1:$_->{port}" } @_);
}

# Those of @who whose flags this node has.
sub of {
    my ($c, $node) = @_;
    return grep { $c->owner(risk_key($is{$_})) == $node } @who;
}

# How many of them get this answer.
sub answers {
    my ($nginx, $wanted, @ask) = @_;
    return scalar grep { scalar($nginx->ask($code{$_})) eq $wanted } @ask;
}

# All of them get it, asked again and again for some seconds; how many did last.
sub all_get {
    my ($nginx, $wanted, @ask) = @_;
    my $n = 0;
    for (1 .. RECOVERY * 10) {
        $n = answers($nginx, $wanted, @ask);
        return $n if $n == @ask;
        sleep 0.1;
    }
    return $n;
}

# All are known: each is a hit.
sub warm {
    my ($nginx, @ask) = @_;
    my $n = 0;
    for (1 .. RECOVERY * 10) {
        $n = grep { $nginx->known($code{$_}) eq '200 HIT' } @ask;
        return $n if $n == @ask;
        sleep 0.1;
    }
    return $n;
}


for my $cached (0, 1) {
    my $what = $cached ? 'with a cache' : 'live';
    my $c = Healthcode::Cluster->new(dir => $f->dir, password => $f->password);
    init($c, 'one');
    my @nodes = $c->nodes;
    my $nginx = gate(lines(@nodes[0, 1]), workers => 2,
                     $cached ? (cache => 'gate') : ())->start;

    # ---- reads, flags, hits ----

    is(answers($nginx, '200', @who), @who, "$what: who has no flag passes");
    if ($cached) {
        warm($nginx, @who) for 1 .. 2;    # two workers
        is(warm($nginx, @who), @who, "$what: and is known, at each node");
    }
    for my $node (@nodes) {
        my @some = (of($c, $node))[0 .. 3];
        cmp_ok(scalar(grep { defined } @some), '==', 4, "$what: a node has some holders");
        flag($c, $_) for @some;
        sleep 0.05;
        is(answers($nginx, '403 flagged', (@some) x 4), 16, "$what: flags at a node deny at once");
        clear($c, $_) for @some;
        is(all_get($nginx, '200', @some), 4, "$what: and nobody who has none any more");
    }
    my $national = $Healthcode::Fixture::ISS{national};
    warm($nginx, @who) if $cached;
    cmd($c, 'HSET', $CONTROL, "issuer:$national", 0);
    sleep 0.05;
    is(answers($nginx, '401 issuer_suspended', @who), @who,
       "$what: a control denies at once, whichever node has the holder");
    cmd($c, 'DEL', $CONTROL);
    is(all_get($nginx, '200', @who), @who, "$what: and no longer");

    my $from = $f->issue(sub => 'p1', region => ['510000']);
    is($nginx->ask($from), 200, "$what: a code with regions passes");
    $nginx->ask($from) for 1 .. 8;
    cmd($c, 'HSET', $REGION, 51, 'high 0');
    sleep 0.05;
    is(scalar(grep { $_ eq '403 region' } map { scalar $nginx->ask($from) } 1 .. 8), 8,
       "$what: a region denies at once");
    cmd($c, 'DEL', $REGION);

    # ---- a slot moves ----

    my ($a, $b) = @nodes[0, 1];
    my ($one, $two) = of($c, $a);
    warm($nginx, @who) if $cached;
    $c->migrate(risk_key($is{$one}), $b);
    flag($c, $one);
    is($c->owner(risk_key($is{$one})), $b, "$what: a slot has moved");
    sleep 1.1;
    is(answers($nginx, '403 flagged', ($one) x 8), 8,
       "$what: a flag behind the move denies after a lease");
    is(all_get($nginx, '200', grep { $_ ne $one } @who), @who - 1, "$what: others pass");
    clear($c, $one);
    is(all_get($nginx, '200', $one), 1, "$what: the holder passes at the other node");

    # ---- a migration is held open ----

    warm($nginx, @who) if $cached;
    my $move = $c->begin(risk_key($is{$two}), $b);
    is(all_get($nginx, '200', $two), 1, "$what: a slot on its way: who has no flag passes");
    # by the rule of writers: the proof at the source first, then the flag by ASK
    $a->cmd('HSET', meta_key(substr $is{$two}, 0, 2), 'schema', 2);
    $b->script("ASKING\nHSET " . risk_key($is{$two}) . " confirmed 0");
    is(answers($nginx, '403 flagged', ($two) x 8), 8,
       "$what: a flag that is set at the target denies at once");
    is(answers($nginx, '200', grep { $_ ne $two } @who), @who - 1, "$what: others pass meanwhile");
    $b->script("ASKING\nDEL " . risk_key($is{$two}));
    is(all_get($nginx, '200', $two), 1, "$what: and passes when it is cleared there");
    if ($cached) {
        $nginx->ask($code{$two}) for 1 .. 20;
        is(scalar(grep { $nginx->known($code{$two}) eq '200 HIT' } 1 .. 10), 0,
           "$what: what is read by ASK is never known");
    }
    $c->move_keys($move);
    is(all_get($nginx, '200', $two), 1, "$what: its proof is at the target: passes");
    $c->finish($move);
    is(all_get($nginx, '200', @who), @who, "$what: all pass when it has moved");

    # ---- a node is paused, killed, empty ----

    my $last = $nodes[2];
    my @there = of($c, $last);
    my %at = map { $_ => 1 } @there;
    my @here = grep { !$at{$_} } @who;
    isnt($c->owner($CONTROL), $last, "$what: controls are at another node");
    my $dead = $last;

    warm($nginx, @who) if $cached;
    $dead->freeze;
    sleep 1.3;
    is(answers($nginx, '200', @there), 0, "$what: a node is paused: its holders do not pass");
    is(all_get($nginx, '200', @here), @here, "$what: others do");
    $dead->thaw;
    is(all_get($nginx, '200', @who), @who, "$what: all pass when it goes on");

    $dead->down;
    sleep 1.1;
    is(answers($nginx, '200', @there), 0, "$what: a node is killed: its holders do not pass");
    like($nginx->error_log, qr/store "flags" at 127\.0\.0\.1:$dead->{port} is down/,
         "$what: and the log names it");
    is(all_get($nginx, '200', @here), @here, "$what: others do");
    my $metrics = get($nginx->sock, '/metrics', [])->{body};
    like($metrics, qr/^healthcode_store_node_up\{store="flags",node="127\.0\.0\.1:$dead->{port}"\} 0$/m,
         "$what: and its metric is 0");
    like($metrics, qr/^healthcode_store_up\{store="flags"\} 0$/m, "$what: and that of the store");
    is(scalar(() = $metrics =~ /^healthcode_store_node_up\{.*\} 1$/mg), 2, "$what: not the others'");

    $dead->up;
    $c->wait_ok;
    sleep 1.2;
    is(answers($nginx, '200', @there), 0, "$what: it comes back empty: its holders do not pass");
    is(all_get($nginx, '200', @here), @here, "$what: others do");
    ok($nginx->logged(qr/store "flags" at 127\.0\.0\.1:$dead->{port} is down: it has no valid healthcode:meta:\{\w\w?\}/, 10),
       "$what: and the log says why");
    init($c, 'one');
    is(all_get($nginx, '200', @who), @who, "$what: all pass when it has its proofs");

    # ---- another instance at one node ----

    $dead->cmd('FLUSHALL');
    init($c, 'two', grep { $c->owner($_) == $dead } meta_keys());
    sleep 1.3;
    is(answers($nginx, '200', @there), 0, "$what: another instance at one node: its holders do not pass");
    ok($nginx->logged(qr/its proof is of another instance than that of the other nodes/, 10),
       "$what: and the log says so");
    is(all_get($nginx, '200', @here), @here, "$what: others do");
    init($c, 'one');
    is(all_get($nginx, '200', @who), @who, "$what: all pass when it is the same again");

    ok($nginx->reload, "$what: a reload");
    is(scalar(grep { $_ eq '200' } map { scalar $nginx->ask($code{$_}) } (@who) x 3), 3 * @who,
       "$what: costs nobody anything");

    is($nginx->stop, 0, "$what: nginx ends");
    ends_well($nginx, $what);
}

# ---- replicas take over ----

{
    my $c = Healthcode::Cluster->new(dir => $f->dir, password => $f->password, replicas => 1);
    init($c, 'one');
    my @nodes = $c->nodes;
    my $nginx = gate(lines(@nodes), workers => 2, cache => 'gate')->start;
    is(warm($nginx, @who), @who, 'replicas: all are known');
    my @there = of($c, $nodes[0]);
    my ($one, $two) = @there;

    $c->failover($nodes[3]);
    flag($c, $one);
    is($c->owner(risk_key($is{$one})), $nodes[3], 'replicas: one takes over, as planned');
    is($nginx->ask_until('403 flagged', RECOVERY, $code{$one}), '403 flagged',
       'replicas: flags of the new master count');
    sleep 1.1;
    is(answers($nginx, '403 flagged', ($one) x 20), 20, 'replicas: and nobody forgets them');
    is(all_get($nginx, '200', grep { $_ ne $one } @who), @who - 1, 'replicas: others pass');
    clear($c, $one);
    is(all_get($nginx, '200', @who), @who, 'replicas: all do');

    # the former master is cut off: it does not run while its replica takes over
    warm($nginx, @who);
    $nodes[3]->freeze;
    $nodes[0]->cmd('CLUSTER', 'FAILOVER', 'TAKEOVER');
    sleep 0.5;
    $nodes[0]->cmd('HSET', risk_key($is{$two}), confirmed => 0);
    my $wrong = 0;
    $nodes[3]->thaw;
    my $set = time;
    while (time < $set + 4) {
        my $answer = $nginx->ask($code{$two});
        $wrong++ if $answer eq '200' && time > $set + 1;
    }
    is($wrong, 0, 'replicas: a takeover by a higher epoch: a flag denies after a lease');
    is(all_get($nginx, '403 flagged', $two), 1, 'replicas: and denies for good');
    is(all_get($nginx, '200', grep { $_ ne $two } @who), @who - 1, 'replicas: others pass');
    ends_well($nginx, 'replicas');
}


# ---- under load, slots move: nobody passes who has a flag ----

{
    my $c = Healthcode::Cluster->new(dir => $f->dir, password => $f->password);
    init($c, 'one');
    my @nodes = $c->nodes;
    my $nginx = gate(lines(@nodes), workers => 2, cache => 'gate')->start;
    warm($nginx, @who);
    my ($wrong, $out, $asked) = (0, 0, 0);
    my $end = time + 12;
    my $i = 0;
    while (time < $end) {
        my $who = $who[$i++ % @who];
        my $key = risk_key($is{$who});
        my $move = $c->begin($key, $c->other($key));
        $nginx->ask($code{$_}) for @who[0 .. 4];
        $c->finish($move);
        flag($c, $who);
        my $set = time;
        for (1 .. 40) {
            my $answer = $nginx->ask($code{$who});
            $asked++;
            $out++ if $answer =~ /^503/;
            $wrong++ if $answer eq '200' && time > $set + 1;
            last if $answer eq '403 flagged';
            sleep 0.03;
        }
        my $other = $who[($i + 7) % @who];
        my $answer = $nginx->ask($code{$other});
        $asked++;
        $out++ if $answer =~ /^503/;
        clear($c, $who);
    }
    is($wrong, 0, "slots that move: no wrong pass ($i moves, $out of $asked answers 503)");
    is(all_get($nginx, '200', @who), @who, 'slots that move: all pass at last');
    ends_well($nginx, 'slots that move');
}


# ---- TLS, and a new password ----

SKIP: {
    my $ca = Healthcode::Authority->new($f->dir, 'ca');
    my $good = $ca->issue('good', san => 'DNS:redis.example');
    my $c = eval {
        Healthcode::Cluster->new(dir => $f->dir, password => $f->password, tls => [
            "tls-cert-file $good->{cert}", "tls-key-file $good->{key}",
            'tls-ca-cert-file ' . $ca->cert, 'tls-auth-clients no' ]);
    } or skip "no TLS: $@", 6;
    init($c, 'one');
    my $file = $f->write('rotated', $f->password . "\n", 0600);
    my $nginx = gate(lines($c->node(0)), cache => 'gate', password_file => $file, ssl => 'on',
        ssl_name => 'redis.example', ssl_trusted_certificate => $ca->cert)->start;
    is(warm($nginx, @who), @who, 'TLS: all are known');
    $_->cmd('ACL', 'SETUSER', 'gate', '>another') for $c->nodes;
    $f->replace('rotated', "another\n", 0600);
    ok($nginx->logged(qr/(?:its new password is in use.*?){3}/s, RECOVERY),
       'a new password is in use at each node');
    $_->cmd('ACL', 'SETUSER', 'gate', '<' . $f->password) for $c->nodes;
    $_->kick for $c->nodes;
    is(all_get($nginx, '200', @who), @who, 'and on new connections');
    is(warm($nginx, @who), @who, 'and all are known again');
    ends_well($nginx, 'TLS');
}

done_testing;
