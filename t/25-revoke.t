# Codes of one holder that are called back: what the command writes and shows,
# what the scripts refuse, and what another store gets of it.  That a gate
# refuses them is in t/05-risk.t, t/20-cache.t and t/23-two.t.
# docs/redis-keys.md, "Revoked codes".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use Healthcode::Fixture;
use Healthcode::Jws qw(json);

my $COMMAND = ($ENV{HEALTHCODE_BUILD} || "$FindBin::Bin/../build")
            . '/healthcode';
my $f      = Healthcode::Fixture->new;
my $redis  = $f->redis;
my @store  = ('--redis', $f->url, '--pepper-file', $f->path('pepper'));
my @unix   = @store[0, 1];
my %iss    = %Healthcode::Fixture::ISS;
my $now    = int time;
my $YEAR   = 366 * 86400;
my ($status, $out);


# Runs the command; its exit code and what it says.
sub run {
    my ($name, $want, $says, @args) = @_;
    ($status, $out) = $f->try_tool(@args);
    is($status, $want, "$name: exit $want") or diag(substr $out, 0, 800);
    like($out, $says, "$name: says so");
}

sub run_with {
    my ($text, $name, $want, $says, @args) = @_;
    my $in = $f->write('in', $text);
    my $command = join ' ', map { "'" . s/'/'\\''/gr . "'" }
        $COMMAND, @args;
    $out = qx($command < '$in' 2>&1);
    is($? >> 8, $want, "$name: exit $want") or diag(substr $out, 0, 800);
    like($out, $says, "$name: says so");
}

sub risk    { $f->risk(@_) }
sub hash    { my $r = $redis->cmd('HGETALL', $_[0]); return {@$r} }
sub history { map { my %e = @{ $_->[1] }; "@e{qw(action flag until by reason)}" }
              @{ $redis->cmd('XRANGE', risk(@_) =~ s/risk/audit/r, '-', '+') } }

sub script {
    my ($name, @words) = @_;
    my $text = $f->read("$FindBin::Bin/../redis-scripts/$name.lua");
    return eval { $redis->cmd('EVAL', $text, @words) } // $@;
}


# ---- one code ----

my $code = $f->issue(sub => 'alice', jti => 'a-1', ttl => '10m');
my $field = $f->revoked($code);
my $number = $f->revoked($iss{national}, 'a-1');

run('revoke-code', 0, qr/^revoked @{[ $f->holder('alice') ]} $field until 2/,
    qw(control revoke-code), @store, '--by', 'desk', '--reason', 'lost', $code);
my ($until) = values %{ hash(risk('alice')) };
is_deeply(hash(risk('alice')), { $field => $until }, 'by what was signed');
cmp_ok(abs($until - $now - 600 - 3600), '<', 10,
       'until an hour after it has expired, by which no gate accepts it');
is(join('|', history('alice')), "set $field $until desk lost", 'who and why');
cmp_ok(abs($redis->cmd('TTL', risk('alice')) - $until + $now - $YEAR), '<', 60,
       'the key goes a year later');
unlike($out, qr/\Q$code\E/, 'the code is not repeated');

run('revoke-code again', 0, qr/^revoked anew /, qw(control revoke-code), @store,
    $code);
run_with("$code\n", 'from standard input', 0, qr/^revoked anew /,
         qw(control revoke-code), @store, '--until', '+2h', '-');
cmp_ok(abs(hash(risk('alice'))->{$field} - $now - 7200), '<', 10, '--until');
run('the same with another signature', 0, qr/^revoked anew /,
    qw(control revoke-code), @store, "${code}AAAA");

my @jti = ('--iss', $iss{national}, '--jti', 'a-1');
run('the issuer', 0, qr/^set known:/, qw(control add-issuer), @unix,
    $iss{national});
run('by its number', 0, qr/^revoked \w+ $number until cleared$/m,
    qw(control revoke-code), @store, '--holder', 'alice', @jti);
