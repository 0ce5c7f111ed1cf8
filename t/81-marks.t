# healthcode store check --passage: what "who has passed does not pass again"
# rests on, looked at on servers of which each lacks one thing; and the rights of
# gates with a passage.  docs/operations.md, "Passage: once, in, out, and back".
# Another server than that of PATH:  PATH=/opt/redis-6.2/src:$PATH prove t/81-marks.t

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(sleep);

use Healthcode::Docs qw(slurp);
use Healthcode::Fixture;
use Healthcode::Keys qw(proof write_proofs $META $CONTROL $PUSH);
use Healthcode::Redis;

my $f        = Healthcode::Fixture->new;
my $redis    = $f->redis;
my $PASSWORD = 'pass word';
my ($version) = $redis->cmd('INFO', 'server') =~ /^redis_version:(\d+)/m;
$f->write('gate.password', "$PASSWORD\n", 0600);

my $ENOUGH = "a gate can use this store\n";
my $CRASH  = "a gate can use this store, but after a crash who has passed may pass again\n";

sub check {
    my ($server, @options) = @_;
    return $f->try_tool('store', 'check', '--redis', $f->url($server), '--pepper-file',
                        $f->path('pepper'), '--passage', @options);
}

# What is said of a server, as its administrator.
sub says {
    my ($name, $want, $line, $end, @options) = @_;
    my ($status, $out) = check($redis, @options);
    is($status, $want, "$name: exit $want") or diag($out);
    like($out, $line, "$name: says so") or diag($out);
    is($out =~ s/.*\n(?=.)//gr, $end, "$name: and what it comes to");
    return $out;
}

sub set { $redis->cmd('CONFIG', 'SET', @_) }

# Before Redis 7 nobody may be given a right to read alone.
sub of_this_server {
    my ($rights) = @_;
    $rights =~ s/%R~/~/g, $rights =~ s/ (?:~healthcode:push:\*|\+get|\+incr)(?!\S)//g if $version < 7;
    return $rights;
}

sub user {
    my ($name, @rights) = @_;
    eval { $redis->cmd('ACL', 'DELUSER', $name) };
    $redis->cmd('ACL', 'SETUSER', $name, 'on', ">$PASSWORD", @rights);
    return ('--user', $name, '--password-file', $f->path('gate.password'));
}


# ---- the disk ----

my $before = join ' ', sort @{ $redis->cmd('KEYS', '*') };

says('no append-only file', 1, qr/^NO   synced   without an append-only file .*"appendonly yes" and "appendfsync always" in redis\.conf$/m,
     $CRASH);
set('appendonly', 'yes');
says('everysec', 1, qr/^NO   synced   with "appendfsync everysec" .* the last two seconds; write "appendfsync always" in/m,
     $CRASH);
set('appendfsync', 'no');
says('no fsync', 1, qr/^NO   synced   with "appendfsync no" .* half minute; write "appendfsync always"/m,
     $CRASH);
set('appendfsync', 'always');
set('no-appendfsync-on-rewrite', 'yes');
says('no fsync for a while', 1, qr/^NO   synced   while .* write "no-appendfsync-on-rewrite no" in/m,
     $CRASH);
set('no-appendfsync-on-rewrite', 'no');
my $all = says('each write synced', 0, qr/^ok   synced   what it has answered is on its disk$/m,
               $ENOUGH);
like($all, qr/^ok   replicas it has none/m, 'without replicas');
like($all, qr/^ok   clock    it agrees with ours$/m, 'with the time of day');
like($all, qr/^ok   rights   this user may do what a gate with a passage does$/m,
     'and with all rights');
like($all, qr/^ok   script   it runs passage\.lua$/m, 'it runs the script');
unlike($all, qr/^(?:NO|warn)/m, 'nothing else is said');
is(join(' ', sort grep { $_ ne $PUSH } @{ $redis->cmd('KEYS', '*') }), $before,
   'and nothing was written');
{
    my $changes = sub { $redis->cmd('INFO', 'persistence') =~ /^rdb_changes_since_last_save:(\d+)/m };
    my ($were) = $changes->();
    is((check($redis, '--no-cache'))[0], 0, 'without a cache');
    is(($changes->())[0], $were, '... not even for a moment');
}

# the lines that it gives are enough
set('appendonly', 'no');
set('appendfsync', 'everysec');
set('no-appendfsync-on-rewrite', 'yes');
for (1 .. 3) {
    my ($status, $out) = check($redis);
    last if !$status;
    set($1, $2) while $out =~ /^NO .*?\K"([\w-]+) (\w+)"(?= in redis| and)| and "([\w-]+) (\w+)"/mg
        && defined $1;
    $out =~ /and "(\w+) (\w+)"/ && set($1, $2);
}
is((check($redis))[0], 0, 'the lines that it gives are enough');

# memory
set('maxmemory-policy', 'volatile-lru');
says('a server that evicts', 1, qr/^NO   memory   .*noeviction/m, "no gate uses this store\n");
says('one that may', 0, qr/^warn evicted  not looked at: .*noeviction$/m, $ENOUGH, '--evicting-ok');
set('maxmemory-policy', 'noeviction');

unlike(($f->try_tool('store', 'check', '--redis', $f->url, '--pepper-file', $f->path('pepper')))[1],
       qr/synced|replicas|clock|script/, 'without --passage nothing of it is looked at');


# ---- the clock ----

SKIP: {
    my ($faketime) = grep { -f } map { "$_/libfaketime.so.1" } $ENV{HEALTHCODE_FAKETIME} // (),
        glob '/usr/lib/*/faketime';
    skip 'there is no libfaketime', 6 if !$faketime;
    for my $row ([ '-2h', qr/it is 7\d\d\d s ahead of ours/ ], [ '+2h', qr/it is 7\d\d\d s behind ours/ ])
    {
        local $ENV{LD_PRELOAD} = $faketime;
        local $ENV{FAKETIME}   = $row->[0];
        says("a clock $row->[0]", 0, qr/^warn clock    $row->[1]; set both/m, $ENOUGH);
    }
}


# ---- replicas ----

{
    my $probe = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1);
    my $port  = $probe->sockport;
    close $probe;
    set('port', $port);
    my $replica = Healthcode::Redis->start(dir => $f->dir, name => 'replica',
        conf => [ "replicaof 127.0.0.1 $port", 'repl-diskless-load disabled' ]);
    for (1 .. 600) {
        last if $redis->cmd('INFO', 'replication') =~ /^connected_slaves:1/m;
        sleep 0.05;
    }
    says('a replica', 0,
         qr/^warn replicas it has 1: after a failover .* write "min-replicas-to-write 1" in redis\.conf/m,
         $ENOUGH);
    set('min-replicas-to-write', 1);
    my $out = says('one that writes wait for', 0, qr/^warn replicas it has 1: after a failover .* again$/m,
                   $ENOUGH);
    set('min-replicas-to-write', 0);
    $replica->down;
    set('port', 0);
}


