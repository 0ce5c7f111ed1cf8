# redis-scripts/mark.lua against a real Redis: who comes first, who asks again,
# and what is refused and changes nothing.
# docs/redis-keys.md, "healthcode:mark".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use Test::More;

use Healthcode::Keys qw(mark_key meta_key $REGION);
use Healthcode::Redis;

my $tmp      = File::Temp->newdir('healthcode-XXXXXXXX', TMPDIR => 1);
my $redis    = Healthcode::Redis->start(dir => "$tmp");
my $INSTANCE = 'ab' x 16;
my $META     = meta_key('c4');
my $KEY      = mark_key('c4' . '0' x 30);
my ($ALICE, $BOB) = ('a' x 32, 'b' x 32);

my $sha = do {
    open my $in, '<', "$FindBin::Bin/../redis-scripts/mark.lua" or die $!;
    local $/;
    $redis->cmd('SCRIPT', 'LOAD', scalar <$in>);
};

sub anew {
    $redis->cmd('FLUSHDB');
    $redis->cmd('HSET', $META, 'schema', 2, 'instance', $INSTANCE);
}

sub run {
    my ($keys, @words) = @_;
    my $reply = eval { $redis->cmd('EVALSHA', $sha, scalar @$keys, @$keys, @words) };
    return $@ =~ s/^.*?(healthcode mark: )/$1/sr if !$reply;
    return join ' ', @$reply;
}

sub ask {
    my (%p) = @_;
    return run([ $p{key} // $KEY ], $p{instance} // $INSTANCE, $p{owner} // $ALICE,
               $p{life} // 180, $p{proof} // $META);
}

anew();
is(ask(), 'marked', 'who comes first leaves a mark');
is($redis->cmd('GET', $KEY), $ALICE, 'which says who');
my $life = $redis->cmd('TTL', $KEY);
ok($life > 150 && $life <= 180, 'for as long as was asked') or diag($life);
is(ask(), 'marked', 'and may ask again');
is(ask(owner => $BOB), 'replayed', 'who comes later does not count');
is($redis->cmd('GET', $KEY), $ALICE, 'and changes nothing');
$redis->cmd('EXPIRE', $KEY, 100);
ask(owner => $_, life => 180) for $ALICE, $BOB;
ok($redis->cmd('TTL', $KEY) <= 100, 'nor how long it lives');
is(ask(key => mark_key('c4' . '1' x 30), owner => $BOB), 'marked',
   'another mark is another one');
$redis->cmd('DEL', $KEY);
is(ask(owner => $BOB), 'marked', 'once it is over somebody else counts');

anew();
for my $row (
    [ 'another instance', 'unproven', instance => 'cd' x 16 ],
    [ 'no instance', 'unproven', instance => '' ],
    [ 'a part that has no proof', 'unproven', key => mark_key('5e' . '0' x 30),
      proof => meta_key('5e') ],
    [ 'no instance, and a part that has no proof', 'unproven', instance => '',
      key => mark_key('5e' . '0' x 30), proof => meta_key('5e') ],
    [ 'the proof of another part', 'healthcode mark: the last argument',
      proof => meta_key('c5') ],
    [ 'the proof of controls', 'healthcode mark: the last argument',
      proof => meta_key('c') ],
    [ 'the proof of schema 1', 'healthcode mark: the last argument',
      proof => 'healthcode:meta' ],
    [ 'another key as a proof', 'healthcode mark: the last argument', proof => 'meta' ],
    [ 'a key of another tag', 'healthcode mark: the key',
      key => 'healthcode:mark:{c5}:c4' . '0' x 30 ],
    [ 'a key of another kind', 'healthcode mark: the key',
      key => 'healthcode:hall:{c4}:c4' . '0' x 30 ],
    [ 'a key that is longer', 'healthcode mark: the key', key => "${KEY}0" ],
    [ 'a key of other letters', 'healthcode mark: the key',
      key => 'healthcode:mark:{c4}:c4' . 'G' x 30 ],
    [ 'a short owner', 'healthcode mark: the owner', owner => 'a' x 31 ],
    [ 'an owner of other letters', 'healthcode mark: the owner', owner => 'A' x 32 ],
    map({ [ "a life of \"$_\"", 'healthcode mark: the life', life => $_ ] }
        0, -1, 3601, '1e3', '180.5', '', ' 1'),
)
{
    my ($what, $says, %p) = @$row;
    like(ask(%p), qr/^\Q$says\E/, $what);
    is_deeply(scalar $redis->cmd('KEYS', '*'), [ $META ], 'which leaves no mark');
}
like(run([ $KEY, $KEY ], $INSTANCE, $ALICE, 180, $META), qr/a key and 4/, 'two keys');
like(run([ $KEY ], $INSTANCE, $ALICE, 180), qr/a key and 4/, 'too few arguments');
is(ask(life => 3600), 'marked', 'the longest life');

# ---- the rights that docs/redis-keys.md names ----

SKIP: {
    my ($version) = `redis-server --version` =~ /v=(\d+)/;
    skip 'this Redis knows no rights to read alone', 4 if $version < 7;
    $redis->cmd('ACL', 'SETUSER', 'gate', 'on', '>gate', 'resetkeys', '%R~healthcode:*',
                '-@all', '+select', split ' ',
                '~healthcode:mark:* +evalsha +script|load +hget +set +get');
    my $try = sub {
        return $redis->cmd('ACL', 'DRYRUN', 'gate', @_);
    };
    is($try->('EVALSHA', $sha, 1, $KEY, $INSTANCE), 'OK', "a gate's user may call it");
    is($try->('SET', $KEY, 'a'), 'OK', 'and leave marks');
    isnt($try->('SET', $REGION, 'a'), 'OK', 'but write nothing else');
    isnt($try->('SET', $META, 'a'), 'OK', 'not the proof of the store either');
}

done_testing();
