# The scenarios "passage..." of `make live`: simulated readers let people through
# halls, at gates that share a Redis with an AOF, while gates are reloaded and killed
# and Redis loses its power.  docs/benchmarks.md, "Passages".

package Healthcode::Live::Passage;

use strict;
use warnings;

use IO::Select;
use IO::Handle;
use JSON::PP ();
use List::Util qw(min sum0);
use POSIX ();
use Time::HiRes qw(sleep time);

use Healthcode::Attack::Random;
use Healthcode::Live::Passage::Crowd;
use Healthcode::Live::Passage::World;

my %LONG  = (passages => $ENV{PASSAGES} || 100_000, seconds => 60 * ($ENV{MINUTES} || 60),
             rate => $ENV{RATE} || 800, retry => 3, hold => 10, pause => 4);
my %SHORT = (%LONG, passages => 6000, seconds => 60, rate => 300, retry => 1.5, hold => 3,
             pause => 1);

# of a store in which something is wrong
my %BROKEN = (%SHORT, passages => 2000, seconds => 20, hold => 2.5);

# Rules of the script, each with what replaces it in a script that must be found wrong.
our %HOLES = (
    replayed => [ 'return old ~= nil', 'return false' ],
    inside   => [ 'if is_in and counts(since) then', 'if false then' ],
    outside  => [ 'if not is_in then', 'if false then' ],
    retry    => [ 'now - former.at >= retry', 'false' ],
    again    => [ "return answer('again')", "return answer('replayed')" ],
    final    => [ "elseif passage.state ~= state then", 'elseif false then' ],
    time     => [ 'decide(passage, passage.later)', "decide(passage, 'c')" ],
    order    => [ 'if passage.at > since then', 'if true then' ],
);

our @ALL        = qw(passage passage-everysec);
our @SELF_TESTS = ('passage-script', 'passage-forgets',
                   map { "passage-without-$_" } sort keys %HOLES);

our %RUN = (
    'passage'          => sub { run($_[0], fsync => 'always') },
    'passage-everysec' => sub { run($_[0], fsync => 'everysec') },
    'passage-script'   => sub { run($_[0], fsync => 'always', script => 1) },
    'passage-forgets'  => sub { run($_[0], fsync => 'always', forgets => 1) },
    map { my $hole = $_; ("passage-without-$hole" => sub {
        run($_[0], fsync => 'always', script => 1, hole => $HOLES{$hole}) }) } keys %HOLES,
);


# run(SCENARIO, fsync => always or everysec, script => 1: no gates, the script itself is
#     asked; hole => of %HOLES; forgets => 1: marks are taken out of the store)
sub run {
    my ($s, %opt) = @_;
    my $sizes = $opt{hole} || $opt{forgets} ? \%BROKEN : $s->{short} ? \%SHORT : \%LONG;
    my $seed = $ENV{SEED} || 18;
    my $self = bless { %$sizes, %opt, seed => $seed, faults => {} }, __PACKAGE__;
    local $SIG{PIPE} = 'IGNORE';
    $self->{random} = Healthcode::Attack::Random->new($seed, 81);
    $self->{world} = Healthcode::Live::Passage::World->new(
        map { $_ => $self->{$_} } qw(seed fsync script retry hold));
    $self->_start_readers;
    $self->_disorder;
    $self->_judge($s, $self->_end);
}


# ---- the readers, a process of its own ----

sub _start_readers {
    my ($self) = @_;
    pipe my $in, my $to or die "pipe: $!";
    pipe my $from, my $out or die "pipe: $!";
    $_->autoflush(1) for $to, $out;
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
        close $to;
        close $from;
        my $ok = eval { Healthcode::Live::Passage::Crowd::run($self, $in, $out); 1 };
        print $out 'failed ', $@ =~ s/\n/ /gr, "\n" if !$ok;
        POSIX::_exit($ok ? 0 : 1);
    }
    close $in;
    close $out;
    @$self{qw(pid to from)} = ($pid, $to, $from);
    $self->{select} = IO::Select->new($from);
}


# ---- what is done meanwhile ----

# Lets readers go on; less long if they are done.
sub _wait {
    my ($self, $least, $most) = @_;
    my $until = time + $least + ($most - $least) * $self->{random}->below(1000) / 1000;
    while ((my $left = $until - time) > 0) {
        last if $self->{done} && !$self->{in_fault};
        $self->_hear($left);
    }
}


