# What the Redis users that docs/redis-keys.md gives may do, and may not: the
# gate's, the desk's and the one that prepares a store.  Each line is enough for
# all that it is there for, and "healthcode store check" names what is missing.
# Another server than that of PATH:  PATH=/opt/redis-6.2/src:$PATH prove t/53-rights.t

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::More;

use Healthcode::Docs qw(rights_of);
use Healthcode::Fixture;
use Healthcode::Keys qw(audit_key set_proofs $META $DATA $PUSH);
use Healthcode::Ports qw(free_port);
use Healthcode::Redis;

my $f = Healthcode::Fixture->new(no_redis => 1);
my $redis = Healthcode::Redis->start(dir => $f->dir);
my $PASSWORD = 'pass word';

my ($version) = $redis->cmd('INFO', 'server') =~ /^redis_version:(\d+\.\d+)/m;
diag("redis-server $version");

$f->write('gate.password', "$PASSWORD\n", 0600);


sub documented { rights_of($Healthcode::Fixture::ROOT, $_[0], $version) }

# As the document says, of Redis 6.2.
sub of_this_server {
    my ($rights) = @_;
    $rights =~ s/%R~/~/g, $rights =~ s/ (?:~healthcode:push:\*|\+get|\+incr)(?!\S)//g
        if $version < 7;
    return $rights;
}

# Makes the user anew with these rights.
sub user {
    my ($name, $rights) = @_;
    eval { $redis->cmd('ACL', 'DELUSER', $name) };
    return $redis->cmd('ACL', 'SETUSER', $name, 'on', ">$PASSWORD",
                       split ' ', $rights);
}

# A command as that user, on a connection of its own; an error is its text.
sub as_user {
    my ($name, @command) = @_;
    my $client = bless { socket => $redis->socket }, 'Healthcode::Redis';
    $client->cmd('AUTH', $name, $PASSWORD);
    my $reply = eval { $client->cmd(@command) };
    return $@ ? $@ : $reply;
}

sub tool {
    my ($user, @words) = @_;
    my $n = $words[0] =~ /^(flag|region|control|store)$/ ? 2 : 1;
    splice @words, $n, 0, '--redis', 'unix:' . $redis->socket, '--user', $user,
        '--password-file', $f->path('gate.password'),
        $words[0] =~ /^(flag|store)$/ ? ('--pepper-file', $f->path('pepper'))
                                      : ();
    return $f->try_tool(@words);
}

my $GATE = documented('gate');
is($GATE, of_this_server($Healthcode::Redis::GATE_ACL),
   'the document gives the gate the rights that the suites give it');

is($f->tool('store', 'rights'), $Healthcode::Redis::GATE_ACL,
   '"healthcode store rights" prints them');
is($f->tool('store', 'rights', '--no-cache'),
   join(' ', grep { !/push:|client|\+get$|incr/ }
        split / /, $Healthcode::Redis::GATE_ACL),
   'and without a cache those that do not track');
is(($f->try_tool('store', 'rights', 'gate'))[0], 2, 'and takes no name');


# ---- the desk, and who prepares a store ----

user('setup', documented('setup'));
user('desk', documented('desk'));
user('gate', $GATE);

{
    my ($status, $out) = tool('setup', 'store', 'init');
    is($status, 3, 'store init asks about flags') or diag($out);
    like($out, qr/load the flags first/, 'as the one who prepares the store');

    for my $case ([ 0, 'store', 'init', '--empty' ],
                  [ 0, 'store', 'init' ],
                  [ 0, 'store', 'init', '--renew', '--empty' ],
                  [ 0, 'store', 'check', '--no-cache' ])
    {
        my ($want, @words) = @$case;
        ($status, $out) = tool('setup', @words);
        is($status, $want, "setup: healthcode @words") or diag($out);
    }
    $f->write('pepper2', 'another pepper of 16 bytes or more', 0600);
    set_proofs($redis, 'schema', 1);
    ($status, $out) = tool('setup', 'store', 'init', '--force', '--empty');
    is($status, 0, 'setup: healthcode store init --force') or diag($out);
}

$f->write('flags.txt', "2001 contact\n2002 entry +1h\n");

