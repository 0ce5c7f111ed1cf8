# The names of a store's keys, schema 2, and its proofs: the layout stands here
# for all suites.  Asks no gate.
# docs/redis-keys.md, "Keys".

package Healthcode::Keys;

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT_OK = qw(risk_key audit_key mark_key hall_key hall_keys meta_key meta_keys
                    is_meta proof write_proofs set_proofs drop_proofs
                    $META $REGION $CONTROL $DATA $PUSH $ERASED);

# A gate knows the store by the first of them.
our $META    = meta_key('c');
our $REGION  = 'healthcode:region:{r}';
our $CONTROL = 'healthcode:control:{c}';
our $DATA    = 'healthcode:data:{c}';
our $PUSH    = 'healthcode:push:{c}';
our $ERASED  = 'healthcode:audit:{c}:erased';

my @PARTS = ((map { sprintf '%02x', $_ } 0 .. 255), 'r', 'c');


sub risk_key  { _part('risk', @_) }
sub audit_key { _part('audit', @_) }
sub mark_key  { _part('mark', @_) }
# hall_key(HALL, KIND)
sub hall_key  { _part('hall', $_[0]) . ":$_[1]" }
sub hall_keys { return map { hall_key($_[0], $_) }
                    qw(codes inside left held holders passages ended) }

# Of a holder, or what else has 32 digits; the first two are its partition.
sub _part {
    my ($what, $digits) = @_;
    return sprintf 'healthcode:%s:{%.2s}:%s', $what, $digits, $digits;
}


# The proof of one partition: two digits, r or c; and all of them.
sub meta_key  { "healthcode:meta:{$_[0]}" }
sub meta_keys { return map { meta_key($_) } @PARTS }
sub is_meta   { return $_[0] =~ /^healthcode:meta:/ }


# What the proof of a partition says, {c} if none is named; a hash.
sub proof {
    my ($redis, $part) = @_;
    return { @{ scalar $redis->cmd('HGETALL', meta_key($part // 'c')) } };
}


# write_proofs(REDIS, instance => TEXT, pepper_check => DIGITS): all of them,
# whatever was there.
sub write_proofs {
    my ($redis, %fields) = @_;
    drop_proofs($redis);
    return set_proofs($redis, schema => 2, %fields);
}


# Sets fields of all of them.
sub set_proofs {
    my ($redis, %fields) = @_;
    return $redis->cmd('EVAL', q(for _, key in ipairs(KEYS) do
        redis.call('HSET', key, unpack(ARGV)) end), scalar @PARTS, meta_keys(), %fields);
}


sub drop_proofs { $_[0]->cmd('DEL', meta_keys()) }

1;
