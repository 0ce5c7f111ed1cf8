# Judges the answers that simulated readers got: nobody passes twice, and no answer says
# what cannot be. Then what the store has at the end: who is inside, and what became
# of each passage. It knows of a passage without an answer that it may have happened.
# CONTRIBUTING.md, "The gate, live".

package Healthcode::Live::Passage::Judge;

use strict;
use warnings;

use List::Util qw(max min);

my $MARGIN  = 0.1;              # seconds: clocks of milliseconds, in two processes
my $MOMENT  = 0.005;
my $FOREVER = 9e15;

# Of a message: what was said, when, when its answer came, and that.
my ($WHAT, $SENT, $DONE, $WORD) = 0 .. 3;

my $MAYBE  = qr/^(busy|lost)$/;
my $DENIED = qr/^(replayed|inside|outside)$/;
my $FIRST  = qr/^(allow|replayed|inside|outside|busy|lost)$/;
my $SECOND = qr/^(done|final|unknown|busy|lost)$/;


# new(PASSAGES): those of Healthcode::Live::Passage::Halls.
sub new {
    my ($class, @all) = @_;
    my $self = bless { all => \@all, wrong => {}, texts => [], of => {} }, $class;
    for my $p (@all) {
        _sum_up($p);
        my $what = $p->{hall}{once} eq 'code' ? "$p->{way} $p->{code}{n}" : $p->{holder}{name};
        push @{ $self->{of}{ $p->{hall}{name} }{$what} }, $p;
    }
    return $self;
}


# What is wrong, by kind: { twice, lost, answer, count }; the first texts of it.
sub wrong { $_[0]{wrong} }
sub texts { @{ $_[0]{texts} } }

# How many codes, or holders where these pass once, passed twice.
sub whom { scalar keys %{ $_[0]{whom} } }


# How often it was wrong in this way, and of which passage.
sub _wrong {
    my ($self, $kind, $p, $text) = @_;
    $self->{whom}{ "$p->{hall}{name} "
        . ($p->{hall}{once} eq 'code' ? $p->{code}{n} : $p->{holder}{name}) } = 1
        if $kind eq 'twice';
    return if 20 < ++$self->{wrong}{$kind};
    my $from = $p->{says}[0][$SENT];
    my $says = join ', ', map { sprintf '%s %.3f-%.3f %s', $_->[$WHAT], $_->[$SENT] - $from,
        $_->[$DONE] - $from, $_->[$WORD] } @{ $p->{says} };
    push @{ $self->{texts} }, sprintf '%s: %s: %s %s, %s, code %d, at %.3f: %s', $kind, $text,
        $p->{hall}{name}, $p->{way}, $p->{holder}{name}, $p->{code}{n}, $from, $says;
}