for my $case (
    [ 'flag', 'set', '--until', '+1h', '1001', 'contact' ],
    [ 'flag', 'set', '--until', '+2h', '1001', 'contact' ],
    [ 'flag', 'set', '1001', 'entry' ], [ 'flag', 'set', '1001', 'entry' ],
    [ 'flag', 'show', '1001' ], [ 'flag', 'show', '--audit', '1001' ],
    [ 'flag', 'clear', '1001', 'entry' ], [ 'flag', 'clear', '1001', 'contact' ],
    [ 'flag', 'set', '--wait', '0', '1001', 'contact' ],
    [ 'flag', 'import', $f->path('flags.txt') ],
    [ 'flag', 'import', '--no-audit', $f->path('flags.txt') ],
    [ 'flag', 'import', '--before-init', $f->path('flags.txt') ],
    [ 'region', 'set', '--until', '+1h', '51', 'high' ],
    [ 'region', 'list' ], [ 'region', 'clear', '51' ],
    [ 'control', 'suspend', '--new', 'i' ], [ 'control', 'resume', 'i' ],
    [ 'control', 'add-issuer', 'j' ], [ 'control', 'drop-issuer', 'j' ],
    [ 'control', 'revoke-key', 'a' x 43 ], [ 'control', 'restore-key', 'a' x 43 ],
    [ 'control', 'before', 'i', '-1h' ], [ 'control', 'list' ],
    [ 'control', 'before', 'i', 'none' ],
    [ 'store', 'touch', '--source', 'city' ], [ 'store', 'sources' ],
    [ 'store', 'touch', '--source', 'city', '--at', '-1h', '--force' ],
    [ 'store', 'untouch', '--source', 'city' ],
) {
    $redis->cmd('SCRIPT', 'FLUSH');
    my ($status, $out) = tool('desk', @$case);
    is($status, 0, "desk: healthcode @$case") or diag($out);
}
{
    my ($status, $out) = tool('desk', 'flag', 'set', '--wait', '1', '--timeout',
                              '50ms', '1001', 'contact');
    like($out, qr/only 0 of 1 replicas/, 'desk: --wait') or diag($out);

    # a holder with so many flags that some have to go
    my $holder = $f->risk('1003');
    $redis->cmd('HSET', $holder, map { ("f$_", 5) } 1 .. 64);
    ($status, $out) = tool('desk', 'flag', 'set', '1003', 'contact');
    is($status, 0, 'desk: flag set of a holder with 64 flags') or diag($out);
}

# Neither may do more than that.
for my $user ('desk', 'setup') {
    for my $command ([ 'FLUSHALL' ], [ 'CONFIG', 'GET', '*' ], [ 'KEYS', '*' ],
                     [ 'ACL', 'LIST' ], [ 'SET', 'other', 1 ],
                     [ 'HSET', 'other', 'a', 'b' ], [ 'HGETALL', 'other' ],
                     [ 'EVAL', 'return redis.call("SET", "other", 1)', 0 ],
                     [ 'SHUTDOWN', 'NOSAVE' ], [ 'REPLICAOF', 'no', 'one' ])
    {
        like(as_user($user, @$command), qr/NOPERM|ACL failure|user executing the script can't/,
             "$user: @$command is refused");
    }
}
SKIP: {
    skip 'Redis 6 knows no right to read alone', 2 if $version < 7;
    my $set = qq{return redis.call("HSET", "$META", "pepper_check", 1)};
    like(as_user('desk', 'HSET', $META, 'instance', 1), qr/NOPERM/,
         'desk: the proof is not the desk\'s to change');
    like(as_user('desk', 'EVAL', $set, 0), qr/NOPERM|ACL failure|user executing the script can't/,
         'desk: nor by a script');
}


# ---- the gate ----

my $holder = $f->risk('1001');
$redis->cmd('HSET', 'secret:x', 'a', 'b');

