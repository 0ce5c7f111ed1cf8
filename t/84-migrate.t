# A store of schema 1 becomes one of schema 2 while it is written and read: each
# rule by itself, then all of it under load.  Writers of the new command, a gate
# of before, gates of now; no flag is lost, none comes back, nobody is wrong.
# docs/operations.md, "From schema 1".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use POSIX qw(_exit);
use Test::More;
use Time::HiRes qw(sleep time);

use Healthcode::Docs qw(document like_shown rights_of);
use Healthcode::Fixture;
use Healthcode::Http qw(dial);
use Healthcode::Keys qw(risk_key audit_key hall_key meta_key meta_keys is_meta proof
                        drop_proofs $META $REGION $CONTROL $DATA $PUSH $ERASED);
use Healthcode::Nginx;
use Healthcode::Process;
use Healthcode::Redis;

use constant { SECONDS => $ENV{SECONDS} // 6, PEOPLE => 240, MANY => 3000,
               LEASE => 1, MARGIN => 366 * 86400 };

my $f = Healthcode::Fixture->new(no_redis => 1);
my $redis = $f->{redis} =
    Healthcode::Redis->start(dir => $f->dir, password => $f->password);
my $PASSWORD = 'pass word';
my @store = ('--redis', $f->url, '--pepper-file', $f->path('pepper'));
my ($version) = $redis->cmd('INFO', 'server') =~ /^redis_version:(\d+)/m;
my $now = int time;
my ($status, $out);

# ---- schema 1, as it was ----

my %OLD = (region => $REGION, control => $CONTROL, data => $DATA,
           'audit:erased' => $ERASED);

sub old_key { return "healthcode:$_[0]:{" . $f->holder($_[1]) . '}' }
sub new_key { return ($_[0] eq 'risk' ? \&risk_key : \&audit_key)->($f->holder($_[1])) }

sub old_proof {
    return $redis->cmd('HSET', 'healthcode:meta', schema => 1, instance => 'f' x 32,
                       pepper_check => $f->pepper_check);
}

# An empty store of schema 1.
sub anew {
    $redis->cmd('FLUSHALL');
    return old_proof();
}

sub hash { my $h = $redis->cmd('HGETALL', $_[0]); return { @$h } }

# All that there is, by key.
sub everything {
    return { map { ($_ => $redis->cmd('DUMP', $_)) }
             grep { $_ ne $PUSH } @{ $redis->cmd('KEYS', '*') } };
}

sub run {
    my (@args) = @_;
    my @verb = splice @args, 0, 2;
    ($status, $out) = $f->try_tool(@verb, @store, @args);
    return $status;
}

sub answers {
    my ($name, $want, $says) = @_;
    is($status, $want, "$name: exit $want") or diag(substr $out, 0, 800);
    like($out, $says, "$name: says so");
}


# ---- one value of two ----

my $sha = $redis->cmd('SCRIPT', 'LOAD',
                      $f->read("$FindBin::Bin/../redis-scripts/migrate.lua"));

sub migrate {
    my ($keys, @words) = @_;
    my $reply = eval { $redis->cmd('EVALSHA', $sha, scalar @$keys, @$keys, @words) };
    return $@ ? $@ : $reply;
}