# from: the earliest moment at which it can have been reserved; till: the latest.
sub _sum_up {
    my ($p) = @_;
    @{ $p->{says} } = grep { ($_->[$WORD] // 'unsent') ne 'unsent' } @{ $p->{says} };
    my @shows = grep { $_->[$WHAT] =~ /^(enter|leave)$/ } @{ $p->{says} };
    my @may = grep { $_->[$WORD] eq 'allow' || $_->[$WORD] =~ $MAYBE } @shows;
    my @allowed = grep { $_->[$WORD] eq 'allow' } @shows;

    $p->{shows}   = \@shows;
    $p->{may}     = @may > 0;
    $p->{allowed} = @allowed > 0;
    $p->{from}    = @may ? min(map { $_->[$SENT] } @may) : $FOREVER;
    $p->{till}    = @allowed ? min(map { $_->[$DONE] } @allowed) : $FOREVER;
    $p->{$_}      = [ _seconds_of($p, $_) ] for qw(confirm annul);
}


# Second messages that may have come to something.
sub _seconds_of {
    my ($p, $what) = @_;
    return grep { $_->[$WHAT] eq $what && $_->[$WORD] !~ /^(final|unknown)$/ } @{ $p->{says} };
}


# ---- what may be, and what must ----

sub _was_told {
    my ($p, $what, $word, $by) = @_;
    return grep { $_->[$WHAT] eq $what && $_->[$WORD] eq $word && $_->[$DONE] <= $by }
        @{ $p->{says} };
}


# Whether by this moment it can be confirmed, or annulled.
sub _may_be {
    my ($p, $what, $by) = @_;
    my $other = $what eq 'confirm' ? 'annul' : 'confirm';
    return 0 if !$p->{may} || $p->{from} > $by || _was_told($p, $other, 'done', $FOREVER);
    return 1 if grep { $_->[$SENT] < $by } @{ $p->{$what} };
    return $p->{hall}{later} eq $what && $by >= $p->{from} + $p->{hall}{hold} - $MARGIN;
}


# Whether it can have come to that in the end.
sub may_be { _may_be(@_[1, 2], $FOREVER) }


# Whether it is so since before this moment, for sure.
sub _is {
    my ($p, $what, $by) = @_;
    my $other = $what eq 'confirm' ? 'annul' : 'confirm';
    return 0 if !$p->{allowed} || $p->{till} > $by;
    return 1 if _was_told($p, $what, 'done', $by) || _was_told($p, $other, 'final', $by);
    return $p->{hall}{later} eq $what && !@{ $p->{$other} }
        && $by > $p->{till} + $p->{hall}{hold} + $MARGIN;
}


# Likewise of an entry: who is at an exit has come in.
sub _is_annulled {
    my ($p, $exits, $by) = @_;
    return 0 if !_is($p, 'annul', $by);
    return 1 if _was_told($p, 'annul', 'done', $by) || _was_told($p, 'confirm', 'final', $by);
    my $over = $p->{till} + $p->{hall}{hold} + $MARGIN;
    return !grep { $_->{from} < $over && $_->{till} > $p->{from} } @$exits;
}


# ---- what was answered ----

sub judge_answers {
    my ($self) = @_;
    for my $hall (values %{ $self->{of} }) {
        for my $group (values %$hall) {
            $self->_judge_retries($_) for @$group;
            $self->_judge_seconds($_, $group) for @$group;
            $group->[0]{hall}{once} eq 'code' ? $self->_judge_code($group)
                                              : $self->_judge_holder($group);
        }
    }
}


# A retry gets the answer that its passage got, while it counts, and not later.
sub _judge_retries {
    my ($self, $p) = @_;
    my $retry = $p->{hall}{retry};

    for my $say (@{ $p->{says} }) {
        my ($what, $word) = @$say[$WHAT, $WORD];
        my $known = $what =~ /^(confirm|annul)$/ ? $SECOND : $FIRST;
        $self->_wrong('answer', $p, "\"$word\" is no answer to $what") if $word !~ $known;
    }
    return if !$retry || !$p->{allowed};

    for my $show (@{ $p->{shows} }) {
        my $again = $show->[$SENT] >= $p->{till};
        if ($show->[$WORD] =~ $DENIED) {
            $self->_wrong('answer', $p, 'a retry is refused')
                if ($again || $p->{hall}{once} eq 'code')
                && $show->[$DONE] < $p->{from} + $retry - $MOMENT
                && !_may_be($p, 'annul', $show->[$DONE]);
        }
        elsif ($show->[$WORD] eq 'allow') {
            $self->_wrong('twice', $p, 'a retry passes after its time')
                if $again && $show->[$SENT] > $p->{till} + $retry + $MARGIN;
            $self->_wrong('twice', $p, 'a retry passes though it was annulled')
                if $again && _is($p, 'annul', $show->[$SENT]);
        }
    }
}


# Another than that of a retry: it has passed, and that is over.
sub _is_over {
    my ($p, $by) = @_;
    return $p->{may} && $p->{hall}{retry} && $p->{from} < $by
        && ($by >= $p->{from} + $p->{hall}{retry} - $MARGIN || _may_be($p, 'annul', $by));
}


sub _judge_seconds {
    my ($self, $p, $group) = @_;
    # who is at an exit has come in
    my $leaves = $p->{hall}{once} eq 'code' || $p->{way} eq 'o' ? $FOREVER
        : min($FOREVER, map { $_->{way} eq 'o' ? $_->{from} : () } @$group);
    my %other = (confirm => 'annul', annul => 'confirm');

    for my $say (grep { $other{ $_->[$WHAT] } } @{ $p->{says} }) {
        my ($what, $sent, $done, $word) = @$say;
        if ($word eq 'unknown') {
            $self->_wrong('lost', $p, "$what is not known") if $p->{till} <= $sent;
        }
        elsif ($word eq 'final') {
            $self->_wrong('answer', $p, "$what is refused")
                if !_may_be($p, $other{$what}, $done)
                && !($what eq 'annul' && $leaves < $done);
        }
        elsif ($word eq 'done') {
            $self->_wrong('answer', $p, "$what is done, and so was the other")
                if _was_told($p, $other{$what}, 'done', $FOREVER);
            $self->_wrong('answer', $p, "$what is done after its time")
                if $p->{hall}{later} ne $what && $p->{till} + $p->{hall}{hold} + $MARGIN < $sent
                && !(grep { $_->[$SENT] < $sent } @{ $p->{$what} }) && $leaves > $done;
        }
    }
}


# All passages of one code, one way.
sub _judge_code {
    my ($self, $group) = @_;
    my @allowed = sort { $a->{till} <=> $b->{till} } grep { $_->{allowed} } @$group;
    my @may = sort { $a <=> $b } map { $_->{may} ? $_->{from} : () } @$group;

    $self->_wrong('twice', $allowed[$_], 'a code passes again') for 1 .. $#allowed;

    for my $p (@$group) {
        for my $show (grep { $_->[$WORD] =~ $DENIED } @{ $p->{shows} }) {
            my $others = grep { $_ < $show->[$DONE] } @may;
            $others-- if $p->{may} && $p->{from} < $show->[$DONE];
            $self->_wrong('answer', $p, "the code is $show->[$WORD], and has not passed")
                if $show->[$WORD] ne 'replayed' || !$others && !_is_over($p, $show->[$DONE]);
        }
    }
}


# All passages of one holder.
sub _judge_holder {
    my ($self, $group) = @_;
    my %of = (i => [], o => []);
    push @{ $of{ $_->{way} } }, $_ for grep { $_->{may} } @$group;

    for my $way (qw(i o)) {
        my @allowed = sort { $a->{till} <=> $b->{till} } grep { $_->{allowed} } @{ $of{$way} };
        my $back = $of{ $way eq 'i' ? 'o' : 'i' };
        for my $n (1 .. $#allowed) {
            my ($p, $q) = @allowed[$n - 1, $n];
            my ($from, $till) = (min($p->{from}, $q->{from}), $q->{till});
            next if _may_be($p, 'annul', $till)
                || $q->{from} < $p->{till} && _may_be($q, 'annul', $p->{till});
            next if grep { $_->{from} < $till && $_->{till} > $from
                           && ($way eq 'o' || _may_be($_, 'confirm', $till)) } @$back;
            my $text = $way eq 'i' ? 'enters' : 'leaves';
            $self->_wrong('twice', $q, "a holder $text twice");
        }
        my $annulled = grep { _may_be($_, 'annul', $FOREVER) } @allowed;
        $self->_wrong('twice', $allowed[-1], 'a holder passes too often')
            if @allowed > @$back + $annulled + 1;
    }

    for my $p (@$group) {
        for my $show (grep { $_->[$WORD] =~ $DENIED } @{ $p->{shows} }) {
            next if $self->_may_say($show, $p, \%of);
            $self->_wrong('answer', $p, "the holder is called $show->[$WORD]");
        }
    }
}


sub _may_say {
    my ($self, $show, $p, $of) = @_;
    my ($sent, $done, $word) = @$show[$SENT, $DONE, $WORD];

    return _is_over($p, $done) if $word eq 'replayed';
    return 0 if $word ne ($p->{way} eq 'i' ? 'inside' : 'outside');
    if ($word eq 'inside') {
        my @left = grep { _is($_, 'confirm', $sent) } @{ $of->{o} };
        for my $e (grep { $_ != $p && $_->{from} < $done } @{ $of->{i} }) {
            next if _is_annulled($e, $of->{o}, $sent) || grep { $_->{from} >= $e->{till} } @left;
            return 1;
        }
        return 0;
    }
    for my $e (grep { $_->{allowed} && $_->{till} <= $sent } @{ $of->{i} }) {
        next if _may_be($e, 'annul', $done);
        next if grep { $_ != $p && $_->{from} < $done && $_->{till} > $e->{from} } @{ $of->{o} };
        return 0;
    }
    return 1;
}

1;
