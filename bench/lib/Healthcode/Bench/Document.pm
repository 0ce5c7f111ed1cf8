# What docs/benchmarks.md and docs/benchmarks-tables.md tell of a part.  Knows
# no servers and computes no estimates; the words around stand in the documents.
# util/bench_report.pl puts them there.

package Healthcode::Bench::Document;

use strict;
use warnings;

use Healthcode::Bench::Report qw(words number range ratios machine how);

# What a row leaves undone, of those that are not the module's.
my %NOT = (
    'empty_gif alone' => 'looks at nothing',
    'secure_link' => 'MD5 of a shared secret, an end and one argument; no code, no claims, no '
        . 'issuers, no risk',
    'auth_request, backend of kept connections' => 'the backend is another nginx that verifies '
        . 'nothing; its own CPU time is in no figure',
    'Lua, HS256' => 'one issuer, one key, one algorithm; no risk, no masking, no log line',
    'Lua, HS256, codes cached' => 'likewise; a revoked key counts only once the code is over',
    'Lua, HS256, Redis' => 'likewise; of the store only the flags of the holder: no regions, '
        . 'revocations, or proof that the store is the right one',
    'Lua, HS256, codes cached, Redis' => 'likewise',
);


sub _table {
    my ($heads, @lines) = @_;
    return join "\n", map({ '| ' . join(' | ', @$_) . ' |' =~ s/  +/ /gr }
                          $heads, [ ('---') x @$heads ], @lines), '', '';
}


sub _two { return sprintf '%.2f', $_[0] }

sub _added { return range('%.2f', @{ $_[0]{added} }) }
sub _times { return $_[0]{ratio} ? range('%.3f', @{ $_[0]{ratio} }) : '' }


# A paragraph, in lines of at most 100 characters.
sub _wrapped {
    my ($text) = @_;
    $text =~ s/(.{1,99})(?:\s+|$)/$1\n/g;
    return "$text\n";
}


# The header of a part: on what, and how.
sub _head {
    my ($result) = @_;
    return _wrapped('Seen on ' . machine($result->{machine}) . '; ' . how($result) . '.');
}


sub _zero {
    my ($zero) = @_;
    my $counted = $zero->{instructions};
    return _wrapped(sprintf "The zero: %.2f us when quiet, median %.2f; 99%% of requests"
        . " within %.1f ms; %s requests a second%s.", $zero->{cpu}, $zero->{median},
        $zero->{p99} / 1000, number(int $zero->{rate}), $counted
            ? '; ' . number(int $counted->{all}) . ' instructions in user mode' : '');
}


sub _instructions {
    my ($row, $zero) = @_;
    my ($of, $none) = ($row->{instructions}, $zero->{instructions});
    return ('', '') if !$of || !$none;
    my $all = $of->{all} - $none->{all};
    return (number(sprintf '%d', $all),
            number(sprintf '%d', $all - $of->{crypto} + $none->{crypto}));
}


# Every row: what it costs, and how that is spent.
sub _rows {
    my ($one) = @_;
    my $zero = $one->{zero};
    my @counted = $zero->{instructions}
        ? ('instructions added', 'those outside libcrypto') : ();
    return _table([ 'row', 'times the zero', 'added, us', 'user, us', 'system, us', 'median, us',
                    '99% within, ms', @counted ],
        map { my $row = $_;
            [ words($row), _times($row), _added($row),
              $row->{bare} ? ('', '', _two($row->{median}), '')
                  : (_two($row->{user}), _two($row->{system}), _two($row->{median}),
                     sprintf('%.1f', $row->{p99} / 1000)),
              @counted ? _instructions($row, $zero) : () ]
        } @{ $one->{rows} });
}


sub _not {
    my ($result) = @_;
    return _table([ 'row', 'what it does not do' ],
        map { [ $_->{label}, $NOT{ $_->{label} } ] }
        grep { $NOT{ $_->{label} // '' } } $result->{zero}, @{ $result->{rows} });
}


# What follows from a part, in Markdown; '' if the document says it by hand.
sub findings {
    my ($part, $result) = @_;
    my @ratios = ratios($part, $result) or return;
    return _head($result)
        . _table([ 'ratio of added CPU time', '' ],
                 map { [ $_->[0], _two($_->[1]) ] } @ratios)
        . "![added CPU time a request](benchmarks.svg)\n\n";
}


# Every row of the part in Markdown.
sub of {
    my ($part, $result) = @_;
    my $text = _head($result);
    if ($result->{by}) {
        for my $one (@{ $result->{by} }) {
            my $n = $one->{zero}{connections};
            $text .= '**' . number($n) . ' connection' . ($n == 1 ? '' : 's') . "**\n\n"
                . _zero($one->{zero}) . _rows($one);
        }
        return $text;
    }
    $text .= _zero($result->{zero}) . _rows($result);
    $text .= _not($result) if $part eq 'gate';
    return $text;
}

1;