sub _hear {
    my ($self, $seconds) = @_;
    return sleep $seconds if $self->{done};
    $self->{select}->can_read($seconds) or return;
    my $n = sysread $self->{from}, $self->{said}, 4096, length($self->{said} // '');
    die 'live: the readers have ended: ' . ($self->{said} // '') . "\n"
        if !$n || $self->{said} =~ /^failed/;
    $self->{done} = 1 if $self->{said} =~ /^done$/m;
}


sub _shuffled {
    my ($self, @all) = @_;
    return map { splice @all, $self->{random}->below(scalar @all), 1 } 1 .. @all;
}


sub _disorder {
    my ($self) = @_;
    my @deck;
    print { $self->{to} } "e\n" if $self->{hole} || $self->{forgets};
    while (!$self->{done}) {
        $self->_wait(0.5 * $self->{pause}, 1.5 * $self->{pause});
        last if $self->{done};
        $self->{world}->forget if $self->{forgets};
        next if $self->{hole} || $self->{forgets};
        @deck = $self->_shuffled($self->{world}->faults) if !@deck;
        my $is_last = @deck == 1;
        my $name = shift @deck;
        $self->{faults}{$name}++;
        $self->{in_fault} = 1;
        print { $self->{to} } "f\n";
        $self->{world}->fault($name, sub { $self->_wait(@_) });
        $self->{in_fault} = 0;
        $self->_wait(1, 1);
        print { $self->{to} } 'o', $is_last ? 'e' : '', "\n";
    }
}


sub _end {
    my ($self) = @_;
    print { $self->{to} } "c\n";
    $self->{done} = 0;
    my $until = time + 300;
    while (waitpid($self->{pid}, POSIX::WNOHANG()) == 0) {
        die "live: the readers do not end\n" if time > $until;
        $self->{select}->can_read(0.1)
            && sysread $self->{from}, $self->{said}, 4096, length $self->{said};
    }
    delete $self->{pid};
    my $report = $self->{world}->f->read('report') or die "live: no report: $self->{said}\n";
    return JSON::PP->new->decode($report);
}


sub DESTROY {
    my ($self) = @_;
    local ($?, $@, $!);
    if ($self->{pid}) {
        kill KILL => $self->{pid};
        waitpid $self->{pid}, 0;
    }
}


# ---- what was seen ----

sub _judge {
    my ($self, $s, $r) = @_;
    my %n = map { $_ => $r->{count}{$_} // 0 } qw(allow replayed inside outside busy lost unsent
        done final unknown retries none doubled rival friend late early wrong_way);
    my %wrong = (map({ $_ => 0 } qw(twice lost answer count)), %{ $r->{wrong} });
    my $wrong = sum0 values %wrong;
    my $faults = join ', ', map { "$self->{faults}{$_} $_" } sort keys %{ $self->{faults} };
    my $messages = sum0 @n{qw(allow replayed inside outside busy lost done final unknown)};

    $s->{notes} = [
        sprintf('%-16s %7s %8s %7s %7s %6s %6s %7s %7s %7s %5s', qw(scenario passed messages
            refused retries 503 lost p50), 'p99 ms', 'max', 'wrong'),
        sprintf('%-16s %7d %8d %7d %7d %6d %6d %7.1f %7.1f %7.1f %5d', $s->{name}, $r->{passages},
            $messages, $n{replayed} + $n{inside} + $n{outside}, $n{retries}, $n{busy}, $n{lost},
            @{ $r->{times} }, $wrong),
        sprintf('SEED=%d, %.0f s, appendfsync %s; %s', $self->{seed}, $r->{took}, $self->{fsync},
            $faults || 'no faults'),
        (map { my $h = $r->{halls}{$_}; sprintf '%s: %d entered, %d left, %d inside', $_,
            @$h{qw(entries exits inside)} } sort keys %{ $r->{halls} }),
        sprintf('power cuts took %d bytes; %d codes and holders passed twice; wrong: %d twice, '
            . '%d lost, %d answers, %d counts', $self->{world}->bytes_cut, $r->{whom},
            @wrong{qw(twice lost answer count)}),
    ];
    $s->{told} = [ @{ $r->{texts} } ];
    @$s{qw(wrong_kinds cut)} = (\%wrong, $self->{world}->bytes_cut);

    $s->check($r->{halls}{$_}{inside} == $r->{halls}{$_}{shown}, "hall show knows $_")
        for sort keys %{ $r->{halls} };
    $s->check($n{$_} > 0, "there is what is $_") for grep { $_ ne 'none' && $_ ne 'unsent' }
        sort keys %n;
    if ($self->{hole} || $self->{forgets}) {
        $s->{checks} = [ [ $wrong > 0 ? 1 : 0, 'what is wrong is found where something is' ] ];
        return;
    }
    $s->check(($self->{faults}{$_} // 0) > 0, "it happened: $_") for $self->{world}->faults;
    my @crashes = $self->{world}->crashes;
    $s->check(!@crashes, join "\n", 'no gate ended by itself', @crashes[0 .. min(9, $#crashes)]);
    return if $self->{fsync} ne 'always';
    $s->check($wrong == 0, "nothing is wrong ($wrong)");
}

1;
