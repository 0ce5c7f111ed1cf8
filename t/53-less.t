# Stores whose server lets a gate do less than it would: each right that is
# missing is named with the line to write in its place, and with that line the
# gate serves; what is not asked for is not asked.
# docs/redis-keys.md, "Less than all rights".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::More;
use Time::HiRes qw(sleep);

use Healthcode::Ends qw(ends_well);
use Healthcode::Fixture;
use Healthcode::Keys qw($META $REGION);
use Healthcode::Nginx;
use Healthcode::Ports qw(free_port);
use Healthcode::Redis;

# seconds, for whatever is waited for
use constant WAIT => 15;

my $f = Healthcode::Fixture->new;
my $redis = $f->redis;
my ($version) = $redis->cmd('INFO', 'server') =~ /^redis_version:(\d+\.\d+)/m;

my ($alice, $bob) = map { $f->code($_) } qw(ALICE BOB);
my $flagged = $f->risk('bob');
$redis->cmd('HSET', $flagged, 'confirmed', 0);


# The user "gate" anew, without these rights.
sub user {
    my ($server, @without) = @_;
    my %without = map { $_ => 1 } @without;
    $server->cmd('ACL', 'SETUSER', 'gate', 'reset', 'on', '>' . $f->password,
                 grep { !$without{$_} } split ' ', Healthcode::Redis::gate_acl());
}

sub gate {
    my (%lines) = @_;
    my $zone = $lines{cache} ? 'healthcode_zone gate 1m;' : '';
    my $workers = delete $lines{workers};
    my $site = $f->path('site');
    return Healthcode::Nginx->new(module => $f->module, workers => $workers,
        http => $zone . $f->http_conf(%lines) . <<"END");
server {
    listen unix:{{SOCK}};
    add_header X-Verdict "\$healthcode_verdict \$healthcode_reason" always;
    location /alive { return 204; }
    location /t { healthcode on; alias $site/passed; }
    location /region { healthcode on; healthcode_region_deny high;
                       alias $site/passed; }
}
END
}

# What each gate that has what it needs does.
sub serves {
    my ($what, $nginx, $server) = @_;
    $server ||= $redis;
    is($nginx->ask_until(200, WAIT, $alice), 200, "$what: an honest code passes");
    is($nginx->ask($bob), '403 flagged', "$what: who is flagged does not");
    $server->cmd('HSET', $REGION, '51', 'high 0');
    is($nginx->ask($f->issue(sub => 'x', region => ['510101']), '/region'),
       '403 region', "$what: nor who was in a region of high risk");
    $server->cmd('DEL', $REGION);
    sleep 1.2;
    is($nginx->ask($alice), 200, "$what: and so after a heartbeat");
    unlike($nginx->error_log, qr/is down/, "$what: it was never down");
}

sub refuses {
    my ($what, $reason, $nginx, @words) = @_;
    is($nginx->ask_until("503 $reason", WAIT, $alice), "503 $reason",
       "$what: nobody passes");
    my $pattern = join '.*', map { quotemeta } @words;
    ok($nginx->logged(qr/\[error\].*is down: .*$pattern/, WAIT),
       "$what: the log says what to write") or diag($nginx->error_log);
}


# ---- each right once ----

for my $row (
    [ '+info', { evicting_ok => 'on' }, 'INFO memory is refused: NOPERM',
      'give the right: "ACL SETUSER gate +info", or write "evicting_ok on;"' ],
    [ '+role', { role => 'unchecked' }, 'ROLE is refused: NOPERM',
      'give the right: "ACL SETUSER gate +role", or write "role unchecked;"' ],
) {
    my ($right, $lines, @words) = @$row;
    user($redis, $right);
    my $nginx = gate(cache => undef)->start;
    refuses("without $right", 'store_auth', $nginx, @words);
    ends_well($nginx, "without $right");

    $nginx = gate(cache => undef, %$lines)->start;
    serves("without $right, with the line", $nginx);
    ends_well($nginx, "without $right, with the line");
}

# a cache needs the role, and the right to track
{
    user($redis, '+role');
    my $nginx = gate(cache => 'gate')->start;
    refuses('a cache without +role', 'store_auth', $nginx,
            'or write "role unchecked;"', 'and leave "cache" out of it');
    ends_well($nginx, 'a cache without +role');

    user($redis, '+client|tracking');
    $nginx = gate(cache => 'gate')->start;
    refuses('a cache without +client|tracking', 'store_auth', $nginx,
            'CLIENT TRACKING is refused: NOPERM', 'or leave "cache" out');
    ends_well($nginx, 'a cache without +client|tracking');

    # INFO stats are asked for all the same, and prove nothing
    user($redis, '+info');
    $nginx = gate(cache => 'gate', evicting_ok => 'on')->start;
    serves('a cache without +info', $nginx);
    ends_well($nginx, 'a cache without +info');
}

