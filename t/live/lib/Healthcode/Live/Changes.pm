# Changes of flags by the real command, several at a time, each on a holder of
# its own: proven hits, set, refused, cleared, passed again; and their times.
# docs/benchmarks.md, "Live".

package Healthcode::Live::Changes;

use strict;
use warnings;

use Scalar::Util qw(weaken);
use Time::HiRes qw(time);

my $RETRY = 0.05;       # seconds after a command that failed


sub new {
    my ($class, $world) = @_;
    my $self = bless {
        world => $world, lanes => {}, failed => 0, said => '',
        last => [], miss => [], deny => [], gap => [], pass => [], hits => [],
        ahead => 0, late => 0, without => 0,
    }, $class;
    weaken $self->{world};
    return $self;
}


# Begins changes on $n of these holders at a time, until stop() or $max sets.
sub start {
    my ($self, $n, $max, @names) = @_;
    @$self{qw(goes max begun)} = (1, $max, 0);
    $self->{names} = [ @names ];
    $self->_begin for 1 .. $n;
}


# Begins no more; true when those under way came to their end within $seconds.
sub stop {
    my ($self, $seconds) = @_;
    $self->{goes} = 0;
    $self->{world}->pump($seconds, sub { !%{ $self->{lanes} } });
    return !%{ $self->{lanes} };
}


# What those under way were at when stop() gave them up.
sub left {
    my ($self) = @_;
    return join ', ', map { "$_->{name} at $_->{does}" . ($_->{settled} ? ', settled' : '')
        . ($_->{again} ? ', again' : '') } values %{ $self->{lanes} };
}


# Counts the next change of these, which no lane makes.
sub watch {
    my ($self, @hexes) = @_;
    $self->{watched}{$_} = 1 for @hexes;
}


sub active { scalar keys %{ $_[0]{lanes} } }
sub count  { scalar @{ $_[0]{last} } }


sub _begin {
    my ($self) = @_;
    return if !$self->{goes} || !@{ $self->{names} }
        || $self->{max} && $self->{begun} >= $self->{max};

    my $name = shift @{ $self->{names} };
    my $hex = $self->{world}->hex($name);
    $self->{begun}++;
    $self->{lanes}{$hex} = { name => $name, hex => $hex, does => 'arm' };
    $self->{world}->tell('arm', $hex);
}


# What the prober says of a holder.
sub told {
    my ($self, $word, $hex, @n) = @_;
    my $lane = $self->{lanes}{$hex};

    return if !$lane && !($word eq 'set' && delete $self->{watched}{$hex});

    if ($word eq 'set') {
        my ($last, $miss, $deny, $gap, $workers, $hits, $late) = @n;
        push @{ $self->{last} }, $last > 0 ? $last / 1e6 : 0;
        push @{ $self->{miss} }, $miss > 0 ? $miss / 1e6 : 0;
        push @{ $self->{deny} }, $deny > 0 ? $deny / 1e6 : 0;
        push @{ $self->{gap} }, $gap / 1e6;
        push @{ $self->{hits} }, $hits;
        $self->{ahead}++ if $last <= 0;
        $self->{late} += $late;
        $self->{without}++ if !$hits;
        return;
    }

    if ($word eq 'cleared') {
        push @{ $self->{pass} }, $n[0] / 1e6;
        return;
    }

    if ($word eq 'armed' && $lane->{does} eq 'arm') {
        $self->_command($lane, 'set');

    } elsif ($word eq 'armed' && $lane->{does} eq 'pass') {
        delete $self->{lanes}{$hex};
        push @{ $self->{names} }, $lane->{name};
        $self->_begin;

    } elsif ($word eq 'settled' && $lane->{does} eq 'settle') {
        $self->_command($lane, 'clear');

    } elsif ($word eq 'settled') {
        $lane->{settled} = 1;       # before the command has ended
    }
}


sub _command {
    my ($self, $lane, $what) = @_;
    my $world = $self->{world};

    $lane->{does} = $what;
    delete $lane->{settled} if $what eq 'clear';
    $world->tell($what, $lane->{hex});
    $world->sync_for(sub {
        $world->command(sub { $self->_ended($lane, $what, @_) },
                        $world->flag_args($what, $lane->{name}));
    });
}


sub _ended {
    my ($self, $lane, $what, $status, $said) = @_;

    # clear says 1 where a command before it, which failed, had done it
    if ($status && !($what eq 'clear' && $status == 1)) {
        $self->{failed}++;
        $self->{said} = $said;
        $lane->{again} = time + $RETRY;

    } elsif ($what eq 'clear') {
        $lane->{does} = 'pass';
        $self->{world}->tell('arm', $lane->{hex});

    } elsif ($lane->{settled}) {
        $self->_command($lane, 'clear');

    } else {
        $lane->{does} = 'settle';
    }
}


sub turn {
    my ($self) = @_;
    for my $lane (values %{ $self->{lanes} }) {
        next if !$lane->{again} || $lane->{again} > time;
        delete $lane->{again};
        $self->_command($lane, $lane->{does});
    }
}


# quantile(NAME, 0.99): of last, miss, deny, gap or pass, in milliseconds.
sub quantile {
    my ($self, $name, $q) = @_;
    my @sorted = sort { $a <=> $b } @{ $self->{$name} } or return 0;
    my $rank = int($q * @sorted + 0.999999);
    return $sorted[ ($rank || 1) - 1 ];
}

1;
