# Reports a part: a table for a terminal, tables for docs/benchmarks.md and its
# picture.  Ratios first; the microseconds drift with the machine.
# Knows no servers and computes no estimates.

package Healthcode::Bench::Report;

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT_OK = qw(words number range ratios machine how);

my %TITLES = (
    gate        => 'What a gate costs',
    many        => 'Many codes and holders',
    holders     => 'Many flagged holders in Redis',
    connections => 'Many connections',
    cluster     => 'A cluster of three masters',
);


sub number {
    my ($n) = @_;
    1 while $n =~ s/^(\d+)(\d{3})/$1,$2/;
    return $n;
}


# The row in words, with what sets it apart in this part.
sub words {
    my ($row) = @_;
    my @words = $row->{label};
    push @words, 'TCP' if ($row->{over} // '') eq 'tcp';
    push @words, 'TLS' if ($row->{over} // '') eq 'tls';
    push @words, 'three masters' if ($row->{over} // '') eq 'nodes';
    push @words, $row->{count} == 1 ? '1 code' : number($row->{count}) . ' codes'
        if $row->{codes} && $row->{count} != 10_000;
    push @words, number($row->{holders}) . ' flagged' if $row->{holders};
    return join ', ', @words;
}


sub range {
    my ($format, $value, $low, $high) = @_;
    return sprintf "$format ($format to $format)", $value, $low, $high;
}


sub machine {
    my ($m) = @_;
    return "$m->{cpu}, $m->{cores} cores, $m->{virtual}, Linux $m->{kernel}; "
        . "nginx $m->{nginx}, OpenSSL $m->{openssl}, Redis $m->{redis}";
}


sub how {
    my ($result) = @_;
    my $of = join ', ', map { number($_) }
        $result->{loads} ? @{ $result->{loads} } : $result->{connections};
    return "$result->{rounds} slices a row of $result->{ms} ms, $of connections";
}


# The zero in words.
sub zero {
    my ($zero) = @_;
    return sprintf '%.2f us when quiet, median %.2f; user %d%%; 99%% within '
        . '%d us; %s requests a second', $zero->{cpu}, $zero->{median},
        100 * $zero->{user}, $zero->{p99}, number(int $zero->{rate});
}


# What is reported beside the figures of each row: [ name, value ].
sub ratios {
    my ($part, $result) = @_;
    return if $part ne 'gate';
    my %of = map { ($_->{name} // "bare-$_->{alg}") => $_ } @{ $result->{rows} };
    my @told;
    my $divide = sub {
        my ($words, $over, $under, $minus) = @_;
        my ($x, $y) = @of{ $over, $under };
        return if !$x || !$y;
        push @told, [ $words, ($x->{added}[0] - ($minus || 0))
                              / $y->{added}[0] ];
    };
    my $warm = 'HS256-warm-cached-10000-unix';
    push @told, [ 'a warm gate / nginx without one, all of the CPU time',
                  $of{$warm}{ratio}[0] ] if $of{$warm};
    $divide->('Lua, HS256 / cold HS256, risk off', 'lua-check',
              'HS256-cold-off-10000');
    $divide->('Lua, HS256, Redis / cold HS256, risk live',
              'lua-check-and-look-up', 'HS256-cold-live-10000-unix');
    $divide->('Lua, codes cached / warm, risk off', 'lua-check-cached',
              'HS256-warm-off-10000');
    $divide->('Lua, codes cached, Redis / warm, risk cached',
              'lua-check-cached-and-look-up', $warm);
    $divide->('auth_request / warm, risk cached', 'auth-request', $warm);
    $divide->('secure_link / warm, risk cached', 'secure-link', $warm);
    $divide->("(cold $_ - 3 us) / $_ of OpenSSL alone",
              "$_-cold-off-10000", "bare-$_", 3)
        for qw(ES256 EdDSA SGD_SM3_SM2);
    return @told;
}


sub _results {
    my ($result) = @_;
    return $result->{by} ? @{ $result->{by} } : $result;
}


# ---- for a terminal ----

sub _line {
    my ($row) = @_;
    return sprintf "%-50s %20s %28s\n", words($row), '',
        range('%.2f', @{ $row->{added} }) if $row->{bare};
    my $counted = $row->{instructions};
    return sprintf "%-50s %20s %28s %7.2f %7.2f %7.2f %7.2f %8d %8d %7s %7s %s\n",
        words($row), range('%.3f', @{ $row->{ratio} }),
        range('%.2f', @{ $row->{added} }), @$row{qw(user system median least)},
        $row->{p99}, $row->{rate},
        defined $row->{redis_cpu} && $row->{redis_cpu} > 0.5
            ? sprintf('%.1f', $row->{redis_cpu}) : '-',
        defined $row->{reads} ? sprintf('%.3f', $row->{reads}) : '-',
        $counted ? sprintf('%7.1f %7.1f', $counted->{all} / 1000,
                       ($counted->{all} - $counted->{crypto}) / 1000) : '';
}


sub text {
    my ($part, $result) = @_;
    my $text = "\n$TITLES{$part}\n" . machine($result->{machine}) . "\n"
        . how($result) . "\n";
    $text .= sprintf "  %-58s %8.2f\n", @$_ for ratios($part, $result);
    for my $one (_results($result)) {
        my $zero = $one->{zero};
        my $counted = $zero->{instructions};
        $text .= "\n" . ($zero->{connections}
            ? number($zero->{connections}) . " connections\n" : '')
            . "the zero, $zero->{label}: " . zero($zero)
            . ($counted ? sprintf('; %.1f thousand instructions',
                                  $counted->{all} / 1000) : '') . "\n";
        $text .= sprintf "%-50s %20s %28s %7s %7s %7s %7s %8s %8s %7s %7s %s\n",
            'microseconds of nginx CPU a request', 'times the zero (95%)',
            'added (95%)', 'user', 'system', 'median', 'p10', '99%', 'rate/s',
            'Redis', 'reads', $counted ? ' instr.  - crypto, thousands' : '';
        $text .= _line($_) for @{ $one->{rows} };
    }
    return $text . <<'END';
times the zero: the mean of the middle half of slice / zeros at its sides; of
the estimates that were tried the one that moves least. added: (that - 1) x the
zero when quiet, its 10th percentile. (95%): of the run's resampled slices.
END
}

1;
