# What the store has of the halls once all is over, compared with what readers
# heard: each passage, and who is inside.  Reads the keys themselves.
# docs/redis-keys.md, "healthcode:hall".

package Healthcode::Live::Passage::Store;

use strict;
use warnings;

use parent -norequire, 'Healthcode::Live::Passage::Judge';
use Healthcode::Live::Passage::Judge;


# judge_store(REDIS, HALLS): by hall { inside, entries, exits }.
sub judge_store {
    my ($self, $redis, @halls) = @_;
    my %seen;
    $seen{ $_->{name} } = $self->_judge_hall($redis, $_) for @halls;
    return \%seen;
}


sub _judge_hall {
    my ($self, $redis, $hall) = @_;
    my (undef, $inside, undef, $held, undef, $passages) = @{ $hall->{keys} };
    my %state = @{ $redis->cmd('HGETALL', $passages) };
    my @inside = @{ $redis->cmd('ZRANGE', $inside, 0, -1) };
    my $left = $redis->cmd('ZCARD', $held);
    my ($any) = grep { $_->{hall} == $hall } @{ $self->{all} };

    delete $state{at};
    $self->_wrong('count', $any, "$left passages are still held") if $left;

    my %last = $self->_walk($hall, \%state);
    my $entries = grep { /^c i/ } values %state;
    my $exits = grep { /^c o/ } values %state;
    my %is = map { $_ => 1 } @inside;
    my %name = reverse map { $_->{holder}{name} => $_->{holder}{digest} }
        grep { $_->{hall} == $hall } @{ $self->{all} };

    for my $digest (keys %name) {
        my $last = $last{$digest};
        my $in = $last && $last->{way} eq 'i' ? 1 : 0;
        $self->_wrong('count', $last || $any, "$name{$digest} is " . ($in ? 'not ' : '') . 'inside')
            if $in != ($is{$digest} ? 1 : 0);
    }
    $self->_wrong('count', $any, @inside . " are inside, $entries entered, $exits left")
        if $entries - $exits != @inside;
    return { inside => scalar @inside, entries => $entries, exits => $exits };
}


# Each passage that was kept, in the order of the store; the last one of each holder
# that was confirmed.
sub _walk {
    my ($self, $hall, $state) = @_;
    my (%at, %last, %known, %seen, %codes);

    for my $p (grep { $_->{hall} == $hall } @{ $self->{all} }) {
        my $text = $state->{ $p->id };
        my ($final, $way, $at) = ($text // '') =~ /^(\w) (\w) (\d+) \w/;
        $known{ $p->id } = 1;
        if (!$final) {
            $self->_wrong('lost', $p, 'it passed, and is not known') if $p->{allowed};
            next;
        }
        # without a nonce several are one
        next if !defined $p->{nonce} && (!$p->{may} || $seen{ $p->id }++);
        $self->_judge_state($p, $final, $way);
        $self->_wrong('twice', $p, 'the store has two of this code')
            if $hall->{once} eq 'code' && $codes{"$way $p->{code}{n}"}++;
        push @{ $at{ $p->{holder}{digest} } }, [ $at, $p ] if $final eq 'c';
    }
    $self->_wrong('count', { %{ $self->{all}[0] }, hall => $hall }, "passage $_ is nobody's")
        for grep { !$known{$_} } keys %$state;

    for my $digest (keys %at) {
        my @all = map { $_->[1] } sort { $a->[0] <=> $b->[0] } @{ $at{$digest} };
        $last{$digest} = $all[-1];
        next if $hall->{once} eq 'code';
        for my $n (0 .. $#all) {
            $self->_wrong('twice', $all[$n], 'the store has it twice in a row')
                if $all[$n]{way} eq ($n ? $all[$n - 1]{way} : 'o');
        }
    }
    return %last;
}


# Whether it can have come to this.
sub _judge_state {
    my ($self, $p, $final, $way) = @_;
    my %what = (c => 'confirm', a => 'annul');
    my ($is, $not) = @what{ $final, $final eq 'c' ? 'a' : 'c' };

    return $self->_wrong('count', $p, "the store calls it $final $way")
        if $way ne $p->{way} || !$is;
    return $self->_wrong('count', $p, 'it was refused, and is kept') if !$p->{may};
    $self->_wrong('count', $p, "it is $is, which nobody said")
        if !$self->_can_be($p, $is);
    $self->_wrong('count', $p, "it was told $not, and is $is")
        if grep { $_->[0] eq $not && $_->[3] eq 'done' || $_->[0] eq $is && $_->[3] eq 'final' }
            @{ $p->{says} };
}


# A gate annuls by itself what it could not answer, if it cannot be asked again; who
# is at an exit has come in.
sub _can_be {
    my ($self, $p, $what) = @_;
    my $hall = $p->{hall};
    return 1 if $self->may_be($p, $what);
    return !$p->{allowed} && !defined $p->{nonce} if $what eq 'annul';
    return $hall->{once} eq 'holder' && $p->{way} eq 'i'
        && grep { $_->{way} eq 'o' && $_->{may} }
            @{ $self->{of}{ $hall->{name} }{ $p->{holder}{name} } };
}

1;
