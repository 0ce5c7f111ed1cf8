# healthcode holder erase: what the store keeps of one person goes, what is in
# force stays unless it is said in words, nobody else loses anything, and the
# note of it does not say who it was.  And the rights of those who do it.
# docs/operations.md, "Someone is to be forgotten".
# Another server than that of PATH:  PATH=/opt/redis-6.2/src:$PATH prove t/81-erase.t

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::SHA qw(hmac_sha256_hex);
use Test::More;

use Healthcode::Docs qw(rights_of);
use Healthcode::Fixture;
use Healthcode::Keys qw(risk_key audit_key hall_key meta_key is_meta proof
                        set_proofs $META $CONTROL $PUSH $ERASED);

my $f        = Healthcode::Fixture->new;
my $redis    = $f->redis;
my $PASSWORD = 'pass word';
my $PEPPER   = $f->read('pepper') =~ s/\n//r;
my @unix     = ('--redis', $f->url);
my @store    = (@unix, '--pepper-file', $f->path('pepper'));
my $instance = proof($redis)->{instance};
my $sha      = $redis->cmd('SCRIPT', 'LOAD', $f->read("$FindBin::Bin/../redis-scripts/passage.lua"));
my ($version) = $redis->cmd('INFO', 'server') =~ /^redis_version:(\d+)/m;
my $now      = time;
$f->write('office.password', "$PASSWORD\n", 0600);

my ($ANA, $BEN) = map { $f->holder($_) } qw(ana ben);
my ($risk, $audit) = (risk_key($ANA), audit_key($ANA));

sub hall_keys {
    my ($name) = @_;
    my $hall = substr hmac_sha256_hex("\0hall\0$name", $PEPPER), 0, 32;
    return map { hall_key($hall, $_) } qw(codes inside left held holders passages ended);
}

my $n = 0;

# WHAT is enter or leave; HOLD 0: for good, else for so many ms.
sub passes {
    my ($what, $hall, $holder, $hold) = @_;
    my @keys = hall_keys($hall);
    my @ids  = map { sprintf '%s%031d', $_, $n } qw(c d);
    $n++;
    my ($word) = $redis->cmd('EVALSHA', $sha, scalar @keys, @keys, $what, $instance, 'holder',
        $holder, @ids, 0, $hold, 'confirm', 0, 900, meta_key($keys[0] =~ /\{(..)\}/));
    die "$what $hall: $word\n" if $word ne 'passed';
}

sub inside { $redis->cmd('ZCARD', (hall_keys($_[0]))[1]) }

# All that is in the store, by key, except what is always there.
sub all {
    my %all;
    for my $key (grep { $_ ne $PUSH && !is_meta($_) } @{ $redis->cmd('KEYS', '*') }) {
        my $type = $redis->cmd('TYPE', $key);
        my @get = $type eq 'hash' ? [ 'HGETALL', $key ]
                : $type eq 'zset' ? [ 'ZRANGE', $key, 0, -1, 'WITHSCORES' ]
                : $type eq 'stream' ? [ 'XRANGE', $key, '-', '+' ] : [ 'GET', $key ];
        $all{$key} = flat(scalar $redis->cmd(@{ $get[0] }));
    }
    return %all;
}

sub flat { my ($x) = @_; return ref $x ? join ' ', map { flat($_) } @$x : $x }

# How often the store names a holder.
sub names {
    my ($holder) = @_;
    my %all = all();
    return scalar(() = join(' ', %all) =~ /\Q$holder\E/g);
}

sub run {
    my ($name, $want, $says, @args) = @_;
    my ($status, $out) = $f->try_tool('holder', 'erase', @args);
    is($status, $want, "$name: exit $want") or diag(substr $out, 0, 800);
    like($out, $says, "$name: says so");
    return $out;
}

sub notes { return map { flat($_->[1]) } $redis->cmd('XRANGE', $ERASED, '-', '+') }

# Two people who were about, and other keys that look like those of halls.
sub fill {
    my @keys = grep { !is_meta($_) } @{ $redis->cmd('KEYS', '*') };
    $redis->cmd('DEL', @keys) if @keys;
    for my $who ($ANA, $BEN) {
        passes('enter', 'hall-1', $who, 0);
        passes('enter', 'hall-2', $who, 0);
        passes('leave', 'hall-2', $who, 0);
        passes('enter', 'hall-3', $who, 60_000);
    }
    passes('enter', 'hall-4', $BEN, 0);
    for my $sub (qw(ana ben)) {
        $f->admin("flag set --until +1h $sub contact");
        $f->admin("flag set $sub entry");
        $redis->cmd('HSET', $f->risk($sub), 'contact', $now - 60);
    }
    $redis->cmd('SET', 'healthcode:hall:{ab}:abc:inside', 'x');
    $redis->cmd('SET', 'healthcode:hall:{ab}:' . 'c' x 32 . ':inside', 'x');
    $redis->cmd('SET', 'healthcode:hall:{AB}:' . 'A' x 32 . ':inside', 'x');
    $redis->cmd('SET', 'healthcode:hall:{ab}:ab' . 'x' x 30 . ':inside', 'x');
}


