# A Redis that cannot be trusted: stands between the gate and a real one, and
# does to its replies what a plan says.  The plan is a file, so that it is read
# anew for each reply; what was done is appended to another.
# Knows no gate and no person.

package Healthcode::Attack::Relay;

use strict;
use warnings;

use IO::Socket::UNIX;
use Socket qw(SOCK_STREAM SOMAXCONN);
use Time::HiRes qw(sleep time);

use Healthcode::Attack::Random;
use Healthcode::Attack::Resp;
use Healthcode::Keys qw($META);
use Healthcode::Process;

# What may be done to the replies of one question, taken together. Each gets the
# generator of random numbers, the replies, and for a cut where; it returns what
# is sent: text, or seconds to wait (0.x or 1.x), or an end: close, stall.
my %KINDS = (
    cut       => \&_cut,            # the rest never comes
    hole      => \&_hole,           # some bytes are missing
    type      => \&_type,           # a reply is of another type
    element   => \&_element,        # so is a value in it
    flip      => \&_flip,           # a byte that says how the rest is read
    order     => \&_order,          # the replies in another order
    more      => \&_more,           # one too many before the last
    fewer     => \&_fewer,          # one is missing
    late      => sub { (1.5, join('', @{ $_[1] })) },
    garbage   => sub { ($_[0]->bytes(1 + $_[0]->below(300)), 'close') },
    silence   => sub { ('stall') },
    nothing   => sub { ('close') },

    # what a Redis may do
    whole     => sub { (join '', @{ $_[1] }) },
    slow      => \&_slow,
    pushes    => \&_pushes,
    after     => sub { (join('', @{ $_[1] }), Healthcode::Attack::Resp::strange(
                        $_[0])) },
    gone      => sub { (join('', @{ $_[1] }), 'close') },

    # may come to anything
    mutate    => sub { ($_[0]->mutate(join '', @{ $_[1] }), 'stall') },
);

