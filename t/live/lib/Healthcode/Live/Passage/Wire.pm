# The loop of the simulated readers: timers, connections that are kept, a message
# and its answer, or none.  Knows no passage: what is said is a driver's.
# CONTRIBUTING.md, "The gate, live".

package Healthcode::Live::Passage::Wire;

use strict;
use warnings;

use IO::Handle;
use Socket qw(AF_UNIX SOCK_STREAM pack_sockaddr_un);
use Time::HiRes qw(time);

my $TICK = 0.002;       # seconds of a bucket of timers


# new(DRIVER): it has addresses, and answer(\BYTES): a word, when all of the answer
# has come; it empties the bytes.
sub new {
    my ($class, $driver) = @_;
    return bless { driver => $driver, idle => [], busy => [], in => '', timers => {},
        tick => int(time / $TICK), waits => 0, watched => {} }, $class;
}


# $then->() once, so many seconds from now.
sub after {
    my ($self, $seconds, $then) = @_;
    my $tick = int((time + $seconds) / $TICK);
    $tick = $self->{tick} + 1 if $tick <= $self->{tick};
    push @{ $self->{timers}{$tick} }, $then;
    $self->{waits}++;
}


# Whether nothing is to come by itself.
sub is_quiet { !$_[0]{waits} && !$_[0]{open} }


# Calls $then->() when the handle can be read.
sub watch {
    my ($self, $handle, $then) = @_;
    $self->{watched}{ fileno $handle } = $then;
    vec($self->{in}, fileno $handle, 1) = 1;
}


# Sends bytes to this address; $then->(WORD, SENT, DONE) once, later: the answer, or
# "lost": the connection broke, or was closed $drop seconds after the bytes were
# written, or nothing came in 15 seconds; or "unsent".
sub send {
    my ($self, $to, $bytes, $then, $drop) = @_;
    my $c = pop @{ $self->{idle}[$to] } || $self->_dial($to);
    my $sent = time;

    if (!$c || (syswrite($c->{fh}, $bytes) // 0) != length $bytes) {
        $self->_close($c) if $c;
        return $self->after(0, sub { $then->('unsent', $sent, $sent) });
    }
    @$c{qw(then sent buf)} = ($then, $sent, '');
    $self->{open}++;
    if (defined $drop) {
        return $self->_end($c, 'lost') if !$drop;
        my $asked = $sent;
        $self->after($drop, sub { $self->_end($c, 'lost') if $c->{then} && $c->{sent} == $asked });
    }
}


sub _dial {
    my ($self, $to) = @_;
    socket my $fh, AF_UNIX, SOCK_STREAM, 0 or die "socket: $!";
    $fh->blocking(0);
    connect $fh, pack_sockaddr_un($self->{driver}{addresses}[$to]) or return undef;
    my $c = { fh => $fh, fd => fileno $fh, to => $to };
    $self->{conns}{ $c->{fd} } = $c;
    vec($self->{in}, $c->{fd}, 1) = 1;
    return $c;
}


sub _close {
    my ($self, $c) = @_;
    vec($self->{in}, $c->{fd}, 1) = 0;
    delete $self->{conns}{ $c->{fd} };
    close $c->{fh};
    $c->{closed} = 1;
}


# The end of a message by this word; the connection is kept if it was answered.
sub _end {
    my ($self, $c, $word) = @_;
    my ($then, $sent) = (delete $c->{then}, $c->{sent});
    $self->{open}--;
    if ($word eq 'lost') { $self->_close($c) }
    else                 { push @{ $self->{idle}[ $c->{to} ] }, $c }
    $then->($word, $sent, time);
}


sub _read {
    my ($self, $fd) = @_;
    my $c = $self->{conns}{$fd} or return;
    my $n = sysread $c->{fh}, $c->{buf}, 65536, length($c->{buf} // '');
    return if !defined $n && $!{EAGAIN};

    if (!$n) {
        return $self->_end($c, 'lost') if $c->{then};
        my $idle = $self->{idle}[ $c->{to} ];
        @$idle = grep { $_ != $c } @$idle;
        return $self->_close($c);
    }
    my $word = $self->{driver}->answer(\$c->{buf}) // return;
    $self->_end($c, $word) if $c->{then};
}


# Lets all go on until $done->().
sub run {
    my ($self, $done) = @_;
    local $SIG{PIPE} = 'IGNORE';
    my $stale = time + 1;

    while (!$done->()) {
        my $n = select my $ready = $self->{in}, undef, undef, $TICK;
        if ($n && $n > 0) {
            my $bits = unpack 'b*', $ready;
            my $fd = -1;
            while (($fd = index $bits, '1', $fd + 1) >= 0) {
                $self->{watched}{$fd} ? $self->{watched}{$fd}->() : $self->_read($fd);
            }
        }
        my $now = int(time / $TICK);
        while ($self->{tick} < $now) {
            my $due = delete $self->{timers}{ ++$self->{tick} } or next;
            $self->{waits} -= @$due;
            $_->() for @$due;
        }
        if (time > $stale) {
            $stale = time + 1;
            $self->_end($_, 'lost') for grep { $_->{then} && $_->{sent} < $stale - 16 }
                values %{ $self->{conns} };
        }
    }
}

1;
