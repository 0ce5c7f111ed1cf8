# The command in a Redis Cluster: each key is written where it is, and what moves
# meanwhile is followed; no gate goes on with what it knew when a flag lands at a
# node that it has not read.  docs/operations.md, "Cluster".
# Another server than that of PATH:  PATH=/opt/redis-6.2/src:$PATH prove t/87-cluster-command.t

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::SHA qw(hmac_sha256_hex);
use IO::Select;
use IO::Socket::INET;
use IPC::Open3 qw(open3);
use Test::More;
use Time::HiRes qw(sleep time);

use Healthcode::Authority;
use Healthcode::Cluster;
use Healthcode::Docs qw(rights_of);
use Healthcode::Fixture;
use Healthcode::Keys qw(risk_key audit_key hall_key meta_key meta_keys $META
                        $REGION $CONTROL $DATA $ERASED);
use Healthcode::Ports qw(free_port);

my $f       = Healthcode::Fixture->new;
my $cluster = Healthcode::Cluster->new(dir => $f->dir, masters => 3, replicas => 1,
                                       password => $f->password);
my @store   = ('--redis', $cluster->url, '--pepper-file', $f->path('pepper'));

# hc('flag set', WORDS): its exit code and what it prints
sub hc {
    my ($words, @more) = @_;
    my @words = split ' ', $words;
    my $n = $words[0] =~ /^(?:holder)$/ && @words == 1 ? 1 : 2;
    return $f->try_tool(@words[0 .. $n - 1], @store, @words[$n .. $#words], @more);
}

sub ok_hc {
    my ($what, $words, $printed, @more) = @_;
    my ($status, $out) = hc($words, @more);
    ok($status == 0 && $out =~ $printed, $what) or diag "$words: $status $out";
    return $out;
}

sub fails_hc {
    my ($what, $status, $words, $printed, @more) = @_;
    my ($rc, $out) = hc($words, @more);
    ok($rc == $status && $out =~ $printed, $what) or diag "$words: $rc $out";
    return $out;
}

# Somebody whose part a node has, or does not have; each once.
my $people = 0;

sub someone {
    my ($is) = @_;
    for (1 .. 1000) {
        my $sub = 'p' . ++$people;
        my $owner = $cluster->owner(meta_key(substr $f->holder($sub), 0, 2));
        return $sub if !$is || $is->($owner);
    }
    die "nobody\n";
}

sub keys_of { my $holder = $f->holder($_[0]); return (risk_key($holder), audit_key($holder)) }
sub meta_of { return meta_key(substr $f->holder($_[0]), 0, 2) }
sub is_at   { my ($node, $key) = @_; return grep { $_ eq $key } @{ $node->cmd('KEYS', '*') } }
sub masters { $cluster->masters }


# ---- what is prepared ----

fails_hc('an empty cluster is not initialised by itself', 3, 'store init',
         qr/the store has no flags, and with proofs everybody would pass/);
is(scalar(grep { @{ $_->cmd('KEYS', '*') } } $cluster->nodes), 0, 'and nothing is written');
fails_hc('no gate uses it', 1, 'store check', qr/NO   meta .*no gate uses this store\n\z/s);

ok_hc('the proofs are written', 'store init --empty', qr/^created: instance [0-9a-f]{32}$/);
is(join(' ', sort map { @{ $_->cmd('KEYS', '*') } } masters()), join(' ', sort(meta_keys())),
   'all 258, each where its slot is');
my ($instance) = ok_hc('once', 'store init', qr/^kept: .*instance/) =~ /instance (\w+)/;

my $check = ok_hc('all nodes are looked at', 'store check', qr/a gate can use this store\n\z/);
is(join(' ', sort $check =~ /^node (\S+), which has \d+ of 258 parts$/mg),
   join(' ', sort map { $cluster->address($_) } masters()), 'each by its address');
is(eval { my $n = 0; $n += $_ for $check =~ /which has (\d+) of/g; $n }, 258,
   'and its parts');
is(scalar(() = $check =~ /^ok   role /mg), 3, 'its role');
is(scalar(() = $check =~ /^ok   memory /mg), 3, 'its policy');
is(scalar(() = $check =~ /^ok   rights /mg), 3, 'and what its user may do');
like($check, qr/^ok   slots    each part has a master\nok   meta /m, 'and all parts');

my $of_c = $cluster->owner($META);
my ($other) = grep { $_ != $of_c } masters();
$other->cmd('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
fails_hc('one node that evicts is found', 1, 'store check',
         qr/^NO   memory .*evict flags.*no gate uses this store\n\z/ms);
like((hc('store init'))[1], qr/will not use this store yet: \Q${\ $cluster->address($other)}\E: .*evict flags/,
     'also when proofs are written');
$other->cmd('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');

$cluster->owner(meta_key('7f'))->cmd('DEL', meta_key('7f'));
fails_hc('a proof that is missing is found', 1, 'store check',
         qr/NO   meta     1 of 258 proofs are missing: \{7f\};.*no gate uses/s);
fails_hc('and not written by itself', 3, 'store init', qr/1 of 258 proofs are missing, and/);
my ($sub) = grep { meta_of($_) eq meta_key('7f') } map { "q$_" } 1 .. 5000;
fails_hc('nothing is written without it', 3, "flag set $sub contact",
         qr/nothing was done: healthcode:meta:\{7f\} is missing/);
ok_hc('but on demand', 'store init --missing',
      qr/^completed: proofs that were missing: 1, instance $instance$/);
is(join(' ', @{ $cluster->owner(meta_key('7f'))->cmd('HMGET', meta_key('7f'), qw(schema instance)) }),
   "2 $instance", 'as the others');

$cluster->owner(meta_key('r'))->cmd('HSET', meta_key('r'), 'instance', 'f' x 32);
fails_hc('one of another store is found', 1, 'store check',
         qr/1 of 258 proofs are of another store than healthcode:meta:\{c\}: \{r\}/);
fails_hc('and in the way', 3, 'store init', qr/1 of 258 proofs are of another instance/);
ok_hc('all get a new instance', 'store init --renew --empty', qr/^renewed: instance (?!$instance)/);
ok_hc('after which they are those of one store', 'store check', qr/a gate can use this store\n\z/);

$f->write('other.pepper', "another pepper, long enough\n", 0600);
my @other = ('--redis', $cluster->url, '--pepper-file', $f->path('other.pepper'));
my ($rc, $out) = $f->try_tool('store', 'init', @other);
ok($rc == 3 && $out =~ /258 of 258 proofs are of another pepper/, 'another pepper is refused')
    or diag $out;
($rc, $out) = $f->try_tool('flag', 'set', @other, '1', 'contact');
ok($rc == 3 && $out =~ /initialised with another pepper/, 'by every command') or diag $out;


# ---- where it is ----

my $port = free_port();
my @seeds = (['a node that is down', "127.0.0.1:$port,"], ['a replica', $cluster->address(
    (grep { ($_->cmd('ROLE'))[0] eq 'slave' } $cluster->nodes)[0]) . ',']);
for my $seed (@seeds) {
    ($rc, $out) = $f->try_tool('store', 'init', '--redis', "cluster://$seed->[1]"
        . $cluster->address($of_c), '--pepper-file', $f->path('pepper'));
    ok($rc == 0 && $out =~ /^kept/m, "$seed->[0] may be named first") or diag $out;
}
my $one = 'cluster://' . $cluster->address($other);
($rc, $out) = $f->try_tool('region', 'list', '--redis', $one);
ok($rc == 0, 'one node is enough') or diag $out;

for my $row (
    [ 'redis://' . $cluster->address($of_c), 3, qr/it is a node of a cluster.*write cluster:\/\// ],
    [ 'cluster://' . "127.0.0.1:$port", 3, qr/cannot connect to the node 127\.0\.0\.1, port $port/ ],
    [ 'cluster://', 2, qr/it has no host/ ],
    [ 'cluster://a,', 2, qr/it has no host/ ],
    [ 'cluster://a:0', 2, qr/its port is not a number/ ],
    [ "$one/1", 2, qr/a cluster has no other database than 0/ ],
    [ "$one?db=1", 2, qr/a cluster has no other database than 0/ ],
    [ 'cluster://u%zz@a', 2, qr/a % in its user/ ],
    [ $f->url =~ s/^unix:/cluster:\/\/x:1,y:2,/r, 2, qr/cannot be read/ ],
) {
    ($rc, $out) = $f->try_tool('region', 'list', '--redis', $row->[0]);
    ok($rc == $row->[1] && $out =~ $row->[2], "$row->[0] is refused") or diag "$rc $out";
}
my $single = Healthcode::Redis->start(dir => $f->dir, name => 'single',
                                      conf => [ "port $port", 'bind 127.0.0.1' ]);
($rc, $out) = $f->try_tool('region', 'list', '--redis', "cluster://127.0.0.1:$port");
ok($rc == 3 && $out =~ /does not say its map \(CLUSTER SLOTS\): ERR .*cluster support disabled/,
   'a server that is in no cluster says so') or diag $out;
$single->down;


# ---- each command ----

for my $node (masters()) {
    my $who = someone(sub { $_[0] == $node });
    my ($risk, $audit) = keys_of($who);
    ok_hc('a flag is set', "flag set $who contact --reason why", qr/^set \w+ contact/);
    ok(is_at($node, $risk) && is_at($node, $audit), 'where its holder is');
    ok_hc('and shown, with its history', "flag show --audit $who",
          qr/^active  contact .*action=set flag=contact .*reason=why$/ms);
    ok_hc('and cleared', "flag clear $who contact", qr/^cleared/);
    fails_hc('once', 1, "flag clear $who contact", qr/has no flag contact/);
    fails_hc('none is left', 1, "flag show $who", qr/^no active flag$/m);
}

ok_hc('a region', 'region set 51 high', qr/^set 51 high/);
ok(is_at($cluster->owner($REGION), $REGION), 'is where regions are');
ok_hc('listed', 'region list', qr/^51 +high/);
ok_hc('and cleared', 'region clear 51', qr/^cleared 51/);
ok_hc('an issuer', 'control suspend --new https://a.example', qr/^set issuer:/);
ok(is_at($of_c, $CONTROL), 'is where controls are');
ok_hc('listed', 'control list', qr{^issuer:https://a\.example +active}m);
ok_hc('and resumed', 'control resume https://a.example', qr/^cleared issuer:/);
ok_hc('a source is touched', 'store touch --source city', qr/^touched city/);
ok(is_at($of_c, $DATA), 'where the controls are');
ok_hc('listed', 'store sources', qr/^city /);
ok_hc('and taken out', 'store untouch --source city', qr/^untouched city/);
my $revoked = someone();
ok_hc('a code is revoked', "control revoke-code --new --holder $revoked --iss https://a.example "
      . '--jti 7c1e', qr/^revoked \w+ code:/);
ok_hc('older ones too', "control before --holder $revoked +0s", qr/^set \w+ before/);

# halls: of a person, at more than one node
my $ana = someone();
my @halls = map { "hall-$_" } 1 .. 12;
my $lua = $f->read("$FindBin::Bin/../redis-scripts/passage.lua");
my %at;
($instance) = (hc('store init'))[1] =~ /instance (\w+)/;
for my $hall (@halls) {
    my $digest = substr hmac_sha256_hex("\0hall\0$hall",
                                                     $f->read('pepper') =~ s/\n//r), 0, 32;
    my @keys = map { hall_key($digest, $_) }
        qw(codes inside left held holders passages ended);
    my $node = $cluster->owner($keys[0]);
    my ($word) = $node->cmd('EVAL', $lua, scalar @keys, @keys, 'enter', $instance, 'holder',
        $f->holder($ana), sprintf('c%031d', ++$at{n}), sprintf('d%031d', $at{n}), 0, 0,
        'confirm', 0, 900, meta_key(substr $digest, 0, 2));
    $at{$word}{ $node->{port} }++;
}
is(scalar keys %{ $at{passed} }, 3, 'somebody is inside halls of all nodes');
ok_hc('who is inside is said', "hall show $halls[0]", qr/^inside  1$/m);
ok_hc('by name', "hall list $halls[1]", qr/^${\ $f->holder($ana)} /m);
ok_hc('and forgotten', "hall forget --only ${\ $f->holder($ana)} $halls[2]", qr/^/);
ok_hc('a flag that is over is not needed', "flag set $ana contact", qr/^set/);
ok_hc('all halls are found', "holder erase --flags $ana",
      qr/^erased   passages of 11 of 12 halls; flags or revoked codes: 1; audit entries: 1$/m);
ok(is_at($of_c, $ERASED), 'and a note is left where the controls are');

# in bulk
my @many = map { someone() } 1 .. 3000;
$f->write('flags', join '', map { "$_ contact\n" } @many);
my $printed = ok_hc('flags in bulk', 'flag import ' . $f->path('flags'),
                    qr/^3000 set, 0 set anew, 0 left out/);
my $at = 0;
$at += grep { /^healthcode:risk:/ } @{ $_->cmd('KEYS', '*') } for masters();
cmp_ok($at, '>=', 3000, 'all of them are there');
for my $node (masters()) {
    my %here = map { $_ => 1 } @{ $node->cmd('KEYS', '*') };
    my @of = grep { $here{ (keys_of($_))[0] } } @many;
    ok(@of > 500 && @of == grep({ $here{ (keys_of($_))[1] } } @of), 'at each node, with entries');
}
ok_hc('once more', 'flag import ' . $f->path('flags'), qr/^0 set, 3000 set anew, 0 left out/);
ok_hc('and for replicas', 'flag import --wait 1 --timeout 20s ' . $f->path('flags'),
      qr/^0 set, 3000 set anew/);
my ($mine) = map { my $n = $_; my $sub = someone(sub { $_[0] == $n }); $sub } $other;
ok_hc('a flag waits for its own node\'s replica', "flag set --wait 1 --timeout 20s $mine contact",
      qr/^set/);
fails_hc('and for no more than there are', 3, "flag set --wait 2 --timeout 300ms $mine contact",
         qr/only 1 of 2 replicas acknowledged it/);


# ---- slots that move ----

# Somebody who has read as a gate does; all that is pushed to him since.
sub gate {
    my ($node, @read) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $node->{port})
        or die "no connection: $!\n";
    my $self = { socket => $socket, got => '' };
    gate_asks($self, [ 'HELLO', 3 ], [ 'CLIENT', 'TRACKING', 'ON' ], @read);
    $self->{got} = '';
    return $self;
}

sub gate_asks {
    my ($self, @commands) = @_;
    my $end = 'end' . int rand 1e9;
    for my $command (@commands, [ 'ECHO', $end ]) {
        print { $self->{socket} } '*' . @$command . "\r\n", map { '$' . length . "\r\n$_\r\n" } @$command;
    }
    $self->{socket}->flush;
    my $until = time + 10;
    while ($self->{got} !~ /\Q$end\E\r\n/ && time < $until) {
        IO::Select->new($self->{socket})->can_read(1) or next;
        sysread $self->{socket}, $self->{got}, 65536, length $self->{got} or die "closed\n";
    }
    return $self->{got};
}

sub pushed {
    my ($self, $key) = @_;
    return gate_asks($self) =~ /^>2\r\n\$10\r\ninvalidate\r\n\*\d+\r\n(?:\$\d+\r\n[^\r]*\r\n)*?
                                \$\d+\r\n\Q$key\E\r\n/mx;
}

sub reads_of {
    my ($who) = @_;
    return ([ 'HRANDFIELD', (keys_of($who))[0], 65, 'WITHVALUES' ], [ 'HGETALL', meta_of($who) ]);
}

# What a writer would do that follows ASK, and no more: nobody hears of it.
{
    my $who = someone();
    my $owner = $cluster->owner(meta_of($who));
    my $gate = gate($owner, reads_of($who));
    my $move = $cluster->begin(meta_of($who), $cluster->other(meta_of($who)));
    $move->{to}->cmd('ASKING');
    $move->{to}->cmd('HSET', (keys_of($who))[0], 'contact', 0);
    sleep 0.2;
    ok(!pushed($gate, meta_of($who)) && !pushed($gate, (keys_of($who))[0]),
       'a flag that lands by ASK alone is pushed to nobody who has read the source');
    $cluster->finish($move);
}

# flag and entry are still at the source, and the flag is the last one
{
    my $who = someone();
    my ($risk) = keys_of($who);
    ok_hc('a flag is set', "flag set $who contact", qr/^set/);
    my $move = $cluster->begin($risk, $cluster->other($risk));
    ok_hc('its slot is on its way: it is cleared', "flag clear $who contact", qr/^cleared/);
    ok(!is_at($move->{from}, $risk), 'where it was');
    $cluster->finish($move);
    fails_hc('with one entry', 1, "flag show --audit $who",
             qr/\A(?!.*action=clear.*action=clear).*action=clear flag=contact.*action=set/s);
}

# the proof is still at the source
{
    my $who = someone();
    my ($risk, $audit) = keys_of($who);
    my $gate = gate($cluster->owner($risk), reads_of($who));
    my $before = join ' ', $cluster->owner($risk)->cmd('HGETALL', meta_of($who));
    my $move = $cluster->begin($risk, $cluster->other($risk));

    ok_hc('a flag is set while its slot is on its way', "flag set $who contact --reason moving",
          qr/^set \w+ contact/);
    ok(pushed($gate, meta_of($who)), 'the proof at the source is pushed');
    is(join(' ', $move->{from}->cmd('HGETALL', meta_of($who))), $before, 'and says what it said');
    ok(is_at($move->{to}, $risk), 'the flag is at the target');
    ok_hc('with its entry', "flag show --audit $who", qr/^active  contact.*reason=moving$/ms);
    ok_hc('it is set anew', "flag set $who contact", qr/^set anew/);
    ok_hc('another one', "flag set $who entry", qr/^set \w+ entry/);
    ok_hc('and cleared', "flag clear $who entry", qr/^cleared/);
    fails_hc('once', 1, "flag clear $who entry", qr/has no flag entry/);
    ok_hc('with its history', "flag show --audit $who",
          qr/action=clear flag=entry.*action=set flag=entry.*action=set flag=contact/s);

    my $next = someone(sub { 1 });
    ($next) = grep { meta_of($_) eq meta_of($who) } map { "r$_" } 1 .. 20000;
    $gate = gate($move->{from}, [ 'HGETALL', meta_of($who) ]);
    $f->write('few', "$next contact\n$many[0] contact\n$next entry\n$many[1] contact\n");
    ok_hc('in bulk, too', 'flag import ' . $f->path('few'), qr/^2 set, 2 set anew, 0 left out/);
    ok(pushed($gate, meta_of($who)), 'where the proof is pushed');
    ok(is_at($move->{to}, (keys_of($next))[0]), 'and the flag lands');
    ok_hc('also without entries', 'flag import --no-audit ' . $f->path('few'),
          qr/^0 set, 4 set anew, 0 left out/);

    $cluster->finish($move);
    ok_hc('nothing of it is lost when the slot has moved', "flag show --audit $who",
          qr/^active  contact.*reason=moving$/ms);
    ok_hc('nor of them', "flag show $next", qr/^active  (?:contact|entry) .*^active  (?:contact|entry) /ms);
    ok_hc('and the store is whole', 'store check', qr/a gate can use this store\n\z/);
}

# the proof has gone ahead: it was pushed when it went
{
    my $who = someone();
    my ($risk) = keys_of($who);
    my $gate = gate($cluster->owner($risk), reads_of($who));
    my $move = $cluster->begin($risk, $cluster->other($risk));
    $cluster->move_keys($move, meta_of($who));
    ok(pushed($gate, meta_of($who)), 'a proof that goes is pushed');
    ok_hc('a flag is set behind it', "flag set $who contact", qr/^set/);
    ok(is_at($move->{to}, $risk), 'at the target');
    ok_hc('and shown', "flag show $who", qr/^active  contact/m);
    ok_hc('and all proofs are found', 'store check', qr/a gate can use this store\n\z/);
    ok_hc('by init, too', 'store init', qr/^kept/);
    $cluster->finish($move);
}

# regions and controls, which are one key each
for my $row ([ $REGION, meta_key('r'), 'region set 51 high', 'region list', qr/^51 +high/ ],
             [ $CONTROL, $META, 'control suspend --new https://b.example', 'control list',
               qr{^issuer:https://b\.example +active}m ]) {
    my ($key, $meta, $set, $list, $is) = @$row;
    $cluster->owner($key)->cmd('DEL', $key);
    my $gate = gate($cluster->owner($key), [ 'HGETALL', $key ], [ 'HGETALL', $meta ]);
    my $move = $cluster->begin($key, $cluster->other($key));
    ok_hc("$set, on its way", $set, qr/^set/);
    ok(pushed($gate, $meta), 'the proof at the source is pushed');
    ok(is_at($move->{to}, $key), 'and it is at the target');
    ok_hc('and listed', $list, $is);
    $cluster->finish($move);
    ok_hc('afterwards, too', $list, $is);
}

# the keys of a holder on two nodes: no script has both
for my $gone (0, 1) {
    my $who = someone();
    my @keys = keys_of($who);
    ok_hc('a flag is set before', "flag set $who contact", qr/^set/);
    my $move = $cluster->begin($keys[0], $cluster->other($keys[0]));
    $cluster->move_keys($move, $keys[$gone]);
    my $began = time;
    ok_hc(($gone ? 'its history' : 'the flag') . ' has gone ahead; another one',
          "flag set $who entry", qr/^set \w+ entry/);
    cmp_ok(time - $began, '<', 3, 'is not held up for long');
    ok_hc('both are shown', "flag show --audit $who",
          qr/contact.*entry.*action=set flag=entry.*action=set flag=contact/s);
    ok_hc('and one cleared', "flag clear $who contact", qr/^cleared/);
    fails_hc('but erased only in one piece', 3, "holder erase --flags $who",
             qr/the store refused: TRYAGAIN.*on its way to another node; run it again/);
    $cluster->finish($move);
    ok_hc('later', "holder erase --flags $who", qr/flags or revoked codes: 1; audit entries: 3/);
}

# aborted: nothing had been written
{
    my $who = someone();
    my ($risk) = keys_of($who);
    my $move = $cluster->begin($risk, $cluster->other($risk));
    ok_hc('a flag is set before the migration is aborted', "flag set $who contact", qr/^set/);
    $cluster->abort($move);
    ok_hc('and comes back', "flag show $who", qr/^active  contact/m);
    ok_hc('the store is whole', 'store check', qr/a gate can use this store\n\z/);
}

# under a command that runs: it has a map of before
sub feeds {
    my ($words, @steps) = @_;
    my @words = split ' ', $words;
    my $pid = open3(my $in, my $read, undef, $ENV{HEALTHCODE_COMMAND}
        || "$Healthcode::Fixture::BUILD/healthcode", @words[0, 1], @store, @words[2 .. $#words], '-');
    $in->autoflush;
    for my $step (@steps) {
        ref $step ? $step->() : print {$in} $step;
        sleep 0.3;
    }
    close $in;
    my $printed = do { local $/; <$read> };
    waitpid $pid, 0;
    return ($? >> 8, $printed);
}

{
    my $who = someone();
    my ($next) = grep { meta_of($_) eq meta_of($who) && $_ ne $who } map { "s$_" } 1 .. 20000;
    my $move;
    ($rc, $out) = feeds('flag import', "$who contact\n",
        sub { $move = $cluster->migrate((keys_of($who))[0]) },
        "$who entry\n$next contact\n$many[3] contact\n");
    ok($rc == 0 && $out =~ /^3 set, 1 set anew, 0 left out/, 'a slot that moves is followed')
        or diag $out;
    ok(is_at($move->{to}, (keys_of($next))[0]), 'to where it is now');
    ok_hc('nothing is lost', "flag show $who", qr/contact.*entry/s);
}

{
    my ($replica) = grep { ($_->cmd('ROLE'))[0] eq 'slave' } $cluster->nodes;
    my $id = (grep { /myself/ } split /\n/, $replica->cmd('CLUSTER', 'NODES'))[0];
    my ($of) = $id =~ /slave (\w{40})/;
    my ($master) = grep { $cluster->id($_) eq $of } $cluster->nodes;
    my @who = map { someone(sub { $_[0] == $master }) } 1 .. 2;
    ($rc, $out) = feeds('flag import', "$who[0] contact\n", sub { $cluster->failover($replica) },
                        "$who[1] contact\n$who[0] entry\n");
    ok($rc == 0 && $out =~ /^3 set, 0 set anew, 0 left out/, 'so is a replica that takes over')
        or diag $out;
    ok(is_at($replica, (keys_of($who[1]))[0]), 'where the flag is now');
    ok_hc('which is the node that is looked at', 'store check',
          qr/^node \Q${\ $cluster->address($replica)}\E, .*a gate can use/ms);
}


# ---- nodes that are gone ----

$of_c = $cluster->owner($META);
my ($lost) = grep { $_ != $of_c && $_ != $cluster->owner(meta_key('r')) } masters();
my $there = someone(sub { $_[0] == $of_c });
my $gone = someone(sub { $_[0] == $lost });

# its replica must not take over
$_->cmd('CONFIG', 'SET', 'cluster-replica-no-failover', 'yes') for $cluster->nodes;
my $lost_port = $lost->{port};
$lost->down;
fails_hc('a node that is down is named', 3, "flag set $gone contact",
         qr/cannot connect to the node 127\.0\.0\.1, port $lost_port: Connection refused/);
ok_hc('others go on', "flag set $there contact", qr/^set/);
fails_hc('the check names it, too', 3, 'store check', qr/the node 127\.0\.0\.1, port $lost_port/);
sleep 3;
ok_hc('also when it counts as gone', "flag set $there entry", qr/^set/);
$lost->up;
$cluster->wait_ok;
fails_hc('a node that lost its data is found', 1, 'store check',
         qr/^NO   meta     \d+ of 258 proofs are missing: .*no gate uses this store\n\z/ms);
fails_hc('nothing is written there', 3, "flag set $gone contact",
         qr/nothing was done: healthcode:meta:\{..\} is missing/);
fails_hc('and no proof by itself', 3, 'store init', qr/\d+ of 258 proofs are missing, and/);
ok_hc('until it is said', 'store init --missing', qr/^completed: proofs that were missing: \d+,/);
ok_hc('then it goes on', "flag set $gone contact", qr/^set/);

# a slot that nobody has
my $slot = $cluster->slot(meta_key('00'));
my $bare = $cluster->owner(meta_key('00'));
$cluster->drop_slot($slot);
fails_hc('a slot that nobody has is found', 1, 'store check',
         qr/^NO   slots    no node has 1 of 258 parts: \{00\}; nobody of them is let in$/m);
my ($of_bare) = grep { meta_of($_) eq meta_key('00') } map { "t$_" } 1 .. 20000;
fails_hc('its holders are named', 3, "flag set $of_bare contact",
         qr/no node of the cluster has healthcode:meta:\{00\}/);
ok_hc('others go on', "flag set $there quarantine", qr/^set/);
# a node looks at that when it loses a slot, and not before
$bare->cmd('CLUSTER', 'ADDSLOTS', $slot);
$cluster->wait_ok;
$_->cmd('CONFIG', 'SET', 'cluster-require-full-coverage', 'yes') for $cluster->nodes;
$cluster->drop_slot($slot);
for (1 .. 100) {
    last if $of_c->cmd('CLUSTER', 'INFO') =~ /^cluster_state:fail/m;
    sleep 0.1;
}
fails_hc('a cluster that is down says so', 3, "flag set $there contact",
         qr/CLUSTERDOWN .*; a slot has no master, or this node does not see the others/);
$_->cmd('CONFIG', 'SET', 'cluster-require-full-coverage', 'no') for $cluster->nodes;
$bare->cmd('CLUSTER', 'ADDSLOTS', $slot);
$cluster->wait_ok;


# ---- who may do it ----

{
    my ($version) = $of_c->cmd('INFO', 'server') =~ /^redis_version:(\d+)/m;
    my $desk = rights_of("$FindBin::Bin/..", 'roaming', $version);
    $_->cmd('ACL', 'SETUSER', 'desk', 'on', '>desk word', split ' ', $desk) for $cluster->nodes;
    $f->write('desk.password', "desk word\n", 0600);
    my @desk = ('--redis', $cluster->url, '--pepper-file', $f->path('pepper'), '--user', 'desk',
                '--password-file', $f->path('desk.password'));
    my $who = someone();
    my $move = $cluster->begin((keys_of($who))[0], $cluster->other((keys_of($who))[0]));
    for my $words ([ 'set', $who, 'contact' ], [ 'show', '--audit', $who ],
                   [ 'clear', $who, 'contact' ]) {
        ($rc, $out) = $f->try_tool('flag', $words->[0], @desk, @$words[1 .. $#$words]);
        ok($rc == 0, "the desk may: flag $words->[0], on its way") or diag $out;
    }
    $_->cmd('ACL', 'SETUSER', 'desk', split ' ', $desk =~ s/ ~healthcode:meta:\*//r)
        for $cluster->nodes;
    my $late = (grep { meta_of($_) eq meta_of($who) } map { "u$_" } 1 .. 20000)[0];
    ($rc, $out) = $f->try_tool('flag', 'set', @desk, $late, 'contact');
    ok($rc == 3 && $out =~ /the store refused: .*(?:NOPERM|ACL failure|permission)/
       && !is_at($move->{to}, (keys_of($late))[0]),
       'and without the right to the proof no flag lands where nobody hears of it') or diag $out;
    $cluster->finish($move);

    is($f->tool('store', 'rights', '--cluster') =~ s/ \+cluster\|slots \+asking//r,
       $f->tool('store', 'rights'), 'a gate of a cluster needs two rights more');
    $of_c->cmd('ACL', 'SETUSER', 'gate', '-asking');
    ($rc, $out) = $f->try_tool('store', 'check', @store, '--user', 'gate', '--password-file',
                               $f->path('password'));
    ok($rc == 1 && $out =~ /^NO   rights   ASKING is refused: the user lacks \+asking$/m,
       'one that lacks one of them is found') or diag $out;
}


# ---- TLS ----

SKIP: {
    my $ca = Healthcode::Authority->new($f->dir, 'ca');
    my $good = $ca->issue('node', san => 'IP:127.0.0.1,DNS:redis.example');
    my $tls = eval {
        Healthcode::Cluster->new(dir => $f->dir, masters => 2, tls => [ 'port 0',
            "tls-cert-file $good->{cert}", "tls-key-file $good->{key}",
            'tls-ca-cert-file ' . $ca->cert, 'tls-auth-clients no' ]);
    };
    skip "no TLS here: $@", 4 if !$tls;
    my @tls = ('--redis', $tls->url, '--pepper-file', $f->path('pepper'), '--ssl-name', 'redis.example',
               '--cacert', $ca->cert);
    ($rc, $out) = $f->try_tool('store', 'init', @tls, '--empty');
    ok($rc == 0, 'a cluster with TLS is initialised') or diag $out;
    ($rc, $out) = $f->try_tool('flag', 'import', @tls, $f->path('flags'));
    ok($rc == 0 && $out =~ /^3000 set/, 'and written to, at all nodes') or diag $out;
    ($rc, $out) = $f->try_tool('store', 'check', @tls);
    ok($rc == 0, 'and looked at') or diag $out;
    ($rc, $out) = $f->try_tool('store', 'check', @tls[0 .. 5]);
    ok($rc == 3 && $out =~ /certificate/, 'but not without its authority') or diag $out;
}

done_testing;