# Only for who names them (t/77-faults-wire.t): WHERE in hex is said instead, or
# behind it; each byte by itself; another time of day, by WHERE seconds; no push.
my %NAMED = (
    say   => sub { (pack('H*', $_[2]), 'stall') },
    behind => sub { join '', @{ $_[1] }, pack 'H*', $_[2] },
    bytes => sub { map { ($_, '0.0001') } split //, join '', @{ $_[1] } },
    clock => sub { (join '', map { s/\A(\*2\r\n\$10\r\n)(\d{10})/$1 . ($2 + $_[2])/er }
                    @{ $_[1] }) },
    mute  => sub { (join '', @{ $_[1] }) },
);

our @LEGAL   = qw(whole slow pushes after gone mutate);
our @ILLEGAL = grep { my $kind = $_; !grep { $_ eq $kind } @LEGAL }
    sort keys %KINDS;


sub _cut {
    my ($random, $replies, $at) = @_;
    my $all = join '', @$replies;
    $at = defined $at && length $at ? $at % length $all
                                    : $random->below(length $all);
    return (substr($all, 0, $at), $random->pick('close', 'stall'));
}


sub _hole {
    my ($random, $replies) = @_;
    my $all = join '', @$replies;
    my $at = $random->below(length $all);
    my $n = 1 + $random->below($random->once_in(3) ? 60 : 4);
    # a missing byte that no reader looks at breaks nothing
    my $rest = substr $all, $at + $n;
    return (substr($all, 0, $at) . $rest, 'stall');
}


sub _type {
    my ($random, $replies) = @_;
    my @all = @$replies;
    my $strange = Healthcode::Attack::Resp::strange($random);
    $all[$random->below(scalar @all)] = $strange;
    return join '', @all;
}


# In a value of the controls, or a name or a flag of the holder; what proves the
# store stays as it is.
sub _element {
    my ($random, $replies) = @_;
    my @all = @$replies;
    my $which = $random->below(@all - 1);
    my @inside = Healthcode::Attack::Resp::inside($all[$which]);
    return _type($random, $replies) if !@inside;
    my ($at, $n) = @{ $inside[$random->below(scalar @inside)] };
    substr($all[$which], $at, $n) = Healthcode::Attack::Resp::strange($random);
    return join '', @all;
}


# The type, or a digit of the length, of one of the replies.
sub _flip {
    my ($random, $replies) = @_;
    my @all = @$replies;
    my $reply = \$all[$random->below(scalar @all)];
    my $head = index $$reply, "\r\n";
    my $at = $random->below($head);
    my $byte = substr $$reply, $at, 1;
    my $other;
    do { $other = chr(32 + $random->below(95)) } while $other eq $byte;
    substr($$reply, $at, 1) = $other;
    return (join('', @all), 'stall');
}


sub _order {
    my ($random, $replies) = @_;
    my @all = @$replies;
    push @all, splice @all, $random->below(@all - 1), 1;
    return join '', @all;
}


sub _more {
    my ($random, $replies) = @_;
    my @all = @$replies;
    my $more = $random->pick("*0\r\n", '_' . "\r\n", $all[0],
                             Healthcode::Attack::Resp::strange($random));
    splice @all, $random->below(scalar @all), 0, $more;
    return join '', @all;
}


sub _fewer {
    my ($random, $replies) = @_;
    my @all = @$replies;
    splice @all, $random->below(scalar @all), 1;
    return (join('', @all), 'stall');
}


sub _slow {
    my ($random, $replies) = @_;
    my @out = join '', @$replies;
    for (1 .. 3) {
        my $text = pop @out;
        my $n = $random->below(1 + length $text);
        push @out, substr($text, 0, $n), 0.002, substr $text, $n;
    }
    return grep { length } @out;
}


sub _pushes {
    my ($random, $replies) = @_;
    return join '', map {
        $_, $random->pick(
            ">2\r\n\$10\r\ninvalidate\r\n*1\r\n\$1\r\nx\r\n",
            ">2\r\n\$10\r\ninvalidate\r\n_\r\n",
            ">2\r\n\$10\r\ninvalidate\r\n*1\r\n\$19\r\n$META\r\n",
            ">2\r\n\$10\r\ninvalidate\r\n*1\r\n\$20\r\nhealthcode:meta:{00}\r\n",
            ">2\r\n\$10\r\ninvalidate\r\n*0\r\n",
            ">1\r\n+other\r\n", ">3\r\n+message\r\n+a\r\n+b\r\n")
    } @$replies;
}


# ---- the relay ----

# One that listens at DIR/NAME.sock, once start() has been called.
sub new {
    my ($class, $dir, $name, $redis) = @_;
    my $self = bless { base => "$dir/$name", redis => $redis }, $class;
    $self->plan('whole', 'read', 1);
    $self->{listen} = IO::Socket::UNIX->new(Type => SOCK_STREAM,
        Local => $self->path, Listen => SOMAXCONN) || die $self->path . ": $!";
    $self->{listen}->blocking(0);
    return $self;
}


# A process that serves these for at most $seconds.
sub start {
    my ($seconds, @relays) = @_;
    return Healthcode::Process->spawn(sub { _serve(time + $seconds, @relays) });
}


sub path { "$_[0]{base}.sock" }


# plan(KIND, TARGET, NUMBER, SEED, WHERE): from now on, for each TARGET: read,
# heartbeat, handshake or any.
sub plan {
    my ($self, @words) = @_;
    open my $out, '>', "$self->{base}.new" or die "plan: $!";
    print $out join ' ', @words;
    close $out;
    rename "$self->{base}.new", "$self->{base}.plan" or die "plan: $!";
}


sub _plan {
    my ($self) = @_;
    open my $in, '<', "$self->{base}.plan" or die "plan: $!";
    return split ' ', <$in> // '';
}


# What was done under plan $number: [what the real one said, what was sent].
sub done {
    my ($self, $number) = @_;
    open my $in, '<', "$self->{base}.done" or return;
    local $/ = "\0\n";
    my @found = map { /\A$number ([0-9a-f]*) ([0-9a-f]*)/
        ? [ pack('H*', $1), pack 'H*', $2 ] : () } <$in>;
    return @found;
}


sub forget { unlink "$_[0]{base}.done" }


sub _serve {
    my ($until, @relays) = @_;
    my %pairs;
    $SIG{PIPE} = 'IGNORE';

    while (time < $until) {
        my ($read, $now) = ('', time);
        vec($read, fileno $_->{listen}, 1) = 1 for @relays;
        for my $pair (values %pairs) {
            vec($read, fileno $pair->{gate}, 1) = 1;
            vec($read, fileno $pair->{redis}, 1) = 1;
        }
        my $wait = 0.005;
        for my $next (map { @{ $_->{out} } ? $_->{next} // 0 : () } values %pairs) {
            $wait = $next > $now ? $next - $now : 0.0001 if $next < $now + $wait;
        }
        select $read, undef, undef, $wait;

        for my $relay (grep { vec $read, fileno $_->{listen}, 1 } @relays) {
            my $gate = $relay->{listen}->accept or next;
            my $redis = IO::Socket::UNIX->new(Type => SOCK_STREAM,
                                              Peer => $relay->{redis}) or next;
            $_->blocking(0) for $gate, $redis;
            $pairs{ fileno $gate } = { relay => $relay, gate => $gate,
                redis => $redis, in => '', back => '', asked => [],
                replies => [], out => [] };
        }
        for my $fd (keys %pairs) {
            my $pair = $pairs{$fd};
            next if $pair->{relay}->_go_on($pair, $read, $now);
            delete $pairs{$fd};
            close $pair->{gate};
            close $pair->{redis};
        }
    }
}


# False at its end.
sub _go_on {
    my ($self, $pair, $read, $now) = @_;
    if (vec $read, fileno $pair->{gate}, 1) {
        my $n = sysread $pair->{gate}, $pair->{in}, 65536, length $pair->{in};
        return 0 if defined $n ? !$n : !$!{EAGAIN};
        $self->_asked($pair);
    }
    if (vec $read, fileno $pair->{redis}, 1) {
        my $n = sysread $pair->{redis}, $pair->{back}, 65536,
            length $pair->{back};
        return 0 if defined $n ? !$n : !$!{EAGAIN};
        $self->_answered($pair);
    }
    while (@{ $pair->{out} } && ($pair->{next} // 0) <= $now) {
        my $what = shift @{ $pair->{out} };
        return 0 if $what eq 'close';
        if ($what eq 'stall') {
            $pair->{out} = [];
            $pair->{next} = $now + 3600;
        } elsif ($what =~ /\A[01]\.\d+\z/) {
            $pair->{next} = $now + $what;
        } else {
            my $n = syswrite($pair->{gate}, $what) // ($!{EAGAIN} ? 0 : return 0);
            if ($n < length $what) {
                unshift @{ $pair->{out} }, substr $what, $n;
                last;
            }
        }
    }
    return 1;
}


# Passes whole commands on, and notes to what each belongs.
sub _asked {
    my ($self, $pair) = @_;
    while (defined(my $command = Healthcode::Attack::Resp::take(\$pair->{in}))) {
        my ($word) = $command =~ /\A\*\d+\r\n\$\d+\r\n(\w+)/;
        $word = uc($word // '');
        $pair->{read} = 1 if $word eq 'HRANDFIELD' && $pair->{proven}
            && $command !~ /\bhealthcode:data\b/;
        my $last = $word eq 'HGETALL' && index($command, $META) > 0;
        push @{ $pair->{asked} }, { word => $word,
            target => $pair->{read} ? 'read' : $pair->{proven} ? 'heartbeat'
                                                               : 'handshake',
            last => $last };
        # this proof is the end of a handshake, of a read and of a heartbeat
        $pair->{read} = 0 if $last;
        $pair->{proven} = 1 if $last;
        syswrite $pair->{redis}, $command;
    }
}


# Takes replies as they come; those of a question go on together.
sub _answered {
    my ($self, $pair) = @_;
    while (defined(my $reply = Healthcode::Attack::Resp::take(\$pair->{back}))) {
        if ($reply =~ /\A>/) {
            push @{ $pair->{out} }, $reply if ($self->_plan)[0] ne 'mute';
            next;
        }
        push @{ $pair->{replies} }, $reply;
        my $asked = shift @{ $pair->{asked} } or next;
        my $same = @{ $pair->{asked} }
            && $pair->{asked}[0]{target} eq $asked->{target};
        next if $asked->{target} eq 'read' ? !$asked->{last} : $same;
        $self->_send($pair, $asked->{target});
    }
}


sub _send {
    my ($self, $pair, $target) = @_;
    my @replies = splice @{ $pair->{replies} };
    my ($kind, $wanted, $number, $seed, $where) = $self->_plan;
    my @out = join '', @replies;
    if ($wanted eq $target || $wanted eq 'any') {
        my $random = Healthcode::Attack::Random->new($seed // 1);
        @out = ($KINDS{$kind} || $NAMED{$kind})->($random, \@replies, $where);
        open my $done, '>>', "$self->{base}.done" or die "done: $!";
        my $sent = join '', @out;
        syswrite $done, "$number " . unpack('H*', join '', @replies) . ' '
            . unpack('H*', substr $sent, 0, 100_000) . "\0\n";
    }
    push @{ $pair->{out} }, grep { length } @out;
}

1;