# ---- what goes, and what stays ----

fill();
my %before = all();
my $of_ben = names($BEN);
my $out = run('somebody with a flag', 0,
    qr/^erased   passages of 3 of 4 halls; flags or revoked codes: 1; audit entries: 0$/m,
    @store, '--by', 'desk 3', '--reason', 'asked for', 'ana');
like($out, qr/\Aholder   \Q$ANA\E\n/, 'says whom');
like($out, qr/^kept     flags or revoked codes in force: 1; audit entries, which say why: 2; --flags/m,
     'what is in force stays, with its history, and why');
like($out, qr/^noted    in \Q$ERASED\E, without the holder\n\z/m, 'and what was noted');
is_deeply(scalar $redis->cmd('HGETALL', $risk), [ 'entry', 0 ], 'the flag in force stays alone');
is($redis->cmd('XLEN', $audit), 2, 'its history stays');
is(names($ANA), 2, 'these two keys alone name the person');
is(inside('hall-1'), 1, 'one fewer is inside');
is(names($BEN), $of_ben, 'nobody else loses anything');
is_deeply([ notes() ], [ 'action erase by desk 3 reason asked for halls 3 flags 1 entries 0' ],
          'the note says who, why and how much');
cmp_ok($redis->cmd('TTL', $ERASED), '>', 179 * 86400, 'it stays for 180 days');
{
    my %after = all();
    is_deeply([ grep { /:codes$/ && $before{$_} ne $after{$_} } keys %before ], [],
              'codes that have passed stay spent');
    is_deeply([ grep { /AB|abc|cccc|xxx/ && $before{$_} ne $after{$_} } keys %before ], [],
              'what only looks like a hall is left alone');
}

run('again', 1, qr/^kept .*\n.*nothing was erased$/m, @store, 'ana');
is(scalar(notes()), 1, 'nothing is noted then');

run('with --flags', 0,
    qr/^erased   passages of 0 of 4 halls; flags or revoked codes: 1; audit entries: 2$/m,
    @store, '--flags', 'ana');
unlike($out = join("\n", notes()), qr/ana|\Q$ANA\E/, 'no note says who it was');
is(names($ANA), 0, 'the store does not know the person');
is(names($BEN), $of_ben, 'and knows the other as before');
run('somebody who is not there', 1, qr/nothing was erased$/, @store, 'nobody-knows');

# what is in force, and what is not
for my $case ([ 1, contact => 0 ], [ 1, contact => $now + 3600 ], [ 0, contact => $now - 5 ],
              [ 1, contact => '' ], [ 1, contact => '-1' ], [ 1, contact => '9' x 13 ],
              [ 1, before => $now - 86400 ], [ 1, before => 'x' ],
              [ 1, 'code:' . 'a' x 32, $now + 60 ], [ 0, 'code:' . 'a' x 32, $now - 60 ],
              [ 1, 'code:x', 0 ], [ 1, contact => '1e3' ])
{
    my ($stays, $field, $value) = @$case;
    $redis->cmd('DEL', $risk);
    $redis->cmd('HSET', $risk, $field, $value, 'over', 1000);
    $redis->cmd('XADD', $audit, '*', 'action', 'set');
    run("$field of \"$value\"", 0, $stays ? qr/^kept     .* in force: 1;/m : qr/^(?!kept)/m, @store, 'ana');
    is($redis->cmd('HEXISTS', $risk, $field), $stays, $stays ? '... stays' : '... goes');
    is($redis->cmd('EXISTS', $audit), $stays, '... and so does the history');
    is($redis->cmd('HEXISTS', $risk, 'over'), 0, '... what is over goes');
}
$redis->cmd('DEL', $risk, $audit);
$redis->cmd('SET', $risk, 'x');
run('flags of another type', 1, qr/^kept     .* in force: 1;.*\n.*nothing was erased/m, @store, 'ana');
run('flags of another type, in words', 0, qr/revoked codes: 1;/, @store, '--flags', 'ana');
is($redis->cmd('EXISTS', $risk), 0, 'they are gone');


# ---- halls by their names, holders by theirs ----

fill();
run('one hall', 0, qr/^erased   passages of 1 of 2 halls/m, @store, '--hall', 'hall-1', '--hall',
    'hall-9', 'ana');
is(inside('hall-1'), 1, 'she is not in that one');
is($redis->cmd('ZSCORE', (hall_keys('hall-2'))[2], $ANA) ? 1 : 0, 1, 'and still in another');
run('without a pepper', 2, qr/--pepper-file is missing/, @unix, '--hashed', '--hall', 'hall-1', $ANA);
run('a holder', 0, qr/^erased   passages of 2 of 4 halls/m, @unix, '--hashed', $ANA);
run('half a holder', 2, qr/SUB/, @unix, '--hashed', 'abc');
run('no SUB', 2, qr/SUB is missing/, @store);
run('a reason with a line end', 2, qr/--reason/, @store, '--reason', "a\nb", 'ana');
run('too few replicas', 3, qr/only 0 of 1 replicas/, @store, '--wait', '1', '--timeout', '100ms',
    '--flags', 'ana');
