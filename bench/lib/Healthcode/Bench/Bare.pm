# The bare operations of OpenSSL, by the slice: bench/healthcode_verify_bench
# on processor 0, with nothing else on it meanwhile.  Knows no servers.
# docs/benchmarks.md, "Gate".

package Healthcode::Bench::Bare;

use strict;
use warnings;

use IO::Select;
use IPC::Open2 qw(open2);

my $PATIENCE = 60;      # s


sub new {
    my ($class, $program, @algs) = @_;
    my $pid = open2(my $out, my $in, 'taskset', '-c', 0, $program, '-', @algs);
    return bless { pid => $pid, in => $in, out => $out, owner => $$ }, $class;
}


# Microseconds of CPU time for one, over so many milliseconds.
sub run {
    my ($self, $alg, $ms) = @_;
    local $SIG{PIPE} = 'IGNORE';
    print { $self->{in} } "$alg $ms\n";
    $self->{in}->flush;
    my ($us) = IO::Select->new($self->{out})->can_read($PATIENCE)
        && (readline($self->{out}) // '') =~ /^\Q$alg\E ([\d.]+)$/
        or die "bench: $alg of OpenSSL alone: no answer\n";
    return $us;
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