# ---- the rights ----

my $PASSAGE = of_this_server($f->tool('store', 'rights', '--passage'));
my %gate    = map { $_ => 1 } split ' ', of_this_server($f->tool('store', 'rights'));
my @more    = grep { !$gate{$_} } split ' ', $PASSAGE;

my ($documented) = slurp("$Healthcode::Fixture::ROOT/docs/redis-keys.md")
    =~ /^### Rights for passages\n.*?^ {4}(\S.*?)\n\n/ms;
is(join(' ', sort @more, '+time'), join(' ', sort split ' ', $documented),
   'the rights that docs/redis-keys.md gives a gate with a passage');
is(join(' ', grep { $gate{$_} } split ' ', $PASSAGE),
   of_this_server($f->tool('store', 'rights')), 'are beside those of all gates');

my @as = user('turnstile', split ' ', $PASSAGE);
{
    my ($status, $out) = check($redis, @as);
    is($status, 0, 'the gate: exit 0') or diag($out);
    like($out, qr/^warn synced   not known: CONFIG GET is refused; .*"appendfsync always"$/m,
         'it is not told how the disk is synced, and says where to look');
    like($out, qr/^ok   script /m, 'and runs the script');
    set('appendonly', 'no');
    ($status, $out) = check($redis, @as);
    is($status, 1, 'but it sees that there is no append-only file') or diag($out);
    like($out, qr/^NO   synced   without/m, 'and says so');
    set('appendonly', 'yes');
}

