# A plain model of who passes one hall, for t/80-passage-script.t: the list of
# all passages as they were reserved, and nothing else that is kept.  What may
# be is found by trying what may become of each that is held.

package Healthcode::Passages;

use strict;
use warnings;


# new(MS): nobody has passed.
sub new {
    my ($class, $now) = @_;
    return bless { now => $now, list => [], codes => {} }, $class;
}


sub copy {
    my ($self) = @_;
    return bless { now => $self->{now}, list => [ map { {%$_} } @{ $self->{list} } ],
                   codes => { %{ $self->{codes} } } }, ref $self;
}


# walk(SYMBOLS, DEPTH, EACH, WORD, ANSWERS...): each word of so many symbols that
# begins with WORD, in order; EACH is called with it and its answers, and what is
# known when all is decided.
sub walk {
    my ($self, $symbols, $depth, $each, $word, @answers) = @_;
    my $next = $self->copy;
    push @answers, $next->answer($word->[-1]);

    if (@$word == $depth) {
        $next->{now} += 1_000_000;
        $each->($word, @answers, $next->ask('show'));
        return;
    }
    $next->walk($symbols, $depth, $each, [ @$word, $_ ], @answers) for @$symbols;
}


sub answer {
    my ($self, $symbol) = @_;
    $self->{now} += $symbol->{tick} // 0;
    return $symbol->{words} ? $self->ask(@{ $symbol->{words} }) : '-';
}


sub ask {
    my ($self, $what, undef, @words) = @_;

    for my $p (@{ $self->{list} }) {
        $p->{state} = $p->{later}
            if $p->{state} eq 'held' && $self->{now} >= $p->{until};
    }
    my @said = $what eq 'show' ? $self->show
             : @words == 2     ? $self->second($what, @words)
             :                   $self->first($what, @words);
    return join ' ', $said[0], $self->inside, @said[1 .. $#said];
}


sub show {
    my ($self) = @_;
    return ('show', scalar(grep { $_->{state} eq 'held' } @{ $self->{list} }),
            scalar keys %{ $self->{codes} });
}


# The last passage of this holder that counts, if SAYS, or nothing, is what
# becomes of those that are held; nothing if there is none.
sub last_of {
    my ($self, $holder, $says) = @_;
    my $last;
    for my $p (grep { $_->{holder} eq $holder } @{ $self->{list} }) {
        my $state = $p->{state} eq 'held' ? $says && $says->($p) : $p->{state};
        $last = $p if $state && $state eq 'confirm';
    }
    return $last;
}


sub inside {
    my ($self) = @_;
    my %last;
    $_->{state} eq 'confirm' and $last{ $_->{holder} } = $_->{what}
        for @{ $self->{list} };
    return scalar grep { $_ eq 'enter' } values %last;
}


# The passage that a message of this ID is about: the last one.
sub of {
    my ($self, $id) = @_;
    return (grep { $_->{id} eq $id } @{ $self->{list} })[-1];
}


sub second {
    my ($self, $what, $id) = @_;
    my $p = $self->of($id) or return 'unknown';
    $p->{state} = $what if $p->{state} eq 'held';
    return $p->{state} eq $what ? 'done' : 'final';
}


sub first {
    my ($self, $what, $once, $holder, $code, $id, $retry, $hold, $later, $return,
        $life) = @_;
    my $now = $self->{now};
    my $same = $self->of($id);

    if ($same && $retry) {
        return $same->{state} ne 'annul' && $same->{what} eq $what
               && $now < $same->{at} + $retry ? 'again' : 'replayed';
    }

    if ($once eq 'code') {
        return 'replayed' if $self->{codes}{"$what $code"}++;
    }
    elsif ($what eq 'enter') {
        return 'inside' if $self->may_be_inside($holder, $return * 1000);
    }
    else {
        my $last = $self->last_of($holder, sub { 'confirm' });
        return 'outside' if !$last || $last->{what} ne 'enter';
        $last->{state} = 'confirm';
    }

    $same->{state} = $same->{later} if $same && $same->{state} eq 'held';
    push @{ $self->{list} }, { what => $what, holder => $holder, id => $id,
        at => $now, until => $now + $hold, later => $later, state => 'held' };
    return 'passed';
}


# Whether there is a way to decide what is held by which the holder is inside,
# for less than so many ms, or for any time.
sub may_be_inside {
    my ($self, $holder, $ms) = @_;
    my @held = grep { $_->{state} eq 'held' && $_->{holder} eq $holder }
        @{ $self->{list} };

    for my $way (0 .. 2 ** @held - 1) {
        my %says = map { $held[$_] => $way & 1 << $_ ? 'confirm' : 'annul' }
            0 .. $#held;
        my $last = $self->last_of($holder, sub { $says{ $_[0] } });
        return 1 if $last && $last->{what} eq 'enter'
                    && (!$ms || $self->{now} - $last->{at} < $ms);
    }
    return 0;
}


1;