# what only makes a gate less sure ends nothing
for my $row ([ '+time', qr/the clock of store .* cannot be compared .*"\+time"/ ],
             [ '+client|trackinginfo', qr/cannot prove that it pushes changes: / ],
             [ '+incr', qr/cannot prove that it pushes changes: / ])
{
    my ($right, $said) = @$row;
    next if $version < 7 && $right eq '+incr';
    user($redis, $right);
    my $nginx = gate(cache => 'gate')->start;
    is($nginx->ask_until(200, WAIT, $alice), 200, "without $right: a code passes");
    ok($nginx->logged($said, WAIT), '... and the log says what is lost');
    ends_well($nginx, "without $right");
}

# without a cache, what a gate needs at least
{
    my @rest = qw(+info +role +time +client|tracking +client|trackinginfo +get
                  +incr ~healthcode:push:*);
    user($redis, @rest);
    my $nginx = gate(cache => undef, evicting_ok => 'on', role => 'unchecked')
        ->start;
    serves('with three rights', $nginx);

    # it takes the word of nobody else for the proof
    $redis->cmd('RENAME', $META, 'meta');
    is($nginx->ask_until('503 store_unproven', WAIT, $alice),
       '503 store_unproven', 'with three rights: without its proof it is out');
    $redis->cmd('RENAME', 'meta', $META);
    is($nginx->ask_until(200, WAIT, $alice), 200, '... and back with it');
    ends_well($nginx, 'with three rights');
}


# ---- what is not asked for ----

user($redis);

