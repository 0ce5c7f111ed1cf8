# The other end of bench/healthcode_load.c: starts it on processor 1, sends
# its commands, reads one answer a line, in bounded time.  Knows no rows.
# docs/benchmarks.md, "How it is measured".

package Healthcode::Bench::Load;

use strict;
use warnings;

use IO::Select;
use IPC::Open2 qw(open2);
use POSIX ();

my $PATIENCE = 900;     # s; the longest slice passes through millions of codes
my $TICK = 1e6 / POSIX::sysconf(POSIX::_SC_CLK_TCK());


sub new {
    my ($class, $program, $port, %pids) = @_;
    my @names = sort keys %pids;
    my $pid = open2(my $out, my $in, 'taskset', '-c', 1, $program, $port,
                    @pids{@names});
    return bless { pid => $pid, in => $in, out => $out, names => \@names,
                   owner => $$ }, $class;
}


sub ask {
    my ($self, $command, $wanted) = @_;
    local $SIG{PIPE} = 'IGNORE';
    print { $self->{in} } "$command\n";
    $self->{in}->flush;
    IO::Select->new($self->{out})->can_read($PATIENCE)
        or die "bench: the load generator does not answer to: $command\n";
    my $line = readline $self->{out};
    my ($answer) = ($line // '') =~ /^\Q$wanted\E (.*)/
        or die "bench: $command: ", $line // "the load generator ended\n";
    return split ' ', $answer;
}


sub set         { my ($self, $name, $file) = @_; $self->ask("set $name $file", 'set') }
sub connections { my ($self, $n) = @_; $self->ask("connections $n", 'connections') }

# row($name, $set, $count, $order, $text): bytes of the request
sub row {
    my ($self, $name, $set, $count, $order, $text) = @_;
    $text =~ s/\n/\\n/g;
    return ($self->ask("row $name $set $count $order $text", 'row'))[1];
}


# A slice of so many requests, or milliseconds; any answer but 200 is an error.
# Microseconds all, but the counts: requests, seconds, p50, p99, longest, own
# (CPU time a request), cpu => { name => [ CPU, user, system of the slice ] }.
sub run {
    my ($self, $name, $requests, $ms) = @_;
    my ($done, $bad, $status, $took, $own, $p50, $p99, $longest, @cpu) =
        $self->ask("run $name $requests $ms", 'ran');
    die "bench: $name: $bad of $done answers were not 200 but $status\n"
        if $bad;
    my %cpu;
    for my $of (@{ $self->{names} }) {
        my ($ns, $user, $system) = splice @cpu, 0, 3;
        $cpu{$of} = [ $ns / 1000, $user * $TICK, $system * $TICK ];
    }
    return { requests => $done, seconds => $took / 1e9, p50 => $p50,
             p99 => $p99, longest => $longest, own => $own / 1000 / $done,
             cpu => \%cpu };
}


sub DESTROY {
    my ($self) = @_;
    return if $$ != $self->{owner};
    local ($?, $@, $!);
    close $self->{in};
    kill 'TERM', $self->{pid};
    waitpid $self->{pid}, 0;
}

1;