for my $command (
    [ 'HSET', $META, 'a', 'b' ], [ 'HSET', $holder, 'contact', 0 ],
    [ 'HDEL', $holder, 'contact' ], [ 'DEL', $holder ],
    [ 'HSET', $DATA, 'city', 1 ],
    [ 'SET', 'healthcode:used:x', 1 ], [ 'SET', $holder, 1 ],
    [ 'INCR', $holder ], [ 'INCR', 'healthcode:new' ],
    [ 'EXPIRE', $holder, 1 ], [ 'RENAME', $holder, 'healthcode:new' ],
    [ 'EVAL', 'return 1', 0 ], [ 'EVALSHA', 'a' x 40, 0 ],
    [ 'SCRIPT', 'FLUSH' ], [ 'KEYS', '*' ], [ 'SCAN', 0 ], [ 'RANDOMKEY' ],
    [ 'DBSIZE' ], [ 'HGETALL', 'secret:x' ], [ 'HMGET', 'secret:x', 'a' ],
    [ 'HRANDFIELD', 'secret:x' ], [ 'SELECT', 1 ], [ 'SWAPDB', 0, 1 ],
    [ 'CONFIG', 'GET', '*' ], [ 'CONFIG', 'SET', 'maxmemory', 1 ],
    [ 'ACL', 'LIST' ], [ 'ACL', 'WHOAMI' ], [ 'CLIENT', 'LIST' ],
    [ 'CLIENT', 'KILL', 'ID', 1 ], [ 'CLIENT', 'PAUSE', 1000 ],
    [ 'CLIENT', 'NO-EVICT', 'on' ], [ 'CLIENT', 'GETREDIR' ], [ 'MONITOR' ],
    [ 'SUBSCRIBE', 'x' ], [ 'PSUBSCRIBE', '*' ], [ 'PUBLISH', 'x', 1 ],
    [ 'XREVRANGE', audit_key($f->holder('1001')), '+', '-' ], [ 'WAIT', 0, 1 ],
    [ 'FLUSHALL' ], [ 'FLUSHDB' ], [ 'SHUTDOWN', 'NOSAVE' ], [ 'SAVE' ],
    [ 'REPLICAOF', 'no', 'one' ], [ 'PSYNC', '?', -1 ], [ 'SLOWLOG', 'GET' ],
    [ 'DUMP', $holder ], [ 'OBJECT', 'ENCODING', $holder ], [ 'MULTI' ],
    [ 'MEMORY', 'USAGE', $holder ], [ 'COMMAND' ], [ 'PING' ],
) {
    like(as_user('gate', @$command), qr/NOPERM|not allowed/,
         "gate: @$command is refused");
}

