# From slices to what is reported: ratios, microseconds, spreads.  The machine's
# speed moves all rows alike, so a slice is divided by the zeros at its sides,
# and the middle half of these ratios is averaged; of several estimates this
# one moved least from run to run.  Knows no servers.

package Healthcode::Bench::Result;

use strict;
use warnings;

use JSON::PP ();

use Healthcode::Bench::Stats qw(median quantile middle spread_of sum);
use Healthcode::Bench::Stand;
use Healthcode::Fixture;

my $DIR = "$Healthcode::Fixture::BUILD/bench/results";


sub slurp { return Healthcode::Bench::Stand::slurp(@_) }
sub _cpu  { return $_[0]{cpu}{gate}[0] / $_[0]{requests} }


# The share of a row's CPU time that was in user mode, by the ticks of all.
sub _user {
    my (@slices) = @_;
    my $user = sum(map { $_->{cpu}{gate}[1] } @slices);
    my $system = sum(map { $_->{cpu}{gate}[2] } @slices);
    return $user + $system ? $user / ($user + $system) : 0;
}


sub _zero {
    my ($row) = @_;
    my @slices = @{ $row->{slices} };
    my @cpu = map { _cpu($_) } @slices;
    my $quiet = quantile(0.1, @cpu);
    return { cpu => $quiet, median => median(@cpu), user => _user(@slices),
             _told($row), slices => scalar @slices };
}


# What is reported of every row.
sub _told {
    my ($row) = @_;
    my @slices = @{ $row->{slices} };
    my %more;
    for my $other (grep { $_ ne 'gate' } keys %{ $slices[0]{cpu} || {} }) {
        $more{"${other}_cpu"} = median(map { $_->{cpu}{$other}[0]
                                             / $_->{requests} } @slices);
    }
    return (%more, map({ $_ => $row->{$_} } grep { defined $row->{$_} }
            qw(name label group alg codes risk over count connections holders
               bytes instructions)),
        p50 => median(map { $_->{p50} } @slices),
        p99 => median(map { $_->{p99} } @slices),
        rate => median(map { $_->{requests} / $_->{seconds} } @slices),
        own => median(map { $_->{own} } @slices),
        $row->{redis} ? (reads => $row->{calls} / $row->{asked}) : ());
}


# A row: times the zero; added microseconds, were the machine as quiet as in
# the quietest tenth of the zero's slices; each with 95 of 100 resampled runs.
sub _row {
    my ($row, $zero) = @_;
    my @slices = @{ $row->{slices} };
    my @ratios = map {
        2 * _cpu($_) / (_cpu($_->{zero_before}) + _cpu($_->{zero_after}))
    } @slices;
    my $ratio = middle(@ratios);
    my ($low, $high) = spread_of(scalar @ratios, sub { middle(@ratios[@_]) });
    my $added = sub { ($_[0] - 1) * $zero->{cpu} };
    my @cpu = map { _cpu($_) } @slices;
    my $user = _user(@slices);
    return {
        _told($row), ratio => [ $ratio, $low, $high ],
        added => [ map { $added->($_) } $ratio, $low, $high ],
        median => median(@cpu), least => quantile(0.1, @cpu),
        user => $ratio * $zero->{cpu} * $user - $zero->{cpu} * $zero->{user},
        system => $ratio * $zero->{cpu} * (1 - $user)
                - $zero->{cpu} * (1 - $zero->{user}),
    };
}


# The bare operation of OpenSSL, likewise against the zeros at its sides.
sub _bare {
    my ($row, $zero) = @_;
    my @slices = @{ $row->{slices} };
    my @ratios = map {
        2 * $_->{bare} / (_cpu($_->{zero_before}) + _cpu($_->{zero_after}))
    } @slices;
    my ($low, $high) = spread_of(scalar @ratios, sub { middle(@ratios[@_]) });
    return { label => $row->{label}, alg => $row->{alg}, bare => 1,
             added => [ map { $_ * $zero->{cpu} } middle(@ratios), $low,
                        $high ],
             median => median(map { $_->{bare} } @slices) };
}


# The zero and its rows -> what is reported.
sub of {
    my ($zero, @rows) = @_;
    my $told = _zero($zero);
    return { zero => $told, rows => [ map { $_->{bare} ? _bare($_, $told)
                                                       : _row($_, $told) } @rows ] };
}


# ---- the machine ----

# The part of a text in parentheses, or nothing.
sub _in {
    my ($text, $pattern) = @_;
    my ($part) = $text =~ $pattern;
    return $part // '';
}


sub machine {
    my $cpus = slurp('/proc/cpuinfo');
    my $cores = () = $cpus =~ /^processor\s*:/mg;
    return {
        cpu     => _in($cpus, qr/^model name\s*: (.*)/m),
        cores   => $cores,
        virtual => $cpus =~ /^flags\s*:.*\bhypervisor\b/m ? 'virtual'
                                                           : 'not virtual',
        kernel  => _in(slurp('/proc/sys/kernel/osrelease'), qr/^([\d.]+)/),
        nginx   => _in(scalar `nginx -v 2>&1`, qr{nginx/(\S+)}),
        openssl => _in(scalar `openssl version`, qr/^OpenSSL (\S+)/),
        redis   => _in(scalar `redis-server --version`, qr/v=(\S+)/),
    };
}


# ---- kept for util/bench_report.pl ----

sub save {
    my ($part, $result) = @_;
    mkdir $DIR;
    open my $out, '>', "$DIR/$part.json" or die "$DIR/$part.json: $!\n";
    print {$out} JSON::PP->new->canonical->pretty->encode($result);
    close $out or die "$DIR/$part.json: $!\n";
}


sub read {
    my ($part) = @_;
    my $text = slurp("$DIR/$part.json");
    return length $text ? JSON::PP->new->decode($text) : undef;
}

1;
