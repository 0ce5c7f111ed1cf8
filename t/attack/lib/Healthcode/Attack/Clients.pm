# Many clients of the gate at once, each with its connection: they send it in
# pieces, wait, take their leave or break off, also while their requests wait for
# Redis.  Sees whether anybody reads what the gate protects.

package Healthcode::Attack::Clients;

use strict;
use warnings;

use IO::Select;
use Socket qw(SOL_SOCKET SO_LINGER);
use Time::HiRes qw(sleep time);

use Healthcode::Attack::Gate;
use Healthcode::Attack::Http1;
use Healthcode::Attack::Http2;
use Healthcode::Attack::Random;
use Healthcode::Http qw(dial);

use constant { AT_ONCE => 40, QUIET => 0.04, LONGEST => 3, EVERY => 250 };


# run(GATE, seed => N, requests => N, from => first connection, say => SUB):
# { requests, opened, honest, memory => [MiB, ...], wrong => [TEXT, ...] }
sub run {
    my ($gate, %opt) = @_;
    my $self = bless { %opt, gate => $gate, number => $opt{from} || 0,
        sent => 0, open => {}, last => [], seen => {}, memory => [],
        wrong => [] }, __PACKAGE__;
    my $checked = $self->{number};

    local $SIG{PIPE} = 'IGNORE';
    while ($self->{sent} < $opt{requests} && !@{ $self->{wrong} }) {
        $self->_start while keys %{ $self->{open} } < AT_ONCE;
        $self->_pause if $self->{number} % 97 == 0;
        $self->_turn;
        if ($self->{number} - $checked >= EVERY) {
            $checked = $self->{number};
            $self->_check;
        }
    }
    my $until = time + 2 * LONGEST;
    $self->_turn while keys %{ $self->{open} } && time < $until;
    $self->_check;
    $self->_finish if !@{ $self->{wrong} };
    return $self;
}


sub _start {
    my ($self) = @_;
    my $number = $self->{number}++;
    my $random = Healthcode::Attack::Random->new($self->{seed}, $number);
    my $kind = 'Healthcode::Attack::Http' . ($random->once_in(3) ? 2 : 1);
    my $c = $kind->can('connection')->($self->{gate}, $random);
    my $to = $self->{gate}->address($c->{h2}, $c->{end} eq 'reset');
    my $socket = eval { dial($to) };
    if (!$socket) {
        push @{ $self->{wrong} }, "connection $number: $@" . $self->_input;
        return;
    }
    $socket->blocking(0);
    %$c = (%$c, number => $number, socket => $socket, got => '', total => 0,
           out => shift @{ $c->{pieces} }, begun => time, next => 0, last => time,
           patience => $random->below(5) / 1000);
    $c->{bytes} = join '', $c->{out}, @{ $c->{pieces} };
    $self->{open}{ fileno $socket } = $c;
    $self->{sent} += $c->{requests};
    push @{ $self->{last} }, $c;
    shift @{ $self->{last} } if @{ $self->{last} } > 2 * AT_ONCE;
}


# Redis stops for a moment, so that there is somebody who waits for it.
sub _pause {
    my ($self) = @_;
    my $redis = $self->{gate}->f->redis;
    if (!$self->{frozen}) {
        $redis->freeze;
        $self->{frozen} = time;
    }
}


sub _turn {
    my ($self) = @_;
    my $now = time;
    if ($self->{frozen} && $now - $self->{frozen} > 0.03) {
        $self->{gate}->f->redis->thaw;
        $self->{frozen} = 0;
    }
    my ($read, $write) = ('', '');
    for my $fd (keys %{ $self->{open} }) {
        my $c = $self->{open}{$fd};
        vec($read, $fd, 1) = 1;
        vec($write, $fd, 1) = 1 if length $c->{out} && $now >= $c->{next};
    }
    select $read, $write, undef, 0.005;

    for my $fd (keys %{ $self->{open} }) {
        my $c = $self->{open}{$fd};
        $self->_send($c) if vec $write, $fd, 1;
        my $over = vec($read, $fd, 1) && !$self->_receive($c);
        $over ||= $self->_done($c, time);
        next if !$over;
        delete $self->{open}{$fd};
        close $c->{socket};
        $self->{seen}{ $c->{h2} ? 'HTTP/2' : 'HTTP/1' } += $c->{requests};
        $self->{seen}{ $c->{end} }++;
        $self->{seen}{opened}++ if $c->{opened};
    }
}


