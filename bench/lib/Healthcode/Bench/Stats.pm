# The numbers of the benchmarks: medians, quartiles, and how far an estimate
# would move if the run were made again (bootstrap over its rounds).
# Knows no servers.

package Healthcode::Bench::Stats;

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT_OK = qw(median middle quantile spread_of sum);

my $RESAMPLES = 400;


sub sum { my $s = 0; $s += $_ for @_; return $s }


# The value that so great a share of the values does not exceed.
sub quantile {
    my ($share, @values) = @_;
    my @s = sort { $a <=> $b } @values;
    my $at = $share * $#s;
    my $low = int $at;
    my $high = $low < $#s ? $low + 1 : $low;
    return $s[$low] + ($at - $low) * ($s[$high] - $s[$low]);
}


sub median { return quantile(0.5, @_) }


# The mean of the middle half.
sub middle {
    my @s = sort { $a <=> $b } @_;
    my $cut = int(@s / 4);
    my @middle = @s[$cut .. $#s - $cut];
    return sum(@middle) / @middle;
}


# spread_of($n, sub { my (@rounds) = @_; ... }): the 2.5th and 97.5th hundredth
# of the estimate over resampled rounds 0 .. $n - 1.
sub spread_of {
    my ($n, $estimate) = @_;
    my @estimates = map {
        $estimate->(map { int rand $n } 1 .. $n)
    } 1 .. $RESAMPLES;
    return (quantile(0.025, @estimates), quantile(0.975, @estimates));
}

1;