for my $right (@more, '+time') {
    user('turnstile', grep { $_ ne $right } split ' ', $PASSAGE);
    my ($status, $out) = check($redis, @as);
    is($status, 1, "without $right: exit 1") or diag($out);
    like($out, qr/^NO   rights   \S.* is refused: the user lacks \Q$right\E; no gate with a passage/m,
         '... says so') or diag($out);
    unlike($out, qr/^\S+ +script/m, '... and does not run the script');
    is($out =~ s/.*\n(?=.)//gr, "no gate uses this store\n", '... nor does a gate');
    my ($line) = $out =~ /^ +write: (.*)$/m;
    is($line, "ACL SETUSER turnstile $right", '... and the line that adds it');
    $redis->cmd(split ' ', $line) if $line;
    is((check($redis, @as))[0], 0, '... which is enough');
}
user('turnstile', split ' ', of_this_server($f->tool('store', 'rights')));
{
    my ($status, $out) = check($redis, @as);
    is($status, 1, 'a gate without a passage: exit 1');
    for (1 .. 2) {    # commands, then their keys
        my ($line) = $out =~ /^ +write: (.*)$/m or last;
        $redis->cmd(split ' ', $line);
        ($status, $out) = check($redis, @as);
    }
    is($status, 0, '... the lines that it gives are enough') or diag($out);
}

# What it may not do: with the keys of halls as with all others.
user('turnstile', split ' ', $PASSAGE);
for my $command ([ 'DEL', 'healthcode:hall:{00}:x' ], [ 'HSET', $f->risk('x'), 'a', 1 ],
                 [ 'HDEL', $CONTROL, 'a' ], [ 'ZADD', 'other', 1, 'a' ],
                 [ 'HSET', $META, 'instance', 1 ], [ 'EVAL', 'return 1', 0 ],
                 [ 'ZRANGE', 'healthcode:hall:{00}:x', 0, -1 ], [ 'SCRIPT', 'FLUSH' ],
                 [ 'SCAN', 0 ], [ 'KEYS', '*' ], [ 'CONFIG', 'GET', '*' ], [ 'FLUSHALL' ])
{
    next if $version < 7 && "@$command" =~ /:(risk|control|meta)/;
    my $client = bless { socket => $redis->socket }, 'Healthcode::Redis';
    $client->cmd('AUTH', 'turnstile', $PASSWORD);
    like(eval { $client->cmd(@$command) } // $@, qr/NOPERM/, "a turnstile may not: @$command");
}

# A server without scripts for us, and one whose settings are nobody's.
{
    my $other = Healthcode::Redis->start(dir => $f->dir, name => 'other', conf => [
        'rename-command CONFIG ""', 'rename-command EVALSHA ""', 'appendonly yes',
        'appendfsync always', 'appenddirname other', 'appendfilename other.aof' ]);
    write_proofs($other, %{ proof($redis) });
    my ($status, $out) = check($other);
    is($status, 1, 'a server without EVALSHA: exit 1') or diag($out);
    like($out, qr/^warn synced   not known: CONFIG GET is refused/m, 'and without CONFIG');
    like($out, qr/^NO   rights   EVALSHA .* is refused: the server does not know it/m, 'is told');
    $other->down;
}

# All rights are there, and the script fails: nobody's hall is somebody's.
{
    $redis->cmd('SET', 'healthcode:hall:{00}:' . 0 x 32 . ':held', 'x');
    my ($status, $out) = check($redis);
    is($status, 1, 'a script that fails: exit 1') or diag($out);
    like($out, qr/^NO   script   passage\.lua does not run: .*WRONGTYPE /m, 'is told');
    is($out =~ s/.*\n(?=.)//gr, "no gate uses this store\n", 'and what it comes to');
}

done_testing();
