# A child process: started, waited for and ended by its own process id.
# Whoever forks afterwards (Test::Nginx does) does not end it by accident: only
# the process that started it does.

package Healthcode::Process;

use strict;
use warnings;

use File::Temp ();
use POSIX qw(WNOHANG);
use Time::HiRes qw(sleep);

my %children;   # pid => 1

$SIG{$_} = sub { exit 130 } for qw(INT TERM HUP);


# spawn(\@command | \&code): what it prints is kept for output().
sub spawn {
    my ($class, $what) = @_;
    my $owner = $$;
    my $out = File::Temp->new;
    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE);
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', $out->filename;
        open STDERR, '>&', \*STDOUT;
        if (ref $what eq 'CODE') {
            eval { $what->(); 1 } or print $@;
            POSIX::_exit(0);
        }
        { exec { $what->[0] } @$what }
        print "$what->[0]: $!\n";
        POSIX::_exit(127);
    }

    $children{$pid} = $owner;
    return bless { pid => $pid, owner => $owner, out => $out }, $class;
}


sub pid { $_[0]{pid} }


sub output {
    my ($self) = @_;
    open my $in, '<', $self->{out}->filename or return '';
    local $/;
    return scalar <$in> // '';
}


sub running {
    my ($self) = @_;
    return 0 if defined $self->{status};
    my $ended = waitpid $self->{pid}, WNOHANG;
    if ($ended) {
        $self->{status} = $ended > 0 ? $? : 0;
        delete $children{ $self->{pid} };
        return 0;
    }
    return 1;
}


# Waits for at most $seconds; the exit status, undef if it still runs.
sub wait {
    my ($self, $seconds) = @_;
    for (1 .. $seconds * 100) {
        return $self->{status} if !$self->running;
        sleep 0.01;
    }
    return undef;
}


# Signals it, and kills it if that does not end it within 5 seconds.
sub end {
    my ($self, $signal) = @_;
    return if $$ != $self->{owner} || !$self->running;
    kill 'CONT', $self->{pid};
    kill $signal || 'TERM', $self->{pid};
    return if defined $self->wait(5);
    kill 'KILL', $self->{pid};
    $self->wait(5);
}


sub DESTROY {
    my ($self) = @_;
    local ($?, $@, $!);
    $self->end;
}


END {
    local ($?, $@, $!);
    for my $pid (grep { $children{$_} == $$ } keys %children) {
        kill 'CONT', $pid;
        kill 'TERM', $pid;
        my $tries = 200;
        sleep 0.01 while $tries-- && waitpid($pid, WNOHANG) == 0;
        kill 'KILL', $pid if $tries < 0;
    }
}

1;