is(hash(risk('alice'))->{$number}, 0, 'until cleared: nobody knows its end');
run('by its number and a holder', 0, qr/^revoked anew /,
    qw(control revoke-code), @store, '--hashed', '--holder', $f->holder('alice'),
    @jti);

run('show', 1, qr/^revoked \Q$field\E  until 2.*^no active flag$/ms,
    qw(flag show), @store, 'alice');
like($out, qr/^revoked \Q$number\E  until cleared$/m, 'each code has a line');
run('show one', 0, qr/^revoked $field  until 2/m, qw(flag show), @store, 'alice',
    $field);
unlike($out, qr/$number/, 'and no other');
$redis->cmd('HSET', risk('alice'), 'contact', 0, 'code:x', 5, $field, $now - 1);
run('show with a flag', 0, qr/^active  contact  until cleared$/m, qw(flag show),
    @store, 'alice');
like($out, qr/^over    $field  until .*, which is over$/m, 'what is over');
like($out, qr/^over    code:x, which is not a digest: all codes of the holder/m,
     'what nobody can read');
$redis->cmd('HDEL', risk('alice'), 'contact', 'code:x');

run('restore-code', 0, qr/^restored \w+ $field$/m, qw(control restore-code),
    @store, '--by', 'desk', $code);
run('restore-code again', 1, qr/has no $field, so nothing was undone/,
    qw(control restore-code), @store, $code);
run('restore-code by its number', 0, qr/^restored \w+ $number$/m,
    qw(control restore-code), @store, '--holder', 'alice', @jti);
is($redis->cmd('EXISTS', risk('alice')), 0, 'nothing is left');

run('revoke-code', 0, qr/^revoked /, qw(control revoke-code), @store, $code);
run('flag clear of what show says', 0, qr/^cleared \w+ $field$/m, qw(flag clear),
    @store, 'alice', $field);

# of another space, and by other claims
run('of a space', 0, qr/^revoked @{[ $f->holder('alice', 'site') ]} /,
    qw(control revoke-code), @store, '--space', 'site', $code);
my $badge = $f->site(claims => { sub => 'x', badge => 17, number => 'n',
                                 status => { list => 1 }, regions => 'all' });