is($f->tool('holder', '--pepper-file', $f->path('pepper'), 'erase'), $f->holder('erase'),
   'somebody who is called as the verb has a pseudonym');

$redis->cmd('EVAL', q{for i = 1, 4097 do local h = redis.sha1hex(i); redis.call('SET',
    'healthcode:hall:{' .. h:sub(1, 2) .. '}:' .. h:sub(1, 32) .. ':x', 1) end return 1}, 0);
fill_ana();
run('too many halls', 3, qr/nothing was done: there are more than 4096 halls; name .*--hall/,
    @store, 'ana');
is(inside('hall-1'), 2, 'and nothing was done');
run('too many halls, one of them named', 0, qr/passages of 1 of 1 halls/, @store, '--hall',
    'hall-1', 'ana');

sub fill_ana { passes('enter', 'hall-1', $ANA, 0) }

set_proofs($redis, 'pepper_check', '0' x 32);
run('another pepper', 3, qr/nothing was done: .*another pepper/, @store, 'ana');
set_proofs($redis, 'pepper_check', $f->pepper_check);


# ---- the rights of the office ----

my $rights = rights_of($Healthcode::Fixture::ROOT, 'office', $version);

# Whatever the office does, as a user with these rights: how often it could not,
# and what was said.
sub a_day {
    my ($acl) = @_;
    fill();
    passes('enter', 'hall-5', $BEN, 1);
    $redis->cmd('ZADD', (hall_keys('hall-5'))[1], 1000, 'c' x 32);    # so long ago
    my @as = ('--user', 'office', '--password-file', $f->path('office.password'));
    eval { $redis->cmd('ACL', 'DELUSER', 'office') };
    $redis->cmd('ACL', 'SETUSER', 'office', 'on', ">$PASSWORD", split ' ', $acl);
    select undef, undef, undef, 0.01;    # what is held in hall-5 is over
    my ($failed, $said) = (0, '');
    for my $words ([ 'hall', 'show', @store, @as, 'hall-5' ], [ 'hall', 'list', @store, @as, 'hall-1' ],
                   [ 'holder', 'erase', @store, @as, '--wait', 1, '--timeout', '100ms', 'ana' ],
                   [ 'holder', 'erase', @store, @as, '--flags', 'ana' ],
                   [ 'hall', 'forget', @store, @as, '--codes', 'hall-1' ])
    {
        $redis->cmd('SCRIPT', 'FLUSH');
        $sha = $redis->cmd('SCRIPT', 'LOAD', $f->read("$FindBin::Bin/../redis-scripts/passage.lua"))
            if $words->[0] eq 'holder';
        my ($status, $text) = $f->try_tool(@$words);
        $failed++ if $status > 1 && $text !~ /only 0 of 1 replicas/;
        $said .= $text;
    }
    $sha = $redis->cmd('SCRIPT', 'LOAD', $f->read("$FindBin::Bin/../redis-scripts/passage.lua"));
    return ($failed, $said);
}

{
    my ($failed, $said) = a_day($rights);
    is($failed, 0, 'the rights that docs/redis-keys.md gives the office are enough') or diag($said);
    is(names($ANA), 0, 'and the person is gone');
}
for my $right (grep { /^[+~%]/ } split ' ', $rights) {
    next if $right eq '~healthcode:meta:*';  # Redis 6
    my ($failed, $said) = a_day(join ' ', grep { $_ ne $right } split ' ', $rights);
    cmp_ok($failed, '>', 0, "$right is needed");
    like($said, qr/NOPERM|ACL failure|can't (?:run|access)|no permissions/i, '... and the refusal is told');
}
eval { $redis->cmd('ACL', 'DELUSER', 'office') };
$redis->cmd('ACL', 'SETUSER', 'office', 'on', ">$PASSWORD", split ' ', $rights);
for my $command ([ 'FLUSHALL' ], [ 'KEYS', '*' ], [ 'CONFIG', 'GET', '*' ], [ 'SET', 'other', 1 ],
                 [ 'HSET', $META, 'instance', 1 ], [ 'HSET', $CONTROL, 'a', 1 ],
                 [ 'HGETALL', $CONTROL ], [ 'ACL', 'LIST' ])
{
    next if "@$command" =~ /:meta/ && $version < 7;
    my $client = bless { socket => $redis->socket }, 'Healthcode::Redis';
    $client->cmd('AUTH', 'office', $PASSWORD);
    like(eval { $client->cmd(@$command) } // $@, qr/NOPERM/, "the office may not: @$command");
}

done_testing();
