# Measures rows in turn: many short slices in an order drawn anew each round,
# a slice of the zero after every few, so that each row has one at either side.
# Sees for each row that it did what it says.  Knows no estimates.

package Healthcode::Bench::Run;

use strict;
use warnings;

use List::Util qw(shuffle sum);
use Time::HiRes qw(sleep);

use Healthcode::Http ();

my $ROWS_BETWEEN_ZEROS = 3;
my @COUNTS = qw(calls misses asked seconds);
my $MISSES = 0.01;          # of a warm row, at most
my $WARM = 3000;            # requests
my $FRESH = 13 * 60;        # s
my $STALE = 3 * 60;
my $HEARTBEATS = 8;         # HGETALL a second that a gate sends by itself


# new(stand, load, port, zero => row, rows => [rows], connections, bare); a row:
#     name    what the load generator and the location are called by
#     set, count, order, text   of its requests
#     forged  the request of a code that must be refused with 401
#     fills   names of what remembers its codes or holders
#     redis   which Redis it may ask, and
#     reads   [least, most] of HGETALL and HRANDFIELD a request
#     bare    an algorithm: no request, but OpenSSL's own operation
sub new {
    my ($class, %opt) = @_;
    return bless { %opt }, $class;
}


sub rows { my ($self) = @_; return ($self->{zero}, @{ $self->{rows} }) }


# The same rows, nothing measured yet.
sub likewise {
    my ($self, %more) = @_;
    my ($zero, @rows) = map {
        my %row = (%$_, slices => [], connections => $more{connections});
        delete @row{@COUNTS};
        \%row;
    } $self->rows;
    return bless { %$self, %more, zero => $zero, rows => \@rows }, ref $self;
}


sub _calls {
    my ($redis) = @_;
    my $info = $redis->cmd('INFO', 'commandstats');
    my $calls = 0;
    $calls += $1 while $info =~ /^cmdstat_(?:hgetall|hrandfield):calls=(\d+)/mg;
    return $calls;
}


# Every gated row refuses what is forged.
sub prove {
    my ($self) = @_;
    for my $row (grep { !$_->{bare} } $self->rows) {
        $row->{bytes} =
            $self->{load}->row(@$row{qw(name set count order text)});
        next if $row->{open};
        my ($answer) = Healthcode::Http::exchange("127.0.0.1:$self->{port}",
            $row->{forged} =~ s/\n\n\z/\nConnection: close\n\n/r
                =~ s/\n/\r\n/gr);
        $answer =~ m{^HTTP/1.1 401 }
            or die "bench: $row->{name} let a forged code through: "
                . substr($answer, 0, 60) . "\n";
    }
}


# How often the gate found no code in a zone.
sub _misses {
    my ($self) = @_;
    my ($answer) = Healthcode::Http::exchange("127.0.0.1:$self->{port}",
        "GET /status HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n");
    my @misses = $answer =~ /"codes":\{[^}]*"misses":(\d+)/g
        or die "bench: the status tells nothing of the zones of codes\n";
    return sum @misses;
}


sub _slice {
    my ($self, $row, $requests, $ms) = @_;
    return { bare => $self->{bare}->run($row->{bare}, $ms || 20) }
        if $row->{bare};

    my $redis = $row->{redis} ? $self->{stand}->redis($row->{redis}) : undef;
    my $is_warm = ($row->{codes} // '') eq 'warm';
    my $calls = $redis ? _calls($redis) : 0;
    my $misses = $is_warm ? $self->_misses : 0;
    my $slice = $self->{load}->run($row->{name}, $requests, $ms);
    $row->{calls} += _calls($redis) - $calls if $redis;
    $row->{misses} += $self->_misses - $misses if $is_warm;
    $row->{asked} += $slice->{requests};
    $row->{seconds} += $slice->{seconds} + 0.1;
    return $slice;
}


# So many connections, and a moment for nginx to take or close the others.
sub connect {
    my ($self) = @_;
    $self->{load}->connections($self->{connections});
    sleep 0.3;
}


# Asks for each code once where that fills a cache, and a little otherwise;
# last for holders, who are not remembered as long as codes.
sub warm {
    my ($self) = @_;
    my ($start, %full);
    for my $row (sort { _is_of_holders($a) <=> _is_of_holders($b) } $self->rows) {
        $start //= time if _is_of_holders($row);
        my $is_full = 1;
        for my $cache (@{ $row->{fills} || [] }) {
            $is_full = 0 if ($full{$cache} // 0) < $row->{count};
            $full{$cache} = $row->{count} if !$is_full;
        }
        my %counts = map { $_ => $row->{$_} } @COUNTS;
        $self->_slice($row, $is_full ? $WARM : $row->{count} + $WARM, 0);
        @$row{keys %counts} = values %counts;
    }
    $start //= time;
    die "bench: warming takes longer than the caches keep anything\n"
        if time > $start + $FRESH / 2;
    $self->{warm_until} = $start + $FRESH;
}


sub _is_of_holders { return ($_[0]{risk} // '') eq 'cached' ? 1 : 0 }


# A holder is remembered for 15 minutes.  Before these are over all is left to
# grow old, and made warm again, so that no slice has to do it.
sub keep_warm {
    my ($self) = @_;
    return if time < $self->{warm_until};
    sleep $self->{warm_until} + $STALE - time;
    $self->warm;
}


# One slice of each row, by requests or by milliseconds.
sub round {
    my ($self, $requests, $ms) = @_;
    my @order = shuffle @{ $self->{rows} };
    my $zero = $self->_slice($self->{zero}, $requests, $ms);
    push @{ $self->{zero}{slices} }, $zero;

    while (@order) {
        my @slices;
        for my $row (splice @order, 0, $ROWS_BETWEEN_ZEROS) {
            my $slice = $self->_slice($row, $requests, $ms);
            $slice->{zero_before} = $zero;
            push @{ $row->{slices} }, $slice;
            push @slices, $slice;
        }
        $zero = $self->_slice($self->{zero}, $requests, $ms);
        push @{ $self->{zero}{slices} }, $zero;
        $_->{zero_after} = $zero for @slices;
    }
}


# What Redis and the gate counted for a row is what its name says.
sub prove_reads {
    my ($self) = @_;
    for my $row (grep { $_->{misses} } $self->rows) {
        die sprintf "bench: %s, %d connections: %d codes were not in the cache"
            . ", of %d\n", $row->{name}, $self->{connections}, $row->{misses},
            $row->{asked} if $row->{misses} > $MISSES * $row->{asked};
    }
    for my $row (grep { $_->{redis} } $self->rows) {
        my ($least, $most) = @{ $row->{reads} };
        die sprintf "bench: %s, %d connections: %d reads for %d requests in "
            . "%.1f s; %s to %s for each would be right\n", $row->{name},
            $self->{connections}, @$row{qw(calls asked seconds)}, $least, $most
            if $row->{calls} < $least * $row->{asked}
            || $row->{calls} > $most * $row->{asked}
                + $HEARTBEATS * $row->{seconds};
    }
}

1;