for my $row ([ 'x' ], [ '17', 'badge' ], [ '17', 'none', 'badge' ],
             [ 'n', 'number' ])
{
    my ($sub, @claims) = @$row;
    run("of the claim " . ($claims[-1] // 'sub'), 0,
        qr/^revoked( anew)? @{[ $f->holder($sub) ]} /,
        qw(control revoke-code), @store, (map { ('--subject', $_) } @claims),
        $badge);
}

# who is not there, and what is not a code
my $over = $f->site(claims => { iat => $now - 5000, exp => $now - 4000 });
run('an expired code', 1, qr/the code expired at 2.*nothing was revoked/,
    qw(control revoke-code), @store, $over);
run('an expired code with --until', 0, qr/^revoked /, qw(control revoke-code),
    @store, '--until', '+1h', $over);
for my $row (
    [ 'no code', qr/CODE is missing; write the code, or -/ ],
    [ 'a holder alone', qr/CODE is missing/, '--holder', 'alice' ],
    [ 'no holder', qr/CODE is missing/, @jti ],
    [ 'no issuer', qr/CODE is missing/, '--holder', 'a', '--jti', 'a-1' ],
    [ 'a code and a holder', qr/leave out --holder/, '--holder', 'a', $code ],
    [ 'a code and its number', qr/leave out .*--jti/, '--jti', 'a-1', $code ],
    [ 'a code and --hashed', qr/leave out .*--hashed/, '--hashed', $code ],
    [ 'what is not a code', qr/CODE: it is not a code/, 'a.b.c' ],
    [ 'half a code', qr/CODE: it is not a code/, substr $code, 0, 40 ],
    [ 'no such claim', qr/CODE: .* is missing; --subject CLAIM/, '--subject',
      'badge', $code ],
    [ 'an empty number', qr/--jti: it is empty/, '--holder', 'alice', '--iss',
      'i', '--jti', '' ],
    [ 'an issuer with a blank', qr/--iss: it begins or ends with a blank/,
      '--holder', 'alice', '--iss', 'i ', '--jti', '1' ],
    [ 'a time that is past', qr/--until: "-1h" lies in the past/, '--until',
      '-1h', $code ],
    [ 'a reason of two lines', qr/--reason: write/, '--reason', "a\nb", $code ],
) {
    my ($what, $says, @args) = @$row;
    run($what, 2, $says, qw(control revoke-code), @store, @args);
}
run('no pepper', 2, qr/--pepper-file is missing/, qw(control revoke-code), @unix,
    $code);
run('restore-code has no --until', 2, qr/--until/, qw(control restore-code),
    @store, '--until', '+1h', $code);


# ---- all codes before a time ----

run('before --holder', 0,
    qr/^set @{[ $f->holder('bob') ]} before  codes issued before 2.* are refused/,
    qw(control before), @store, '--holder', 'bob', '--by', 'desk', '+0s');
$until = hash(risk('bob'))->{before};
cmp_ok(abs($until - time), '<', 10, 'its value is the time');
cmp_ok(abs($redis->cmd('TTL', risk('bob')) - $YEAR), '<', 60,
       'the key goes when no code can be as old');
run('show', 1, qr/^before  codes issued before 2.* are refused$/m, qw(flag show),
    @store, 'bob');
run('before --holder of a holder', 0, qr/^set /, qw(control before), @unix,
    '--hashed', '--holder', $f->holder('bob'), '-1h');
cmp_ok(abs(hash(risk('bob'))->{before} - $now + 3600), '<', 10, 'set anew');
run('flag set beside it', 0, qr/^set /, qw(flag set), @store, '--until', '+1h',
    'bob', 'contact');
run('before --holder none', 0, qr/^cleared \w+ before$/m, qw(control before),
    @store, '--holder', 'bob', 'none');
is(join(',', keys %{ hash(risk('bob')) }), 'contact', 'the flag stays');
is(() = history('bob'), 4, 'each has its entry');
run('before --holder none again', 1, qr/has no before, so nothing was undone/,
    qw(control before), @store, '--holder', 'bob', 'none');
$redis->cmd('HSET', risk('bob'), 'before', 'soon');
run('show what nobody can read', 0,
    qr/^before  "soon", which is not a time: all codes .* are refused$/m,
    qw(flag show), @store, 'bob');
$redis->cmd('HDEL', risk('bob'), 'contact');
run('flag clear of it', 0, qr/^cleared \w+ before$/m, qw(flag clear), @store,
    'bob', 'before');

for my $row (
    [ 'in an hour', qr/TIME: "\+1h" lies in the future/, '--holder', 'b', '+1h' ],
    [ 'of 0', qr/TIME: "0" refuses no code/, '--holder', 'b', '0' ],
    [ 'of no time', qr/TIME: invalid time/, '--holder', 'b', 'soon' ],
    [ 'of holder and issuer', qr/--holder has no ISS/, '--holder', 'b', 'i',
      '-1h' ],
    [ 'without a time', qr/TIME is missing; write ISS TIME/, 'i' ],
    [ 'of an issuer with --by', qr/--by and --reason are of --holder/, '--by',
      'me', 'i', '-1h' ],
) {
    my ($what, $says, @args) = @$row;
    run("before $what", 2, $says, qw(control before), @store, @args);
}
run('before without a pepper', 2, qr/--pepper-file is missing/,
    qw(control before), @unix, '--holder', 'b', '-1h');


# ---- no flag has such a name ----

for my $name ('before', $field, 'code:', 'code:x') {
    for my $custom ([], ['--custom']) {
        run("flag set @$custom $name", 2, qr/FLAG: "$name" is not a flag but /,
            qw(flag set), @store, @$custom, 'eve', $name);
    }
}
is($redis->cmd('EXISTS', risk('eve')), 0, 'nothing was set');


# ---- the scripts by themselves ----

my @keys = (2, risk('dan'), risk('dan') =~ s/risk/audit/r);
for my $row (
    [ 'before', $now + 3600 ], [ 'before', 0 ], [ 'before', '' ],
    [ 'before', 'x' ], [ 'before', '1000000000000' ], [ 'code:', 0 ],
    [ "${field}0", 0 ], [ substr($field, 0, 36), 0 ], [ uc $field, 0 ],
    [ 'code:' . 'g' x 32, 0 ], [ $field, 5 ], [ $field, 'x' ],
    [ "before:$iss{site}", $now ],
) {
    like(script('flag-set', @keys, @$row, '', ''), qr/ERR healthcode flag-set: /,
         "flag-set refuses @$row");
}
is($redis->cmd('EXISTS', risk('dan')), 0, 'and writes nothing');
is(script('flag-set', @keys, 'before', $now + 30, '', ''), 1,
   'a clock may differ by a minute');

# codes that are over make room; a time that is past is in force
script('flag-set', @keys, "f$_", 0, '', '') for 1 .. 60;
$redis->cmd('HSET', risk('dan'), 'before', 1, 'code:' . 'a' x 32, $now - 5,
            'code:' . 'b' x 32, $now - 50, 'f1', $now - 5);
is(script('flag-set', @keys, $field, $now + 60, '', ''), 1, '64 fields');
is(script('flag-set', @keys, $number, 0, '', ''), 1, 'another one');
my $dan = hash(risk('dan'));
is(scalar(keys %$dan), 64, 'there are no more than a gate reads');
ok(!exists $dan->{ 'code:' . 'b' x 32 }, 'the code that is over for longest went');
is($dan->{before}, 1, 'before stays');
script('flag-set', @keys, 'code:' . $_ x 32, 0, '', '') for 'c', 'd';
$dan = hash(risk('dan'));
ok(!exists $dan->{f1} && !exists $dan->{ 'code:' . 'a' x 32 },
   'flags and codes that are over go alike');
is($dan->{before}, 1, 'before stays');
like(script('flag-set', @keys, 'code:' . 'e' x 32, 0, '', ''),
     qr/64 flags already; a revoked code counts as one/, 'and then it is full');
run('the command says so', 3, qr/64 flags already; a revoked code counts as one/,
    qw(control revoke-code), @store, '--new', '--holder', 'dan', '--iss', 'i',
    '--jti', '1');
run('all older codes are one field, which is there', 0, qr/^set \w+ before /,
    qw(control before), @store, '--holder', 'dan', '+0s');
$redis->cmd('DEL', @keys[1, 2]);


# ---- another store gets it ----

{
    my $holder = $f->holder('gus');
    my $lines = "$holder $field +1h\n$holder before $now\n$holder $number 0\n"
        . "$holder $number\n";
    run_with($lines, 'import', 0, qr/^3 set, 1 set anew, 0 left out/,
             qw(flag import), @unix, '--hashed', '-');
    my $gus = hash(risk('gus'));
    is_deeply([ @$gus{ 'before', $number } ], [ $now, 0 ], 'as it was');
    cmp_ok(abs($gus->{$field} - $now - 3600), '<', 10, 'with its until');
    run_with("$holder code:x 0\n$holder before\n$holder before 0\n"
             . "$holder before +1h\n$holder $field -1h\n$holder before soon\n",
             'import of what is none', 1, qr/^0 set, 0 set anew, 6 left out/m,
             qw(flag import), @unix, '--hashed', '--custom', '-');
    my @why = $out =~ /line \d is left out: (.*)/g;
    is(join('|', @why), join('|', 'FLAG is not code: and 32 hexadecimal digits',
        ('before needs a time that does not lie in the future') x 3,
        'UNTIL is not a time, or lies in the past',
        'before needs a time that does not lie in the future'),
       'each line says why');
    is_deeply(hash(risk('gus')), $gus, 'and nothing is changed');
}

done_testing();