my $later = $now + 3600;
for my $row (
    [ 'risk', contact => $now, $later, 1 ], [ 'risk', contact => $later, $now, 0 ],
    [ 'risk', contact => $now, 0, 1 ], [ 'risk', contact => 0, $now, 0 ],
    [ 'risk', contact => 0, '', 1 ], [ 'risk', contact => 'x', 0, 0 ],
    [ 'risk', contact => $later, '-1', 1 ], [ 'risk', contact => '9' x 13, $later, 0 ],
    [ 'risk', contact => undef, 0, 1 ], [ 'risk', contact => $now, undef, 0 ],
    [ 'risk', contact => $later, $later, 0 ], [ 'risk', contact => '9999999999', '10000000000', 1 ],
    [ 'risk', before => $now - 9, $now, 1 ], [ 'risk', before => $now, $now - 9, 0 ],
    [ 'risk', before => $now, '0', 1 ], [ 'risk', 'code:' . 'a' x 32, $now, $later, 1 ],
    [ 'region', 51 => 'low 0', "high $later", 0 ], [ 'region', 51 => "high $later", 'low 0', 1 ],
    [ 'region', 51 => "low $later", "high $later", 1 ],
    [ 'region', 51 => "high $later", "medium $later", 0 ],
    [ 'region', 51 => 'high 0', 'grey 0', 1 ], [ 'region', 51 => 'grey 0', 'high 0', 0 ],
    [ 'region', 51 => 'high 0', 'high', 1 ], [ 'region', 51 => undef, 'low 0', 1 ],
    [ 'region', 51 => 'low 0', undef, 0 ],
    [ 'control', 'issuer:i' => $now, $later, 1 ], [ 'control', 'issuer:i' => 0, $later, 0 ],
    [ 'control', 'before:i' => $now - 9, $now, 1 ], [ 'control', 'known:i' => $now, $now - 9, 0 ],
    [ 'data', 'city' => $now - 9, $now, 1 ], [ 'data', 'city' => $now, $now - 9, 0 ],
    [ 'data', 'city' => $now, 'x', 1 ],
) {
    my ($kind, $field, $there, $old, $taken) = @$row;
    my ($from, $to) = $kind eq 'risk' ? (old_key('risk', 'ana'), new_key('risk', 'ana'))
                                      : ("healthcode:$kind", $OLD{$kind});
    my $what = "$kind $field: " . ($there // 'nothing') . ' and then '
             . ($old // 'nothing') . ' of schema 1';
    anew();
    $redis->cmd('HSET', $to, $field, $there) if defined $there;
    $redis->cmd('HSET', $from, $field, $old) if defined $old;
    my @fields = $kind eq 'risk' ? () : $field;
    is(migrate([ $from, $to ], 'merge', @fields), $taken, "$what: $taken is taken over");
    is($redis->cmd('HGET', $to, $field), $taken ? $old : $there, '... which is there then');
    is($redis->cmd('HGET', $from, $field), $old, '... and the other is as it was');
    is(migrate([ $from, $to ], 'merge', @fields), 0, '... and nothing a second time');
}

# what is kept, and for how long
{
    my ($from, $to) = map { $_->('risk', 'ana') } \&old_key, \&new_key;
    for my $row ([ [ contact => $later ], $later + MARGIN ],
                 [ [ contact => $later, entry => $now ], $later + MARGIN ],
                 [ [ contact => $later, entry => 0 ], -1 ], [ [ contact => 'x' ], -1 ],
                 [ [ before => $now - 5 ], $now - 5 + MARGIN ])
    {
        my ($fields, $end) = @$row;
        anew();
        $redis->cmd('HSET', $from, @$fields);
        migrate([ $from, $to ], 'merge');
        my $ttl = $redis->cmd('TTL', $to);
        cmp_ok(abs($end < 0 ? $ttl - $end : $now + $ttl - $end), '<', 60,
               "@$fields: the key goes when it may");
        $redis->cmd('HSET', $to, 'quarantine', 0);
        $redis->cmd('PERSIST', $to);
        migrate([ $from, $to ], 'mirror');
        is_deeply(hash($from), hash($to), '... and schema 1 is made equal');
        is($redis->cmd('TTL', $from), -1, '... for as long');
        $redis->cmd('DEL', $to);
        migrate([ $from, $to ], 'mirror');
        is($redis->cmd('EXISTS', $from), 0, '... also if nothing is left');
    }

    # what gates take for a flag by itself
    anew();
    $redis->cmd('SET', $from, 'x');
    is(migrate([ $from, $to ], 'merge'), 1, 'a key of another type is taken over');
    is($redis->cmd('TYPE', $to), 'string', '... as it is');
    is(migrate([ $from, $to ], 'merge'), 0, '... once');
    $redis->cmd('DEL', $to);
    $redis->cmd('HSET', $to, 'contact', 0);
    is(migrate([ $from, $to ], 'merge'), 1, '... also where flags are');
    is($redis->cmd('TYPE', $to), 'string', '... which it denies as well');
    anew();
    $redis->cmd('HSET', $from, map { ("f$_", $later) } 1 .. 3000);
    cmp_ok(migrate([ $from, $to ], 'merge'), '>', 0, 'more flags than gates read');
    is($redis->cmd('HLEN', $to), 3000, '... are all there');
}

# histories keep their entries, and their IDs
{
    my ($from, $to) = map { $_->('audit', 'ana') } \&old_key, \&new_key;
    anew();
    $redis->cmd('XADD', $from, "$_-0", action => 'set', flag => "f$_") for 1 .. 3;
    $redis->cmd('EXPIRE', $from, 1000);
    is(migrate([ $from, $to ], 'merge'), 1, 'a history is taken over');
    is_deeply(scalar $redis->cmd('XRANGE', $to, '-', '+'),
              scalar $redis->cmd('XRANGE', $from, '-', '+'), '... as it is');
    cmp_ok($redis->cmd('TTL', $to), '>', 900, '... and for as long');
    is(migrate([ $from, $to ], 'merge'), 0, '... once');
    $redis->cmd('XADD', $from, "$_-0", action => 'clear', flag => "f$_") for 4 .. 5;
    is(migrate([ $from, $to ], 'merge'), 2, 'what comes later follows');
    is_deeply(scalar $redis->cmd('XRANGE', $to, '-', '+'),
              scalar $redis->cmd('XRANGE', $from, '-', '+'), '... in its order');
    $redis->cmd('XADD', $to, '9-0', action => 'set');
    migrate([ $from, $to ], 'mirror');
    is($redis->cmd('XLEN', $from), 6, 'and is mirrored');
    anew();
    $redis->cmd('XADD', 'healthcode:audit:erased', '1-0', action => 'erase');
    is(migrate([ 'healthcode:audit:erased', $ERASED ], 'merge'), 1, 'so is the note of erasures');
    is($redis->cmd('XLEN', $ERASED), 1, '... with its entry');
}

# fields that are not named are nobody's
anew();
$redis->cmd('HSET', 'healthcode:region', 51 => 'high 0', 52 => 'low 0', 53 => 'low 0');
$redis->cmd('HSET', $REGION, 52 => 'medium 0');
migrate([ 'healthcode:region', $REGION ], 'mirror', 52, 53);
is_deeply(hash('healthcode:region'), { 51 => 'high 0', 52 => 'medium 0' },
          'only fields that are named are mirrored');

# what is refused changes nothing
{
    my ($from, $to) = map { $_->('risk', 'ana') } \&old_key, \&new_key;
    anew();
    $redis->cmd('HSET', $from, 'contact', 0);
    $redis->cmd('HSET', 'healthcode:region', 51, 'high 0');
    my $before = everything();
    for my $row ([ [ $from, $to ], 'copy' ], [ [ $from ], 'merge' ], [ [], 'merge' ],
        [ [ $to, $from ], 'merge' ], [ [ $from, new_key('risk', 'ben') ], 'merge' ],
        [ [ $from, new_key('audit', 'ana') ], 'merge' ],
        [ [ $from, $to =~ s/\{..\}/{00}/r ], 'merge' ], [ [ $from, $from ], 'merge' ],
        [ [ $from, $to ], 'merge', 'contact' ], [ [ 'healthcode:region', $REGION ], 'merge' ],
        [ [ 'healthcode:region', $CONTROL ], 'merge', 51 ],
        [ [ 'healthcode:meta', $META ], 'merge', 'schema' ],
        [ [ 'healthcode:risk:{x}', 'healthcode:risk:{x}:x' ], 'merge' ])
    {
        my ($keys, @words) = @$row;
        like(migrate($keys, @words), qr/ERR healthcode migrate: /, "refused: @$keys @words");
    }
    is_deeply(everything(), $before, 'and nothing is changed');
    for my $spoil (sub { $redis->cmd('HSET', 'healthcode:meta', 'schema', 2) },
                   sub { $redis->cmd('DEL', 'healthcode:meta') })
    {
        $spoil->();
        $before = everything();
        is(migrate([ $from, $to ], 'merge'), -1, 'without the proof of schema 1 nothing is');
        is(migrate([ $from, $to ], 'mirror'), -1, '... either way');
        is_deeply(everything(), $before, '... done');
    }
}


# ---- writers, before anything is copied ----

anew();
$redis->cmd('HSET', old_key('risk', 'ana'), contact => 0, entry => $later);
$redis->cmd('XADD', old_key('audit', 'ana'), '1-0', action => 'set', flag => 'contact');
$redis->cmd('HSET', 'healthcode:region', 51 => 'high 0', 52 => 'low 0');
$redis->cmd('HSET', 'healthcode:control', 'issuer:i' => 0, 'known:i' => $now - 9);
$redis->cmd('HSET', 'healthcode:data', city => $now - 9, hall => $now - 9);

run('flag', 'show', 'ana');
answers('flag show of a store of schema 1', 0, qr/^active  contact  until cleared$/m);
run('flag', 'show', '--audit', 'ana');
answers('... and its history', 0, qr/^history, latest first: 1 entries$/m);
is($redis->cmd('EXISTS', new_key('risk', 'ana')), 0, '... changes nothing');
run('flag', 'clear', 'ana', 'contact');
answers('flag clear', 0, qr/^cleared /);
is_deeply([ map { hash($_->('risk', 'ana')) } \&old_key, \&new_key ], [ ({ entry => $later }) x 2 ],
          '... in both schemas, with what else there is');
is($redis->cmd('XLEN', $_->('audit', 'ana')), 2, '... and the history of both')
    for \&old_key, \&new_key;
run('flag', 'clear', 'ana', 'contact');
answers('flag clear again', 1, qr/has no flag contact/);
run('flag', 'set', '--until', '+2h', 'ana', 'entry');
answers('flag set', 0, qr/^set anew /);
run('flag', 'set', 'ben', 'contact');
answers('flag set of another', 0, qr/^set \w+ contact/);
is_deeply([ map { hash($_->('risk', 'ben')) } \&old_key, \&new_key ], [ ({ contact => 0 }) x 2 ],
          '... is in both');
{
    my @ids = map { [ map { $_->[0] } $redis->cmd('XRANGE', $_->('audit', 'ben'), '-', '+') ] }
        \&old_key, \&new_key;
    is_deeply($ids[0], $ids[1], '... with one and the same entry');
}
$f->write('flags.txt', join '', map { "p$_ contact\n" } 1 .. 300);
# a server that knows the script, so that lines could go without the other
$redis->cmd('SCRIPT', 'LOAD', $f->read("$FindBin::Bin/../redis-scripts/flag-set.lua"));
run('flag', 'import', $f->path('flags.txt'));
answers('flag import', 0, qr/^300 set, 0 set anew, 0 left out/);
is(scalar(grep { $redis->cmd('HGET', old_key('risk', "p$_"), 'contact') eq '0'
                 && $redis->cmd('HGET', new_key('risk', "p$_"), 'contact') eq '0' } 1 .. 300),
   300, '... in both');
run('region', 'set', '51', 'medium');
answers('region set', 0, qr/^set 51 medium/);
run('region', 'clear', '52');
answers('region clear', 0, qr/^cleared 52/);
is_deeply(hash('healthcode:region'), { 51 => 'medium 0' }, '... in schema 1');
is_deeply(hash($REGION), { 51 => 'medium 0' }, '... and in schema 2');
run('region', 'list');
answers('region list', 0, qr/^51  medium/m);
run('control', 'suspend', '--new', 'j');
answers('control suspend', 0, qr/^set issuer:j/);
run('control', 'resume', 'i');
answers('control resume', 0, qr/^cleared issuer:i/);
is_deeply([ sort keys %{ hash('healthcode:control') } ], [ qw(issuer:j known:i known:j) ],
          '... in schema 1');
is_deeply([ sort grep { !/known:i/ } keys %{ hash($CONTROL) } ], [ qw(issuer:j known:j) ],
          '... and in schema 2');
run('store', 'touch', '--source', 'city');
answers('store touch', 0, qr/^touched city/);
is($redis->cmd('HGET', $_, 'city'), $redis->cmd('HGET', $DATA, 'city'), '... in both')
    for 'healthcode:data';
run('store', 'untouch', '--source', 'hall');
answers('store untouch', 0, qr/^untouched hall/);
ok(!$redis->cmd('HEXISTS', $_, 'hall'), '... in both') for 'healthcode:data', $DATA;
is_deeply([ grep { is_meta($_) } @{ $redis->cmd('KEYS', '*') } ], [],
          'and none of them wrote a proof');

for my $words ([ qw(hall show hall-1) ], [ qw(holder erase ana) ]) {
    run(@$words);
    answers("@$words[0, 1] of a store of schema 1", 3, qr/of schema 1; run "healthcode store migrate"/);
}
for my $how ([], [ '--empty' ], [ '--renew' ], [ '--force' ], [ '--missing' ],
             [ '--missing', '--force', '--empty' ])
{
    my $before = everything();
    run('store', 'init', @$how);
    answers("store init @$how of one", 3, qr/nothing was done: /);
    is_deeply(everything(), $before, '... does nothing');
}
run('store', 'check');
answers('store check of one', 1, qr/^NO   meta     .*schema 1; .*"healthcode store migrate"/m);
run('store', 'migrate', '--finish');
answers('store migrate --finish of one', 3, qr/no proofs of schema 2 yet; run this without --finish/);
$redis->cmd('HSET', 'healthcode:meta', 'pepper_check', '0' x 32);
for my $words ([ qw(flag set ana entry) ], [ qw(store migrate) ], [ qw(store migrate --finish) ],
               [ qw(store init --missing) ])
{
    my $before = everything();
    run(@$words);
    answers("@$words with another pepper", 3, qr/nothing was done: /);
    is_deeply(everything(), $before, '... does nothing');
}

# what has another schema or type does not count as a store of schema 1
for my $spoil (sub { $redis->cmd('HSET', 'healthcode:meta', 'schema', 3) },
               sub { $redis->cmd('DEL', 'healthcode:meta');
                     $redis->cmd('SET', 'healthcode:meta', 'x') },
               sub { $redis->cmd('DEL', 'healthcode:meta') })
{
    $spoil->();
    run('flag', 'set', 'ana', 'entry');
    answers('flag set without a proof of schema 1', 3, qr/nothing was done: .*healthcode store init/);
    run('store', 'migrate');
    answers('store migrate without one', 3, qr/there is no store of schema 1/);
}


# ---- everything, with nobody about ----

sub fill {
    my ($many) = @_;
    anew();
    for my $n (1 .. $many // MANY) {
        $redis->cmd('HSET', old_key('risk', "m$n"), contact => $n % 3 ? 0 : $later + $n);
        $redis->cmd('XADD', old_key('audit', "m$n"), '*', action => 'set', flag => 'contact')
            if $n % 2;
    }
    $redis->cmd('HSET', 'healthcode:region', map { (110000 + $_ => 'high 0') } 1 .. 700);
    $redis->cmd('HSET', 'healthcode:control', map { ("before:i$_" => $now - $_) } 1 .. 90);
    $redis->cmd('HSET', 'healthcode:data', map { ("s$_" => $now - $_) } 1 .. 16);
    $redis->cmd('XADD', 'healthcode:audit:erased', '1-0', action => 'erase');
    $redis->cmd('SET', 'healthcode:push', 7);
    $redis->cmd('SET', 'healthcode:hall:{ab}:' . 'ab' x 16 . ':x', 1);
    $redis->cmd('SET', 'other', 1);
}

# The keys of schema 1 in whose places schema 2 has something else.
sub differs {
    my ($was) = @_;
    my @bad;
    for my $key (grep { !/meta|push|hall|other/ } keys %$was) {
        my $place = $key =~ /^healthcode:(risk|audit):\{(\w+)\}$/
            ? ($1 eq 'risk' ? risk_key($2) : audit_key($2)) : $OLD{ $key =~ s/^healthcode://r };
        push @bad, $key if ($was->{$key} // '') ne (value($place) // '');
    }
    return @bad;
}

sub value {
    my ($key) = @_;
    my $type = $redis->cmd('TYPE', $key);
    return join '|', map { "$_" } $type eq 'hash' ? do { my %h = %{ hash($key) };
        map { "$_=$h{$_}" } sort keys %h }
        : $type eq 'stream' ? map { "$_->[0] @{ $_->[1] }" } $redis->cmd('XRANGE', $key, '-', '+')
        : $type;
}

fill();
{
    my %was = map { ($_ => value($_)) } @{ $redis->cmd('KEYS', '*') };
    run('store', 'migrate');
    answers('store migrate', 0, qr/^created: instance [0-9a-f]{32}$/m);
    like($out, qr/^taken over: (\d+) values; 4501 keys of holders looked at$/m, '... says how much');
    is_deeply([ differs(\%was) ], [], '... and all of it is there');
    my %kept = map { ($_ => value($_)) } keys %was;
    is_deeply(\%kept, \%was, '... and what was there is as it was');
    my %meta = %{ proof($redis) };
    isnt($meta{instance}, 'f' x 32, 'the instance is a new one');
    is_deeply([ map { hash($_) } meta_keys() ], [ ({ %meta, former => 1 }) x 258 ],
              '... in all proofs, which say that schema 1 is written, too');
    run('store', 'migrate');
    answers('store migrate again', 0, qr/^taken over: 0 values; .*^kept: /ms);
    run('store', 'check');
    answers('store check', 0, qr/^warn former   keys of schema 1 are written, too, until .*--finish/m);
    run('store', 'init');
    answers('store init', 0, qr/^kept: /);
    run('store', 'init', '--renew');
    answers('store init --renew', 0, qr/^renewed: /);
    is(proof($redis)->{former}, 1, '... changes nothing of that');
    $redis->cmd('DEL', meta_key('3f'));
    run('store', 'init', '--missing');
    answers('store init --missing', 0, qr/^completed: /);
    is(hash(meta_key('3f'))->{former}, 1, '... nor that');

    # both are written, also by who was left behind with the keys of one
    run('flag', 'set', 'm1', 'entry');
    is($redis->cmd('HGET', $_->('risk', 'm1'), 'entry'), 0, 'both are written')
        for \&old_key, \&new_key;
    run('holder', 'erase', '--flags', 'm3');
    answers('holder erase', 0, qr/^erased /m);
    is($redis->cmd('EXISTS', map { ($_->('risk', 'm3'), $_->('audit', 'm3')) } \&old_key, \&new_key),
       0, '... of both');
    is($redis->cmd('XLEN', $_), 2, '... with its note') for 'healthcode:audit:erased', $ERASED;
    $redis->cmd('HSET', old_key('risk', 'late'), 'contact', 0);

    run('store', 'migrate', '--finish');
    answers('store migrate --finish', 0, qr/^finished: the proof of schema 1 is deleted, and \d+ of its keys$/m);
    is($redis->cmd('HGET', new_key('risk', 'late'), 'contact'), 0,
       'what came late is taken over once more');
    is_deeply([ grep { !/^healthcode:(?:risk|audit):\{(..)\}:\1|:\{[rc]\}|^healthcode:hall|:meta:/ }
                @{ $redis->cmd('KEYS', '*') } ], [ 'other' ], 'nothing of schema 1 is left');
    is(scalar(grep { exists $_->{former} } map { hash($_) } meta_keys()), 0,
       'and no proof says so any more');
    run('flag', 'set', 'm1', 'quarantine');
    is($redis->cmd('EXISTS', old_key('risk', 'm1')), 0, 'nor is anything written there');
    run('store', 'check');
    unlike($out, qr/former/, 'nor does store check speak of it');
    run('store', 'migrate');
    answers('store migrate of a store of schema 2', 1, qr/nothing was done: .*of schema 2/);
    $redis->cmd('HSET', old_key('risk', 'left'), 'contact', 0);
    run('store', 'migrate', '--finish');
    answers('--finish may be run again', 0, qr/^finished: .*, and 1 of its keys$/m);
}

# A writer that has begun before, and a finish between: the old key stays gone.
{
    fill(10);
    run('store', 'migrate');
    my $text = join "\n", 'local function former(KEYS, ARGV)',
        $f->read("$FindBin::Bin/../redis-scripts/migrate.lua"), 'end',
        'local function write(KEYS, ARGV)',
        $f->read("$FindBin::Bin/../redis-scripts/flag-set.lua"), 'end',
        $f->read("$FindBin::Bin/../redis-scripts/migrate-write.lua");
    my @call = ('EVAL', $text, 4, new_key('risk', 'm1'), new_key('audit', 'm1'),
                old_key('risk', 'm1'), old_key('audit', 'm1'), 0, 'entry', 0, 'x', '');
    run('store', 'migrate', '--finish');
    is($redis->cmd(@call), 1, 'who has begun before sets the flag');
    is_deeply(hash(new_key('risk', 'm1')), { contact => 0, entry => 0 }, '... where it counts');
    is($redis->cmd('EXISTS', old_key('risk', 'm1')), 0, '... and nothing of schema 1');
}


# ---- the rights that the document names ----

SKIP: {
    skip 'Redis 6 knows no right to read alone', 1 if $version < 7;
    my $doc = document($Healthcode::Fixture::ROOT, 'docs/operations.md');
    my %more;
    for my $fence (grep { $_->{section} =~ /schema 1/i } @{ $doc->{fences} }) {
        $more{$1} //= $2 while $fence->{text} =~ /^\$ (\w+)='([^']*)'$/mg;
    }
    ok($more{$_}, "the document has the rights \"$_\"") for qw(writers mover);
    $f->write('desk.password', "$PASSWORD\n", 0600);
    my $as = sub { ('--user', $_[0], '--password-file', $f->path('desk.password')) };
    my $desk = rights_of($Healthcode::Fixture::ROOT, 'desk', $version);
    my $setup = rights_of($Healthcode::Fixture::ROOT, 'setup', $version);
    my $day = sub {
        my ($writers, $mover) = @_;
        fill(10);
        for my $user ([ desk => $desk, $writers ], [ mover => $setup, $mover ]) {
            my ($name, @rights) = @$user;
            eval { $redis->cmd('ACL', 'DELUSER', $name) };
            $redis->cmd('ACL', 'SETUSER', $name, 'on', ">$PASSWORD", split ' ', "@rights");
        }
        for my $words ([ qw(flag set m1 entry) ], [ qw(flag clear m1 entry) ],
            [ qw(flag show --audit m1) ], [ qw(region set 51 high) ], [ qw(region clear 51) ],
            [ qw(control suspend --new i) ], [ qw(control resume i) ],
            [ qw(store touch --source s1) ], [ qw(store untouch --source s1) ],
            [ qw(flag set nobody contact) ], [ qw(flag clear nobody contact) ],
            [ qw(+ store migrate) ], [ qw(flag set m2 entry) ], [ qw(flag clear m2 entry) ],
            [ qw(+ store migrate --finish) ], [ qw(flag set m3 entry) ])
        {
            my @words = @$words;
            my $user = $words[0] eq '+' ? shift(@words) && 'mover' : 'desk';
            $redis->cmd('SCRIPT', 'FLUSH');
            my @verb = splice @words, 0, 2;
            run(@verb, $as->($user), @words);
            return "@verb: $out" if $status;
        }
        return '';
    };
    is($day->(@more{qw(writers mover)}), '', 'they are enough');
    for my $who (qw(writers mover)) {
        for my $right (split ' ', $more{$who}) {
            my %less = %more;
            $less{$who} = join ' ', grep { $_ ne $right } split ' ', $more{$who};
            like($day->(@less{qw(writers mover)}), qr/NOPERM|no permissions|can't (?:run|access)|may not read|give the right|ACL failure/i,
                 "$who: $right is needed");
        }
    }
    $redis->cmd('ACL', 'DELUSER', $_) for qw(desk mover);
}


# ---- the commands of the document ----

{
    fill();
    $redis->cmd('HSET', old_key('risk', '1001'), 'contact', 0);
    eval { $redis->cmd('ACL', 'DELUSER', $_) } for qw(desk former);
    $f->write("$_.password", "$PASSWORD\n", 0600) for qw(desk former);
    $redis->cmd('ACL', 'SETUSER', $_, 'on', ">$PASSWORD",
                split ' ', rights_of($Healthcode::Fixture::ROOT, 'desk', $version)) for qw(desk former);
    my $doc = document($Healthcode::Fixture::ROOT, 'docs/operations.md');
    my @fences = grep { $_->{info} eq 'console schema-1' } @{ $doc->{fences} };
    cmp_ok(scalar @fences, '>', 2, 'the document has the steps');
    my $script = 'exec 2>&1; cd ' . $f->dir . "; PATH=$Healthcode::Fixture::BUILD:\$PATH\n";
    my @shown;
    for my $line (map { split /\n/, $_->{text} } @fences) {
        if (@shown && !defined $shown[-1][1] && $shown[-1][0] =~ /\\$/) {
            $shown[-1][0] .= "\n$line";
        } elsif ($line =~ /^\$ (.*)/) {
            push @shown, [ $1 ];
        } else {
            $shown[-1][1] .= "$line\n";
        }
    }
    my $socket = $redis->socket;
    $script .= "{ $_->[0]\n} </dev/null; echo; echo \"-- end of it \$?\"\n" for @shown;
    $script =~ s{/run/redis/redis\.sock}{$socket}g;
    my $shell = Healthcode::Process->spawn([ 'sh', '-c', $script ]);
    is($shell->wait(60), 0, 'the commands of the document end');
    my @printed = split /^-- end of it (\d+)\n/m, $shell->output =~ s{\Q$socket\E}{/run/redis/redis.sock}gr;
    for my $step (@shown) {
        my ($text, $end) = splice @printed, 0, 2;
        my ($first) = split /\n/, $step->[0];
        $text =~ s/\n\z//;
        is($end, 0, "$first: works") or diag($text);
        ok(like_shown($text, $step->[1]), "$first: prints what is shown")
            or diag("shown:\n$step->[1]", "printed:\n$text") if defined $step->[1];
    }
    is($redis->cmd('EXISTS', 'healthcode:meta'), 0, 'then it is a store of schema 2');
    is($redis->cmd('HGET', new_key('risk', '1001'), 'contact'), 0, '... with its flags');
}


# ---- all at once ----

my @people = map { "q$_" } 1 .. PEOPLE;
my %first = map { ($people[$_] => $_ % 2) } 0 .. $#people;

# Each works until the file "stop" is there, and notes what was when.
sub works {
    my ($name, $sub) = @_;
    return Healthcode::Process->spawn(sub {
        open my $notes, '>', $f->path("$name.notes") or _exit(1);
        $notes->autoflush(1);
        srand($$);
        my $ok = eval { $sub->(sub { print $notes join(' ', @_), "\n" })
                            while !-e $f->path('stop'); 1 };
        print $notes "0 0 died $@\n" if !$ok;
        return;
    });
}

sub notes {
    my ($name) = @_;
    return map { [ split ' ', $_, 4 ] } split /\n/, $f->read("$name.notes");
}

# The command, which sets and clears the flags of people of its own.
sub writer {
    my ($n, $of) = @_;
    my @mine = @people[grep { $_ % $of == $n } 0 .. $#people];
    my %is = map { ($_ => $first{$_}) } @mine;
    return works("writer$n", sub {
        my ($note) = @_;
        my $who = $mine[rand @mine];
        my $verb = $is{$who} ? 'clear' : 'set';
        my $begun = time;
        my ($status, $said) = $f->try_tool('flag', $verb, @store, $who, 'contact');
        die "flag $verb $who: $said" if $status;
        $is{$who} = !$is{$who};
        $note->($begun, time, $who, $is{$who} ? 'flagged' : 'free');
    });
}

# A gate of schema 1: flags first, the proof after them, in one write.
sub former_gate {
    my $client = bless { socket => $redis->socket }, 'Healthcode::Redis';
    return works('former', sub {
        my ($note) = @_;
        my $who = $people[rand @people];
        my $begun = time;
        my ($flags, $meta) = $client->cmd('EVAL', q(return { redis.call('HGETALL', KEYS[1]),
            redis.call('HGETALL', 'healthcode:meta') }), 1, old_key('risk', $who));
        my %meta = @$meta;
        $note->($begun, time, $who, ($meta{schema} // '') ne '1' ? 'out'
                : @$flags ? 'flagged' : 'free');
        sleep 0.001;
    });
}

# A gate of now, which is asked at a location.
sub gate {
    my ($name, $nginx, $uri, $code) = @_;
    return works($name, sub {
        my ($note) = @_;
        my $who = $people[rand @people];
        my $begun = time;
        my $answer = $nginx->ask($code->{$who}, $uri);
        $note->($begun, time, $who, $answer eq '200' ? 'free'
                : $answer eq '403 flagged' ? 'flagged' : $answer =~ /^503/ ? 'out' : $answer);
        sleep 0.002;
    });
}


# Whom a reader may have found free or flagged between $begun and $ended: what
# was acknowledged before, and what was under way.
my %changes;
sub may_be {
    my ($who, $begun, $ended) = @_;
    my %may;
    my $last = $first{$who} ? 'flagged' : 'free';
    for my $change (@{ $changes{$who} || [] }) {
        my ($from, $to, $state) = @$change;
        last if $from > $ended;
        $may{$last} = 1 if $to > $begun;
        $last = $state;
    }
    return { %may, $last => 1 };
}

sub judged {
    my ($name, $lease) = @_;
    my (%count, @wrong);
    for (notes($name)) {
        my ($begun, $ended, $who, $said) = @$_;
        $count{$said}++;
        next if $said eq 'out';
        push @wrong, "$who at $begun: $said" if !may_be($who, $begun - $lease, $ended)->{$said};
    }
    is(scalar @wrong, 0, "$name: nobody was wrong") or diag(join "\n", @wrong[0 .. 3]);
    cmp_ok($count{$_} // 0, '>', 20, "$name: $_, often enough") for qw(free flagged);
    return %count;
}

fill();
for my $who (grep { $first{$_} } @people) {
    $redis->cmd('HSET', old_key('risk', $who), 'contact', 0);
    $redis->cmd('XADD', old_key('audit', $who), '*', action => 'set', flag => 'contact');
}
$redis->cmd('CONFIG', 'SET', 'slowlog-log-slower-than', 200_000);
$redis->cmd('SLOWLOG', 'RESET');
{
    my $site = $f->path('site');
    my $nginx = Healthcode::Nginx->new(module => $f->module, workers => 2,
        http => 'healthcode_zone gate 1m;' . $f->pepper_conf . $f->issuers_conf
            . $f->store_conf('flags') . $f->store_conf('cached', cache => 'gate lease=1s')
            . <<"END")->start;
server {
    listen unix:{{SOCK}};
    location /t { healthcode on; healthcode_risk flags; alias $site/passed; }
    location /cached { healthcode on; healthcode_risk cached; alias $site/passed; }
}
END
    my %code = map { ($_ => $f->issue(sub => $_)) } @people;
    my @all = ((map { writer($_, 2) } 0 .. 1), former_gate(),
               map { gate($_->[0], $nginx, $_->[1], \%code) } [ 'live', '/t' ], [ 'cached', '/cached' ]);
    my %at;
    my $step = sub {
        my ($name, $want, @words) = @_;
        sleep SECONDS / 4;
        my $begun = time;
        run('store', 'migrate', @words);
        $at{$name} = [ $begun, time ];
        answers($name, 0, $want);
    };
    $step->('a copy under load', qr/^created: /m);
    $step->('once more', qr/^taken over: 0 values;.*^kept: /ms);
    $step->('and the end', qr/^finished: /m, '--finish');
    sleep SECONDS / 4;
    $f->write('stop', '');
    $_->wait(20) for @all;

    my @writers = map { notes("writer$_") } 0 .. 1;
    push @{ $changes{$_->[2]} }, [ @$_[0, 1, 3] ] for sort { $a->[0] <=> $b->[0] } @writers;
    is(scalar(grep { $_->[2] eq 'died' } @writers), 0, 'no writer failed')
        or diag(map { "@$_" } grep { $_->[2] eq 'died' } @writers);
    cmp_ok(scalar @writers, '>', 50, 'flags were set and cleared meanwhile');

    my %former = judged('former', 0);
    is(scalar(grep { $_->[3] eq 'out' && $_->[1] < $at{'and the end'}[0] } notes('former')), 0,
       'a gate of before is never out until the end');
    is(scalar(grep { $_->[3] ne 'out' && $_->[0] > $at{'and the end'}[1] } notes('former')), 0,
       '... and always after it');
    cmp_ok($former{out} // 0, '>', 20, '... often enough');

    for my $row ([ 'live', 0 ], [ 'cached', LEASE ]) {
        my ($name, $lease) = @$row;
        my %count = judged($name, $lease);
        is(join(' ', sort grep { !/^(?:free|flagged|out)$/ } keys %count), '',
           "$name: nothing else is answered");
        is(scalar(grep { $_->[3] ne 'out' && $_->[1] < $at{'a copy under load'}[0] } notes($name)), 0,
           "$name: out until all is there");
        my @later = grep { $_->[0] > $at{'a copy under load'}[1] + 2 } notes($name);
        my @out = grep { $_->[3] eq 'out' } @later;
        cmp_ok(scalar @out, '<=', @later / 50, "$name: and not out again") or diag(scalar @out);
    }

    my @lost = grep {
        my $flagged = $changes{$_} ? $changes{$_}[-1][2] eq 'flagged' : $first{$_};
        $redis->cmd('HEXISTS', new_key('risk', $_), 'contact') != ($flagged ? 1 : 0);
    } @people;
    is("@lost", '', 'at the end each flag is as it was left');
    is(scalar(grep { ($redis->cmd('HGET', new_key('risk', "m$_"), 'contact') // 'none')
                     ne ($_ % 3 ? 0 : $later + $_) } 1 .. MANY), 0, '... also of those whom nobody touched');
    is_deeply([ grep { /^healthcode:(?:risk|audit):\{.{3,}\}/ } @{ $redis->cmd('KEYS', '*') } ], [],
              'and nothing of schema 1 is left');
    my @slow = map { "$_->[2] us: @{ $_->[3] }[0, 1]" } $redis->cmd('SLOWLOG', 'GET', 10);
    is(scalar @slow, 0, 'no command held up the others') or diag("@slow");
    is($nginx->stop, 0, 'the gate ends by itself');
    my @bad = grep { /\[(?:alert|crit|emerg)\]|exited on signal/ } split /\n/, $nginx->error_log;
    is("@bad", '', 'nothing is alarming in its log');
}

done_testing();