{
    my $nginx = gate(cache => undef, evicting_ok => 'on', role => 'unchecked')
        ->start;
    is($nginx->ask_until(200, WAIT, $alice), 200, 'asked less: a code passes');
    $redis->reset_counts;
    sleep 2.2;
    my %counts = $redis->counts;
    cmp_ok($counts{time} // 0, '>', 0, 'its heartbeats go on');
    # "info" is our own question
    is($counts{role} // 0, 0, 'they do not ask for the role');
    cmp_ok($redis->count('info'), '<=', 2, 'nor for the policy');
    ends_well($nginx, 'asked less');

    my $replica = gate(cache => undef, role => 'unchecked')->start;
    is($replica->ask_until(200, WAIT, $alice), 200, 'a master is believed');
    $redis->cmd('REPLICAOF', '127.0.0.1', 1);
    sleep 1.5;
    is($replica->ask($alice), 200, 'and so is the replica that it becomes');
    is($replica->ask($bob), '403 flagged', 'whose flags count');
    $redis->cmd('REPLICAOF', 'NO', 'ONE');
    ends_well($replica, 'role unchecked');
}


# ---- RESP2 alone ----

for my $row ([ 'a user', [ ], { } ],
             [ 'the password of all', [ 'requirepass sesame' ],
               { user => undef, password_file => $f->write('all', "sesame\n", 0600) } ],
             [ 'a unix socket', [ ], { user => undef, password_file => undef } ])
{
    my ($what, $conf, $lines) = @$row;
    my $old = Healthcode::Redis->start(dir => $f->dir, name => 'old',
        password => $f->password);
    $f->init_store($old);
    $old->cmd('HSET', $flagged, 'confirmed', 0);
    $old->cmd('SAVE');
    $old->down;
    $old = Healthcode::Redis->start(dir => $f->dir, name => 'old',
        password => $f->password,
        conf => [ 'rename-command HELLO ""' ]);
    $old->cmd('CONFIG', 'SET', split ' ', $_) for @$conf;
    my $at = 'unix:' . $old->socket;

    my $nginx = gate(cache => undef, server => $at, %$lines)->start;
    refuses("RESP2, $what", 'store_unavailable', $nginx,
            'HELLO 3 is refused: ERR unknown command',
            'or write "protocol resp2;" in the store');
    is(index($nginx->error_log, $f->password), -1, '... and not the password');
    ends_well($nginx, "RESP2, $what");

    $nginx = gate(cache => undef, server => $at, protocol => 'resp2', %$lines)
        ->start;
    serves("RESP2, $what, with the line", $nginx, $old);
    $old->cmd('FLUSHALL');
    is($nginx->ask($alice), '503 store_unproven',
       "RESP2, $what: a store that is flushed is out with the next request");
    ends_well($nginx, "RESP2, $what, with the line");

    if (!exists $lines->{user}) {
        $nginx = gate(cache => undef, server => $at, protocol => 'resp2',
                      password_file => $f->write('no', "no\n", 0600))->start;
        refuses("RESP2, a wrong password", 'store_auth', $nginx,
                'AUTH is refused: WRONGPASS', 'check "user"');
        ends_well($nginx, 'RESP2, a wrong password');
    }
    $old->down;
}

# also of one that would speak RESP3; but a part of the flags is not enough
{
    my $nginx = gate(cache => undef, protocol => 'resp2')->start;
    serves('RESP2 of today', $nginx);
    ends_well($nginx, 'RESP2 of today');

    my $port = free_port();
    my $cluster = eval { Healthcode::Redis->start(dir => $f->dir,
        name => 'cluster', password => $f->password,
        conf => [ 'cluster-enabled yes', "port $port", 'bind 127.0.0.1',
                  'cluster-config-file ' . $f->path('nodes.conf') ]) };
    SKIP: {
        skip 'no Redis in cluster mode here', 2 if !$cluster;
        $nginx = gate(cache => undef, server => 'unix:' . $cluster->socket,
                      protocol => 'resp2')->start;
        is($nginx->ask_until('503 store_unavailable', WAIT, $alice),
           '503 store_unavailable', 'a cluster is refused in RESP2, too');
        ends_well($nginx, 'a cluster in RESP2');
        $cluster->down;
    }
}


# ---- everybody is let in ----

{
    my $port = free_port();
    my $open = Healthcode::Redis->start(dir => $f->dir, name => 'open',
        password => $f->password,
        conf => [ "port $port", 'bind 127.0.0.1' ]);
    $f->init_store($open);
    my $said = qr/\[warn\].*healthcode: store "flags" at \S+ lets everybody in without a password/;

    for my $row ([ 1, 'without a password', user => undef,
                   password_file => undef ],
                 [ 1, 'without a password, in RESP2', user => undef,
                   password_file => undef, protocol => 'resp2' ],
                 [ 0, 'with a user of its own' ],
                 [ 0, 'by a unix socket', server => 'unix:' . $open->socket,
                   user => undef, password_file => undef ])
    {
        my ($lines, $what, %store) = @$row;
        my $nginx = gate(cache => undef, workers => 2,
                         server => "127.0.0.1:$port", %store)->start;
        is($nginx->ask_until(200, WAIT, $alice), 200, "$what: a code passes")
            for 1 .. 3;
        $nginx->logged($said, WAIT) if $lines;

        # a connection that is made again says nothing more
        $open->cmd('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
        is($nginx->ask_until(200, WAIT, $alice), 200, "$what: and again");
        sleep 0.5;
        is(scalar(() = $nginx->error_log =~ /$said/g), $lines,
           "$what: lines of the log, of two workers") or diag $nginx->error_log;
        ends_well($nginx, $what);
    }
    $open->down;
}


# ---- what nginx -t says ----

for my $row (
    [ 1, 'a cache without the role', { cache => 'gate', role => 'unchecked' },
      'has a "cache", whose lease takes the word of a master, and "role unchecked"' ],
    [ 1, 'a cache in RESP2', { cache => 'gate', protocol => 'resp2' },
      'has a "cache", whose changes come in RESP3 alone, and "protocol resp2"' ],
    [ 1, 'another role', { role => 'slave' }, 'invalid role "slave"; write' ],
    [ 1, 'another protocol', { protocol => 'resp4' },
      'invalid protocol "resp4"; write' ],
    [ 1, 'two roles', { role => 'master; role master' }, 'is duplicate' ],
    [ 1, 'two protocols', { protocol => 'resp3; protocol resp2' },
      'is duplicate' ],
    [ 0, 'no role', { role => 'unchecked' },
      'is believed if it is a replica, too', '[warn]' ],
    [ 0, 'both as they are', { role => 'master', protocol => 'resp3' } ],
    [ 0, 'both, with a cache',
      { role => 'master', protocol => 'resp3', cache => 'gate' } ],
) {
    my ($bad, $what, $lines, $said, $level) = @$row;
    my ($status, $out) = gate(cache => undef, %$lines)->check;
    is($status, $bad, "$what: nginx -t exits with $bad") or diag $out;
    like($out, qr/\Q@{[ $level || '[emerg]' ]}\E.*\Q$said\E.* in /, "$what: it says why")
        if $said;
    unlike($out, qr/\[(?:warn|emerg)\]/, "$what: it says nothing") if !$said;
}

done_testing();
