# healthcode hall: who is inside, and that they are forgotten, as passage.lua
# has it (t/80-passage-script.t) and the command shows it.
# docs/redis-keys.md, "healthcode:hall".

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::SHA qw(hmac_sha256_hex);
use Test::More;

use Healthcode::Fixture;
use Healthcode::Keys qw(hall_key meta_key proof drop_proofs);

my $f     = Healthcode::Fixture->new;
my $redis = $f->redis;
my @store = ('--redis', $f->url, '--pepper-file', $f->path('pepper'));
my $hall  = substr hmac_sha256_hex("\0hall\0hall-1", $f->read('pepper') =~ s/\n//r), 0, 32;
my $proof = meta_key(substr $hall, 0, 2);
my @keys  = map { hall_key($hall, $_) } qw(codes inside left held holders passages ended);
my $instance = proof($redis)->{instance};
my $script   = $f->read("$FindBin::Bin/../redis-scripts/passage.lua");
my $sha      = $redis->cmd('SCRIPT', 'LOAD', $script);

# Somebody enters; 0: for good, else for so many ms.
sub enter {
    my ($n, $hold) = @_;
    my ($word) = $redis->cmd('EVALSHA', $sha, scalar @keys, @keys, 'enter', $instance,
        'code', map({ sprintf '%s%031d', $_, $n } qw(a c d)), 0, $hold, 'confirm', 0, 900,
        $proof);
    is($word, 'passed', "$n enters");
}

sub run {
    my ($name, $want, $says, @args) = @_;
    my ($status, $out) = $f->try_tool('hall', @args);
    is($status, $want, "$name: exit $want") or diag(substr $out, 0, 800);
    like($out, $says, "$name: says so");
    return $out;
}

$redis->cmd('SCRIPT', 'FLUSH');
run('show', 0, qr/\Ainside  0\nheld    0\ncodes   0\n\z/, 'show', @store, 'hall-1');
run('list', 0, qr/\A\z/, 'list', @store, 'hall-1');
run('forget nobody', 1, qr/nothing is kept .* nothing was forgotten/, 'forget', @store, 'hall-1');

enter($_, 0) for 1 .. 3;
enter(4, 60_000);
run('show', 0, qr/\Ainside  3\nheld    1\ncodes   4\n\z/, 'show', @store, 'hall-1');
run('another hall', 0, qr/^inside  0$/m, 'show', @store, 'hall-2');
my $out = run('list', 0, qr/^a0{30}1  since 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/m, 'list', @store, 'hall-1');
is(scalar(split /\n/, $out), 3, 'all who are inside');

my $one = 'a' . '0' x 30 . '1';
run('forget one', 0, qr/^forgotten; 2 inside$/, 'forget', @store, '--only', $one, 'hall-1');
run('forget one again', 1, qr/nothing was forgotten/, 'forget', @store, "--only=$one", 'hall-1');
run('forget all', 0, qr/^forgotten; 0 inside$/, 'forget', @store, 'hall-1');
run('codes stay', 0, qr/\Ainside  0\nheld    0\ncodes   4\n\z/, 'show', @store, 'hall-1');
run('forget codes', 0, qr/^forgotten; 0 inside$/, 'forget', @store, '--codes', 'hall-1');
run('nothing stays', 0, qr/^codes   0$/m, 'show', @store, 'hall-1');

$redis->cmd('ZADD', $keys[1], map { (time * 1000 + $_, sprintf 'b%031d', $_) } 1 .. 2001);
is(scalar(split /\n/, run('list many', 0, qr/^b0/, 'list', @store, 'hall-1')), 2001,
   'a long list is whole');

# what is wrong
run('no hall', 2, qr/HALL is missing/, 'show', @store);
run('no pepper', 2, qr/--pepper-file/, 'show', @store[0, 1], 'hall-1');
run('half a holder', 2, qr/--only: invalid holder "a1"; write 32 digits/, 'forget', @store,
    '--only', 'a1', 'hall-1');
run('both', 2, qr/--codes is for the whole hall/, 'forget', @store, '--codes', '--only', $one,
    'hall-1');
$redis->cmd('DEL', $keys[1]);
$redis->cmd('SET', $keys[1], 'x');
run('a key of another type', 3, qr/WRONGTYPE/, 'show', @store, 'hall-1');
$redis->cmd('DEL', $proof);
run('a partition without its proof', 3, qr/another proof/, 'show', @store, 'hall-1');
run('another one, which has it', 0, qr/^inside  0$/m, 'show', @store, 'hall-2');
drop_proofs($redis);
run('no proof', 3, qr/healthcode:meta/, 'show', @store, 'hall-1');

done_testing();