sub _send {
    my ($self, $c) = @_;
    my $n = syswrite $c->{socket}, $c->{out}, 65536;
    if (defined $n) {
        substr $c->{out}, 0, $n, '';
    } elsif (!$!{EAGAIN}) {
        $c->{out} = '';
        $c->{pieces} = [];
    }
    return if length $c->{out};
    $c->{last} = time;
    $c->{next} = time + $c->{patience};
    $c->{out} = shift @{ $c->{pieces} } if @{ $c->{pieces} };
    return if length $c->{out} || $c->{ended}++;
    shutdown $c->{socket}, 1 if $c->{end} eq 'half';
    setsockopt $c->{socket}, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0
        if $c->{end} eq 'reset';
}


# False if the gate has closed.
sub _receive {
    my ($self, $c) = @_;
    my $n = sysread $c->{socket}, $c->{got}, 65536, length $c->{got};
    return $!{EAGAIN} if !defined $n;
    return 0 if !$n;
    $c->{last} = time;
    $c->{total} += $n;
    if (index($c->{got}, $Healthcode::Attack::Gate::SECRET) >= 0) {
        $c->{opened} = 1;
        push @{ $self->{wrong} }, "connection $c->{number} has no valid code, "
            . "and reads what is behind the gate:\n" . _input_of($c)
            . "\nand is answered:\n" . printable($c->{got}, 3000)
            if !$c->{honest};
    }
    # the word may come in two pieces
    $c->{got} = substr $c->{got}, -100 if length $c->{got} > 4000;
    return 1;
}


# Whether a client has seen enough.
sub _done {
    my ($self, $c, $now) = @_;
    return 1 if $now - $c->{begun} > LONGEST;
    return 0 if length $c->{out};
    return $now >= $c->{next} if $c->{end} eq 'reset' || $c->{end} eq 'leave';
    return $now - $c->{last} > ($c->{total} ? QUIET : 10 * QUIET);
}


# Whether the gate is well; the memory of its workers.
sub _check {
    my ($self) = @_;
    $self->{gate}->f->redis->thaw if $self->{frozen};
    $self->{frozen} = 0;
    my @wrong = ($self->{gate}->wrong, reports());
    push @{ $self->{wrong} }, join "\n", @wrong, $self->_input if @wrong;
    my $memory = eval { $self->{gate}->memory } // 0;
    push @{ $self->{memory} }, $memory;
    $self->{say}->(sprintf "%d requests on %d connections, %d MiB\n",
        $self->{sent}, $self->{number} - ($self->{from} || 0), $memory)
        if @{ $self->{memory} } % 8 == 0;
}


# A gate that opens to nobody would have passed all that; and it must not have
# taken more and more memory.
sub _finish {
    my ($self) = @_;
    my $gate = $self->{gate};
    my $random = Healthcode::Attack::Random->new($self->{seed}, 1);
    for my $uri (@Healthcode::Attack::Gate::OPENED) {
        my $answer = $gate->nginx->ask_until(200, 5, $gate->good_code($random),
                                             $uri);
        push @{ $self->{wrong} }, "$uri with a valid code: $answer"
            if $answer ne 200;
    }
    push @{ $self->{wrong} }, 'nothing has opened' if !$self->{seen}{opened};

    my @memory = @{ $self->{memory} };
    return if @memory < 12;
    my ($then, $now) = @memory[@memory / 3, -1];
    push @{ $self->{wrong} }, "the memory of a worker grows: @memory MiB"
        if $now > 1.25 * $then + 16;
}


# Whether sanitizers have reported, where they run; util/sanitized.pl shows what.
sub reports {
    my $dir = $ENV{HEALTHCODE_REPORTS} or return ();
    my @names = grep { -s } sort glob "$dir/*" or return ();
    return 'sanitizers have reported: ' . @names . ' processes';
}


sub printable {
    my ($text, $most) = @_;
    my $n = length $text;
    $text = substr $text, 0, $most;
    $text =~ s/\\/\\\\/g;
    $text =~ s/\r\n/\\r\\n\n/g;
    $text =~ s/([^\x20-\x7e\n])/sprintf '\\x%02x', ord $1/ge;
    return $n > $most ? "$text ... ($n bytes)" : $text;
}


sub _input_of {
    my ($c, $most) = @_;
    return "-- connection $c->{number}, then $c->{end}:\n"
         . printable($c->{bytes}, $most || 6000);
}


# What was sent last.
sub _input {
    my ($self) = @_;
    my @last = @{ $self->{last} };
    my $first = @last ? $last[0]{number} : 0;
    return "the last connections, from $first (SEED=$self->{seed} FROM=$first):\n"
        . join "\n", map { _input_of($_, 1500) } @last;
}

1;
