# redis-scripts/passage.lua against a real Redis: what it refuses, what it keeps
# and for how long; then every order of events of two readers, compared with a
# plain model of passages (t/lib/Healthcode/Passages.pm).
# docs/redis-keys.md, "healthcode:hall".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use JSON::PP ();
use Test::More;

use Healthcode::Keys qw(hall_key meta_key write_proofs drop_proofs $CONTROL);
use Healthcode::Passages;
use Healthcode::Redis;

my $tmp   = File::Temp->newdir('healthcode-XXXXXXXX', TMPDIR => 1);
my $redis = Healthcode::Redis->start(dir => "$tmp");
my $DAY   = 86400;
my $START = 1_900_000_000_000;          # ms

my $INSTANCE = 'ab' x 16;
my ($HALL, $OTHER) = ('c4' . '0' x 30, '5e' . '1' x 30);
my $META     = meta_key('c4');          # of the first hall
my ($ALICE, $BOB)  = ('a' x 32, 'b' x 32);

my $text = do {
    open my $in, '<', "$FindBin::Bin/../redis-scripts/passage.lua" or die $!;
    local $/;
    <$in>;
};

# The script with a clock of ours in place of the server's.
my $clock = "call('HMGET', 'test:clock', 's', 'us')";
is(($text =~ s/call\('TIME'\)/$clock/gr =~ s/\Q$clock\E//gr),
   ($text =~ s/call\('TIME'\)//r), 'the script reads the clock in one place');
my $with_clock = $redis->cmd('SCRIPT', 'LOAD',
                             $text =~ s/call\('TIME'\)/$clock/r);
my $as_it_is   = $redis->cmd('SCRIPT', 'LOAD', $text);

my $now;
sub clock {
    ($now) = @_;
    $redis->cmd('HSET', 'test:clock', 's', int($now / 1000),
                'us', $now % 1000 * 1000);
}
sub later { clock($now + $_[0]) }

sub keys_of {
    my ($hall) = @_;
    return map { hall_key($hall, $_) }
        qw(codes inside left held holders passages ended);
}

sub key { (grep { /:$_[0]$/ } keys_of($_[1] // $HALL))[0] }

sub digest { substr unpack('H*', "$_[0]" x 32), 0, 32 }

# ask([HALL,] WORD, ARGUMENTS...): the answer as text.
sub run {
    my ($sha, $keys, @words) = @_;
    my $reply = eval { $redis->cmd('EVALSHA', $sha, scalar @$keys, @$keys, @words) };
    return $@ =~ s/^.*?(healthcode passage: )/$1/sr if !$reply;
    return join ' ', @$reply;
}

sub ask_in {
    my ($hall, $word, @words) = @_;
    return run($with_clock, [ keys_of($hall) ], $word, $INSTANCE, @words,
               meta_key(substr $hall, 0, 2));
}
sub ask { ask_in($HALL, @_) }

# enter or leave, with what is not said as most have it.
sub passage {
    my (%p) = @_;
    return ask_in($p{hall} // $HALL, $p{word} // 'enter', $p{once} // 'code',
        $p{holder} // $ALICE, digest($p{code} // 1), digest($p{id} // 1),
        $p{retry} // 0, $p{hold} // 10000, $p{later} // 'confirm',
        $p{return} // 0, $p{life} // 900);
}

sub anew {
    $redis->cmd('FLUSHALL');
    write_proofs($redis, instance => $INSTANCE);
    clock($START);
}

sub halls { sort grep { /^healthcode:hall:/ } @{ $redis->cmd('KEYS', '*') } }


# ---- what is refused changes nothing ----

{
    open my $in, '<', "$FindBin::Bin/../ngx_http_healthcode_module/redis/"
        . 'healthcode_passage.h' or die $!;
    my $header = join '', <$in>;
    for my $row ([ RETRY => $text =~ /^local RETRY_MAX = (\d+)/m ],
        [ HOLD => $text =~ /^local HOLD_MAX = (\d+)/m ],
        [ RETURN => $text =~ /is_whole\(ARGV\[10\], 0, (\d+)\)/ ],
        [ LIFE => $text =~ /is_whole\(ARGV\[11\], 1, (\d+)\)/ ])
    {
        my ($name, $most) = @$row;
        like($header, qr/^#define HEALTHCODE_PASSAGE_${name}_MAX +$most /m,
             "a gate asks for no more \L$name than the script takes");
    }
}

anew();
my @good = ('code', $ALICE, digest(1), digest(2), 3000, 10000, 'confirm', 0, 900);
my @keys = keys_of($HALL);

for my $row (
    [ 'a code in upper case',   2 => 'A' x 32 ],
    [ 'a short holder',         1 => 'a' x 31 ],
    [ 'an ID of other letters', 3 => 'g' x 32 ],
    [ 'once a day',             0 => 'day' ],
    [ 'a retry that is long',   4 => 60001 ],
    [ 'a negative hold',        5 => -1 ],
    [ 'a hold of 11 minutes',   5 => 660000 ],
    [ 'a hold with a sign',     5 => '+5' ],
    [ 'unconfirmed: keep',      6 => 'keep' ],
    [ 'a return of two days',   7 => 2 * $DAY ],
    [ 'no life',                8 => 0 ],
    [ 'a life in hexadecimal',  8 => '0x10' ],
) {
    my ($name, $at, $value) = @$row;
    my @args = @good;
    $args[$at] = $value;
    like(ask('enter', @args), qr/^healthcode passage: /, "$name is refused");
}
like(ask(@$_), qr/^healthcode passage: /, "@$_ is refused")
    for [ 'enter' ], [ 'pass', @good ], [ 'confirm' ], [ 'confirm', 'x' ],
        [ 'annul', 'x' ], [ 'show', 1 ], [ 'list', 0, 1001 ], [ 'list', -1, 1 ],
        [ 'list', 0, 0 ], [ 'forget', 'everything' ], [ 'forget' ], [ '' ];

for my $row (
    [ 'another tag', $META, map { s/\{c4\}/{c5}/r } @keys ],
    [ 'a key of another hall', $META, @keys[0 .. 5], (keys_of($OTHER))[6] ],
    [ 'two keys in another order', $META, @keys[0, 2, 1, 3 .. 6] ],
    [ 'a key too few', $META, @keys[0 .. 5] ],
    [ 'a hall of 31 digits', $META, map { s/0:/:/r } @keys ],
    [ 'another proof', $CONTROL, @keys ],
    [ 'the proof of another part', meta_key('c5'), @keys ],
    [ 'the proof of controls', meta_key('c'), @keys ],
    [ 'the proof of schema 1', 'healthcode:meta', @keys ],
    [ 'no proof', '', @keys ],
) {
    my ($name, $proof, @wrong) = @$row;
    $redis->cmd('HSET', $proof, 'instance', $INSTANCE);
    like(run($with_clock, \@wrong, 'enter', $INSTANCE, @good, $proof),
         qr/^healthcode passage: .*key/, "$name is refused");
}
is_deeply([ halls() ], [], 'what is refused leaves no key');

# the proof
is(run($with_clock, \@keys, 'enter', 'cd' x 16, @good, $META), 'unproven',
   'another instance: no answer');
is(run($with_clock, \@keys, 'enter', '', @good, $META), 'unproven', 'no instance');
drop_proofs($redis);
is(ask('enter', @good), 'unproven', 'a store that came back empty');
is(run($with_clock, \@keys, 'enter', '', @good, $META), 'unproven',
   'an empty instance and no proof');
is_deeply([ halls() ], [], 'without the proof nothing is written');
write_proofs($redis, instance => $INSTANCE);
$redis->cmd('DEL', $META);
is(ask('enter', @good), 'unproven', 'a part that lost its proof');
is_deeply([ halls() ], [], '... has no passages');
is(ask_in($OTHER, 'enter', @good), 'passed 0', 'another part goes on');


# ---- each rule by itself ----

anew();
is(passage(id => 1), 'passed 0', 'a code passes; who is held is not inside');
is(passage(id => 2), 'replayed 0', 'once');
is(passage(id => 2, hall => $OTHER), 'passed 0', 'in each hall');
is(passage(id => 3, word => 'leave'), 'passed 0', 'in each direction');
is(passage(id => 4, word => 'leave'), 'replayed 0', 'once in each');
is(passage(id => 5, code => 2, holder => $BOB), 'passed 0', 'another code');
later(9999);
is(ask('show'), 'show 0 3 3', 'until hold is over they are held');
later(1);
is(ask('show'), 'show 1 0 3', 'then confirmed, of whom one has left');
is(ask('list', 0, 9), "list 1 $BOB " . $START / 1000, 'and one has not');

anew();
is(passage(retry => 3000), 'passed 0', 'with a nonce');
is(passage(retry => 3000), 'again 0', 'a lost answer is given again');
later(2999);
is(passage(retry => 3000), 'again 0', 'until retry is over');
later(1);
is(passage(retry => 3000), 'replayed 0', 'not any longer');
is(passage(retry => 3000, once => 'holder'), 'replayed 0', 'by no rule');
is(ask('show'), 'show 0 1 1', 'all of it is one passage');

anew();
passage(retry => 3000);
is(passage(retry => 3000, word => 'leave'), 'replayed 0',
   'a retry is of the same direction');
is(ask('annul', digest(1)), 'done 0', 'annulled');
is(passage(retry => 3000), 'replayed 0', 'what is annulled opens no more');
is(passage(retry => 3000, id => 2), 'replayed 0', 'and its code stays spent');
is(ask('confirm', digest(1)), 'final 0', 'what is annulled is not confirmed');
is(ask('annul', digest(1)), 'done 0', 'twice annulled is annulled');
is(ask('annul', digest(3)), 'unknown 0', 'what nobody reserved is unknown');

anew();
passage();
is(ask('confirm', digest(1)), 'done 1', 'confirmed');
is(ask('annul', digest(1)), 'final 1', 'what is confirmed is not annulled');
later(20000);
is(ask('confirm', digest(1)), 'done 1', 'twice confirmed is confirmed');
passage(code => 2, id => 2, holder => $BOB, later => 'annul');
later(10000);
is(ask('confirm', digest(2)), 'final 1',
   'time has decided before a message that is late');
is(ask_in($OTHER, 'confirm', digest(1)), 'unknown 0', 'another hall knows nothing');

anew();
my %of = (once => 'holder');
is(passage(%of, word => 'leave'), 'outside 0', 'nobody leaves who is not inside');
is(passage(%of), 'passed 0', 'a holder enters');
is(passage(%of, id => 2, code => 2), 'inside 0', 'once, also while it is held');
is(passage(%of, id => 3, code => 3, holder => $BOB), 'passed 0', 'another holder');
ask('confirm', digest(1));
is(passage(%of, id => 2, code => 2), 'inside 1', 'and when it is confirmed');
is(passage(%of, id => 4, word => 'leave'), 'passed 1', 'leaves');
is(passage(%of, id => 5, word => 'leave'), 'outside 1', 'once, too');
is(passage(%of, id => 2), 'inside 1', 'is inside while the exit is held');
is(ask('confirm', digest(4)), 'done 0', 'has left');
is(passage(%of, id => 6), 'passed 0', 'and comes again, with the same code');
is(ask('annul', digest(6)), 'done 0', 'the turnstile did not turn');
is(passage(%of, id => 7), 'passed 0', 'which frees the presence');

anew();
passage(%of, later => 'annul');
is(passage(%of, word => 'leave', id => 2), 'passed 1',
   'who is at an exit has come in');
is(ask('annul', digest(1)), 'final 1', 'that is final');
is(ask('annul', digest(2)), 'done 1', 'the exit is not');

anew();
passage(%of, hold => 0);
is(ask('show'), 'show 1 0 0', 'without hold a passage is confirmed at once');
is(passage(%of, id => 2, return => 60), 'inside 1', 'return');
later(59_999);
is(passage(%of, id => 2, return => 60), 'inside 1', 'is not over');
later(1);
is(passage(%of, id => 2, return => 61), 'inside 1', 'for another gate');
is(passage(%of, id => 2, return => 60), 'passed 1', 'is over');
is(passage(%of, id => 3, return => 60), 'inside 1', 'once again');
is(ask('confirm', digest(2)), 'done 1', 'and one is inside');
later(1000);
is(passage(%of, id => 4, return => 60), 'inside 1', 'since the last entry');

anew();
passage(%of, later => 'annul');
is(ask('confirm', digest(1)), 'done 1', 'without a nonce');
is(passage(%of, word => 'leave', later => 'annul'), 'passed 1',
   'the same code and lane are another passage');
is(ask('confirm', digest(1)), 'done 0', 'which the second message is about');
passage(code => 1, word => 'enter', hold => 5000);
passage(code => 1, word => 'leave', hold => 5000);
is(ask('show'), 'show 1 1 2', 'of two that are held time is over for the first');

anew();
passage(id => 1);
passage(id => 2, word => 'leave', code => 2);
ask('confirm', digest(2));
is(ask('confirm', digest(1)), 'done 0',
   'the passage that was reserved last says where the holder is');
anew();
passage(id => 1);
passage(id => 2, word => 'leave');
ask('confirm', digest(2));
is(passage(%of, id => 3, word => 'leave'), 'outside 0',
   'an entry before an exit counts no more');
anew();
passage(id => 1);
passage(id => 2, word => 'leave', code => 2);
later(-5000);
passage(id => 3, code => 3);
ask('confirm', digest($_)) for 3, 2, 1;
is(ask('show'), 'show 1 0 3', 'also if the clock went back meanwhile');


# ---- how long it is known ----

anew();
passage(life => 900);
passage(id => 2, life => 1000);
later(900_000 + $DAY * 1000);
is(passage(id => 3, life => 1), 'replayed 0',
   'a mark lives until the latest end of its code, and a day');
later(99_999);
is(passage(id => 3, life => 1), 'replayed 0', 'to the last');
anew();
passage(life => 900);
passage(id => 2, life => 10);
later(899_999 + $DAY * 1000);
is(ask('show'), 'show 0 0 1', 'an earlier end does not shorten it');
later(1);
is(ask('show'), 'show 0 0 0', 'then it goes');
is(passage(id => 3), 'passed 0', 'and is not there');

anew();
passage(%of, hold => 0);
later($DAY * 1000 - 1);
passage(%of, hold => 0, id => 2, holder => $BOB);
is(ask('show'), 'show 2 0 0', 'who is inside is known for a day');
later(1);
is(ask('list', 0, 9), "list 1 $BOB " . int(($now - 1) / 1000), 'and no longer');
is(passage(%of, id => 3), 'passed 1', 'so may enter again');

anew();
passage(%of, hold => 0);
passage(%of, hold => 0, word => 'leave', id => 2);
is($redis->cmd('HLEN', key('passages')), 3, 'passages are known');
unlike(join(' ', @{ $redis->cmd('HVALS', key('passages')) }), qr/$ALICE/,
       'without the holder once they are final');
later(3_599_999);
is(ask('confirm', digest(1)), 'done 0', 'for an hour');
is($redis->cmd('ZCARD', key('left')), 1, 'as is who left');
later(1);
is(ask('confirm', digest(1)), 'unknown 0', 'and no longer');
later(1);
ask('show');
is($redis->cmd('ZCARD', key('left')), 0, 'nor who left');
is($redis->cmd('HLEN', key('passages')), 1, 'nothing is left of them');

anew();
passage(%of, hold => 0, id => $_, holder => digest($_)) for 100 .. 139;
later(3_600_000);
ask('show');
is($redis->cmd('ZCARD', key('ended')), 8, 'many go by and by');
ask('show');
is($redis->cmd('ZCARD', key('ended')), 0, 'until all are gone');

# keys that nobody touches any more
anew();
passage(life => 50_000);
passage(%of, id => 2, holder => $BOB, hold => 0);
passage(%of, id => 3, holder => $BOB, hold => 0, word => 'leave');
passage(%of, id => 4, holder => $BOB, hold => 0);
passage(id => 5, code => 2, life => 10);
passage(%of, id => 6, holder => digest(6), hold => 0);
passage(%of, id => 7, holder => digest(6), hold => 0, word => 'leave');
for my $name (qw(inside left held holders passages ended)) {
    my $ttl = $redis->cmd('TTL', key($name));
    ok($ttl > $DAY - 60 && $ttl <= $DAY, "$name goes a day after the last passage")
        or diag($ttl);
}
my $ttl = $redis->cmd('TTL', key('codes'));
ok($ttl > $DAY + 49_940 && $ttl <= $DAY + 50_000, 'codes with the last mark')
    or diag($ttl);

# the server's own clock
$redis->cmd('DEL', @keys);
is(run($as_it_is, \@keys, 'enter', $INSTANCE, @good, $META), 'passed 0',
   'by the clock of the server');
my ($mark) = @{ $redis->cmd('ZRANGE', key('codes'), 0, 0, 'WITHSCORES') }[1];
ok(abs($mark / 1000 - time - 900 - $DAY) < 30, 'its marks are of now');


# ---- who is forgotten ----

anew();
passage(%of, hold => 0);
passage(%of, id => 2, holder => $BOB);
passage(%of, id => 3, holder => digest(3), hold => 0);
is(ask('forget', $ALICE), 'forgotten 1', 'forget one');
is(ask('forget', $ALICE), 'nobody 1', 'who is not there then');
is(ask('forget', $BOB), 'forgotten 1', 'forget one who is held');
is(ask('confirm', digest(2)), 'unknown 1', 'that passage is not known');
is(ask('show'), 'show 1 0 0', 'the others stay');
passage(%of, id => 4, holder => digest(3), word => 'leave', hold => 0);
is(ask('forget', digest(3)), 'forgotten 0', 'forget one who has left');
is($redis->cmd('ZCARD', key('left')), 0, 'of whom nothing stays');
passage();
passage(hall => $OTHER, id => 9);
later(10_000);
is(ask('forget', 'people'), 'forgotten 0', 'forget all people');
is_deeply([ grep { /:\{c4\}:/ } halls() ], [ key('codes') ], 'nothing stays but codes');
is(passage(id => 2), 'replayed 0', 'which still pass once');
is(ask('forget', 'all'), 'forgotten 0', 'forget all');
is_deeply([ grep { /:\{c4\}:/ } halls() ], [], 'nothing stays');
is(ask('forget', 'all'), 'nobody 0', 'twice');
is(ask_in($OTHER, 'show'), 'show 1 0 1', 'of this hall alone');

anew();
for (1 .. 5) {
    later(1000);
    passage(%of, hold => 0, id => $_, holder => digest($_));
}
is(ask('list', 1, 2), join(' ', 'list 5', map { (digest($_), $START / 1000 + $_) }
                           2, 3), 'a part of the list, the first first');
is(ask('list', 5, 2), 'list 5', 'behind its end');


# ---- what somebody has deleted by hand ----

# The hall goes on; of what was held with it nobody knows.
for my $after (0, 10001) {
    anew();
    is(passage(hold => 10000, once => 'holder'), 'passed 0', 'held');
    $redis->cmd('DEL', key('passages'));
    later($after);
    is(ask('show'), $after ? 'show 0 0 0' : 'show 0 1 0', "deleted, $after ms later");
    is(passage(hold => 10000, once => 'holder', id => 2, code => 2), 'passed 0',
       'who was held comes in');
    is($redis->cmd('ZCARD', key('holders')), 1, 'and is held once');
}


# ---- a store that refuses writes ----

anew();
passage(%of, hold => 0);
my @before = map { $redis->cmd('DUMP', $_) } halls();
$redis->cmd('CONFIG', 'SET', 'maxmemory', 1);
like(passage(id => 2, %$_), qr/OOM|used memory/, 'memory that is full: no passage')
    for {}, { %of, holder => $BOB }, { %of, word => 'leave' };
$redis->cmd('CONFIG', 'SET', 'maxmemory', 0);
is_deeply([ map { $redis->cmd('DUMP', $_) } halls() ], \@before,
          'and nothing is changed');


# ---- the rights that a gate needs for it ----

anew();
my ($rights) = do {
    open my $in, '<', "$FindBin::Bin/../docs/redis-keys.md" or die $!;
    join('', <$in>) =~ /^### Rights for passages\n.*?^ {4}(\S.*?)\n\n/ms;
};
$rights =~ s/\s+/ /g;
my $user = 0;

# What a user with these rights is answered; the clock of tests is read as well.
sub as_user {
    my ($acl, $sha, @words) = @_;
    my $name = 'gate' . $user++;
    $redis->cmd('ACL', 'SETUSER', $name, 'on', '>x', 'resetkeys', '-@all',
                '%R~healthcode:meta:*', '%R~test:clock', '+hmget', split ' ', $acl);
    my @with = ('redis-cli', '-s', $redis->socket, '--user', $name, '--pass', 'x',
                '--no-auth-warning', 'EVALSHA', $sha, scalar @keys, @keys, @words, $META);
    open my $out, '-|', @with or die "redis-cli: $!";
    return join ' ', map { chomp; $_ } <$out>;
}

# All that a gate asks for, by which each of the commands is called.
sub a_day {
    my ($acl) = @_;
    anew();
    return join '|', map { later($_->[0]); as_user($acl, $with_clock, @$_[1 .. $#$_]) }
        [ 0, 'enter', $INSTANCE, @good ],
        [ 0, 'leave', $INSTANCE, 'holder', $ALICE, digest(1), digest(3), @good[4 .. 8] ],
        [ 0, 'confirm', $INSTANCE, digest(2) ],
        [ 20_000, 'enter', $INSTANCE, 'holder', $BOB, digest(4), digest(5), @good[4 .. 8] ],
        [ 0, 'annul', $INSTANCE, digest(5) ], [ 3_700_000, 'show', $INSTANCE ],
        [ $DAY * 2000, 'show', $INSTANCE ];
}

my $day = 'passed 0|passed 1|done 1|passed 0|done 0|show 0 0 1|show 0 0 0';
is(a_day($rights), $day, 'the rights of docs/redis-keys.md are enough');
unlike(as_user($rights =~ s/ \+time\b//r, $as_it_is, 'enter', $INSTANCE, @good),
       qr/^passed/, '+time is needed');
for my $right (grep { !/script|time/ } split ' ', $rights) {
    isnt(a_day($rights =~ s/\Q$right\E(?!\S)//r), $day, "$right is needed");
}
anew();
like(as_user($rights, $with_clock, 'forget', $INSTANCE, 'all'), qr/can't run|NOPERM|no permissions/,
     'who has them forgets nobody');
like(as_user($rights, $with_clock, 'list', $INSTANCE, 0, 9), qr/can't run|NOPERM|no permissions/,
     'and lists nobody');


# ---- every order of events of two readers ----

# The script as a function, called for each word of so many symbols that begins
# with these two; a line of answers for each word.
my $walk = $redis->cmd('SCRIPT', 'LOAD', <<"WALK");
local NOW
local function passage(KEYS, ARGV)
@{[ $text =~ s/call\('TIME'\)/NOW/r ]}
end

local keys, symbols = cjson.decode(ARGV[1]), cjson.decode(ARGV[2])
local depth, first, second = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[7])
local lines = {}
local start = tonumber(ARGV[5])

local function say(words)
    local reply = passage(keys, words)
    return reply.err or table.concat(reply, ' ')
end

local at = {}
for i = 1, depth do at[i] = 1 end
at[1], at[2] = first, second

while at[2] == second do
    redis.call('DEL', unpack(keys))
    local ms, line = start, {}

    for i = 1, depth + 1 do
        local symbol = symbols[at[i]] or { tick = 1000000, words = { 'show', ARGV[6], '$META' } }
        ms = ms + (symbol.tick or 0)
        NOW = { math.floor(ms / 1000), (ms % 1000) * 1000 }
        line[i] = symbol.words and say(symbol.words) or '-'
    end
    lines[#lines + 1] = table.concat(line, ',')

    local i = depth
    at[i] = at[i] + 1
    while i > 2 and at[i] > #symbols do
        at[i] = 1
        i = i - 1
        at[i] = at[i] + 1
    end
end
return table.concat(lines, '\\n')
WALK

my $json = JSON::PP->new->canonical;

# The symbols of a reader: its passage, and the second messages.
sub reader {
    my ($name, %p) = @_;
    my $id = digest($p{id} // $name);
    return ({ name => "$name.$p{word}", words => [
                  $p{word}, $INSTANCE, $p{once}, $p{holder} // $ALICE,
                  digest($p{code} // 1), $id, map { "$_" } $p{retry} // 3000,
                  $p{hold} // 10000, $p{later}, $p{return} // 0, 900, $META ] },
            map { { name => "$name.$_", words => [ $_, $INSTANCE, $id, $META ] } }
                qw(confirm annul));
}

sub tick { map { { name => "+$_ ms", tick => $_ } } @_ }

my $orders = 0;

# All words of $depth of these symbols that begin with one of the first $firsts:
# with those of one reader alone, where the other is the same.
sub every_order {
    my ($name, $depth, $firsts, @symbols) = @_;
    anew();
    my ($wrong, $count) = ('', 0);
    for my $first (1 .. $firsts) {
        my @said = map { split /\n/, $redis->cmd('EVALSHA', $walk, 0,
            $json->encode([ keys_of($HALL) ]), $json->encode(\@symbols), $depth,
            $first, $START, $INSTANCE, $_) } 1 .. @symbols;
        my $model = Healthcode::Passages->new($START);
        my $each = sub {
            my ($word, @answers) = @_;
            my $said = shift @said // 'nothing';
            my $want = join ',', @answers;
            $count++;
            return if $said eq $want || $wrong;
            $wrong = join "\n", map({ $_->{name} } @$word), "the script: $said",
                                "the model:  $want";
        };
        $model->walk(\@symbols, $depth, $each, [ $symbols[$first - 1] ]);
        last if $wrong;
    }
    $orders += $count;
    ok(!$wrong, "$name: $count orders") or diag($wrong);
}

for my $later (qw(confirm annul)) {
    my @two = (later => $later);

    every_order("one code at two entrances, or $later", 5, 3,
        reader('A', word => 'enter', once => 'code', @two),
        reader('B', word => 'enter', once => 'code', @two), tick(4000, 11000));
    every_order("one code in and out, or $later", 4, 6,
        reader('A', word => 'enter', once => 'code', @two),
        reader('B', word => 'leave', once => 'code', @two), tick(4000, 11000));
    every_order("one holder, two codes, two entrances, or $later", 5, 3,
        reader('A', word => 'enter', once => 'holder', @two),
        reader('B', word => 'enter', once => 'holder', code => 2, @two),
        tick(4000, 11000));
    every_order("one holder in and out, or $later", 5, 6,
        reader('A', word => 'enter', once => 'holder', @two),
        reader('B', word => 'leave', once => 'holder', @two),
        tick(4000, 11000));
    every_order("one holder in and out, a second attempt, or $later", 4, 9,
        reader('A', word => 'enter', once => 'holder', @two),
        reader('C', word => 'enter', once => 'holder', @two),
        reader('B', word => 'leave', once => 'holder', @two), tick(11000));
    every_order("one holder, readers without a nonce, or $later", 4, 4,
        reader('A', word => 'enter', once => 'holder', retry => 0, @two),
        (reader('A', word => 'leave', once => 'holder', retry => 0, @two))[0],
        tick(4000, 11000));
    every_order("one holder comes again after 8 s, or $later", 4, 3,
        reader('A', word => 'enter', once => 'holder', return => 8, @two),
        reader('B', word => 'enter', once => 'holder', return => 8, @two),
        tick(4000, 11000));
    every_order("a holder and codes in one hall, or $later", 4, 9,
        reader('A', word => 'enter', once => 'holder', @two),
        reader('B', word => 'leave', once => 'code', hold => 3000, @two),
        reader('C', word => 'enter', once => 'code', code => 2, @two),
        tick(11000));
    every_order("two holders, or $later", 4, 6,
        reader('A', word => 'enter', once => 'holder', @two),
        reader('B', word => 'enter', once => 'holder', holder => $BOB, code => 2,
               @two), tick(4000, 11000));
}

note("$orders orders");

done_testing();