# Every command that this server has, with as many words as it takes.
SKIP: {
    skip 'Redis 6 has no ACL DRYRUN', 1 if $version < 7;
    my @allowed;
    for my $row (map { ($_, @{ $_->[9] || [] }) } @{ $redis->cmd('COMMAND') }) {
        my ($name, $arity) = @$row;
        my @words = split /\|/, $name;
        push @words, ($PUSH) x (abs($arity) - @words);
        my $reply = eval { $redis->cmd('ACL', 'DRYRUN', 'gate', @words) };
        push @allowed, $name if ($reply // '') eq 'OK';
    }
    my %right = map { /^\+(.*)/ ? ($1 => 1) : () } split ' ', $GATE;
    my @before_login = qw(auth hello quit reset);
    is(join(' ', sort @allowed),
       join(' ', sort @before_login, keys %right),
       'gate: no command of this server but those');
}

# What no right can keep from it; the document says so.
{
    my $client = bless { socket => $redis->socket }, 'Healthcode::Redis';
    $client->cmd('AUTH', 'gate', $PASSWORD);
    is($client->cmd('CLIENT', 'TRACKING', 'ON', 'REDIRECT', $redis->cmd('CLIENT',
       'ID'), 'BCAST'), 'OK', 'gate: CLIENT TRACKING has no right without BCAST');
    like($client->cmd('INFO', 'server'), qr/^executable:/m,
         'gate: INFO has none for a section');
}


# ---- store check names what is missing ----

{
    my ($status, $out) = tool('gate', 'store', 'check');
    is($status, 0, 'store check as the gate') or diag($out);
    like($out, qr/^ok   rights   this user may do what a gate does$/m, 'is content');
    like($out, qr/^warn disk     it has no append-only file: .*"appendonly yes"/m,
         'but for a store that a crash empties');
    unlike($out, qr/^NO/m, 'nothing is wrong');

    $redis->cmd('CONFIG', 'SET', 'appendonly', 'yes');
    ($status, $out) = tool('gate', 'store', 'check');
    is($status, 0, 'store check of one that appends') or diag($out);
    like($out, qr/^ok   disk     it has an append-only file$/m, 'is content');
}

# All but the number that gates count up themselves.
sub keys_there {
    return join ' ', grep { $_ ne $PUSH }
        sort @{ $redis->cmd('KEYS', '*') };
}

my $before = keys_there();
my %less = map { $_ => 1 } qw(+get +incr +time +client|trackinginfo);

for my $right (grep { /^\+/ } split ' ', $GATE) {
    my $left = join ' ', grep { $_ ne $right } split ' ', $GATE;
    user('gate', $left);
    my ($status, $out) = tool('gate', 'store', 'check');
    my ($want, $mark) = $less{$right} ? (0, 'warn') : (1, 'NO  ');
    is($status, $want, "store check without $right: exit $want")
        or diag($out);
    like($out, qr/^$mark rights   \w+.* is refused: the user lacks \Q$right\E/m,
         '... says so');
    unlike($out, qr/^ok +rights/m, '... and not that all is well');
    my ($line) = $out =~ /^ +write: (.*)$/m;
    is($line, "ACL SETUSER gate $right", '... and the line that adds it');
    next if !$line;
    $redis->cmd(split ' ', $line);
    ($status, $out) = tool('gate', 'store', 'check');
    like($out, qr/^ok   rights/m, '... which is enough') or diag($out);
}

user('gate', '-@all resetkeys');
{
    my ($status, $out) = tool('gate', 'store', 'check');
    is($status, 1, 'store check without any right: exit 1') or diag($out);
    like($out, qr/^no gate uses this store$/m, '... says that no gate uses it');
    like($out, qr/^warn disk     not known: INFO persistence is refused$/m,
         '... nor can it look at the disk');
    for (1 .. 3) {
        my ($line) = $out =~ /^ +write: (ACL SETUSER.*)$/m or last;
        $redis->cmd(split ' ', $line);
        ($status, $out) = tool('gate', 'store', 'check');
    }
    is($status, 0, '... the lines that it gives are enough') or diag($out);
}

user('gate', join ' ', grep { !/tracking|[+]get|incr|push/ } split ' ', $GATE);
{
    my ($status, $out) = tool('gate', 'store', 'check');
    is($status, 1, 'store check for a cache without tracking') or diag($out);
    like($out, qr/lacks \+client\|tracking; .*--no-cache/, '... says so');
    ($status, $out) = tool('gate', 'store', 'check', '--no-cache');
    is($status, 0, 'store check --no-cache') or diag($out);
    like($out, qr/^ok   rights/m, 'is content');
}

my $read = of_this_server('%R~healthcode:*');
user('gate', $GATE =~ s/\S*~healthcode:\*/~healthcode:meta:*/r);
{
    my ($status, $out) = tool('gate', 'store', 'check');
    is($status, 1, 'store check with the key of the proof alone') or diag($out);
    like($out, qr/^NO   rights   HRANDFIELD healthcode:risk:.* the user lacks \Q$read\E$/m,
         '... names the key of a holder');
    like($out, qr/^NO   rights   HMGET healthcode:control:\{c\} .* lacks \Q$read\E$/m,
         '... and others');
    like($out, qr/write: ACL SETUSER gate \Q$read\E$/m, '... and what to write');
}

is(keys_there(), $before, 'store check writes nothing else');


# ---- gates that do with less ----

is($f->tool('store', 'rights', '--no-cache', '--evicting-ok', '--role',
            'unchecked'),
   join(' ', grep { !/push:|client|\+(?:get|incr|info|role)$/ }
        split / /, $Healthcode::Redis::GATE_ACL),
   '"store rights" prints what a gate with all of these lines needs');
like($f->tool('store', 'rights', '--evicting-ok'), qr/ \+info /,
     'with a cache INFO is asked for the number of tracked keys');

for my $row ([ '+role', [ '--role', 'unchecked' ], 'role',
               qr/if each gate has "role unchecked;" in this store, add --role unchecked/ ],
             [ '+info', [ '--evicting-ok' ], 'memory',
               qr/if each gate has "evicting_ok on;" in this store, add --evicting-ok/ ])
{
    my ($right, $options, $proof, $says) = @$row;
    user('gate', join ' ', grep { $_ ne $right } split ' ', $GATE);
    my ($status, $out) = tool('gate', 'store', 'check', '--no-cache');
    is($status, 1, "store check without $right") or diag($out);
    like($out, $says, '... says what to add');
    ($status, $out) = tool('gate', 'store', 'check', '--no-cache', @$options);
    is($status, 0, "store check without $right @$options") or diag($out);
    like($out, qr/^ok   $proof +not looked at$/m, '... does not look');
    like($out, qr/^ok   rights/m, '... and misses nothing');
}

# the desk, which never looks at the policy
user('desk', join ' ', grep { $_ ne '+info' } split ' ', documented('desk'));
{
    $redis->reset_counts;
    my ($status, $out) = tool('desk', 'flag', 'set', '1001', 'entry');
    is($status, 0, 'the desk needs no INFO') or diag($out);
    is($redis->count('info'), 0, '... and does not ask');
}
user('desk', join ' ', grep { $_ ne '+role' } split ' ', documented('desk'));
{
    my ($status, $out) = tool('desk', 'flag', 'set', '1001', 'entry');
    is($status, 3, 'the desk without +role') or diag($out);
    like($out, qr/ROLE is refused: NOPERM .*; give the right \+role, or write --role unchecked/,
         '... is told what to write');
    ($status, $out) = tool('desk', 'flag', 'set', '--role', 'unchecked', '1001',
                           'entry');
    is($status, 0, '... which is enough') or diag($out);
}


# ---- RESP2, and who is let in over TCP ----

{
    my $port = free_port();
    my $open = Healthcode::Redis->start(dir => $f->dir, name => 'open',
        password => $PASSWORD =~ s/ //r,
        conf => [ "port $port", 'bind 127.0.0.1', 'rename-command HELLO ""' ]);
    my @store = ('--redis', "redis://127.0.0.1:$port/0?db=0", '--pepper-file',
                 $f->path('pepper'));
    $f->write('open.password', $PASSWORD =~ s/ //r, 0600);

    my ($status, $out) = $f->try_tool('store', 'init', @store, '--empty');
    is($status, 3, 'a server that refuses HELLO') or diag($out);
    like($out, qr/HELLO 3 is refused: ERR unknown command.*; write --protocol resp2/,
         '... and what to write');
    push @store, '--protocol', 'resp2';
    ($status, $out) = $f->try_tool('store', 'init', @store, '--empty');
    is($status, 0, 'RESP2: store init') or diag($out);

    for my $words ([ qw(flag set 1001 contact) ], [ qw(flag show 1001) ],
                   [ qw(region set 51 high) ], [ qw(region list) ],
                   [ qw(store touch --source city) ], [ qw(store sources) ])
    {
        my @words = @$words;
        splice @words, 2, 0, $words[0] eq 'region' ? @store[0, 1, 4, 5] : @store;
        ($status, $out) = $f->try_tool(@words);
        is($status, 0, "RESP2: @$words") or diag($out);
        like($out, qr/^active +contact/m, '... reads it') if "@$words" =~ /show/;
        like($out, qr/^51 +high/m, '... reads it') if "@$words" =~ /list/;
    }

    my $check = sub {
        my ($what, $says, @options) = @_;
        ($status, $out) = $f->try_tool('store', 'check', '--no-cache', @store,
                                       @options);
        is($status, 0, "$what: store check") or diag($out);
        is(join("\n", $out =~ /^\w+ +access .*$/mg), $says, "$what: access");
    };
    my @gate = ('--user', 'gate', '--password-file', $f->path('open.password'));
    my $all = 'warn access   it lets everybody in without a password, as the user '
            . 'default; write: ACL SETUSER default resetpass >PASSWORD, or off';
    my $any = 'warn access   it takes any password of the user gate; write: '
            . 'ACL SETUSER gate resetpass >PASSWORD';
    my $good = 'ok   access   it lets nobody in without a password';
    $check->('no password', $all);
    $check->('a user with a password, others without', $all, @gate);
    $open->cmd('ACL', 'SETUSER', 'gate', 'nopass');
    $check->('nobody has one', "$all\n$any", @gate);
    $open->cmd('ACL', 'SETUSER', 'default', 'resetpass', '>sesame');
    $check->('the user of the gate has none', $any, @gate);
    $open->cmd('ACL', 'SETUSER', 'gate', 'resetpass', '>' . ($PASSWORD =~ s/ //r));
    $check->('everybody has one', $good, @gate);

    delete $open->{client};
    $open->down;
}


# ---- who ticks ----

{
    user('ticker', $f->tool('store', 'rights', '--tick'));
    my @once = ('--once', '--redis', 'unix:' . $redis->socket, '--user', 'ticker',
                '--password-file', $f->path('gate.password'));
    my ($status, $out) = $f->try_tool('store', 'tick', @once);
    is($status, 0, 'who has the rights of "store rights --tick" ticks') or diag($out);
    like($redis->cmd('GET', 'healthcode:tick:{c}'), qr/^\d{13}$/, 'and the tick is there');
    isnt((tool('ticker', 'flag', 'set', '1001', 'contact'))[0], 0, 'but sets no flag');
    like(as_user('ticker', 'HSET', $META, 'schema', 1), qr/NOPERM/, 'and changes no proof');
}

done_testing();
