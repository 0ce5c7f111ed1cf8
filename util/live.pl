#!/usr/bin/perl
# The proof that a flag set in Redis denies at every gate within milliseconds
# although passes cost no round trip, also while connections break, Redis fails
# and workers die; and that nobody passes a hall twice meanwhile.
#
#     make live [S="main cut"] [CHANGES=10000] [LANES=4] [RATE=8000]
#     make live S="cluster site" [CHANGES=2000] [CUT=60]
#     make live S=passage [PASSAGES=100000] [MINUTES=2] [SEED=18] [RATE=800]

use strict;
use warnings;

use File::Basename qw(dirname);
use File::Spec;

my $root;
BEGIN { $root = dirname(dirname(File::Spec->rel2abs(__FILE__))) }
use lib "$root/t/lib", "$root/t/live/lib", "$root/t/attack/lib";

use Healthcode::Live::Scenarios;

my ($passed, $failed) = (0, 0);

$| = 1;
my @names = @ARGV ? @ARGV : (@Healthcode::Live::Scenarios::ALL,
                             @Healthcode::Live::Scenarios::SELF_TESTS, qw(cluster site),
                             @Healthcode::Live::Scenarios::PASSAGES);
@names = map { @{ $Healthcode::Live::Scenarios::GROUPS{$_} || [ $_ ] } } @names;

print_heads() if grep { !/^passage/ } @names;
for my $name (@names) {
    my $s = Healthcode::Live::Scenarios::run($name, $ENV{SHORT});
    print_row($s) if $s->{last};
    print "$name: skipped: $s->{skipped}\n" if $s->{skipped};
    print "    $_\n" for @{ $s->{notes} || [] };
    for my $check (@{ $s->{checks} }) {
        my ($ok, $text) = @$check;
        $ok ? $passed++ : $failed++;
        print "    FAILED $name: $text\n" if !$ok;
    }
    print "    $_\n" for $s->wrong_lines;
}

print "live: $passed passed, $failed failed\n";
exit($failed || !$passed ? 1 : 0);


sub print_heads {
    printf "%-15s %7s  %-24s  %-13s %7s %7s  %-13s %s\n", '', '',
        'ack to last allow, ms', 'hits', '', 'back in', 'in the lease', '';
    printf "%-15s %7s  %7s %7s %8s  %6s %6s %7s %7s  %6s %6s %5s  %s\n",
        qw(scenario changes p50 p99 max before after 503s ms allows ms wrong),
        'what happened';
}


sub print_row {
    my ($s) = @_;
    printf "%-15s %7d  %7.3f %7.3f %8.3f  %6s %6s %7d %7s  %6d %6.0f %5s  %s\n",
        $s->{name}, $s->{changes}, @{ $s->{last} }, map({ short($_) }
        @{ $s->{hits} }), $s->{refused},
        defined $s->{back} ? sprintf '%.0f', $s->{back} : '-', $s->{stale},
        $s->{stale_max}, $s->{wrong} // '-', $s->{seen};
}


sub short {
    my ($n) = @_;
    return $n < 10_000 ? $n : int($n / 1000) . 'k';
}
