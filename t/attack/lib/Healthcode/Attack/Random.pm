# Numbers that look random and are the same for the same seed, on every Perl.
# Knows nothing of what they are for.
# CONTRIBUTING.md, "Sanitizers and the attack".

package Healthcode::Attack::Random;

use strict;
use warnings;


# new(SEED, N, ...): each list of numbers begins a sequence of its own.
sub new {
    my ($class, @seeds) = @_;
    my $state = 2463534242;
    for my $seed (@seeds) {
        $state = ($state ^ ($seed * 2654435 & 0xffffffff)) || 1;
        my $self = bless { state => $state }, $class;
        $self->_next for 1 .. 5;
        $state = $self->{state};
    }
    return bless { state => $state }, $class;
}


# xorshift32 of Marsaglia, 2003.
sub _next {
    my ($self) = @_;
    my $x = $self->{state};
    $x ^= $x << 13 & 0xffffffff;
    $x ^= $x >> 17;
    $x ^= $x << 5 & 0xffffffff;
    return $self->{state} = $x;
}


# 0 .. $n - 1
sub below { ($_[0]->_next >> 3) % $_[1] }

# true once in $n times
sub once_in { $_[0]->below($_[1]) == 0 }

sub pick { $_[1 + $_[0]->below(@_ - 1)] }

sub bytes {
    my ($self, $n) = @_;
    return join '', map { chr $self->below(256) } 1 .. $n;
}


# Changes a few bytes of a text: another one, one less, a piece twice, a piece
# gone, a strange one between.
sub mutate {
    my ($self, $text) = @_;
    for (0 .. $self->below(3)) {
        my $n = length $text or return $text;
        my $at = $self->below($n);
        my $piece = 1 + $self->below($self->once_in(4) ? 200 : 8);
        my $how = $self->below(6);
        if ($how == 0) {
            substr($text, $at, 1) = chr $self->below(256);
        } elsif ($how == 1) {
            substr $text, $at, $piece, '';
        } elsif ($how == 2) {
            substr($text, $at, 0) = substr $text, $at, $piece;
        } elsif ($how == 3) {
            substr($text, $at, 0) = $self->pick("\0", "\r", "\n", "\r\n", '%',
                '%00', '%0d%0a', "\xff", "\t", ' ', '"', '\\', ';', ',', '=',
                '&', '?', '#', '/', '..', ':', '-1', '*', "\x80");
        } elsif ($how == 4) {
            $text = substr $text, 0, $at;
        } else {
            my $bit = 1 << $self->below(8);
            substr($text, $at, 1) = chr(ord(substr $text, $at, 1) ^ $bit);
        }
    }
    return $text;
}

1;
